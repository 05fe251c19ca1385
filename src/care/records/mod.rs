//! Patient records, and whose patient somebody is.
//!
//! A doctor opens a record only while an appointment links the two: one that was not cancelled, coming or ended
//! within the past [`CARE_LASTS`]. A missing record and a stranger's answer None alike.

mod sql;

use std::ops::Deref;

use crate::audit::{self, Deed, Event};
use crate::auth::recovery::Request;
use crate::auth::sessions::SignedIn;
use crate::care::appointments;
use crate::clock::SignedDuration;
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::error::InternalError;
use crate::identity::accounts;
use crate::messaging::dispatches::Contact;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::birth_date::BirthDate;
use crate::types::ids::{AccountId, DataKeyId, PatientId};
use crate::types::network::Network;
use crate::types::person_name::PersonName;
use crate::types::zone::Zone;

/// How long after its end an appointment still makes somebody the doctor's patient.
pub const CARE_LASTS: SignedDuration = SignedDuration::from_hours(365 * 24);

/// A patient's record, opened.
pub struct Patient {
    /// The record.
    pub id: PatientId,
    /// The account, if there is one.
    pub account: Option<AccountId>,
    /// Their name.
    pub name: PersonName,
    /// Their date of birth.
    pub birth_date: BirthDate,
    /// The row of their data key.
    pub data_key_id: DataKeyId,
    /// Their data key.
    pub key: DataKey,
    /// Where they are reached, if they have an account.
    pub contact: Option<Contact>,
    /// Their zone; the clinic's without an account.
    pub zone: Zone,
}

/// A patient whom this doctor may see: only [`open_for`] makes it.
pub struct CaredFor {
    patient: Patient,
    doctor: AccountId,
}

impl CaredFor {
    /// The doctor who may.
    pub fn doctor(&self) -> AccountId {
        self.doctor
    }
}

impl Deref for CaredFor {
    type Target = Patient;

    fn deref(&self) -> &Patient {
        &self.patient
    }
}

pub(in crate::care) fn place(column: &'static str, id: PatientId) -> Place {
    Place { table: "patients", column, row: id.to_string() }
}

fn opened(portal: &Portal, row: sql::Found) -> Result<Patient, InternalError> {
    let key = portal.data_key(&row.key)?;
    let broken = |error| InternalError::new("opening a patient's record", error);
    let account = row.contact.as_ref().map(|contact| contact.account);
    let zone = row.contact.as_ref().map_or_else(|| portal.config.clinic.zone.clone(), |contact| contact.zone.clone());
    Ok(Patient {
        name: Sealed::from_bytes(row.name_sealed).open(&key, &place("name_sealed", row.id)).map_err(broken)?,
        birth_date: Sealed::from_bytes(row.birth_date_sealed)
            .open(&key, &place("birth_date_sealed", row.id))
            .map_err(broken)?,
        contact: row.contact.map(|contact| accounts::open_contact(&contact, row.key.id, &key)).transpose()?,
        id: row.id,
        account,
        data_key_id: row.key.id,
        key,
        zone,
    })
}

/// A record for a rule of care that has already decided who may see it and writes down that they did.
pub(in crate::care) async fn load(portal: &Portal, id: PatientId) -> Result<Option<Patient>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, id).await?
    };
    row.map(|row| opened(portal, row)).transpose()
}

/// The signed-in patient's own record, for what they do with it; None for staff. The rule that uses it writes the
/// event.
///
/// # Errors
/// When the database fails or the record does not open.
pub async fn own(portal: &Portal, who: &SignedIn) -> Result<Option<Patient>, InternalError> {
    match who.patient {
        Some(id) => load(portal, id).await,
        None => Ok(None),
    }
}

/// The record that staff compare with whoever asks for a way back in; None for an account of staff. The request is the
/// reason, and only staff who may act on it hold one. Reading it is written down.
///
/// # Errors
/// When the database fails or the record does not open.
pub async fn to_compare(
    portal: &Portal,
    who: &SignedIn,
    request: &Request,
    from: &Network,
) -> Result<Option<Patient>, InternalError> {
    let event = Event::new(who.actor(), Deed::RecoveryRead).on(request.owner.id).from(from);
    match request.owner.patient {
        None => {
            audit::record_read(portal, vec![event]).await?;
            Ok(None)
        }
        Some(id) => {
            audit::record_read(portal, vec![event.of(id)]).await?;
            load(portal, id).await
        }
    }
}

/// Opens a patient's record for a doctor who cares for them, and writes that down; None for everybody else.
///
/// # Errors
/// When the database fails or the record does not open.
pub async fn open_for(
    portal: &Portal,
    who: &SignedIn,
    patient: PatientId,
    from: &Network,
) -> Result<Option<CaredFor>, InternalError> {
    if who.role != Role::Doctor {
        return Ok(None);
    }
    let since = portal.clock.now() - CARE_LASTS;
    if !appointments::link(portal, who.account, patient, since).await? {
        return Ok(None);
    }
    open_on_duty(portal, who, patient, from).await
}

/// Opens a patient's record for a doctor whose reason a rule of care has checked already, and writes that down.
pub(in crate::care) async fn open_on_duty(
    portal: &Portal,
    who: &SignedIn,
    patient: PatientId,
    from: &Network,
) -> Result<Option<CaredFor>, InternalError> {
    if who.role != Role::Doctor {
        return Ok(None);
    }
    let Some(patient) = load(portal, patient).await? else { return Ok(None) };
    let event = Event::new(who.actor(), Deed::RecordOpened).of(patient.id).on(patient.id).from(from);
    audit::record_read(portal, vec![event]).await?;
    Ok(Some(CaredFor { patient, doctor: who.account }))
}
