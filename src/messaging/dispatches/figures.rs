//! What became of texts, in numbers and one by one: for the admin's page. No text, no code, of a number two digits.

use std::collections::HashMap;

use super::sql::figures as sql;
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::sealed::{Place, Sealed};
use crate::error::InternalError;
use crate::portal::{Portal, WrappedKey};
use crate::types::ids::{AccountId, DispatchId};
use crate::types::phone::PhoneNumber;

/// Texts, or calls, through one gateway to one country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The gateway's name.
    pub gateway: String,
    /// Whether these are calls.
    pub by_call: bool,
    /// The country's alpha-2 code; empty where the numbers do not tell.
    pub country: String,
    /// Times that the gateway was asked.
    pub tried: i64,
    /// Taken by the gateway.
    pub sent: i64,
    /// Told to have arrived.
    pub arrived: i64,
    /// Refused, unanswered, or told to have failed.
    pub failed: i64,
    /// How long half of those that arrived took at most.
    pub median: Option<SignedDuration>,
    /// How long 95 of 100 took at most.
    pub p95: Option<SignedDuration>,
}

/// What became of the texts since an instant, by gateway and country.
///
/// # Errors
/// When the database fails.
pub async fn since(portal: &Portal, since: Timestamp) -> Result<Vec<Figure>, InternalError> {
    let mut connection = portal.db.read().await?;
    let counts = sql::counts(&mut connection, since).await?;
    let took = sql::took(&mut connection, since).await?;
    let figure = |row: sql::CountRow| {
        let same = |known: &&sql::TookRow| known.gateway == row.gateway && known.by_call == row.by_call;
        let times = took.iter().filter(same).find(|known| known.country == row.country);
        Figure {
            median: times.map(|times| SignedDuration::from_millis(times.median)),
            p95: times.map(|times| SignedDuration::from_millis(times.p95)),
            gateway: row.gateway,
            by_call: row.by_call,
            country: row.country,
            tried: row.tried,
            sent: row.sent,
            arrived: row.arrived,
            failed: row.failed,
        }
    };
    Ok(counts.into_iter().map(figure).collect())
}

/// One attempt of a text.
pub struct Try {
    /// Through which gateway.
    pub gateway: String,
    /// Whether it was a call.
    pub by_call: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// The gateway's answer in a word; None while it is awaited.
    pub outcome: Option<String>,
    /// Why it said no, in a word.
    pub reason: Option<String>,
    /// The furthest that it told afterwards, in a word.
    pub receipt: Option<String>,
    /// When it told that.
    pub receipt_at: Option<Timestamp>,
    /// Its own code of a failure.
    pub code: Option<String>,
}

/// One text.
pub struct Text {
    /// Which.
    pub id: DispatchId,
    /// Its template's word.
    pub template: String,
    /// The country's alpha-2 code.
    pub country: Option<String>,
    /// The last two digits; None once the number is erased.
    pub last2: Option<String>,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When it was told to have arrived.
    pub arrived_at: Option<Timestamp>,
    /// How it ended, in a word; None while it is on its way.
    pub outcome: Option<String>,
    /// Its attempts, in order.
    pub tries: Vec<Try>,
}

fn last2(portal: &Portal, row: &sql::TextRow) -> Option<String> {
    let wrapped = row.wrapped.clone()?;
    let key = portal.data_key(&WrappedKey { id: row.data_key_id, key_id: row.key_id.clone(), wrapped }).ok()?;
    let place = Place { table: "dispatches", column: "to_sealed", row: row.id.to_string() };
    let to = Sealed::<String>::from_bytes(row.to_sealed.clone()).open(&key, &place).ok()?;
    Some(PhoneNumber::from_e164(&to)?.last2().to_owned())
}

/// Which texts are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those of one account.
    Of(AccountId),
    /// One.
    One(DispatchId),
}

/// The newest texts, newest first, each with its attempts.
///
/// # Errors
/// When the database fails.
pub async fn newest(portal: &Portal, which: Which, limit: i64) -> Result<Vec<Text>, InternalError> {
    let mut connection = portal.db.read().await?;
    let texts = sql::newest(&mut connection, which, limit).await?;
    let mut tries: HashMap<DispatchId, Vec<Try>> = HashMap::new();
    for row in sql::attempts(&mut connection, which, limit).await? {
        tries.entry(row.dispatch).or_default().push(Try {
            gateway: row.gateway,
            by_call: row.by_call,
            started_at: row.started_at,
            outcome: row.outcome,
            reason: row.reason,
            receipt: row.receipt,
            receipt_at: row.receipt_at,
            code: row.code,
        });
    }
    let text = |row: sql::TextRow| Text {
        last2: last2(portal, &row),
        tries: tries.remove(&row.id).unwrap_or_default(),
        id: row.id,
        template: row.template,
        country: row.country,
        queued_at: row.queued_at,
        arrived_at: row.arrived_at,
        outcome: row.outcome,
    };
    Ok(texts.into_iter().map(text).collect())
}

/// What became of the text messages of a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Taken by a gateway.
    pub sent: i64,
    /// Given up.
    pub failed: i64,
    /// Queued still.
    pub on_their_way: i64,
}

/// What became of the text messages queued since an instant.
///
/// # Errors
/// When the database fails.
pub async fn totals_since(portal: &Portal, since: Timestamp) -> Result<Totals, InternalError> {
    let mut connection = portal.db.read().await?;
    let (sent, failed, on_their_way) = sql::totals(&mut connection, since).await?;
    Ok(Totals { sent, failed, on_their_way })
}

/// Whether any gateway has told anything of an attempt that began since an instant.
///
/// # Errors
/// When the database fails.
pub async fn anything_told_since(portal: &Portal, since: Timestamp) -> Result<bool, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::told(&mut connection, since).await? > 0)
}
