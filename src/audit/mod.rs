//! The audit trail: who did what to which record, when, from where and why. Nothing in it is clinical.
//!
//! A change writes its event in its own transaction ([`record`]); a page that shows a patient's data is answered after
//! its event is durable ([`record_read`], many of them sharing a commit). Every event carries a keyed digest of itself,
//! so one that somebody slipped into the table is told apart; [`chain`] links committed events within a second.

pub mod access_log;
pub mod chain;
mod deed;
pub mod sign_in_history;
mod sql;

use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::ids::{AccountId, EventId, PatientId};
use crate::types::network::Network;

pub use deed::Deed;

/// What to write down; the time and the digest are added by [`record`].
#[derive(Clone, Debug)]
pub struct Event {
    actor: Actor,
    deed: Deed,
    patient: Option<PatientId>,
    subject: Option<String>,
    why: Option<String>,
    network: Option<Network>,
}

impl Event {
    /// Somebody did something.
    pub fn new(actor: Actor, deed: Deed) -> Self {
        Self { actor, deed, patient: None, subject: None, why: None, network: None }
    }

    /// Whose record it concerns.
    pub fn of(mut self, patient: PatientId) -> Self {
        self.patient = Some(patient);
        self
    }

    /// What exactly: the id of an account, an appointment, a report.
    pub fn on(mut self, subject: impl ToString) -> Self {
        self.subject = Some(subject.to_string());
        self
    }

    /// The reason given, never clinical.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// From which network.
    pub fn from(mut self, network: &Network) -> Self {
        self.network = Some(network.clone());
        self
    }
}

/// An event as it was stored.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its id.
    pub id: EventId,
    /// When it was written.
    pub at: Timestamp,
    /// `account:…`, `shell`, `system` or `stranger`.
    pub actor: String,
    /// The actor's role then.
    pub role: Option<Role>,
    /// The deed's word.
    pub deed: String,
    /// Whose record.
    pub patient: Option<PatientId>,
    /// What exactly.
    pub subject: Option<String>,
    /// The reason given.
    pub why: Option<String>,
    /// From which network.
    pub network: Option<String>,
}

/// The actor's word in the trail.
pub fn actor_word(actor: &Actor) -> String {
    match actor {
        Actor::Account { id, .. } => format!("account:{id}"),
        Actor::Shell => "shell".into(),
        Actor::System => "system".into(),
        Actor::Stranger => "stranger".into(),
    }
}

fn row(portal: &Portal, event: &Event) -> sql::NewRow {
    let role = match &event.actor {
        Actor::Account { role, .. } => Some(role.as_str()),
        _ => None,
    };
    let mut row = sql::NewRow {
        id: EventId::new().to_string(),
        at: portal.clock.now().as_millisecond(),
        actor: actor_word(&event.actor),
        role: role.map(str::to_owned),
        deed: event.deed.as_str().to_owned(),
        patient_id: event.patient.map(|id| id.to_string()),
        subject: event.subject.clone(),
        why: event.why.clone(),
        network: event.network.as_ref().map(|network| network.to_string()),
        mac: Vec::new(),
    };
    row.mac = chain::event_mac(&portal.keys.audit, &row).to_vec();
    row
}

/// Writes the event in the transaction of the change that it tells of.
///
/// # Errors
/// When the database fails.
pub async fn record(portal: &Portal, tx: &mut Tx, event: Event) -> Result<(), InternalError> {
    sql::insert(tx, &row(portal, &event)).await?;
    Ok(())
}

/// Writes events that stand alone, durably, sharing a commit with whoever asks at the same moment.
///
/// # Errors
/// When the commit fails: what the event allows must not happen then.
pub async fn record_read(portal: &Portal, events: Vec<Event>) -> Result<(), InternalError> {
    let statements = events.iter().map(|event| sql::insert_statement(row(portal, event))).collect();
    portal.db.write_together(statements).await?;
    Ok(())
}

/// What to look for in the trail.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Only what this account did.
    pub actor: Option<AccountId>,
    /// Only what concerns this record.
    pub patient: Option<PatientId>,
    /// Only this deed's word.
    pub deed: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub before: Option<Timestamp>,
    /// Only what stands after this event in the order of the list: the way to the next page, which fresh events do
    /// not move.
    pub older_than: Option<(Timestamp, EventId)>,
    /// Rows passed over.
    pub offset: i64,
    /// Rows at most.
    pub limit: i64,
}

/// Events, newest first.
///
/// # Errors
/// When the database fails.
pub async fn find(portal: &Portal, search: &Search) -> Result<Vec<Recorded>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::find(&mut connection, search).await?)
}

/// How many tries to sign in failed since an instant: wrong passwords and wrong codes.
///
/// # Errors
/// When the database fails.
pub async fn failed_sign_ins(portal: &Portal, since: Timestamp) -> Result<i64, InternalError> {
    let mut connection = portal.db.read().await?;
    let deeds = [Deed::PasswordRefused.as_str(), Deed::CodeRefused.as_str()];
    Ok(sql::count_since(&mut connection, deeds, since).await?)
}

/// The account that an actor's word names.
pub fn account_of(actor: &str) -> Option<AccountId> {
    actor.strip_prefix("account:")?.parse().ok()
}
