//! Changes of what somebody signs in with, by themselves. Each holds only if the account is still as it was read: its
//! version decides, so a report, a reset or another change at the same instant wins or loses as a whole.

use super::sql::changes;
use super::{Account, place};
use crate::crypto::blind_index;
use crate::crypto::sealed::Sealed;
use crate::db::{self, Tx};
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::email_address::EmailAddress;

/// What became of a new mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailSet {
    /// It is the account's; its version rose by one.
    Set,
    /// Another account has it; the transaction must then be dropped.
    Taken,
    /// The account was changed meanwhile.
    Moved,
}

/// Gives the account another mail address. The unique index decides.
///
/// # Errors
/// When the database fails.
pub async fn set_email(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    email: &EmailAddress,
) -> Result<EmailSet, InternalError> {
    let sealed = Sealed::seal(email, &account.key, &place("email_sealed", account.id));
    let index = blind_index::index_email(&portal.keys.index, email);
    match changes::set_email(tx, account.id, account.version, sealed.as_bytes(), &index).await {
        Ok(true) => Ok(EmailSet::Set),
        Ok(false) => Ok(EmailSet::Moved),
        Err(error) if db::is_duplicate(&error) => Ok(EmailSet::Taken),
        Err(error) => Err(error.into()),
    }
}

/// Stores the new password of somebody who knew the old one; false when the account was changed meanwhile. Its version
/// rises by one.
///
/// # Errors
/// When the database fails.
pub async fn change_password(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    hash: &str,
) -> Result<bool, InternalError> {
    Ok(changes::change_password(tx, account.id, account.version, hash, portal.clock.now()).await?)
}
