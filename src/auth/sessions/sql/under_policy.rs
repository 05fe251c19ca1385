//! Statements on the sessions of a role whose policy changes.

use sqlx::{AnyConnection, Row};

use crate::clock::Timestamp;
use crate::db::{self, parse};
use crate::types::actor::Role;
use crate::types::ids::AccountId;

/// Running sessions of a role; and of them those that are older or were not used for longer than a new policy lets them.
pub(in crate::auth::sessions) async fn count_running(
    connection: &mut AnyConnection,
    role: Role,
    now: Timestamp,
    seen_after: (Timestamp, Timestamp),
    begun_after: (Timestamp, Timestamp),
) -> db::Result<(i64, i64)> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS running,
                CAST(COALESCE(SUM(CASE WHEN s.seen_at <= $4 OR s.started_at <= $6 THEN 1 ELSE 0 END), 0) AS BIGINT) AS ending
         FROM sessions s
         JOIN accounts a ON a.id = s.account_id AND a.version = s.account_version AND a.turned_off_at IS NULL
         WHERE a.role = $1 AND s.kind = 'full' AND s.ended_at IS NULL AND s.ends_at > $2 AND s.seen_at > $3
           AND s.started_at > $5",
    )
    .bind(role.as_str())
    .bind(now.as_millisecond())
    .bind(seen_after.0.as_millisecond())
    .bind(seen_after.1.as_millisecond())
    .bind(begun_after.0.as_millisecond())
    .bind(begun_after.1.as_millisecond())
    .fetch_one(connection)
    .await?;
    Ok((row.try_get("running")?, row.try_get("ending")?))
}

/// Ends the sessions of a role that were not used since an instant, or began before another.
pub(in crate::auth::sessions) async fn end_run_out(
    connection: &mut AnyConnection,
    role: Role,
    now: Timestamp,
    seen_until: Timestamp,
    begun_until: Timestamp,
) -> db::Result<u64> {
    let ended = sqlx::query(
        "UPDATE sessions SET ended_at = $2
         WHERE kind = 'full' AND ended_at IS NULL AND ends_at > $2 AND (seen_at <= $3 OR started_at <= $4)
           AND account_id IN (SELECT id FROM accounts WHERE role = $1)",
    )
    .bind(role.as_str())
    .bind(now.as_millisecond())
    .bind(seen_until.as_millisecond())
    .bind(begun_until.as_millisecond())
    .execute(connection)
    .await?;
    Ok(ended.rows_affected())
}

/// Accounts of a role with a running session that was for adding a factor.
pub(in crate::auth::sessions) async fn narrowed(
    connection: &mut AnyConnection,
    role: Role,
    now: Timestamp,
) -> db::Result<Vec<AccountId>> {
    sqlx::query_scalar::<_, String>(
        "SELECT DISTINCT s.account_id
         FROM sessions s
         JOIN accounts a ON a.id = s.account_id
         WHERE a.role = $1 AND s.must_add <> 0 AND s.ended_at IS NULL AND s.ends_at > $2",
    )
    .bind(role.as_str())
    .bind(now.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|id| parse("account_id", id))
    .collect()
}
