//! Statements on `accounts`, and the rows of `patients` and `doctors` that open with an account.

pub(super) mod changes;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::Profile;
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::portal::WrappedKey;
use crate::types::actor::Role;
use crate::types::code_time::CodeTime;
use crate::types::code_way::CodeWay;
use crate::types::ids::{AccountId, DataKeyId, PatientId};
use crate::types::locale::Locale;
use crate::types::remind_by::RemindBy;
use crate::types::zone::Zone;

/// An account as it lies in the table.
pub(super) struct AccountRow {
    pub id: AccountId,
    pub role: Role,
    pub patient: Option<PatientId>,
    pub key: WrappedKey,
    pub name_sealed: Vec<u8>,
    pub email_sealed: Vec<u8>,
    pub email_index: Vec<u8>,
    pub phone_sealed: Vec<u8>,
    pub phone_index: Vec<u8>,
    pub password_hash: String,
    pub version: i64,
    pub locale: Locale,
    pub zone: Zone,
    pub remind_by: RemindBy,
    pub code_time: CodeTime,
    pub code_way: CodeWay,
    pub opened_at: Timestamp,
    pub turned_off_at: Option<Timestamp>,
    pub strange_codes: i64,
    pub frozen_at: Option<Timestamp>,
    pub frozen_until: Option<Timestamp>,
    pub password_void_at: Option<Timestamp>,
    pub reset_held_at: Option<Timestamp>,
}

fn account(row: &AnyRow) -> db::Result<AccountRow> {
    Ok(AccountRow {
        id: parse("id", row.try_get("id")?)?,
        role: parse("role", row.try_get("role")?)?,
        patient: row.try_get::<Option<&str>, _>("patient_id")?.map(|id| parse("patient_id", id)).transpose()?,
        key: WrappedKey {
            id: parse("data_key_id", row.try_get("data_key_id")?)?,
            key_id: row.try_get("key_id")?,
            wrapped: row.try_get("wrapped")?,
        },
        name_sealed: row.try_get("name_sealed")?,
        email_sealed: row.try_get("email_sealed")?,
        email_index: row.try_get("email_index")?,
        phone_sealed: row.try_get("phone_sealed")?,
        phone_index: row.try_get("phone_index")?,
        password_hash: row.try_get("password_hash")?,
        version: row.try_get("version")?,
        locale: parse("locale", row.try_get("locale")?)?,
        zone: parse("time_zone", row.try_get("time_zone")?)?,
        remind_by: parse("remind_by", row.try_get("remind_by")?)?,
        code_time: parse("code_time", row.try_get("code_time")?)?,
        code_way: parse("code_way", row.try_get("code_way")?)?,
        opened_at: from_ms(row.try_get("opened_at")?),
        turned_off_at: row.try_get::<Option<i64>, _>("turned_off_at")?.map(from_ms),
        strange_codes: row.try_get("strange_codes")?,
        frozen_at: row.try_get::<Option<i64>, _>("frozen_at")?.map(from_ms),
        frozen_until: row.try_get::<Option<i64>, _>("frozen_until")?.map(from_ms),
        password_void_at: row.try_get::<Option<i64>, _>("password_void_at")?.map(from_ms),
        reset_held_at: row.try_get::<Option<i64>, _>("reset_held_at")?.map(from_ms),
    })
}

/// The columns of [`AccountRow`]; accounts whose key was destroyed are gone.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.role, p.id AS patient_id, a.data_key_id, k.key_id, k.wrapped, a.name_sealed, a.email_sealed,
                    a.email_index, a.phone_sealed, a.phone_index, a.password_hash, a.version, a.locale, a.time_zone,
                    a.remind_by, a.code_time, a.code_way, a.opened_at, a.turned_off_at, a.strange_codes,
                    a.frozen_at, a.frozen_until, a.password_void_at, a.reset_held_at
             FROM accounts a
             JOIN data_keys k ON k.id = a.data_key_id AND k.wrapped IS NOT NULL
             LEFT JOIN patients p ON p.account_id = a.id ",
            $rest
        )
    };
}

/// One account.
pub(super) async fn find(connection: &mut AnyConnection, id: AccountId) -> db::Result<Option<AccountRow>> {
    let row = sqlx::query(select!("WHERE a.id = $1")).bind(id.to_string()).fetch_optional(connection).await?;
    row.as_ref().map(account).transpose()
}

/// The account of a mail address's blind index.
pub(super) async fn find_by_email(connection: &mut AnyConnection, index: &[u8; 32]) -> db::Result<Option<AccountRow>> {
    let row =
        sqlx::query(select!("WHERE a.email_index = $1")).bind(index.as_slice()).fetch_optional(connection).await?;
    row.as_ref().map(account).transpose()
}

/// A page of accounts, newest first.
pub(super) async fn list(
    connection: &mut AnyConnection,
    role: Option<Role>,
    offset: i64,
    limit: i64,
) -> db::Result<Vec<AccountRow>> {
    sqlx::query(select!("WHERE ($1 IS NULL OR a.role = $1) ORDER BY a.opened_at DESC, a.id DESC LIMIT $2 OFFSET $3"))
        .bind(role.map(Role::as_str))
        .bind(limit)
        .bind(offset)
        .fetch_all(connection)
        .await?
        .iter()
        .map(account)
        .collect()
}

/// How many accounts.
pub(super) async fn count(connection: &mut AnyConnection, role: Option<Role>) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM accounts WHERE ($1 IS NULL OR role = $1)")
        .bind(role.map(Role::as_str))
        .fetch_one(connection)
        .await
}

/// How many accounts of each role.
pub(super) async fn count_by_role(connection: &mut AnyConnection) -> db::Result<Vec<(Role, i64)>> {
    sqlx::query("SELECT role, COUNT(*) FROM accounts GROUP BY role")
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| Ok((parse("role", row.try_get(0)?)?, row.try_get(1)?)))
        .collect()
}

/// How many ids [`names`] takes at once.
pub(super) const NAMES_AT_ONCE: usize = 50;

/// An account's role and name, and what opens it.
pub(super) struct NameRow {
    pub id: AccountId,
    pub role: Role,
    pub key: WrappedKey,
    pub name_sealed: Vec<u8>,
}

/// The names of at most [`NAMES_AT_ONCE`] accounts; one text whatever their number.
pub(super) async fn names(connection: &mut AnyConnection, ids: &[AccountId]) -> db::Result<Vec<NameRow>> {
    let mut query = sqlx::query(
        "SELECT a.id, a.role, a.name_sealed, a.data_key_id, k.key_id, k.wrapped
         FROM accounts a
         JOIN data_keys k ON k.id = a.data_key_id AND k.wrapped IS NOT NULL
         WHERE a.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                        $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39,
                        $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50)",
    );
    for place in 0..NAMES_AT_ONCE {
        query = query.bind(ids.get(place).map(AccountId::to_string));
    }
    query
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            Ok(NameRow {
                id: parse("id", row.try_get("id")?)?,
                role: parse("role", row.try_get("role")?)?,
                key: WrappedKey {
                    id: parse("data_key_id", row.try_get("data_key_id")?)?,
                    key_id: row.try_get("key_id")?,
                    wrapped: row.try_get("wrapped")?,
                },
                name_sealed: row.try_get("name_sealed")?,
            })
        })
        .collect()
}

/// An account to add.
pub(super) struct NewRow<'a> {
    pub id: AccountId,
    pub role: Role,
    pub data_key_id: DataKeyId,
    pub name_sealed: Vec<u8>,
    pub email_sealed: Vec<u8>,
    pub email_index: [u8; 32],
    pub phone_sealed: Vec<u8>,
    pub phone_index: [u8; 32],
    pub phone_place: i64,
    pub password_hash: &'a str,
    pub locale: Locale,
    pub zone: &'a Zone,
    pub now: Timestamp,
}

/// Adds the account; false when the email is taken, or the phone's place was taken at the same instant.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO accounts (id, role, data_key_id, name_sealed, email_sealed, email_index, phone_sealed, phone_index,
                               phone_place, password_hash, password_set_at, version, locale, time_zone, opened_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CAST($9 AS SMALLINT), $10, $11, 1, $12, $13, $11)
         ON CONFLICT DO NOTHING",
    )
    .bind(row.id.to_string())
    .bind(row.role.as_str())
    .bind(row.data_key_id.to_string())
    .bind(&row.name_sealed)
    .bind(&row.email_sealed)
    .bind(row.email_index.as_slice())
    .bind(&row.phone_sealed)
    .bind(row.phone_index.as_slice())
    .bind(row.phone_place)
    .bind(row.password_hash)
    .bind(row.now.as_millisecond())
    .bind(row.locale.code())
    .bind(row.zone.as_str())
    .execute(connection)
    .await;
    db::unless_duplicate(inserted)
}

/// Adds the clinical record of a new patient.
pub(super) async fn insert_patient(
    connection: &mut AnyConnection,
    id: PatientId,
    account: AccountId,
    data_key: DataKeyId,
    name: &[u8],
    birth_date: &[u8],
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO patients (id, account_id, data_key_id, name_sealed, birth_date_sealed, made_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(data_key.to_string())
    .bind(name)
    .bind(birth_date)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds what booking shows of a new doctor.
pub(super) async fn insert_doctor(
    connection: &mut AnyConnection,
    account: AccountId,
    specialty: &str,
    zone: &Zone,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("INSERT INTO doctors (account_id, specialty, time_zone, made_at) VALUES ($1, $2, $3, $4)")
        .bind(account.to_string())
        .bind(specialty)
        .bind(zone.as_str())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores a new password and raises the version.
pub(super) async fn set_password(
    connection: &mut AnyConnection,
    id: AccountId,
    hash: &str,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE accounts SET password_hash = $2, password_set_at = $3, version = version + 1, strange_codes = 0,
                             password_void_at = NULL
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(hash)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Replaces the hash unless the password was changed meanwhile.
pub(super) async fn rehash(connection: &mut AnyConnection, id: AccountId, old: &str, new: &str) -> db::Result<()> {
    sqlx::query("UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
        .bind(id.to_string())
        .bind(old)
        .bind(new)
        .execute(connection)
        .await?;
    Ok(())
}

/// Counts guesses from strange browsers; answers how many over the life of the password. The row is held until the commit.
pub(super) async fn count_strange(connection: &mut AnyConnection, id: AccountId, guesses: i64) -> db::Result<i64> {
    sqlx::query_scalar("UPDATE accounts SET strange_codes = strange_codes + $2 WHERE id = $1 RETURNING strange_codes")
        .bind(id.to_string())
        .bind(guesses)
        .fetch_one(connection)
        .await
}

/// Changes language and zone, and how they are reminded unless that is None.
pub(super) async fn set_profile(connection: &mut AnyConnection, id: AccountId, profile: &Profile) -> db::Result<()> {
    sqlx::query(
        "UPDATE accounts
         SET locale = $2, time_zone = $3, remind_by = COALESCE($4, remind_by), code_time = COALESCE($5, code_time),
             code_way = COALESCE($6, code_way)
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(profile.locale.code())
    .bind(profile.zone.as_str())
    .bind(profile.remind_by.map(RemindBy::as_str))
    .bind(profile.code_time.map(CodeTime::as_str))
    .bind(profile.code_way.map(CodeWay::as_str))
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes others wait who change an admin's account, also when the admins count one another; in one order for everybody, so
/// that two who do the same do not wait for each other.
pub(super) async fn hold_admins(connection: &mut AnyConnection) -> db::Result<()> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM accounts WHERE role = 'admin' ORDER BY id")
        .fetch_all(&mut *connection)
        .await?;
    for id in ids {
        changes::hold(connection, parse("id", &id)?).await?;
    }
    Ok(())
}

/// Admins other than this one who can sign in.
pub(super) async fn admins_on(connection: &mut AnyConnection, but: AccountId) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM accounts WHERE role = 'admin' AND turned_off_at IS NULL AND id <> $1")
        .bind(but.to_string())
        .fetch_one(connection)
        .await
}

/// Turns the account off at an instant, or on again.
pub(super) async fn turn(connection: &mut AnyConnection, id: AccountId, off_at: Option<Timestamp>) -> db::Result<()> {
    sqlx::query("UPDATE accounts SET turned_off_at = $2, version = version + 1 WHERE id = $1")
        .bind(id.to_string())
        .bind(off_at.map(|at| at.as_millisecond()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores the primary's number and raises the version; false when its place was taken at the same instant.
pub(super) async fn set_number(
    connection: &mut AnyConnection,
    id: AccountId,
    phone_sealed: &[u8],
    phone_index: &[u8; 32],
    phone_place: i64,
) -> db::Result<bool> {
    let set = sqlx::query(
        "UPDATE accounts
         SET phone_sealed = $2, phone_index = $3, phone_place = CAST($4 AS SMALLINT), version = version + 1
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(phone_sealed)
    .bind(phone_index.as_slice())
    .bind(phone_place)
    .execute(connection)
    .await;
    db::unless_duplicate(set)
}
