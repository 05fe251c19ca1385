//! Statements that count what became of texts.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::messaging::dispatches::figures::Which;
use crate::types::ids::{DataKeyId, DispatchId};

/// Texts through one gateway to one country.
pub(in crate::messaging::dispatches) struct CountRow {
    pub gateway: String,
    pub by_call: bool,
    pub country: String,
    pub tried: i64,
    pub sent: i64,
    pub arrived: i64,
    pub failed: i64,
}

/// What became of the attempts that began since an instant, by gateway and country.
pub(in crate::messaging::dispatches) async fn counts(
    connection: &mut AnyConnection,
    since: Timestamp,
) -> db::Result<Vec<CountRow>> {
    sqlx::query(
        "SELECT a.gateway, a.channel, COALESCE(d.country, '') AS country,
                COUNT(CASE WHEN a.outcome IS NULL OR a.outcome <> 'dropped' THEN 1 END) AS tried,
                COUNT(CASE WHEN a.outcome = 'accepted' OR a.receipt IS NOT NULL THEN 1 END) AS sent,
                COUNT(CASE WHEN a.receipt = 'delivered' THEN 1 END) AS arrived,
                COUNT(CASE WHEN a.receipt IN ('undelivered', 'failed')
                             OR (a.receipt IS NULL AND a.outcome IN ('never', 'later', 'unknown')) THEN 1 END) AS failed
         FROM attempts a
         JOIN dispatches d ON d.id = a.dispatch_id
         WHERE a.started_at >= $1 AND d.kind = 'sms'
         GROUP BY a.gateway, a.channel, COALESCE(d.country, '')
         ORDER BY a.gateway, a.channel DESC, COALESCE(d.country, '')",
    )
    .bind(since.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(CountRow {
            gateway: row.try_get("gateway")?,
            by_call: row.try_get::<&str, _>("channel")? == "call",
            country: row.try_get("country")?,
            tried: row.try_get("tried")?,
            sent: row.try_get("sent")?,
            arrived: row.try_get("arrived")?,
            failed: row.try_get("failed")?,
        })
    })
    .collect()
}

/// How long texts through one gateway to one country took to arrive, in milliseconds.
pub(in crate::messaging::dispatches) struct TookRow {
    pub gateway: String,
    pub by_call: bool,
    pub country: String,
    pub median: i64,
    pub p95: i64,
}

/// How long the attempts that began since an instant took to arrive: of the sorted times, the ones at half and at 95 of
/// 100 of the way, rounded up.
pub(in crate::messaging::dispatches) async fn took(
    connection: &mut AnyConnection,
    since: Timestamp,
) -> db::Result<Vec<TookRow>> {
    sqlx::query(
        "SELECT gateway, channel, country,
                MIN(CASE WHEN place = (n + 1) / 2 THEN took END) AS median,
                MIN(CASE WHEN place = (n * 95 + 99) / 100 THEN took END) AS p95
         FROM (SELECT a.gateway, a.channel, COALESCE(d.country, '') AS country, a.receipt_at - a.started_at AS took,
                      ROW_NUMBER() OVER (PARTITION BY a.gateway, a.channel, COALESCE(d.country, '')
                                         ORDER BY a.receipt_at - a.started_at) AS place,
                      COUNT(*) OVER (PARTITION BY a.gateway, a.channel, COALESCE(d.country, '')) AS n
               FROM attempts a
               JOIN dispatches d ON d.id = a.dispatch_id
               WHERE a.started_at >= $1 AND d.kind = 'sms' AND a.receipt = 'delivered') arrived
         GROUP BY gateway, channel, country",
    )
    .bind(since.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(TookRow {
            gateway: row.try_get("gateway")?,
            by_call: row.try_get::<&str, _>("channel")? == "call",
            country: row.try_get("country")?,
            median: row.try_get("median")?,
            p95: row.try_get("p95")?,
        })
    })
    .collect()
}

/// A text of the newest, with the key its number is sealed under.
pub(in crate::messaging::dispatches) struct TextRow {
    pub id: DispatchId,
    pub template: String,
    pub country: Option<String>,
    pub to_sealed: Vec<u8>,
    pub data_key_id: DataKeyId,
    pub key_id: String,
    pub wrapped: Option<Vec<u8>>,
    pub queued_at: Timestamp,
    pub arrived_at: Option<Timestamp>,
    pub outcome: Option<String>,
}

/// The newest texts of a list, and the attempts of the same texts; `$2` is whose or which, where it is narrowed.
macro_rules! listed {
    (texts $narrowed:literal) => {
        concat!(
            "SELECT d.id, d.template, d.country, d.to_sealed, d.data_key_id, k.key_id, k.wrapped, d.queued_at,
                    d.arrived_at, d.outcome
             FROM dispatches d
             JOIN data_keys k ON k.id = d.data_key_id
             WHERE d.kind = 'sms'",
            $narrowed,
            " ORDER BY d.queued_at DESC, d.id DESC
              LIMIT $1"
        )
    };
    (attempts $narrowed:literal) => {
        concat!(
            "SELECT a.dispatch_id, a.gateway, a.channel, a.started_at, a.outcome, a.reason, a.receipt, a.receipt_at,
                    a.receipt_code
             FROM attempts a
             JOIN (SELECT d.id
                   FROM dispatches d
                   WHERE d.kind = 'sms'",
            $narrowed,
            "      ORDER BY d.queued_at DESC, d.id DESC
                   LIMIT $1) newest ON newest.id = a.dispatch_id
             ORDER BY a.dispatch_id, a.number"
        )
    };
}

async fn rows(
    connection: &mut AnyConnection,
    which: Which,
    limit: i64,
    statements: [&'static str; 3],
) -> db::Result<Vec<AnyRow>> {
    let [all, of, one] = statements;
    match which {
        Which::All => sqlx::query(all).bind(limit),
        Which::Of(account) => sqlx::query(of).bind(limit).bind(account.to_string()),
        Which::One(id) => sqlx::query(one).bind(limit).bind(id.to_string()),
    }
    .fetch_all(connection)
    .await
}

/// The newest texts, newest first.
pub(in crate::messaging::dispatches) async fn newest(
    connection: &mut AnyConnection,
    which: Which,
    limit: i64,
) -> db::Result<Vec<TextRow>> {
    let statements = [listed!(texts ""), listed!(texts " AND d.account_id = $2"), listed!(texts " AND d.id = $2")];
    rows(connection, which, limit, statements)
        .await?
        .iter()
        .map(|row| {
            Ok(TextRow {
                id: parse("id", row.try_get("id")?)?,
                template: row.try_get("template")?,
                country: row.try_get("country")?,
                to_sealed: row.try_get("to_sealed")?,
                data_key_id: parse("data_key_id", row.try_get("data_key_id")?)?,
                key_id: row.try_get("key_id")?,
                wrapped: row.try_get("wrapped")?,
                queued_at: from_ms(row.try_get("queued_at")?),
                arrived_at: row.try_get::<Option<i64>, _>("arrived_at")?.map(from_ms),
                outcome: row.try_get("outcome")?,
            })
        })
        .collect()
}

/// One attempt of a text.
pub(in crate::messaging::dispatches) struct AttemptRow {
    pub dispatch: DispatchId,
    pub gateway: String,
    pub by_call: bool,
    pub started_at: Timestamp,
    pub outcome: Option<String>,
    pub reason: Option<String>,
    pub receipt: Option<String>,
    pub receipt_at: Option<Timestamp>,
    pub code: Option<String>,
}

/// The attempts of the newest texts, in their order.
pub(in crate::messaging::dispatches) async fn attempts(
    connection: &mut AnyConnection,
    which: Which,
    limit: i64,
) -> db::Result<Vec<AttemptRow>> {
    let statements =
        [listed!(attempts ""), listed!(attempts " AND d.account_id = $2"), listed!(attempts " AND d.id = $2")];
    rows(connection, which, limit, statements)
        .await?
        .iter()
        .map(|row| {
            Ok(AttemptRow {
                dispatch: parse("dispatch_id", row.try_get("dispatch_id")?)?,
                gateway: row.try_get("gateway")?,
                by_call: row.try_get::<&str, _>("channel")? == "call",
                started_at: from_ms(row.try_get("started_at")?),
                outcome: row.try_get("outcome")?,
                reason: row.try_get("reason")?,
                receipt: row.try_get("receipt")?,
                receipt_at: row.try_get::<Option<i64>, _>("receipt_at")?.map(from_ms),
                code: row.try_get("receipt_code")?,
            })
        })
        .collect()
}

/// Of the texts queued since an instant: sent, failed, still on their way.
pub(in crate::messaging::dispatches) async fn totals(
    connection: &mut AnyConnection,
    since: Timestamp,
) -> db::Result<(i64, i64, i64)> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN outcome = 'sent' OR (ended_at IS NULL AND sent_at IS NOT NULL) THEN 1 END),
                COUNT(CASE WHEN outcome IN ('failed', 'late', 'unreadable', 'unknown', 'opted_out') THEN 1 END),
                COUNT(CASE WHEN ended_at IS NULL AND sent_at IS NULL THEN 1 END)
         FROM dispatches
         WHERE queued_at >= $1 AND kind = 'sms'",
    )
    .bind(since.as_millisecond())
    .fetch_one(connection)
    .await?;
    Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
}

/// Whether a gateway told anything of an attempt that began since an instant, 0 or 1; a mail that came back says nothing
/// of gateways.
pub(in crate::messaging::dispatches) async fn told(
    connection: &mut AnyConnection,
    since: Timestamp,
) -> db::Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM (SELECT number
               FROM attempts
               WHERE started_at >= $1 AND receipt IS NOT NULL AND gateway <> 'smtp'
               LIMIT 1) told",
    )
    .bind(since.as_millisecond())
    .fetch_one(connection)
    .await
}
