//! What follows each change of a phone, in its transaction.

use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, Alert, Also};
use crate::auth::browser::Browser;
use crate::auth::entered::Entered;
use crate::auth::sessions::{self, Session};
use crate::auth::{policy, recovery, trusted_devices};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts;
use crate::portal::Portal;

/// A change that was just made.
pub(super) struct Change<'a> {
    /// Its word in the trail.
    pub deed: Deed,
    /// Whether a factor was added.
    pub adds: bool,
    /// What the owner is told, and which phone of before as well.
    pub alerts: &'a [(Alert<'a>, Also<'a>)],
}

/// No browser is trusted any more, this session goes on alone under a new cookie, the trail and the owner learn of it, and
/// who had to add a factor finds the other pages open. Leads to `next`.
pub(super) async fn settle(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    session: &Session,
    change: Change<'_>,
    next: &str,
) -> Result<Entered, InternalError> {
    let gone = || InternalError::because("a session without its account");
    let who = session.who.as_ref().ok_or_else(gone)?;
    // As it is afterwards: a new main phone raises its version.
    let account = accounts::find_in(portal, tx, who.account).await?.ok_or_else(gone)?;
    trusted_devices::distrust(portal, tx, account.id).await?;
    let token = sessions::keep_alone(portal, tx, session, &account, session.device).await?;
    if change.adds {
        policy::added(portal, tx, account.id, account.role).await?;
        // Whoever proves a new phone needs no staff to bind one.
        recovery::stop(portal, tx, account.actor(), account.id, "phone_proved", &browser.network).await?;
    }
    let event = Event::new(account.actor(), change.deed).on(account.id).from(&browser.network);
    audit::record(portal, tx, event).await?;
    for (alert, also) in change.alerts {
        alerts::raise(portal, tx, &account, *alert, *also, &browser.network).await?;
    }
    Ok(Entered { token, device: None, next: next.to_owned() })
}
