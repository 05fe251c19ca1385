//! Reads of `patients`. The row opens with the account, which also says where the patient is reached.

use sqlx::{AnyConnection, Row};

use crate::db::{self, parse};
use crate::identity::accounts::SealedContact;
use crate::portal::WrappedKey;
use crate::types::ids::PatientId;

/// A record as the tables hold it.
pub(super) struct Found {
    pub id: PatientId,
    pub key: WrappedKey,
    pub name_sealed: Vec<u8>,
    pub birth_date_sealed: Vec<u8>,
    pub contact: Option<SealedContact>,
}

/// One record; none when its key was destroyed.
pub(super) async fn find(connection: &mut AnyConnection, id: PatientId) -> db::Result<Option<Found>> {
    let row = sqlx::query(
        "SELECT p.id, p.data_key_id, k.key_id, k.wrapped, p.name_sealed, p.birth_date_sealed,
                a.id AS account_id, a.email_sealed, a.phone_sealed, a.locale, a.time_zone
         FROM patients p
         JOIN data_keys k ON k.id = p.data_key_id AND k.wrapped IS NOT NULL
         LEFT JOIN accounts a ON a.id = p.account_id AND a.data_key_id = p.data_key_id
         WHERE p.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let contact = match row.try_get::<Option<&str>, _>("account_id")? {
        None => None,
        Some(account) => Some(SealedContact {
            account: parse("account_id", account)?,
            email_sealed: row.try_get("email_sealed")?,
            phone_sealed: row.try_get("phone_sealed")?,
            locale: parse("locale", row.try_get("locale")?)?,
            zone: parse("time_zone", row.try_get("time_zone")?)?,
        }),
    };
    Ok(Some(Found {
        id: parse("id", row.try_get("id")?)?,
        key: WrappedKey {
            id: parse("data_key_id", row.try_get("data_key_id")?)?,
            key_id: row.try_get("key_id")?,
            wrapped: row.try_get("wrapped")?,
        },
        name_sealed: row.try_get("name_sealed")?,
        birth_date_sealed: row.try_get("birth_date_sealed")?,
        contact,
    }))
}
