//! Policy: what the clinic asks of each role when people sign in. Admins change it within the product's bounds.
//!
//! Every process keeps the policies that hold in memory and looks every two seconds whether others do, so that no page
//! pays for them; the process that changed one knows at once.
//!
//! Nobody is shut out by a change. Who holds nothing that the policy counts signs in once more by what they hold, and
//! finds only their own account open, to add what is asked. The admin who makes the change says that they know how many
//! that are, and holds something themselves that the new policy counts: one admin always remains who signs in as usual.
//!
//! A shorter idle time holds for running sessions at once; a longer one brings none back that had run out.

mod change;
pub mod dependence;
pub mod differences;
mod sql;

use std::collections::BTreeSet;

use sqlx::AnyConnection;

use crate::auth::factors::passkeys;
use crate::auth::sessions;
use crate::clock::Timestamp;
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account, Frozen};
use crate::messaging::gateways;
use crate::portal::{Policies, Portal};
use crate::types::actor::Role;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{AccountId, PolicyId};
use crate::types::role_policy::{Draft, RolePolicy};

pub use change::{ChangeRefusal, Touched, Wanted, change, shuts_out, touched};

/// Who changed a policy last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The change.
    pub id: PolicyId,
    /// By whom.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// What holds for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which role.
    pub role: Role,
    /// What is asked.
    pub policy: RolePolicy,
    /// Since when; None for the defaults.
    pub changed: Option<Changed>,
}

impl Holding {
    /// What a change on top of it names: its id, empty for the defaults.
    pub fn based_on(&self) -> String {
        self.changed.as_ref().map_or_else(String::new, |changed| changed.id.to_string())
    }
}

fn idle_minutes(portal: &Portal) -> i64 {
    portal.config.limits.session_idle.as_mins()
}

/// What holds for a role before anybody changed it.
pub fn default_of(portal: &Portal, role: Role) -> RolePolicy {
    RolePolicy::default_of(role, idle_minutes(portal))
}

/// What holds for each role, out of the database.
///
/// # Errors
/// When the database fails.
pub async fn all(portal: &Portal) -> Result<Vec<Holding>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::newest(&mut connection).await?
    };
    let mut all: Vec<Holding> = [Role::Patient, Role::Doctor, Role::Admin]
        .into_iter()
        .map(|role| Holding { role, policy: default_of(portal, role), changed: None })
        .collect();
    for row in rows {
        let read = Draft::from_text(&row.text).and_then(|draft| RolePolicy::new(row.role, &draft).ok());
        let policy = read.ok_or_else(|| InternalError::because("a stored policy is not within the bounds"))?;
        for holding in all.iter_mut().filter(|holding| holding.role == row.role) {
            holding.policy = policy.clone();
            holding.changed = Some(row.changed.clone());
        }
    }
    Ok(all)
}

/// What holds for a role, out of the database.
///
/// # Errors
/// When the database fails.
pub async fn of(portal: &Portal, role: Role) -> Result<Holding, InternalError> {
    let found = all(portal).await?.into_iter().find(|holding| holding.role == role);
    found.ok_or_else(|| InternalError::because("a role without a policy"))
}

/// Learns what holds now; what was known stays where the database fails.
///
/// # Errors
/// When the database fails.
pub async fn refresh(portal: &Portal) -> Result<(), InternalError> {
    let mut policies = Policies::default_with(idle_minutes(portal));
    for holding in all(portal).await? {
        policies.put(holding.role, holding.policy);
    }
    portal.policies.learn(policies);
    Ok(())
}

/// The sorts of factors that somebody holds.
#[derive(Clone, Copy)]
struct Sorts {
    phone: bool,
    app: bool,
    passkey: bool,
    codes: bool,
}

impl From<&sql::HeldRow> for Sorts {
    fn from(row: &sql::HeldRow) -> Self {
        Self { phone: row.phones > 0, app: row.apps > 0, passkey: row.passkeys > 0, codes: row.codes > 0 }
    }
}

impl From<&sql::Group> for Sorts {
    fn from(group: &sql::Group) -> Self {
        Self { phone: group.has_phone, app: group.has_app, passkey: group.has_passkey, codes: group.has_codes }
    }
}

/// What can be used of it here: calls need a gateway that makes them, passkeys an address that is a name.
fn kinds(portal: &Portal, role: Role, sorts: Sorts) -> BTreeSet<FactorKind> {
    let mut kinds = BTreeSet::new();
    let mut add = |holds: bool, kind| {
        if holds {
            kinds.insert(kind);
        }
    };
    add(sorts.phone, FactorKind::Sms);
    add(sorts.phone && gateways::can_call(&portal.config), FactorKind::Voice);
    add(sorts.app, FactorKind::Totp);
    add(sorts.passkey && passkeys::are_possible(portal), FactorKind::Passkey);
    add(sorts.codes, FactorKind::Recovery);
    add(role == Role::Patient, FactorKind::Email);
    kinds
}

/// The kinds of factor that an account holds.
///
/// # Errors
/// When the database fails.
pub async fn held_by(
    portal: &Portal,
    connection: &mut AnyConnection,
    account: AccountId,
    role: Role,
) -> Result<BTreeSet<FactorKind>, InternalError> {
    let row = sql::held_of(connection, portal.config.limits.factor_life, account).await?;
    Ok(row.map(|row| kinds(portal, role, Sorts::from(&row))).unwrap_or_default())
}

/// Whether the account lacks what its role's policy counts, so that it has to add something.
///
/// # Errors
/// When the database fails.
pub async fn lacks(
    portal: &Portal,
    connection: &mut AnyConnection,
    account: AccountId,
    role: Role,
) -> Result<bool, InternalError> {
    let held = held_by(portal, connection, account, role).await?;
    Ok(!portal.policies.now().of(role).is_met_by(&held))
}

/// Lets a factor be added, or says why not: not while changes are paused, but for who must add one after staff bound their
/// new phone, which undoing the phone takes away again.
///
/// # Errors
/// Refused with the pause that holds.
pub async fn may_add(portal: &Portal, tx: &mut Tx, account: &Account) -> Result<(), Failure<Frozen>> {
    let Some(paused) = accounts::frozen(account, portal.clock.now()) else { return Ok(()) };
    let must_add = paused.until.is_some() && lacks(portal, tx, account.id, account.role).await?;
    if must_add { Ok(()) } else { Err(Failure::Refused(paused)) }
}

/// Narrows a new session to the person's own account, where they hold nothing that the policy counts; answers whether.
///
/// # Errors
/// When the database fails.
pub async fn narrow(
    portal: &Portal,
    tx: &mut Tx,
    account: AccountId,
    role: Role,
    token: &Secret,
) -> Result<bool, InternalError> {
    let lacks = lacks(portal, tx, account, role).await?;
    if lacks {
        sessions::narrow(tx, token).await?;
    }
    Ok(lacks)
}

/// A factor was added: opens the sessions of an account that now holds what the policy counts.
///
/// # Errors
/// When the database fails.
pub async fn added(portal: &Portal, tx: &mut Tx, account: AccountId, role: Role) -> Result<(), InternalError> {
    if !lacks(portal, tx, account, role).await? {
        sessions::open_up(tx, account).await?;
    }
    Ok(())
}
