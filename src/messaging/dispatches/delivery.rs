//! Whether a text arrived: what gateways tell of its attempts, and what the person who waits for it may know.

use super::{Line, sql};
use crate::clock::Timestamp;
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::{ChallengeId, DispatchId};

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
    Ok(sql::attempt_of(&mut connection, gateway, &token.digest()).await?)
}

/// What a gateway told of an attempt.
pub struct Receipted {
    /// Its word.
    pub state: &'static str,
    /// What a later one must exceed.
    pub rank: i64,
    /// The gateway's own code of a failure.
    pub code: Option<String>,
}

/// Writes down what a gateway told of an attempt, unless as much was told before. A message that arrived was sent, also
/// when the gateway's answer to its sending was lost: it is not sent again then.
///
/// # Errors
/// When the database fails.
pub async fn receipted(
    tx: &mut Tx,
    attempt: &Attempt,
    told: &Receipted,
    arrived: bool,
    now: Timestamp,
) -> Result<(), InternalError> {
    let rose = sql::raise(tx, attempt, told, now).await?;
    if rose && arrived {
        sql::end(tx, attempt.dispatch, now, Some(now), "sent").await?;
        sql::arrive(tx, attempt.dispatch, now).await?;
    }
    Ok(())
}

/// What the waiting person may know of their code's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In the queue.
    Queued,
    /// Handed to the phone network at this instant.
    Sent(Timestamp),
    /// The phone's network told at this instant that it arrived.
    Arrived(Timestamp),
    /// It could not be sent, or not be delivered.
    Failed,
}

/// The newest text of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// What its gateway answered.
    pub answered: Delivery,
    /// What was told of it afterwards.
    pub told: Option<Delivery>,
}

/// The state of the newest text of a challenge; None when none was queued.
///
/// # Errors
/// When the database fails.
pub async fn delivery_of(portal: &Portal, challenge: ChallengeId) -> Result<Option<Newest>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::newest_of(&mut connection, challenge).await?.map(|row| Newest {
        answered: match (row.sent_at, row.outcome.as_deref()) {
            (Some(at), _) => Delivery::Sent(at),
            (None, Some("failed" | "late" | "unreadable" | "unknown" | "opted_out")) => Delivery::Failed,
            (None, _) => Delivery::Queued,
        },
        told: match (row.arrived_at, row.receipt.as_deref()) {
            (Some(at), _) => Some(Delivery::Arrived(at)),
            // Told of the last attempt; while another is under way nothing has failed.
            (None, Some("undelivered" | "failed")) if row.outcome.is_some() => Some(Delivery::Failed),
            (None, _) => None,
        },
    }))
}
