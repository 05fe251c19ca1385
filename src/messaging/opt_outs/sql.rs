//! Statements on `opt_outs`.

use sqlx::AnyConnection;

use crate::clock::Timestamp;
use crate::db;

/// Keeps the number; false when it is there already.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    phone_index: &[u8; 32],
    gateway: &str,
    now: Timestamp,
) -> db::Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO opt_outs (phone_index, gateway, opted_out_at)
         VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
    )
    .bind(phone_index.as_slice())
    .bind(gateway)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Lets the number go; false when it is not there.
pub(super) async fn delete(connection: &mut AnyConnection, phone_index: &[u8; 32]) -> db::Result<bool> {
    let deleted = sqlx::query("DELETE FROM opt_outs WHERE phone_index = $1")
        .bind(phone_index.as_slice())
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Whether the number is there: 0 or 1.
pub(super) async fn count(connection: &mut AnyConnection, phone_index: &[u8; 32]) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM opt_outs WHERE phone_index = $1")
        .bind(phone_index.as_slice())
        .fetch_one(connection)
        .await
}

/// By which gateway's texts the number came here.
pub(super) async fn gateway(connection: &mut AnyConnection, phone_index: &[u8; 32]) -> db::Result<Option<String>> {
    sqlx::query_scalar("SELECT gateway FROM opt_outs WHERE phone_index = $1")
        .bind(phone_index.as_slice())
        .fetch_optional(connection)
        .await
}
