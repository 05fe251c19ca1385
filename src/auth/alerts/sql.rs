//! Statements on `alerts`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::ids::{AccountId, AlertId, PhoneId};

/// An alert to add.
pub(super) struct NewRow<'a> {
    pub id: AlertId,
    pub account: AccountId,
    pub kind: &'static str,
    pub token_digest: [u8; 32],
    pub former_sealed: Option<&'a [u8]>,
    pub new_phone: Option<PhoneId>,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

/// Adds an alert.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO alerts (id, account_id, kind, token_digest, former_sealed, made_at, expires_at, phone_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(row.id.to_string())
    .bind(row.account.to_string())
    .bind(row.kind)
    .bind(row.token_digest.as_slice())
    .bind(row.former_sealed)
    .bind(row.now.as_millisecond())
    .bind(row.expires_at.as_millisecond())
    .bind(row.new_phone.map(|id| id.to_string()))
    .execute(connection)
    .await?;
    Ok(())
}

/// An alert whose link somebody holds.
pub(super) struct AlertRow {
    pub id: AlertId,
    pub account: AccountId,
    pub kind: String,
    pub former_sealed: Option<Vec<u8>>,
    pub new_phone: Option<PhoneId>,
    pub made_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

fn alert(row: &AnyRow) -> db::Result<AlertRow> {
    Ok(AlertRow {
        id: parse("id", row.try_get("id")?)?,
        account: parse("account_id", row.try_get("account_id")?)?,
        kind: row.try_get("kind")?,
        former_sealed: row.try_get("former_sealed")?,
        new_phone: row.try_get::<Option<&str>, _>("phone_id")?.map(|id| parse("phone_id", id)).transpose()?,
        made_at: from_ms(row.try_get("made_at")?),
        used_at: row.try_get::<Option<i64>, _>("used_at")?.map(from_ms),
    })
}

/// The alert of a link that has not expired, used or not.
pub(super) async fn find(
    connection: &mut AnyConnection,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<Option<AlertRow>> {
    let row = sqlx::query(
        "SELECT id, account_id, kind, former_sealed, phone_id, made_at, used_at
         FROM alerts
         WHERE token_digest = $1 AND expires_at > $2",
    )
    .bind(digest.as_slice())
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(alert).transpose()
}

/// Uses a link up; None when it is unknown, old, or was used: of two at once one gets the alert.
pub(super) async fn claim(
    connection: &mut AnyConnection,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<Option<AlertRow>> {
    let row = sqlx::query(
        "UPDATE alerts SET used_at = $2
         WHERE token_digest = $1 AND expires_at > $2 AND used_at IS NULL
         RETURNING id, account_id, kind, former_sealed, phone_id, made_at, used_at",
    )
    .bind(digest.as_slice())
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(alert).transpose()
}

/// The account's alerts of changes that their links undo, mailed since an instant, not used and not too old; last first.
pub(super) async fn undoable_since(
    connection: &mut AnyConnection,
    account: AccountId,
    since: Timestamp,
    now: Timestamp,
) -> db::Result<Vec<AlertRow>> {
    let rows = sqlx::query(
        "SELECT id, account_id, kind, former_sealed, phone_id, made_at, used_at
         FROM alerts
         WHERE account_id = $1 AND made_at >= $2 AND expires_at > $3 AND used_at IS NULL AND former_sealed IS NOT NULL
         ORDER BY made_at DESC, id DESC",
    )
    .bind(account.to_string())
    .bind(since.as_millisecond())
    .bind(now.as_millisecond())
    .fetch_all(connection)
    .await?;
    rows.iter().map(alert).collect()
}

/// Uses a link up whose change was undone by another.
pub(super) async fn use_up(connection: &mut AnyConnection, id: AlertId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE alerts SET used_at = $2 WHERE id = $1 AND used_at IS NULL")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Uses up the account's links that were mailed since an instant.
pub(super) async fn use_up_since(
    connection: &mut AnyConnection,
    account: AccountId,
    since: Timestamp,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE alerts SET used_at = $3 WHERE account_id = $1 AND made_at >= $2 AND used_at IS NULL")
        .bind(account.to_string())
        .bind(since.as_millisecond())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets which phones the account's alerts would put back or take away.
pub(super) async fn keep_phones(connection: &mut AnyConnection, account: AccountId) -> db::Result<()> {
    sqlx::query(
        "UPDATE alerts SET former_sealed = NULL, phone_id = NULL
         WHERE account_id = $1 AND kind IN ('phone_added', 'phone_changed', 'phone_removed')",
    )
    .bind(account.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// What the first alert of this kind since an instant puts back.
pub(super) async fn first_former_since(
    connection: &mut AnyConnection,
    account: AccountId,
    kind: &str,
    since: Timestamp,
) -> db::Result<Option<(AlertId, Vec<u8>)>> {
    sqlx::query(
        "SELECT id, former_sealed
         FROM alerts
         WHERE account_id = $1 AND kind = $2 AND former_sealed IS NOT NULL AND made_at >= $3
         ORDER BY made_at, id
         LIMIT 1",
    )
    .bind(account.to_string())
    .bind(kind)
    .bind(since.as_millisecond())
    .fetch_optional(connection)
    .await?
    .map(|row| Ok((parse("id", row.try_get("id")?)?, row.try_get("former_sealed")?)))
    .transpose()
}

/// Removes up to `batch` alerts whose link ended before `before`.
pub(super) async fn sweep(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM alerts
         WHERE id IN (SELECT id FROM alerts WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
