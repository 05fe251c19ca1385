//! Statements that count money and entered codes.

use sqlx::{AnyConnection, Row};

use crate::clock::Timestamp;
use crate::db;
use crate::messaging::dispatches::worth::{Conversion, Worth};
use crate::types::amount::Amount;
use crate::types::ids::DispatchId;

/// Writes down what an attempt took and cost.
pub(in crate::messaging::dispatches) async fn price(
    connection: &mut AnyConnection,
    id: DispatchId,
    number: i64,
    segments: i64,
    cost: Option<Amount>,
) -> db::Result<()> {
    sqlx::query("UPDATE attempts SET segments = $3, cost = $4 WHERE dispatch_id = $1 AND number = $2")
        .bind(id.to_string())
        .bind(number)
        .bind(segments)
        .bind(cost.map(Amount::millionths))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets what a dispatch was expected to cost: it is paid for.
pub(in crate::messaging::dispatches) async fn settle(connection: &mut AnyConnection, id: DispatchId) -> db::Result<()> {
    sqlx::query("UPDATE dispatches SET expected = NULL WHERE id = $1 AND expected IS NOT NULL")
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// What the codes on their way are expected to cost.
pub(in crate::messaging::dispatches) async fn expected(connection: &mut AnyConnection) -> db::Result<Amount> {
    let sum: Option<i64> = sqlx::query_scalar(
        "SELECT CAST(SUM(expected) AS BIGINT) FROM dispatches WHERE ended_at IS NULL AND expected IS NOT NULL",
    )
    .fetch_one(connection)
    .await?;
    Ok(Amount::from_millionths(sum.unwrap_or(0)))
}

/// The same in one country.
pub(in crate::messaging::dispatches) async fn expected_in(
    connection: &mut AnyConnection,
    country: &str,
) -> db::Result<Amount> {
    let sum: Option<i64> = sqlx::query_scalar(
        "SELECT CAST(SUM(expected) AS BIGINT)
         FROM dispatches
         WHERE ended_at IS NULL AND expected IS NOT NULL AND COALESCE(country, '') = $1",
    )
    .bind(country)
    .fetch_one(connection)
    .await?;
    Ok(Amount::from_millionths(sum.unwrap_or(0)))
}

/// The same by country, where there are any.
pub(in crate::messaging::dispatches) async fn expected_by_country(
    connection: &mut AnyConnection,
) -> db::Result<Vec<(String, Amount)>> {
    sqlx::query(
        "SELECT COALESCE(country, '') AS place, CAST(SUM(expected) AS BIGINT) AS expected
         FROM dispatches
         WHERE ended_at IS NULL AND expected IS NOT NULL
         GROUP BY COALESCE(country, '')",
    )
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Ok((row.try_get("place")?, Amount::from_millionths(row.try_get("expected")?))))
    .collect()
}

/// Codes whose time is over, by prefix: sent since an instant and since the prefix's last pause ended, of prefixes that
/// one was queued to lately.
pub(in crate::messaging::dispatches) async fn by_prefix(
    connection: &mut AnyConnection,
    since: Timestamp,
    lately: Timestamp,
    now: Timestamp,
    arrived_only: bool,
) -> db::Result<Vec<Conversion>> {
    sqlx::query(
        "SELECT d.prefix_index, COALESCE(MIN(d.country), '') AS country,
                COUNT(DISTINCT d.challenge_id) AS codes,
                COUNT(DISTINCT CASE WHEN c.answered_at IS NOT NULL THEN d.challenge_id END) AS entered
         FROM dispatches d
         JOIN challenges c ON c.id = d.challenge_id
         LEFT JOIN prefix_pauses p ON p.prefix_index = d.prefix_index
         WHERE d.prefix_index IN (SELECT prefix_index FROM dispatches WHERE queued_at >= $2 AND prefix_index IS NOT NULL)
           AND d.queued_at >= $1
           AND d.queued_at >= COALESCE(p.ends_at, 0)
           AND d.sent_at IS NOT NULL
           AND (d.arrived_at IS NOT NULL OR $4 = 0)
           AND (c.answered_at IS NOT NULL OR c.ended_at IS NOT NULL OR c.code_ends_at <= $3)
         GROUP BY d.prefix_index",
    )
    .bind(since.as_millisecond())
    .bind(lately.as_millisecond())
    .bind(now.as_millisecond())
    .bind(i64::from(arrived_only))
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(Conversion {
            prefix_index: row.try_get("prefix_index")?,
            country: row.try_get("country")?,
            codes: row.try_get("codes")?,
            entered: row.try_get("entered")?,
        })
    })
    .collect()
}

/// Codes and costs of the attempts that began since an instant, by gateway and country.
pub(in crate::messaging::dispatches) async fn since(
    connection: &mut AnyConnection,
    since: Timestamp,
) -> db::Result<Vec<Worth>> {
    sqlx::query(
        "SELECT a.gateway, a.channel, COALESCE(d.country, '') AS country,
                COUNT(DISTINCT CASE WHEN a.outcome = 'accepted' OR a.receipt IS NOT NULL
                                    THEN d.challenge_id END) AS codes,
                COUNT(DISTINCT CASE WHEN (a.outcome = 'accepted' OR a.receipt IS NOT NULL)
                                         AND c.answered_at IS NOT NULL
                                    THEN d.challenge_id END) AS entered,
                CAST(SUM(a.cost) AS BIGINT) AS cost
         FROM attempts a
         JOIN dispatches d ON d.id = a.dispatch_id
         LEFT JOIN challenges c ON c.id = d.challenge_id
         WHERE a.started_at >= $1 AND d.kind = 'sms'
         GROUP BY a.gateway, a.channel, COALESCE(d.country, '')
         ORDER BY a.gateway, a.channel, COALESCE(d.country, '')",
    )
    .bind(since.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(Worth {
            gateway: row.try_get("gateway")?,
            by_call: row.try_get::<&str, _>("channel")? == "call",
            country: row.try_get("country")?,
            codes: row.try_get("codes")?,
            entered: row.try_get("entered")?,
            cost: row.try_get::<Option<i64>, _>("cost")?.map(Amount::from_millionths),
        })
    })
    .collect()
}
