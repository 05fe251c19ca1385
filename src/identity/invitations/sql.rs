//! Statements on `invitations`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::portal::WrappedKey;
use crate::types::actor::Role;
use crate::types::ids::{ChallengeId, DataKeyId, InvitationId};
use crate::types::locale::Locale;
use crate::types::zone::Zone;

/// An invitation to add.
pub(super) struct NewRow<'a> {
    pub id: InvitationId,
    pub token_digest: [u8; 32],
    pub role: Role,
    pub specialty: Option<&'a str>,
    pub data_key_id: DataKeyId,
    pub name_sealed: Vec<u8>,
    pub email_sealed: Vec<u8>,
    pub email_index: [u8; 32],
    pub locale: Locale,
    pub zone: &'a Zone,
    pub invited_by: &'a str,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

/// Adds an invitation.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO invitations (id, token_digest, role, specialty, data_key_id, name_sealed, email_sealed, email_index, locale,
                                  time_zone, invited_by, invited_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(row.id.to_string())
    .bind(row.token_digest.as_slice())
    .bind(row.role.as_str())
    .bind(row.specialty)
    .bind(row.data_key_id.to_string())
    .bind(&row.name_sealed)
    .bind(&row.email_sealed)
    .bind(row.email_index.as_slice())
    .bind(row.locale.code())
    .bind(row.zone.as_str())
    .bind(row.invited_by)
    .bind(row.now.as_millisecond())
    .bind(row.expires_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// An invitation as it lies in the table.
pub(super) struct Found {
    pub id: InvitationId,
    pub role: Role,
    pub specialty: Option<String>,
    pub key: WrappedKey,
    pub name_sealed: Vec<u8>,
    pub email_sealed: Vec<u8>,
    pub phone_sealed: Option<Vec<u8>>,
    pub password_hash: Option<String>,
    pub locale: Locale,
    pub zone: Zone,
    pub invited_by: String,
    pub expires_at: Timestamp,
}

fn found(row: &AnyRow) -> db::Result<Found> {
    Ok(Found {
        id: parse("id", row.try_get("id")?)?,
        role: parse("role", row.try_get("role")?)?,
        specialty: row.try_get("specialty")?,
        key: WrappedKey {
            id: parse("data_key_id", row.try_get("data_key_id")?)?,
            key_id: row.try_get("key_id")?,
            wrapped: row.try_get("wrapped")?,
        },
        name_sealed: row.try_get("name_sealed")?,
        email_sealed: row.try_get("email_sealed")?,
        phone_sealed: row.try_get("phone_sealed")?,
        password_hash: row.try_get("password_hash")?,
        locale: parse("locale", row.try_get("locale")?)?,
        zone: parse("time_zone", row.try_get("time_zone")?)?,
        invited_by: row.try_get("invited_by")?,
        expires_at: from_ms(row.try_get("expires_at")?),
    })
}

macro_rules! select_open {
    ($rest:literal) => {
        concat!(
            "SELECT i.*, k.key_id, k.wrapped
             FROM invitations i
             JOIN data_keys k ON k.id = i.data_key_id AND k.wrapped IS NOT NULL
             WHERE i.expires_at > $1 AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL ",
            $rest
        )
    };
}

/// One open invitation.
pub(super) async fn find(
    connection: &mut AnyConnection,
    id: InvitationId,
    now: Timestamp,
) -> db::Result<Option<Found>> {
    let row = sqlx::query(select_open!("AND i.id = $2"))
        .bind(now.as_millisecond())
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(found).transpose()
}

/// The open invitation of a token's digest.
pub(super) async fn find_by_token(
    connection: &mut AnyConnection,
    digest: &[u8; 32],
    now: Timestamp,
) -> db::Result<Option<Found>> {
    let row = sqlx::query(select_open!("AND i.token_digest = $2"))
        .bind(now.as_millisecond())
        .bind(digest.as_slice())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(found).transpose()
}

/// Open invitations, newest first.
pub(super) async fn list(connection: &mut AnyConnection, now: Timestamp) -> db::Result<Vec<Found>> {
    sqlx::query(select_open!("ORDER BY i.invited_at DESC LIMIT 100"))
        .bind(now.as_millisecond())
        .fetch_all(connection)
        .await?
        .iter()
        .map(found)
        .collect()
}

/// Keeps phone and password, and the challenge that is to prove the phone; false when it is over.
pub(super) async fn fill_in(
    connection: &mut AnyConnection,
    id: InvitationId,
    phone: &[u8],
    hash: &str,
    challenge: ChallengeId,
) -> db::Result<bool> {
    let filled = sqlx::query(
        "UPDATE invitations SET phone_sealed = $2, password_hash = $3, challenge_id = $4
         WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL",
    )
    .bind(id.to_string())
    .bind(phone)
    .bind(hash)
    .bind(challenge.to_string())
    .execute(connection)
    .await?;
    Ok(filled.rows_affected() == 1)
}

/// Changes nothing, and makes others wait who change the invitation.
pub(super) async fn hold(connection: &mut AnyConnection, id: InvitationId) -> db::Result<()> {
    sqlx::query("UPDATE invitations SET expires_at = expires_at WHERE id = $1")
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Uses it up; false when it is over, or another challenge is to prove its phone.
pub(super) async fn claim(
    connection: &mut AnyConnection,
    id: InvitationId,
    challenge: ChallengeId,
    now: Timestamp,
) -> db::Result<bool> {
    let claimed = sqlx::query(
        "UPDATE invitations SET accepted_at = $2
         WHERE id = $1 AND challenge_id = $3 AND expires_at > $2 AND accepted_at IS NULL AND withdrawn_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .bind(challenge.to_string())
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Takes it back; false when it is over.
pub(super) async fn withdraw(connection: &mut AnyConnection, id: InvitationId, now: Timestamp) -> db::Result<bool> {
    let withdrawn = sqlx::query(
        "UPDATE invitations SET withdrawn_at = $2 WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(withdrawn.rows_affected() == 1)
}
