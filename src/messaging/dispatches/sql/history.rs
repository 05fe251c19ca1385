//! Statements on what went to one phone.

use sqlx::{AnyConnection, Row};

use crate::clock::{Timestamp, from_ms};
use crate::db;
use crate::types::ids::{ChallengeId, PhoneId};

/// Names the phone that a challenge's texts and calls went to.
pub(in crate::messaging::dispatches) async fn belongs_to(
    connection: &mut AnyConnection,
    challenge: ChallengeId,
    phone: PhoneId,
) -> db::Result<()> {
    sqlx::query("UPDATE dispatches SET phone_id = $2 WHERE challenge_id = $1 AND kind <> 'email'")
        .bind(challenge.to_string())
        .bind(phone.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Of the last codes to a phone: arrived, and failed.
pub(in crate::messaging::dispatches) async fn codes_to(
    connection: &mut AnyConnection,
    phone: PhoneId,
    most: i64,
) -> db::Result<(i64, i64)> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN arrived_at IS NOT NULL THEN 1 END),
                COUNT(CASE WHEN arrived_at IS NULL
                                AND (failures > 0 OR outcome IN ('failed', 'late', 'unknown', 'opted_out')) THEN 1 END)
         FROM (SELECT d.arrived_at, d.outcome,
                      (SELECT COUNT(*)
                       FROM attempts a
                       WHERE a.dispatch_id = d.id AND a.receipt IN ('failed', 'undelivered')) AS failures
               FROM dispatches d
               WHERE d.phone_id = $1 AND d.template LIKE 'code%'
               ORDER BY d.queued_at DESC
               LIMIT $2) codes",
    )
    .bind(phone.to_string())
    .bind(most)
    .fetch_one(connection)
    .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// A text or a call that went to a phone.
pub(in crate::messaging::dispatches) struct SentRow {
    pub queued_at: Timestamp,
    pub template: String,
    pub by_call: bool,
    pub arrived: bool,
    pub outcome: Option<String>,
    pub has_failed: bool,
}

/// The newest texts and calls to a phone, newest first.
pub(in crate::messaging::dispatches) async fn newest_to(
    connection: &mut AnyConnection,
    phone: PhoneId,
    most: i64,
) -> db::Result<Vec<SentRow>> {
    sqlx::query(
        "SELECT d.queued_at, d.template, d.by_call_since, d.arrived_at, d.outcome, a.receipt
         FROM dispatches d
         LEFT JOIN attempts a ON a.dispatch_id = d.id AND a.number = d.tries
         WHERE d.phone_id = $1
         ORDER BY d.queued_at DESC, d.id DESC
         LIMIT $2",
    )
    .bind(phone.to_string())
    .bind(most)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let has = |column: &str| -> db::Result<bool> { Ok(row.try_get::<Option<i64>, _>(column)?.is_some()) };
        let receipt: Option<&str> = row.try_get("receipt")?;
        Ok(SentRow {
            queued_at: from_ms(row.try_get("queued_at")?),
            template: row.try_get("template")?,
            by_call: has("by_call_since")?,
            arrived: has("arrived_at")?,
            outcome: row.try_get("outcome")?,
            has_failed: matches!(receipt, Some("failed" | "undelivered")),
        })
    })
    .collect()
}

/// When something to a phone was last told to have arrived.
pub(in crate::messaging::dispatches) async fn last_arrival(
    connection: &mut AnyConnection,
    phone: PhoneId,
) -> db::Result<Option<Timestamp>> {
    let at: Option<i64> = sqlx::query_scalar("SELECT MAX(arrived_at) FROM dispatches WHERE phone_id = $1")
        .bind(phone.to_string())
        .fetch_one(connection)
        .await?;
    Ok(at.map(from_ms))
}
