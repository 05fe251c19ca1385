//! Asking for a passkey, as a second factor or for signing in without a password, and what it answers.

use webauthn_rs::prelude::{AuthenticationResult, DiscoverableAuthentication, PasskeyAuthentication};

use super::{
    Answer, KIND, counter_of, for_challenge, for_sign_in, index_of, keep, key_of, options, sealed, sql, unreadable,
    webauthn,
};
use crate::auth::browser::Browser;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::portal::Portal;
use crate::types::ids::{AccountId, ChallengeId};

/// Asks any of the account's passkeys, for a challenge.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn ask(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    challenge: ChallengeId,
) -> Result<(), InternalError> {
    let rows = sql::authenticators(tx, account.id, KIND).await?;
    let keys = rows.iter().map(|row| key_of(row, account)).collect::<Result<Vec<_>, _>>()?;
    let (options, state) = webauthn(portal)?
        .start_passkey_authentication(&keys)
        .map_err(|error| InternalError::new("asking a passkey", error))?;
    let options = serde_json::to_value(&options).map_err(unreadable)?;
    let state = serde_json::to_string(&state).map_err(unreadable)?;
    keep(portal, tx, &for_challenge(challenge), &state, &options["publicKey"].to_string()).await
}

/// What the passkeys were asked for a challenge, as `PublicKeyCredentialRequestOptionsJSON`; None when it is over.
///
/// # Errors
/// When the database fails.
pub async fn asked(portal: &Portal, challenge: ChallengeId) -> Result<Option<String>, InternalError> {
    options(portal, &for_challenge(challenge)).await
}

/// Whether a passkey of the account gave this answer to what it was asked; keeps its new counter and flags.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn check(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    challenge: ChallengeId,
    answer: &Answer,
) -> Result<bool, InternalError> {
    let now = portal.clock.now();
    let whose = for_challenge(challenge);
    let Some((state, _)) = sql::ceremony(tx, &whose, now).await? else { return Ok(false) };
    let state: PasskeyAuthentication = serde_json::from_str(&state).map_err(unreadable)?;
    let result = match webauthn(portal)?.finish_passkey_authentication(&answer.0, &state) {
        Ok(result) => result,
        Err(error) => {
            tracing::info!(%error, "a passkey's answer was not taken");
            return Ok(false);
        }
    };
    // The state holds the keys as they were when they were asked; one that was removed since proves nobody.
    let Some(row) = sql::passkey_of(tx, &index_of(result.cred_id())).await? else { return Ok(false) };
    if row.account != account.id || sql::take_ceremony(tx, &whose, now).await?.is_none() {
        return Ok(false);
    }
    keep_used(portal, tx, account, &row, &result).await
}

async fn keep_used(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    row: &sql::AuthenticatorRow,
    result: &AuthenticationResult,
) -> Result<bool, InternalError> {
    let mut key = key_of(row, account)?;
    // What was asked may be older than the newest answer: the counter must also rise above what is stored by now.
    if result.counter() > 0 && i64::from(result.counter()) <= counter_of(&key) {
        tracing::info!("a passkey's counter did not rise");
        return Ok(false);
    }
    key.update_credential(result);
    sql::use_passkey(tx, row.id, &sealed(account, row.id, &key)?, portal.clock.now()).await?;
    Ok(true)
}

/// Asks the browser for any passkey that it holds for the portal, for signing in without a password.
///
/// # Errors
/// When the database fails.
pub async fn begin_sign_in(portal: &Portal, tx: &mut Tx, browser: &Browser) -> Result<(), InternalError> {
    let (options, state) = webauthn(portal)?
        .start_discoverable_authentication()
        .map_err(|error| InternalError::new("asking for a passkey", error))?;
    let options = serde_json::to_value(&options).map_err(unreadable)?;
    let state = serde_json::to_string(&state).map_err(unreadable)?;
    keep(portal, tx, &for_sign_in(browser), &state, &options["publicKey"].to_string()).await
}

/// What the browser was asked, as `PublicKeyCredentialRequestOptionsJSON`; None when it is over.
///
/// # Errors
/// When the database fails.
pub async fn sign_in_options(portal: &Portal, browser: &Browser) -> Result<Option<String>, InternalError> {
    options(portal, &for_sign_in(browser)).await
}

/// The account whose passkey gave this answer, with its person verified. What was asked is used up, whatever the answer.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn identify(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    answer: &Answer,
) -> Result<Option<Account>, InternalError> {
    let state = sql::take_ceremony(tx, &for_sign_in(browser), portal.clock.now()).await?;
    let Some(state) = state else { return Ok(None) };
    let state: DiscoverableAuthentication = serde_json::from_str(&state).map_err(unreadable)?;
    let webauthn = webauthn(portal)?;
    let Ok((who, credential)) = webauthn.identify_discoverable_authentication(&answer.0) else { return Ok(None) };
    let Some(row) = sql::passkey_of(tx, &index_of(credential)).await? else { return Ok(None) };
    let is_theirs = who.to_string().parse::<AccountId>().is_ok_and(|id| id == row.account);
    let Some(account) = accounts::find_in(portal, tx, row.account).await?.filter(|_| is_theirs) else {
        return Ok(None);
    };
    match webauthn.finish_discoverable_authentication_v2(&answer.0, state, key_of(&row, &account)?) {
        Ok(result) if result.user_verified() => {
            let is_taken = keep_used(portal, tx, &account, &row, &result).await?;
            Ok(is_taken.then_some(account))
        }
        Ok(_) => Ok(None),
        Err(error) => {
            tracing::info!(%error, "a passkey's answer was not taken");
            Ok(None)
        }
    }
}
