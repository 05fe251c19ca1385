//! Statements on `dispatches`.

pub(super) mod attempts;
pub(super) mod ends;
pub(super) mod figures;
pub(super) mod history;
pub(super) mod sends;
pub(super) mod sweep;
pub(super) mod worth;

use sqlx::{AnyConnection, Row};

use super::attempts::Lane;
use super::{Attempt, Kind, Way};
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::amount::Amount;
use crate::types::ids::{AccountId, ChallengeId, DataKeyId, DispatchId, PhoneId};
use crate::types::locale::Locale;

/// A dispatch to add.
pub(super) struct NewRow {
    pub id: DispatchId,
    pub kind: &'static str,
    pub by_call_since: Option<Timestamp>,
    pub country: Option<String>,
    pub account_id: Option<AccountId>,
    pub data_key_id: DataKeyId,
    pub to_sealed: Vec<u8>,
    pub template: &'static str,
    pub locale: Locale,
    pub values_sealed: Vec<u8>,
    pub challenge_id: Option<ChallengeId>,
    pub phone_id: Option<PhoneId>,
    pub now: Timestamp,
    pub useless_at: Timestamp,
    pub prefix_index: Option<[u8; 32]>,
    pub expected: Option<Amount>,
}

/// Adds a dispatch that is due at once.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO dispatches (id, kind, account_id, data_key_id, to_sealed, template, locale, values_sealed,
                                 challenge_id, queued_at, due_at, useless_at, leased_until, tries, country,
                                 by_call_since, prefix_index, expected, phone_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, 0, 0, $12, $13, $14, $15, $16)",
    )
    .bind(row.id.to_string())
    .bind(row.kind)
    .bind(row.account_id.map(|id| id.to_string()))
    .bind(row.data_key_id.to_string())
    .bind(&row.to_sealed)
    .bind(row.template)
    .bind(row.locale.code())
    .bind(&row.values_sealed)
    .bind(row.challenge_id.map(|id| id.to_string()))
    .bind(row.now.as_millisecond())
    .bind(row.useless_at.as_millisecond())
    .bind(row.country.as_deref())
    .bind(row.by_call_since.map(|at| at.as_millisecond()))
    .bind(row.prefix_index.as_ref().map(|index| index.as_slice()))
    .bind(row.expected.map(Amount::millionths))
    .bind(row.phone_id.map(|id| id.to_string()))
    .execute(connection)
    .await?;
    Ok(())
}

/// A dispatch that is due, with the key it is sealed under. Opened by the lease alone.
pub struct DueRow {
    pub(super) id: DispatchId,
    pub(super) kind: Kind,
    pub(super) data_key_id: DataKeyId,
    pub(super) key_id: String,
    pub(super) wrapped: Option<Vec<u8>>,
    pub(super) to_sealed: Vec<u8>,
    pub(super) template: String,
    pub(super) locale: Locale,
    pub(super) values_sealed: Vec<u8>,
    pub(super) challenge_id: Option<ChallengeId>,
    pub(super) useless_at: Timestamp,
    pub(super) tries: i64,
    pub(super) was_sent: bool,
}

/// Due dispatches of a lane that nobody holds, oldest first.
pub(super) async fn due(
    connection: &mut AnyConnection,
    lane: Lane,
    now: Timestamp,
    limit: i64,
) -> db::Result<Vec<DueRow>> {
    // Mail has one lane, whether it carries a code or not.
    let (kind, is_code) = match lane {
        Lane::Codes => ("sms", Some(1i64)),
        Lane::Texts => ("sms", Some(0)),
        Lane::Mail => ("email", None),
    };
    sqlx::query(
        "SELECT d.id, d.kind, d.data_key_id, d.to_sealed, d.template, d.locale, d.values_sealed, d.challenge_id,
                d.useless_at, d.tries, d.by_call_since, d.sent_at, k.key_id, k.wrapped
         FROM dispatches d
         JOIN data_keys k ON k.id = d.data_key_id
         WHERE d.ended_at IS NULL AND d.due_at <= $1 AND d.leased_until <= $1 AND d.kind = $2
           AND ($3 IS NULL OR CASE WHEN d.challenge_id IS NULL THEN 0 ELSE 1 END = $3)
         ORDER BY d.due_at, d.id
         LIMIT $4",
    )
    .bind(now.as_millisecond())
    .bind(kind)
    .bind(is_code)
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(DueRow {
            id: parse("id", row.try_get("id")?)?,
            kind: match (row.try_get("kind")?, row.try_get::<Option<i64>, _>("by_call_since")?) {
                ("sms", None) => Kind::Sms,
                ("sms", Some(_)) => Kind::Call,
                _ => Kind::Email,
            },
            data_key_id: parse("data_key_id", row.try_get("data_key_id")?)?,
            key_id: row.try_get("key_id")?,
            wrapped: row.try_get("wrapped")?,
            to_sealed: row.try_get("to_sealed")?,
            template: row.try_get("template")?,
            locale: parse("locale", row.try_get("locale")?)?,
            values_sealed: row.try_get("values_sealed")?,
            challenge_id: row
                .try_get::<Option<&str>, _>("challenge_id")?
                .map(|id| parse("challenge_id", id))
                .transpose()?,
            useless_at: from_ms(row.try_get("useless_at")?),
            tries: row.try_get("tries")?,
            was_sent: row.try_get::<Option<i64>, _>("sent_at")?.is_some(),
        })
    })
    .collect()
}

/// Makes others wait for this dispatch until the transaction is over. Whoever writes to a dispatch and to its attempts
/// takes the dispatch first, so that no two wait for each other.
pub(super) async fn hold(connection: &mut AnyConnection, id: DispatchId) -> db::Result<()> {
    sqlx::query("UPDATE dispatches SET tries = tries WHERE id = $1").bind(id.to_string()).execute(connection).await?;
    Ok(())
}

/// Takes the dispatch; false when another worker did. `tries` names the state that was read.
pub(super) async fn lease(
    connection: &mut AnyConnection,
    id: DispatchId,
    tries: i64,
    now: Timestamp,
    until: Timestamp,
) -> db::Result<bool> {
    let leased = sqlx::query(
        "UPDATE dispatches SET leased_until = $4, tries = tries + 1
         WHERE id = $1 AND tries = $2 AND ended_at IS NULL AND leased_until <= $3",
    )
    .bind(id.to_string())
    .bind(tries)
    .bind(now.as_millisecond())
    .bind(until.as_millisecond())
    .execute(connection)
    .await?;
    Ok(leased.rows_affected() == 1)
}

/// Keeps when the dispatch arrived, the first time that it is told.
pub(super) async fn arrive(connection: &mut AnyConnection, id: DispatchId, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE dispatches SET arrived_at = $2, sent_at = COALESCE(sent_at, $2) WHERE id = $1 AND arrived_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Whose account a dispatch is for.
pub(super) async fn account_of(connection: &mut AnyConnection, id: DispatchId) -> db::Result<Option<AccountId>> {
    let account: Option<Option<String>> = sqlx::query_scalar("SELECT account_id FROM dispatches WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    account.flatten().map(|id| parse("account_id", &id)).transpose()
}

/// To whom a dispatch goes, with the key that it is sealed under, and by which gateway an attempt at it went.
pub(super) struct AddresseeRow {
    pub data_key_id: DataKeyId,
    pub key_id: String,
    pub wrapped: Option<Vec<u8>>,
    pub to_sealed: Vec<u8>,
    pub gateway: String,
}

/// To whom the dispatch of an attempt goes.
pub(super) async fn addressee(
    connection: &mut AnyConnection,
    id: DispatchId,
    attempt: i64,
) -> db::Result<Option<AddresseeRow>> {
    sqlx::query(
        "SELECT d.data_key_id, d.to_sealed, k.key_id, k.wrapped, a.gateway
         FROM attempts a
         JOIN dispatches d ON d.id = a.dispatch_id
         JOIN data_keys k ON k.id = d.data_key_id
         WHERE a.dispatch_id = $1 AND a.number = $2",
    )
    .bind(id.to_string())
    .bind(attempt)
    .fetch_optional(connection)
    .await?
    .map(|row| {
        Ok(AddresseeRow {
            data_key_id: parse("data_key_id", row.try_get("data_key_id")?)?,
            key_id: row.try_get("key_id")?,
            wrapped: row.try_get("wrapped")?,
            to_sealed: row.try_get("to_sealed")?,
            gateway: row.try_get("gateway")?,
        })
    })
    .transpose()
}

/// Lets go of a dispatch that a gateway took, and looks after it at `due`, unless another worker holds it by now.
pub(super) async fn watch(
    connection: &mut AnyConnection,
    id: DispatchId,
    attempt: i64,
    now: Timestamp,
    due: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE dispatches SET sent_at = $3, due_at = $4, leased_until = 0
         WHERE id = $1 AND tries = $2 AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(attempt)
    .bind(now.as_millisecond())
    .bind(due.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Watches a dispatch until `due` whose attempt was taken, as its gateway tells now and did not answer, unless that was
/// known, or a later attempt is under way.
pub(super) async fn vouch(
    connection: &mut AnyConnection,
    attempt: &Attempt,
    now: Timestamp,
    due: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE dispatches SET sent_at = $3, due_at = CASE WHEN useless_at < $4 THEN useless_at ELSE $4 END
         WHERE id = $1 AND tries = $2 AND ended_at IS NULL AND sent_at IS NULL AND leased_until <= $3
           AND challenge_id IS NOT NULL",
    )
    .bind(attempt.dispatch.to_string())
    .bind(attempt.number)
    .bind(now.as_millisecond())
    .bind(due.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes a code's dispatch due at once, unless a later attempt is under way; false when it has ended.
pub(super) async fn hurry(connection: &mut AnyConnection, attempt: &Attempt, now: Timestamp) -> db::Result<bool> {
    let hurried = sqlx::query(
        "UPDATE dispatches SET due_at = $3
         WHERE id = $1 AND tries = $2 AND ended_at IS NULL AND leased_until <= $3 AND challenge_id IS NOT NULL",
    )
    .bind(attempt.dispatch.to_string())
    .bind(attempt.number)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(hurried.rows_affected() == 1)
}

/// Ends what is not held of a challenge's dispatches: its code was used.
pub(super) async fn settle(connection: &mut AnyConnection, challenge: ChallengeId, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE dispatches
         SET ended_at = $2, outcome = CASE WHEN sent_at IS NULL THEN 'dropped' ELSE 'sent' END
         WHERE challenge_id = $1 AND ended_at IS NULL AND leased_until <= $2",
    )
    .bind(challenge.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// How many of the last `last` codes to a phone since then have ended and did not get there.
pub(super) async fn failed_of_last(
    connection: &mut AnyConnection,
    phone: PhoneId,
    since: Timestamp,
    last: i64,
) -> db::Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM (SELECT d.arrived_at, d.outcome, a.receipt
               FROM dispatches d
               LEFT JOIN attempts a ON a.dispatch_id = d.id AND a.number = d.tries
               WHERE d.phone_id = $1 AND d.queued_at >= $2 AND d.ended_at IS NOT NULL
               ORDER BY d.queued_at DESC, d.id DESC
               LIMIT $3) AS newest
         WHERE arrived_at IS NULL AND (outcome = 'failed' OR receipt IN ('undelivered', 'failed'))",
    )
    .bind(phone.to_string())
    .bind(since.as_millisecond())
    .bind(last)
    .fetch_one(connection)
    .await
}

/// The newest text of a challenge, with what became of its last attempt and what was told of it.
pub(super) struct NewestRow {
    pub tries: i64,
    pub way: Way,
    pub attempt: Option<String>,
    pub sent_at: Option<Timestamp>,
    pub outcome: Option<String>,
    pub arrived_at: Option<Timestamp>,
    pub receipt: Option<String>,
}

/// The newest text of a challenge.
pub(super) async fn newest_of(connection: &mut AnyConnection, challenge: ChallengeId) -> db::Result<Option<NewestRow>> {
    sqlx::query(
        "SELECT d.kind, d.sent_at, d.outcome, d.arrived_at, d.tries, d.by_call_since, a.outcome AS attempt, a.receipt, a.channel
         FROM dispatches d
         LEFT JOIN attempts a ON a.dispatch_id = d.id AND a.number = d.tries
         WHERE d.challenge_id = $1
         ORDER BY d.queued_at DESC, d.id DESC
         LIMIT 1",
    )
    .bind(challenge.to_string())
    .fetch_optional(connection)
    .await?
    .map(|row| {
        Ok(NewestRow {
            sent_at: row.try_get::<Option<i64>, _>("sent_at")?.map(from_ms),
            outcome: row.try_get("outcome")?,
            arrived_at: row.try_get::<Option<i64>, _>("arrived_at")?.map(from_ms),
            receipt: row.try_get("receipt")?,
            tries: row.try_get("tries")?,
            way: if row.try_get::<&str, _>("kind")? == "email" {
                Way::Mail
            } else if row.try_get::<Option<i64>, _>("by_call_since")?.is_some()
                || row.try_get::<Option<&str>, _>("channel")? == Some("call")
            {
                Way::Call
            } else {
                Way::Text
            },
            attempt: row.try_get("attempt")?,
        })
    })
    .transpose()
}
