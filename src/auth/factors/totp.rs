//! Authenticator apps: time-based codes, RFC 6238.
//!
//! | what                 | figure                                   | source                                  |
//! |----------------------|------------------------------------------|-----------------------------------------|
//! | secret               | 160 random bits                          | RFC 4226 section 4, R6                  |
//! | code                 | 6 digits, HMAC-SHA-1, 30 s               | what every app understands              |
//! | drift                | one step before and after                | RFC 6238 5.2                            |
//! | a time step          | is used once                             | RFC 6238 5.2, NIST SP 800-63B-4 3.1.4.2 |
//! | apps of one person   | 1                                        |                                         |
//!
//! SHA-1 is no weakness here: its collisions do not touch HMAC (RFC 6238 1.2), and apps silently take it for others.

use data_encoding::BASE32_NOPAD;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use super::{Factor, FactorKey, place, sql};
use crate::clock::Timestamp;
use crate::crypto::codes::TypedCode;
use crate::crypto::random;
use crate::crypto::sealed::Sealed;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::portal::Portal;
use crate::types::ids::{AccountId, AuthenticatorId};

const KIND: &str = "totp";

/// How many codes of an app are valid at a time: the present step's, and by drift the one before and after.
pub const VALID_AT_ONCE: i64 = 3;

/// The secret of an app. Does not print.
struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    fn new() -> Self {
        Self(Zeroizing::new(random::bytes::<20>().to_vec()))
    }

    fn totp(&self, issuer: &str, account: &str) -> Result<Totp, InternalError> {
        // A colon would end the label (key URI format).
        let tidy = |text: &str| text.replace(':', " ");
        Builder::new()
            .with_secret(self.0.to_vec())
            .with_issuer(Some(tidy(issuer)))
            .with_account_name(tidy(account))
            .build()
            .map_err(|error| InternalError::because(format!("an authenticator app's secret: {error}")))
    }

    /// The time step that a code is of, within one step of drift.
    fn step_of(&self, typed: &TypedCode, now: Timestamp) -> Result<Option<i64>, InternalError> {
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let step = self.totp("", "")?.check(&typed.expose(), seconds);
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }
}

/// An app of an account.
#[derive(Clone, Debug)]
pub struct App {
    /// Which.
    pub id: AuthenticatorId,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it last proved its person.
    pub used_at: Option<Timestamp>,
}

/// What a person needs to bind an app.
pub struct Binding {
    /// Which app will be bound by a code of it.
    pub id: AuthenticatorId,
    /// The secret as text, in groups of four.
    pub secret: Zeroizing<String>,
    /// The key URI, which an app on the same device opens.
    pub uri: Zeroizing<String>,
    /// The same as a QR code, an SVG element.
    pub qr: String,
}

/// The account's app, if it has one that was proved.
///
/// # Errors
/// When the database fails.
pub async fn of(portal: &Portal, account: &Account) -> Result<Option<App>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::authenticators(&mut connection, account.id, KIND).await?
    };
    let proved = rows.into_iter().find(|row| row.proved_at.is_some());
    Ok(proved.map(|row| App { id: row.id, added_at: row.added_at, used_at: row.used_at }))
}

fn opened(account: &Account, row: &sql::AuthenticatorRow) -> Result<Secret, InternalError> {
    let text = Sealed::<String>::from_bytes(row.secret_sealed.clone())
        .open(&account.key, &place("secret_sealed", row.id))
        .map_err(|error| InternalError::new("opening an authenticator app's secret", error))?;
    let bytes = BASE32_NOPAD
        .decode(text.as_bytes())
        .map_err(|error| InternalError::new("reading an authenticator app's secret", error))?;
    Ok(Secret(Zeroizing::new(bytes)))
}

/// Makes a secret for an app that counts once a code of it was typed; an earlier one that was never proved is dropped.
///
/// # Errors
/// When the database fails.
pub async fn begin(portal: &Portal, tx: &mut Tx, account: &Account) -> Result<(), InternalError> {
    let (id, secret) = (AuthenticatorId::new(), Secret::new());
    sql::drop_unproved(tx, account.id, KIND).await?;
    let text = BASE32_NOPAD.encode(&secret.0);
    let name_sealed = Sealed::<String>::seal(&String::new(), &account.key, &place("name_sealed", id));
    let secret_sealed = Sealed::<String>::seal(&text, &account.key, &place("secret_sealed", id));
    sql::insert_authenticator(
        tx,
        &sql::NewAuthenticator {
            id,
            account: account.id,
            kind: KIND,
            name_sealed: name_sealed.as_bytes(),
            secret_sealed: secret_sealed.as_bytes(),
            credential_index: None,
            proved_at: None,
            now: portal.clock.now(),
        },
    )
    .await?;
    Ok(())
}

/// The secret that waits for a code of it; None when none was begun.
///
/// # Errors
/// When the database fails.
pub async fn waiting(portal: &Portal, account: &Account) -> Result<Option<Binding>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::authenticators(&mut connection, account.id, KIND).await?
    };
    let Some(row) = rows.into_iter().find(|row| row.proved_at.is_none()) else { return Ok(None) };
    let secret = opened(account, &row)?;
    let clinic = portal.config.clinic.name.as_str();
    let totp = secret.totp(clinic, account.email.as_str())?;
    let uri =
        totp.to_url().map_err(|error| InternalError::because(format!("an authenticator app's address: {error}")))?;
    let text = BASE32_NOPAD.encode(&secret.0);
    let groups: Vec<&str> = text.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    Ok(Some(Binding { id: row.id, secret: Zeroizing::new(groups.join(" ")), qr: qr(&uri)?, uri: Zeroizing::new(uri) }))
}

/// Which app waits for a code of it.
///
/// # Errors
/// When the database fails.
pub(super) async fn waiting_id(tx: &mut Tx, account: AccountId) -> Result<Option<AuthenticatorId>, InternalError> {
    let rows = sql::authenticators(tx, account, KIND).await?;
    Ok(rows.into_iter().find(|row| row.proved_at.is_none()).map(|row| row.id))
}

/// Drops the secret that waits.
///
/// # Errors
/// When the database fails.
pub(super) async fn drop_waiting(tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::drop_unproved(tx, account, KIND).await?)
}

/// A text as an SVG element of black on white, with the quiet zone of four modules that scanners need.
fn qr(text: &str) -> Result<String, InternalError> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M)
        .map_err(|error| InternalError::because(format!("a QR code could not be made: {error}")))?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(232, 232).quiet_zone(true).build();
    // Inline in a page there is no XML declaration.
    Ok(svg.split_once("?>").map_or(svg.clone(), |(_, element)| element.to_owned()))
}

/// Binds the app that waits, by a code of it: the app it replaces goes. False when the code is not of it.
///
/// # Errors
/// When the database fails.
pub async fn bind(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    typed: &TypedCode,
) -> Result<Option<Factor>, InternalError> {
    let now = portal.clock.now();
    let rows = sql::authenticators(tx, account.id, KIND).await?;
    let Some(waiting) = rows.iter().find(|row| row.proved_at.is_none()) else { return Ok(None) };
    let Some(step) = opened(account, waiting)?.step_of(typed, now)? else { return Ok(None) };
    for old in rows.iter().filter(|row| row.proved_at.is_some()) {
        sql::remove_authenticator(tx, account.id, old.id, now).await?;
        super::forget(tx, account.id, &Factor::Totp(old.id).key()).await?;
    }
    if !sql::prove_totp(tx, waiting.id, step, now).await? {
        return Ok(None);
    }
    let factor = Factor::Totp(waiting.id);
    super::proved(portal, tx, account.id, &factor.key()).await?;
    Ok(Some(factor))
}

/// Removes the app; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn remove(portal: &Portal, tx: &mut Tx, account: &Account) -> Result<Option<FactorKey>, InternalError> {
    let rows = sql::authenticators(tx, account.id, KIND).await?;
    let Some(row) = rows.iter().find(|row| row.proved_at.is_some()) else { return Ok(None) };
    if !sql::remove_authenticator(tx, account.id, row.id, portal.clock.now()).await? {
        return Ok(None);
    }
    let key = Factor::Totp(row.id).key();
    super::forget(tx, account.id, &key).await?;
    Ok(Some(key))
}

/// By what the account's app is counted; None when it has none.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn key_of(tx: &mut Tx, account: AccountId) -> Result<Option<FactorKey>, InternalError> {
    let rows = sql::authenticators(tx, account, KIND).await?;
    Ok(rows.iter().find(|row| row.proved_at.is_some()).map(|row| Factor::Totp(row.id).key()))
}

/// Whether the code is the app's, of a time step that was not used before; uses the step up.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn check(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    typed: &TypedCode,
) -> Result<bool, InternalError> {
    let now = portal.clock.now();
    let rows = sql::authenticators(tx, account.id, KIND).await?;
    let Some(row) = rows.iter().find(|row| row.proved_at.is_some()) else { return Ok(false) };
    match opened(account, row)?.step_of(typed, now)? {
        Some(step) => Ok(sql::use_step(tx, row.id, step, now).await?),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the SHA-1 rows: eight digits there, of which six are ours.
    #[test]
    fn codes_are_those_of_rfc_6238() {
        let secret = Secret(Zeroizing::new(b"12345678901234567890".to_vec()));
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let typed = TypedCode::parse(code).unwrap();
            let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
            let step = |now: i64| secret.step_of(&typed, at(now)).unwrap();
            let own = Some(seconds / 30);
            assert_eq!(step(seconds), own, "{seconds}");
            assert_eq!((step(seconds - 30), step(seconds + 30)), (own, own), "one step of drift");
            assert_eq!(step(seconds + 61), None, "and no more");
            // Before the first vector there are not enough steps.
            if seconds > 300 {
                assert_eq!(step(seconds - 61), None, "and no more");
                let valid = (-5..=5).filter(|away| step(seconds + 30 * away).is_some()).count();
                assert_eq!(i64::try_from(valid), Ok(VALID_AT_ONCE));
            }
        }
    }

    #[test]
    fn an_independent_library_makes_the_same_codes() {
        for _ in 0..50 {
            let secret = Secret::new();
            let now = 1_700_000_000 + i64::from(u16::from_be_bytes(random::bytes())) * 997;
            let theirs = totp_lite::totp_custom::<totp_lite::Sha1>(30, 6, &secret.0, now.unsigned_abs());
            let typed = TypedCode::parse(&theirs).unwrap();
            assert_eq!(secret.step_of(&typed, Timestamp::from_second(now).unwrap()).unwrap(), Some(now / 30));
        }
    }

    #[test]
    fn the_address_names_clinic_and_person_and_the_picture_is_one_element() {
        let totp = Secret::new().totp("Riverside: Clinic", "mia@people.example").unwrap();
        let uri = totp.to_url().unwrap();
        assert!(uri.starts_with("otpauth://totp/Riverside%20%20Clinic:mia%40people.example?secret="), "{uri}");
        let svg = qr(&uri).unwrap();
        assert!(svg.trim_start().starts_with("<svg") && !svg.contains("style="), "{}", &svg[..80]);
    }
}
