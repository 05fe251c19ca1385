//! Accounts: people who can sign in.

mod credentials;
mod freeze;
mod number;
mod open;
mod profile;
mod sql;

use std::collections::{BTreeSet, HashMap};

use crate::clock::Timestamp;
use crate::crypto::blind_index;
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::phones::{self, Phone};
use crate::messaging::dispatches::Contact;
use crate::messaging::texts::{Notice, Values};
use crate::messaging::{dispatches, texts};
use crate::portal::{Portal, WrappedKey};
use crate::types::actor::{Actor, Role};
use crate::types::code_time::CodeTime;
use crate::types::code_way::CodeWay;
use crate::types::email_address::EmailAddress;
use crate::types::ids::{AccountId, DataKeyId, PatientId};
use crate::types::locale::Locale;
use crate::types::network::Network;
use crate::types::person_name::PersonName;
use crate::types::phone::PhoneNumber;
use crate::types::remind_by::RemindBy;
use crate::types::text_value::TextValue;
use crate::types::zone::Zone;
use crate::{audit, audit::Deed, audit::Event};

pub use credentials::{EmailSet, change_password, set_email};
pub use freeze::{Frozen, freeze_and_void, freeze_until, frozen, hold_reset, is_frozen, unfreeze};
pub use number::{hold, make_primary, set_number};
pub use open::{NewAccount, OpenRefusal, open};
pub use profile::{Profile, change_profile, set_profile};

/// Someone who can sign in.
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// What they may do.
    pub role: Role,
    /// Their clinical record, if they are a patient.
    pub patient: Option<PatientId>,
    /// Their name.
    pub name: PersonName,
    /// Their mail address.
    pub email: EmailAddress,
    /// Their mobile phone.
    pub phone: PhoneNumber,
    /// The blind index of the phone.
    pub phone_index: [u8; 32],
    /// The blind index of the mail address.
    pub email_index: [u8; 32],
    /// The row of their data key.
    pub data_key_id: DataKeyId,
    /// Their data key.
    pub key: DataKey,
    /// The stored password hash (PHC).
    pub password_hash: String,
    /// Rises with every change that ends sessions elsewhere.
    pub version: i64,
    /// Their language.
    pub locale: Locale,
    /// Their zone.
    pub zone: Zone,
    /// How they are reminded of appointments, if they are a patient.
    pub remind_by: RemindBy,
    /// How long a code that is sent to them works.
    pub code_time: CodeTime,
    /// By what a code is sent to their phone first.
    pub code_way: CodeWay,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Since when it is turned off.
    pub turned_off_at: Option<Timestamp>,
    /// Wrong codes from browsers that never proved themselves, over the life of this password.
    pub strange_codes: i64,
    /// The last pause of sensitive acts; whether it still holds says [`frozen`].
    pub frozen: Option<Frozen>,
    /// Since when the password opens nothing, because its owner reported something that was not them.
    pub password_void_at: Option<Timestamp>,
    /// Since when choosing a new password by mailed link and code waits until an admin lifts the pause.
    pub reset_held_at: Option<Timestamp>,
}

impl Account {
    /// Who acts when this person acts.
    pub fn actor(&self) -> Actor {
        Actor::Account { id: self.id, role: self.role }
    }

    /// Where this person is reached.
    pub fn contact(&self) -> Contact {
        Contact {
            account: Some(self.id),
            data_key_id: self.data_key_id,
            key: self.key.clone(),
            phone: Some(self.phone.clone()),
            phone_id: None,
            email: self.email.clone(),
            locale: self.locale,
        }
    }

    /// Where this person is reached at one of their phones.
    pub fn contact_at(&self, phone: &Phone) -> Contact {
        Contact { phone: Some(phone.number.clone()), phone_id: Some(phone.id), ..self.contact() }
    }

    /// Whose phones, and what opens them.
    pub fn phone_owner(&self) -> phones::Owner<'_> {
        phones::Owner { account: self.id, key: &self.key, primary: &self.phone }
    }
}

fn place(column: &'static str, id: AccountId) -> Place {
    Place { table: "accounts", column, row: id.to_string() }
}

fn unseal<T: TextValue>(bytes: &[u8], key: &DataKey, column: &'static str, id: AccountId) -> Result<T, InternalError> {
    Sealed::<T>::from_bytes(bytes.to_vec())
        .open(key, &place(column, id))
        .map_err(|error| InternalError::new("opening an account", error))
}

fn opened(portal: &Portal, row: sql::AccountRow) -> Result<Account, InternalError> {
    let key = portal.data_key(&row.key)?;
    let index = |bytes: Vec<u8>| {
        <[u8; 32]>::try_from(bytes).map_err(|_| InternalError::because("a blind index is not 32 bytes"))
    };
    Ok(Account {
        name: unseal(&row.name_sealed, &key, "name_sealed", row.id)?,
        email: unseal(&row.email_sealed, &key, "email_sealed", row.id)?,
        phone: unseal(&row.phone_sealed, &key, "phone_sealed", row.id)?,
        phone_index: index(row.phone_index)?,
        email_index: index(row.email_index)?,
        id: row.id,
        role: row.role,
        patient: row.patient,
        data_key_id: row.key.id,
        key,
        password_hash: row.password_hash,
        version: row.version,
        locale: row.locale,
        zone: row.zone,
        remind_by: row.remind_by,
        code_time: row.code_time,
        code_way: row.code_way,
        opened_at: row.opened_at,
        turned_off_at: row.turned_off_at,
        strange_codes: row.strange_codes,
        frozen: row.frozen_at.map(|since| Frozen { since, until: row.frozen_until }),
        password_void_at: row.password_void_at,
        reset_held_at: row.reset_held_at,
    })
}

/// Opens a person's name alone, for pages that show nothing more of them.
///
/// # Errors
/// When it does not open.
pub fn open_name(portal: &Portal, key: &WrappedKey, sealed: &[u8], id: AccountId) -> Result<PersonName, InternalError> {
    unseal(sealed, &portal.data_key(key)?, "name_sealed", id)
}

/// Where a person is reached, as it lies in the table.
pub struct SealedContact {
    /// Whose.
    pub account: AccountId,
    /// The mail address.
    pub email_sealed: Vec<u8>,
    /// The mobile phone.
    pub phone_sealed: Vec<u8>,
    /// The language.
    pub locale: Locale,
    /// The zone.
    pub zone: Zone,
}

/// Opens where a person is reached, for rules that read it together with something else.
///
/// # Errors
/// When it does not open.
pub fn open_contact(sealed: &SealedContact, data_key_id: DataKeyId, key: &DataKey) -> Result<Contact, InternalError> {
    Ok(Contact {
        account: Some(sealed.account),
        data_key_id,
        key: key.clone(),
        phone: Some(unseal(&sealed.phone_sealed, key, "phone_sealed", sealed.account)?),
        phone_id: None,
        email: unseal(&sealed.email_sealed, key, "email_sealed", sealed.account)?,
        locale: sealed.locale,
    })
}

/// The account of an id.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn find(portal: &Portal, id: AccountId) -> Result<Option<Account>, InternalError> {
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
pub async fn find_in(portal: &Portal, tx: &mut Tx, id: AccountId) -> Result<Option<Account>, InternalError> {
    sql::find(tx, id).await?.map(|row| opened(portal, row)).transpose()
}

/// The account of a mail address.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn find_by_email(portal: &Portal, email: &EmailAddress) -> Result<Option<Account>, InternalError> {
    let index = blind_index::index_email(&portal.keys.index, email);
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find_by_email(&mut connection, &index).await?
    };
    row.map(|row| opened(portal, row)).transpose()
}

/// The oldest account of a phone that is on, inside a transaction.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn find_by_phone_in(
    portal: &Portal,
    tx: &mut Tx,
    phone_index: &[u8; 32],
) -> Result<Option<Account>, InternalError> {
    let mut on = Vec::new();
    for id in phones::holders(tx, phone_index).await? {
        on.extend(find_in(portal, tx, id).await?.filter(|account| account.turned_off_at.is_none()));
    }
    Ok(on.into_iter().min_by_key(|account| (account.opened_at, account.id)))
}

/// Everybody with an account, newest first; `role` narrows.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn list(portal: &Portal, role: Option<Role>, offset: i64, limit: i64) -> Result<Vec<Account>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::list(&mut connection, role, offset, limit).await?
    };
    rows.into_iter().map(|row| opened(portal, row)).collect()
}

/// All admins who can sign in.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn admins(portal: &Portal) -> Result<Vec<Account>, InternalError> {
    let all = list(portal, Some(Role::Admin), 0, i64::MAX).await?;
    Ok(all.into_iter().filter(|account| account.turned_off_at.is_none()).collect())
}

/// The same inside a transaction, which must not wait for a second connection.
///
/// # Errors
/// When the database fails.
pub async fn admins_in(portal: &Portal, tx: &mut Tx) -> Result<Vec<Account>, InternalError> {
    let rows = sql::list(tx, Some(Role::Admin), 0, i64::MAX).await?;
    let all = rows.into_iter().map(|row| opened(portal, row)).collect::<Result<Vec<_>, _>>()?;
    Ok(all.into_iter().filter(|account| account.turned_off_at.is_none()).collect())
}

/// How many accounts there are, turned off ones included; `role` narrows.
///
/// # Errors
/// When the database fails.
pub async fn count(portal: &Portal, role: Option<Role>) -> Result<i64, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::count(&mut connection, role).await?)
}

/// How many accounts of each role there are; a role without any is left out.
///
/// # Errors
/// When the database fails.
pub async fn count_by_role(portal: &Portal) -> Result<Vec<(Role, i64)>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::count_by_role(&mut connection).await?)
}

/// Who an account is, for lists that show nothing more of it.
#[derive(Clone, Debug)]
pub struct Named {
    /// What they may do.
    pub role: Role,
    /// Their name.
    pub name: PersonName,
}

/// The names of accounts, 50 a statement; ids without an account are left out.
///
/// # Errors
/// When the database fails or a name does not open.
pub async fn names(
    portal: &Portal,
    ids: impl IntoIterator<Item = AccountId>,
) -> Result<HashMap<AccountId, Named>, InternalError> {
    let ids: Vec<AccountId> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let mut named = HashMap::new();
    for part in ids.chunks(sql::NAMES_AT_ONCE) {
        let rows = {
            let mut connection = portal.db.read().await?;
            sql::names(&mut connection, part).await?
        };
        for row in rows {
            let name = open_name(portal, &row.key, &row.name_sealed, row.id)?;
            named.insert(row.id, Named { role: row.role, name });
        }
    }
    Ok(named)
}

/// Stores a new password hash and ends, by the version, every session made before. Wrong codes counted against the
/// old password are forgotten with it.
///
/// # Errors
/// When the database fails.
pub async fn set_password(portal: &Portal, tx: &mut Tx, id: AccountId, hash: &str) -> Result<(), InternalError> {
    Ok(sql::set_password(tx, id, hash, portal.clock.now()).await?)
}

/// Stores the same password under risen parameters; sessions stay.
///
/// # Errors
/// When the database fails.
pub async fn rehash(tx: &mut Tx, id: AccountId, old: &str, new: &str) -> Result<(), InternalError> {
    Ok(sql::rehash(tx, id, old, new).await?)
}

/// Counts a wrong answer from a browser that never proved itself against the life of the password, for so many guesses as
/// it was; answers how many there are now.
///
/// # Errors
/// When the database fails.
pub async fn count_strange(tx: &mut Tx, id: AccountId, guesses: i64) -> Result<i64, InternalError> {
    Ok(sql::count_strange(tx, id, guesses).await?)
}

/// The strangers' guesses so far; nobody else counts one until this transaction is over.
///
/// # Errors
/// When the database fails.
pub async fn hold_strange(tx: &mut Tx, id: AccountId) -> Result<i64, InternalError> {
    Ok(sql::count_strange(tx, id, 0).await?)
}

/// Why an account stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnRefusal {
    /// No such account.
    NotFound,
    /// Nobody turns their own account off.
    Oneself,
    /// The last admin who can sign in stays.
    LastAdmin,
    /// A reason is required.
    NoReason,
}

/// Turns an account off, or on again. Off: nobody signs in with it and its sessions end at once.
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
) -> Result<(), Failure<TurnRefusal>> {
    if reason.trim().is_empty() {
        return Err(Failure::Refused(TurnRefusal::NoReason));
    }
    if matches!(by, Actor::Account { id: me, .. } if *me == id) {
        return Err(Failure::Refused(TurnRefusal::Oneself));
    }
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let Some(account) = find_in(portal, &mut tx, id).await? else {
        return Err(Failure::Refused(TurnRefusal::NotFound));
    };
    if !on && account.role == Role::Admin {
        // Two admins who turn each other off at one instant come one after the other.
        sql::hold_admins(&mut tx).await?;
        if sql::admins_on(&mut tx, id).await? == 0 {
            return Err(Failure::Refused(TurnRefusal::LastAdmin));
        }
    }
    sql::turn(&mut tx, id, (!on).then_some(now)).await?;
    let deed = if on { Deed::AccountTurnedOn } else { Deed::AccountTurnedOff };
    audit::record(portal, &mut tx, Event::new(by.clone(), deed).on(id).because(reason.trim()).from(from)).await?;
    if !on {
        dispatches::queue_mail(
            portal,
            &mut tx,
            &account.contact(),
            Notice::TurnedOff,
            &Values::new(),
            dispatches::MAIL_LIFE,
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Queues a notice to the account's owner, by mail and, when it has one, by text.
///
/// # Errors
/// When the database fails.
pub async fn tell(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    notice: Notice,
    values: &texts::Values,
    by_text: bool,
) -> Result<(), InternalError> {
    let contact = account.contact();
    dispatches::queue_mail(portal, tx, &contact, notice, values, dispatches::MAIL_LIFE).await?;
    if by_text {
        dispatches::queue_text(portal, tx, &contact, notice, values).await?;
    }
    Ok(())
}
