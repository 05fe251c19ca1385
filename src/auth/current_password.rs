//! The present password, asked for inside a session before it, or what it protects, is changed. A wrong one counts like
//! a wrong one at sign-in: against the same budget and the same lock.

use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::budgets::wrong_passwords;
use crate::auth::lockout;
use crate::auth::sessions::Session;
use crate::clock::Timestamp;
use crate::crypto::passwords::Password;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::Account;
use crate::limits::{self, Taken};
use crate::portal::Portal;

/// Why it does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurrentRefusal {
    /// Not the password.
    Wrong,
    /// Too many wrong passwords.
    Paused(Timestamp),
    /// Too many wrong answers in a row: locked for this browser.
    Locked(Timestamp),
}

/// Checks the present password of the session's account; what was counted is committed.
///
/// # Errors
/// Refused as [`CurrentRefusal`] says.
pub async fn confirm(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    account: &Account,
    typed: Password,
) -> Result<(), Failure<CurrentRefusal>> {
    let limit = wrong_passwords(&portal.config.limits);
    let counted_by = session.device.map_or(account.email_index.to_vec(), |device| device.to_string().into_bytes());
    let mut tx = portal.db.begin().await?;
    if let Some(until) = lockout::locked_until(portal, &mut tx, account.id, session.device).await? {
        return Err(Failure::Refused(CurrentRefusal::Locked(until)));
    }
    let taken = limits::take(portal, &mut tx, limit, &counted_by).await?;
    tx.commit().await?;
    if let Taken::Until(until) = taken {
        return Err(Failure::Refused(CurrentRefusal::Paused(until)));
    }
    let busy = |_| InternalError::busy("checking a password");
    let right = portal.hasher.verify(typed, Some(&account.password_hash)).await.map_err(busy)?.right;
    let mut tx = portal.db.begin().await?;
    if right {
        limits::give_back(&mut tx, limit, &counted_by).await?;
        tx.commit().await?;
        return Ok(());
    }
    let event = Event::new(account.actor(), Deed::PasswordRefused).on(account.id).from(&browser.network);
    audit::record(portal, &mut tx, event).await?;
    let locked =
        lockout::count_wrong(portal, &mut tx, account, session.device, lockout::PASSWORD, &browser.network).await?;
    tx.commit().await?;
    Err(Failure::Refused(locked.map_or(CurrentRefusal::Wrong, CurrentRefusal::Locked)))
}
