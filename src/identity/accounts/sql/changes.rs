//! Statements that change what an account signs in with, and whether its sensitive acts are paused.

use sqlx::AnyConnection;

use crate::clock::Timestamp;
use crate::db;
use crate::types::ids::AccountId;

/// Gives the account another mail address, unless it was changed since it had this version.
pub(in crate::identity::accounts) async fn set_email(
    connection: &mut AnyConnection,
    id: AccountId,
    version: i64,
    sealed: &[u8],
    index: &[u8; 32],
) -> db::Result<bool> {
    let set = sqlx::query(
        "UPDATE accounts SET email_sealed = $3, email_index = $4, version = version + 1
         WHERE id = $1 AND version = $2",
    )
    .bind(id.to_string())
    .bind(version)
    .bind(sealed)
    .bind(index.as_slice())
    .execute(connection)
    .await?;
    Ok(set.rows_affected() == 1)
}

/// Stores a new password and raises the version, unless the account was changed since it had this one.
pub(in crate::identity::accounts) async fn change_password(
    connection: &mut AnyConnection,
    id: AccountId,
    version: i64,
    hash: &str,
    now: Timestamp,
) -> db::Result<bool> {
    let set = sqlx::query(
        "UPDATE accounts SET password_hash = $3, password_set_at = $4, version = version + 1, strange_codes = 0,
                             password_void_at = NULL
         WHERE id = $1 AND version = $2",
    )
    .bind(id.to_string())
    .bind(version)
    .bind(hash)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(set.rows_affected() == 1)
}

/// Pauses sensitive acts without an end, since now unless they are paused already; voids the password.
pub(in crate::identity::accounts) async fn freeze_and_void(
    connection: &mut AnyConnection,
    id: AccountId,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE accounts
         SET frozen_at = CASE WHEN frozen_at IS NULL OR frozen_until <= $2 THEN $2 ELSE frozen_at END,
             frozen_until = NULL, password_void_at = $2, version = version + 1
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Pauses sensitive acts until an instant, unless they are paused for longer.
pub(in crate::identity::accounts) async fn freeze_until(
    connection: &mut AnyConnection,
    id: AccountId,
    now: Timestamp,
    until: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE accounts SET frozen_at = $2, frozen_until = $3
         WHERE id = $1 AND (frozen_at IS NULL OR frozen_until < $3)",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .bind(until.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets choosing a new password wait for the end of the pause.
pub(in crate::identity::accounts) async fn hold_reset(
    connection: &mut AnyConnection,
    id: AccountId,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE accounts SET reset_held_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends the pause; false when there was none.
pub(in crate::identity::accounts) async fn unfreeze(connection: &mut AnyConnection, id: AccountId) -> db::Result<bool> {
    let ended = sqlx::query(
        "UPDATE accounts SET frozen_at = NULL, frozen_until = NULL, reset_held_at = NULL
         WHERE id = $1 AND frozen_at IS NOT NULL",
    )
    .bind(id.to_string())
    .execute(connection)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Changes nothing, and makes others wait who change the account.
pub(in crate::identity::accounts) async fn hold(connection: &mut AnyConnection, id: AccountId) -> db::Result<()> {
    sqlx::query("UPDATE accounts SET version = version WHERE id = $1").bind(id.to_string()).execute(connection).await?;
    Ok(())
}
