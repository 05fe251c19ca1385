//! Opening a session, once all that is asked for was proved.

use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, Alert, Also};
use crate::auth::browser::Browser;
use crate::auth::budgets::wrong_passwords;
use crate::auth::entered::{Entered, home_of};
use crate::auth::factors::Proof;
use crate::auth::sessions::{self, Kind, NewSession};
use crate::auth::{policy, risk, trusted_devices};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::limits;
use crate::portal::Portal;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{DeviceId, SessionId};

/// How the trail says that a passkey came after the password; without it the passkey's own word stands.
pub const PASSWORD_AND_PASSKEY: &str = "password_passkey";

/// What was proved, and what is wished.
pub(super) struct Proved<'a> {
    /// By which second factor.
    pub proof: &'a Proof,
    /// Whether the password was proved before it.
    pub by_password: bool,
    /// Whether the browser is to be trusted.
    pub trust: bool,
    /// As which known browser it was asked for that factor.
    pub began: Option<DeviceId>,
    /// Where to.
    pub next: Option<&'a str>,
    /// The session that the new one takes the place of.
    pub replaces: Option<SessionId>,
}

/// Opens a session after all that is asked for was proved, remembers the browser, and tells the owner of one that was
/// never seen.
///
/// # Errors
/// When the database fails.
pub(super) async fn open_session(
    portal: &Portal,
    mut tx: Tx,
    browser: &Browser,
    account: &Account,
    proved: Proved<'_>,
) -> Result<Entered, InternalError> {
    let Proved { proof, by_password, trust, began, next, replaces } = proved;
    let config = &portal.config.limits;
    let is_frozen = accounts::is_frozen(account, portal.clock.now());
    let trust = trusted_devices::span(portal, account.role, is_frozen).filter(|_| trust);
    let (device, cookie, new_here) = trusted_devices::remember(portal, &mut tx, browser, account, trust, began).await?;
    limits::clear(&mut tx, wrong_passwords(config), &account.email_index).await?;
    limits::clear(&mut tx, wrong_passwords(config), device.to_string().as_bytes()).await?;
    let new = NewSession {
        browser,
        kind: Kind::Full,
        account: Some(account),
        challenge: None,
        device: Some(device),
        proof: Some(proof.clone()),
        replaces,
    };
    let token = sessions::begin(portal, &mut tx, new).await?;
    // The way home leads to what is to be added.
    let next = if policy::narrow(portal, &mut tx, account.id, account.role, &token).await? { None } else { next };
    let why = match proof.kind {
        FactorKind::Passkey if by_password => PASSWORD_AND_PASSKEY,
        kind => kind.as_str(),
    };
    let event = Event::new(account.actor(), Deed::SignedIn).on(account.id).because(why);
    audit::record(portal, &mut tx, event.from(&browser.network)).await?;
    if trust.is_some() {
        audit::record(
            portal,
            &mut tx,
            Event::new(account.actor(), Deed::DeviceTrusted).on(device).from(&browser.network),
        )
        .await?;
    }
    if new_here {
        let alert = Alert::NewDevice(&browser.agent);
        alerts::raise(portal, &mut tx, account, alert, Also::default(), &browser.network).await?;
    }
    risk::pressure::count_through(portal, &mut tx).await?;
    tx.commit().await?;
    let next = next.unwrap_or(home_of(account.role)).to_owned();
    Ok(Entered { token, device: Some(cookie), next })
}
