//! Step-up: a fresh proof inside a session, before what deserves one.
//!
//! A proof by code no older than 10 minutes counts; before a visit it must be bound to that visit. Rules that need
//! one take a [`FreshFactor`] or a [`FreshForVisit`], which only this module makes.

use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::challenges::{self, Answered, Holder, NewChallenge, Purpose, Whose};
use crate::auth::entered::{Entered, home_of};
use crate::auth::factors::{FactorKey, Proof};
use crate::auth::sessions::{self, Session};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::portal::Portal;
use crate::types::ids::{AccountId, AppointmentId};

/// Proof of a second factor, no older than the policy's 10 minutes.
#[derive(Clone, Debug)]
pub struct FreshFactor {
    account: AccountId,
    proof: Option<Proof>,
}

impl FreshFactor {
    /// Who proved it.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Whether it was made by another factor than this one.
    pub fn is_apart_from(&self, factor: &FactorKey) -> bool {
        self.proof.as_ref().is_some_and(|proof| match &proof.key {
            Some(key) => key != factor,
            // The phone that the account was opened with: which one that is was not written down.
            None => !factor.is_phone(),
        })
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
    (now.duration_since(proved) <= portal.policies.now().of(who.role).step_up())
        .then(|| FreshFactor { account: who.account, proof: session.proof.clone() })
}

/// The session's proof for a visit, if it is fresh.
pub fn fresh_for_visit(portal: &Portal, session: &Session, visit: AppointmentId) -> Option<FreshForVisit> {
    let now = portal.clock.now();
    let (proved_visit, proved) = session.proved_visit?;
    let who = session.who.as_ref()?;
    let holds = proved_visit == visit && now.duration_since(proved) <= portal.policies.now().of(who.role).step_up();
    holds.then_some(FreshForVisit { account: who.account, visit })
}

/// Asks for a second factor inside a session, where there is another than `apart_from` for that; afterwards it leads to
/// `next`.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    visit: Option<AppointmentId>,
    apart_from: Option<FactorKey>,
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
            holder: Holder::Account(&account),
            stronger: false,
            apart_from,
            visit,
            reset: None,
            next: Some(next),
        },
    )
    .await?;
    sessions::expect(portal, &mut tx, session.id, challenge).await?;
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
    let token = sessions::renew(portal, &mut tx, session, visit, &answered.proof).await?;
    let event =
        Event::new(account.actor(), Deed::SteppedUp).because(answered.proof.kind.as_str()).from(&browser.network);
    let event = match visit {
        Some(visit) => event.on(visit),
        None => event.on(session.id),
    };
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    let next = answered.challenge.next.clone().unwrap_or_else(|| home_of(account.role).to_owned());
    Ok(Entered { token, device: None, next })
}
