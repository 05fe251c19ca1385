//! Undoing a bound number by the mailed link: the phones from before come back.

use super::{place, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::{email_change, factors, password_reset, sessions, trusted_devices};
use crate::crypto::random::Secret;
use crate::crypto::sealed::Sealed;
use crate::error::{Failure, InternalError};
use crate::identity::{accounts, phones};
use crate::messaging::dispatches;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::Actor;
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

/// Puts the phones from before back, ends every session, forgets every browser, pauses sensitive acts until an admin
/// lifts that, and tells the owner and all admins.
///
/// # Errors
/// Refused as [`UndoRefusal`] says; nothing is changed then.
pub async fn undo(portal: &Portal, browser: &Browser, token: &Secret) -> Result<(), Failure<UndoRefusal>> {
    let over = || Failure::Refused(UndoRefusal::Over);
    let now = portal.clock.now();
    let admins = accounts::admins(portal).await?;
    let mut tx = portal.db.begin().await?;
    let bound = sql::undo(&mut tx, &token.digest(), now).await?.ok_or_else(over)?;
    let account = accounts::find_in(portal, &mut tx, bound.account).await?.ok_or_else(over)?;
    let former = Sealed::<PhoneNumber>::from_bytes(bound.former_sealed)
        .open(&account.key, &place("former_sealed", bound.id))
        .map_err(|error| InternalError::new("opening the number from before a recovery", error))?;
    let index: [u8; 32] =
        bound.former_index.try_into().map_err(|_| InternalError::because("a blind index is not 32 bytes"))?;
    let restored = match phones::put_back(&mut tx, account.id, bound.approved_at, now).await? {
        Some(place) => accounts::set_number(&mut tx, &account, &former, &index, place).await?,
        None => false,
    };
    if !restored {
        return Err(Failure::Refused(UndoRefusal::PhoneFull));
    }
    factors::remove_since(portal, &mut tx, &account, bound.approved_at, Actor::Stranger, Some(&browser.network))
        .await?;
    sessions::end_all(portal, &mut tx, account.id).await?;
    trusted_devices::forget_all(portal, &mut tx, account.id).await?;
    // Whoever bound the number knew the password, or read the mail.
    accounts::freeze_and_void(portal, &mut tx, account.id).await?;
    password_reset::void(portal, &mut tx, account.id).await?;
    email_change::void(portal, &mut tx, account.id).await?;
    let mut event = Event::new(Actor::Stranger, Deed::RecoveryUndone).on(account.id).from(&browser.network);
    if let Some(patient) = account.patient {
        event = event.of(patient);
    }
    audit::record(portal, &mut tx, event).await?;
    let told = |locale, zone: &_| {
        let time = Words::new(locale).day_time(now, zone);
        Values::from([("time".to_owned(), time), ("id".to_owned(), account.id.to_string())])
    };
    let values = told(account.locale, &account.zone);
    accounts::tell(portal, &mut tx, &account, Notice::RecoveryUndone, &values, false).await?;
    for admin in admins {
        let (values, notice) = (told(admin.locale, &admin.zone), Notice::RecoveryUndoneForStaff);
        dispatches::queue_mail(portal, &mut tx, &admin.contact(), notice, &values, dispatches::MAIL_LIFE).await?;
    }
    tx.commit().await?;
    Ok(())
}
