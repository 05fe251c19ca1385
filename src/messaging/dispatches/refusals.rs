//! What is told of the person rather than of the message: that they want no texts, or that their mail comes back.

use super::{Kind, Leased, Outcome, Receipted, sql};
use crate::crypto::sealed::{Place, Sealed};
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::mail_refusals::{self, Why};
use crate::messaging::opt_outs;
use crate::messaging::reason::Reason;
use crate::messaging::receipts::State;
use crate::portal::{Portal, WrappedKey};
use crate::types::ids::DispatchId;
use crate::types::phone::PhoneNumber;

/// Heeds what the gateway of an attempt told: the person whom it was for wrote STOP, so nobody texts them. Nothing is
/// kept where the number is not known any more.
///
/// # Errors
/// When the database fails, or the number does not open.
pub(super) async fn opted_out(
    portal: &Portal,
    tx: &mut Tx,
    dispatch: DispatchId,
    attempt: i64,
) -> Result<(), InternalError> {
    let Some(row) = sql::addressee(tx, dispatch, attempt).await? else { return Ok(()) };
    // Emptied by the sweep, or sealed under a key that was destroyed with its person.
    let (false, Some(wrapped)) = (row.to_sealed.is_empty(), row.wrapped) else { return Ok(()) };
    let key = portal.data_key(&WrappedKey { id: row.data_key_id, key_id: row.key_id, wrapped })?;
    let to = Sealed::<String>::from_bytes(row.to_sealed)
        .open(&key, &Place { table: "dispatches", column: "to_sealed", row: dispatch.to_string() })
        .map_err(|error| InternalError::new("opening a dispatch", error))?;
    match PhoneNumber::from_e164(&to) {
        Some(phone) => opt_outs::stop(portal, tx, &row.gateway, &phone).await,
        None => Ok(()),
    }
}

/// Heeds what the answer to a sending told of the person.
///
/// # Errors
/// When the database fails.
pub(super) async fn heed(
    portal: &Portal,
    tx: &mut Tx,
    leased: &Leased,
    outcome: &Outcome,
) -> Result<(), InternalError> {
    match (leased.kind, outcome) {
        (Kind::Sms, Outcome::Never { reason } | Outcome::Later { reason, .. })
            if *reason == Reason::OptedOut.as_str() =>
        {
            match PhoneNumber::from_e164(&leased.to) {
                Some(phone) => opt_outs::stop(portal, tx, leased.gateway, &phone).await,
                None => Ok(()),
            }
        }
        (Kind::Email, Outcome::Never { reason }) => {
            let Some(why) = Why::from_word(reason) else { return Ok(()) };
            match sql::account_of(tx, leased.id).await? {
                Some(account) => mail_refusals::refused(portal, tx, account, why).await,
                None => Ok(()),
            }
        }
        (Kind::Email, Outcome::Accepted { .. }) => match sql::account_of(tx, leased.id).await? {
            Some(account) => mail_refusals::accepted(tx, account, portal.clock.now()).await,
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// What became of a mail that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// Its account is marked.
    Marked,
    /// It was to nobody with an account.
    NoAccount,
    /// It was told before.
    Known,
    /// There is no such mail.
    Unknown,
}

/// Writes down that a mail came back, once, and marks its account. `status` is an enhanced status code.
///
/// # Errors
/// When the database fails.
pub async fn returned(portal: &Portal, id: DispatchId, status: &str) -> Result<Returned, InternalError> {
    let mut tx = portal.db.begin().await?;
    let Some(attempt) = sql::attempts::mailed(&mut tx, id).await? else { return Ok(Returned::Unknown) };
    let (state, rank) = (State::Undelivered.as_str(), State::Undelivered.rank());
    let told = Receipted { state, rank, code: Some(status.to_owned()), reason: None };
    if !sql::attempts::raise(&mut tx, &attempt, &told, portal.clock.now()).await? {
        return Ok(Returned::Known);
    }
    let account = sql::account_of(&mut tx, id).await?;
    if let Some(account) = account {
        mail_refusals::refused(portal, &mut tx, account, Why::of_status(status)).await?;
    }
    tx.commit().await?;
    Ok(if account.is_some() { Returned::Marked } else { Returned::NoAccount })
}
