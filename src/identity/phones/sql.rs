//! Statements on `phones`.

pub(super) mod changes;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::ids::{AccountId, PhoneId};

/// A phone as it lies in the table.
pub(super) struct PhoneRow {
    pub id: PhoneId,
    pub phone_sealed: Option<Vec<u8>>,
    pub phone_index: Vec<u8>,
    pub is_primary: bool,
    pub added_at: Timestamp,
    pub proved_at: Option<Timestamp>,
    pub place: Option<i64>,
    pub replaces: Option<PhoneId>,
}

fn phone(row: &AnyRow) -> db::Result<PhoneRow> {
    Ok(PhoneRow {
        id: parse("id", row.try_get("id")?)?,
        phone_sealed: row.try_get("phone_sealed")?,
        phone_index: row.try_get("phone_index")?,
        is_primary: row.try_get::<Option<i64>, _>("primary_at")?.is_some(),
        added_at: from_ms(row.try_get("added_at")?),
        proved_at: row.try_get::<Option<i64>, _>("proved_at")?.map(from_ms),
        place: row.try_get("place")?,
        replaces: row.try_get::<Option<&str>, _>("replaces_id")?.map(|id| parse("replaces_id", id)).transpose()?,
    })
}

/// The account's phones, the primary first, then the oldest.
pub(super) async fn of(connection: &mut AnyConnection, account: AccountId) -> db::Result<Vec<PhoneRow>> {
    sqlx::query(
        "SELECT id, phone_sealed, phone_index, primary_at, added_at, proved_at, CAST(place AS BIGINT) AS place, replaces_id
         FROM phones
         WHERE account_id = $1 AND removed_at IS NULL
         ORDER BY CASE WHEN primary_at IS NULL THEN 1 ELSE 0 END, added_at, id",
    )
    .bind(account.to_string())
    .fetch_all(connection)
    .await?
    .iter()
    .map(phone)
    .collect()
}

/// Accounts that hold a place of a number.
pub(super) async fn sharing(connection: &mut AnyConnection, index: &[u8; 32]) -> db::Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*) FROM phones WHERE phone_index = $1 AND place IS NOT NULL AND removed_at IS NULL",
    )
    .bind(index.as_slice())
    .fetch_one(connection)
    .await
}

/// Those accounts.
pub(super) async fn holders(connection: &mut AnyConnection, index: &[u8; 32]) -> db::Result<Vec<AccountId>> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT account_id FROM phones WHERE phone_index = $1 AND place IS NOT NULL AND removed_at IS NULL",
    )
    .bind(index.as_slice())
    .fetch_all(connection)
    .await?;
    ids.iter().map(|id| parse("account_id", id)).collect()
}

/// How many proved numbers two accounts both have, or had since an instant.
pub(super) async fn in_common(
    connection: &mut AnyConnection,
    one: AccountId,
    other: AccountId,
    since: Timestamp,
) -> db::Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM phones mine
         JOIN phones theirs ON theirs.phone_index = mine.phone_index AND theirs.account_id = $2
                           AND theirs.proved_at IS NOT NULL AND (theirs.removed_at IS NULL OR theirs.removed_at >= $3)
         WHERE mine.account_id = $1 AND mine.proved_at IS NOT NULL AND (mine.removed_at IS NULL OR mine.removed_at >= $3)",
    )
    .bind(one.to_string())
    .bind(other.to_string())
    .bind(since.as_millisecond())
    .fetch_one(connection)
    .await
}

/// The first of a number's three places that nobody has.
pub(super) async fn free_place(connection: &mut AnyConnection, index: &[u8]) -> db::Result<Option<i64>> {
    let taken: Vec<i64> = sqlx::query_scalar(
        "SELECT CAST(place AS BIGINT)
         FROM phones
         WHERE phone_index = $1 AND place IS NOT NULL AND removed_at IS NULL",
    )
    .bind(index)
    .fetch_all(connection)
    .await?;
    Ok((1..=3).find(|place| !taken.contains(place)))
}

/// Adds an account's first phone; false when its place was taken at the same instant.
pub(super) async fn insert_primary(
    connection: &mut AnyConnection,
    id: PhoneId,
    account: AccountId,
    index: &[u8; 32],
    place: i64,
    now: Timestamp,
) -> db::Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO phones (id, account_id, phone_index, place, primary_at, added_at, proved_at)
         VALUES ($1, $2, $3, CAST($4 AS SMALLINT), $5, $5, $5)
         ON CONFLICT DO NOTHING",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(index.as_slice())
    .bind(place)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Removes every phone of the account.
pub(super) async fn remove_all(connection: &mut AnyConnection, account: AccountId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE phones SET removed_at = $2 WHERE account_id = $1 AND removed_at IS NULL")
        .bind(account.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// A phone that was removed.
pub(super) struct RemovedRow {
    pub id: PhoneId,
    pub index: Vec<u8>,
    pub is_primary: bool,
}

/// The proved phones that were removed at that instant, the primary first.
pub(super) async fn removed_at(
    connection: &mut AnyConnection,
    account: AccountId,
    at: Timestamp,
) -> db::Result<Vec<RemovedRow>> {
    sqlx::query(
        "SELECT id, phone_index, primary_at
         FROM phones
         WHERE account_id = $1 AND removed_at = $2 AND proved_at IS NOT NULL
         ORDER BY CASE WHEN primary_at IS NULL THEN 1 ELSE 0 END, added_at, id",
    )
    .bind(account.to_string())
    .bind(at.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(RemovedRow {
            id: parse("id", row.try_get("id")?)?,
            index: row.try_get("phone_index")?,
            is_primary: row.try_get::<Option<i64>, _>("primary_at")?.is_some(),
        })
    })
    .collect()
}

/// Puts a removed phone back, at a place of its number that is free.
pub(super) async fn put_back(connection: &mut AnyConnection, id: PhoneId, place: i64) -> db::Result<()> {
    sqlx::query("UPDATE phones SET removed_at = NULL, place = CAST($2 AS SMALLINT) WHERE id = $1")
        .bind(id.to_string())
        .bind(place)
        .execute(connection)
        .await?;
    Ok(())
}

/// The account's primary, and when it was proved.
pub(super) async fn primary(
    connection: &mut AnyConnection,
    account: AccountId,
) -> db::Result<Option<(PhoneId, Option<Timestamp>)>> {
    sqlx::query(
        "SELECT id, proved_at
         FROM phones
         WHERE account_id = $1 AND primary_at IS NOT NULL AND removed_at IS NULL",
    )
    .bind(account.to_string())
    .fetch_optional(connection)
    .await?
    .map(|row| Ok((parse("id", row.try_get("id")?)?, row.try_get::<Option<i64>, _>("proved_at")?.map(from_ms))))
    .transpose()
}

/// Removes up to `batch` numbers that were added before `before` and that nobody proved.
pub(super) async fn sweep(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM phones
         WHERE id IN (SELECT id FROM phones WHERE proved_at IS NULL AND added_at < $1 ORDER BY added_at LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
