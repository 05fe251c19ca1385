//! Statements on `spendings` and `prefix_pauses`.

use sqlx::{AnyConnection, Row};

use super::pauses::Pause;
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::amount::Amount;
use crate::types::ids::PauseId;

/// What is counted of a day and country, decoys included. Others who ask wait until this transaction is over.
pub(super) async fn lock_day(connection: &mut AnyConnection, day: &str, country: &str) -> db::Result<Amount> {
    let counted: i64 = sqlx::query_scalar(
        "INSERT INTO spendings (day, country, spent, decoys)
         VALUES ($1, $2, 0, 0)
         ON CONFLICT (day, country) DO UPDATE SET spent = spendings.spent
         RETURNING spent + decoys",
    )
    .bind(day)
    .bind(country)
    .fetch_one(connection)
    .await?;
    Ok(Amount::from_millionths(counted))
}

/// Adds to a day and country.
pub(super) async fn add(
    connection: &mut AnyConnection,
    day: &str,
    country: &str,
    spent: Amount,
    decoys: Amount,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO spendings (day, country, spent, decoys)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (day, country) DO UPDATE SET
             spent = spendings.spent + excluded.spent,
             decoys = spendings.decoys + excluded.decoys",
    )
    .bind(day)
    .bind(country)
    .bind(spent.millionths())
    .bind(decoys.millionths())
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes the first time that the day's ceiling held a text back.
pub(super) async fn mark_held(
    connection: &mut AnyConnection,
    day: &str,
    country: &str,
    now: Timestamp,
) -> db::Result<()> {
    let held = "UPDATE spendings SET held_at = $3 WHERE day = $1 AND country = $2 AND held_at IS NULL";
    once(connection, held, day, country, now).await.map(drop)
}

/// The money of a day in one country, or in all.
pub(super) struct DayRow {
    pub country: String,
    pub spent: Amount,
    pub decoys: Amount,
    pub held_at: Option<Timestamp>,
    pub near_told: bool,
    pub held_told: bool,
}

/// A day's money; all countries first.
pub(super) async fn days(connection: &mut AnyConnection, day: &str) -> db::Result<Vec<DayRow>> {
    sqlx::query(
        "SELECT country, spent, decoys, held_at, near_told_at, held_told_at
         FROM spendings
         WHERE day = $1
         ORDER BY CASE WHEN country = '*' THEN 0 ELSE 1 END, country",
    )
    .bind(day)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let instant = |column: &str| row.try_get::<Option<i64>, _>(column);
        Ok(DayRow {
            country: row.try_get("country")?,
            spent: Amount::from_millionths(row.try_get("spent")?),
            decoys: Amount::from_millionths(row.try_get("decoys")?),
            held_at: instant("held_at")?.map(from_ms),
            near_told: instant("near_told_at")?.is_some(),
            held_told: instant("held_told_at")?.is_some(),
        })
    })
    .collect()
}

/// Notes that the admins are told of a ceiling that is near; false when they were.
pub(super) async fn claim_near(
    connection: &mut AnyConnection,
    day: &str,
    country: &str,
    now: Timestamp,
) -> db::Result<bool> {
    let near = "UPDATE spendings SET near_told_at = $3 WHERE day = $1 AND country = $2 AND near_told_at IS NULL";
    once(connection, near, day, country, now).await
}

/// Notes that the admins are told of a ceiling that holds; false when they were.
pub(super) async fn claim_held(
    connection: &mut AnyConnection,
    day: &str,
    country: &str,
    now: Timestamp,
) -> db::Result<bool> {
    let held = "UPDATE spendings SET held_told_at = $3 WHERE day = $1 AND country = $2 AND held_told_at IS NULL";
    once(connection, held, day, country, now).await
}

/// Runs a statement that sets an instant of a day and country that is not set yet; false when it was.
async fn once(
    connection: &mut AnyConnection,
    statement: &'static str,
    day: &str,
    country: &str,
    now: Timestamp,
) -> db::Result<bool> {
    let set = sqlx::query(statement).bind(day).bind(country).bind(now.as_millisecond()).execute(connection).await?;
    Ok(set.rows_affected() == 1)
}

/// Removes up to `batch` rows of days before one.
pub(super) async fn sweep_days(connection: &mut AnyConnection, before: &str, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM spendings
         WHERE (day, country) IN (SELECT day, country
                                  FROM spendings
                                  WHERE day < $1
                                  ORDER BY day
                                  LIMIT $2)",
    )
    .bind(before)
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}

/// Until when a prefix is paused.
pub(super) async fn pause_ends(
    connection: &mut AnyConnection,
    prefix_index: &[u8; 32],
    now: Timestamp,
) -> db::Result<Option<Timestamp>> {
    let ends: Option<i64> =
        sqlx::query_scalar("SELECT ends_at FROM prefix_pauses WHERE prefix_index = $1 AND ends_at > $2")
            .bind(prefix_index.as_slice())
            .bind(now.as_millisecond())
            .fetch_optional(connection)
            .await?;
    Ok(ends.map(from_ms))
}

/// Pauses a prefix that is not paused; false when it is.
pub(super) async fn insert_pause(
    connection: &mut AnyConnection,
    prefix_index: &[u8],
    pause: &Pause,
) -> db::Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO prefix_pauses (prefix_index, id, country, codes, entered, paused_at, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (prefix_index) DO UPDATE SET
             id = excluded.id,
             country = excluded.country,
             codes = excluded.codes,
             entered = excluded.entered,
             paused_at = excluded.paused_at,
             ends_at = excluded.ends_at
         WHERE prefix_pauses.ends_at <= excluded.paused_at",
    )
    .bind(prefix_index)
    .bind(pause.id.to_string())
    .bind(&pause.country)
    .bind(pause.codes)
    .bind(pause.entered)
    .bind(pause.paused_at.as_millisecond())
    .bind(pause.ends_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Ends a pause; its prefix, or None when it is over.
pub(super) async fn end_pause(
    connection: &mut AnyConnection,
    id: PauseId,
    now: Timestamp,
) -> db::Result<Option<Vec<u8>>> {
    sqlx::query_scalar("UPDATE prefix_pauses SET ends_at = $2 WHERE id = $1 AND ends_at > $2 RETURNING prefix_index")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .fetch_optional(connection)
        .await
}

/// The pauses that hold, newest first, each with its prefix.
pub(super) async fn pauses(connection: &mut AnyConnection, now: Timestamp) -> db::Result<Vec<(Vec<u8>, Pause)>> {
    sqlx::query(
        "SELECT prefix_index, id, country, codes, entered, paused_at, ends_at
         FROM prefix_pauses
         WHERE ends_at > $1
         ORDER BY paused_at DESC, id DESC",
    )
    .bind(now.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let pause = Pause {
            id: parse("id", row.try_get("id")?)?,
            tag: String::new(),
            country: row.try_get("country")?,
            codes: row.try_get("codes")?,
            entered: row.try_get("entered")?,
            paused_at: from_ms(row.try_get("paused_at")?),
            ends_at: from_ms(row.try_get("ends_at")?),
        };
        Ok((row.try_get("prefix_index")?, pause))
    })
    .collect()
}

/// Removes up to `batch` pauses that ended before `before`.
pub(super) async fn sweep_pauses(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM prefix_pauses
         WHERE prefix_index IN (SELECT prefix_index
                                FROM prefix_pauses
                                WHERE ends_at <= $1
                                ORDER BY ends_at
                                LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
