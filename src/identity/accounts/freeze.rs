//! Accounts whose sensitive acts are paused: changes of phone, email, password and factors, and what else could shut
//! the owner out. Signing in goes on, and so does choosing a new password by mailed link and code, unless that is held too.

use super::Account;
use super::sql::changes;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::AccountId;

/// A pause of sensitive acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// Since when.
    pub since: Timestamp,
    /// Until when; None: until an admin lifts it.
    pub until: Option<Timestamp>,
}

impl Frozen {
    /// Whether it holds at an instant.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// Whether the account's sensitive acts are paused now.
pub fn is_frozen(account: &Account, now: Timestamp) -> bool {
    frozen(account, now).is_some()
}

/// The pause that holds now.
pub fn frozen(account: &Account, now: Timestamp) -> Option<Frozen> {
    account.frozen.filter(|frozen| frozen.holds(now))
}

/// Pauses sensitive acts until an admin lifts it, and voids the password until a new one is chosen: its owner says that
/// somebody else acted. Every session ends by the version.
///
/// # Errors
/// When the database fails.
pub async fn freeze_and_void(portal: &Portal, tx: &mut Tx, id: AccountId) -> Result<(), InternalError> {
    Ok(changes::freeze_and_void(tx, id, portal.clock.now()).await?)
}

/// Pauses sensitive acts until an instant. A pause that lasts longer stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn freeze_until(portal: &Portal, tx: &mut Tx, id: AccountId, until: Timestamp) -> Result<(), InternalError> {
    Ok(changes::freeze_until(tx, id, portal.clock.now(), until).await?)
}

/// Lets choosing a new password wait until the pause is lifted: mailbox and phone may both be somebody else's.
///
/// # Errors
/// When the database fails.
pub async fn hold_reset(portal: &Portal, tx: &mut Tx, id: AccountId) -> Result<(), InternalError> {
    Ok(changes::hold_reset(tx, id, portal.clock.now()).await?)
}

/// Ends the pause; false when there was none. A voided password stays so.
///
/// # Errors
/// When the database fails.
pub async fn unfreeze(tx: &mut Tx, id: AccountId) -> Result<bool, InternalError> {
    Ok(changes::unfreeze(tx, id).await?)
}
