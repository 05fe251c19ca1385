//! Statements on `dispatches` and `attempts`.

pub(super) mod figures;
pub(super) mod worth;

use sqlx::{AnyConnection, Row};

use super::{Attempt, Kind, Receipted};
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::amount::Amount;
use crate::types::ids::{AccountId, ChallengeId, DataKeyId, DispatchId};
use crate::types::locale::Locale;

/// A dispatch to add.
pub(super) struct NewRow {
    pub id: DispatchId,
    pub kind: &'static str,
    pub country: Option<String>,
    pub account_id: Option<AccountId>,
    pub data_key_id: DataKeyId,
    pub to_sealed: Vec<u8>,
    pub template: &'static str,
    pub locale: Locale,
    pub values_sealed: Vec<u8>,
    pub challenge_id: Option<ChallengeId>,
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
                                 prefix_index, expected)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, 0, 0, $12, $13, $14)",
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
    .bind(row.prefix_index.as_ref().map(|index| index.as_slice()))
    .bind(row.expected.map(Amount::millionths))
    .execute(connection)
    .await?;
    Ok(())
}

/// A dispatch that is due, with the key it is sealed under and how many of its attempts nobody knows the end of.
pub(super) struct DueRow {
    pub id: DispatchId,
    pub kind: Kind,
    pub data_key_id: DataKeyId,
    pub key_id: String,
    pub wrapped: Option<Vec<u8>>,
    pub to_sealed: Vec<u8>,
    pub template: String,
    pub locale: Locale,
    pub values_sealed: Vec<u8>,
    pub challenge_id: Option<ChallengeId>,
    pub useless_at: Timestamp,
    pub tries: i64,
    pub unknowns: i64,
}

/// Due dispatches that nobody holds, oldest first.
pub(super) async fn due(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> db::Result<Vec<DueRow>> {
    sqlx::query(
        "SELECT d.id, d.kind, d.data_key_id, d.to_sealed, d.template, d.locale, d.values_sealed, d.challenge_id,
                d.useless_at, d.tries, k.key_id, k.wrapped,
                (SELECT COUNT(*) FROM attempts a
                 WHERE a.dispatch_id = d.id AND (a.ended_at IS NULL OR a.outcome = 'unknown')) AS unknowns
         FROM dispatches d
         JOIN data_keys k ON k.id = d.data_key_id
         WHERE d.ended_at IS NULL AND d.due_at <= $1 AND d.leased_until <= $1
         ORDER BY d.due_at, d.id
         LIMIT $2",
    )
    .bind(now.as_millisecond())
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(DueRow {
            id: parse("id", row.try_get("id")?)?,
            kind: if row.try_get::<&str, _>("kind")? == "sms" { Kind::Sms } else { Kind::Email },
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
            unknowns: row.try_get("unknowns")?,
        })
    })
    .collect()
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

/// Writes down that an attempt is about to be made.
pub(super) async fn begin_attempt(
    connection: &mut AnyConnection,
    id: DispatchId,
    number: i64,
    gateway: &str,
    token_digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO attempts (dispatch_id, number, gateway, started_at, token_digest) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id.to_string())
    .bind(number)
    .bind(gateway)
    .bind(now.as_millisecond())
    .bind(token_digest.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

/// The attempt of a token.
pub(super) async fn attempt_of(
    connection: &mut AnyConnection,
    gateway: &str,
    token_digest: &[u8; 32],
) -> db::Result<Option<Attempt>> {
    sqlx::query("SELECT dispatch_id, number, provider_id FROM attempts WHERE token_digest = $1 AND gateway = $2")
        .bind(token_digest.as_slice())
        .bind(gateway)
        .fetch_optional(connection)
        .await?
        .map(|row| {
            Ok(Attempt {
                dispatch: parse("dispatch_id", row.try_get("dispatch_id")?)?,
                number: row.try_get("number")?,
                provider_id: row.try_get("provider_id")?,
            })
        })
        .transpose()
}

/// Raises what is known of an attempt; false when as much was known.
pub(super) async fn raise(
    connection: &mut AnyConnection,
    attempt: &Attempt,
    told: &Receipted,
    now: Timestamp,
) -> db::Result<bool> {
    let raised = sqlx::query(
        "UPDATE attempts SET receipt = $3, receipt_rank = $4, receipt_at = $5, receipt_code = $6
         WHERE dispatch_id = $1 AND number = $2 AND receipt_rank < $4",
    )
    .bind(attempt.dispatch.to_string())
    .bind(attempt.number)
    .bind(told.state)
    .bind(told.rank)
    .bind(now.as_millisecond())
    .bind(told.code.as_deref())
    .execute(connection)
    .await?;
    Ok(raised.rows_affected() == 1)
}

/// Keeps when the dispatch arrived, the first time that it is told.
pub(super) async fn arrive(connection: &mut AnyConnection, id: DispatchId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE dispatches SET arrived_at = $2 WHERE id = $1 AND arrived_at IS NULL")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes down what became of it.
pub(super) async fn end_attempt(
    connection: &mut AnyConnection,
    id: DispatchId,
    number: i64,
    now: Timestamp,
    outcome: &str,
    reason: Option<&str>,
    provider_id: Option<&str>,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE attempts SET ended_at = $3, outcome = $4, reason = $5, provider_id = $6
         WHERE dispatch_id = $1 AND number = $2",
    )
    .bind(id.to_string())
    .bind(number)
    .bind(now.as_millisecond())
    .bind(outcome)
    .bind(reason)
    .bind(provider_id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the dispatch.
pub(super) async fn end(
    connection: &mut AnyConnection,
    id: DispatchId,
    now: Timestamp,
    sent_at: Option<Timestamp>,
    outcome: &str,
) -> db::Result<()> {
    sqlx::query("UPDATE dispatches SET ended_at = $2, sent_at = $3, outcome = $4 WHERE id = $1 AND ended_at IS NULL")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .bind(sent_at.map(|at| at.as_millisecond()))
        .bind(outcome)
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes the dispatch worthless from now on, and ends it unless a worker holds it.
pub(super) async fn withdraw(connection: &mut AnyConnection, id: DispatchId, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE dispatches
         SET useless_at = $2,
             ended_at = CASE WHEN leased_until <= $2 THEN $2 END,
             outcome = CASE WHEN leased_until <= $2 THEN 'dropped' END
         WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets go of the dispatch until `due`, unless another worker holds it by now with a later attempt.
pub(super) async fn put_off(
    connection: &mut AnyConnection,
    id: DispatchId,
    attempt: i64,
    due: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE dispatches SET due_at = $3, leased_until = 0 WHERE id = $1 AND tries = $2 AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(attempt)
    .bind(due.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest text of a challenge, with what was told of its last attempt.
pub(super) struct NewestRow {
    pub sent_at: Option<Timestamp>,
    pub outcome: Option<String>,
    pub arrived_at: Option<Timestamp>,
    pub receipt: Option<String>,
}

/// The newest text of a challenge.
pub(super) async fn newest_of(connection: &mut AnyConnection, challenge: ChallengeId) -> db::Result<Option<NewestRow>> {
    sqlx::query(
        "SELECT d.sent_at, d.outcome, d.arrived_at, a.receipt
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
        })
    })
    .transpose()
}

/// Empties what is sealed in up to `batch` dispatches that ended before `before`.
pub(super) async fn empty(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    // LENGTH as in the index dispatches_unswept, so that emptied ones are not walked through again.
    let emptied = sqlx::query(
        "UPDATE dispatches SET to_sealed = $3, values_sealed = $3
         WHERE id IN (SELECT id
                      FROM dispatches
                      WHERE ended_at < $1 AND LENGTH(to_sealed) > 0
                      ORDER BY ended_at
                      LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .bind(Vec::<u8>::new())
    .execute(connection)
    .await?;
    Ok(emptied.rows_affected())
}

/// Lets up to `batch` ended dispatches that were worth sending until `before` forget their challenge.
pub(super) async fn sweep_challenges(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "UPDATE dispatches SET challenge_id = NULL
         WHERE id IN (SELECT id
                      FROM dispatches
                      WHERE challenge_id IS NOT NULL AND ended_at IS NOT NULL AND useless_at < $1
                      LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
