//! Statements on `mail_refusals`. A mark holds that was not followed by an accepted mail, or by one after `quiet_since`.

use sqlx::{AnyConnection, Row};

use super::{Mark, Why};
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::ids::AccountId;

/// Marks the account, anew if it was marked.
pub(super) async fn mark(
    connection: &mut AnyConnection,
    account: AccountId,
    why: Why,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO mail_refusals (account_id, reason, refused_at)
         VALUES ($1, $2, $3)
         ON CONFLICT (account_id) DO UPDATE
         SET reason = excluded.reason, refused_at = excluded.refused_at, accepted_at = NULL",
    )
    .bind(account.to_string())
    .bind(why.as_str())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that a mail was taken, the first one after a refusal.
pub(super) async fn accept(connection: &mut AnyConnection, account: AccountId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE mail_refusals SET accepted_at = $2 WHERE account_id = $1 AND accepted_at IS NULL")
        .bind(account.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// The account's mark, if it still holds.
pub(super) async fn find(
    connection: &mut AnyConnection,
    account: AccountId,
    quiet_since: Timestamp,
) -> db::Result<Option<Mark>> {
    sqlx::query(
        "SELECT reason, refused_at
         FROM mail_refusals
         WHERE account_id = $1 AND (accepted_at IS NULL OR accepted_at > $2)",
    )
    .bind(account.to_string())
    .bind(quiet_since.as_millisecond())
    .fetch_optional(connection)
    .await?
    .map(|row| {
        Ok(Mark {
            why: Why::from_word(row.try_get("reason")?).unwrap_or(Why::Refused),
            refused_at: from_ms(row.try_get("refused_at")?),
        })
    })
    .transpose()
}

/// How many ids [`among`] takes at once.
pub(super) const AT_ONCE: usize = 10;

/// Those of at most [`AT_ONCE`] accounts that are marked; one text whatever their number.
pub(super) async fn among(
    connection: &mut AnyConnection,
    accounts: &[AccountId],
    quiet_since: Timestamp,
) -> db::Result<Vec<AccountId>> {
    let mut query = sqlx::query_scalar::<_, String>(
        "SELECT account_id
         FROM mail_refusals
         WHERE (accepted_at IS NULL OR accepted_at > $1)
           AND account_id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(quiet_since.as_millisecond());
    for place in 0..AT_ONCE {
        query = query.bind(accounts.get(place).map(AccountId::to_string));
    }
    query.fetch_all(connection).await?.iter().map(|id| parse("account_id", id)).collect()
}

/// Takes the mark away; false when there is none.
pub(super) async fn delete(connection: &mut AnyConnection, account: AccountId) -> db::Result<bool> {
    let deleted = sqlx::query("DELETE FROM mail_refusals WHERE account_id = $1")
        .bind(account.to_string())
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Removes up to `batch` marks that hold no more.
pub(super) async fn sweep(connection: &mut AnyConnection, quiet_since: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM mail_refusals
         WHERE account_id IN (SELECT account_id
                              FROM mail_refusals
                              WHERE accepted_at <= $1
                              LIMIT $2)",
    )
    .bind(quiet_since.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
