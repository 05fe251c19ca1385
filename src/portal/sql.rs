//! Statements on `clinic_root` and `data_keys`.

use sqlx::{AnyConnection, Row};

use crate::db;

/// The wrapped root secret: which key of the ring, and the bytes.
pub(super) async fn root(connection: &mut AnyConnection) -> db::Result<Option<(String, Vec<u8>)>> {
    sqlx::query("SELECT key_id, wrapped FROM clinic_root WHERE id = 'root'")
        .fetch_optional(connection)
        .await?
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .transpose()
}

/// Stores the root secret unless another process was first.
pub(super) async fn insert_root(
    connection: &mut AnyConnection,
    key_id: &str,
    wrapped: &[u8],
    now: i64,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO clinic_root (id, key_id, wrapped, made_at)
         VALUES ('root', $1, $2, $3)
         ON CONFLICT DO NOTHING",
    )
    .bind(key_id)
    .bind(wrapped)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Replaces the root's wrapping.
pub(super) async fn rewrap_root(connection: &mut AnyConnection, key_id: &str, wrapped: &[u8]) -> db::Result<()> {
    sqlx::query("UPDATE clinic_root SET key_id = $1, wrapped = $2 WHERE id = 'root'")
        .bind(key_id)
        .bind(wrapped)
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds a person's wrapped key.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    id: &str,
    key_id: &str,
    wrapped: &[u8],
    now: i64,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO data_keys (id, key_id, wrapped, made_at)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(id)
    .bind(key_id)
    .bind(wrapped)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// One wrapped key; None when it was never there or is destroyed.
pub(super) async fn find(connection: &mut AnyConnection, id: &str) -> db::Result<Option<(String, Vec<u8>)>> {
    sqlx::query("SELECT key_id, wrapped FROM data_keys WHERE id = $1 AND wrapped IS NOT NULL")
        .bind(id)
        .fetch_optional(connection)
        .await?
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .transpose()
}

/// How many data keys each key of the ring wraps, destroyed ones left out.
pub(super) async fn uses(connection: &mut AnyConnection) -> db::Result<Vec<(String, i64)>> {
    sqlx::query(
        "SELECT key_id, COUNT(*)
         FROM data_keys
         WHERE wrapped IS NOT NULL
         GROUP BY key_id
         ORDER BY key_id",
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
    .collect()
}

/// Up to `limit` keys that the ring's key `active` does not wrap: id, key id, bytes.
pub(super) async fn not_wrapped_by(
    connection: &mut AnyConnection,
    active: &str,
    limit: i64,
) -> db::Result<Vec<(String, String, Vec<u8>)>> {
    sqlx::query(
        "SELECT id, key_id, wrapped
         FROM data_keys
         WHERE key_id <> $1 AND wrapped IS NOT NULL
         ORDER BY id
         LIMIT $2",
    )
    .bind(active)
    .bind(limit)
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
    .collect()
}

/// Replaces the wrapping of one key, unless somebody else did or the key was destroyed meanwhile.
pub(super) async fn rewrap(
    connection: &mut AnyConnection,
    id: &str,
    from_key: &str,
    key_id: &str,
    wrapped: &[u8],
) -> db::Result<()> {
    sqlx::query("UPDATE data_keys SET key_id = $3, wrapped = $4 WHERE id = $1 AND key_id = $2 AND wrapped IS NOT NULL")
        .bind(id)
        .bind(from_key)
        .bind(key_id)
        .bind(wrapped)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the wrapped bytes of a key that no account uses.
pub(super) async fn destroy(connection: &mut AnyConnection, id: &str, now: i64) -> db::Result<bool> {
    let destroyed = sqlx::query(
        "UPDATE data_keys SET wrapped = NULL, destroyed_at = $2
         WHERE id = $1 AND wrapped IS NOT NULL AND NOT EXISTS (SELECT 1 FROM accounts WHERE data_key_id = $1)",
    )
    .bind(id)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(destroyed.rows_affected() == 1)
}
