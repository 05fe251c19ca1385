//! Changing a policy: whom it touches, why it is refused, and what is open already.

use sqlx::AnyConnection;

use super::{Holding, Sorts, differences, held_by, kinds, of, refresh, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::sessions::{self, under_policy};
use crate::auth::step_up::FreshFactor;
use crate::auth::{challenges, trusted_devices};
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts;
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{AccountId, PolicyId};
use crate::types::network::Network;
use crate::types::role_policy::RolePolicy;

/// Whom a change of policy touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// People of the role that are on.
    pub people: i64,
    /// Of them those who then hold nothing that counts, and have to add something at their next sign-in.
    pub must_add: i64,
    /// Of these those who needed nothing more so far: of them the admin says that they know.
    pub newly: i64,
    /// All who have to add something by account, of staff; of patients only the number is told.
    pub staff: Vec<AccountId>,
    /// People who asked for calls first, where calls count no longer.
    pub calls_first: i64,
    /// Sessions that run now.
    pub sessions: i64,
    /// Of them those that end at once.
    pub ending: i64,
    /// Trusted browsers that are trusted for a shorter time.
    pub browsers: i64,
}

/// Whom a change of a role's policy would touch: the same few statements however many people there are.
///
/// # Errors
/// When the database fails.
pub async fn touched(portal: &Portal, from: &Holding, to: &RolePolicy) -> Result<Touched, InternalError> {
    let mut connection = portal.db.read().await?;
    let Lacking { people, must_add, newly } = count_lacking(portal, &mut connection, from, to).await?;
    let mut staff = Vec::new();
    if must_add > 0 && from.role != Role::Patient {
        let rows = sql::held_by(&mut connection, portal.config.limits.factor_life, from.role).await?;
        let lacking = rows.iter().filter(|row| !to.is_met_by(&kinds(portal, from.role, Sorts::from(*row))));
        staff = lacking.map(|row| row.account).collect();
    }
    let calls_end = from.policy.takes(FactorKind::Voice) && !to.takes(FactorKind::Voice);
    let calls_first = if calls_end { sql::count_calls_first(&mut connection, from.role).await? } else { 0 };
    let (sessions, ending) = under_policy::count_running(portal, &mut connection, from.role, &from.policy, to).await?;
    let now = portal.clock.now();
    let browsers = match from.role {
        Role::Patient => {
            trusted_devices::trusted_beyond(&mut connection, now, to.trust().map_or(now, |span| now + span)).await?
        }
        Role::Doctor | Role::Admin => 0,
    };
    Ok(Touched { people, must_add, newly, staff, calls_first, sessions, ending, browsers })
}

/// How many people of a role there are, how many of them hold nothing that counts then, and how many of these needed
/// nothing more before.
#[derive(Default)]
struct Lacking {
    people: i64,
    must_add: i64,
    newly: i64,
}

async fn count_lacking(
    portal: &Portal,
    connection: &mut AnyConnection,
    from: &Holding,
    to: &RolePolicy,
) -> Result<Lacking, InternalError> {
    let mut found = Lacking::default();
    for group in sql::groups(connection, portal.config.limits.factor_life).await? {
        if group.role == from.role {
            let held = kinds(portal, group.role, Sorts::from(&group));
            found.people += group.people;
            if !to.is_met_by(&held) {
                found.must_add += group.people;
                found.newly += if from.policy.is_met_by(&held) { group.people } else { 0 };
            }
        }
    }
    Ok(found)
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
    /// People would have to add something, and the admin did not say that they know.
    NotAcknowledged,
}

/// A policy to put in a role's place.
pub struct Wanted<'a> {
    /// Whose.
    pub role: Role,
    /// What is to hold.
    pub policy: &'a RolePolicy,
    /// The id of the change that it was made on top of; empty for the defaults.
    pub based_on: &'a str,
    /// The admin knows that people will have to add something.
    pub acknowledged: bool,
    /// Why.
    pub reason: &'a str,
}

/// Whether the admin holds nothing that a policy for admins would count: such a change is refused.
///
/// # Errors
/// When the database fails.
pub async fn shuts_out(portal: &Portal, admin: AccountId, role: Role, to: &RolePolicy) -> Result<bool, InternalError> {
    shuts_out_in(portal, &mut *portal.db.read().await?, admin, role, to).await
}

async fn shuts_out_in(
    portal: &Portal,
    connection: &mut AnyConnection,
    admin: AccountId,
    role: Role,
    to: &RolePolicy,
) -> Result<bool, InternalError> {
    Ok(role == Role::Admin && !to.is_met_by(&held_by(portal, connection, admin, role).await?))
}

/// Changes a role's policy.
///
/// # Errors
/// Refused as [`ChangeRefusal`] says.
pub async fn change(
    portal: &Portal,
    fresh: &FreshFactor,
    wanted: &Wanted<'_>,
    network: &Network,
) -> Result<(), Failure<ChangeRefusal>> {
    let (role, to, reason) = (wanted.role, wanted.policy, wanted.reason.trim());
    if reason.is_empty() {
        return Err(Failure::Refused(ChangeRefusal::NoReason));
    }
    let now = portal.clock.now();
    let from = of(portal, role).await?;
    if from.based_on() != wanted.based_on {
        return Err(Failure::Refused(ChangeRefusal::Changed));
    }
    let changes = differences::between(&from.policy, to);
    if changes.is_empty() {
        return Err(Failure::Refused(ChangeRefusal::Same));
    }
    let me = fresh.account();
    let mut tx = portal.db.begin().await?;
    // What the admin holds is not removed while it is looked at.
    accounts::hold(&mut tx, me).await?;
    if shuts_out_in(portal, &mut tx, me, role, to).await? {
        return Err(Failure::Refused(ChangeRefusal::Oneself));
    }
    if !wanted.acknowledged && count_lacking(portal, &mut tx, &from, to).await?.newly > 0 {
        return Err(Failure::Refused(ChangeRefusal::NotAcknowledged));
    }
    let text = to.draft().to_text();
    let row = sql::NewRow { id: PolicyId::new(), role, text: &text, based_on: wanted.based_on, reason, by: me, now };
    // Of two changes on top of the same one the index lets the first in.
    if !sql::insert(&mut tx, &row).await? {
        return Err(Failure::Refused(ChangeRefusal::Changed));
    }
    settle(portal, &mut tx, &from, to).await?;
    let why = format!("{}: {}. {reason}", role.as_str(), differences::in_words(&changes));
    let event = Event::new(Actor::Account { id: me, role: Role::Admin }, Deed::PolicyChanged).on(row.id);
    audit::record(portal, &mut tx, event.because(why).from(network)).await?;
    tx.commit().await?;
    refresh(portal).await?;
    Ok(())
}

/// What is open already follows the new policy: sessions that had run out stay so, browsers are trusted no longer than it
/// says, challenges that ask for what no longer counts end, and who had to add something and need not any more goes on.
async fn settle(portal: &Portal, tx: &mut Tx, from: &Holding, to: &RolePolicy) -> Result<(), InternalError> {
    let (role, now) = (from.role, portal.clock.now());
    if to.idle() > from.policy.idle() || to.longest() > from.policy.longest() {
        under_policy::end_run_out(portal, tx, role, &from.policy).await?;
    }
    if role == Role::Patient {
        trusted_devices::trust_until(tx, to.trust().map_or(now, |span| now + span)).await?;
    }
    for kind in FactorKind::ALL.into_iter().filter(|kind| from.policy.will_do(*kind) && !to.will_do(*kind)) {
        challenges::end_asking_for(portal, tx, role, kind).await?;
    }
    for account in under_policy::narrowed(portal, tx, role).await? {
        if to.is_met_by(&held_by(portal, tx, account, role).await?) {
            sessions::open_up(tx, account).await?;
        }
    }
    Ok(())
}
