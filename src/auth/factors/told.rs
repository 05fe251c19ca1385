//! What follows when a person's second factors change, and what the owner is told then and when a recovery code is used.

use super::sql;
use crate::auth::alerts::{self, Alert, Also};
use crate::auth::{policy, trusted_devices};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::portal::Portal;
use crate::types::factor_kind::FactorKind;
use crate::types::network::Network;

/// A factor was added, or removed: the owner is told, no browser is excused from a second factor any more, and who had to
/// add one finds the other pages open.
///
/// # Errors
/// When the database fails.
pub async fn told(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    added: bool,
    kind: FactorKind,
    from: &Network,
) -> Result<(), InternalError> {
    trusted_devices::distrust(portal, tx, account.id).await?;
    if added {
        policy::added(portal, tx, account.id, account.role).await?;
    }
    let alert = match (added, kind) {
        (true, FactorKind::Recovery) => Alert::RecoveryCodesMade,
        (true, kind) => Alert::FactorAdded(kind),
        (false, kind) => Alert::FactorRemoved(kind),
    };
    alerts::raise(portal, tx, account, alert, Also::default(), from).await
}

/// Tells the owner that a recovery code was used, and how many are left.
///
/// # Errors
/// When the database fails.
pub async fn code_used(portal: &Portal, tx: &mut Tx, account: &Account, from: &Network) -> Result<(), InternalError> {
    let left = sql::codes_left(tx, account.id).await?;
    alerts::raise(portal, tx, account, Alert::RecoveryCodeUsed(left), Also::default(), from).await
}
