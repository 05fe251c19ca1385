//! What the link of an alert about a phone puts back when its owner says that it was not them.
//!
//! | the alert                 | comes back                  | is the main phone then                           | goes          |
//! |---------------------------|-----------------------------|--------------------------------------------------|---------------|
//! | another main phone        | the main phone from before  | yes                                              | every phone   |
//! | a phone added             | the main phone of that time | only where the main one is newer than the alert  | that was      |
//! | a phone removed           | that phone                  | only where the main one is newer than the alert  | proved since  |

use crate::audit::{self, Deed, Event};
use crate::auth::factors::{self, Factor};
use crate::clock::Timestamp;
use crate::crypto::blind_index;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::identity::phones::{self, Brought, Phone};
use crate::messaging::texts::Notice;
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::network::Network;
use crate::types::phone::PhoneNumber;

/// Puts the phone back that an alert from `since` was told to; false, and then the transaction must be dropped, when three
/// other accounts have its number by now. A number that the account never had changes nothing.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn undo(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    (notice, since): (Notice, Timestamp),
    former: &PhoneNumber,
    from: &Network,
) -> Result<bool, InternalError> {
    let now = portal.clock.now();
    let index = blind_index::index_phone(&portal.keys.index, former);
    let all = phones::of_in(tx, &account.phone_owner()).await?;
    let back = match all.iter().find(|phone| phone.index == index && phone.proved_at.is_some()) {
        Some(phone) => phone.clone(),
        None => match phones::bring_back(tx, &account.phone_owner(), (former, &index), since, now).await? {
            Brought::Back(phone) => phone,
            Brought::Taken => return Ok(false),
            Brought::Unknown => return Ok(true),
        },
    };
    let is_newer = |phone: &Phone| phone.id != back.id && phone.proved_at.is_some_and(|at| at >= since);
    let is_main_newer = all.iter().any(|phone| phone.is_primary && is_newer(phone));
    if (notice == Notice::PhoneChanged || is_main_newer)
        && !back.is_primary
        && !accounts::make_primary(tx, account, &back, now).await?
    {
        return Ok(false);
    }
    for phone in all.iter().filter(|phone| is_newer(phone)) {
        phones::remove(tx, phone.id, now).await?;
        factors::forget(tx, account.id, &Factor::Sms(phone.id).key()).await?;
    }
    let event = Event::new(Actor::Stranger, Deed::PhonesRestored).on(account.id).from(from);
    audit::record(portal, tx, event).await?;
    Ok(true)
}
