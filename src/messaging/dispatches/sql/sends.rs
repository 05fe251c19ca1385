//! Statements on `code_sends`: how often one code was sent.

use sqlx::AnyConnection;

use crate::clock::Timestamp;
use crate::db;
use crate::types::ids::ChallengeId;

/// Counts a send of a code that ends then; false when it was sent `most` times.
pub(in crate::messaging::dispatches) async fn count_send(
    connection: &mut AnyConnection,
    challenge: ChallengeId,
    ends_at: Timestamp,
    most: i64,
) -> db::Result<bool> {
    let counted = sqlx::query(
        "INSERT INTO code_sends (challenge_id, ends_at, sends)
         VALUES ($1, $2, 1)
         ON CONFLICT (challenge_id, ends_at) DO UPDATE SET sends = code_sends.sends + 1
         WHERE code_sends.sends < $3",
    )
    .bind(challenge.to_string())
    .bind(ends_at.as_millisecond())
    .bind(most)
    .execute(connection)
    .await?;
    Ok(counted.rows_affected() == 1)
}

/// Takes back what was counted: nothing was sent.
pub(in crate::messaging::dispatches) async fn uncount_send(
    connection: &mut AnyConnection,
    challenge: ChallengeId,
    ends_at: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE code_sends SET sends = sends - 1 WHERE challenge_id = $1 AND ends_at = $2 AND sends > 0")
        .bind(challenge.to_string())
        .bind(ends_at.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// How often a code that ends then was sent or may have been.
pub(in crate::messaging::dispatches) async fn code_sends(
    connection: &mut AnyConnection,
    challenge: ChallengeId,
    ends_at: Timestamp,
) -> db::Result<i64> {
    let sends = sqlx::query_scalar("SELECT sends FROM code_sends WHERE challenge_id = $1 AND ends_at = $2")
        .bind(challenge.to_string())
        .bind(ends_at.as_millisecond())
        .fetch_optional(connection)
        .await?;
    Ok(sends.unwrap_or(0))
}

/// Drops up to `batch` counts of codes that ended before `before`.
pub(in crate::messaging::dispatches) async fn sweep_code_sends(
    connection: &mut AnyConnection,
    before: Timestamp,
    batch: i64,
) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM code_sends
         WHERE ends_at < $1
           AND challenge_id IN (SELECT challenge_id FROM code_sends WHERE ends_at < $1 ORDER BY ends_at LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
