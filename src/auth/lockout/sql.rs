//! Statements on `lockouts`. An unknown browser is the empty device.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::portal::WrappedKey;
use crate::types::actor::Role;
use crate::types::ids::{AccountId, DeviceId};
use crate::types::network::Network;

fn word(device: Option<DeviceId>) -> String {
    device.map(|id| id.to_string()).unwrap_or_default()
}

/// The end of a lock that still holds, but for one that these answers brought; an older program did not say which.
pub(super) async fn locked_until(
    connection: &mut AnyConnection,
    account: AccountId,
    device: Option<DeviceId>,
    but: Option<&str>,
    now: Timestamp,
) -> db::Result<Option<Timestamp>> {
    let until: Option<i64> = sqlx::query_scalar(
        "SELECT locked_until
         FROM lockouts
         WHERE account_id = $1 AND device_id = $2 AND locked_until > $3 AND COALESCE(locked_why, 'code') <> $4",
    )
    .bind(account.to_string())
    .bind(word(device))
    .bind(now.as_millisecond())
    .bind(but.unwrap_or_default())
    .fetch_optional(connection)
    .await?;
    Ok(until.map(from_ms))
}

/// Wrong answers in a row, and locks before.
pub(super) struct Count {
    pub in_a_row: i64,
    pub locks: i64,
}

/// Counts one.
pub(super) async fn count(
    connection: &mut AnyConnection,
    account: AccountId,
    device: Option<DeviceId>,
    why: &str,
    network: &Network,
    now: Timestamp,
) -> db::Result<Count> {
    let row = sqlx::query(
        "INSERT INTO lockouts (account_id, device_id, in_a_row, locks, why, network, changed_at)
         VALUES ($1, $2, 1, 0, $3, $4, $5)
         ON CONFLICT (account_id, device_id) DO UPDATE SET
             in_a_row = lockouts.in_a_row + 1, why = excluded.why, network = excluded.network, changed_at = excluded.changed_at
         RETURNING in_a_row, locks",
    )
    .bind(account.to_string())
    .bind(word(device))
    .bind(why)
    .bind(network.to_string())
    .bind(now.as_millisecond())
    .fetch_one(connection)
    .await?;
    Ok(Count { in_a_row: row.try_get(0)?, locks: row.try_get(1)? })
}

/// Locks; the count in a row starts anew.
pub(super) async fn lock(
    connection: &mut AnyConnection,
    account: AccountId,
    device: Option<DeviceId>,
    now: Timestamp,
    until: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE lockouts SET in_a_row = 0, locks = locks + 1, locked_at = $3, locked_until = $4, locked_why = why
         WHERE account_id = $1 AND device_id = $2",
    )
    .bind(account.to_string())
    .bind(word(device))
    .bind(now.as_millisecond())
    .bind(until.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets one browser's count.
pub(super) async fn forgive(
    connection: &mut AnyConnection,
    account: AccountId,
    device: Option<DeviceId>,
) -> db::Result<()> {
    sqlx::query("DELETE FROM lockouts WHERE account_id = $1 AND device_id = $2")
        .bind(account.to_string())
        .bind(word(device))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets all of an account's.
pub(super) async fn clear(connection: &mut AnyConnection, account: AccountId) -> db::Result<()> {
    sqlx::query("DELETE FROM lockouts WHERE account_id = $1").bind(account.to_string()).execute(connection).await?;
    Ok(())
}

/// A lock that holds, with what opens its person's name.
pub(super) struct LockedRow {
    pub account: AccountId,
    pub role: Role,
    pub key: WrappedKey,
    pub name_sealed: Vec<u8>,
    pub why: String,
    pub locked_at: Timestamp,
    pub until: Timestamp,
    pub locks: i64,
    pub strangers: bool,
    pub network: String,
}

macro_rules! select_locked {
    ($rest:literal) => {
        concat!(
            "SELECT l.account_id, l.device_id, l.locks, l.locked_at, l.locked_until, l.why, l.network,
                    a.role, a.name_sealed, a.data_key_id, k.key_id, k.wrapped
             FROM lockouts l
             JOIN accounts a ON a.id = l.account_id
             JOIN data_keys k ON k.id = a.data_key_id AND k.wrapped IS NOT NULL
             WHERE l.locked_until > $1 ",
            $rest
        )
    };
}

fn locked(row: &AnyRow) -> db::Result<LockedRow> {
    Ok(LockedRow {
        account: parse("account_id", row.try_get("account_id")?)?,
        role: parse("role", row.try_get("role")?)?,
        key: WrappedKey {
            id: parse("data_key_id", row.try_get("data_key_id")?)?,
            key_id: row.try_get("key_id")?,
            wrapped: row.try_get("wrapped")?,
        },
        name_sealed: row.try_get("name_sealed")?,
        why: row.try_get::<Option<String>, _>("why")?.unwrap_or_default(),
        locked_at: from_ms(row.try_get::<Option<i64>, _>("locked_at")?.unwrap_or_default()),
        until: from_ms(row.try_get("locked_until")?),
        locks: row.try_get("locks")?,
        strangers: row.try_get::<String, _>("device_id")?.is_empty(),
        network: row.try_get::<Option<String>, _>("network")?.unwrap_or_default(),
    })
}

/// Locks that hold, latest first.
pub(super) async fn list(connection: &mut AnyConnection, now: Timestamp) -> db::Result<Vec<LockedRow>> {
    sqlx::query(select_locked!("ORDER BY l.locked_at DESC LIMIT 200"))
        .bind(now.as_millisecond())
        .fetch_all(connection)
        .await?
        .iter()
        .map(locked)
        .collect()
}

/// One account's locks that hold, latest first.
pub(super) async fn of(
    connection: &mut AnyConnection,
    account: AccountId,
    now: Timestamp,
) -> db::Result<Vec<LockedRow>> {
    sqlx::query(select_locked!("AND l.account_id = $2 ORDER BY l.locked_at DESC"))
        .bind(now.as_millisecond())
        .bind(account.to_string())
        .fetch_all(connection)
        .await?
        .iter()
        .map(locked)
        .collect()
}

/// How many accounts have a lock that holds.
pub(super) async fn count_locked(connection: &mut AnyConnection, now: Timestamp) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(DISTINCT account_id) FROM lockouts WHERE locked_until > $1")
        .bind(now.as_millisecond())
        .fetch_one(connection)
        .await
}
