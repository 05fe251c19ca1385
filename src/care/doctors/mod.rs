//! Doctors as patients choose them: name, specialty, zone.

mod sql;

use crate::care::appointments;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, TurnRefusal};
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::ids::AccountId;
use crate::types::network::Network;
use crate::types::person_name::PersonName;
use crate::types::zone::Zone;

/// A doctor whose account is on.
#[derive(Clone, Debug)]
pub struct Doctor {
    /// Their account.
    pub id: AccountId,
    /// Their name.
    pub name: PersonName,
    /// What they do, as patients read it.
    pub specialty: String,
    /// The zone of their weekly hours.
    pub zone: Zone,
}

fn opened(portal: &Portal, row: sql::Found) -> Result<Doctor, InternalError> {
    Ok(Doctor {
        name: accounts::open_name(portal, &row.key, &row.name_sealed, row.id)?,
        id: row.id,
        specialty: row.specialty,
        zone: row.zone,
    })
}

/// The doctors who can be booked, by specialty and name. One statement.
///
/// # Errors
/// When the database fails or a name does not open.
pub async fn list(portal: &Portal) -> Result<Vec<Doctor>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::bookable(&mut connection).await?
    };
    let mut doctors = rows.into_iter().map(|row| opened(portal, row)).collect::<Result<Vec<_>, _>>()?;
    doctors.sort_by(|a, b| {
        (&a.specialty, a.name.as_str().to_lowercase(), a.id).cmp(&(&b.specialty, b.name.as_str().to_lowercase(), b.id))
    });
    Ok(doctors)
}

/// One doctor; None when there is none or their account is off.
///
/// # Errors
/// When the database fails or the name does not open.
pub async fn find(portal: &Portal, id: AccountId) -> Result<Option<Doctor>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, id).await?
    };
    row.map(|row| opened(portal, row)).transpose()
}

/// The specialties of a list that [`list`] made, each once.
pub fn specialties(doctors: &[Doctor]) -> Vec<&str> {
    let mut specialties: Vec<&str> = doctors.iter().map(|doctor| doctor.specialty.as_str()).collect();
    specialties.dedup();
    specialties
}

/// Turns any account off, or on again; with a doctor's, every coming appointment of theirs is cancelled and its patient
/// told, since nobody would be there. Answers how many were.
///
/// # Errors
/// Refused as [`TurnRefusal`] says.
pub async fn turn(
    portal: &Portal,
    by: &Actor,
    id: AccountId,
    on: bool,
    reason: &str,
    from: &Network,
) -> Result<usize, Failure<TurnRefusal>> {
    accounts::turn(portal, by, id, on, reason, from).await?;
    if on { Ok(0) } else { Ok(appointments::cancel_all_of(portal, by, id, from).await?) }
}
