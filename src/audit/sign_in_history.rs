//! The sign-in history of one account, for its owner and for an admin who reviews a lockout. Drawn from the trail.

use super::{Recorded, sql};
use crate::clock::SignedDuration;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::AccountId;

/// How far it goes back.
pub const SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many events a page shows at most.
pub const LONGEST: i64 = 100;

/// What happened around signing in to the account within [`SPAN`], newest first, [`LONGEST`] at most.
///
/// # Errors
/// When the database fails.
pub async fn of(portal: &Portal, account: AccountId) -> Result<Vec<Recorded>, InternalError> {
    let since = portal.clock.now() - SPAN;
    let mut connection = portal.db.read().await?;
    Ok(sql::of_sign_in(&mut connection, account, since, LONGEST).await?)
}
