//! The pause of sensitive acts after a number was bound, and after that was undone.

use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::portal::Portal;

/// Pauses sensitive acts until an instant.
pub(super) async fn freeze_until(
    _portal: &Portal,
    _tx: &mut Tx,
    _account: &Account,
    _until: Timestamp,
) -> Result<(), InternalError> {
    // accounts::freeze_until(portal, tx, account.id, until)
    Ok(())
}

/// Pauses them until an admin lifts it, and voids the password: whoever bound the number knew it.
pub(super) async fn freeze_and_void(_portal: &Portal, _tx: &mut Tx, _account: &Account) -> Result<(), InternalError> {
    // accounts::freeze_and_void(portal, tx, account.id)
    Ok(())
}
