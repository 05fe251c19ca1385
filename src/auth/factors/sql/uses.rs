//! Statements on `factor_uses`.

use std::collections::HashMap;

use sqlx::{AnyConnection, Row};

use crate::auth::factors::{FactorKey, Use};
use crate::clock::{Timestamp, from_ms};
use crate::db;
use crate::types::ids::AccountId;

/// How it went with each factor of the account.
pub(in crate::auth::factors) async fn uses(
    connection: &mut AnyConnection,
    account: AccountId,
) -> db::Result<HashMap<FactorKey, Use>> {
    sqlx::query("SELECT factor, wrong, proved_at FROM factor_uses WHERE account_id = $1")
        .bind(account.to_string())
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            let factor = FactorKey::stored(row.try_get::<&str, _>("factor")?);
            let proved_at = row.try_get::<Option<i64>, _>("proved_at")?.map(from_ms);
            Ok((factor, Use { wrong: row.try_get("wrong")?, proved_at }))
        })
        .collect()
}

/// Counts a wrong answer; answers how many in a row.
pub(in crate::auth::factors) async fn count_wrong(
    connection: &mut AnyConnection,
    account: AccountId,
    factor: &FactorKey,
) -> db::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO factor_uses (account_id, factor, wrong)
         VALUES ($1, $2, 1)
         ON CONFLICT (account_id, factor) DO UPDATE SET wrong = factor_uses.wrong + 1
         RETURNING wrong",
    )
    .bind(account.to_string())
    .bind(factor.as_str())
    .fetch_one(connection)
    .await
}

/// Notes a right answer.
pub(in crate::auth::factors) async fn proved(
    connection: &mut AnyConnection,
    account: AccountId,
    factor: &FactorKey,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO factor_uses (account_id, factor, wrong, proved_at)
         VALUES ($1, $2, 0, $3)
         ON CONFLICT (account_id, factor) DO UPDATE SET wrong = 0, proved_at = excluded.proved_at",
    )
    .bind(account.to_string())
    .bind(factor.as_str())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets the wrong answers of all factors.
pub(in crate::auth::factors) async fn forgive_all(
    connection: &mut AnyConnection,
    account: AccountId,
) -> db::Result<()> {
    sqlx::query("UPDATE factor_uses SET wrong = 0 WHERE account_id = $1 AND wrong > 0")
        .bind(account.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets a factor.
pub(in crate::auth::factors) async fn forget(
    connection: &mut AnyConnection,
    account: AccountId,
    factor: &FactorKey,
) -> db::Result<()> {
    sqlx::query("DELETE FROM factor_uses WHERE account_id = $1 AND factor = $2")
        .bind(account.to_string())
        .bind(factor.as_str())
        .execute(connection)
        .await?;
    Ok(())
}
