//! Statements on `breakers`.

use sqlx::{AnyConnection, Row};

use super::Breaker;
use crate::clock::{Timestamp, from_ms};
use crate::db;

/// All that have failures, by name.
pub(super) async fn all(connection: &mut AnyConnection) -> db::Result<Vec<Breaker>> {
    sqlx::query("SELECT gateway, failures, opened_at, probe_at FROM breakers WHERE failures > 0 ORDER BY gateway")
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            Ok(Breaker {
                gateway: row.try_get("gateway")?,
                failures: row.try_get("failures")?,
                opened_at: row.try_get::<Option<i64>, _>("opened_at")?.map(from_ms),
                probe_at: row.try_get::<Option<i64>, _>("probe_at")?.map(from_ms),
            })
        })
        .collect()
}

/// Puts off the probe that is due.
pub(super) async fn put_probe_off(
    connection: &mut AnyConnection,
    gateway: &str,
    now: Timestamp,
    next: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE breakers SET probe_at = $3 WHERE gateway = $1 AND opened_at IS NOT NULL AND probe_at <= $2")
        .bind(gateway)
        .bind(now.as_millisecond())
        .bind(next.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Counts a failure; answers how many there are in a row.
pub(super) async fn count(connection: &mut AnyConnection, gateway: &str) -> db::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO breakers (gateway, failures) VALUES ($1, 1)
         ON CONFLICT (gateway) DO UPDATE SET failures = breakers.failures + 1
         RETURNING failures",
    )
    .bind(gateway)
    .fetch_one(connection)
    .await
}

/// Opens the breaker, or keeps it open, until a probe.
pub(super) async fn open(
    connection: &mut AnyConnection,
    gateway: &str,
    now: Timestamp,
    probe_at: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE breakers SET opened_at = COALESCE(opened_at, $2), probe_at = $3 WHERE gateway = $1")
        .bind(gateway)
        .bind(now.as_millisecond())
        .bind(probe_at.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Closes the breaker.
pub(super) async fn close(connection: &mut AnyConnection, gateway: &str) -> db::Result<()> {
    sqlx::query(
        "UPDATE breakers SET failures = 0, opened_at = NULL, probe_at = NULL WHERE gateway = $1 AND failures > 0",
    )
    .bind(gateway)
    .execute(connection)
    .await?;
    Ok(())
}
