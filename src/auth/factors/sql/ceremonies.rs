//! Statements on `ceremonies`.

use sqlx::{AnyConnection, Row};

use crate::clock::Timestamp;
use crate::db;

/// Keeps what a passkey was asked, in the place of what was asked there before.
pub(in crate::auth::factors) async fn keep_ceremony(
    connection: &mut AnyConnection,
    whose: &str,
    state: &str,
    options: &str,
    ends_at: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO ceremonies (whose, state, options, ends_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (whose) DO UPDATE SET state = excluded.state, options = excluded.options, ends_at = excluded.ends_at",
    )
    .bind(whose)
    .bind(state)
    .bind(options)
    .bind(ends_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// What a passkey was asked there and may still answer: (state, options).
pub(in crate::auth::factors) async fn ceremony(
    connection: &mut AnyConnection,
    whose: &str,
    now: Timestamp,
) -> db::Result<Option<(String, String)>> {
    let row = sqlx::query("SELECT state, options FROM ceremonies WHERE whose = $1 AND ends_at > $2")
        .bind(whose)
        .bind(now.as_millisecond())
        .fetch_optional(connection)
        .await?;
    row.map(|row| Ok((row.try_get("state")?, row.try_get("options")?))).transpose()
}

/// Takes it away, so that it is answered once; answers its state.
pub(in crate::auth::factors) async fn take_ceremony(
    connection: &mut AnyConnection,
    whose: &str,
    now: Timestamp,
) -> db::Result<Option<String>> {
    sqlx::query_scalar("DELETE FROM ceremonies WHERE whose = $1 AND ends_at > $2 RETURNING state")
        .bind(whose)
        .bind(now.as_millisecond())
        .fetch_optional(connection)
        .await
}

/// Removes up to `batch` that can no longer be answered.
pub(in crate::auth::factors) async fn sweep_ceremonies(
    connection: &mut AnyConnection,
    now: Timestamp,
    batch: i64,
) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM ceremonies
         WHERE whose IN (SELECT whose FROM ceremonies WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2)",
    )
    .bind(now.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
