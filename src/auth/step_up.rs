//! Step-up: a fresh proof inside a session, before what deserves one.
//!
//! A proof by code no older than 10 minutes counts; before a visit it must be bound to that visit. Rules that need
//! one take a [`FreshFactor`] or a [`FreshForVisit`], which only this module makes.

use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::challenges::{self, Answered, NewChallenge, Purpose, Whose};
use crate::auth::entered::{Entered, home_of};
use crate::auth::sessions::{self, Session};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::portal::Portal;
use crate::types::ids::{AccountId, AppointmentId};

/// Proof by code, no older than the policy's 10 minutes.
#[derive(Clone, Debug)]
pub struct FreshFactor {
    account: AccountId,
}

impl FreshFactor {
    /// Who proved it.
    pub fn account(&self) -> AccountId {
        self.account
    }
}

/// Proof by code for one visit, no older than the policy's 10 minutes.
#[derive(Clone, Debug)]
pub struct FreshForVisit {
    account: AccountId,
    visit: AppointmentId,
}

impl FreshForVisit {
    /// Who proved it.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// For which visit.
    pub fn visit(&self) -> AppointmentId {
        self.visit
    }
}

/// The session's proof, if it is fresh.
pub fn fresh(portal: &Portal, session: &Session) -> Option<FreshFactor> {
    let now = portal.clock.now();
    let proved = session.proved_at?;
    let who = session.who.as_ref()?;
    (now.duration_since(proved) <= portal.config.limits.step_up).then_some(FreshFactor { account: who.account })
}

/// The session's proof for a visit, if it is fresh.
pub fn fresh_for_visit(portal: &Portal, session: &Session, visit: AppointmentId) -> Option<FreshForVisit> {
    let now = portal.clock.now();
    let (proved_visit, proved) = session.proved_visit?;
    let who = session.who.as_ref()?;
    let holds = proved_visit == visit && now.duration_since(proved) <= portal.config.limits.step_up;
    holds.then_some(FreshForVisit { account: who.account, visit })
}

/// Asks for a code inside a session; afterwards it leads to `next`.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    visit: Option<AppointmentId>,
    next: &str,
) -> Result<(), InternalError> {
    let who = session.who.as_ref().ok_or_else(|| InternalError::because("a step-up without a person"))?;
    let account = accounts::find(portal, who.account)
        .await?
        .ok_or_else(|| InternalError::because("a session without its account"))?;
    let mut tx = portal.db.begin().await?;
    let challenge = challenges::open(
        portal,
        &mut tx,
        NewChallenge {
            whose: Whose::Account(account.id),
            purpose: Purpose::StepUp,
            browser,
            device: session.device,
            contact: Some(&account.contact()),
            phone: &account.phone,
            phone_index: &account.phone_index,
            visit,
            reset: None,
            next: Some(next),
        },
    )
    .await?;
    sessions::expect(&mut tx, session.id, challenge).await?;
    audit::record(portal, &mut tx, Event::new(who.actor(), Deed::CodeRequested).on(challenge).from(&browser.network))
        .await?;
    tx.commit().await?;
    Ok(())
}

/// The code was right: the session gets a new cookie value and a fresh proof.
///
/// # Errors
/// When the database fails.
pub(super) async fn finish(
    portal: &Portal,
    mut tx: Tx,
    browser: &Browser,
    answered: &Answered,
    account: &Account,
    session: &Session,
) -> Result<Entered, InternalError> {
    let visit = answered.challenge.visit;
    let token = sessions::renew(portal, &mut tx, session, visit).await?;
    let event = Event::new(account.actor(), Deed::SteppedUp).from(&browser.network);
    let event = match visit {
        Some(visit) => event.on(visit),
        None => event.on(session.id),
    };
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    let next = answered.challenge.next.clone().unwrap_or_else(|| home_of(account.role).to_owned());
    Ok(Entered { token, device: None, next })
}
