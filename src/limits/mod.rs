//! How often something may happen in a span of time, counted in the database, so that restarts and other processes
//! see the same number.
//!
//! A limit is *taken before* the work it guards, by one statement that also counts: of a hundred requests at one
//! instant the first `max` go through.

mod sql;

use crate::clock::{SignedDuration, Timestamp};
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;

/// A budget: `max` in `window`, then nothing for `pause` (or until the window ends).
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its name in the table; what is counted.
    pub bucket: &'static str,
    /// How many go through.
    pub max: i64,
    /// In which span, from the first of them.
    pub window: SignedDuration,
    /// How long the next must wait once the last was taken; None: until the window ends.
    pub pause: Option<SignedDuration>,
}

/// What a budget said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Go on; so many were taken in this window, this one included.
    Granted(i64),
    /// Not now; next at this instant.
    Until(Timestamp),
}

/// Counts one of `subject` against the limit, and says whether it may go on.
///
/// # Errors
/// When the database fails.
pub async fn take(portal: &Portal, tx: &mut Tx, limit: Limit, subject: &[u8]) -> Result<Taken, InternalError> {
    let now = portal.clock.now();
    let tally = sql::take(tx, limit, subject, now).await?;
    if tally.count > limit.max {
        return Ok(Taken::Until(tally.blocked_until.unwrap_or(tally.window_ends)));
    }
    Ok(Taken::Granted(tally.count))
}

/// Whether the budget is used up now, without counting.
///
/// # Errors
/// When the database fails.
pub async fn blocked_until(
    portal: &Portal,
    tx: &mut Tx,
    limit: Limit,
    subject: &[u8],
) -> Result<Option<Timestamp>, InternalError> {
    let now = portal.clock.now();
    let Some(tally) = sql::find(tx, limit.bucket, subject, now).await? else { return Ok(None) };
    if tally.count < limit.max {
        return Ok(None);
    }
    Ok(Some(tally.blocked_until.unwrap_or(tally.window_ends)))
}

/// How many were counted of a bucket's subjects together, in windows that are not over.
///
/// # Errors
/// When the database fails.
pub async fn sum(portal: &Portal, tx: &mut Tx, bucket: &'static str) -> Result<i64, InternalError> {
    Ok(sql::sum(tx, bucket, portal.clock.now()).await?)
}

/// Gives one back: what was guarded did not happen, or went well.
///
/// # Errors
/// When the database fails.
pub async fn give_back(tx: &mut Tx, limit: Limit, subject: &[u8]) -> Result<(), InternalError> {
    Ok(sql::give_back(tx, limit.bucket, subject).await?)
}

/// Forgets what was counted.
///
/// # Errors
/// When the database fails.
pub async fn clear(tx: &mut Tx, limit: Limit, subject: &[u8]) -> Result<(), InternalError> {
    Ok(sql::clear(tx, limit.bucket, subject).await?)
}

/// Drops up to `batch` tallies whose window is over; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now(), batch).await?;
    tx.commit().await?;
    Ok(swept)
}
