//! Reads of `doctors` for booking. The row opens with the account, which also holds the name.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::db::{self, parse};
use crate::portal::WrappedKey;
use crate::types::ids::AccountId;
use crate::types::zone::Zone;

/// A doctor as the tables hold them.
pub(super) struct Found {
    pub id: AccountId,
    pub specialty: String,
    pub zone: Zone,
    pub name_sealed: Vec<u8>,
    pub key: WrappedKey,
}

fn found(row: &AnyRow) -> db::Result<Found> {
    Ok(Found {
        id: parse("account_id", row.try_get("account_id")?)?,
        specialty: row.try_get("specialty")?,
        zone: parse("time_zone", row.try_get("time_zone")?)?,
        name_sealed: row.try_get("name_sealed")?,
        key: WrappedKey {
            id: parse("data_key_id", row.try_get("data_key_id")?)?,
            key_id: row.try_get("key_id")?,
            wrapped: row.try_get("wrapped")?,
        },
    })
}

/// Doctors who are on and have weekly hours.
pub(super) async fn bookable(connection: &mut AnyConnection) -> db::Result<Vec<Found>> {
    sqlx::query(
        "SELECT d.account_id, d.specialty, d.time_zone, a.name_sealed, a.data_key_id, k.key_id, k.wrapped
         FROM doctors d
         JOIN accounts a ON a.id = d.account_id AND a.turned_off_at IS NULL
         JOIN data_keys k ON k.id = a.data_key_id AND k.wrapped IS NOT NULL
         WHERE (SELECT COUNT(*) FROM weekly_hours h WHERE h.doctor_id = d.account_id) > 0",
    )
    .fetch_all(connection)
    .await?
    .iter()
    .map(found)
    .collect()
}

/// One doctor, with hours or without.
pub(super) async fn find(connection: &mut AnyConnection, id: AccountId) -> db::Result<Option<Found>> {
    let row = sqlx::query(
        "SELECT d.account_id, d.specialty, d.time_zone, a.name_sealed, a.data_key_id, k.key_id, k.wrapped
         FROM doctors d
         JOIN accounts a ON a.id = d.account_id AND a.turned_off_at IS NULL
         JOIN data_keys k ON k.id = a.data_key_id AND k.wrapped IS NOT NULL
         WHERE d.account_id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(found).transpose()
}
