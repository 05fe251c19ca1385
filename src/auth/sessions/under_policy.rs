//! The sessions of a role whose policy changes.

use sqlx::AnyConnection;

use super::sql;
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::ids::AccountId;
use crate::types::role_policy::RolePolicy;

/// How many sessions of a role run, and how many of them would end at once under another policy.
///
/// # Errors
/// When the database fails.
pub async fn count_running(
    portal: &Portal,
    connection: &mut AnyConnection,
    role: Role,
    from: &RolePolicy,
    to: &RolePolicy,
) -> Result<(i64, i64), InternalError> {
    let now = portal.clock.now();
    let (idle, longest) = ((now - from.idle(), now - to.idle()), (now - from.longest(), now - to.longest()));
    Ok(sql::under_policy::count_running(connection, role, now, idle, longest).await?)
}

/// Ends for good the sessions of a role that have run out under a policy, before a longer one would let them live again.
///
/// # Errors
/// When the database fails.
pub async fn end_run_out(portal: &Portal, tx: &mut Tx, role: Role, policy: &RolePolicy) -> Result<(), InternalError> {
    let now = portal.clock.now();
    sql::under_policy::end_run_out(tx, role, now, now - policy.idle(), now - policy.longest()).await?;
    Ok(())
}

/// The accounts of a role with a running session that is for adding a factor.
///
/// # Errors
/// When the database fails.
pub async fn narrowed(portal: &Portal, tx: &mut Tx, role: Role) -> Result<Vec<AccountId>, InternalError> {
    Ok(sql::under_policy::narrowed(tx, role, portal.clock.now()).await?)
}
