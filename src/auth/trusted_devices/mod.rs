//! Known browsers: those that have proved both factors once. By their person's choice a patient's browser is also
//! trusted, and asked no code, for 30 days. A device cookie is never a session: the password is still needed.

mod sql;

use sqlx::AnyConnection;

use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::sessions::SignedIn;
use crate::clock::Timestamp;
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::ids::{AccountId, DeviceId};
use crate::types::network::Network;

/// A browser that its person has used before.
#[derive(Clone, Debug)]
pub struct Device {
    /// Which.
    pub id: DeviceId,
    /// Whose.
    pub account: AccountId,
    /// Until when it is excused from the code.
    pub trusted_until: Option<Timestamp>,
}

impl Device {
    /// Whether it is excused from the code now.
    pub fn is_trusted(&self, account: &Account, now: Timestamp) -> bool {
        account.role == Role::Patient && self.trusted_until.is_some_and(|until| until > now)
    }
}

/// The device of the browser's cookie, if it is this account's.
///
/// # Errors
/// When the database fails.
pub async fn of_browser(
    tx: &mut Tx,
    browser: &Browser,
    account: Option<AccountId>,
) -> Result<Option<Device>, InternalError> {
    // The same read whether the account exists or not.
    let digest = browser.device.as_ref().map_or([0; 32], Secret::digest);
    let found = sql::find(tx, &digest).await?;
    Ok(found.filter(|device| Some(device.account) == account))
}

/// Remembers the browser after both factors; answers the cookie's new value. A known one gets a new value, so that a
/// copied cookie stops working at the owner's next sign-in.
///
/// # Errors
/// When the database fails.
pub async fn remember(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &Account,
    trust: bool,
) -> Result<(DeviceId, Secret, bool), InternalError> {
    let now = portal.clock.now();
    let token = Secret::token();
    let span = portal.policies.now().of(account.role).trust();
    let trusted = span.filter(|_| trust && account.role == Role::Patient).map(|span| now + span);
    if let Some(device) = of_browser(tx, browser, Some(account.id)).await? {
        sql::renew(tx, device.id, &token.digest(), trusted.or(device.trusted_until), now).await?;
        return Ok((device.id, token, false));
    }
    let id = DeviceId::new();
    sql::insert(tx, id, account.id, &token.digest(), &browser.agent, trusted, now).await?;
    Ok((id, token, true))
}

/// Forgets every browser of the account.
///
/// # Errors
/// When the database fails.
pub async fn forget_all(portal: &Portal, tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::forget_all(tx, account, portal.clock.now()).await?)
}

/// Trusts none of the account's browsers any more; they stay known, so that their owner is no stranger.
///
/// # Errors
/// When the database fails.
pub async fn distrust(portal: &Portal, tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::distrust(tx, account, portal.clock.now()).await?)
}

/// A known browser in its owner's list.
pub struct Known {
    /// Which.
    pub id: DeviceId,
    /// The browser in words.
    pub agent: String,
    /// Since when it is known.
    pub known_at: Timestamp,
    /// When somebody last signed in with it.
    pub seen_at: Timestamp,
    /// Until when it is excused from the code.
    pub trusted_until: Option<Timestamp>,
}

/// The account's known browsers, last used first.
///
/// # Errors
/// When the database fails.
pub async fn list(portal: &Portal, account: AccountId) -> Result<Vec<Known>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::list(&mut connection, account).await?)
}

/// Forgets every browser by its person's wish: each is asked for a code again, and counts as unknown.
///
/// # Errors
/// When the database fails.
pub async fn forget_own(portal: &Portal, who: &SignedIn, from: &Network) -> Result<(), InternalError> {
    let mut tx = portal.db.begin().await?;
    forget_all(portal, &mut tx, who.account).await?;
    let event = Event::new(who.actor(), Deed::DevicesForgotten).on(who.account).from(from);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Browsers that are trusted beyond an instant.
///
/// # Errors
/// When the database fails.
pub async fn trusted_beyond(
    connection: &mut AnyConnection,
    now: Timestamp,
    until: Timestamp,
) -> Result<i64, InternalError> {
    Ok(sql::trusted_beyond(connection, now.max(until)).await?)
}

/// Trusts no browser beyond an instant.
///
/// # Errors
/// When the database fails.
pub async fn trust_until(tx: &mut Tx, until: Timestamp) -> Result<(), InternalError> {
    Ok(sql::trust_until(tx, until).await?)
}
