//! Statements on `recovery_codes`.

use sqlx::AnyConnection;

use crate::clock::{Timestamp, from_ms};
use crate::db;
use crate::types::ids::AccountId;

/// Puts new recovery codes in the place of the old.
pub(in crate::auth::factors) async fn replace_codes(
    connection: &mut AnyConnection,
    account: AccountId,
    digests: &[[u8; 32]],
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("DELETE FROM recovery_codes WHERE account_id = $1")
        .bind(account.to_string())
        .execute(&mut *connection)
        .await?;
    for digest in digests {
        sqlx::query("INSERT INTO recovery_codes (account_id, digest, made_at) VALUES ($1, $2, $3)")
            .bind(account.to_string())
            .bind(digest.as_slice())
            .bind(now.as_millisecond())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Uses a recovery code up; false when there is none of this digest, or it was used.
pub(in crate::auth::factors) async fn use_code(
    connection: &mut AnyConnection,
    account: AccountId,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<bool> {
    let used =
        sqlx::query("UPDATE recovery_codes SET used_at = $3 WHERE account_id = $1 AND digest = $2 AND used_at IS NULL")
            .bind(account.to_string())
            .bind(digest.as_slice())
            .bind(now.as_millisecond())
            .execute(connection)
            .await?;
    Ok(used.rows_affected() == 1)
}

/// Recovery codes that nobody used yet.
pub(in crate::auth::factors) async fn codes_left(
    connection: &mut AnyConnection,
    account: AccountId,
) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM recovery_codes WHERE account_id = $1 AND used_at IS NULL")
        .bind(account.to_string())
        .fetch_one(connection)
        .await
}

/// When the account's recovery codes were made; None when it has none.
pub(in crate::auth::factors) async fn codes_made_at(
    connection: &mut AnyConnection,
    account: AccountId,
) -> db::Result<Option<Timestamp>> {
    let made: Option<i64> = sqlx::query_scalar("SELECT MAX(made_at) FROM recovery_codes WHERE account_id = $1")
        .bind(account.to_string())
        .fetch_one(connection)
        .await?;
    Ok(made.map(from_ms))
}

/// Removes all recovery codes of the account; false when there are none.
pub(in crate::auth::factors) async fn drop_codes(
    connection: &mut AnyConnection,
    account: AccountId,
) -> db::Result<bool> {
    let dropped = sqlx::query("DELETE FROM recovery_codes WHERE account_id = $1")
        .bind(account.to_string())
        .execute(connection)
        .await?;
    Ok(dropped.rows_affected() > 0)
}

/// Removes the set that was made at an instant or later; false when there is none.
pub(in crate::auth::factors) async fn drop_codes_since(
    connection: &mut AnyConnection,
    account: AccountId,
    since: Timestamp,
) -> db::Result<bool> {
    let dropped = sqlx::query("DELETE FROM recovery_codes WHERE account_id = $1 AND made_at >= $2")
        .bind(account.to_string())
        .bind(since.as_millisecond())
        .execute(connection)
        .await?;
    Ok(dropped.rows_affected() > 0)
}
