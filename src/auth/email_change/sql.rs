//! Statements on `email_changes`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::clock::Timestamp;
use crate::db::{self, parse};
use crate::types::ids::{AccountId, EmailChangeId};

/// Adds a change.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    id: EmailChangeId,
    account: AccountId,
    sealed: &[u8],
    digest: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO email_changes (id, account_id, email_sealed, token_digest, asked_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(sealed)
    .bind(digest.as_slice())
    .bind(now.as_millisecond())
    .bind(expires_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// The account's links stop working.
pub(super) async fn void(connection: &mut AnyConnection, account: AccountId, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE email_changes SET replaced_at = $2
         WHERE account_id = $1 AND used_at IS NULL AND replaced_at IS NULL",
    )
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

fn change(row: &AnyRow) -> db::Result<(EmailChangeId, Vec<u8>)> {
    Ok((parse("id", row.try_get("id")?)?, row.try_get("email_sealed")?))
}

/// The account's change of a link that still works.
pub(super) async fn find(
    connection: &mut AnyConnection,
    account: AccountId,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<Option<(EmailChangeId, Vec<u8>)>> {
    let row = sqlx::query(
        "SELECT id, email_sealed
         FROM email_changes
         WHERE token_digest = $1 AND account_id = $2 AND expires_at > $3 AND used_at IS NULL AND replaced_at IS NULL",
    )
    .bind(digest.as_slice())
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(change).transpose()
}

/// Uses a link up; None when it works no more, or not for this account.
pub(super) async fn claim(
    connection: &mut AnyConnection,
    account: AccountId,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<Option<(EmailChangeId, Vec<u8>)>> {
    let row = sqlx::query(
        "UPDATE email_changes SET used_at = $3
         WHERE token_digest = $1 AND account_id = $2 AND expires_at > $3 AND used_at IS NULL AND replaced_at IS NULL
         RETURNING id, email_sealed",
    )
    .bind(digest.as_slice())
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(change).transpose()
}

/// Removes up to `batch` changes whose link ended before `before`.
pub(super) async fn sweep(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM email_changes
         WHERE id IN (SELECT id FROM email_changes WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
