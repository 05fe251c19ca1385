//! Statements on `policies`, and the counts that tell whom a change touches.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, Row};

use super::Changed;
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::actor::Role;
use crate::types::ids::{AccountId, PolicyId};

/// A policy as it lies in the table.
pub(super) struct PolicyRow {
    pub role: Role,
    pub text: String,
    pub changed: Changed,
}

/// The newest of each role, whichever have one.
pub(super) async fn newest(connection: &mut AnyConnection) -> db::Result<Vec<PolicyRow>> {
    sqlx::query(
        "SELECT p.id, p.role, p.policy, p.reason, p.changed_by, p.changed_at
         FROM policies p
         WHERE NOT EXISTS (SELECT 1 FROM policies later WHERE later.role = p.role AND later.based_on = p.id)",
    )
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(PolicyRow {
            role: parse("role", row.try_get("role")?)?,
            text: row.try_get("policy")?,
            changed: Changed {
                id: parse("id", row.try_get("id")?)?,
                by: parse("changed_by", row.try_get("changed_by")?)?,
                at: from_ms(row.try_get("changed_at")?),
                reason: row.try_get("reason")?,
            },
        })
    })
    .collect()
}

/// A policy to add.
pub(super) struct NewRow<'a> {
    pub id: PolicyId,
    pub role: Role,
    pub text: &'a str,
    pub based_on: &'a str,
    pub reason: &'a str,
    pub by: AccountId,
    pub now: Timestamp,
}

/// Adds a policy; false when another was put on the same one meanwhile.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO policies (id, role, policy, based_on, reason, changed_by, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT DO NOTHING",
    )
    .bind(row.id.to_string())
    .bind(row.role.as_str())
    .bind(row.text)
    .bind(row.based_on)
    .bind(row.reason)
    .bind(row.by.to_string())
    .bind(row.now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// What an account that is on holds, in numbers.
pub(super) struct HeldRow {
    pub account: AccountId,
    pub phones: i64,
    pub apps: i64,
    pub passkeys: i64,
    pub codes: i64,
}

fn held(row: &sqlx::any::AnyRow) -> db::Result<HeldRow> {
    Ok(HeldRow {
        account: parse("id", row.try_get("id")?)?,
        phones: row.try_get("phones")?,
        apps: row.try_get("apps")?,
        passkeys: row.try_get("passkeys")?,
        codes: row.try_get("codes")?,
    })
}

/// The columns of [`HeldRow`].
macro_rules! held {
    ($rest:literal) => {
        concat!(
            "SELECT a.id,
                    (SELECT COUNT(*) FROM phones p
                     WHERE p.account_id = a.id AND p.proved_at IS NOT NULL AND p.removed_at IS NULL) AS phones,
                    (SELECT COUNT(*) FROM authenticators t
                     WHERE t.account_id = a.id AND t.kind = 'totp' AND t.proved_at IS NOT NULL AND t.removed_at IS NULL) AS apps,
                    (SELECT COUNT(*) FROM authenticators t
                     WHERE t.account_id = a.id AND t.kind = 'passkey' AND t.removed_at IS NULL) AS passkeys,
                    (SELECT COUNT(*) FROM recovery_codes c
                     WHERE c.account_id = a.id AND c.used_at IS NULL) AS codes
             FROM accounts a ",
            $rest
        )
    };
}

/// What each account of a role that is on holds.
pub(super) async fn held_by(connection: &mut AnyConnection, role: Role) -> db::Result<Vec<HeldRow>> {
    sqlx::query(held!("WHERE a.role = $1 AND a.turned_off_at IS NULL ORDER BY a.opened_at, a.id"))
        .bind(role.as_str())
        .fetch_all(connection)
        .await?
        .iter()
        .map(held)
        .collect()
}

/// What one account holds.
pub(super) async fn held_of(connection: &mut AnyConnection, account: AccountId) -> db::Result<Option<HeldRow>> {
    let row = sqlx::query(held!("WHERE a.id = $1")).bind(account.to_string()).fetch_optional(connection).await?;
    row.as_ref().map(held).transpose()
}

/// How many accounts of each role that is on hold which sorts of factors: (role, by phone, app, passkey, codes) → people.
pub(super) async fn dependence(
    connection: &mut AnyConnection,
) -> db::Result<BTreeMap<(String, bool, bool, bool), i64>> {
    let rows = sqlx::query(
        "SELECT role, app, passkey, codes, COUNT(*) AS people
         FROM (SELECT a.role,
                      CASE WHEN EXISTS (SELECT 1 FROM authenticators t
                                        WHERE t.account_id = a.id AND t.kind = 'totp' AND t.proved_at IS NOT NULL
                                          AND t.removed_at IS NULL) THEN 1 ELSE 0 END AS app,
                      CASE WHEN EXISTS (SELECT 1 FROM authenticators t
                                        WHERE t.account_id = a.id AND t.kind = 'passkey' AND t.removed_at IS NULL)
                           THEN 1 ELSE 0 END AS passkey,
                      CASE WHEN EXISTS (SELECT 1 FROM recovery_codes c WHERE c.account_id = a.id AND c.used_at IS NULL)
                           THEN 1 ELSE 0 END AS codes
               FROM accounts a
               WHERE a.turned_off_at IS NULL) AS held
         GROUP BY role, app, passkey, codes",
    )
    .fetch_all(connection)
    .await?;
    let mut counts = BTreeMap::new();
    for row in &rows {
        let is = |column: &str| -> db::Result<bool> { Ok(row.try_get::<i32, _>(column)? != 0) };
        let key = (row.try_get::<String, _>("role")?, is("app")?, is("passkey")?, is("codes")?);
        *counts.entry(key).or_default() += row.try_get::<i64, _>("people")?;
    }
    Ok(counts)
}

/// Open sessions of a role that were not used since an instant, or began before another.
pub(super) async fn sessions_ending(
    connection: &mut AnyConnection,
    role: Role,
    now: Timestamp,
    idle_since: (Timestamp, Timestamp),
    begun_before: (Timestamp, Timestamp),
) -> db::Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM sessions s
         JOIN accounts a ON a.id = s.account_id
         WHERE a.role = $1 AND s.kind = 'full' AND s.ended_at IS NULL AND s.ends_at > $2 AND s.seen_at > $3
           AND s.started_at > $5 AND (s.seen_at <= $4 OR s.started_at <= $6)",
    )
    .bind(role.as_str())
    .bind(now.as_millisecond())
    .bind(idle_since.0.as_millisecond())
    .bind(idle_since.1.as_millisecond())
    .bind(begun_before.0.as_millisecond())
    .bind(begun_before.1.as_millisecond())
    .fetch_one(connection)
    .await
}
