//! How many wrong answers an account may give, and what follows.
//!
//! | counted                          | in a row | then                                             |
//! |----------------------------------|----------|--------------------------------------------------|
//! | any factor, from one known browser, or from all unknown ones together | 10 | locked there 15 min, owner told |
//! | each further lock                |          | doubles, to 24 h at most                         |
//! | passwords brought the lock       |          | a new one can still be chosen by link and code   |
//!
//! Known browsers are counted apart from strangers, so that a stranger cannot lock the owner out. Counted in the
//! database: restarts and other processes see the same number. Source: OWASP ASVS 6.3, NIST SP 800-63B 3.2.2.

mod sql;

use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, Alert, Also};
use crate::auth::challenges::Purpose;
use crate::auth::risk;
use crate::auth::step_up::FreshFactor;
use crate::auth::{budgets, factors};
use crate::clock::{SignedDuration, Timestamp};
use crate::config::Limits;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account};
use crate::limits;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::ids::{AccountId, DeviceId};
use crate::types::network::Network;
use crate::types::person_name::PersonName;
use crate::words::Words;

/// A wrong answer that was a password, in the stored word.
pub const PASSWORD: &str = "password";
/// A wrong answer by a second factor, in the stored word.
pub const CODE: &str = "code";

/// How long the lock after `earlier` earlier ones lasts.
pub fn length(limits: &Limits, earlier: i64) -> SignedDuration {
    let doublings = earlier.clamp(0, 16) as u32;
    let seconds = limits.lock_first.as_secs().saturating_mul(1 << doublings);
    SignedDuration::from_secs(seconds.min(limits.lock_longest.as_secs()))
}

/// Until when the account is locked for this browser (None: an unknown one).
///
/// # Errors
/// When the database fails.
pub async fn locked_until(
    portal: &Portal,
    tx: &mut Tx,
    account: AccountId,
    device: Option<DeviceId>,
) -> Result<Option<Timestamp>, InternalError> {
    Ok(sql::locked_until(tx, account, device, None, portal.clock.now()).await?)
}

/// Until when answers of this purpose are not looked at in this browser. A lock that wrong passwords brought does not stand in
/// the way of a new password: anybody who knows an address can bring one, and only its owner holds mailbox and phone.
///
/// # Errors
/// When the database fails.
pub async fn shut_until(
    portal: &Portal,
    tx: &mut Tx,
    account: AccountId,
    device: Option<DeviceId>,
    purpose: Purpose,
) -> Result<Option<Timestamp>, InternalError> {
    let but = (purpose == Purpose::ResetPassword).then_some(PASSWORD);
    Ok(sql::locked_until(tx, account, device, but, portal.clock.now()).await?)
}

/// Counts a wrong answer; locks at the tenth in a row and tells the owner. Answers until when, if it locked.
///
/// # Errors
/// When the database fails.
pub async fn count_wrong(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    device: Option<DeviceId>,
    why: &'static str,
    network: &Network,
) -> Result<Option<Timestamp>, InternalError> {
    let now = portal.clock.now();
    let count = sql::count(tx, account.id, device, why, network, now).await?;
    if count.in_a_row < portal.config.limits.lock_after {
        return Ok(None);
    }
    let until = now + length(&portal.config.limits, count.locks);
    sql::lock(tx, account.id, device, now, until).await?;
    audit::record(portal, tx, Event::new(Actor::System, Deed::AccountLocked).on(account.id).because(why).from(network))
        .await?;
    alerts::raise(portal, tx, account, Alert::Locked(until), Also::default(), network).await?;
    Ok(Some(until))
}

/// A sign-in went through: the count for this browser starts anew.
///
/// # Errors
/// When the database fails.
pub async fn forgive(tx: &mut Tx, account: AccountId, device: Option<DeviceId>) -> Result<(), InternalError> {
    Ok(sql::forgive(tx, account, device).await?)
}

/// A locked account as admins see it; nothing clinical, nothing to reach the person by.
pub struct Locked {
    /// Whose.
    pub account: AccountId,
    /// What they are.
    pub role: Role,
    /// Their name, of which a page shows the initials.
    pub name: PersonName,
    /// What the wrong answers were: `password` or `code`.
    pub why: String,
    /// When it was locked.
    pub locked_at: Timestamp,
    /// When it opens by itself.
    pub until: Timestamp,
    /// How many locks in a row, this one included.
    pub locks: i64,
    /// Whether only unknown browsers are locked out.
    pub strangers_only: bool,
    /// From where the last wrong answer came, as stored.
    pub network: String,
}

fn opened(portal: &Portal, row: sql::LockedRow) -> Result<Locked, InternalError> {
    Ok(Locked {
        name: accounts::open_name(portal, &row.key, &row.name_sealed, row.account)?,
        account: row.account,
        role: row.role,
        why: row.why,
        locked_at: row.locked_at,
        until: row.until,
        locks: row.locks,
        strangers_only: row.strangers,
        network: row.network,
    })
}

/// Every lock that holds now, latest first; an account has one for each browser that is locked.
///
/// # Errors
/// When the database fails.
pub async fn list(portal: &Portal) -> Result<Vec<Locked>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::list(&mut connection, portal.clock.now()).await?
    };
    rows.into_iter().map(|row| opened(portal, row)).collect()
}

/// One account's locks that hold now, latest first.
///
/// # Errors
/// When the database fails.
pub async fn of(portal: &Portal, account: AccountId) -> Result<Vec<Locked>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::of(&mut connection, account, portal.clock.now()).await?
    };
    rows.into_iter().map(|row| opened(portal, row)).collect()
}

/// How many accounts are locked now.
///
/// # Errors
/// When the database fails.
pub async fn count(portal: &Portal) -> Result<i64, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::count_locked(&mut connection, portal.clock.now()).await?)
}

/// Why a lockout stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetRefusal {
    /// No such account.
    NotFound,
    /// Nobody unlocks themselves.
    Oneself,
    /// A reason is required.
    NoReason,
}

/// Who asks for a reset: an admin with their own fresh code, or the operator on the shell.
pub enum Resetter {
    /// An admin.
    Admin(AccountId, FreshFactor),
    /// The shell.
    Shell,
}

/// Lifts every lock of the account, the pause of its email, and what would hold its next sign-in within a day; nothing
/// else: password and code are still needed.
/// Audited, and told to the person.
///
/// # Errors
/// Refused as [`ResetRefusal`] says.
pub async fn reset(
    portal: &Portal,
    by: Resetter,
    id: AccountId,
    reason: &str,
    network: Option<&Network>,
) -> Result<(), Failure<ResetRefusal>> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Failure::Refused(ResetRefusal::NoReason));
    }
    let actor = match &by {
        Resetter::Admin(me, fresh) => {
            if *me == id || fresh.account() != *me {
                return Err(Failure::Refused(ResetRefusal::Oneself));
            }
            Actor::Account { id: *me, role: Role::Admin }
        }
        Resetter::Shell => Actor::Shell,
    };
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let Some(account) = accounts::find_in(portal, &mut tx, id).await? else {
        return Err(Failure::Refused(ResetRefusal::NotFound));
    };
    sql::clear(&mut tx, id).await?;
    limits::clear(&mut tx, budgets::wrong_passwords(&portal.config.limits), &account.email_index).await?;
    for known in [true, false] {
        let codes = budgets::codes_of(id, known);
        limits::clear(&mut tx, budgets::wrong_codes(&portal.config.limits), &codes).await?;
        limits::clear(&mut tx, budgets::recovery_asks(), &codes).await?;
    }
    limits::clear(&mut tx, budgets::strange_resets(&portal.config.limits), id.to_string().as_bytes()).await?;
    factors::forgive_all(&mut tx, id).await?;
    risk::pardon(portal, &mut tx, id).await?;
    let mut event = Event::new(actor, Deed::LockoutReset).on(id).because(reason);
    if let Some(network) = network {
        event = event.from(network);
    }
    audit::record(portal, &mut tx, event).await?;
    let words = Words::new(account.locale);
    let values = Values::from([("time".to_owned(), words.time(now, &account.zone))]);
    accounts::tell(portal, &mut tx, &account, Notice::Unlocked, &values, false).await?;
    tx.commit().await?;
    Ok(())
}
