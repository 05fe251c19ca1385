//! Signing in by a passkey alone, without a password.

use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, Alert, Also};
use crate::auth::browser::Browser;
use crate::auth::budgets::network_tries;
use crate::auth::entered::Entered;
use crate::auth::factors::{self, Factor, Proof, passkeys};
use crate::auth::opening::{Proved, open_session};
use crate::auth::sign_in::SignInRefusal;
use crate::auth::{risk, trusted_devices};
use crate::error::Failure;
use crate::identity::accounts::Account;
use crate::limits::{self, Taken};
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::SessionId;

/// Asks the browser for a passkey, for signing in without a password.
///
/// # Errors
/// [`SignInRefusal::TooMany`] when the network asked too often.
pub async fn begin(portal: &Portal, browser: &Browser) -> Result<(), Failure<SignInRefusal>> {
    let mut tx = portal.db.begin().await?;
    let network = browser.network.to_string();
    let taken = limits::take(portal, &mut tx, network_tries(&portal.config.limits), network.as_bytes()).await?;
    if let Taken::Until(until) = taken {
        tx.commit().await?;
        return Err(Failure::Refused(SignInRefusal::TooMany(until)));
    }
    passkeys::begin_sign_in(portal, &mut tx, browser).await?;
    tx.commit().await?;
    Ok(())
}

/// Signs in by a passkey alone: its device has checked finger, face or PIN, so it is two factors in one, and nobody can
/// guess it. So neither wrong passwords nor wrong codes lock it out.
///
/// # Errors
/// [`SignInRefusal::Wrong`] when it is nobody's, the account is turned off or was reported, or passkeys do not count for its
/// role.
pub async fn sign_in(
    portal: &Portal,
    browser: &Browser,
    answer: &passkeys::Answer,
    next: Option<&str>,
    replaces: Option<SessionId>,
) -> Result<Entered, Failure<SignInRefusal>> {
    let mut tx = portal.db.begin().await?;
    let identified = passkeys::identify(portal, &mut tx, browser, answer).await?;
    let policies = portal.policies.now();
    // After a report nothing opens the account until its owner has chosen a new password: the passkey may be the stranger's.
    let may = |account: &Account| {
        let counts = policies.of(account.role).takes(FactorKind::Passkey);
        counts && account.turned_off_at.is_none() && account.password_void_at.is_none()
    };
    let whose = identified.as_ref().map_or_else(|| "nobody".to_owned(), |account| account.id.to_string());
    let Some(account) = identified.filter(may) else {
        let event = Event::new(Actor::Stranger, Deed::PasskeyRefused).on(whose).from(&browser.network);
        audit::record(portal, &mut tx, event).await?;
        tx.commit().await?;
        return Err(Failure::Refused(SignInRefusal::Wrong));
    };
    let key = Factor::Passkey.key();
    factors::proved(portal, &mut tx, account.id, &key).await?;
    let device = trusted_devices::of_browser(portal, &mut tx, browser, Some(account.id)).await?.known();
    let is_new_place = risk::by_passkey(portal, &mut tx, browser, &account, device.as_ref()).await?;
    if is_new_place && device.is_some() {
        let alert = Alert::NewPlace(&browser.agent);
        alerts::raise(portal, &mut tx, &account, alert, Also::default(), &browser.network).await?;
    }
    let proof = Proof { kind: FactorKind::Passkey, key: Some(key) };
    let proved = Proved { proof: &proof, by_password: false, trust: false, began: None, next, replaces };
    Ok(open_session(portal, tx, browser, &account, proved).await?)
}
