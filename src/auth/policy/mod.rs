//! Policy: what the clinic asks of each role when people sign in. Admins change it within the product's bounds.
//!
//! Every process keeps the policies that hold in memory and looks every two seconds whether others do, so that no page
//! pays for them; the process that changed one knows at once.
//!
//! Nobody is shut out by a change. Who holds nothing that the policy counts signs in once more by what they hold, and
//! finds only their own account open, to add what is asked.

mod sql;

use std::collections::BTreeSet;

use sqlx::AnyConnection;

use crate::audit::{self, Deed, Event};
use crate::auth::step_up::FreshFactor;
use crate::auth::{sessions, trusted_devices};
use crate::clock::Timestamp;
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::messaging::gateways;
use crate::portal::{Policies, Portal};
use crate::types::actor::{Actor, Role};
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{AccountId, PolicyId};
use crate::types::network::Network;
use crate::types::role_policy::{Draft, RolePolicy};

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

fn idle_minutes(portal: &Portal) -> i64 {
    portal.config.limits.session_idle.as_mins()
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
        .map(|role| Holding { role, policy: RolePolicy::default_of(role, idle_minutes(portal)), changed: None })
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

fn kinds(portal: &Portal, role: Role, row: &sql::HeldRow) -> BTreeSet<FactorKind> {
    let mut kinds = BTreeSet::new();
    let mut add = |holds: bool, kind| {
        if holds {
            kinds.insert(kind);
        }
    };
    add(row.phones > 0, FactorKind::Sms);
    add(row.phones > 0 && gateways::can_call(&portal.config), FactorKind::Voice);
    add(row.apps > 0, FactorKind::Totp);
    add(row.passkeys > 0, FactorKind::Passkey);
    add(row.codes > 0, FactorKind::Recovery);
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
    let row = sql::held_of(connection, account).await?;
    Ok(row.map(|row| kinds(portal, role, &row)).unwrap_or_default())
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

/// Whom a change of policy touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// People of the role that are on.
    pub people: i64,
    /// Of them those who hold nothing that it counts, and have to add something at the next sign-in.
    pub must_add: Vec<AccountId>,
    /// Open sessions that end at once.
    pub sessions: i64,
    /// Trusted browsers that are trusted for a shorter time.
    pub browsers: i64,
}

/// Whom a change of a role's policy would touch.
///
/// # Errors
/// When the database fails.
pub async fn touched(portal: &Portal, from: &Holding, to: &RolePolicy) -> Result<Touched, InternalError> {
    let now = portal.clock.now();
    let mut connection = portal.db.read().await?;
    let rows = sql::held_by(&mut connection, from.role).await?;
    let lacking = rows.iter().filter(|row| !to.is_met_by(&kinds(portal, from.role, row)));
    let must_add = lacking.map(|row| row.account).collect();
    let idle = (now - from.policy.idle(), now - to.idle());
    let longest = (now - from.policy.longest(), now - to.longest());
    let sessions = sql::sessions_ending(&mut connection, from.role, now, idle, longest).await?;
    let browsers = match (from.role, to.trust()) {
        (Role::Patient, trust) => {
            trusted_devices::trusted_beyond(&mut connection, now, trust.map_or(now, |span| now + span)).await?
        }
        _ => 0,
    };
    Ok(Touched { people: i64::try_from(rows.len()).unwrap_or(i64::MAX), must_add, sessions, browsers })
}

/// Why a policy stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// A reason is required.
    NoReason,
    /// Nothing is different.
    Same,
    /// Somebody else changed it meanwhile.
    Changed,
    /// The admin who changes it holds nothing that it counts: they add it first, so that an admin remains who can sign in
    /// as usual.
    Oneself,
}

/// Changes a role's policy, on top of what `based_on` names (empty for the defaults).
///
/// # Errors
/// Refused as [`ChangeRefusal`] says.
pub async fn change(
    portal: &Portal,
    fresh: &FreshFactor,
    role: Role,
    to: &RolePolicy,
    based_on: &str,
    reason: &str,
    network: &Network,
) -> Result<(), Failure<ChangeRefusal>> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Failure::Refused(ChangeRefusal::NoReason));
    }
    let now = portal.clock.now();
    let from = of(portal, role).await?;
    if from.changed.as_ref().map_or(String::new(), |changed| changed.id.to_string()) != based_on {
        return Err(Failure::Refused(ChangeRefusal::Changed));
    }
    if from.policy == *to {
        return Err(Failure::Refused(ChangeRefusal::Same));
    }
    let me = fresh.account();
    let mut tx = portal.db.begin().await?;
    if role == Role::Admin && !to.is_met_by(&held_by(portal, &mut tx, me, role).await?) {
        return Err(Failure::Refused(ChangeRefusal::Oneself));
    }
    let text = to.draft().to_text();
    let row = sql::NewRow { id: PolicyId::new(), role, text: &text, based_on, reason, by: me, now };
    if !sql::insert(&mut tx, &row).await? {
        return Err(Failure::Refused(ChangeRefusal::Changed));
    }
    if role == Role::Patient {
        trusted_devices::trust_until(&mut tx, to.trust().map_or(now, |span| now + span)).await?;
    }
    let event = Event::new(Actor::Account { id: me, role: Role::Admin }, Deed::PolicyChanged).on(row.id);
    let event = event.because(format!("{}: {text}. {reason}", role.as_str())).from(network);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    refresh(portal).await?;
    Ok(())
}

/// How many people of a role prove who they are by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dependence {
    /// Texts and calls alone.
    pub phone_alone: i64,
    /// The same with recovery codes put by.
    pub phone_and_codes: i64,
    /// An authenticator app, and nothing that resists phishing.
    pub app: i64,
    /// Something that resists phishing.
    pub resists_phishing: i64,
}

/// How many people of each role depend on the telephone network.
///
/// # Errors
/// When the database fails.
pub async fn dependence(portal: &Portal) -> Result<Vec<(Role, Dependence)>, InternalError> {
    let counts = {
        let mut connection = portal.db.read().await?;
        sql::dependence(&mut connection).await?
    };
    Ok([Role::Patient, Role::Doctor, Role::Admin]
        .into_iter()
        .map(|role| {
            let mut found = Dependence::default();
            for ((of, app, passkey, codes), people) in &counts {
                let part = match (*passkey, *app, *codes) {
                    _ if of != role.as_str() => continue,
                    (true, ..) => &mut found.resists_phishing,
                    (_, true, _) => &mut found.app,
                    (_, _, true) => &mut found.phone_and_codes,
                    _ => &mut found.phone_alone,
                };
                *part += people;
            }
            (role, found)
        })
        .collect())
}

/// The staff who depend on texts and calls alone.
///
/// # Errors
/// When the database fails.
pub async fn staff_by_phone_alone(portal: &Portal) -> Result<Vec<AccountId>, InternalError> {
    let mut connection = portal.db.read().await?;
    let mut found = Vec::new();
    for role in [Role::Doctor, Role::Admin] {
        let rows = sql::held_by(&mut connection, role).await?;
        found.extend(rows.iter().filter(|row| row.apps == 0 && row.passkeys == 0).map(|row| row.account));
    }
    Ok(found)
}
