//! Stopping a request: by its mailed link, by the browser that asked, by its owner, or by what shows that it is not needed.

use super::{asker, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::sessions::{Session, SignedIn};
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::ids::AccountId;
use crate::types::network::Network;
use crate::words::Words;

/// Whether the link still stops a request; looking changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn cancellable(portal: &Portal, token: &Secret) -> Result<bool, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::cancellable(&mut connection, &token.digest(), portal.clock.now()).await?)
}

/// Stops the request of the mailed link, and tells the owner: whoever reads the mail may not be them. False when it is over.
///
/// # Errors
/// When the database fails.
pub async fn cancel(portal: &Portal, browser: &Browser, token: &Secret) -> Result<bool, InternalError> {
    let mut tx = portal.db.begin().await?;
    let Some(account) = sql::cancel(&mut tx, &token.digest(), portal.clock.now()).await? else { return Ok(false) };
    let event = Event::new(Actor::Stranger, Deed::RecoveryCancelled).on(account).because("link");
    audit::record(portal, &mut tx, event.from(&browser.network)).await?;
    tell_stopped(portal, &mut tx, account).await?;
    tx.commit().await?;
    Ok(true)
}

/// Stops the account's open request, whoever asked for it: for what shows that it is not needed, such as a new password
/// chosen with the help of another factor, and for reports that something was not the owner. False when there is none.
///
/// # Errors
/// When the database fails.
pub async fn stop(
    portal: &Portal,
    tx: &mut Tx,
    actor: Actor,
    account: AccountId,
    why: &'static str,
    from: &Network,
) -> Result<bool, InternalError> {
    if !sql::stop(tx, account, portal.clock.now()).await? {
        return Ok(false);
    }
    let event = Event::new(actor, Deed::RecoveryCancelled).on(account).because(why).from(from);
    audit::record(portal, tx, event).await?;
    Ok(true)
}

/// Stops the request from the browser in which it was asked for, half-way in; false when there is none, or nobody may. From
/// elsewhere the mailed link stops it, so that whoever knows the password cannot keep its owner from a way back.
///
/// # Errors
/// When the database fails.
pub async fn stop_here(portal: &Portal, browser: &Browser, session: &Session) -> Result<bool, InternalError> {
    let Some(account) = asker(portal, session).await? else { return Ok(false) };
    let mut tx = portal.db.begin().await?;
    let row = sql::open_of(&mut tx, account, portal.clock.now()).await?;
    if !row.is_some_and(|row| row.is_of(browser)) {
        return Ok(false);
    }
    let stopped = stop(portal, &mut tx, Actor::System, account, "asked", &browser.network).await?;
    tell_stopped(portal, &mut tx, account).await?;
    tx.commit().await?;
    Ok(stopped)
}

/// Stops the request by its owner, who is signed in; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn stop_own(portal: &Portal, who: &SignedIn, from: &Network) -> Result<bool, InternalError> {
    let mut tx = portal.db.begin().await?;
    let stopped = stop(portal, &mut tx, who.actor(), who.account, "owner", from).await?;
    if stopped {
        tell_stopped(portal, &mut tx, who.account).await?;
    }
    tx.commit().await?;
    Ok(stopped)
}

async fn tell_stopped(portal: &Portal, tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    let Some(account) = accounts::find_in(portal, tx, account).await? else { return Ok(()) };
    let time = Words::new(account.locale).day_time(portal.clock.now(), &account.zone);
    let values = Values::from([("time".to_owned(), time)]);
    accounts::tell(portal, tx, &account, Notice::RecoveryStopped, &values, false).await
}
