//! Taking away what was added to an account since something that was not its owner.

use super::{passkeys, sql};
use crate::audit::{self, Deed, Event};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::factor_kind::FactorKind;
use crate::types::network::Network;

/// Removes the apps, passkeys and recovery codes that were added at this instant or later: whoever was in may have left a
/// way back. The trail names each kind.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn remove_since(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    since: Timestamp,
    by: Actor,
    from: Option<&Network>,
) -> Result<(), InternalError> {
    let mut gone = sql::remove_since(tx, account.id, since, portal.clock.now()).await?;
    if sql::drop_codes_since(tx, account.id, since).await? {
        gone.push(FactorKind::Recovery);
    }
    if gone.contains(&FactorKind::Passkey) && passkeys::of_in(tx, account).await?.is_empty() {
        super::forget(tx, account.id, &super::Factor::Passkey.key()).await?;
    }
    for kind in gone {
        let event = Event::new(by.clone(), Deed::FactorRemoved).on(account.id).because(kind.as_str());
        let event = match from {
            Some(network) => event.from(network),
            None => event,
        };
        audit::record(portal, tx, event).await?;
    }
    Ok(())
}
