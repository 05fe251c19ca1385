//! Statements on `sessions`.

pub(super) mod under_policy;

use sqlx::{AnyConnection, Row};

use super::{Kind, Listed};
use crate::auth::browser::Browser;
use crate::auth::factors::{FactorKey, Proof};
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::identity::accounts::Frozen;
use crate::portal::WrappedKey;
use crate::types::actor::Role;
use crate::types::ids::{AccountId, AppointmentId, ChallengeId, DeviceId, PatientId, SessionId};
use crate::types::locale::Locale;
use crate::types::zone::Zone;

/// A session that nobody ended.
pub(super) struct Found {
    pub id: SessionId,
    pub kind: Kind,
    pub account_version: i64,
    pub challenge: Option<ChallengeId>,
    pub device: Option<DeviceId>,
    pub started_at: Timestamp,
    pub seen_at: Timestamp,
    pub ends_at: Timestamp,
    pub must_add: bool,
    pub proved_at: Option<Timestamp>,
    pub proof: Option<Proof>,
    pub proved_visit: Option<(AppointmentId, Timestamp)>,
    pub who: Option<Who>,
}

/// Whose it is.
pub(super) struct Who {
    pub account: AccountId,
    pub role: Role,
    pub version: i64,
    pub turned_off: bool,
    pub patient: Option<PatientId>,
    pub key: WrappedKey,
    pub name_sealed: Vec<u8>,
    pub locale: Locale,
    pub zone: Zone,
    pub frozen: Option<Frozen>,
}

/// The session of a digest, with its person.
pub(super) async fn find(connection: &mut AnyConnection, digest: &[u8; 32]) -> db::Result<Option<Found>> {
    let row = sqlx::query(
        "SELECT s.id, s.kind, s.account_version, s.challenge_id, s.device_id, s.started_at, s.seen_at, s.ends_at,
                s.proved_at, s.must_add, s.proved_with, s.proved_factor, s.proved_visit_id, s.proved_visit_at,
                a.id AS account_id, a.role, a.version, a.turned_off_at, a.name_sealed, a.locale, a.time_zone,
                a.frozen_at, a.frozen_until, a.data_key_id, k.key_id, k.wrapped, p.id AS patient_id
         FROM sessions s
         LEFT JOIN accounts a ON a.id = s.account_id
         LEFT JOIN data_keys k ON k.id = a.data_key_id
         LEFT JOIN patients p ON p.account_id = a.id
         WHERE s.token_digest = $1 AND s.ended_at IS NULL",
    )
    .bind(digest.as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let instant =
        |column: &str| -> db::Result<Option<Timestamp>> { Ok(row.try_get::<Option<i64>, _>(column)?.map(from_ms)) };
    let until = instant("frozen_until")?;
    let frozen = instant("frozen_at")?.map(|since| Frozen { since, until });
    let who = match (row.try_get::<Option<&str>, _>("account_id")?, row.try_get::<Option<Vec<u8>>, _>("wrapped")?) {
        (None, _) => None,
        // A destroyed key: the person was erased.
        (Some(_), None) => return Ok(None),
        (Some(account), Some(wrapped)) => Some(Who {
            account: parse("account_id", account)?,
            role: parse("role", row.try_get("role")?)?,
            version: row.try_get("version")?,
            turned_off: instant("turned_off_at")?.is_some(),
            patient: row.try_get::<Option<&str>, _>("patient_id")?.map(|id| parse("patient_id", id)).transpose()?,
            key: WrappedKey {
                id: parse("data_key_id", row.try_get("data_key_id")?)?,
                key_id: row.try_get("key_id")?,
                wrapped,
            },
            name_sealed: row.try_get("name_sealed")?,
            locale: parse("locale", row.try_get("locale")?)?,
            zone: parse("time_zone", row.try_get("time_zone")?)?,
            frozen,
        }),
    };
    let visit =
        row.try_get::<Option<&str>, _>("proved_visit_id")?.map(|id| parse("proved_visit_id", id)).transpose()?;
    Ok(Some(Found {
        id: parse("id", row.try_get("id")?)?,
        kind: if row.try_get::<&str, _>("kind")? == "full" { Kind::Full } else { Kind::Pending },
        account_version: row.try_get("account_version")?,
        challenge: row.try_get::<Option<&str>, _>("challenge_id")?.map(|id| parse("challenge_id", id)).transpose()?,
        device: row.try_get::<Option<&str>, _>("device_id")?.map(|id| parse("device_id", id)).transpose()?,
        started_at: from_ms(row.try_get("started_at")?),
        seen_at: from_ms(row.try_get("seen_at")?),
        ends_at: from_ms(row.try_get("ends_at")?),
        must_add: row.try_get::<i64, _>("must_add")? != 0,
        proved_at: instant("proved_at")?,
        proof: match row.try_get::<Option<&str>, _>("proved_with")? {
            None => None,
            Some(kind) => Some(Proof {
                kind: parse("proved_with", kind)?,
                key: row.try_get::<Option<&str>, _>("proved_factor")?.map(FactorKey::stored),
            }),
        },
        proved_visit: visit.zip(instant("proved_visit_at")?),
        who,
    }))
}

/// Notes the last use; a later note is not undone by an earlier one.
pub(super) const TOUCH: &str = "UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2 AND ended_at IS NULL";

/// A session to add.
pub(super) struct NewRow<'a> {
    pub id: SessionId,
    pub token_digest: [u8; 32],
    pub kind: Kind,
    pub account: Option<(AccountId, i64)>,
    pub challenge: Option<ChallengeId>,
    pub device: Option<DeviceId>,
    pub browser: &'a Browser,
    pub now: Timestamp,
    pub ends_at: Timestamp,
    pub proved_at: Option<Timestamp>,
    pub proof: Option<Proof>,
}

/// Adds a session.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO sessions (id, token_digest, kind, account_id, account_version, challenge_id, device_id,
                               browser_digest, network, agent, started_at, seen_at, ends_at, proved_at, proved_with,
                               proved_factor)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14, $15)",
    )
    .bind(row.id.to_string())
    .bind(row.token_digest.as_slice())
    .bind(if row.kind == Kind::Full { "full" } else { "pending" })
    .bind(row.account.map(|(id, _)| id.to_string()))
    .bind(row.account.map_or(0, |(_, version)| version))
    .bind(row.challenge.map(|id| id.to_string()))
    .bind(row.device.map(|id| id.to_string()))
    .bind(row.browser.digest.as_slice())
    .bind(row.browser.network.to_string())
    .bind(&row.browser.agent)
    .bind(row.now.as_millisecond())
    .bind(row.ends_at.as_millisecond())
    .bind(row.proved_at.map(|at| at.as_millisecond()))
    .bind(row.proof.as_ref().map(|proof| proof.kind.as_str()))
    .bind(row.proof.as_ref().and_then(|proof| proof.key.as_ref()).map(FactorKey::as_str))
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives the session a new digest and a new proof.
pub(super) async fn renew(
    connection: &mut AnyConnection,
    id: SessionId,
    digest: &[u8; 32],
    visit: Option<AppointmentId>,
    proof: &Proof,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE sessions SET token_digest = $2, challenge_id = NULL, proved_at = $4, seen_at = $4,
                             proved_with = $5, proved_factor = $6,
                             proved_visit_id = COALESCE($3, proved_visit_id),
                             proved_visit_at = CASE WHEN $3 IS NULL THEN proved_visit_at ELSE $4 END
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(digest.as_slice())
    .bind(visit.map(|id| id.to_string()))
    .bind(now.as_millisecond())
    .bind(proof.kind.as_str())
    .bind(proof.key.as_ref().map(FactorKey::as_str))
    .execute(connection)
    .await?;
    Ok(())
}

/// Names the challenge that the session may answer.
pub(super) async fn expect(
    connection: &mut AnyConnection,
    id: SessionId,
    challenge: ChallengeId,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE sessions SET challenge_id = $2, seen_at = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(challenge.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives the session a new digest, version and device; what it waited for is over.
pub(super) async fn keep(
    connection: &mut AnyConnection,
    id: SessionId,
    digest: &[u8; 32],
    version: i64,
    device: Option<DeviceId>,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE sessions SET token_digest = $2, account_version = $3, device_id = $4, challenge_id = NULL
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(digest.as_slice())
    .bind(version)
    .bind(device.map(|device| device.to_string()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a session.
pub(super) async fn end(connection: &mut AnyConnection, id: SessionId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends a session if it is this account's; one that ended already keeps its time.
pub(super) async fn end_own(
    connection: &mut AnyConnection,
    id: SessionId,
    account: AccountId,
    now: Timestamp,
) -> db::Result<bool> {
    let ended = sqlx::query("UPDATE sessions SET ended_at = COALESCE(ended_at, $3) WHERE id = $1 AND account_id = $2")
        .bind(id.to_string())
        .bind(account.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends all of an account's but one; answers how many.
pub(super) async fn end_others(
    connection: &mut AnyConnection,
    account: AccountId,
    but: SessionId,
    now: Timestamp,
) -> db::Result<u64> {
    let ended =
        sqlx::query("UPDATE sessions SET ended_at = $3 WHERE account_id = $1 AND id <> $2 AND ended_at IS NULL")
            .bind(account.to_string())
            .bind(but.to_string())
            .bind(now.as_millisecond())
            .execute(connection)
            .await?;
    Ok(ended.rows_affected())
}

/// Ends all of an account's.
pub(super) async fn end_all(connection: &mut AnyConnection, account: AccountId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE sessions SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL")
        .bind(account.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends an account's sessions of a device, but one.
pub(super) async fn end_of_device(
    connection: &mut AnyConnection,
    account: AccountId,
    device: DeviceId,
    but: Option<SessionId>,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE sessions SET ended_at = $4
         WHERE account_id = $1 AND device_id = $2 AND id <> $3 AND ended_at IS NULL",
    )
    .bind(account.to_string())
    .bind(device.to_string())
    .bind(but.map_or(String::new(), |id| id.to_string()))
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Narrows the session of a digest.
pub(super) async fn narrow(connection: &mut AnyConnection, digest: &[u8; 32]) -> db::Result<()> {
    sqlx::query("UPDATE sessions SET must_add = 1 WHERE token_digest = $1")
        .bind(digest.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// Opens the account's sessions that were for adding a factor.
pub(super) async fn open_up(connection: &mut AnyConnection, account: AccountId) -> db::Result<()> {
    sqlx::query("UPDATE sessions SET must_add = 0 WHERE account_id = $1 AND must_add <> 0 AND ended_at IS NULL")
        .bind(account.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// The account's open full sessions.
pub(super) async fn list(
    connection: &mut AnyConnection,
    account: AccountId,
    now: Timestamp,
    idle_since: Timestamp,
) -> db::Result<Vec<Listed>> {
    sqlx::query(
        "SELECT id, agent, network, started_at, seen_at
         FROM sessions
         WHERE account_id = $1 AND kind = 'full' AND ended_at IS NULL AND ends_at > $2 AND seen_at > $3
         ORDER BY seen_at DESC
         LIMIT 50",
    )
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .bind(idle_since.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(Listed {
            id: parse("id", row.try_get("id")?)?,
            agent: row.try_get("agent")?,
            network: row.try_get("network")?,
            started_at: from_ms(row.try_get("started_at")?),
            seen_at: from_ms(row.try_get("seen_at")?),
        })
    })
    .collect()
}

/// Removes up to `batch` sessions whose longest span ended before `before`.
pub(super) async fn sweep(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM sessions
         WHERE id IN (SELECT id FROM sessions WHERE ends_at < $1 ORDER BY ends_at LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}

/// Lets up to `batch` sessions past their longest span forget their challenge.
pub(super) async fn sweep_challenges(connection: &mut AnyConnection, now: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "UPDATE sessions SET challenge_id = NULL
         WHERE id IN (SELECT id FROM sessions WHERE ends_at < $1 AND challenge_id IS NOT NULL ORDER BY ends_at LIMIT $2)",
    )
    .bind(now.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
