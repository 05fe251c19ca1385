//! Statements on `devices`; those on `device_tokens`, the values of their cookies, stand in [`tokens`].

mod tokens;

use sqlx::{AnyConnection, Row};

use super::Known;
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::ids::{AccountId, DeviceId};

pub(super) use tokens::{find, issue, note_presented, replace_newest, sweep_forgotten_values, sweep_replaced, use_up};

/// Adds a device.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    id: DeviceId,
    account: AccountId,
    agent: &str,
    trusted_until: Option<Timestamp>,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO devices (id, account_id, agent, known_at, seen_at, trusted_until)
         VALUES ($1, $2, $3, $4, $4, $5)",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(agent)
    .bind(now.as_millisecond())
    .bind(trusted_until.map(|at| at.as_millisecond()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes a sign-in with a device, and its new trust if there is one; false when it was forgotten.
pub(super) async fn touch(
    connection: &mut AnyConnection,
    id: DeviceId,
    trusted_until: Option<Timestamp>,
    now: Timestamp,
) -> db::Result<bool> {
    let touched = sqlx::query(
        "UPDATE devices SET seen_at = $3, trusted_until = COALESCE($2, trusted_until)
         WHERE id = $1 AND forgotten_at IS NULL",
    )
    .bind(id.to_string())
    .bind(trusted_until.map(|at| at.as_millisecond()))
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(touched.rows_affected() == 1)
}

/// Notes a sign-in with a device that is trusted; false when it is not, or was forgotten.
pub(super) async fn touch_trusted(connection: &mut AnyConnection, id: DeviceId, now: Timestamp) -> db::Result<bool> {
    let touched =
        sqlx::query("UPDATE devices SET seen_at = $2 WHERE id = $1 AND forgotten_at IS NULL AND trusted_until > $2")
            .bind(id.to_string())
            .bind(now.as_millisecond())
            .execute(connection)
            .await?;
    Ok(touched.rows_affected() == 1)
}

/// Forgets one of the account's; false when it is not theirs, or was forgotten before.
pub(super) async fn forget(
    connection: &mut AnyConnection,
    id: DeviceId,
    account: AccountId,
    now: Timestamp,
) -> db::Result<bool> {
    let forgotten =
        sqlx::query("UPDATE devices SET forgotten_at = $3 WHERE id = $1 AND account_id = $2 AND forgotten_at IS NULL")
            .bind(id.to_string())
            .bind(account.to_string())
            .bind(now.as_millisecond())
            .execute(connection)
            .await?;
    Ok(forgotten.rows_affected() == 1)
}

/// Whether a device is the account's, forgotten or not.
pub(super) async fn is_of(connection: &mut AnyConnection, id: DeviceId, account: AccountId) -> db::Result<bool> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM devices WHERE id = $1 AND account_id = $2")
        .bind(id.to_string())
        .bind(account.to_string())
        .fetch_one(connection)
        .await?;
    Ok(count == 1)
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

/// Removes up to `batch` devices that were forgotten before `before` and have no value any more.
pub(super) async fn sweep_forgotten(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM devices
         WHERE id IN (SELECT d.id
                      FROM devices d
                      WHERE d.forgotten_at < $1
                        AND NOT EXISTS (SELECT 1 FROM device_tokens t WHERE t.device_id = d.id)
                      ORDER BY d.forgotten_at
                      LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
