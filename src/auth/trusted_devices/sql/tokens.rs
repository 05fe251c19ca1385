//! Statements on `device_tokens`.

use sqlx::{AnyConnection, Row};

use super::super::Device;
use super::super::family::State;
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::ids::DeviceId;

/// The device of a value's digest, unless it was forgotten, and where the value stands in its family.
pub(in crate::auth::trusted_devices) async fn find(
    connection: &mut AnyConnection,
    digest: &[u8; 32],
) -> db::Result<Option<(Device, State)>> {
    sqlx::query(
        "SELECT d.id, d.account_id, d.agent, d.trusted_until, t.replaced_at,
                (SELECT COUNT(*)
                 FROM device_tokens n
                 WHERE n.device_id = t.device_id AND n.generation > t.generation AND n.presented_at IS NOT NULL) AS newer
         FROM device_tokens t
         JOIN devices d ON d.id = t.device_id
         WHERE t.token_digest = $1 AND d.forgotten_at IS NULL",
    )
    .bind(digest.as_slice())
    .fetch_optional(connection)
    .await?
    .map(|row| {
        let replaced_at = row.try_get::<Option<i64>, _>("replaced_at")?.map(from_ms);
        let device = Device {
            id: parse("id", row.try_get("id")?)?,
            account: parse("account_id", row.try_get("account_id")?)?,
            agent: row.try_get("agent")?,
            trusted_until: row.try_get::<Option<i64>, _>("trusted_until")?.map(from_ms),
            is_newest: replaced_at.is_none(),
            value: *digest,
        };
        Ok((device, State { replaced_at, newer_came: row.try_get::<i64, _>("newer")? > 0 }))
    })
    .transpose()
}

/// Notes when a value first came with the right password.
pub(in crate::auth::trusted_devices) async fn note_presented(
    connection: &mut AnyConnection,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE device_tokens SET presented_at = $2 WHERE token_digest = $1 AND presented_at IS NULL")
        .bind(digest.as_slice())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Uses a value up; false when another has its place already. Of two who come with it at once, one gets true.
pub(in crate::auth::trusted_devices) async fn use_up(
    connection: &mut AnyConnection,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<bool> {
    let used = sqlx::query(
        "UPDATE device_tokens SET replaced_at = $2, presented_at = COALESCE(presented_at, $2)
         WHERE token_digest = $1 AND replaced_at IS NULL",
    )
    .bind(digest.as_slice())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// Replaces the newest value of a device, whichever that is.
pub(in crate::auth::trusted_devices) async fn replace_newest(
    connection: &mut AnyConnection,
    device: DeviceId,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE device_tokens SET replaced_at = $2 WHERE device_id = $1 AND replaced_at IS NULL")
        .bind(device.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds the next value of a device; the one before must have been replaced.
pub(in crate::auth::trusted_devices) async fn issue(
    connection: &mut AnyConnection,
    device: DeviceId,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO device_tokens (token_digest, device_id, generation, issued_at)
         SELECT $1, $2, COALESCE(MAX(generation), 0) + 1, $3
         FROM device_tokens
         WHERE device_id = $2",
    )
    .bind(digest.as_slice())
    .bind(device.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes up to `batch` values that were replaced before `before`.
pub(in crate::auth::trusted_devices) async fn sweep_replaced(
    connection: &mut AnyConnection,
    before: Timestamp,
    batch: i64,
) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM device_tokens
         WHERE token_digest IN (SELECT token_digest
                                FROM device_tokens
                                WHERE replaced_at < $1
                                ORDER BY replaced_at
                                LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}

/// Removes up to `batch` values of devices that were forgotten before `before`.
pub(in crate::auth::trusted_devices) async fn sweep_forgotten_values(
    connection: &mut AnyConnection,
    before: Timestamp,
    batch: i64,
) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM device_tokens
         WHERE token_digest IN (SELECT t.token_digest
                                FROM devices d
                                JOIN device_tokens t ON t.device_id = d.id
                                WHERE d.forgotten_at < $1
                                LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
