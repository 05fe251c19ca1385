//! Registrations: somebody filled in the form; the account opens when the phone is proved.

mod sql;

use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::blind_index;
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::dispatches::Contact;
use crate::portal::{Portal, WrappedKey};
use crate::types::birth_date::BirthDate;
use crate::types::email_address::EmailAddress;
use crate::types::ids::{DataKeyId, RegistrationId};
use crate::types::locale::Locale;
use crate::types::person_name::PersonName;
use crate::types::phone::PhoneNumber;
use crate::types::text_value::TextValue;
use crate::types::zone::Zone;

/// What a person fills in, checked.
#[derive(Clone, Debug)]
pub struct Form {
    /// Their name.
    pub name: PersonName,
    /// Their date of birth.
    pub birth_date: BirthDate,
    /// Their mail address.
    pub email: EmailAddress,
    /// Their mobile phone.
    pub phone: PhoneNumber,
    /// Their language.
    pub locale: Locale,
    /// Their zone.
    pub zone: Zone,
}

/// A registration whose phone is not proved yet.
pub struct Registration {
    /// Which.
    pub id: RegistrationId,
    /// What was filled in.
    pub form: Form,
    /// The hash of the chosen password (PHC).
    pub password_hash: String,
    /// The row of its data key.
    pub data_key_id: DataKeyId,
    /// Its data key, which becomes the account's.
    pub key: DataKey,
    /// It only looks like one: the email or the phone is taken.
    pub is_decoy: bool,
    /// When it can no longer be finished.
    pub expires_at: Timestamp,
    /// When it became an account.
    pub finished_at: Option<Timestamp>,
}

impl Registration {
    /// Where the code goes.
    pub fn contact(&self) -> Contact {
        Contact {
            account: None,
            data_key_id: self.data_key_id,
            key: self.key.clone(),
            phone: Some(self.form.phone.clone()),
            phone_id: None,
            email: self.form.email.clone(),
            locale: self.form.locale,
        }
    }

    /// The blind index of the phone.
    pub fn phone_index(&self, portal: &Portal) -> [u8; 32] {
        blind_index::index_phone(&portal.keys.index, &self.form.phone)
    }
}

fn place(column: &'static str, id: RegistrationId) -> Place {
    Place { table: "registrations", column, row: id.to_string() }
}

/// Stores a registration under a data key of its own.
///
/// # Errors
/// When the database fails.
pub async fn start(
    portal: &Portal,
    tx: &mut Tx,
    form: Form,
    password_hash: String,
    is_decoy: bool,
) -> Result<Registration, InternalError> {
    let now = portal.clock.now();
    let (data_key_id, key) = portal.make_data_key(tx).await?;
    let id = RegistrationId::new();
    let expires_at = now + portal.config.limits.registration_life;
    sql::insert(
        tx,
        &sql::NewRow {
            id,
            data_key_id,
            name_sealed: Sealed::seal(&form.name, &key, &place("name_sealed", id)).as_bytes().to_vec(),
            birth_date_sealed: Sealed::seal(&form.birth_date, &key, &place("birth_date_sealed", id))
                .as_bytes()
                .to_vec(),
            email_sealed: Sealed::seal(&form.email, &key, &place("email_sealed", id)).as_bytes().to_vec(),
            email_index: blind_index::index_email(&portal.keys.index, &form.email),
            phone_sealed: Sealed::seal(&form.phone, &key, &place("phone_sealed", id)).as_bytes().to_vec(),
            phone_index: blind_index::index_phone(&portal.keys.index, &form.phone),
            password_hash: &password_hash,
            locale: form.locale,
            zone: &form.zone,
            now,
            expires_at,
            decoy_at: is_decoy.then_some(now),
        },
    )
    .await?;
    Ok(Registration { id, form, password_hash, data_key_id, key, is_decoy, expires_at, finished_at: None })
}

fn opened(portal: &Portal, row: sql::Found) -> Result<Registration, InternalError> {
    fn unseal<T: TextValue>(
        bytes: Vec<u8>,
        key: &DataKey,
        column: &'static str,
        id: RegistrationId,
    ) -> Result<T, InternalError> {
        Sealed::<T>::from_bytes(bytes)
            .open(key, &place(column, id))
            .map_err(|error| InternalError::new("opening a registration", error))
    }
    let data_key_id = row.key.id;
    let key = portal.data_key(&WrappedKey { id: row.key.id, key_id: row.key.key_id, wrapped: row.key.wrapped })?;
    Ok(Registration {
        form: Form {
            name: unseal(row.name_sealed, &key, "name_sealed", row.id)?,
            birth_date: unseal(row.birth_date_sealed, &key, "birth_date_sealed", row.id)?,
            email: unseal(row.email_sealed, &key, "email_sealed", row.id)?,
            phone: unseal(row.phone_sealed, &key, "phone_sealed", row.id)?,
            locale: row.locale,
            zone: row.zone,
        },
        id: row.id,
        password_hash: row.password_hash,
        data_key_id,
        key,
        is_decoy: row.is_decoy,
        expires_at: row.expires_at,
        finished_at: row.finished_at,
    })
}

/// A registration by its id.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn find(portal: &Portal, id: RegistrationId) -> Result<Option<Registration>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, id).await?
    };
    row.map(|row| opened(portal, row)).transpose()
}

/// The same inside a transaction.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn find_in(portal: &Portal, tx: &mut Tx, id: RegistrationId) -> Result<Option<Registration>, InternalError> {
    sql::find(tx, id).await?.map(|row| opened(portal, row)).transpose()
}

/// The newest registration of an email that is not over. A decoy is answered like any other, and never finished.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn find_live(portal: &Portal, email_index: &[u8; 32]) -> Result<Option<Registration>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find_live(&mut connection, email_index, portal.clock.now()).await?
    };
    row.map(|row| opened(portal, row)).transpose()
}

/// Marks the registration as an account now.
///
/// # Errors
/// When the database fails.
pub async fn finish(portal: &Portal, tx: &mut Tx, id: RegistrationId) -> Result<(), InternalError> {
    Ok(sql::finish(tx, id, portal.clock.now()).await?)
}

/// How long past its end a registration stays untouched, so that clocks of several processes may differ.
const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// Destroys the data keys of up to `batch` registrations that were abandoned: what they sealed can be read by nobody
/// then. The key of one that became an account is the account's and stays. Answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep_keys(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let abandoned = sql::abandoned_keys(&mut tx, portal.clock.now() - GRACE, batch).await?;
    let mut destroyed = 0;
    for key in abandoned {
        destroyed += u64::from(portal.destroy_data_key(&mut tx, key).await?);
    }
    tx.commit().await?;
    Ok(destroyed)
}

/// Removes up to `batch` registrations past their end, finished ones too (their account holds what counts), once no
/// challenge names them; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - GRACE, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
