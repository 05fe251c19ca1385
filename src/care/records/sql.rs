//! Statements on `patients`.

use sqlx::{AnyConnection, Row};

use crate::db::{self, parse};
use crate::portal::WrappedKey;
use crate::types::ids::{AccountId, PatientId};

/// A record with the key it is sealed under.
pub(super) struct Found {
    pub account: Option<AccountId>,
    pub key: WrappedKey,
    pub name_sealed: Vec<u8>,
}

/// One record.
pub(super) async fn find(connection: &mut AnyConnection, id: PatientId) -> db::Result<Option<Found>> {
    let row = sqlx::query(
        "SELECT p.account_id, p.name_sealed, p.data_key_id, k.key_id, k.wrapped
         FROM patients p
         JOIN data_keys k ON k.id = p.data_key_id AND k.wrapped IS NOT NULL
         WHERE p.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Found {
        account: row.try_get::<Option<&str>, _>("account_id")?.map(|id| parse("account_id", id)).transpose()?,
        key: WrappedKey {
            id: parse("data_key_id", row.try_get("data_key_id")?)?,
            key_id: row.try_get("key_id")?,
            wrapped: row.try_get("wrapped")?,
        },
        name_sealed: row.try_get("name_sealed")?,
    }))
}
