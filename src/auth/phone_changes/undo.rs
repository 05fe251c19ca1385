//! What the link of an alert about a phone puts back when its owner says that it was not them.
//!
//! Nothing of this once staff have bound a phone since (`alerts::keep_phones`).
//!
//! | the alert                 | comes back                  | is the main phone then                           | goes          |
//! |---------------------------|-----------------------------|--------------------------------------------------|---------------|
//! | another main phone        | the main phone from before  | yes                                              | the phone that|
//! | a phone added             | the main phone of that time | only where the main one goes                     | was new, and  |
//! | a phone removed           | that phone                  | only where the main one goes                     | all since     |

use crate::audit::{self, Deed, Event};
use crate::auth::phone_changes::leaving;
use crate::clock::Timestamp;
use crate::crypto::blind_index;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::identity::phones::{self, Brought, Phone};
use crate::messaging::texts::Notice;
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::ids::PhoneId;
use crate::types::network::Network;
use crate::types::phone::PhoneNumber;

/// What an alert told.
pub(in crate::auth) struct Told<'a> {
    /// Which it was.
    pub notice: Notice,
    /// When.
    pub at: Timestamp,
    /// The number of the phone from before.
    pub former: &'a PhoneNumber,
    /// The phone that was new.
    pub new: Option<PhoneId>,
}

/// What came of it.
#[derive(Default)]
pub(in crate::auth) struct Undone {
    /// The numbers that were proved and went.
    pub gone: Vec<PhoneNumber>,
    /// Codes go again where they did not go before.
    pub came_back: bool,
    /// The phone from before, as it is the account's again.
    pub back: Option<PhoneId>,
}

/// Puts the phone from before back and takes away what is new. None, and then the transaction must be dropped, when three other accounts have its number by now. A number that the account never had changes nothing.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn undo(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    told: Told<'_>,
    from: &Network,
) -> Result<Option<Undone>, InternalError> {
    let now = portal.clock.now();
    let index = blind_index::index_phone(&portal.keys.index, told.former);
    let all = phones::of_in(tx, &account.phone_owner()).await?;
    let mut undone = Undone::default();
    let back = match all.iter().find(|phone| phone.index == index && phone.proved_at.is_some()) {
        Some(phone) => phone.clone(),
        None => match phones::bring_back(tx, &account.phone_owner(), (told.former, &index), now).await? {
            Brought::Back(phone) => {
                undone.came_back = true;
                phone
            }
            Brought::Taken => return Ok(None),
            Brought::Unknown => return Ok(Some(Undone::default())),
        },
    };
    undone.back = Some(back.id);
    let is_since = |phone: &Phone| Some(phone.id) == told.new || phone.proved_at.is_some_and(|at| at > told.at);
    let is_newer = |phone: &Phone| phone.id != back.id && is_since(phone);
    let is_main_newer = all.iter().any(|phone| phone.is_primary && is_newer(phone));
    if (told.notice == Notice::PhoneChanged || is_main_newer) && !back.is_primary {
        if !accounts::make_primary(tx, account, &back, now).await? {
            return Ok(None);
        }
        undone.came_back = true;
    }
    for phone in all.iter().filter(|phone| is_newer(phone)) {
        leaving::leave(tx, account.id, phone.id, now).await?;
        undone.gone.extend(phone.proved_at.map(|_| phone.number.clone()));
    }
    let event = Event::new(Actor::Stranger, Deed::PhonesRestored).on(account.id).from(from);
    audit::record(portal, tx, event).await?;
    Ok(Some(undone))
}

/// Takes away the phones beside the main one that were proved since an instant, but for those that just came back, and answers
/// their numbers; a change of the main one is undone by itself.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn remove_since(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    since: Timestamp,
    back: &[PhoneId],
) -> Result<Vec<PhoneNumber>, InternalError> {
    let mut gone = Vec::new();
    for phone in phones::of_in(tx, &account.phone_owner()).await? {
        // The phone that the account was opened with stays, however young it is.
        let stays = phone.is_primary || back.contains(&phone.id);
        if !stays && phone.proved_at.is_none_or(|at| at >= since && at > account.opened_at) {
            leaving::leave(tx, account.id, phone.id, portal.clock.now()).await?;
            gone.extend(phone.proved_at.map(|_| phone.number.clone()));
        }
    }
    Ok(gone)
}
