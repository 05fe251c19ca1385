//! The access log: what a patient sees of who opened their record. Drawn from the trail; what they did themselves is
//! left out.

use super::{Recorded, actor_word, sql};
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::ids::{AccountId, PatientId};

/// What others did with a record.
pub struct AccessLog {
    /// One page of events, newest first.
    pub events: Vec<Recorded>,
    /// How many there are in all.
    pub total: i64,
}

/// What others did with the record of `patient`, whose own account is `owner`.
///
/// # Errors
/// When the database fails.
pub async fn of(
    portal: &Portal,
    patient: PatientId,
    owner: AccountId,
    offset: i64,
    limit: i64,
) -> Result<AccessLog, InternalError> {
    let owner = actor_word(&Actor::Account { id: owner, role: Role::Patient });
    let mut connection = portal.db.read().await?;
    let total = sql::count_by_others(&mut connection, patient, &owner).await?;
    let events = sql::by_others(&mut connection, patient, &owner, offset, limit).await?;
    Ok(AccessLog { events, total })
}
