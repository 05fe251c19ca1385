//! The sign-in history of one account, for its owner and for an admin who reviews a lockout. Drawn from the trail.

use super::{Recorded, sql};
use crate::clock::{SignedDuration, Timestamp};
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::{AccountId, EventId};
use crate::types::network::Network;

/// How far it goes back.
pub const SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What happened around signing in to the account within [`SPAN`], newest first: the first `limit` of all, or of those
/// before an event that was shown.
///
/// # Errors
/// When the database fails.
pub async fn of(
    portal: &Portal,
    account: AccountId,
    before: Option<(Timestamp, EventId)>,
    limit: i64,
) -> Result<Vec<Recorded>, InternalError> {
    let since = portal.clock.now() - SPAN;
    let mut connection = portal.db.read().await?;
    Ok(sql::sign_in::of_sign_in(&mut connection, account, since, before, limit).await?)
}

/// How often somebody failed at an account's door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// Wrong passwords.
    pub passwords: i64,
    /// Wrong codes.
    pub codes: i64,
    /// Of both, those from one network.
    pub here: i64,
}

/// Up to how many failures are counted: whoever asks cares for a few, not for all.
pub const FAILURES_COUNTED: i64 = 500;

/// The account's failures since an instant, [`FAILURES_COUNTED`] at most.
///
/// # Errors
/// When the database fails.
pub async fn failures(
    tx: &mut Tx,
    account: AccountId,
    here: &Network,
    since: Timestamp,
) -> Result<Failures, InternalError> {
    Ok(sql::sign_in::failures(tx, account, here, since, FAILURES_COUNTED).await?)
}
