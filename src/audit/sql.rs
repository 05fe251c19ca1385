//! Statements on `audit_events`, `audit_chain` and `audit_head`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::sign_in_history::Failures;
use super::{Recorded, Search, actor_word};
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, Statement, Value, parse};
use crate::types::actor::{Actor, Role};
use crate::types::ids::{AccountId, PatientId};
use crate::types::network::Network;

/// A row to insert, and what its digest is taken over.
#[derive(Clone)]
pub(super) struct NewRow {
    pub id: String,
    pub at: i64,
    pub actor: String,
    pub role: Option<String>,
    pub deed: String,
    pub patient_id: Option<String>,
    pub subject: Option<String>,
    pub why: Option<String>,
    pub network: Option<String>,
    pub mac: Vec<u8>,
}

const INSERT: &str = "INSERT INTO audit_events (id, at, actor, role, deed, patient_id, subject, why, network, mac)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// Adds an event.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow) -> db::Result<()> {
    sqlx::query(INSERT)
        .bind(&row.id)
        .bind(row.at)
        .bind(&row.actor)
        .bind(row.role.as_deref())
        .bind(&row.deed)
        .bind(row.patient_id.as_deref())
        .bind(row.subject.as_deref())
        .bind(row.why.as_deref())
        .bind(row.network.as_deref())
        .bind(&row.mac)
        .execute(connection)
        .await?;
    Ok(())
}

/// The same for a shared commit.
pub(super) fn insert_statement(row: NewRow) -> Statement {
    Statement {
        sql: INSERT,
        values: vec![
            Value::Text(Some(row.id)),
            Value::Number(Some(row.at)),
            Value::Text(Some(row.actor)),
            Value::Text(row.role),
            Value::Text(Some(row.deed)),
            Value::Text(row.patient_id),
            Value::Text(row.subject),
            Value::Text(row.why),
            Value::Text(row.network),
            Value::Bytes(Some(row.mac)),
        ],
    }
}

fn stored(row: &AnyRow) -> db::Result<NewRow> {
    Ok(NewRow {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        actor: row.try_get("actor")?,
        role: row.try_get("role")?,
        deed: row.try_get("deed")?,
        patient_id: row.try_get("patient_id")?,
        subject: row.try_get("subject")?,
        why: row.try_get("why")?,
        network: row.try_get("network")?,
        mac: row.try_get("mac")?,
    })
}

/// Committed events that the chain does not hold yet, oldest first.
pub(super) async fn waiting(connection: &mut AnyConnection, limit: i64) -> db::Result<Vec<NewRow>> {
    sqlx::query(
        "SELECT id, at, actor, role, deed, patient_id, subject, why, network, mac
         FROM audit_events
         WHERE linked_at IS NULL
         ORDER BY at, id
         LIMIT $1",
    )
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(stored)
    .collect()
}

/// Marks the events of the links after `from` up to `to` as linked: one statement for the whole batch.
pub(super) async fn mark_linked(connection: &mut AnyConnection, from: i64, to: i64, now: i64) -> db::Result<()> {
    sqlx::query(
        "UPDATE audit_events SET linked_at = $3
         WHERE id IN (SELECT event_id FROM audit_chain WHERE seq > $1 AND seq <= $2)",
    )
    .bind(from)
    .bind(to)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds a link.
pub(super) async fn insert_link(
    connection: &mut AnyConnection,
    seq: i64,
    event_id: &str,
    link: &[u8],
) -> db::Result<()> {
    sqlx::query("INSERT INTO audit_chain (seq, event_id, link) VALUES ($1, $2, $3)")
        .bind(seq)
        .bind(event_id)
        .bind(link)
        .execute(connection)
        .await?;
    Ok(())
}

/// The chain's end: number, link, digest.
pub(super) async fn head(connection: &mut AnyConnection) -> db::Result<Option<(i64, Vec<u8>, Vec<u8>)>> {
    sqlx::query("SELECT seq, link, mac FROM audit_head WHERE id = 1")
        .fetch_optional(connection)
        .await?
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
        .transpose()
}

/// Begins an empty chain unless another process did.
pub(super) async fn begin_head(connection: &mut AnyConnection, link: &[u8], mac: &[u8]) -> db::Result<()> {
    sqlx::query("INSERT INTO audit_head (id, seq, link, mac) VALUES (1, 0, $1, $2) ON CONFLICT DO NOTHING")
        .bind(link)
        .bind(mac)
        .execute(connection)
        .await?;
    Ok(())
}

/// Moves the end from `from` to `to`; false when another process was first.
pub(super) async fn move_head(
    connection: &mut AnyConnection,
    from: i64,
    to: i64,
    link: &[u8],
    mac: &[u8],
) -> db::Result<bool> {
    let moved = sqlx::query("UPDATE audit_head SET seq = $2, link = $3, mac = $4 WHERE id = 1 AND seq = $1")
        .bind(from)
        .bind(to)
        .bind(link)
        .bind(mac)
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() == 1)
}

/// One link and its event, if the event is still there.
pub(super) struct Linked {
    pub seq: i64,
    pub event_id: String,
    pub link: Vec<u8>,
    pub event: Option<NewRow>,
}

/// Links after `after` in order, each with its event.
pub(super) async fn links(connection: &mut AnyConnection, after: i64, limit: i64) -> db::Result<Vec<Linked>> {
    sqlx::query(
        "SELECT c.seq, c.event_id, c.link, e.id, e.at, e.actor, e.role, e.deed, e.patient_id, e.subject, e.why, e.network, e.mac
         FROM audit_chain c
         LEFT JOIN audit_events e ON e.id = c.event_id
         WHERE c.seq > $1
         ORDER BY c.seq
         LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let event = match row.try_get::<Option<String>, _>("id")? {
            Some(_) => Some(stored(row)?),
            None => None,
        };
        Ok(Linked { seq: row.try_get("seq")?, event_id: row.try_get("event_id")?, link: row.try_get("link")?, event })
    })
    .collect()
}

/// Events that say they are linked and stand in no link: somebody added them, or took the link away.
pub(super) async fn strays(connection: &mut AnyConnection) -> db::Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT e.id
         FROM audit_events e
         LEFT JOIN audit_chain c ON c.event_id = e.id
         WHERE c.event_id IS NULL AND e.linked_at IS NOT NULL
         ORDER BY e.at, e.id
         LIMIT 1",
    )
    .fetch_optional(connection)
    .await
}

/// How many events there are, and how many wait for their link.
pub(super) async fn counts(connection: &mut AnyConnection) -> db::Result<(i64, i64)> {
    let row = sqlx::query(
        "SELECT COUNT(*), COUNT(CASE WHEN linked_at IS NULL THEN 1 END)
         FROM audit_events",
    )
    .fetch_one(connection)
    .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

fn recorded(row: &AnyRow) -> db::Result<Recorded> {
    let row = stored(row)?;
    Ok(Recorded {
        id: parse("id", &row.id)?,
        at: from_ms(row.at),
        actor: row.actor,
        role: row.role.as_deref().map(|role| parse("role", role)).transpose()?,
        deed: row.deed,
        patient: row.patient_id.as_deref().map(|id| parse("patient_id", id)).transpose()?,
        subject: row.subject,
        why: row.why,
        network: row.network,
    })
}

/// Events, newest first.
pub(super) async fn find(connection: &mut AnyConnection, search: &Search) -> db::Result<Vec<Recorded>> {
    sqlx::query(
        "SELECT id, at, actor, role, deed, patient_id, subject, why, network, mac
         FROM audit_events
         WHERE ($1 IS NULL OR actor = $1)
           AND ($2 IS NULL OR patient_id = $2)
           AND ($3 IS NULL OR deed = $3)
           AND ($4 IS NULL OR at >= $4)
           AND ($5 IS NULL OR at < $5)
           AND ($6 IS NULL OR at < $6 OR (at = $6 AND id < $7))
         ORDER BY at DESC, id DESC
         LIMIT $8 OFFSET $9",
    )
    .bind(search.actor.map(|id| actor_word(&Actor::Account { id, role: Role::Patient })))
    .bind(search.patient.map(|id| id.to_string()))
    .bind(search.deed.as_deref())
    .bind(search.from.map(|at| at.as_millisecond()))
    .bind(search.before.map(|at| at.as_millisecond()))
    .bind(search.older_than.map(|(at, _)| at.as_millisecond()))
    .bind(search.older_than.map(|(_, id)| id.to_string()))
    .bind(search.limit)
    .bind(search.offset)
    .fetch_all(connection)
    .await?
    .iter()
    .map(recorded)
    .collect()
}

/// What others did with a record, newest first.
pub(super) async fn by_others(
    connection: &mut AnyConnection,
    patient: PatientId,
    owner: &str,
    offset: i64,
    limit: i64,
) -> db::Result<Vec<Recorded>> {
    sqlx::query(
        "SELECT id, at, actor, role, deed, patient_id, subject, why, network, mac
         FROM audit_events
         WHERE patient_id = $1 AND actor <> $2
         ORDER BY at DESC, id DESC
         LIMIT $3 OFFSET $4",
    )
    .bind(patient.to_string())
    .bind(owner)
    .bind(limit)
    .bind(offset)
    .fetch_all(connection)
    .await?
    .iter()
    .map(recorded)
    .collect()
}

/// How often others did something with a record.
pub(super) async fn count_by_others(
    connection: &mut AnyConnection,
    patient: PatientId,
    owner: &str,
) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM audit_events WHERE patient_id = $1 AND actor <> $2")
        .bind(patient.to_string())
        .bind(owner)
        .fetch_one(connection)
        .await
}

/// What concerns signing in to one account, newest first: tries and locks name it as their subject, and what its
/// owner did about sessions and browsers names it as the actor.
pub(super) async fn of_sign_in(
    connection: &mut AnyConnection,
    account: AccountId,
    since: Timestamp,
    limit: i64,
) -> db::Result<Vec<Recorded>> {
    sqlx::query(
        "SELECT id, at, actor, role, deed, patient_id, subject, why, network, mac
         FROM audit_events
         WHERE at >= $3
           AND ((subject IN ($1, $2)
                 AND deed IN ('account_opened', 'password_accepted', 'password_refused', 'code_refused', 'signed_in',
                              'signed_in_trusted', 'sign_in_held', 'account_locked', 'lockout_reset', 'password_reset',
                              'account_turned_off', 'account_turned_on', 'not_me_reported', 'account_unfrozen',
                              'password_changed', 'email_change_asked', 'email_changed', 'email_restored', 'factor_added',
                              'factor_removed', 'phone_change_asked', 'phone_added', 'phone_changed', 'phone_removed',
                              'phones_restored'))
             OR (actor = $2
                 AND deed IN ('signed_out', 'stepped_up', 'device_trusted', 'session_ended', 'devices_forgotten')))
         ORDER BY at DESC, id DESC
         LIMIT $4",
    )
    .bind(account.to_string())
    .bind(actor_word(&Actor::Account { id: account, role: Role::Patient }))
    .bind(since.as_millisecond())
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(recorded)
    .collect()
}

/// The account's wrong passwords and codes since an instant, the newest `most`.
pub(super) async fn failures(
    connection: &mut AnyConnection,
    account: AccountId,
    here: &Network,
    since: Timestamp,
    most: i64,
) -> db::Result<Failures> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN deed = 'password_refused' THEN 1 END),
                COUNT(CASE WHEN deed = 'code_refused' THEN 1 END),
                COUNT(CASE WHEN network = $3 THEN 1 END)
         FROM (SELECT deed, network
               FROM audit_events
               WHERE subject IN ($1, $2) AND at >= $4 AND deed IN ('password_refused', 'code_refused')
               ORDER BY at DESC
               LIMIT $5) failed",
    )
    .bind(account.to_string())
    .bind(actor_word(&Actor::Account { id: account, role: Role::Patient }))
    .bind(here.to_string())
    .bind(since.as_millisecond())
    .bind(most)
    .fetch_one(connection)
    .await?;
    Ok(Failures { passwords: row.try_get(0)?, codes: row.try_get(1)?, here: row.try_get(2)? })
}

/// How often one of two deeds was done since an instant.
pub(super) async fn count_since(connection: &mut AnyConnection, deeds: [&str; 2], since: Timestamp) -> db::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM audit_events WHERE at >= $1 AND deed IN ($2, $3)")
        .bind(since.as_millisecond())
        .bind(deeds[0])
        .bind(deeds[1])
        .fetch_one(connection)
        .await
}

/// The last link's number and when it was made, and how many events wait for theirs.
pub(super) async fn state(connection: &mut AnyConnection) -> db::Result<(i64, Option<i64>, i64)> {
    let last = sqlx::query(
        "SELECT c.seq, e.linked_at
         FROM audit_chain c
         LEFT JOIN audit_events e ON e.id = c.event_id
         ORDER BY c.seq DESC
         LIMIT 1",
    )
    .fetch_optional(&mut *connection)
    .await?;
    let waiting =
        sqlx::query_scalar("SELECT COUNT(*) FROM audit_events WHERE linked_at IS NULL").fetch_one(connection).await?;
    let (links, linked_at) = match last {
        Some(row) => (row.try_get(0)?, row.try_get(1)?),
        None => (0, None),
    };
    Ok((links, linked_at, waiting))
}
