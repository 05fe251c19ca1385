//! Statements that change one phone of an account.

use sqlx::{AnyConnection, Row};

use crate::clock::Timestamp;
use crate::db::{self, is_duplicate, parse};
use crate::types::ids::{AccountId, PhoneId};

/// A number that is to be proved.
pub(in crate::identity::phones) struct NewRow<'a> {
    pub id: PhoneId,
    pub account: AccountId,
    pub sealed: &'a [u8],
    pub index: &'a [u8; 32],
    pub replaces: Option<PhoneId>,
    pub now: Timestamp,
}

/// Adds a number that waits; false when the account has it already.
pub(in crate::identity::phones) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO phones (id, account_id, phone_sealed, phone_index, added_at, replaces_id)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
    )
    .bind(row.id.to_string())
    .bind(row.account.to_string())
    .bind(row.sealed)
    .bind(row.index.as_slice())
    .bind(row.now.as_millisecond())
    .bind(row.replaces.map(|id| id.to_string()))
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Lets a number that waits wait anew, to take another's place or none.
pub(in crate::identity::phones) async fn wait_again(
    connection: &mut AnyConnection,
    id: PhoneId,
    replaces: Option<PhoneId>,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE phones SET added_at = $2, replaces_id = $3 WHERE id = $1 AND proved_at IS NULL")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .bind(replaces.map(|id| id.to_string()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Counts a number that waits as its person's; false when it waits no more, or its place was taken at the same instant.
pub(in crate::identity::phones) async fn prove(
    connection: &mut AnyConnection,
    id: PhoneId,
    place: i64,
    now: Timestamp,
) -> db::Result<bool> {
    let proved = sqlx::query(
        "UPDATE phones SET proved_at = $2, place = CAST($3 AS SMALLINT), replaces_id = NULL
         WHERE id = $1 AND proved_at IS NULL AND removed_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .bind(place)
    .execute(connection)
    .await;
    match proved {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(error) if is_duplicate(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes a phone; false when it was gone already.
pub(in crate::identity::phones) async fn remove(
    connection: &mut AnyConnection,
    id: PhoneId,
    now: Timestamp,
) -> db::Result<bool> {
    let removed = sqlx::query("UPDATE phones SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(removed.rows_affected() == 1)
}

/// Makes the primary one of the others; its number lies here from now on.
pub(in crate::identity::phones) async fn demote(
    connection: &mut AnyConnection,
    id: PhoneId,
    sealed: &[u8],
) -> db::Result<()> {
    sqlx::query("UPDATE phones SET primary_at = NULL, phone_sealed = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(sealed)
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes a proved phone the primary; its number lies in the account from now on.
pub(in crate::identity::phones) async fn promote(
    connection: &mut AnyConnection,
    id: PhoneId,
    now: Timestamp,
) -> db::Result<bool> {
    let promoted = sqlx::query(
        "UPDATE phones SET primary_at = $2, phone_sealed = NULL
         WHERE id = $1 AND proved_at IS NOT NULL AND removed_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(promoted.rows_affected() == 1)
}

/// The account's phone of a number that was proved, and removed last.
pub(in crate::identity::phones) async fn removed(
    connection: &mut AnyConnection,
    account: AccountId,
    index: &[u8; 32],
) -> db::Result<Option<PhoneId>> {
    sqlx::query(
        "SELECT id
         FROM phones
         WHERE account_id = $1 AND phone_index = $2 AND proved_at IS NOT NULL AND removed_at IS NOT NULL
         ORDER BY removed_at DESC, id DESC
         LIMIT 1",
    )
    .bind(account.to_string())
    .bind(index.as_slice())
    .fetch_optional(connection)
    .await?
    .map(|row| parse("id", row.try_get("id")?))
    .transpose()
}

/// Brings a removed phone back as one that is not the primary, at a place of its number that is free.
pub(in crate::identity::phones) async fn bring_back(
    connection: &mut AnyConnection,
    id: PhoneId,
    place: i64,
    sealed: &[u8],
) -> db::Result<bool> {
    let brought = sqlx::query(
        "UPDATE phones SET removed_at = NULL, primary_at = NULL, place = CAST($2 AS SMALLINT), phone_sealed = $3
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(place)
    .bind(sealed)
    .execute(connection)
    .await;
    match brought {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(error) if is_duplicate(&error) => Ok(false),
        Err(error) => Err(error),
    }
}
