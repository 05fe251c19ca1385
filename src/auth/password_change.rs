//! Changing one's own password inside a session: with the present one and a fresh proof by a second factor. This
//! session goes on under a new cookie; all others end and every browser is forgotten, this one's trust too.

use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, Alert, Also, freeze};
use crate::auth::browser::Browser;
use crate::auth::current_password::{self, CurrentRefusal};
use crate::auth::entered::Entered;
use crate::auth::sessions::{self, Session};
use crate::auth::step_up::FreshFactor;
use crate::auth::{password_reset, recovery, trusted_devices};
use crate::crypto::passwords::{Password, PasswordRefusal};
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Frozen};
use crate::portal::Portal;

/// Why the password stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// Changes are paused.
    Frozen(Frozen),
    /// The present password was not given.
    Current(CurrentRefusal),
    /// The new one may not be chosen.
    Password(PasswordRefusal),
    /// The new one is the present one.
    Same,
    /// The account was changed elsewhere at this moment.
    Moved,
}

/// Sets the new password; leads on to `next`.
///
/// # Errors
/// Refused as [`ChangeRefusal`] says; nothing but wrong tries is stored then.
pub async fn change(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    fresh: &FreshFactor,
    (current, new): (&str, &str),
    next: &str,
) -> Result<Entered, Failure<ChangeRefusal>> {
    let gone = || InternalError::because("a session without its account");
    let account = accounts::find(portal, fresh.account()).await?.ok_or_else(gone)?;
    freeze::check(portal, &account).map_err(|frozen| Failure::Refused(ChangeRefusal::Frozen(frozen)))?;
    // What is wrong with the new one is told before a try of the present one is spent.
    let words = [account.name.as_str(), account.email.as_str(), portal.config.clinic.name.as_str()];
    let password = Password::chosen(new, &words, portal.config.limits.password_least)
        .map_err(|refusal| Failure::Refused(ChangeRefusal::Password(refusal)))?;
    match current_password::confirm(portal, browser, session, &account, Password::typed(current)).await {
        Ok(()) => {}
        Err(Failure::Refused(why)) => return Err(Failure::Refused(ChangeRefusal::Current(why))),
        Err(Failure::Internal(error)) => return Err(error.into()),
    }
    if current == new {
        return Err(Failure::Refused(ChangeRefusal::Same));
    }
    let hash = portal.hasher.hash(password).await.map_err(|_| InternalError::busy("hashing a password"))?;
    let mut tx = portal.db.begin().await?;
    if !accounts::change_password(portal, &mut tx, &account, &hash).await? {
        return Err(Failure::Refused(ChangeRefusal::Moved));
    }
    let account = accounts::find_in(portal, &mut tx, account.id).await?.ok_or_else(gone)?;
    trusted_devices::forget_all(portal, &mut tx, account.id).await?;
    password_reset::void(portal, &mut tx, account.id).await?;
    // Whoever asked for a new phone with the old password is not let go on.
    recovery::stop(portal, &mut tx, account.actor(), account.id, "password_changed", &browser.network).await?;
    let (device, cookie, _) = trusted_devices::remember(portal, &mut tx, browser, &account, None, None).await?;
    let token = sessions::keep_alone(portal, &mut tx, session, &account, Some(device)).await?;
    let event = Event::new(account.actor(), Deed::PasswordChanged).on(account.id).from(&browser.network);
    audit::record(portal, &mut tx, event).await?;
    alerts::raise(portal, &mut tx, &account, Alert::PasswordChanged, Also::default(), &browser.network).await?;
    tx.commit().await?;
    Ok(Entered { token, device: Some(cookie), next: next.to_owned() })
}
