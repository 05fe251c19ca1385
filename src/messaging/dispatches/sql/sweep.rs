//! Dispatches forget what they said and why.

use sqlx::AnyConnection;

use crate::clock::Timestamp;
use crate::db;

/// Empties what is sealed in up to `batch` dispatches that ended before `before`.
pub(in crate::messaging::dispatches) async fn empty(
    connection: &mut AnyConnection,
    before: Timestamp,
    batch: i64,
) -> db::Result<u64> {
    // LENGTH as in the index dispatches_unswept, so that emptied ones are not walked through again.
    let emptied = sqlx::query(
        "UPDATE dispatches SET to_sealed = $3, values_sealed = $3
         WHERE id IN (SELECT id
                      FROM dispatches
                      WHERE ended_at < $1 AND LENGTH(to_sealed) > 0
                      ORDER BY ended_at
                      LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .bind(Vec::<u8>::new())
    .execute(connection)
    .await?;
    Ok(emptied.rows_affected())
}

/// Lets up to `batch` ended dispatches that were worth sending until `before` forget their challenge.
pub(in crate::messaging::dispatches) async fn sweep_challenges(
    connection: &mut AnyConnection,
    before: Timestamp,
    batch: i64,
) -> db::Result<u64> {
    let swept = sqlx::query(
        "UPDATE dispatches SET challenge_id = NULL
         WHERE id IN (SELECT id
                      FROM dispatches
                      WHERE challenge_id IS NOT NULL AND ended_at IS NOT NULL AND useless_at < $1
                      LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
