//! What became of what went to one phone: in figures for who weighs a sign-in, and one by one for its person. Codes name
//! their phone, and so do notices that are about one; other notices go to the main phone and name none.

use sqlx::AnyConnection;

use super::sql::history as sql;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::texts::Notice;
use crate::portal::Portal;
use crate::types::ids::{ChallengeId, PhoneId};

/// Of a phone's last codes by text and call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// Told to have arrived.
    pub arrived: i64,
    /// Not sent, or told to have failed.
    pub failed: i64,
}

/// What became of the last `most` codes to a phone by text and call.
///
/// # Errors
/// When the database fails.
pub async fn codes_to(tx: &mut Tx, phone: PhoneId, most: i64) -> Result<Codes, InternalError> {
    let (arrived, failed) = sql::codes_to(tx, phone, most).await?;
    Ok(Codes { arrived, failed })
}

/// What was sent for a challenge went to this phone, which was nobody's yet.
///
/// # Errors
/// When the database fails.
pub async fn belongs_to(tx: &mut Tx, challenge: ChallengeId, phone: PhoneId) -> Result<(), InternalError> {
    Ok(sql::belongs_to(tx, challenge, phone).await?)
}

/// How far it got, as its person reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// On its way.
    Underway,
    /// Handed to the phone network; whether it arrived was not told.
    Sent,
    /// It arrived.
    Arrived,
    /// It did not.
    Failed,
    /// Not sent, since the phone asked for no texts.
    OptedOut,
    /// Not sent, since it was not needed any more.
    Dropped,
}

/// A text or a call that went to a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentTo {
    /// When it was queued.
    pub at: Timestamp,
    /// What it was; None for a word that this program does not know.
    pub notice: Option<Notice>,
    /// Whether it was read out in a call.
    pub by_call: bool,
    /// How far it got.
    pub reached: Reached,
}

fn reached(row: &sql::SentRow) -> Reached {
    match (row.arrived, row.has_failed, row.outcome.as_deref()) {
        (true, ..) => Reached::Arrived,
        (_, _, Some("opted_out")) => Reached::OptedOut,
        (_, _, Some("dropped")) => Reached::Dropped,
        (_, false, Some("sent")) => Reached::Sent,
        (_, _, Some(_)) => Reached::Failed,
        (_, _, None) => Reached::Underway,
    }
}

/// The newest `most` texts and calls to a phone, newest first.
///
/// # Errors
/// When the database fails.
pub async fn newest_to(portal: &Portal, phone: PhoneId, most: i64) -> Result<Vec<SentTo>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::newest_to(&mut connection, phone, most).await?
    };
    let sent = |row: sql::SentRow| SentTo {
        at: row.queued_at,
        notice: Notice::from_word(&row.template),
        by_call: row.by_call,
        reached: reached(&row),
    };
    Ok(rows.into_iter().map(sent).collect())
}

/// When something was last told to have arrived at a phone.
///
/// # Errors
/// When the database fails.
pub async fn last_arrival(connection: &mut AnyConnection, phone: PhoneId) -> Result<Option<Timestamp>, InternalError> {
    Ok(sql::last_arrival(connection, phone).await?)
}
