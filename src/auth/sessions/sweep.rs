//! Sessions that are over leave the table.

use super::sql;
use crate::clock::SignedDuration;
use crate::error::InternalError;
use crate::portal::Portal;

/// How long a session that is over stays in the table.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Removes up to `batch` sessions that ended 30 days ago, at the latest by their longest span; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - REMEMBERED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}

/// Lets go of the challenges that up to `batch` sessions past their longest span name; answers how many sessions.
///
/// # Errors
/// When the database fails.
pub async fn sweep_challenges(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep_challenges(&mut tx, portal.clock.now(), batch).await?;
    tx.commit().await?;
    Ok(swept)
}
