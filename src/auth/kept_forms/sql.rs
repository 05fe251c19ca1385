//! Statements on `kept_forms`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::clock::Timestamp;
use crate::db::{self, parse};
use crate::types::ids::{AccountId, KeptFormId};

/// Of the account's forms of other paths, removes all but the newest `stay`.
pub(super) async fn make_room(
    connection: &mut AnyConnection,
    account: AccountId,
    path: &str,
    stay: i64,
) -> db::Result<()> {
    sqlx::query(
        "DELETE FROM kept_forms
         WHERE account_id = $1
           AND path <> $2
           AND id NOT IN (SELECT id
                          FROM kept_forms
                          WHERE account_id = $1 AND path <> $2
                          ORDER BY kept_at DESC, id DESC
                          LIMIT $3)",
    )
    .bind(account.to_string())
    .bind(path)
    .bind(stay)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds a form, in the place of the one that was posted to its path before.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    id: KeptFormId,
    account: AccountId,
    browser: &[u8; 32],
    path: &str,
    body_sealed: &[u8],
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO kept_forms (id, account_id, browser_digest, path, body_sealed, kept_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (account_id, path) DO UPDATE SET
             id = excluded.id,
             browser_digest = excluded.browser_digest,
             body_sealed = excluded.body_sealed,
             kept_at = excluded.kept_at",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(browser.as_slice())
    .bind(path)
    .bind(body_sealed)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// A form that was taken out.
pub(super) struct Taken {
    pub id: KeptFormId,
    pub path: String,
    pub body_sealed: Vec<u8>,
}

fn taken(row: &AnyRow) -> db::Result<Taken> {
    Ok(Taken {
        id: parse("id", row.try_get("id")?)?,
        path: row.try_get("path")?,
        body_sealed: row.try_get("body_sealed")?,
    })
}

/// Takes out the form of an id, if it is this account's and browser's and not older than `since`.
pub(super) async fn take(
    connection: &mut AnyConnection,
    id: KeptFormId,
    account: AccountId,
    browser: &[u8; 32],
    since: Timestamp,
) -> db::Result<Option<Taken>> {
    let row = sqlx::query(
        "DELETE FROM kept_forms
         WHERE id = $1 AND account_id = $2 AND browser_digest = $3 AND kept_at >= $4
         RETURNING id, path, body_sealed",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(browser.as_slice())
    .bind(since.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(taken).transpose()
}

/// The same for the form that was posted to a path.
pub(super) async fn take_of_path(
    connection: &mut AnyConnection,
    path: &str,
    account: AccountId,
    browser: &[u8; 32],
    since: Timestamp,
) -> db::Result<Option<Taken>> {
    let row = sqlx::query(
        "DELETE FROM kept_forms
         WHERE path = $1 AND account_id = $2 AND browser_digest = $3 AND kept_at >= $4
         RETURNING id, path, body_sealed",
    )
    .bind(path)
    .bind(account.to_string())
    .bind(browser.as_slice())
    .bind(since.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(taken).transpose()
}

/// Removes up to `batch` forms older than `since`.
pub(super) async fn sweep(connection: &mut AnyConnection, since: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM kept_forms
         WHERE id IN (SELECT id FROM kept_forms WHERE kept_at < $1 ORDER BY kept_at LIMIT $2)",
    )
    .bind(since.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
