//! A person's phones, as they see them.

use crate::auth::factors::{self, Factor};
use crate::clock::Timestamp;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::identity::phones::{self, Phone};
use crate::messaging::dispatches;
use crate::portal::Portal;

/// A phone in its owner's list.
pub struct Listed {
    /// The phone.
    pub phone: Phone,
    /// When a code last reached it, as far as is known.
    pub reached_at: Option<Timestamp>,
}

/// The account's proved phones, the main one first.
///
/// # Errors
/// When the database fails or a number does not open.
pub async fn list(portal: &Portal, account: &Account) -> Result<Vec<Listed>, InternalError> {
    let mut connection = portal.db.read().await?;
    let uses = factors::uses(&mut connection, account.id).await?;
    let mut listed = Vec::new();
    for phone in phones::of_in(&mut connection, &account.phone_owner()).await? {
        if phone.proved_at.is_none() {
            continue;
        }
        // Whoever typed a code had it, whatever the phone network told.
        let used = uses.get(&Factor::Sms(phone.id).key()).and_then(|how| how.proved_at);
        let told = dispatches::last_arrival(&mut connection, phone.id).await?;
        listed.push(Listed { phone, reached_at: used.max(told) });
    }
    Ok(listed)
}
