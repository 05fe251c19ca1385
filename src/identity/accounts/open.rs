//! Opening an account, once the phone is proved.

use super::{place, sql};
use crate::crypto::blind_index;
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::phones;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::birth_date::BirthDate;
use crate::types::email_address::EmailAddress;
use crate::types::ids::{AccountId, DataKeyId, PatientId};
use crate::types::locale::Locale;
use crate::types::person_name::PersonName;
use crate::types::phone::PhoneNumber;
use crate::types::zone::Zone;

/// What an account is opened with.
pub struct NewAccount<'a> {
    /// What they may do.
    pub role: Role,
    /// Their name.
    pub name: &'a PersonName,
    /// Their mail address.
    pub email: &'a EmailAddress,
    /// Their proved phone.
    pub phone: &'a PhoneNumber,
    /// The hash of their password (PHC).
    pub password_hash: &'a str,
    /// Their language.
    pub locale: Locale,
    /// Their zone.
    pub zone: &'a Zone,
    /// The data key that already seals them.
    pub data_key: (DataKeyId, &'a DataKey),
    /// Patients: their date of birth.
    pub birth_date: Option<&'a BirthDate>,
    /// Doctors: what they do.
    pub specialty: Option<&'a str>,
}

/// Why no account was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenRefusal {
    /// The email has an account.
    EmailTaken,
    /// Three accounts share the phone already.
    PhoneFull,
}

/// Opens the account and, for a patient, the clinical record. The unique indexes decide.
///
/// # Errors
/// Refused as [`OpenRefusal`] says; the transaction must then be dropped.
pub async fn open(
    portal: &Portal,
    tx: &mut Tx,
    new: NewAccount<'_>,
) -> Result<(AccountId, Option<PatientId>), Failure<OpenRefusal>> {
    let id = AccountId::new();
    let now = portal.clock.now();
    let (data_key_id, key) = new.data_key;
    let phone_index = blind_index::index_phone(&portal.keys.index, new.phone);
    let Some(phone_place) = phones::free_place(tx, &phone_index).await? else {
        return Err(Failure::Refused(OpenRefusal::PhoneFull));
    };
    let inserted = sql::insert(
        tx,
        &sql::NewRow {
            id,
            role: new.role,
            data_key_id,
            name_sealed: Sealed::seal(new.name, key, &place("name_sealed", id)).as_bytes().to_vec(),
            email_sealed: Sealed::seal(new.email, key, &place("email_sealed", id)).as_bytes().to_vec(),
            email_index: blind_index::index_email(&portal.keys.index, new.email),
            phone_sealed: Sealed::seal(new.phone, key, &place("phone_sealed", id)).as_bytes().to_vec(),
            phone_index,
            phone_place,
            password_hash: new.password_hash,
            locale: new.locale,
            zone: new.zone,
            now,
        },
    )
    .await?;
    if !inserted {
        return Err(Failure::Refused(OpenRefusal::EmailTaken));
    }
    if !phones::open_with(portal, tx, id, &phone_index, phone_place).await? {
        return Err(Failure::Refused(OpenRefusal::PhoneFull));
    }
    let patient = match (new.role, new.birth_date) {
        (Role::Patient, Some(birth_date)) => {
            let patient = PatientId::new();
            let at = |column| Place { table: "patients", column, row: patient.to_string() };
            let name = Sealed::seal(new.name, key, &at("name_sealed"));
            let birth = Sealed::seal(birth_date, key, &at("birth_date_sealed"));
            sql::insert_patient(tx, patient, id, data_key_id, name.as_bytes(), birth.as_bytes(), now).await?;
            Some(patient)
        }
        (Role::Patient, None) => {
            return Err(InternalError::because("a patient was opened without a date of birth").into());
        }
        (Role::Doctor, _) => {
            sql::insert_doctor(tx, id, new.specialty.unwrap_or(""), new.zone, now).await?;
            None
        }
        (Role::Admin, _) => None,
    };
    Ok((id, patient))
}
