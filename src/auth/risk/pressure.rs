//! Whether somebody tries stolen passwords at all accounts: wrong passwords in all against sign-ins that went through.
//!
//! Both are counted in the database, so that all processes see the same. Each minute has a few tallies of its own, so that
//! sign-ins of one moment seldom wait for each other; a minute's tallies count for [`WINDOW`].

use crate::clock::SignedDuration;
use crate::crypto::random;
use crate::db::Tx;
use crate::error::InternalError;
use crate::limits::{self, Limit};
use crate::portal::Portal;

/// How far back is counted.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Tallies of one minute.
const SHARES: u8 = 4;

const WRONG: &str = "door:wrong";
const THROUGH: &str = "door:through";

async fn count(portal: &Portal, tx: &mut Tx, bucket: &'static str) -> Result<(), InternalError> {
    let minute = portal.clock.now().as_second().div_euclid(60);
    let share = random::bytes::<1>()[0] % SHARES;
    let subject = format!("{minute}:{share}");
    let limit = Limit { bucket, max: i64::MAX, window: WINDOW, pause: None };
    limits::take(portal, tx, limit, subject.as_bytes()).await?;
    Ok(())
}

/// Counts a wrong password. The last statement of its transaction, so that others wait for the commit alone.
///
/// # Errors
/// When the database fails.
pub async fn count_wrong(portal: &Portal, tx: &mut Tx) -> Result<(), InternalError> {
    count(portal, tx, WRONG).await
}

/// Counts a sign-in that went through. The last statement of its transaction as well.
///
/// # Errors
/// When the database fails.
pub async fn count_through(portal: &Portal, tx: &mut Tx) -> Result<(), InternalError> {
    count(portal, tx, THROUGH).await
}

/// Wrong passwords and good sign-ins of all accounts within [`WINDOW`].
pub(super) async fn now(portal: &Portal, tx: &mut Tx) -> Result<(i64, i64), InternalError> {
    Ok((limits::sum(portal, tx, WRONG).await?, limits::sum(portal, tx, THROUGH).await?))
}
