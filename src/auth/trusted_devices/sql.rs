//! Statements on `devices`.

use sqlx::{AnyConnection, Row};

use super::{Device, Known};
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::ids::{AccountId, DeviceId};

/// The device of a cookie's digest.
pub(super) async fn find(connection: &mut AnyConnection, digest: &[u8; 32]) -> db::Result<Option<Device>> {
    sqlx::query(
        "SELECT id, account_id, trusted_until
         FROM devices
         WHERE token_digest = $1 AND forgotten_at IS NULL",
    )
    .bind(digest.as_slice())
    .fetch_optional(connection)
    .await?
    .map(|row| {
        Ok(Device {
            id: parse("id", row.try_get("id")?)?,
            account: parse("account_id", row.try_get("account_id")?)?,
            trusted_until: row.try_get::<Option<i64>, _>("trusted_until")?.map(from_ms),
        })
    })
    .transpose()
}

/// Adds a device.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    id: DeviceId,
    account: AccountId,
    digest: &[u8; 32],
    agent: &str,
    trusted_until: Option<Timestamp>,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO devices (id, account_id, token_digest, agent, known_at, seen_at, trusted_until)
         VALUES ($1, $2, $3, $4, $5, $5, $6)",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(digest.as_slice())
    .bind(agent)
    .bind(now.as_millisecond())
    .bind(trusted_until.map(|at| at.as_millisecond()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives a device a new cookie value.
pub(super) async fn renew(
    connection: &mut AnyConnection,
    id: DeviceId,
    digest: &[u8; 32],
    trusted_until: Option<Timestamp>,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE devices SET token_digest = $2, seen_at = $3, trusted_until = $4 WHERE id = $1")
        .bind(id.to_string())
        .bind(digest.as_slice())
        .bind(now.as_millisecond())
        .bind(trusted_until.map(|at| at.as_millisecond()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets all of an account's.
pub(super) async fn forget_all(connection: &mut AnyConnection, account: AccountId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE devices SET forgotten_at = $2 WHERE account_id = $1 AND forgotten_at IS NULL")
        .bind(account.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// The account's devices that were not forgotten, last used first.
pub(super) async fn list(connection: &mut AnyConnection, account: AccountId) -> db::Result<Vec<Known>> {
    sqlx::query(
        "SELECT id, agent, known_at, seen_at, trusted_until
         FROM devices
         WHERE account_id = $1 AND forgotten_at IS NULL
         ORDER BY seen_at DESC, id DESC
         LIMIT 50",
    )
    .bind(account.to_string())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(Known {
            id: parse("id", row.try_get("id")?)?,
            agent: row.try_get("agent")?,
            known_at: from_ms(row.try_get("known_at")?),
            seen_at: from_ms(row.try_get("seen_at")?),
            trusted_until: row.try_get::<Option<i64>, _>("trusted_until")?.map(from_ms),
        })
    })
    .collect()
}

/// Browsers that are trusted beyond an instant.
pub(super) async fn trusted_beyond(connection: &mut AnyConnection, until: Timestamp) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM devices WHERE trusted_until > $1 AND forgotten_at IS NULL")
        .bind(until.as_millisecond())
        .fetch_one(connection)
        .await
}

/// Ends all trust at an instant, where it lasts longer.
pub(super) async fn trust_until(connection: &mut AnyConnection, until: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE devices SET trusted_until = $1 WHERE trusted_until > $1 AND forgotten_at IS NULL")
        .bind(until.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends the trust of an account's browsers.
pub(super) async fn distrust(connection: &mut AnyConnection, account: AccountId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE devices SET trusted_until = $2 WHERE account_id = $1 AND trusted_until > $2")
        .bind(account.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}
