//! Statements on `challenges`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{Challenge, Holder, NewChallenge, Purpose, Whose};
use crate::auth::factors::FactorKey;
use crate::clock::{SignedDuration, Timestamp, from_ms};
use crate::crypto::codes::Seed;
use crate::db::{self, parse};
use crate::types::actor::Role;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{AccountId, ChallengeId, InvitationId, PhoneId};

fn odd(column: &'static str) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.into(),
        source: format!("column {column} holds something that is not of its kind").into(),
    }
}

fn challenge(row: &AnyRow) -> db::Result<Challenge> {
    let text = |column: &str| row.try_get::<Option<&str>, _>(column);
    let instant =
        |column: &str| -> db::Result<Option<Timestamp>> { Ok(row.try_get::<Option<i64>, _>(column)?.map(from_ms)) };
    let owners = (text("account_id")?, text("registration_id")?, text("invitation_id")?, text("recovery_id")?);
    let whose = match owners {
        (Some(id), ..) => Whose::Account(parse("account_id", id)?),
        (_, Some(id), ..) => Whose::Registration(parse("registration_id", id)?),
        (_, _, Some(id), _) => Whose::Invitation(parse("invitation_id", id)?),
        (_, _, _, Some(id)) => Whose::Recovery(parse("recovery_id", id)?),
        _ => return Err(odd("account_id")),
    };
    let browser: Vec<u8> = row.try_get("browser_digest")?;
    Ok(Challenge {
        id: parse("id", row.try_get("id")?)?,
        whose,
        purpose: Purpose::from_word(row.try_get("purpose")?).ok_or_else(|| odd("purpose"))?,
        device: text("device_id")?.map(|id| parse("device_id", id)).transpose()?,
        tries: row.try_get("tries")?,
        sends: row.try_get("sends")?,
        factor: parse("factor", row.try_get("factor")?)?,
        phone: text("phone_id")?.map(|id| parse("phone_id", id)).transpose()?,
        stronger: row.try_get::<i64, _>("stronger")? != 0,
        apart_from: text("apart_from")?.map(FactorKey::stored),
        last_send_at: instant("last_send_at")?,
        next_send_at: from_ms(row.try_get("next_send_at")?),
        code_ends_at: from_ms(row.try_get("code_ends_at")?),
        code_life: SignedDuration::from_millis(row.try_get("code_life")?),
        code_for: text("code_for")?.map(FactorKey::stored),
        number: row
            .try_get::<Option<Vec<u8>>, _>("number_index")?
            .map(|index| index.try_into().map_err(|_| odd("number_index")))
            .transpose()?,
        visit: text("visit_id")?.map(|id| parse("visit_id", id)).transpose()?,
        reset: text("reset_id")?.map(|id| parse("reset_id", id)).transpose()?,
        next: row.try_get("next_path")?,
        expires_at: from_ms(row.try_get("expires_at")?),
        answered_at: instant("answered_at")?,
        ended_at: instant("ended_at")?,
        seed: Seed::from_bytes(&row.try_get::<Vec<u8>, _>("seed")?).ok_or_else(|| odd("seed"))?,
        browser: browser.try_into().map_err(|_| odd("browser_digest"))?,
    })
}

/// Adds a challenge.
pub(super) async fn insert(connection: &mut AnyConnection, new: &Challenge, now: Timestamp) -> db::Result<()> {
    let (account, registration, invitation, recovery) = match new.whose {
        Whose::Account(id) => (Some(id.to_string()), None, None, None),
        Whose::Registration(id) => (None, Some(id.to_string()), None, None),
        Whose::Invitation(id) => (None, None, Some(id.to_string()), None),
        Whose::Recovery(id) => (None, None, None, Some(id.to_string())),
    };
    sqlx::query(
        "INSERT INTO challenges (id, account_id, registration_id, invitation_id, reset_id, purpose, factor, browser_digest,
                                 device_id, seed, code_ends_at, tries, sends, next_send_at, visit_id, next_path, started_at,
                                 expires_at, phone_id, stronger, apart_from, recovery_id, code_life,
                                 number_index)
         VALUES ($1, $2, $3, $4, $5, $6, $15, $7, $8, $9, $10, 0, 0, $11, $12, $13, $11, $14, $16, $17, $18, $19, $20, $21)",
    )
    .bind(new.id.to_string())
    .bind(account)
    .bind(registration)
    .bind(invitation)
    .bind(new.reset.map(|id| id.to_string()))
    .bind(new.purpose.as_str())
    .bind(new.browser.as_slice())
    .bind(new.device.map(|id| id.to_string()))
    .bind(new.seed.as_bytes())
    .bind(new.code_ends_at.as_millisecond())
    .bind(now.as_millisecond())
    .bind(new.visit.map(|id| id.to_string()))
    .bind(new.next.as_deref())
    .bind(new.expires_at.as_millisecond())
    .bind(new.factor.as_str())
    .bind(new.phone.map(|id| id.to_string()))
    .bind(i64::from(new.stronger))
    .bind(new.apart_from.as_ref().map(FactorKey::as_str))
    .bind(recovery)
    .bind(new.code_life.as_millis() as i64)
    .bind(new.number.as_ref().map(|index| index.as_slice()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends what can still be answered by a kind of factor, of everybody of a role.
pub(super) async fn end_asking_for(
    connection: &mut AnyConnection,
    role: Role,
    kind: FactorKind,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE challenges
         SET ended_at = $1
         WHERE factor = $2 AND answered_at IS NULL AND ended_at IS NULL AND expires_at > $1
           AND account_id IN (SELECT id FROM accounts WHERE role = $3)",
    )
    .bind(now.as_millisecond())
    .bind(kind.as_str())
    .bind(role.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends what can still be answered by a phone of an account.
pub(super) async fn end_asking_phone(
    connection: &mut AnyConnection,
    account: AccountId,
    phone: PhoneId,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE challenges
         SET ended_at = $1
         WHERE account_id = $2 AND phone_id = $3 AND answered_at IS NULL AND ended_at IS NULL AND expires_at > $1",
    )
    .bind(now.as_millisecond())
    .bind(account.to_string())
    .bind(phone.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends what can still be answered for an invitation in another browser, or by another number than this one.
pub(super) async fn end_overwritten(
    connection: &mut AnyConnection,
    invitation: InvitationId,
    browser: &[u8; 32],
    number: &[u8; 32],
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE challenges
         SET ended_at = $1
         WHERE invitation_id = $2 AND answered_at IS NULL AND ended_at IS NULL AND expires_at > $1
           AND (browser_digest <> $3 OR number_index IS NULL OR number_index <> $4)",
    )
    .bind(now.as_millisecond())
    .bind(invitation.to_string())
    .bind(browser.as_slice())
    .bind(number.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

/// One challenge.
pub(super) async fn find(connection: &mut AnyConnection, id: ChallengeId) -> db::Result<Option<Challenge>> {
    let row =
        sqlx::query("SELECT * FROM challenges WHERE id = $1").bind(id.to_string()).fetch_optional(connection).await?;
    row.as_ref().map(challenge).transpose()
}

/// What stands for the number of a challenge that has none, in a comparison.
const NO_NUMBER: &[u8] = &[];

/// The live challenge of the same person for the same purpose, phone or typed number, visit and reset in the same browser.
pub(super) async fn find_live(
    connection: &mut AnyConnection,
    new: &NewChallenge<'_>,
    now: Timestamp,
) -> db::Result<Option<Challenge>> {
    macro_rules! live {
        ($owner:literal) => {
            concat!(
                "SELECT *
                 FROM challenges
                 WHERE ",
                $owner,
                " = $1 AND purpose = $2 AND browser_digest = $3 AND answered_at IS NULL AND ended_at IS NULL
                   AND expires_at > $4 AND COALESCE(visit_id, '') = $5 AND COALESCE(reset_id, '') = $6
                   AND ($7 = '' OR phone_id = $7) AND COALESCE(number_index, $8) = $9
                 ORDER BY started_at DESC
                 LIMIT 1"
            )
        };
    }
    let (sql, owner) = match new.whose {
        Whose::Account(id) => (live!("account_id"), id.to_string()),
        Whose::Registration(id) => (live!("registration_id"), id.to_string()),
        Whose::Invitation(id) => (live!("invitation_id"), id.to_string()),
        Whose::Recovery(id) => (live!("recovery_id"), id.to_string()),
    };
    let row = sqlx::query(sql)
        .bind(owner)
        .bind(new.purpose.as_str())
        .bind(new.browser.digest.as_slice())
        .bind(now.as_millisecond())
        .bind(new.visit.map(|id| id.to_string()).unwrap_or_default())
        .bind(new.reset.map(|id| id.to_string()).unwrap_or_default())
        .bind(match new.holder {
            Holder::NewPhone { phone, .. } => phone.id.to_string(),
            Holder::Account(_) | Holder::Typed { .. } => String::new(),
        })
        .bind(NO_NUMBER)
        .bind(new.holder.typed_index().map_or(NO_NUMBER, |index| index.as_slice()))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(challenge).transpose()
}

/// Changes where a rejoined challenge leads.
pub(super) async fn set_next(connection: &mut AnyConnection, id: ChallengeId, next: Option<&str>) -> db::Result<()> {
    sqlx::query("UPDATE challenges SET next_path = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(next)
        .execute(connection)
        .await?;
    Ok(())
}

/// Counts a try and answers the challenge, unless it is over, out of tries or another browser's.
pub(super) async fn count_try(
    connection: &mut AnyConnection,
    id: ChallengeId,
    browser: &[u8; 32],
    most: i64,
    now: Timestamp,
) -> db::Result<Option<Challenge>> {
    let row = sqlx::query(
        "UPDATE challenges SET tries = tries + 1
         WHERE id = $1 AND browser_digest = $2 AND tries < $3 AND answered_at IS NULL AND ended_at IS NULL AND expires_at > $4
         RETURNING *",
    )
    .bind(id.to_string())
    .bind(browser.as_slice())
    .bind(most)
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(challenge).transpose()
}

/// Uses the challenge up; false when somebody was first.
pub(super) async fn claim(connection: &mut AnyConnection, id: ChallengeId, now: Timestamp) -> db::Result<bool> {
    let claimed = sqlx::query(
        "UPDATE challenges SET answered_at = $2 WHERE id = $1 AND answered_at IS NULL AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Ends it unanswered.
pub(super) async fn end(connection: &mut AnyConnection, id: ChallengeId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE challenges SET ended_at = $2 WHERE id = $1 AND answered_at IS NULL")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes the turn to send; false before its instant, or when another request took it.
pub(super) async fn claim_send(
    connection: &mut AnyConnection,
    id: ChallengeId,
    sends: i64,
    now: Timestamp,
) -> db::Result<bool> {
    let claimed = sqlx::query(
        "UPDATE challenges SET next_send_at = $3 + 1000
         WHERE id = $1 AND sends = $2 AND next_send_at <= $3",
    )
    .bind(id.to_string())
    .bind(sends)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Counts a send and sets the instant of the next.
pub(super) async fn count_send(
    connection: &mut AnyConnection,
    id: ChallengeId,
    now: Timestamp,
    next: Timestamp,
    to: Option<&FactorKey>,
) -> db::Result<()> {
    sqlx::query(
        "UPDATE challenges SET sends = sends + 1, last_send_at = $2, next_send_at = $3, code_for = $4 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .bind(next.as_millisecond())
    .bind(to.map(FactorKey::as_str))
    .execute(connection)
    .await?;
    Ok(())
}

/// Sets the instant of the next send where none goes out now.
pub(super) async fn hold_send(connection: &mut AnyConnection, id: ChallengeId, next: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE challenges SET next_send_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(next.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps what is demanded of the factor.
pub(super) async fn set_demand(
    connection: &mut AnyConnection,
    id: ChallengeId,
    stronger: bool,
    apart_from: Option<&FactorKey>,
) -> db::Result<()> {
    sqlx::query("UPDATE challenges SET stronger = $2, apart_from = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(i64::from(stronger))
        .bind(apart_from.map(FactorKey::as_str))
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps what is asked for now.
pub(super) async fn set_factor(
    connection: &mut AnyConnection,
    id: ChallengeId,
    factor: FactorKind,
    phone: Option<PhoneId>,
) -> db::Result<()> {
    sqlx::query("UPDATE challenges SET factor = $2, phone_id = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(factor.as_str())
        .bind(phone.map(|id| id.to_string()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives the challenge a fresh code.
pub(super) async fn replace_code(
    connection: &mut AnyConnection,
    id: ChallengeId,
    seed: &Seed,
    ends_at: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE challenges SET seed = $2, code_ends_at = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(seed.as_bytes())
        .bind(ends_at.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes up to `batch` challenges that expired before `before` and that nothing names.
pub(super) async fn sweep(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM challenges
         WHERE id IN (SELECT c.id
                      FROM challenges c
                      WHERE c.expires_at < $1
                        AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.challenge_id = c.id)
                        AND NOT EXISTS (SELECT 1 FROM dispatches d WHERE d.challenge_id = c.id)
                      ORDER BY c.expires_at
                      LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
