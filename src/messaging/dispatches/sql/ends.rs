//! How a dispatch ends, or is put off.

use sqlx::AnyConnection;

use crate::clock::Timestamp;
use crate::db;
use crate::types::ids::DispatchId;

/// Ends the dispatch; when it was sent stays as it is.
pub(in crate::messaging::dispatches) async fn close(
    connection: &mut AnyConnection,
    id: DispatchId,
    now: Timestamp,
    outcome: &str,
) -> db::Result<()> {
    sqlx::query("UPDATE dispatches SET ended_at = $2, outcome = $3 WHERE id = $1 AND ended_at IS NULL")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .bind(outcome)
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends the dispatch: it is sent now.
pub(in crate::messaging::dispatches) async fn end_sent(
    connection: &mut AnyConnection,
    id: DispatchId,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE dispatches SET ended_at = $2, sent_at = $2, outcome = 'sent' WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the dispatch worthless from now on, and ends it unless a worker holds it.
pub(in crate::messaging::dispatches) async fn withdraw(
    connection: &mut AnyConnection,
    id: DispatchId,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE dispatches
         SET useless_at = $2,
             ended_at = CASE WHEN leased_until <= $2 THEN $2 END,
             outcome = CASE WHEN leased_until <= $2 THEN 'dropped' END
         WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets go of the dispatch until `due`, unless another worker holds it by now with a later attempt.
pub(in crate::messaging::dispatches) async fn put_off(
    connection: &mut AnyConnection,
    id: DispatchId,
    attempt: i64,
    due: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE dispatches SET due_at = $3, leased_until = 0 WHERE id = $1 AND tries = $2 AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(attempt)
    .bind(due.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}
