//! Statements on `line_types`.

use sqlx::AnyConnection;

use crate::clock::Timestamp;
use crate::db;

/// What was told of a number after an instant.
pub(super) async fn find(
    connection: &mut AnyConnection,
    phone_index: &[u8; 32],
    after: Timestamp,
) -> db::Result<Option<String>> {
    sqlx::query_scalar("SELECT kind FROM line_types WHERE phone_index = $1 AND looked_up_at > $2")
        .bind(phone_index.as_slice())
        .bind(after.as_millisecond())
        .fetch_optional(connection)
        .await
}

/// Keeps what was told now.
pub(super) async fn keep(
    connection: &mut AnyConnection,
    phone_index: &[u8; 32],
    kind: &str,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO line_types (phone_index, kind, looked_up_at)
         VALUES ($1, $2, $3)
         ON CONFLICT (phone_index) DO UPDATE SET kind = excluded.kind, looked_up_at = excluded.looked_up_at",
    )
    .bind(phone_index.as_slice())
    .bind(kind)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes up to `batch` answers until `until`.
pub(super) async fn sweep(connection: &mut AnyConnection, until: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM line_types
         WHERE phone_index IN (SELECT phone_index
                               FROM line_types
                               WHERE looked_up_at <= $1
                               ORDER BY looked_up_at
                               LIMIT $2)",
    )
    .bind(until.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
