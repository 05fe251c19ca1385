//! Statements on `tallies`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::Limit;
use crate::clock::{Timestamp, from_ms};
use crate::db;

/// One subject's count in its window.
pub(super) struct Tally {
    pub count: i64,
    pub window_ends: Timestamp,
    pub blocked_until: Option<Timestamp>,
}

fn tally(row: &AnyRow) -> db::Result<Tally> {
    Ok(Tally {
        count: row.try_get("count")?,
        window_ends: from_ms(row.try_get("window_ends")?),
        blocked_until: row.try_get::<Option<i64>, _>("blocked_until")?.map(from_ms),
    })
}

/// Counts one, in a new window when the last one (and the pause after it) is over. The pause begins with the one
/// that uses the budget up and is not prolonged by later tries.
pub(super) async fn take(
    connection: &mut AnyConnection,
    limit: Limit,
    subject: &[u8],
    now: Timestamp,
) -> db::Result<Tally> {
    let now = now.as_millisecond();
    let row = sqlx::query(
        "INSERT INTO tallies (bucket, subject, window_from, window_ends, count, blocked_until)
         VALUES ($1, $2, $3, $4, 1, CASE WHEN $5 <= 1 THEN $6 END)
         ON CONFLICT (bucket, subject) DO UPDATE SET
             window_from = CASE WHEN tallies.window_ends <= $3 THEN $3 ELSE tallies.window_from END,
             count = CASE WHEN tallies.window_ends <= $3 THEN 1 ELSE tallies.count + 1 END,
             blocked_until = CASE WHEN tallies.window_ends <= $3 THEN NULL
                                  WHEN tallies.count + 1 = $5 THEN $6
                                  ELSE tallies.blocked_until END,
             window_ends = CASE WHEN tallies.window_ends <= $3 THEN $4
                                WHEN tallies.count + 1 = $5 AND $6 > tallies.window_ends THEN $6
                                ELSE tallies.window_ends END
         RETURNING count, window_ends, blocked_until",
    )
    .bind(limit.bucket)
    .bind(subject)
    .bind(now)
    .bind(now + limit.window.as_millis() as i64)
    .bind(limit.max)
    .bind(limit.pause.map(|pause| now + pause.as_millis() as i64))
    .fetch_one(connection)
    .await?;
    tally(&row)
}

/// The tally of a window that is not over.
pub(super) async fn find(
    connection: &mut AnyConnection,
    bucket: &str,
    subject: &[u8],
    now: Timestamp,
) -> db::Result<Option<Tally>> {
    let row = sqlx::query(
        "SELECT count, window_ends, blocked_until
         FROM tallies
         WHERE bucket = $1 AND subject = $2 AND window_ends > $3",
    )
    .bind(bucket)
    .bind(subject)
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(tally).transpose()
}

/// The sum of a bucket's tallies whose windows are not over.
pub(super) async fn sum(connection: &mut AnyConnection, bucket: &str, now: Timestamp) -> db::Result<i64> {
    let sum: Option<i64> =
        sqlx::query_scalar("SELECT CAST(SUM(count) AS BIGINT) FROM tallies WHERE bucket = $1 AND window_ends > $2")
            .bind(bucket)
            .bind(now.as_millisecond())
            .fetch_one(connection)
            .await?;
    Ok(sum.unwrap_or(0))
}

/// Takes one off the count.
pub(super) async fn give_back(connection: &mut AnyConnection, bucket: &str, subject: &[u8]) -> db::Result<()> {
    sqlx::query(
        "UPDATE tallies SET count = count - 1, blocked_until = NULL WHERE bucket = $1 AND subject = $2 AND count > 0",
    )
    .bind(bucket)
    .bind(subject)
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes the subject's tally.
pub(super) async fn clear(connection: &mut AnyConnection, bucket: &str, subject: &[u8]) -> db::Result<()> {
    sqlx::query("DELETE FROM tallies WHERE bucket = $1 AND subject = $2")
        .bind(bucket)
        .bind(subject)
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes up to `batch` tallies of windows that are over.
pub(super) async fn sweep(connection: &mut AnyConnection, now: Timestamp, batch: i64) -> db::Result<u64> {
    // The window is asked for twice: a tally that somebody began anew between the choice and the removal stays.
    let swept = sqlx::query(
        "DELETE FROM tallies
         WHERE window_ends <= $1
           AND (bucket, subject) IN (SELECT bucket, subject
                                     FROM tallies
                                     WHERE window_ends <= $1
                                     ORDER BY window_ends
                                     LIMIT $2)",
    )
    .bind(now.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
