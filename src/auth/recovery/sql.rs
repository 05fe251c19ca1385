//! Statements on `recoveries`. A request waits for staff while it has not ended, has not expired and its number is proved.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::review::Met;
use crate::auth::browser::Browser;
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::error::InternalError;
use crate::types::ids::{AccountId, RecoveryId};
use crate::types::network::Network;

/// A request as it lies in the table.
pub(super) struct Row {
    pub id: RecoveryId,
    pub account: AccountId,
    pub phone_sealed: Vec<u8>,
    pub phone_index: Vec<u8>,
    pub network: String,
    pub agent: String,
    pub asked_at: Timestamp,
    pub approvable_at: Timestamp,
    pub expires_at: Timestamp,
    pub phone_proved_at: Option<Timestamp>,
    pub checked_at: Option<Timestamp>,
    pub checked_by: Option<AccountId>,
    pub met: Option<Met>,
    pub note_sealed: Option<Vec<u8>>,
    pub browser_digest: Option<Vec<u8>>,
}

impl Row {
    /// Whether it was asked for in this browser.
    pub fn is_of(&self, browser: &Browser) -> bool {
        self.browser_digest.as_deref() == Some(browser.digest.as_slice())
    }

    /// The blind index of the new number.
    pub fn index(&self) -> Result<[u8; 32], InternalError> {
        self.phone_index.as_slice().try_into().map_err(|_| InternalError::because("a blind index is not 32 bytes"))
    }
}

fn request(row: &AnyRow) -> db::Result<Row> {
    let instant =
        |column: &str| -> db::Result<Option<Timestamp>> { Ok(row.try_get::<Option<i64>, _>(column)?.map(from_ms)) };
    Ok(Row {
        id: parse("id", row.try_get("id")?)?,
        account: parse("account_id", row.try_get("account_id")?)?,
        phone_sealed: row.try_get("phone_sealed")?,
        phone_index: row.try_get("phone_index")?,
        network: row.try_get("network")?,
        agent: row.try_get("agent")?,
        asked_at: from_ms(row.try_get("asked_at")?),
        approvable_at: from_ms(row.try_get("approvable_at")?),
        expires_at: from_ms(row.try_get("expires_at")?),
        phone_proved_at: instant("phone_proved_at")?,
        checked_at: instant("checked_at")?,
        checked_by: row.try_get::<Option<&str>, _>("checked_by")?.map(|id| parse("checked_by", id)).transpose()?,
        met: row.try_get::<Option<&str>, _>("checklist")?.and_then(Met::from_word),
        note_sealed: row.try_get("note_sealed")?,
        browser_digest: row.try_get("browser_digest")?,
    })
}

/// A request to add.
pub(super) struct NewRow<'a> {
    pub id: RecoveryId,
    pub account: AccountId,
    pub phone_sealed: &'a [u8],
    pub phone_index: &'a [u8; 32],
    pub cancel_digest: &'a [u8; 32],
    pub cancel_until: Timestamp,
    pub network: &'a Network,
    pub agent: &'a str,
    pub browser_digest: &'a [u8; 32],
    pub now: Timestamp,
    pub approvable_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Ends the account's requests that expired or whose number was never proved, so that a new one has room.
pub(super) async fn make_room(connection: &mut AnyConnection, account: AccountId, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE recoveries SET ended_at = $2
         WHERE account_id = $1 AND ended_at IS NULL AND (phone_proved_at IS NULL OR expires_at <= $2)",
    )
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds the request; false when the account has an open one.
pub(super) async fn insert(connection: &mut AnyConnection, new: &NewRow<'_>) -> db::Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO recoveries (id, account_id, phone_sealed, phone_index, cancel_digest, cancel_until, network, agent,
                                 asked_at, approvable_at, expires_at, browser_digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT DO NOTHING",
    )
    .bind(new.id.to_string())
    .bind(new.account.to_string())
    .bind(new.phone_sealed)
    .bind(new.phone_index.as_slice())
    .bind(new.cancel_digest.as_slice())
    .bind(new.cancel_until.as_millisecond())
    .bind(new.network.to_string())
    .bind(new.agent)
    .bind(new.now.as_millisecond())
    .bind(new.approvable_at.as_millisecond())
    .bind(new.expires_at.as_millisecond())
    .bind(new.browser_digest.as_slice())
    .execute(connection)
    .await;
    db::unless_duplicate(inserted)
}

/// One request, whatever became of it.
pub(super) async fn find(connection: &mut AnyConnection, id: RecoveryId) -> db::Result<Option<Row>> {
    let row =
        sqlx::query("SELECT * FROM recoveries WHERE id = $1").bind(id.to_string()).fetch_optional(connection).await?;
    row.as_ref().map(request).transpose()
}

/// The account's open request, its number proved or not.
pub(super) async fn open_of(
    connection: &mut AnyConnection,
    account: AccountId,
    now: Timestamp,
) -> db::Result<Option<Row>> {
    let row = sqlx::query("SELECT * FROM recoveries WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2")
        .bind(account.to_string())
        .bind(now.as_millisecond())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(request).transpose()
}

/// One request that waits for staff.
pub(super) async fn find_waiting(
    connection: &mut AnyConnection,
    id: RecoveryId,
    now: Timestamp,
) -> db::Result<Option<Row>> {
    let row = sqlx::query(
        "SELECT *
         FROM recoveries
         WHERE id = $1 AND ended_at IS NULL AND phone_proved_at IS NOT NULL AND expires_at > $2",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(request).transpose()
}

/// The requests that wait for staff, the oldest first.
pub(super) async fn waiting(connection: &mut AnyConnection, now: Timestamp) -> db::Result<Vec<Row>> {
    sqlx::query(
        "SELECT *
         FROM recoveries
         WHERE ended_at IS NULL AND phone_proved_at IS NOT NULL AND expires_at > $1
         ORDER BY asked_at, id
         LIMIT 200",
    )
    .bind(now.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(request)
    .collect()
}

/// How many requests wait for staff: all, or those of patients.
pub(super) async fn count_waiting(
    connection: &mut AnyConnection,
    of_patients_alone: bool,
    now: Timestamp,
) -> db::Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM recoveries r
         JOIN accounts a ON a.id = r.account_id AND ($2 = 0 OR a.role = 'patient')
         WHERE r.ended_at IS NULL AND r.phone_proved_at IS NOT NULL AND r.expires_at > $1",
    )
    .bind(now.as_millisecond())
    .bind(i64::from(of_patients_alone))
    .fetch_one(connection)
    .await
}

/// Notes that the number was proved; false when the request is over.
pub(super) async fn prove(
    connection: &mut AnyConnection,
    id: RecoveryId,
    account: AccountId,
    now: Timestamp,
) -> db::Result<bool> {
    let proved = sqlx::query(
        "UPDATE recoveries SET phone_proved_at = $3
         WHERE id = $1 AND account_id = $2 AND phone_proved_at IS NULL AND ended_at IS NULL AND expires_at > $3",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(proved.rows_affected() == 1)
}

/// Notes who checked the person; false when somebody did, or the request is over.
pub(super) async fn check(
    connection: &mut AnyConnection,
    id: RecoveryId,
    by: AccountId,
    met: Met,
    note_sealed: &[u8],
    now: Timestamp,
) -> db::Result<bool> {
    let checked = sqlx::query(
        "UPDATE recoveries SET checked_at = $4, checked_by = $2, checklist = $3, note_sealed = $5
         WHERE id = $1 AND account_id <> $2 AND checked_at IS NULL AND phone_proved_at IS NOT NULL AND ended_at IS NULL
           AND expires_at > $4",
    )
    .bind(id.to_string())
    .bind(by.to_string())
    .bind(met.as_str())
    .bind(now.as_millisecond())
    .bind(note_sealed)
    .execute(connection)
    .await?;
    Ok(checked.rows_affected() == 1)
}

/// An approval, and what an undo needs.
pub(super) struct Approval<'a> {
    pub id: RecoveryId,
    pub by: Option<AccountId>,
    pub former_sealed: &'a [u8],
    pub former_index: &'a [u8; 32],
    pub undo_digest: &'a [u8; 32],
    pub undo_until: Timestamp,
    pub now: Timestamp,
}

/// Approves and ends the request; false when it may not be approved by this person now.
pub(super) async fn approve(connection: &mut AnyConnection, approval: &Approval<'_>) -> db::Result<bool> {
    let approved = sqlx::query(
        "UPDATE recoveries
         SET approved_at = $3, approved_by = $2, former_sealed = $4, former_index = $5, undo_digest = $6, undo_until = $7,
             ended_at = $3
         WHERE id = $1 AND ended_at IS NULL AND approved_at IS NULL AND phone_proved_at IS NOT NULL
           AND checked_at IS NOT NULL AND checked_by <> COALESCE($2, '') AND account_id <> COALESCE($2, '')
           AND approvable_at <= $3 AND expires_at > $3",
    )
    .bind(approval.id.to_string())
    .bind(approval.by.map(|id| id.to_string()))
    .bind(approval.now.as_millisecond())
    .bind(approval.former_sealed)
    .bind(approval.former_index.as_slice())
    .bind(approval.undo_digest.as_slice())
    .bind(approval.undo_until.as_millisecond())
    .execute(connection)
    .await?;
    Ok(approved.rows_affected() == 1)
}

/// Refuses and ends the request; false when it is over.
pub(super) async fn refuse(
    connection: &mut AnyConnection,
    id: RecoveryId,
    by: AccountId,
    reason: &str,
    now: Timestamp,
) -> db::Result<bool> {
    let refused = sqlx::query(
        "UPDATE recoveries SET refused_at = $4, refused_by = $2, reason = $3, ended_at = $4
         WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(by.to_string())
    .bind(reason)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(refused.rows_affected() == 1)
}

/// Whether a link still stops a request.
pub(super) async fn cancellable(connection: &mut AnyConnection, digest: &[u8; 32], now: Timestamp) -> db::Result<bool> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM recoveries mailed
         JOIN recoveries r ON r.account_id = mailed.account_id AND r.ended_at IS NULL AND r.expires_at > $2
         WHERE mailed.cancel_digest = $1 AND mailed.cancel_until > $2",
    )
    .bind(digest.as_slice())
    .bind(now.as_millisecond())
    .fetch_one(connection)
    .await?;
    Ok(count == 1)
}

/// Stops the request that is open, by the link of it or of one that it took the place of; answers whose it was.
pub(super) async fn cancel(
    connection: &mut AnyConnection,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<Option<AccountId>> {
    let account: Option<String> = sqlx::query_scalar(
        "UPDATE recoveries SET cancelled_at = $2, ended_at = $2
         WHERE account_id = (SELECT account_id FROM recoveries WHERE cancel_digest = $1 AND cancel_until > $2)
           AND ended_at IS NULL AND expires_at > $2
         RETURNING account_id",
    )
    .bind(digest.as_slice())
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?;
    account.map(|id| parse("account_id", &id)).transpose()
}

/// Stops the account's open request; false when there is none.
pub(super) async fn stop(connection: &mut AnyConnection, account: AccountId, now: Timestamp) -> db::Result<bool> {
    let stopped = sqlx::query(
        "UPDATE recoveries SET cancelled_at = $2, ended_at = $2
         WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2",
    )
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(stopped.rows_affected() == 1)
}

/// Who took the steps of an approval of the account's whose undo is still open, with the instant it was asked for.
pub(super) async fn hands(
    connection: &mut AnyConnection,
    account: AccountId,
    now: Timestamp,
) -> db::Result<Vec<(AccountId, Timestamp)>> {
    let rows = sqlx::query(
        "SELECT checked_by, approved_by, asked_at
         FROM recoveries
         WHERE account_id = $1 AND approved_at IS NOT NULL AND undo_until > $2",
    )
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .fetch_all(connection)
    .await?;
    let mut hands = Vec::new();
    for row in &rows {
        let asked_at = from_ms(row.try_get("asked_at")?);
        for column in ["checked_by", "approved_by"] {
            if let Some(id) = row.try_get::<Option<&str>, _>(column)? {
                hands.push((parse(column, id)?, asked_at));
            }
        }
    }
    Ok(hands)
}

/// Whether a link still undoes a number.
pub(super) async fn undoable(connection: &mut AnyConnection, digest: &[u8; 32], now: Timestamp) -> db::Result<bool> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM recoveries WHERE undo_digest = $1 AND undone_at IS NULL AND undo_until > $2",
    )
    .bind(digest.as_slice())
    .bind(now.as_millisecond())
    .fetch_one(connection)
    .await?;
    Ok(count == 1)
}

/// A bound number that is undone.
pub(super) struct Bound {
    pub id: RecoveryId,
    pub account: AccountId,
    pub approved_at: Timestamp,
    pub former_sealed: Vec<u8>,
    pub former_index: Vec<u8>,
}

/// Notes that the number of a link was undone; None when it cannot be any more.
pub(super) async fn undo(
    connection: &mut AnyConnection,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<Option<Bound>> {
    sqlx::query(
        "UPDATE recoveries SET undone_at = $2
         WHERE undo_digest = $1 AND undone_at IS NULL AND undo_until > $2
         RETURNING id, account_id, approved_at, former_sealed, former_index",
    )
    .bind(digest.as_slice())
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?
    .map(|row| {
        Ok(Bound {
            id: parse("id", row.try_get("id")?)?,
            account: parse("account_id", row.try_get("account_id")?)?,
            approved_at: from_ms(row.try_get("approved_at")?),
            former_sealed: row.try_get("former_sealed")?,
            former_index: row.try_get("former_index")?,
        })
    })
    .transpose()
}

/// Removes up to `batch` requests that expired before `before`.
pub(super) async fn sweep(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM recoveries
         WHERE id IN (SELECT id FROM recoveries WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
