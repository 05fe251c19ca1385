//! Signing in: password, then a code, then a session.
//!
//! An unknown email does the same work and gets the same answer. Tries are counted for every typed email, account or
//! not, before the password is looked at; a known browser counts apart, so a stranger cannot pause the owner.

use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, Alert, Also};
use crate::auth::browser::Browser;
use crate::auth::budgets::{network_tries, nobody, wrong_passwords};
use crate::auth::challenges::{self, Answered, Holder, NewChallenge, Purpose, Whose};
use crate::auth::entered::{Entered, home_of};
use crate::auth::opening::{Proved, open_session};
use crate::auth::sessions::{self, Kind, NewSession};
use crate::auth::{lockout, policy, risk, trusted_devices};
use crate::clock::Timestamp;
use crate::crypto::blind_index;
use crate::crypto::passwords::Password;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account};
use crate::identity::registration;
use crate::limits::{self, Taken};
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::email_address::EmailAddress;
use crate::types::ids::{DeviceId, SessionId};

/// Why nobody got further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInRefusal {
    /// Wrong email or password, unknown, or turned off: all look the same.
    Wrong,
    /// Too many wrong passwords for this typed email.
    Paused(Timestamp),
    /// The password is right, and the account locked for this browser.
    Locked(Timestamp),
    /// The password is right, and opens nothing until it is changed: from unknown browsers after too many wrong codes,
    /// from any after its owner reported something that was not them.
    PasswordSpent,
    /// Too many tries from this network.
    TooMany(Timestamp),
    /// The password is right, and it all looks like somebody else: the clinic must help.
    Held,
}

/// Checks email and password. A right one opens the challenge; on a trusted browser of a patient, the session.
///
/// # Errors
/// Refused as [`SignInRefusal`] says.
pub async fn sign_in(
    portal: &Portal,
    browser: &Browser,
    typed_email: &str,
    password: Password,
    next: Option<&str>,
    replaces: Option<SessionId>,
) -> Result<Entered, Failure<SignInRefusal>> {
    let config = &portal.config.limits;
    let email = EmailAddress::parse(typed_email).ok();
    let email_index = blind_index::index_typed_email(&portal.keys.index, typed_email);
    let account = match &email {
        Some(email) => accounts::find_by_email(portal, email).await?,
        None => None,
    };
    let resumable = registration::find_live(portal, &email_index).await?;

    // First commit: tries are taken before the work they guard.
    let mut tx = portal.db.begin().await?;
    let network = browser.network.to_string();
    if let Taken::Until(until) = limits::take(portal, &mut tx, network_tries(config), network.as_bytes()).await? {
        tx.commit().await?;
        return Err(Failure::Refused(SignInRefusal::TooMany(until)));
    }
    let device = trusted_devices::of_browser(portal, &mut tx, browser, account.as_ref().map(|a| a.id)).await?.known();
    let counted_by = device.as_ref().map_or(email_index.to_vec(), |device| device.id.to_string().into_bytes());
    let taken = limits::take(portal, &mut tx, wrong_passwords(config), &counted_by).await?;
    tx.commit().await?;
    if let Taken::Until(until) = taken {
        return Err(Failure::Refused(SignInRefusal::Paused(until)));
    }

    let busy = |_| InternalError::busy("checking a password");
    let stored = account.as_ref().map(|account| account.password_hash.as_str());
    let verdict = portal.hasher.verify(password.clone(), stored).await.map_err(busy)?;
    // A registration that was left is checked beside the account, never instead of it, and a decoy like any other: so
    // nobody learns by registering an email and signing in with it whether it has an account.
    let left = match &resumable {
        Some(left) => portal.hasher.verify(password.clone(), Some(&left.password_hash)).await.map_err(busy)?.right,
        None => false,
    };
    let open = account.as_ref().is_none_or(|account| account.turned_off_at.is_none());
    if !(verdict.right && open) {
        if let Some(registration) = resumable.filter(|_| left) {
            return Ok(super::register::resume(portal, browser, registration, replaces).await?);
        }
        let mut tx = portal.db.begin().await?;
        let event = Event::new(Actor::Stranger, Deed::PasswordRefused).from(&browser.network);
        let event = match &account {
            Some(account) => event.on(account.id),
            None => event.on("nobody"),
        };
        audit::record(portal, &mut tx, event).await?;
        tx.commit().await?;
        count_later(portal, account, &email_index, device.map(|d| d.id), browser);
        return Err(Failure::Refused(SignInRefusal::Wrong));
    }
    let Some(account) = account else { return Err(Failure::Refused(SignInRefusal::Wrong)) };
    if verdict.rehash {
        rehash_later(portal, &account, password);
    }
    enter(portal, browser, account, &counted_by, next, replaces).await
}

/// The password is right: what is locked is told now, and only now; and a copied browser is found out.
async fn enter(
    portal: &Portal,
    browser: &Browser,
    account: Account,
    counted_by: &[u8],
    next: Option<&str>,
    replaces: Option<SessionId>,
) -> Result<Entered, Failure<SignInRefusal>> {
    let config = &portal.config.limits;
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    limits::give_back(&mut tx, wrong_passwords(config), counted_by).await?;
    // Read anew: while the password was checked, another request may have used the cookie's value.
    let device = trusted_devices::with_password(portal, &mut tx, browser, &account).await?;
    let device_id = device.as_ref().map(|device| device.id);
    if let Some(until) = lockout::locked_until(portal, &mut tx, account.id, device_id).await? {
        tx.commit().await?;
        return Err(Failure::Refused(SignInRefusal::Locked(until)));
    }
    let spent = device.is_none() && account.strange_codes >= config.strange_life;
    if spent || account.password_void_at.is_some() {
        tx.commit().await?;
        return Err(Failure::Refused(SignInRefusal::PasswordSpent));
    }
    let check = risk::check(portal, &mut tx, browser, &account, device.as_ref()).await?;
    if check.judgement.outcome == risk::Outcome::Hold {
        risk::hold(portal, &mut tx, browser, &account, &check).await?;
        tx.commit().await?;
        return Err(Failure::Refused(SignInRefusal::Held));
    }
    let is_excused = check.judgement.outcome == risk::Outcome::Allow;
    let next_cookie = match device.as_ref().filter(|device| is_excused && device.is_trusted(&account, now)) {
        Some(device) => trusted_devices::excuse(portal, &mut tx, device).await?,
        None => None,
    };
    if let Some(cookie) = next_cookie {
        limits::clear(&mut tx, wrong_passwords(config), counted_by).await?;
        lockout::forgive(&mut tx, account.id, device_id).await?;
        let new = NewSession {
            browser,
            kind: Kind::Full,
            account: Some(&account),
            challenge: None,
            device: device_id,
            proof: None,
            replaces,
        };
        let token = sessions::begin(portal, &mut tx, new).await?;
        let next = if policy::narrow(portal, &mut tx, account.id, account.role, &token).await? { None } else { next };
        audit::record(
            portal,
            &mut tx,
            Event::new(account.actor(), Deed::SignedInTrusted).on(account.id).from(&browser.network),
        )
        .await?;
        risk::excused(portal, &mut tx, browser, &account, &check).await?;
        risk::pressure::count_through(portal, &mut tx).await?;
        tx.commit().await?;
        return Ok(Entered { token, device: Some(cookie), next: next.unwrap_or(home_of(account.role)).to_owned() });
    }
    if let Some(device) = &device {
        trusted_devices::note_presented(portal, &mut tx, device).await?;
    }
    let challenge = challenges::open(
        portal,
        &mut tx,
        NewChallenge {
            whose: Whose::Account(account.id),
            purpose: Purpose::SignIn,
            browser,
            device: device_id,
            holder: Holder::Account(&account),
            stronger: check.judgement.outcome == risk::Outcome::Stronger,
            apart_from: None,
            visit: None,
            reset: None,
            next,
        },
    )
    .await?;
    risk::opened(portal, &mut tx, browser, &account, &check, challenge).await?;
    let new = NewSession {
        browser,
        kind: Kind::Pending,
        account: Some(&account),
        challenge: Some(challenge),
        device: device_id,
        proof: None,
        replaces,
    };
    let token = sessions::begin(portal, &mut tx, new).await?;
    audit::record(
        portal,
        &mut tx,
        Event::new(account.actor(), Deed::PasswordAccepted).on(account.id).from(&browser.network),
    )
    .await?;
    tx.commit().await?;
    Ok(Entered { token, device: None, next: "/challenge".into() })
}

/// The second factor was proved: opens the session in the transaction that used its answer up.
///
/// # Errors
/// When the database fails.
pub(super) async fn finish(
    portal: &Portal,
    mut tx: Tx,
    browser: &Browser,
    answered: &Answered,
    account: &Account,
    trust: bool,
    replaces: SessionId,
) -> Result<Entered, InternalError> {
    let is_new_place = risk::signed_in(&mut tx, account.id, answered.challenge.id).await?;
    if is_new_place && answered.challenge.device.is_some() {
        let alert = Alert::NewPlace(&browser.agent);
        alerts::raise(portal, &mut tx, account, alert, Also::default(), &browser.network).await?;
    }
    let proved = Proved {
        proof: &answered.proof,
        by_password: true,
        trust,
        began: answered.challenge.device,
        next: answered.challenge.next.as_deref(),
        replaces: Some(replaces),
    };
    open_session(portal, tx, browser, account, proved).await
}

/// What an existing account costs more than none happens after the answer, so that nobody can time it.
/// An unknown email costs a commit as well, so that the next request cannot time it either.
fn count_later(
    portal: &Portal,
    account: Option<Account>,
    email_index: &[u8; 32],
    device: Option<DeviceId>,
    browser: &Browser,
) {
    let (portal, network, email_index) = (portal.clone(), browser.network.clone(), *email_index);
    tokio::spawn(async move {
        let counted = async {
            let mut tx = portal.db.begin().await?;
            let Some(account) = account else {
                limits::take(&portal, &mut tx, nobody(&portal.config.limits), &email_index).await?;
                risk::pressure::count_wrong(&portal, &mut tx).await?;
                tx.commit().await?;
                return Ok(());
            };
            // An account that is locked already is not locked for longer by more wrong passwords.
            if lockout::locked_until(&portal, &mut tx, account.id, device).await?.is_none() {
                lockout::count_wrong(&portal, &mut tx, &account, device, lockout::PASSWORD, &network).await?;
            }
            risk::pressure::count_wrong(&portal, &mut tx).await?;
            tx.commit().await?;
            Ok::<_, InternalError>(())
        };
        if let Err(error) = counted.await {
            tracing::error!(%error, "a wrong password could not be counted");
        }
    });
}

fn rehash_later(portal: &Portal, account: &Account, password: Password) {
    let (portal, id, old) = (portal.clone(), account.id, account.password_hash.clone());
    tokio::spawn(async move {
        let Ok(new) = portal.hasher.hash(password).await else { return };
        let stored = async {
            let mut tx = portal.db.begin().await?;
            accounts::rehash(&mut tx, id, &old, &new).await?;
            tx.commit().await?;
            Ok::<_, InternalError>(())
        };
        if let Err(error) = stored.await {
            tracing::error!(%error, "a password could not be hashed anew");
        }
    });
}
