//! Statements on `policies`, and the counts that tell whom a change touches.

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

/// What an account that is on holds, in numbers; what is off after too many wrong answers is not among it.
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

/// A statement around the columns of [`HeldRow`]; `$1` is how many wrong answers turn a factor off.
macro_rules! held {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "(SELECT COUNT(*) FROM phones p
              WHERE p.account_id = a.id AND p.proved_at IS NOT NULL AND p.removed_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM factor_uses u
                                WHERE u.account_id = a.id AND u.factor = 'phone:' || p.id AND u.wrong >= $1)) AS phones,
             (SELECT COUNT(*) FROM authenticators t
              WHERE t.account_id = a.id AND t.kind = 'totp' AND t.proved_at IS NOT NULL AND t.removed_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM factor_uses u
                                WHERE u.account_id = a.id AND u.factor = 'authenticator:' || t.id
                                  AND u.wrong >= $1)) AS apps,
             (SELECT COUNT(*) FROM authenticators t
              WHERE t.account_id = a.id AND t.kind = 'passkey' AND t.removed_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM factor_uses u
                                WHERE u.account_id = a.id AND u.factor = 'passkey' AND u.wrong >= $1)) AS passkeys,
             (SELECT COUNT(*) FROM recovery_codes c
              WHERE c.account_id = a.id AND c.used_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM factor_uses u
                                WHERE u.account_id = a.id AND u.factor = 'recovery' AND u.wrong >= $1)) AS codes
             FROM accounts a ",
            $after
        )
    };
}

/// What each account of a role that is on holds.
pub(super) async fn held_by(connection: &mut AnyConnection, life: i64, role: Role) -> db::Result<Vec<HeldRow>> {
    sqlx::query(held!("SELECT a.id, ", "WHERE a.role = $2 AND a.turned_off_at IS NULL ORDER BY a.opened_at, a.id"))
        .bind(life)
        .bind(role.as_str())
        .fetch_all(connection)
        .await?
        .iter()
        .map(held)
        .collect()
}

/// What one account holds.
pub(super) async fn held_of(
    connection: &mut AnyConnection,
    life: i64,
    account: AccountId,
) -> db::Result<Option<HeldRow>> {
    let row = sqlx::query(held!("SELECT a.id, ", "WHERE a.id = $2"))
        .bind(life)
        .bind(account.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(held).transpose()
}

/// So many people hold the same sorts of factors.
pub(super) struct Group {
    pub role: Role,
    pub has_phone: bool,
    pub has_app: bool,
    pub has_passkey: bool,
    pub has_codes: bool,
    pub people: i64,
}

/// Everybody who is on, by role and by the sorts of factors they hold: one statement and some dozen rows, however many
/// people there are.
pub(super) async fn groups(connection: &mut AnyConnection, life: i64) -> db::Result<Vec<Group>> {
    sqlx::query(held!(
        "SELECT sorts.role, sorts.phone, sorts.app, sorts.passkey, sorts.code, COUNT(*) AS people
         FROM (SELECT held.role,
                      CAST(CASE WHEN held.phones > 0 THEN 1 ELSE 0 END AS BIGINT) AS phone,
                      CAST(CASE WHEN held.apps > 0 THEN 1 ELSE 0 END AS BIGINT) AS app,
                      CAST(CASE WHEN held.passkeys > 0 THEN 1 ELSE 0 END AS BIGINT) AS passkey,
                      CAST(CASE WHEN held.codes > 0 THEN 1 ELSE 0 END AS BIGINT) AS code
               FROM (SELECT a.role, ",
        "WHERE a.turned_off_at IS NULL) AS held) AS sorts
         GROUP BY sorts.role, sorts.phone, sorts.app, sorts.passkey, sorts.code"
    ))
    .bind(life)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let is = |column: &str| -> db::Result<bool> { Ok(row.try_get::<i64, _>(column)? != 0) };
        Ok(Group {
            role: parse("role", row.try_get("role")?)?,
            has_phone: is("phone")?,
            has_app: is("app")?,
            has_passkey: is("passkey")?,
            has_codes: is("code")?,
            people: row.try_get("people")?,
        })
    })
    .collect()
}

/// People of a role who are on and asked for calls first.
pub(super) async fn count_calls_first(connection: &mut AnyConnection, role: Role) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM accounts WHERE role = $1 AND code_way = 'call' AND turned_off_at IS NULL")
        .bind(role.as_str())
        .fetch_one(connection)
        .await
}
