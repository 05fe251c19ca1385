//! Undoing a bound number by the mailed link: the phones and the mail address from before come back.

use super::{place, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, former_email};
use crate::auth::browser::Browser;
use crate::auth::{email_change, factors, password_reset, sessions, trusted_devices};
use crate::clock::Timestamp;
use crate::crypto::random::Secret;
use crate::crypto::sealed::Sealed;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account};
use crate::identity::phones;
use crate::messaging::dispatches::{self, Contact};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::email_address::EmailAddress;
use crate::types::phone::PhoneNumber;
use crate::words::Words;

/// Whether the link still undoes a number; looking changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn undoable(portal: &Portal, token: &Secret) -> Result<bool, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::undoable(&mut connection, &token.digest(), portal.clock.now()).await?)
}

/// Why a number stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoRefusal {
    /// The link is older than 72 h, used, or made up.
    Over,
    /// Three other accounts have the number from before by now: staff must help.
    PhoneFull,
}

/// Puts the phones and the mail address from before back, takes away the ways to sign in that were added since, ends every
/// session, forgets every browser, pauses sensitive acts until an admin lifts that, and tells the owner and all admins.
///
/// # Errors
/// Refused as [`UndoRefusal`] says; nothing is changed then.
pub async fn undo(portal: &Portal, browser: &Browser, token: &Secret) -> Result<(), Failure<UndoRefusal>> {
    let admins = accounts::admins(portal).await?;
    // Somebody else may have taken the address from before meanwhile: then it stays theirs, and staff must help.
    if !act(portal, browser, token, &admins, true).await? {
        act(portal, browser, token, &admins, false).await?;
    }
    Ok(())
}

/// One transaction; false, and nothing done, when the address that is to be put back is taken.
async fn act(
    portal: &Portal,
    browser: &Browser,
    token: &Secret,
    admins: &[Account],
    put_back: bool,
) -> Result<bool, Failure<UndoRefusal>> {
    let over = || Failure::Refused(UndoRefusal::Over);
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let bound = sql::undo(&mut tx, &token.digest(), now).await?.ok_or_else(over)?;
    // First of all, so that no change that began before goes through. Whoever bound the number knew the password, or read
    // the mail.
    accounts::freeze_and_void(portal, &mut tx, bound.account).await?;
    let account = accounts::find_in(portal, &mut tx, bound.account).await?.ok_or_else(over)?;
    restore_phones(&mut tx, &account, &bound, now).await?;
    // No link mailed since puts a phone back that came with this number.
    alerts::keep_phones(&mut tx, account.id).await?;
    let account = accounts::find_in(portal, &mut tx, bound.account).await?.ok_or_else(over)?;
    let former = former_email::at(&mut tx, &account, bound.approved_at).await?;
    if let Some(former) = former.as_ref().filter(|_| put_back) {
        let then = (former, bound.approved_at);
        if !former_email::put_back(portal, &mut tx, &account, then, &browser.network).await? {
            return Ok(false);
        }
    }
    factors::remove_since(portal, &mut tx, &account, bound.approved_at, Actor::Stranger, Some(&browser.network))
        .await?;
    sessions::end_all(portal, &mut tx, account.id).await?;
    trusted_devices::forget_all(portal, &mut tx, account.id).await?;
    password_reset::void(portal, &mut tx, account.id).await?;
    email_change::void(portal, &mut tx, account.id).await?;
    let mut event = Event::new(Actor::Stranger, Deed::RecoveryUndone).on(account.id).from(&browser.network);
    if let Some(patient) = account.patient {
        event = event.of(patient);
    }
    audit::record(portal, &mut tx, event).await?;
    let account = accounts::find_in(portal, &mut tx, bound.account).await?.ok_or_else(over)?;
    tell(portal, &mut tx, &account, former.as_ref(), admins).await?;
    tx.commit().await?;
    Ok(true)
}

async fn restore_phones(
    tx: &mut Tx,
    account: &Account,
    bound: &sql::Bound,
    now: Timestamp,
) -> Result<(), Failure<UndoRefusal>> {
    let former = Sealed::<PhoneNumber>::from_bytes(bound.former_sealed.clone())
        .open(&account.key, &place("former_sealed", bound.id))
        .map_err(|error| InternalError::new("opening the number from before a recovery", error))?;
    let index: [u8; 32] = bound
        .former_index
        .as_slice()
        .try_into()
        .map_err(|_| InternalError::because("a blind index is not 32 bytes"))?;
    let restored = match phones::put_back(tx, account.id, bound.approved_at, now).await? {
        Some(place) => accounts::set_number(tx, account, &former, &index, place).await?,
        None => false,
    };
    if restored { Ok(()) } else { Err(Failure::Refused(UndoRefusal::PhoneFull)) }
}

/// The owner, at the address from before as well when somebody else has it now, and all admins.
async fn tell(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    former: Option<&EmailAddress>,
    admins: &[Account],
) -> Result<(), InternalError> {
    let told = |locale, zone: &_| {
        let time = Words::new(locale).day_time(portal.clock.now(), zone);
        Values::from([("time".to_owned(), time), ("id".to_owned(), account.id.to_string())])
    };
    let mut values = told(account.locale, &account.zone);
    let is_back = former.is_some_and(|former| former.folded() == account.email.folded());
    if is_back {
        values.insert("email".to_owned(), "back".to_owned());
    }
    let notice = Notice::RecoveryUndone;
    accounts::tell(portal, tx, account, notice, &values, false).await?;
    if let Some(former) = former.filter(|_| !is_back) {
        // Not the account's: what comes back from there says nothing of the address that it has now.
        let to = Contact { account: None, phone: None, email: former.clone(), ..account.contact() };
        dispatches::queue_mail(portal, tx, &to, notice, &values, dispatches::MAIL_LIFE).await?;
    }
    for admin in admins {
        let (values, notice) = (told(admin.locale, &admin.zone), Notice::RecoveryUndoneForStaff);
        dispatches::queue_mail(portal, tx, &admin.contact(), notice, &values, dispatches::MAIL_LIFE).await?;
    }
    Ok(())
}
