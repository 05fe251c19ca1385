//! Statements on `receipts`.

use sqlx::AnyConnection;

use crate::clock::Timestamp;
use crate::db;
use crate::types::ids::DispatchId;

/// A receipt to keep.
pub(super) struct NewRow<'a> {
    pub dispatch: DispatchId,
    pub attempt: i64,
    pub state: &'static str,
    pub code: Option<&'a str>,
    pub nonce: Option<&'a str>,
    pub now: Timestamp,
}

/// Keeps the receipt; false when this state of the attempt, or this nonce, was told before.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO receipts (dispatch_id, attempt, state, code, nonce, received_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
    )
    .bind(row.dispatch.to_string())
    .bind(row.attempt)
    .bind(row.state)
    .bind(row.code)
    .bind(row.nonce)
    .bind(row.now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}
