//! Statements on `password_resets`.

use sqlx::{AnyConnection, Row};

use crate::clock::Timestamp;
use crate::db::{self, parse};
use crate::types::ids::{AccountId, ResetId};

/// Adds a reset.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    id: ResetId,
    account: AccountId,
    digest: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO password_resets (id, account_id, token_digest, asked_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(digest.as_slice())
    .bind(now.as_millisecond())
    .bind(expires_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Older links of the account stop working; one whose code was given is its owner's, and goes on.
pub(super) async fn replace_all(connection: &mut AnyConnection, account: AccountId, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE password_resets SET replaced_at = $2
         WHERE account_id = $1 AND used_at IS NULL AND replaced_at IS NULL AND proved_at IS NULL",
    )
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Every link of the account stops working.
pub(super) async fn void(connection: &mut AnyConnection, account: AccountId, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE password_resets SET replaced_at = $2
         WHERE account_id = $1 AND used_at IS NULL AND replaced_at IS NULL",
    )
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// The reset of a link that still works, and whose.
pub(super) async fn find_by_token(
    connection: &mut AnyConnection,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<Option<(ResetId, AccountId)>> {
    sqlx::query(
        "SELECT id, account_id
         FROM password_resets
         WHERE token_digest = $1 AND expires_at > $2 AND used_at IS NULL AND replaced_at IS NULL",
    )
    .bind(digest.as_slice())
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?
    .map(|row| Ok((parse("id", row.try_get(0)?)?, parse("account_id", row.try_get(1)?)?)))
    .transpose()
}

/// Notes that the link was opened.
pub(super) async fn mark_opened(connection: &mut AnyConnection, id: ResetId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE password_resets SET opened_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes that the code was given.
pub(super) async fn mark_proved(connection: &mut AnyConnection, id: ResetId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE password_resets SET proved_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Uses it up; false when it is old, used, replaced or without its code.
pub(super) async fn claim(connection: &mut AnyConnection, id: ResetId, now: Timestamp) -> db::Result<bool> {
    let claimed = sqlx::query(
        "UPDATE password_resets SET used_at = $2
         WHERE id = $1 AND expires_at > $2 AND proved_at IS NOT NULL AND used_at IS NULL AND replaced_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Removes up to `batch` resets that expired before `before`.
pub(super) async fn sweep(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM password_resets
         WHERE id IN (SELECT id FROM password_resets WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
