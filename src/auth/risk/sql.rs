//! Statements on `sign_in_checks` and `hold_pardons`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::facts::Good;
use super::{Checked, Ended, Judgement, Outcome};
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::ids::{AccountId, ChallengeId, CheckId};
use crate::types::network::Network;

/// A judgement to store.
pub(super) struct NewRow<'a> {
    pub id: CheckId,
    pub account: AccountId,
    pub now: Timestamp,
    pub network: &'a Network,
    pub facts: String,
    pub outcome: Outcome,
    pub reasons: String,
    pub points: i64,
    pub policy: String,
    pub challenge: Option<ChallengeId>,
    pub ended: Option<Ended>,
}

/// Adds a judgement.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO sign_in_checks (id, account_id, checked_at, network, facts, outcome, reasons, points, policy_digest,
                                     challenge_id, ended)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(row.id.to_string())
    .bind(row.account.to_string())
    .bind(row.now.as_millisecond())
    .bind(row.network.to_string())
    .bind(&row.facts)
    .bind(row.outcome.as_str())
    .bind(&row.reasons)
    .bind(row.points)
    .bind(&row.policy)
    .bind(row.challenge.map(|id| id.to_string()))
    .bind(row.ended.map(Ended::as_str))
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down what became of the sign-ins of a challenge; answers the reasons that were kept of each.
pub(super) async fn end(
    connection: &mut AnyConnection,
    challenge: ChallengeId,
    ended: Ended,
) -> db::Result<Vec<String>> {
    sqlx::query_scalar("UPDATE sign_in_checks SET ended = $2 WHERE challenge_id = $1 RETURNING reasons")
        .bind(challenge.to_string())
        .bind(ended.as_str())
        .fetch_all(connection)
        .await
}

/// The account's newest sign-ins that went through.
pub(super) async fn good(connection: &mut AnyConnection, account: AccountId, most: i64) -> db::Result<Vec<Good>> {
    sqlx::query(
        "SELECT checked_at, network
         FROM sign_in_checks
         WHERE account_id = $1 AND ended = 'signed_in'
         ORDER BY checked_at DESC
         LIMIT $2",
    )
    .bind(account.to_string())
    .bind(most)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(Good { at: from_ms(row.try_get("checked_at")?), network: parse("network", row.try_get("network")?)? })
    })
    .collect()
}

fn checked(row: &AnyRow) -> db::Result<Checked> {
    let reasons: &str = row.try_get("reasons")?;
    let facts: &str = row.try_get("facts")?;
    let facts = serde_json::from_str(facts)
        .map_err(|error| sqlx::Error::ColumnDecode { index: "facts".into(), source: error.into() })?;
    Ok(Checked {
        id: parse("id", row.try_get("id")?)?,
        account: parse("account_id", row.try_get("account_id")?)?,
        at: from_ms(row.try_get("checked_at")?),
        network: parse("network", row.try_get("network")?)?,
        facts,
        judgement: Judgement {
            outcome: parse("outcome", row.try_get("outcome")?)?,
            // A reason that this program does not know any more is left out.
            reasons: reasons.split(',').filter_map(|word| word.parse().ok()).collect(),
            points: row.try_get("points")?,
        },
        policy: row.try_get("policy_digest")?,
        ended: row.try_get::<Option<&str>, _>("ended")?.map(|word| match word {
            "signed_in" => Ended::SignedIn,
            _ => Ended::Refused,
        }),
    })
}

/// The account's newest judgements.
pub(super) async fn of(connection: &mut AnyConnection, account: AccountId, most: i64) -> db::Result<Vec<Checked>> {
    sqlx::query(
        "SELECT id, account_id, checked_at, network, facts, outcome, reasons, points, policy_digest, ended
         FROM sign_in_checks
         WHERE account_id = $1
         ORDER BY checked_at DESC, id DESC
         LIMIT $2",
    )
    .bind(account.to_string())
    .bind(most)
    .fetch_all(connection)
    .await?
    .iter()
    .map(checked)
    .collect()
}

/// Judgements since an instant, oldest first, after one of them.
pub(super) async fn since(
    connection: &mut AnyConnection,
    since: Timestamp,
    after: Option<(Timestamp, CheckId)>,
    most: i64,
) -> db::Result<Vec<Checked>> {
    let (at, id) =
        after.map_or((since.as_millisecond(), String::new()), |(at, id)| (at.as_millisecond(), id.to_string()));
    sqlx::query(
        "SELECT id, account_id, checked_at, network, facts, outcome, reasons, points, policy_digest, ended
         FROM sign_in_checks
         WHERE checked_at >= $1 AND (checked_at > $1 OR id > $2)
         ORDER BY checked_at, id
         LIMIT $3",
    )
    .bind(at)
    .bind(id)
    .bind(most)
    .fetch_all(connection)
    .await?
    .iter()
    .map(checked)
    .collect()
}

/// Lifts the account's holds until then.
pub(super) async fn pardon(connection: &mut AnyConnection, account: AccountId, ends_at: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO hold_pardons (account_id, ends_at)
         VALUES ($1, $2)
         ON CONFLICT (account_id) DO UPDATE SET ends_at = excluded.ends_at",
    )
    .bind(account.to_string())
    .bind(ends_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the account's holds are lifted.
pub(super) async fn is_pardoned(
    connection: &mut AnyConnection,
    account: AccountId,
    now: Timestamp,
) -> db::Result<bool> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM hold_pardons WHERE account_id = $1 AND ends_at > $2")
        .bind(account.to_string())
        .bind(now.as_millisecond())
        .fetch_one(connection)
        .await?;
    Ok(count > 0)
}

/// The account's holds are lifted no more.
pub(super) async fn take_pardon(connection: &mut AnyConnection, account: AccountId) -> db::Result<()> {
    sqlx::query("DELETE FROM hold_pardons WHERE account_id = $1").bind(account.to_string()).execute(connection).await?;
    Ok(())
}

/// Removes up to `batch` judgements from before an instant.
pub(super) async fn sweep(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM sign_in_checks
         WHERE id IN (SELECT id
                      FROM sign_in_checks
                      WHERE checked_at < $1
                      ORDER BY checked_at
                      LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}

/// Removes lifted holds that are over.
pub(super) async fn sweep_pardons(connection: &mut AnyConnection, now: Timestamp) -> db::Result<()> {
    sqlx::query("DELETE FROM hold_pardons WHERE ends_at <= $1").bind(now.as_millisecond()).execute(connection).await?;
    Ok(())
}
