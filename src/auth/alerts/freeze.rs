//! Sensitive acts that are paused: what a rule asks before one, and how an admin or the operator ends the pause.
//!
//! | paused                                                  | goes on                                          |
//! |---------------------------------------------------------|--------------------------------------------------|
//! | changing phone, mail address, password in a session     | signing in                                       |
//! | adding and removing factors, recovery codes             | a new password by mailed link and code           |
//! | trusting a browser                                      | appointments, results, visits                    |
//!
//! Nobody lifts their own pause. While the owner may undo a phone that staff bound, neither who checked nor who approved it
//! lifts the pause that came with it: another admin does, or the shell.

use crate::audit::{self, Deed, Event};
use crate::auth::recovery;
use crate::auth::step_up::FreshFactor;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account, Frozen};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::ids::AccountId;
use crate::types::network::Network;
use crate::words::Words;

/// Lets a sensitive act go on, or says why not. Read the account in the act's own transaction where that matters.
///
/// # Errors
/// [`Frozen`]: since when, and until when.
pub fn check(portal: &Portal, account: &Account) -> Result<(), Frozen> {
    accounts::frozen(account, portal.clock.now()).map_or(Ok(()), Err)
}

/// Why a pause stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiftRefusal {
    /// No such account.
    NotFound,
    /// Nothing is paused.
    NotFrozen,
    /// Nobody lifts their own.
    Oneself,
    /// They checked or approved the phone that the owner may still undo.
    OwnStep,
    /// A reason is required.
    NoReason,
}

/// Who asks for it: an admin with their own fresh code, or the operator on the shell.
pub enum Lifter {
    /// An admin.
    Admin(AccountId, FreshFactor),
    /// The shell.
    Shell,
}

/// Whether this admin took a step in binding the account's phone that its owner may still undo, and so does not lift the
/// pause; for pages.
///
/// # Errors
/// When the database fails.
pub async fn is_own_step(portal: &Portal, admin: AccountId, id: AccountId) -> Result<bool, InternalError> {
    let mut connection = portal.db.read().await?;
    recovery::had_a_hand(portal, &mut connection, admin, id).await
}

/// Ends the pause and nothing else: a password that was voided still has to be chosen anew. Audited, and told to the
/// person.
///
/// # Errors
/// Refused as [`LiftRefusal`] says.
pub async fn lift(
    portal: &Portal,
    by: Lifter,
    id: AccountId,
    reason: &str,
    network: Option<&Network>,
) -> Result<(), Failure<LiftRefusal>> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Failure::Refused(LiftRefusal::NoReason));
    }
    let actor = match &by {
        Lifter::Admin(me, fresh) => {
            if *me == id || fresh.account() != *me {
                return Err(Failure::Refused(LiftRefusal::Oneself));
            }
            Actor::Account { id: *me, role: Role::Admin }
        }
        Lifter::Shell => Actor::Shell,
    };
    let mut tx = portal.db.begin().await?;
    let Some(account) = accounts::find_in(portal, &mut tx, id).await? else {
        return Err(Failure::Refused(LiftRefusal::NotFound));
    };
    if let Lifter::Admin(me, _) = &by
        && recovery::had_a_hand(portal, &mut tx, *me, id).await?
    {
        return Err(Failure::Refused(LiftRefusal::OwnStep));
    }
    if !accounts::unfreeze(&mut tx, id).await? {
        return Err(Failure::Refused(LiftRefusal::NotFrozen));
    }
    let mut event = Event::new(actor, Deed::AccountUnfrozen).on(id).because(reason);
    if let Some(network) = network {
        event = event.from(network);
    }
    audit::record(portal, &mut tx, event).await?;
    let time = Words::new(account.locale).day_time(portal.clock.now(), &account.zone);
    let values = Values::from([("time".to_owned(), time)]);
    accounts::tell(portal, &mut tx, &account, Notice::Unfrozen, &values, false).await?;
    tx.commit().await?;
    Ok(())
}
