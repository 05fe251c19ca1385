//! Choosing a new password: a mailed link (30 min, single use, newest only), then a texted code, then the password.
//! It ends every session and forgets every browser, tells the owner, and never signs in by itself.

mod sql;

use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, Alert, Also};
use crate::auth::browser::Browser;
use crate::auth::challenges::{self, Answered, Holder, NewChallenge, Purpose, Whose};
use crate::auth::entered::Entered;
use crate::auth::sessions::{self, Kind, NewSession, Session};
use crate::auth::{budgets, recovery, trusted_devices};
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::blind_index;
use crate::crypto::passwords::{Password, PasswordRefusal};
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account};
use crate::limits::{self, Limit, Taken};
use crate::messaging::dispatches;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::email_address::EmailAddress;
use crate::types::ids::{AccountId, ResetId, SessionId};

/// Links mailed to one address.
const MAILS: Limit = Limit { bucket: "reset:email", max: 3, window: SignedDuration::from_hours(1), pause: None };
/// Requests from one network.
const NETWORK: Limit = Limit { bucket: "network:reset", max: 20, window: SignedDuration::from_hours(1), pause: None };

/// Why nothing was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskRefusal {
    /// Too many from this network.
    TooMany(Timestamp),
}

/// Asks for a link. The answer is the same whether the email has an account; what an account costs happens after it.
///
/// # Errors
/// Refused as [`AskRefusal`] says.
pub async fn ask(portal: &Portal, browser: &Browser, email: EmailAddress) -> Result<(), Failure<AskRefusal>> {
    let index = blind_index::index_email(&portal.keys.index, &email);
    let mut tx = portal.db.begin().await?;
    let network = limits::take(portal, &mut tx, NETWORK, browser.network.to_string().as_bytes()).await?;
    let mails = limits::take(portal, &mut tx, MAILS, &index).await?;
    audit::record(portal, &mut tx, Event::new(Actor::Stranger, Deed::ResetRequested).from(&browser.network)).await?;
    tx.commit().await?;
    if let Taken::Until(until) = network {
        return Err(Failure::Refused(AskRefusal::TooMany(until)));
    }
    if matches!(mails, Taken::Granted(_)) {
        let portal = portal.clone();
        tokio::spawn(async move {
            if let Err(error) = mail_link(&portal, &email).await {
                tracing::error!(%error, "a reset link could not be queued");
            }
        });
    }
    Ok(())
}

async fn mail_link(portal: &Portal, email: &EmailAddress) -> Result<(), InternalError> {
    let found = accounts::find_by_email(portal, email).await?;
    let now = portal.clock.now();
    let token = Secret::token();
    let mut tx = portal.db.begin().await?;
    let Some(account) = found.filter(|account| account.turned_off_at.is_none()) else {
        // Nobody costs a commit as well, so that the next request cannot time it.
        let index = blind_index::index_email(&portal.keys.index, email);
        limits::take(portal, &mut tx, budgets::resets_of_nobody(), &index).await?;
        tx.commit().await?;
        return Ok(());
    };
    if account.reset_held_at.is_some() {
        let to = account.contact();
        dispatches::queue_mail(portal, &mut tx, &to, Notice::ResetHeld, &Values::new(), dispatches::MAIL_LIFE).await?;
        return Ok(tx.commit().await?);
    }
    sql::replace_all(&mut tx, account.id, now).await?;
    let expires_at = now + portal.config.limits.reset_life;
    sql::insert(&mut tx, ResetId::new(), account.id, &token.digest(), now, expires_at).await?;
    let link = format!("{}/password/reset?token={}", portal.config.public_origin(), token.expose());
    let values = Values::from([("link".to_owned(), link)]);
    dispatches::queue_mail(
        portal,
        &mut tx,
        &account.contact(),
        Notice::ResetLink,
        &values,
        portal.config.limits.reset_life,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Whether a link still works; looking changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn is_open(portal: &Portal, token: &Secret) -> Result<bool, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::find_by_token(&mut connection, &token.digest(), portal.clock.now()).await?.is_some())
}

/// Exchanges the link's token for a pending session and texts a code. None when the link is old, used or made up.
///
/// # Errors
/// When the database fails.
pub async fn open(
    portal: &Portal,
    browser: &Browser,
    token: &Secret,
    replaces: Option<SessionId>,
) -> Result<Option<Entered>, InternalError> {
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let Some((reset, account)) = sql::find_by_token(&mut tx, &token.digest(), now).await? else { return Ok(None) };
    let Some(account) = accounts::find_in(portal, &mut tx, account).await? else { return Ok(None) };
    if account.reset_held_at.is_some() {
        return Ok(None);
    }
    sql::mark_opened(&mut tx, reset, now).await?;
    let known = trusted_devices::of_browser(portal, &mut tx, browser, Some(account.id)).await?.known();
    let device = known.map(|device| device.id);
    let challenge = challenges::open(
        portal,
        &mut tx,
        NewChallenge {
            whose: Whose::Account(account.id),
            purpose: Purpose::ResetPassword,
            browser,
            device,
            holder: Holder::Account(&account),
            stronger: false,
            apart_from: None,
            visit: None,
            reset: Some(reset),
            next: None,
        },
    )
    .await?;
    let new = NewSession {
        browser,
        kind: Kind::Pending,
        account: Some(&account),
        challenge: Some(challenge),
        device,
        proof: None,
        replaces,
    };
    let token = sessions::begin(portal, &mut tx, new).await?;
    tx.commit().await?;
    Ok(Some(Entered { token, device: None, next: "/challenge".into() }))
}

/// The code was right: the pending session may now choose the password.
///
/// # Errors
/// When the database fails.
pub(super) async fn finish(
    portal: &Portal,
    mut tx: Tx,
    browser: &Browser,
    answered: &Answered,
    account: &Account,
    replaces: SessionId,
) -> Result<Entered, InternalError> {
    let reset =
        answered.challenge.reset.ok_or_else(|| InternalError::because("a reset challenge without its reset"))?;
    sql::mark_proved(&mut tx, reset, portal.clock.now()).await?;
    let new = NewSession {
        browser,
        kind: Kind::Pending,
        account: Some(account),
        challenge: Some(answered.challenge.id),
        device: answered.challenge.device,
        proof: None,
        replaces: Some(replaces),
    };
    let token = sessions::begin(portal, &mut tx, new).await?;
    tx.commit().await?;
    Ok(Entered { token, device: None, next: "/password/reset".into() })
}

/// Why no new password was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChooseRefusal {
    /// The link is old or used, or the code was not given.
    Over,
    /// The password may not be chosen.
    Password(PasswordRefusal),
    /// It is the password that the account has: somebody may know it.
    Same,
}

/// The reset that this session may finish, if link and code were both given.
///
/// # Errors
/// When the database fails.
pub async fn ready(portal: &Portal, session: &Session) -> Result<Option<ResetId>, InternalError> {
    let Some(challenge) = session.challenge else { return Ok(None) };
    let Some(challenge) = challenges::find(portal, challenge).await? else { return Ok(None) };
    match (challenge.purpose, challenge.answered_at, challenge.reset) {
        (Purpose::ResetPassword, Some(_), Some(reset)) => Ok(Some(reset)),
        _ => Ok(None),
    }
}

/// Sets the new password; every session and every known browser of the account ends.
///
/// # Errors
/// Refused as [`ChooseRefusal`] says.
pub async fn choose(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    typed: &str,
) -> Result<(), Failure<ChooseRefusal>> {
    let Some(reset) = ready(portal, session).await? else { return Err(Failure::Refused(ChooseRefusal::Over)) };
    let account = session.who.as_ref().map(|who| who.account).ok_or(Failure::Refused(ChooseRefusal::Over))?;
    let account = accounts::find(portal, account).await?.ok_or(Failure::Refused(ChooseRefusal::Over))?;
    let words = [account.name.as_str(), account.email.as_str(), portal.config.clinic.name.as_str()];
    let password = Password::chosen(typed, &words, portal.config.limits.password_least)
        .map_err(|refusal| Failure::Refused(ChooseRefusal::Password(refusal)))?;
    let busy = |_| InternalError::busy("hashing a password");
    if portal.hasher.verify(password.clone(), Some(&account.password_hash)).await.map_err(busy)?.right {
        return Err(Failure::Refused(ChooseRefusal::Same));
    }
    let hash = portal.hasher.hash(password).await.map_err(busy)?;
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    if !sql::claim(&mut tx, reset, now).await? {
        return Err(Failure::Refused(ChooseRefusal::Over));
    }
    accounts::set_password(portal, &mut tx, account.id, &hash).await?;
    sessions::end_all(portal, &mut tx, account.id).await?;
    trusted_devices::forget_all(portal, &mut tx, account.id).await?;
    // Who chose it holds a factor: no way back in is needed, and one that waits may be somebody else's.
    recovery::stop(portal, &mut tx, account.actor(), account.id, "password_reset", &browser.network).await?;
    limits::clear(&mut tx, budgets::wrong_passwords(&portal.config.limits), &account.email_index).await?;
    audit::record(
        portal,
        &mut tx,
        Event::new(account.actor(), Deed::PasswordReset).on(account.id).from(&browser.network),
    )
    .await?;
    alerts::raise(portal, &mut tx, &account, Alert::PasswordChanged, Also::default(), &browser.network).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends the account's links, also those whose code was given.
///
/// # Errors
/// When the database fails.
pub(super) async fn void(portal: &Portal, tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::void(tx, account, portal.clock.now()).await?)
}

/// How long a link that works no more stays in the table.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// Removes up to `batch` links that worked until a day ago; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - REMEMBERED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
