//! Statements on a whole database file: copying it, and asking how far it got.

use sqlx::{AnyConnection, Row};

use crate::db;

/// Writes a consistent copy of the embedded database into `path`, an empty file. Readers and writers go on meanwhile.
pub(super) async fn copy_into(connection: &mut AnyConnection, path: &str) -> db::Result<()> {
    sqlx::query("VACUUM INTO $1").bind(path).execute(connection).await?;
    Ok(())
}

/// What SQLite finds wrong with the file; `ok` when nothing.
pub(super) async fn health(connection: &mut AnyConnection) -> db::Result<String> {
    sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(connection).await
}

/// The number of the newest schema step taken.
pub(super) async fn schema(connection: &mut AnyConnection) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations").fetch_one(connection).await
}

/// How many tables there are: none in a file that was never used.
pub(super) async fn tables(connection: &mut AnyConnection) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'").fetch_one(connection).await
}

/// Number and link of the audit chain's last link; None when there is none yet.
pub(super) async fn last_link(connection: &mut AnyConnection) -> db::Result<Option<(i64, Vec<u8>)>> {
    sqlx::query("SELECT seq, link FROM audit_chain ORDER BY seq DESC LIMIT 1")
        .fetch_optional(connection)
        .await?
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .transpose()
}

/// The link of a number.
pub(super) async fn link(connection: &mut AnyConnection, seq: i64) -> db::Result<Option<Vec<u8>>> {
    sqlx::query_scalar("SELECT link FROM audit_chain WHERE seq = $1").bind(seq).fetch_optional(connection).await
}

/// Events that are not linked yet.
pub(super) async fn unlinked(connection: &mut AnyConnection) -> db::Result<Vec<String>> {
    sqlx::query_scalar("SELECT id FROM audit_events WHERE linked_at IS NULL").fetch_all(connection).await
}

/// Whether the event is there.
pub(super) async fn has_event(connection: &mut AnyConnection, id: &str) -> db::Result<bool> {
    let found: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM audit_events WHERE id = $1").bind(id).fetch_one(connection).await?;
    Ok(found == 1)
}
