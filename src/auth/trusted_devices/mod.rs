//! Known browsers: those that have proved both factors once. By their person's choice a patient's browser is also
//! trusted, and asked no code, for 30 days. A device cookie is never a session: the password is still needed.
//!
//! The cookie's values are a family. Each sign-in uses the newest one up and makes the next, so a value comes twice only
//! from two browsers, and one of them copied it:
//!
//! | the value that comes                                                      | counts as                        |
//! |---------------------------------------------------------------------------|----------------------------------|
//! | the newest                                                                | known, and trusted if it is      |
//! | replaced within 60 s, and no newer one ever came: two tabs, or an answer that was lost | known, asked for a code |
//! | the same later, to answer the code that it was asked for then             | known                            |
//! | any other old one                                                         | unknown, and a copy              |
//!
//! A copy ends the family: the browser is forgotten, its sessions end, and its owner is told. That takes the right
//! password; without it nothing happens, so nobody shuts an owner out with an old cookie.

mod family;
mod own;
mod sql;

use sqlx::AnyConnection;

use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, Alert, Also};
use crate::auth::browser::Browser;
use crate::auth::sessions;
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::ids::{AccountId, DeviceId};

use family::Standing;
pub use own::{Known, forget_one, forget_own, list, sweep};

/// A browser that its person has used before.
#[derive(Clone, Debug)]
pub struct Device {
    /// Which.
    pub id: DeviceId,
    /// Whose.
    pub account: AccountId,
    /// Its name as stored, "Firefox on Windows".
    pub agent: String,
    /// Until when it is excused from the code.
    pub trusted_until: Option<Timestamp>,
    /// Whether it came with the newest value of its cookie; with another it is excused from nothing.
    pub is_newest: bool,
    value: [u8; 32],
}

impl Device {
    /// Whether it is excused from the code now.
    pub fn is_trusted(&self, account: &Account, now: Timestamp) -> bool {
        self.is_newest && account.role == Role::Patient && self.trusted_until.is_some_and(|until| until > now)
    }
}

/// What a browser's cookie says of it.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Nothing, or nothing of this account.
    Unknown,
    /// It is this known browser.
    Known(Device),
    /// It is this one or a copy of it: the value was used before.
    Copied(Device),
}

impl Seen {
    /// The known browser; a copy counts as unknown.
    pub fn known(self) -> Option<Device> {
        match self {
            Self::Known(device) => Some(device),
            Self::Unknown | Self::Copied(_) => None,
        }
    }
}

/// What the browser's cookie says, as far as it concerns this account.
///
/// # Errors
/// When the database fails.
pub async fn of_browser(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: Option<AccountId>,
) -> Result<Seen, InternalError> {
    seen(portal, tx, browser, account, None).await
}

/// The same for a browser that answers a code it was asked for as the known browser `began`.
async fn seen(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: Option<AccountId>,
    began: Option<DeviceId>,
) -> Result<Seen, InternalError> {
    // The same read whether the account exists or not.
    let digest = browser.device.as_ref().map_or([0; 32], Secret::digest);
    let found = sql::find(tx, &digest).await?;
    let Some((device, state)) = found.filter(|(device, _)| Some(device.account) == account) else {
        return Ok(Seen::Unknown);
    };
    let was_known = began == Some(device.id);
    Ok(match family::standing(&state, was_known, portal.clock.now()) {
        Standing::Newest | Standing::Late => Seen::Known(device),
        Standing::Copied => Seen::Copied(device),
    })
}

/// The known browser of somebody who gave the right password; ends the family of one that was copied.
///
/// # Errors
/// When the database fails.
pub async fn with_password(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &Account,
) -> Result<Option<Device>, InternalError> {
    match of_browser(portal, tx, browser, Some(account.id)).await? {
        Seen::Copied(device) => {
            end_copied(portal, tx, account, &device, browser).await?;
            Ok(None)
        }
        seen => Ok(seen.known()),
    }
}

/// The browser came with the right password and is asked for a code: the answer that brought it its value was not lost.
///
/// # Errors
/// When the database fails.
pub async fn note_presented(portal: &Portal, tx: &mut Tx, device: &Device) -> Result<(), InternalError> {
    Ok(sql::note_presented(tx, &device.value, portal.clock.now()).await?)
}

/// The same value was used twice: forgets the browser, ends the sessions that were opened with it, and tells the owner.
async fn end_copied(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    device: &Device,
    browser: &Browser,
) -> Result<(), InternalError> {
    if !sql::forget(tx, device.id, account.id, portal.clock.now()).await? {
        // Another request met the copy at this moment, and told.
        return Ok(());
    }
    sessions::end_of_device(portal, tx, account.id, device.id, None).await?;
    let event = Event::new(Actor::System, Deed::DeviceCopyUsed).on(account.id).from(&browser.network);
    audit::record(portal, tx, event).await?;
    alerts::raise(portal, tx, account, Alert::TrustedCopyUsed(&device.agent), Also::default(), &browser.network).await
}

/// Uses the trusted browser's value up instead of a code; answers the next one. None when it excuses nobody any more:
/// another request used it, or the trust ended, at this moment.
///
/// # Errors
/// When the database fails.
pub async fn excuse(portal: &Portal, tx: &mut Tx, device: &Device) -> Result<Option<Secret>, InternalError> {
    let now = portal.clock.now();
    // The device's row is held first, here as in `remember`: whoever forgets or distrusts it waits, or went before.
    if !sql::touch_trusted(tx, device.id, now).await? || !sql::use_up(tx, &device.value, now).await? {
        return Ok(None);
    }
    let next = Secret::token();
    sql::issue(tx, device.id, &next.digest(), now).await?;
    Ok(Some(next))
}

/// For how long a browser of somebody may be trusted from now on; None for staff, while changes are paused, and where the policy
/// trusts none.
pub fn span(portal: &Portal, role: Role, is_frozen: bool) -> Option<SignedDuration> {
    portal.policies.now().of(role).trust().filter(|_| role == Role::Patient && !is_frozen)
}

/// Remembers the browser after both factors; answers the cookie's new value, and whether the browser is new. `trust`: for how
/// long it is asked for no code, by its owner's choice, as [`span`] allows. `began`: as which known browser it was asked for the
/// code that it answered.
///
/// # Errors
/// When the database fails.
pub async fn remember(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &Account,
    trust: Option<SignedDuration>,
    began: Option<DeviceId>,
) -> Result<(DeviceId, Secret, bool), InternalError> {
    let now = portal.clock.now();
    let token = Secret::token();
    let trusted = trust.map(|span| now + span);
    match seen(portal, tx, browser, Some(account.id), began).await? {
        Seen::Known(device) if sql::touch(tx, device.id, trusted, now).await? => {
            sql::note_presented(tx, &device.value, now).await?;
            // Also a newer value whose answer was lost: from now on there is one newest again.
            sql::replace_newest(tx, device.id, now).await?;
            sql::issue(tx, device.id, &token.digest(), now).await?;
            return Ok((device.id, token, false));
        }
        Seen::Copied(device) => end_copied(portal, tx, account, &device, browser).await?,
        // Forgotten at this moment, or never known.
        Seen::Known(_) | Seen::Unknown => {}
    }
    let id = DeviceId::new();
    sql::insert(tx, id, account.id, &browser.agent, trusted, now).await?;
    sql::issue(tx, id, &token.digest(), now).await?;
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
