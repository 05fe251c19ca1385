//! Calls that read a code out: which call a gateway asks about, and that its code was read out, once.

use super::{Attempt, Receipted, sql};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::ChallengeId;
use crate::types::locale::Locale;

/// What is known of the call of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// In which language it speaks.
    pub locale: Locale,
    /// Whose code it reads out; None once the dispatch has let go of its challenge.
    pub challenge: Option<ChallengeId>,
    /// When the code was read out.
    pub spoken_at: Option<Timestamp>,
}

/// Writes down that the call's code is read out now, which is how a call arrives; false when it was before. Of several
/// requests for the same call one gets true.
///
/// # Errors
/// When the database fails.
pub async fn speak(portal: &Portal, attempt: &Attempt, told: &Receipted) -> Result<bool, InternalError> {
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    sql::hold(&mut tx, attempt.dispatch).await?;
    if !sql::attempts::speak(&mut tx, attempt, told, now).await? {
        return Ok(false);
    }
    sql::ends::end_sent(&mut tx, attempt.dispatch, now).await?;
    sql::arrive(&mut tx, attempt.dispatch, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends the sending of a call that its gateway tells of: it was placed, also when the gateway's answer was lost, and no
/// second one rings beside it.
///
/// # Errors
/// When the database fails.
pub async fn placed(tx: &mut Tx, attempt: &Attempt, now: Timestamp) -> Result<(), InternalError> {
    Ok(sql::ends::end_sent(tx, attempt.dispatch, now).await?)
}
