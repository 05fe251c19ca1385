//! A new number was proved by its code: it becomes one of the account's phones, and the one whose place it takes goes.

use super::{PHONES, leaving, settle};
use crate::audit::Deed;
use crate::auth::alerts::{Alert, Also, freeze};
use crate::auth::browser::Browser;
use crate::auth::challenges::Answered;
use crate::auth::entered::Entered;
use crate::auth::sessions::Session;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::identity::phones::{self, Phone};
use crate::portal::Portal;
use crate::types::ids::AccountId;

/// Binds the phone in the transaction that used its code up. None, and then nothing of it holds, when the number waits no
/// more, three accounts have it by now, the account has as many phones as it may, or its changes are paused meanwhile.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn finish(
    portal: &Portal,
    mut tx: Tx,
    browser: &Browser,
    answered: &Answered,
    account: AccountId,
    session: &Session,
) -> Result<Option<Entered>, InternalError> {
    let now = portal.clock.now();
    if session.who.as_ref().map(|who| who.account) != Some(account) {
        return Ok(None);
    }
    accounts::hold(&mut tx, account).await?;
    let Some(before) = accounts::find_in(portal, &mut tx, account).await? else { return Ok(None) };
    if freeze::check(portal, &before).is_err() {
        return Ok(None);
    }
    let all = phones::of_in(&mut tx, &before.phone_owner()).await?;
    let is_new = |phone: &&Phone| phone.proved_at.is_none() && Some(phone.id) == answered.challenge.phone;
    let Some(waiting) = all.iter().find(is_new) else { return Ok(None) };
    let proved: Vec<&Phone> = all.iter().filter(|phone| phone.proved_at.is_some()).collect();
    let old = proved.iter().find(|phone| Some(phone.id) == waiting.replaces).copied();
    if old.is_none() && proved.len() >= phones::MOST {
        return Ok(None);
    }
    let Some(new) = phones::prove(&mut tx, waiting, now).await? else { return Ok(None) };
    if let Some(old) = old
        && !take_place(&mut tx, &before, old, &new, now).await?
    {
        return Ok(None);
    }
    let also = |phone| Also { old_email: None, old_phone: Some(phone), new_phone: Some(new.id) };
    let added = (Alert::PhoneAdded(&new.number), also(&before.phone));
    let (deed, alerts) = match old {
        None => (Deed::PhoneAdded, vec![added]),
        Some(old) if old.is_primary => (Deed::PhoneChanged, vec![(Alert::PhoneChanged, also(&old.number))]),
        Some(old) => (Deed::PhoneChanged, vec![added, (Alert::PhoneRemoved(&old.number), also(&old.number))]),
    };
    let change = settle::Change { deed, adds: true, alerts: &alerts };
    let next = answered.challenge.next.as_deref().unwrap_or(PHONES);
    let entered = settle::settle(portal, &mut tx, browser, session, change, next).await?;
    tx.commit().await?;
    Ok(Some(entered))
}

/// The old phone goes, and the new one is what it was; false when that was taken at the same instant.
async fn take_place(
    tx: &mut Tx,
    account: &Account,
    old: &Phone,
    new: &Phone,
    now: Timestamp,
) -> Result<bool, InternalError> {
    leaving::leave(tx, account.id, old.id, now).await?;
    if old.is_primary { accounts::make_primary(tx, account, new, now).await } else { Ok(true) }
}
