//! Whether a text arrived: what gateways tell of its attempts, and what the person who waits for it may know.

use sqlx::AnyConnection;

use super::attempts::VOUCHED_FOR;
use super::{Line, Way, refusals, sql};
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::gateways::http::referred;
use crate::messaging::reason::Reason;
use crate::portal::Portal;
use crate::types::ids::{ChallengeId, DispatchId, PhoneId};

/// An attempt as a receipt finds it.
pub struct Attempt {
    /// Of which dispatch.
    pub dispatch: DispatchId,
    /// Which one, from 1.
    pub number: i64,
    /// The gateway's id of the message, once its answer was written down.
    pub provider_id: Option<String>,
    /// Its call; None for a message.
    pub call: Option<Line>,
}

/// The attempt through a gateway whose address holds this token.
///
/// # Errors
/// When the database fails.
pub async fn attempt_of(portal: &Portal, gateway: &str, token: &Secret) -> Result<Option<Attempt>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::attempts::attempt_of(&mut connection, gateway, &token.digest()).await?)
}

/// The newest attempt through a gateway that goes by this name: the gateway's own id, or our reference.
///
/// # Errors
/// When the database fails.
pub async fn attempt_named(portal: &Portal, gateway: &str, name: &str) -> Result<Option<Attempt>, InternalError> {
    let mut connection = portal.db.read().await?;
    if let Some(half) = referred(name)
        && let Some(attempt) = sql::attempts::attempt_referred(&mut connection, gateway, &half).await?
    {
        return Ok(Some(attempt));
    }
    Ok(sql::attempts::attempt_named(&mut connection, gateway, name).await?)
}

/// How a receipt ends the way of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It arrived.
    Arrived,
    /// It will not.
    Failed,
}

/// What a gateway told of an attempt.
pub struct Receipted {
    /// Its word.
    pub state: &'static str,
    /// What a later one must exceed.
    pub rank: i64,
    /// The gateway's own code of a failure.
    pub code: Option<String>,
    /// What it means.
    pub reason: Option<Reason>,
}

/// Writes down what a gateway told of an attempt, unless as much was told before. A message that arrived was sent, also
/// when the gateway's answer to its sending was lost: it is not sent again then. One that failed goes another way at
/// once, where one is left. Who is told to want no texts gets none.
///
/// # Errors
/// When the database fails.
pub async fn receipted(
    portal: &Portal,
    tx: &mut Tx,
    attempt: &Attempt,
    told: &Receipted,
    end: Option<End>,
    now: Timestamp,
) -> Result<(), InternalError> {
    sql::hold(tx, attempt.dispatch).await?;
    if !sql::attempts::raise(tx, attempt, told, now).await? {
        return Ok(());
    }
    if end == Some(End::Arrived) {
        sql::arrive(tx, attempt.dispatch, now).await?;
        sql::ends::close(tx, attempt.dispatch, now, "sent").await?;
    }
    if end == Some(End::Failed) && sql::hurry(tx, attempt, now).await? {
        let portal = portal.clone();
        tx.after_commit(move || portal.wake.codes.notify_one());
    }
    if end.is_none() {
        sql::vouch(tx, attempt, now, now + VOUCHED_FOR).await?;
    }
    if told.reason == Some(Reason::OptedOut) {
        refusals::opted_out(portal, tx, attempt.dispatch, attempt.number).await?;
    }
    Ok(())
}

/// Ends what is still on its way of a challenge whose code was used.
///
/// # Errors
/// When the database fails.
pub async fn settle(portal: &Portal, tx: &mut Tx, challenge: ChallengeId) -> Result<(), InternalError> {
    Ok(sql::settle(tx, challenge, portal.clock.now()).await?)
}

/// How many codes in a row have to fail before a phone counts as one that they do not reach.
const FAILED_IN_A_ROW: i64 = 3;
/// How far back that is looked at.
const FAILED_WITHIN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Whether codes reach one of a person's phones: false when the last three to it within 30 days all failed.
///
/// # Errors
/// When the database fails.
pub async fn arrives_at(
    portal: &Portal,
    connection: &mut AnyConnection,
    phone: PhoneId,
) -> Result<bool, InternalError> {
    let since = portal.clock.now() - FAILED_WITHIN;
    Ok(sql::failed_of_last(connection, phone, since, FAILED_IN_A_ROW).await? < FAILED_IN_A_ROW)
}

/// Whether a challenge's code that ends then was sent as often as one code may be.
///
/// # Errors
/// When the database fails.
pub async fn is_spent(
    portal: &Portal,
    tx: &mut Tx,
    challenge: ChallengeId,
    ends_at: Timestamp,
) -> Result<bool, InternalError> {
    Ok(sql::sends::code_sends(tx, challenge, ends_at).await? >= portal.config.limits.code_sends)
}

/// What the waiting person may know of their code's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In the queue.
    Queued,
    /// Handed to the phone network at this instant.
    Sent(Timestamp),
    /// Handed over at this instant, and longer on its way than most.
    Delayed(Timestamp),
    /// The way it went has failed, and another is about to be tried.
    Turned,
    /// Handed over at this instant by another way than the first.
    Rerouted(Timestamp),
    /// The phone's network told at this instant that it arrived.
    Arrived(Timestamp),
    /// The person wrote STOP to our texts, so none was sent.
    OptedOut,
    /// It could not be sent, or not be delivered.
    Failed,
}

/// The newest message of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// How it goes: by what the person asked for, or by what followed of itself.
    pub way: Way,
    /// What its gateway answered: as much as a decoy's would show.
    pub answered: Delivery,
    /// What was told of it afterwards, or is known of its ways.
    pub told: Option<Delivery>,
}

/// From when on a message that was sent is longer on its way than most.
pub const DELAYED_AFTER: SignedDuration = SignedDuration::from_secs(25);

/// The state of the newest message of a challenge; None when none was queued.
///
/// # Errors
/// When the database fails.
pub async fn delivery_of(portal: &Portal, challenge: ChallengeId) -> Result<Option<Newest>, InternalError> {
    let now = portal.clock.now();
    let mut connection = portal.db.read().await?;
    Ok(sql::newest_of(&mut connection, challenge).await?.map(|row| Newest {
        way: row.way,
        answered: answered(&row),
        told: told(&row, now),
    }))
}

/// A message that was sent so long ago is delayed.
pub fn sent_or_delayed(at: Timestamp, now: Timestamp) -> Delivery {
    if now.duration_since(at) >= DELAYED_AFTER { Delivery::Delayed(at) } else { Delivery::Sent(at) }
}

fn answered(row: &sql::NewestRow) -> Delivery {
    match (row.sent_at, row.outcome.as_deref()) {
        (Some(at), _) => Delivery::Sent(at),
        (None, Some("failed" | "late" | "unreadable" | "unknown" | "opted_out")) => Delivery::Failed,
        (None, _) => Delivery::Queued,
    }
}

fn told(row: &sql::NewestRow, now: Timestamp) -> Option<Delivery> {
    if let Some(at) = row.arrived_at {
        return Some(Delivery::Arrived(at));
    }
    let has_failed = matches!(row.receipt.as_deref(), Some("undelivered" | "failed"));
    if let Some(outcome) = row.outcome.as_deref() {
        return match outcome {
            "opted_out" => Some(Delivery::OptedOut),
            _ if has_failed => Some(Delivery::Failed),
            _ => row.sent_at.map(|at| rerouted_or(row, at, now)),
        };
    }
    // Its last way has failed or was silent, and the next is due.
    let was_lost = row.receipt.is_none() && matches!(row.attempt.as_deref(), Some("later" | "unknown" | "never"));
    let is_turned = has_failed || was_lost;
    match (row.tries, is_turned, row.attempt.as_deref()) {
        (0, ..) => None,
        (_, true, _) => Some(Delivery::Turned),
        // The next way is being tried at this moment.
        (2.., false, None) => Some(Delivery::Turned),
        _ => row.sent_at.map(|at| rerouted_or(row, at, now)),
    }
}

fn rerouted_or(row: &sql::NewestRow, at: Timestamp, now: Timestamp) -> Delivery {
    match sent_or_delayed(at, now) {
        Delivery::Sent(at) if row.tries > 1 => Delivery::Rerouted(at),
        other => other,
    }
}
