//! Statements on `attempts`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::messaging::dispatches::attempts::Through;
use crate::messaging::dispatches::{Attempt, Line, Receipted};
use crate::messaging::reason::Reason;
use crate::messaging::routing::{Asked, Verdict};
use crate::types::ids::DispatchId;

/// Writes down that an attempt is about to be made.
pub(in crate::messaging::dispatches) async fn begin_attempt(
    connection: &mut AnyConnection,
    id: DispatchId,
    number: i64,
    through: &Through,
    token_digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO attempts (dispatch_id, number, gateway, started_at, token_digest, channel)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.to_string())
    .bind(number)
    .bind(through.gateway)
    .bind(now.as_millisecond())
    .bind(token_digest.as_slice())
    .bind(if through.by_call { "call" } else { "text" })
    .execute(connection)
    .await?;
    Ok(())
}

/// Attempts with what is known of their calls.
macro_rules! attempts_by {
    ($condition:literal) => {
        concat!(
            "SELECT a.dispatch_id, a.number, a.provider_id, a.channel, a.spoken_at, d.locale, d.challenge_id
             FROM attempts a
             JOIN dispatches d ON d.id = a.dispatch_id
             WHERE ",
            $condition
        )
    };
}

/// The attempt of a token.
pub(in crate::messaging::dispatches) async fn attempt_of(
    connection: &mut AnyConnection,
    gateway: &str,
    token_digest: &[u8; 32],
) -> db::Result<Option<Attempt>> {
    sqlx::query(attempts_by!("a.token_digest = $1 AND a.gateway = $2"))
        .bind(token_digest.as_slice())
        .bind(gateway)
        .fetch_optional(connection)
        .await?
        .map(|row| attempt(&row))
        .transpose()
}

fn attempt(row: &AnyRow) -> db::Result<Attempt> {
    let challenge: Option<&str> = row.try_get("challenge_id")?;
    let line = Line {
        locale: parse("locale", row.try_get("locale")?)?,
        challenge: challenge.map(|id| parse("challenge_id", id)).transpose()?,
        spoken_at: row.try_get::<Option<i64>, _>("spoken_at")?.map(from_ms),
    };
    Ok(Attempt {
        dispatch: parse("dispatch_id", row.try_get("dispatch_id")?)?,
        number: row.try_get("number")?,
        provider_id: row.try_get("provider_id")?,
        call: (row.try_get::<&str, _>("channel")? == "call").then_some(line),
    })
}

/// Writes down that the call's code is read out, with what that says of the attempt; false when it was before.
pub(in crate::messaging::dispatches) async fn speak(
    connection: &mut AnyConnection,
    attempt: &Attempt,
    told: &Receipted,
    now: Timestamp,
) -> db::Result<bool> {
    let spoken = sqlx::query(
        "UPDATE attempts SET spoken_at = $3, receipt = $4, receipt_rank = $5, receipt_at = $3, receipt_code = NULL
         WHERE dispatch_id = $1 AND number = $2 AND channel = 'call' AND spoken_at IS NULL",
    )
    .bind(attempt.dispatch.to_string())
    .bind(attempt.number)
    .bind(now.as_millisecond())
    .bind(told.state)
    .bind(told.rank)
    .execute(connection)
    .await?;
    Ok(spoken.rows_affected() == 1)
}

/// The newest attempt of a gateway's own id.
pub(in crate::messaging::dispatches) async fn attempt_named(
    connection: &mut AnyConnection,
    gateway: &str,
    provider_id: &str,
) -> db::Result<Option<Attempt>> {
    sqlx::query(attempts_by!("a.provider_id = $1 AND a.gateway = $2 ORDER BY a.started_at DESC LIMIT 1"))
        .bind(provider_id)
        .bind(gateway)
        .fetch_optional(connection)
        .await?
        .map(|row| attempt(&row))
        .transpose()
}

/// The attempt whose token's digest begins so.
pub(in crate::messaging::dispatches) async fn attempt_referred(
    connection: &mut AnyConnection,
    gateway: &str,
    half: &[u8; 16],
) -> db::Result<Option<Attempt>> {
    sqlx::query(attempts_by!("a.token_digest BETWEEN $1 AND $2 AND a.gateway = $3"))
        .bind([half.as_slice(), &[0; 16]].concat())
        .bind([half.as_slice(), &[255; 16]].concat())
        .bind(gateway)
        .fetch_optional(connection)
        .await?
        .map(|row| attempt(&row))
        .transpose()
}

/// Raises what is known of an attempt, with the reason of a failure; false when as much was known.
pub(in crate::messaging::dispatches) async fn raise(
    connection: &mut AnyConnection,
    attempt: &Attempt,
    told: &Receipted,
    now: Timestamp,
) -> db::Result<bool> {
    let raised = sqlx::query(
        "UPDATE attempts
         SET receipt = $3, receipt_rank = $4, receipt_at = $5, receipt_code = $6, reason = COALESCE($7, reason)
         WHERE dispatch_id = $1 AND number = $2 AND receipt_rank < $4",
    )
    .bind(attempt.dispatch.to_string())
    .bind(attempt.number)
    .bind(told.state)
    .bind(told.rank)
    .bind(now.as_millisecond())
    .bind(told.code.as_deref())
    .bind(told.reason.map(Reason::as_str))
    .execute(connection)
    .await?;
    Ok(raised.rows_affected() == 1)
}

/// Writes down what became of it, once; false when that was done before. A receipt may have been quicker: what it told
/// stays.
pub(in crate::messaging::dispatches) async fn end_attempt(
    connection: &mut AnyConnection,
    id: DispatchId,
    number: i64,
    now: Timestamp,
    outcome: &str,
    reason: Option<&str>,
    provider_id: Option<&str>,
) -> db::Result<bool> {
    let ended = sqlx::query(
        "UPDATE attempts SET ended_at = $3, outcome = $4, reason = COALESCE($5, reason), provider_id = $6
         WHERE dispatch_id = $1 AND number = $2 AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(number)
    .bind(now.as_millisecond())
    .bind(outcome)
    .bind(reason)
    .bind(provider_id)
    .execute(connection)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// The newest attempt of a dispatch by mail.
pub(in crate::messaging::dispatches) async fn mailed(
    connection: &mut AnyConnection,
    id: DispatchId,
) -> db::Result<Option<Attempt>> {
    sqlx::query(attempts_by!("a.dispatch_id = $1 AND d.kind = 'email' ORDER BY a.number DESC LIMIT 1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?
        .map(|row| attempt(&row))
        .transpose()
}

/// What was asked of gateways for a dispatch, in order, without what was dropped before it left.
pub(in crate::messaging::dispatches) async fn asked(
    connection: &mut AnyConnection,
    id: DispatchId,
) -> db::Result<Vec<Asked>> {
    sqlx::query(
        "SELECT gateway, channel, outcome, reason, receipt
         FROM attempts
         WHERE dispatch_id = $1 AND (outcome IS NULL OR outcome <> 'dropped')
         ORDER BY number",
    )
    .bind(id.to_string())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let (outcome, reason, receipt): (Option<&str>, Option<&str>, Option<&str>) =
            (row.try_get("outcome")?, row.try_get("reason")?, row.try_get("receipt")?);
        // A failure that names no reason of ours is one of this gateway's.
        let no = || Verdict::No(reason.and_then(Reason::from_word).unwrap_or(Reason::Unroutable));
        Ok(Asked {
            gateway: row.try_get("gateway")?,
            by_call: row.try_get::<&str, _>("channel")? == "call",
            verdict: match (receipt, outcome) {
                (Some("undelivered" | "failed"), _) => no(),
                (Some(_), _) | (None, Some("accepted")) => Verdict::Took,
                (None, None | Some("unknown")) => Verdict::Lost,
                (None, Some(_)) => no(),
            },
        })
    })
    .collect()
}

/// Keeps that a gateway that took a code was silent.
pub(in crate::messaging::dispatches) async fn note_silence(
    connection: &mut AnyConnection,
    id: DispatchId,
    number: i64,
) -> db::Result<()> {
    sqlx::query("UPDATE attempts SET reason = 'silence' WHERE dispatch_id = $1 AND number = $2 AND reason IS NULL")
        .bind(id.to_string())
        .bind(number)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether a receipt says that this attempt was taken, and not yet how it ended.
pub(in crate::messaging::dispatches) async fn is_vouched(
    connection: &mut AnyConnection,
    id: DispatchId,
    number: i64,
) -> db::Result<bool> {
    let vouched: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM attempts
         WHERE dispatch_id = $1 AND number = $2 AND receipt IN ('queued', 'sent')",
    )
    .bind(id.to_string())
    .bind(number)
    .fetch_one(connection)
    .await?;
    Ok(vouched > 0)
}

/// Whether a receipt says that this attempt failed.
pub(in crate::messaging::dispatches) async fn has_failed(
    connection: &mut AnyConnection,
    id: DispatchId,
    number: i64,
) -> db::Result<bool> {
    let failed: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM attempts
         WHERE dispatch_id = $1 AND number = $2 AND receipt IN ('undelivered', 'failed')",
    )
    .bind(id.to_string())
    .bind(number)
    .fetch_one(connection)
    .await?;
    Ok(failed > 0)
}
