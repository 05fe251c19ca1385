//! Statements on `authenticators`; those on the other tables of factors beside it.

mod ceremonies;
mod recovery_codes;
mod uses;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{AccountId, AuthenticatorId};

pub(super) use ceremonies::{ceremony, keep_ceremony, sweep_ceremonies, take_ceremony};
pub(super) use recovery_codes::{codes_left, codes_made_at, drop_codes, drop_codes_since, replace_codes, use_code};
pub(super) use uses::{count_wrong, forget, forgive_all, proved, uses};

/// An authenticator app or a passkey as it lies in the table.
pub(super) struct AuthenticatorRow {
    pub id: AuthenticatorId,
    pub account: AccountId,
    pub name_sealed: Vec<u8>,
    pub secret_sealed: Vec<u8>,
    pub added_at: Timestamp,
    pub proved_at: Option<Timestamp>,
    pub used_at: Option<Timestamp>,
}

fn authenticator(row: &AnyRow) -> db::Result<AuthenticatorRow> {
    let instant =
        |column: &str| -> db::Result<Option<Timestamp>> { Ok(row.try_get::<Option<i64>, _>(column)?.map(from_ms)) };
    Ok(AuthenticatorRow {
        id: parse("id", row.try_get("id")?)?,
        account: parse("account_id", row.try_get("account_id")?)?,
        name_sealed: row.try_get("name_sealed")?,
        secret_sealed: row.try_get("secret_sealed")?,
        added_at: from_ms(row.try_get("added_at")?),
        proved_at: instant("proved_at")?,
        used_at: instant("used_at")?,
    })
}

/// The account's of a kind, oldest first; apps that were never proved as well.
pub(super) async fn authenticators(
    connection: &mut AnyConnection,
    account: AccountId,
    kind: &str,
) -> db::Result<Vec<AuthenticatorRow>> {
    sqlx::query(
        "SELECT id, account_id, name_sealed, secret_sealed, added_at, proved_at, used_at
         FROM authenticators
         WHERE account_id = $1 AND kind = $2 AND removed_at IS NULL
         ORDER BY added_at, id",
    )
    .bind(account.to_string())
    .bind(kind)
    .fetch_all(connection)
    .await?
    .iter()
    .map(authenticator)
    .collect()
}

/// What the account holds that can be asked for: proved apps and passkeys by kind and id, and unused recovery codes.
pub(super) async fn held(
    connection: &mut AnyConnection,
    account: AccountId,
) -> db::Result<(Vec<(String, AuthenticatorId)>, i64)> {
    let authenticators = sqlx::query(
        "SELECT kind, id
         FROM authenticators
         WHERE account_id = $1 AND proved_at IS NOT NULL AND removed_at IS NULL",
    )
    .bind(account.to_string())
    .fetch_all(&mut *connection)
    .await?
    .iter()
    .map(|row| Ok((row.try_get("kind")?, parse("id", row.try_get("id")?)?)))
    .collect::<db::Result<Vec<_>>>()?;
    let codes = codes_left(connection, account).await?;
    Ok((authenticators, codes))
}

/// The passkey of a credential's index.
pub(super) async fn passkey_of(
    connection: &mut AnyConnection,
    credential: &[u8; 32],
) -> db::Result<Option<AuthenticatorRow>> {
    sqlx::query(
        "SELECT id, account_id, name_sealed, secret_sealed, added_at, proved_at, used_at
         FROM authenticators
         WHERE credential_index = $1 AND removed_at IS NULL",
    )
    .bind(credential.as_slice())
    .fetch_optional(connection)
    .await?
    .as_ref()
    .map(authenticator)
    .transpose()
}

/// An authenticator to add.
pub(super) struct NewAuthenticator<'a> {
    pub id: AuthenticatorId,
    pub account: AccountId,
    pub kind: &'static str,
    pub name_sealed: &'a [u8],
    pub secret_sealed: &'a [u8],
    pub credential_index: Option<[u8; 32]>,
    pub proved_at: Option<Timestamp>,
    pub now: Timestamp,
}

/// Holds what the account has until the transaction ends, against others who change it at the same moment.
pub(super) async fn hold_authenticators(connection: &mut AnyConnection, account: AccountId) -> db::Result<()> {
    sqlx::query("UPDATE authenticators SET removed_at = removed_at WHERE account_id = $1 AND removed_at IS NULL")
        .bind(account.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds it; false when the credential is bound already.
pub(super) async fn insert_authenticator(
    connection: &mut AnyConnection,
    new: &NewAuthenticator<'_>,
) -> db::Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO authenticators (id, account_id, kind, name_sealed, secret_sealed, credential_index, added_at, proved_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT DO NOTHING",
    )
    .bind(new.id.to_string())
    .bind(new.account.to_string())
    .bind(new.kind)
    .bind(new.name_sealed)
    .bind(new.secret_sealed)
    .bind(new.credential_index.as_ref().map(|index| index.as_slice()))
    .bind(new.now.as_millisecond())
    .bind(new.proved_at.map(|at| at.as_millisecond()))
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Removes the account's authenticators of a kind that were never proved.
pub(super) async fn drop_unproved(connection: &mut AnyConnection, account: AccountId, kind: &str) -> db::Result<()> {
    sqlx::query("DELETE FROM authenticators WHERE account_id = $1 AND kind = $2 AND proved_at IS NULL")
        .bind(account.to_string())
        .bind(kind)
        .execute(connection)
        .await?;
    Ok(())
}

/// Marks an app proved by the code of a step; false when it is proved already or gone.
pub(super) async fn prove_totp(
    connection: &mut AnyConnection,
    id: AuthenticatorId,
    step: i64,
    now: Timestamp,
) -> db::Result<bool> {
    let proved = sqlx::query(
        "UPDATE authenticators SET proved_at = $3, used_at = $3, last_step = $2
         WHERE id = $1 AND proved_at IS NULL AND removed_at IS NULL",
    )
    .bind(id.to_string())
    .bind(step)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(proved.rows_affected() == 1)
}

/// Uses a time step of an app up; false when it, or a later one, was used before.
pub(super) async fn use_step(
    connection: &mut AnyConnection,
    id: AuthenticatorId,
    step: i64,
    now: Timestamp,
) -> db::Result<bool> {
    let used = sqlx::query(
        "UPDATE authenticators SET last_step = $2, used_at = $3
         WHERE id = $1 AND removed_at IS NULL AND (last_step IS NULL OR last_step < $2)",
    )
    .bind(id.to_string())
    .bind(step)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// Keeps a passkey's new counter and flags, and when it was used.
pub(super) async fn use_passkey(
    connection: &mut AnyConnection,
    id: AuthenticatorId,
    secret_sealed: &[u8],
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE authenticators SET secret_sealed = $2, used_at = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(secret_sealed)
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes an authenticator of the account; its secret goes with it. False when it is not theirs or gone.
pub(super) async fn remove_authenticator(
    connection: &mut AnyConnection,
    account: AccountId,
    id: AuthenticatorId,
    now: Timestamp,
) -> db::Result<bool> {
    let removed = sqlx::query(
        "UPDATE authenticators SET removed_at = $3, secret_sealed = $4, credential_index = NULL
         WHERE id = $1 AND account_id = $2 AND removed_at IS NULL",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(now.as_millisecond())
    .bind(Vec::<u8>::new())
    .execute(connection)
    .await?;
    Ok(removed.rows_affected() == 1)
}

/// Gives an authenticator of the account another name; false when it is not theirs or gone.
pub(super) async fn rename(
    connection: &mut AnyConnection,
    account: AccountId,
    id: AuthenticatorId,
    name_sealed: &[u8],
) -> db::Result<bool> {
    let renamed = sqlx::query(
        "UPDATE authenticators SET name_sealed = $3 WHERE id = $1 AND account_id = $2 AND removed_at IS NULL",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(name_sealed)
    .execute(connection)
    .await?;
    Ok(renamed.rows_affected() == 1)
}

/// Removes what was added or proved since an instant, and secrets that wait; answers the kind of each that counted.
pub(super) async fn remove_since(
    connection: &mut AnyConnection,
    account: AccountId,
    since: Timestamp,
    now: Timestamp,
) -> db::Result<Vec<FactorKind>> {
    sqlx::query(
        "UPDATE authenticators
         SET removed_at = $3
         WHERE account_id = $1 AND removed_at IS NULL
           AND (added_at >= $2 OR proved_at >= $2 OR (kind = 'totp' AND proved_at IS NULL))
         RETURNING kind, proved_at",
    )
    .bind(account.to_string())
    .bind(since.as_millisecond())
    .bind(now.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .filter_map(|row| {
        let kind = match (row.try_get::<&str, _>("kind"), row.try_get::<Option<i64>, _>("proved_at")) {
            (Ok("totp"), Ok(None)) => return None,
            (Ok(kind), Ok(_)) => parse("kind", kind),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        Some(kind)
    })
    .collect()
}
