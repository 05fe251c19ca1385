//! Notices of something that may still change: worth sending until an instant, and taken back when it no longer holds.

use super::{Contact, Kind, NewDispatch, queue, sql};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::ids::DispatchId;

/// Queues a notice by the way its person chose, worth sending until an instant. Answers the dispatch; None for a text
/// to somebody without a phone.
///
/// # Errors
/// When the database fails.
pub async fn queue_until(
    portal: &Portal,
    tx: &mut Tx,
    contact: &Contact,
    kind: Kind,
    notice: Notice,
    values: &Values,
    useless_at: Timestamp,
) -> Result<Option<DispatchId>, InternalError> {
    let to = match kind {
        Kind::Email => Some(contact.email.as_str().to_owned()),
        Kind::Sms | Kind::Call => contact.phone.as_ref().map(|phone| phone.e164().to_owned()),
    };
    let Some(to) = to else { return Ok(None) };
    let new = NewDispatch { kind, to, notice, values, challenge: None, useless_at };
    Ok(Some(queue(portal, tx, contact, new).await?))
}

/// Takes a queued message back. One that a worker holds at this moment may still leave, but not a second time.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(portal: &Portal, tx: &mut Tx, id: DispatchId) -> Result<(), InternalError> {
    Ok(sql::ends::withdraw(tx, id, portal.clock.now()).await?)
}
