//! Whose record may be opened, and the key it is sealed under.

mod sql;

use crate::audit::{self, Deed, Event};
use crate::auth::sessions::SignedIn;
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::error::InternalError;
use crate::identity::accounts;
use crate::messaging::dispatches::Contact;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::ids::{AccountId, PatientId};
use crate::types::network::Network;
use crate::types::person_name::PersonName;

/// Proof that a patient is this doctor's; only [`open_for`] makes one.
pub struct CaredFor {
    patient: PatientId,
    doctor: AccountId,
    key: DataKey,
    name: PersonName,
    contact: Option<Contact>,
}

impl CaredFor {
    /// Whose record.
    pub fn patient(&self) -> PatientId {
        self.patient
    }

    /// Who treats them.
    pub fn doctor(&self) -> AccountId {
        self.doctor
    }

    /// The record's key.
    pub fn key(&self) -> &DataKey {
        &self.key
    }

    /// The patient's name.
    pub fn name(&self) -> &PersonName {
        &self.name
    }

    /// Where the patient is reached, if they have an account.
    pub fn contact(&self) -> Option<Contact> {
        self.contact.as_ref().map(|contact| Contact {
            account: contact.account,
            data_key_id: contact.data_key_id,
            key: contact.key.clone(),
            phone: contact.phone.clone(),
            email: contact.email.clone(),
            locale: contact.locale,
        })
    }
}

/// A patient's own record, opened by themselves.
pub struct Own {
    patient: PatientId,
    key: DataKey,
}

impl Own {
    /// Which record.
    pub fn patient(&self) -> PatientId {
        self.patient
    }

    /// The record's key.
    pub fn key(&self) -> &DataKey {
        &self.key
    }
}

/// Opens the record for a doctor whose patient it is; None for everybody else and for a record that is not there.
///
/// # Errors
/// When the database fails.
pub async fn open_for(
    portal: &Portal,
    who: &SignedIn,
    patient: PatientId,
    from: &Network,
) -> Result<Option<CaredFor>, InternalError> {
    if who.role != Role::Doctor {
        return Ok(None);
    }
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, patient).await?
    };
    let Some(row) = row else { return Ok(None) };
    let key = portal.data_key(&row.key)?;
    let place = Place { table: "patients", column: "name_sealed", row: patient.to_string() };
    let name = Sealed::from_bytes(row.name_sealed)
        .open(&key, &place)
        .map_err(|error| InternalError::new("opening a record", error))?;
    let contact = match row.account {
        None => None,
        Some(account) => accounts::find(portal, account).await?.map(|account| account.contact()),
    };
    let event = Event::new(who.actor(), Deed::RecordOpened).of(patient).from(from);
    audit::record_read(portal, vec![event]).await?;
    Ok(Some(CaredFor { patient, doctor: who.account, key, name, contact }))
}

/// Opens the signed-in patient's own record.
///
/// # Errors
/// When the person is no patient, or the database fails.
pub async fn own(portal: &Portal, who: &SignedIn) -> Result<Own, InternalError> {
    let patient = who.patient.ok_or_else(|| InternalError::because("somebody without a record asked for their own"))?;
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, patient).await?
    };
    let row = row.ok_or_else(|| InternalError::because("a patient's record is not there"))?;
    Ok(Own { patient, key: portal.data_key(&row.key)? })
}
