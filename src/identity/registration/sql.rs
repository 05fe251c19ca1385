//! Statements on `registrations`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::portal::WrappedKey;
use crate::types::ids::{DataKeyId, RegistrationId};
use crate::types::locale::Locale;
use crate::types::zone::Zone;

/// A registration to add.
pub(super) struct NewRow<'a> {
    pub id: RegistrationId,
    pub data_key_id: DataKeyId,
    pub name_sealed: Vec<u8>,
    pub birth_date_sealed: Vec<u8>,
    pub email_sealed: Vec<u8>,
    pub email_index: [u8; 32],
    pub phone_sealed: Vec<u8>,
    pub phone_index: [u8; 32],
    pub password_hash: &'a str,
    pub locale: Locale,
    pub zone: &'a Zone,
    pub now: Timestamp,
    pub expires_at: Timestamp,
    pub decoy_at: Option<Timestamp>,
}

/// Adds a registration.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO registrations (id, data_key_id, name_sealed, birth_date_sealed, email_sealed, email_index, phone_sealed,
                                    phone_index, password_hash, locale, time_zone, terms_accepted_at, started_at, expires_at,
                                    decoy_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14)",
    )
    .bind(row.id.to_string())
    .bind(row.data_key_id.to_string())
    .bind(&row.name_sealed)
    .bind(&row.birth_date_sealed)
    .bind(&row.email_sealed)
    .bind(row.email_index.as_slice())
    .bind(&row.phone_sealed)
    .bind(row.phone_index.as_slice())
    .bind(row.password_hash)
    .bind(row.locale.code())
    .bind(row.zone.as_str())
    .bind(row.now.as_millisecond())
    .bind(row.expires_at.as_millisecond())
    .bind(row.decoy_at.map(|at| at.as_millisecond()))
    .execute(connection)
    .await?;
    Ok(())
}

/// A registration as it lies in the table.
pub(super) struct Found {
    pub id: RegistrationId,
    pub key: WrappedKey,
    pub name_sealed: Vec<u8>,
    pub birth_date_sealed: Vec<u8>,
    pub email_sealed: Vec<u8>,
    pub phone_sealed: Vec<u8>,
    pub password_hash: String,
    pub locale: Locale,
    pub zone: Zone,
    pub expires_at: Timestamp,
    pub is_decoy: bool,
    pub finished_at: Option<Timestamp>,
}

fn found(row: &AnyRow) -> db::Result<Found> {
    Ok(Found {
        id: parse("id", row.try_get("id")?)?,
        key: WrappedKey {
            id: parse("data_key_id", row.try_get("data_key_id")?)?,
            key_id: row.try_get("key_id")?,
            wrapped: row.try_get("wrapped")?,
        },
        name_sealed: row.try_get("name_sealed")?,
        birth_date_sealed: row.try_get("birth_date_sealed")?,
        email_sealed: row.try_get("email_sealed")?,
        phone_sealed: row.try_get("phone_sealed")?,
        password_hash: row.try_get("password_hash")?,
        locale: parse("locale", row.try_get("locale")?)?,
        zone: parse("time_zone", row.try_get("time_zone")?)?,
        expires_at: from_ms(row.try_get("expires_at")?),
        is_decoy: row.try_get::<Option<i64>, _>("decoy_at")?.is_some(),
        finished_at: row.try_get::<Option<i64>, _>("finished_at")?.map(from_ms),
    })
}

/// One registration.
pub(super) async fn find(connection: &mut AnyConnection, id: RegistrationId) -> db::Result<Option<Found>> {
    let row = sqlx::query(
        "SELECT r.*, k.key_id, k.wrapped
         FROM registrations r
         JOIN data_keys k ON k.id = r.data_key_id AND k.wrapped IS NOT NULL
         WHERE r.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(found).transpose()
}

/// The newest of an email that is not over, decoys included.
pub(super) async fn find_live(
    connection: &mut AnyConnection,
    index: &[u8; 32],
    now: Timestamp,
) -> db::Result<Option<Found>> {
    let row = sqlx::query(
        "SELECT r.*, k.key_id, k.wrapped
         FROM registrations r
         JOIN data_keys k ON k.id = r.data_key_id AND k.wrapped IS NOT NULL
         WHERE r.email_index = $1 AND r.expires_at > $2 AND r.finished_at IS NULL
         ORDER BY r.started_at DESC
         LIMIT 1",
    )
    .bind(index.as_slice())
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(found).transpose()
}

/// Marks it finished.
pub(super) async fn finish(connection: &mut AnyConnection, id: RegistrationId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE registrations SET finished_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Live data keys of up to `batch` unfinished registrations that expired before `before` and that no account shares.
pub(super) async fn abandoned_keys(
    connection: &mut AnyConnection,
    before: Timestamp,
    batch: i64,
) -> db::Result<Vec<DataKeyId>> {
    sqlx::query(
        "SELECT r.data_key_id
         FROM registrations r
         JOIN data_keys k ON k.id = r.data_key_id AND k.wrapped IS NOT NULL
         WHERE r.expires_at < $1 AND r.finished_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.data_key_id = r.data_key_id)
         ORDER BY r.expires_at
         LIMIT $2",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| parse("data_key_id", row.try_get("data_key_id")?))
    .collect()
}

/// Removes up to `batch` registrations that expired before `before` and that no challenge names. Abandoned ones wait for
/// their key to be destroyed.
pub(super) async fn sweep(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM registrations
         WHERE id IN (SELECT r.id
                      FROM registrations r
                      JOIN data_keys k ON k.id = r.data_key_id
                      WHERE r.expires_at < $1
                        AND (r.finished_at IS NOT NULL OR k.wrapped IS NULL)
                        AND NOT EXISTS (SELECT 1 FROM challenges c WHERE c.registration_id = r.id)
                      ORDER BY r.expires_at
                      LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
