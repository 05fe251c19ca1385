//! Passkeys and security keys: WebAuthn level 3, as second factor and for signing in without a password.
//!
//! | what                    | rule                                                                            |
//! |-------------------------|---------------------------------------------------------------------------------|
//! | user verification       | always required: a finger, a face or the key's PIN, so one touch is two factors |
//! | discoverable            | preferred, so that it can sign in without a password where the device allows    |
//! | attestation             | not asked for: any maker's device will do, and none can be told apart           |
//! | counter                 | one that does not rise where it should is a copy, and refused                   |
//! | backup flags            | kept as they change, and shown                                                  |
//! | passkeys of one person  | 10                                                                              |
//!
//! What a device was asked stays on the server (`ceremonies`) and is answered once, within ten minutes.

mod asking;

use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;
use webauthn_rs::prelude::{
    Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Webauthn, WebauthnBuilder,
};

use super::{Factor, FactorKey, place, sql};
use crate::auth::browser::Browser;
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::sealed::Sealed;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{Account, Frozen};
use crate::portal::Portal;
use crate::types::ids::{AuthenticatorId, ChallengeId, SessionId};

pub(in crate::auth) use asking::{ask, check, identify};
pub use asking::{asked, begin_sign_in, sign_in_options};

const KIND: &str = "passkey";
/// Passkeys of one person.
pub const MOST: usize = 10;
/// How long a device may take to answer.
const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// No answer of a device is longer; with attestation it is a few thousand characters.
const LONGEST: usize = 16 * 1024;
/// Letters of a passkey's name.
const LONGEST_NAME: usize = 40;

/// A device's answer, as its browser posted it. Does not print.
pub struct Answer(Box<PublicKeyCredential>);

/// Not what a browser posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer;

fn read<T: DeserializeOwned>(json: &str) -> Result<T, NoAnswer> {
    if json.len() > LONGEST {
        return Err(NoAnswer);
    }
    serde_json::from_str(json).map_err(|_| NoAnswer)
}

impl Answer {
    /// Reads the JSON form of a `PublicKeyCredential`.
    ///
    /// # Errors
    /// When it is not one.
    pub fn read(json: &str) -> Result<Self, NoAnswer> {
        read(json).map(|answer| Self(Box::new(answer)))
    }
}

/// A passkey in its owner's list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Which.
    pub id: AuthenticatorId,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it last proved its person.
    pub used_at: Option<Timestamp>,
    /// Whether its maker keeps a copy, so that it outlives the device.
    pub is_backed_up: bool,
}

/// Whether passkeys can be bound to the portal's address: browsers bind them to a name, never to a number.
pub fn are_possible(portal: &Portal) -> bool {
    portal.config.public_url.domain().is_some()
}

fn webauthn(portal: &Portal) -> Result<Webauthn, InternalError> {
    let broken = |error| InternalError::new("reading the portal's address for passkeys", error);
    let origin = url::Url::parse(&portal.config.public_origin())
        .map_err(|error| InternalError::new("reading the portal's address for passkeys", error))?;
    let host = origin.host_str().ok_or_else(|| InternalError::because("the portal's address has no host"))?;
    WebauthnBuilder::new(host, &origin).map_err(broken)?.rp_name(&portal.config.clinic.name).build().map_err(broken)
}

fn unreadable(error: serde_json::Error) -> InternalError {
    InternalError::new("writing or reading what belongs to a passkey", error)
}

fn key_of(row: &sql::AuthenticatorRow, account: &Account) -> Result<Passkey, InternalError> {
    let text = Sealed::<String>::from_bytes(row.secret_sealed.clone())
        .open(&account.key, &place("secret_sealed", row.id))
        .map_err(|error| InternalError::new("opening a passkey", error))?;
    serde_json::from_str(&text).map_err(unreadable)
}

fn sealed(account: &Account, id: AuthenticatorId, key: &Passkey) -> Result<Vec<u8>, InternalError> {
    let text = serde_json::to_string(key).map_err(unreadable)?;
    Ok(Sealed::<String>::seal(&text, &account.key, &place("secret_sealed", id)).as_bytes().to_vec())
}

fn index_of(credential: &[u8]) -> [u8; 32] {
    Sha256::digest(credential).into()
}

/// Whether its maker keeps a copy. The flag is not among what the library tells, and is in what it writes.
fn is_backed_up(key: &Passkey) -> bool {
    let written = serde_json::to_value(key).unwrap_or_default();
    written["cred"]["backup_state"].as_bool().unwrap_or(false)
}

/// How often its device says that it was used; 0 for those that do not count. Read as the flag above.
fn counter_of(key: &Passkey) -> i64 {
    let written = serde_json::to_value(key).unwrap_or_default();
    written["cred"]["counter"].as_i64().unwrap_or(0)
}

/// The account's passkeys, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of(portal: &Portal, account: &Account) -> Result<Vec<Listed>, InternalError> {
    let mut connection = portal.db.read().await?;
    of_in(&mut connection, account).await
}

/// The same over a connection, or inside a transaction.
///
/// # Errors
/// When the database fails.
pub async fn of_in(connection: &mut AnyConnection, account: &Account) -> Result<Vec<Listed>, InternalError> {
    sql::authenticators(connection, account.id, KIND)
        .await?
        .iter()
        .map(|row| {
            let name = Sealed::<String>::from_bytes(row.name_sealed.clone())
                .open(&account.key, &place("name_sealed", row.id))
                .map_err(|error| InternalError::new("opening a passkey's name", error))?;
            let is_backed_up = is_backed_up(&key_of(row, account)?);
            Ok(Listed { id: row.id, name, added_at: row.added_at, used_at: row.used_at, is_backed_up })
        })
        .collect()
}

fn for_adding(session: SessionId) -> String {
    format!("session:{session}")
}

fn for_challenge(challenge: ChallengeId) -> String {
    format!("challenge:{challenge}")
}

fn for_sign_in(browser: &Browser) -> String {
    format!("browser:{}", data_encoding::HEXLOWER.encode(&browser.digest))
}

/// Why no passkey was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddRefusal {
    /// It has no name.
    NoName,
    /// The name is over 40 letters.
    LongName,
    /// There are ten already.
    TooMany,
    /// What the device was asked is over, or it answered something else.
    NotTaken,
    /// Changes to the account are paused.
    Frozen(Frozen),
}

/// Asks the browser of a session for a new passkey.
///
/// # Errors
/// Refused as [`AddRefusal`] says.
pub async fn begin_adding(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    session: SessionId,
) -> Result<(), Failure<AddRefusal>> {
    let rows = sql::authenticators(tx, account.id, KIND).await?;
    if rows.len() >= MOST {
        return Err(Failure::Refused(AddRefusal::TooMany));
    }
    let keys = rows.iter().map(|row| key_of(row, account)).collect::<Result<Vec<_>, _>>()?;
    let known = keys.iter().map(|key| key.cred_id().clone()).collect();
    let who = account.id.to_string().parse().map_err(|_| InternalError::because("an account's id is no UUID"))?;
    let (options, state) = webauthn(portal)?
        .start_passkey_registration(who, account.email.as_str(), account.name.as_str(), Some(known))
        .map_err(|error| InternalError::new("asking for a passkey", error))?;
    let mut options = serde_json::to_value(&options).map_err(unreadable)?;
    options["publicKey"]["authenticatorSelection"]["residentKey"] = "preferred".into();
    let state = serde_json::to_string(&state).map_err(unreadable)?;
    keep(portal, tx, &for_adding(session), &state, &options["publicKey"].to_string()).await?;
    Ok(())
}

async fn keep(portal: &Portal, tx: &mut Tx, whose: &str, state: &str, options: &str) -> Result<(), InternalError> {
    Ok(sql::keep_ceremony(tx, whose, state, options, portal.clock.now() + LIFE).await?)
}

async fn options(portal: &Portal, whose: &str) -> Result<Option<String>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::ceremony(&mut connection, whose, portal.clock.now()).await?.map(|(_, options)| options))
}

/// What the browser of a session was asked, as `PublicKeyCredentialCreationOptionsJSON`; None when it is over.
///
/// # Errors
/// When the database fails.
pub async fn adding(portal: &Portal, session: SessionId) -> Result<Option<String>, InternalError> {
    options(portal, &for_adding(session)).await
}

fn named(name: &str) -> Result<String, AddRefusal> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(AddRefusal::NoName),
        1..=LONGEST_NAME if !name.chars().any(char::is_control) => Ok(name),
        _ => Err(AddRefusal::LongName),
    }
}

/// Binds the passkey that the device answered with.
///
/// # Errors
/// Refused as [`AddRefusal`] says.
pub async fn add(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    session: SessionId,
    name: &str,
    answer: &str,
) -> Result<AuthenticatorId, Failure<AddRefusal>> {
    let refused = Failure::Refused;
    let name = named(name).map_err(refused)?;
    let answer: RegisterPublicKeyCredential =
        read(answer).map_err(|NoAnswer| Failure::Refused(AddRefusal::NotTaken))?;
    let now = portal.clock.now();
    let rows = sql::authenticators(tx, account.id, KIND).await?;
    if rows.len() >= MOST {
        return Err(Failure::Refused(AddRefusal::TooMany));
    }
    let state = sql::take_ceremony(tx, &for_adding(session), now).await?;
    let state = state.ok_or(Failure::Refused(AddRefusal::NotTaken))?;
    let state: PasskeyRegistration = serde_json::from_str(&state).map_err(unreadable)?;
    let key = webauthn(portal)?.finish_passkey_registration(&answer, &state).map_err(|error| {
        tracing::info!(%error, "a new passkey was not taken");
        Failure::Refused(AddRefusal::NotTaken)
    })?;
    let id = AuthenticatorId::new();
    let name_sealed = Sealed::<String>::seal(&name, &account.key, &place("name_sealed", id));
    let added = sql::insert_authenticator(
        tx,
        &sql::NewAuthenticator {
            id,
            account: account.id,
            kind: KIND,
            name_sealed: name_sealed.as_bytes(),
            secret_sealed: &sealed(account, id, &key)?,
            credential_index: Some(index_of(key.cred_id())),
            proved_at: Some(now),
            now,
        },
    )
    .await?;
    if !added {
        return Err(Failure::Refused(AddRefusal::NotTaken));
    }
    super::proved(portal, tx, account.id, &Factor::Passkey.key()).await?;
    Ok(id)
}

/// Gives a passkey another name; false when it is not theirs.
///
/// # Errors
/// Refused as [`AddRefusal`] says of names.
pub async fn rename(
    tx: &mut Tx,
    account: &Account,
    id: AuthenticatorId,
    name: &str,
) -> Result<bool, Failure<AddRefusal>> {
    let name = named(name).map_err(Failure::Refused)?;
    let sealed = Sealed::<String>::seal(&name, &account.key, &place("name_sealed", id));
    Ok(sql::rename(tx, account.id, id, sealed.as_bytes()).await?)
}

/// Removes a passkey; None when it is not theirs.
///
/// # Errors
/// When the database fails.
pub async fn remove(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    id: AuthenticatorId,
) -> Result<Option<FactorKey>, InternalError> {
    let theirs = sql::authenticators(tx, account.id, KIND).await?.iter().any(|row| row.id == id);
    if !theirs || !sql::remove_authenticator(tx, account.id, id, portal.clock.now()).await? {
        return Ok(None);
    }
    Ok(Some(Factor::Passkey.key()))
}

/// Removes up to `batch` questions that no device answered in time; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep_ceremonies(&mut tx, portal.clock.now(), batch).await?;
    tx.commit().await?;
    Ok(swept)
}
