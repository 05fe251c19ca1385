//! What the owner is told when their second factors change, or when a recovery code is used.

use super::sql;
use crate::auth::alerts::{self, Alert, Also};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::portal::Portal;
use crate::types::factor_kind::FactorKind;
use crate::types::network::Network;

/// Tells the owner that a factor was added, or removed.
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
