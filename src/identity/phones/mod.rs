//! The phones of an account: three at most, each proved by a code of its own before it counts, one of them the primary.
//!
//! The primary's number lies in `accounts`, where everything that writes to a person finds it; the others' lie here.
//! A number may be shared by three accounts, since families share phones: the database counts the places.

mod change;
mod replace;
mod sql;

use sqlx::AnyConnection;

use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::{AccountId, PhoneId};
use crate::types::phone::PhoneNumber;

pub use change::{Brought, Proposed, bring_back, promote, propose, prove, remove};
pub use replace::{put_back, replace_all};

/// Phones of one account.
pub const MOST: usize = 3;
/// Accounts that may share a number: families do.
pub const SHARING: i64 = 3;
/// How long a number that nobody proved stays in the table: longer than its challenge lives.
const WAITS: SignedDuration = SignedDuration::from_hours(24);

/// A phone of an account.
#[derive(Clone, Debug)]
pub struct Phone {
    /// Which.
    pub id: PhoneId,
    /// Its number.
    pub number: PhoneNumber,
    /// The blind index of the number.
    pub index: [u8; 32],
    /// Whether it is the one that is written to first.
    pub is_primary: bool,
    /// When it was added.
    pub added_at: Timestamp,
    /// When its person proved to hold it; None until then.
    pub proved_at: Option<Timestamp>,
    /// Which of the three accounts it is that may share its number; None until it is proved.
    pub place: Option<i64>,
    /// While it waits to be proved: the phone whose place it is to take.
    pub replaces: Option<PhoneId>,
}

/// Whose phones, and what opens them.
pub struct Owner<'a> {
    /// The account.
    pub account: AccountId,
    /// Its data key.
    pub key: &'a DataKey,
    /// The primary's number.
    pub primary: &'a PhoneNumber,
}

fn place(id: PhoneId) -> Place {
    Place { table: "phones", column: "phone_sealed", row: id.to_string() }
}

fn opened(owner: &Owner<'_>, row: sql::PhoneRow) -> Result<Phone, InternalError> {
    let number = match row.phone_sealed {
        None => owner.primary.clone(),
        Some(sealed) => Sealed::<PhoneNumber>::from_bytes(sealed)
            .open(owner.key, &place(row.id))
            .map_err(|error| InternalError::new("opening a phone", error))?,
    };
    let index = row.phone_index.try_into().map_err(|_| InternalError::because("a blind index is not 32 bytes"))?;
    Ok(Phone {
        id: row.id,
        number,
        index,
        is_primary: row.is_primary,
        added_at: row.added_at,
        proved_at: row.proved_at,
        place: row.place,
        replaces: row.replaces,
    })
}

/// The account's phones, the primary first, then the oldest; those that are not proved yet as well.
///
/// # Errors
/// When the database fails or a number does not open.
pub async fn of(portal: &Portal, owner: &Owner<'_>) -> Result<Vec<Phone>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::of(&mut connection, owner.account).await?
    };
    rows.into_iter().map(|row| opened(owner, row)).collect()
}

/// The same over a connection, or inside a transaction.
///
/// # Errors
/// When the database fails or a number does not open.
pub async fn of_in(connection: &mut AnyConnection, owner: &Owner<'_>) -> Result<Vec<Phone>, InternalError> {
    sql::of(connection, owner.account).await?.into_iter().map(|row| opened(owner, row)).collect()
}

/// Accounts that a phone is bound to.
///
/// # Errors
/// When the database fails.
pub async fn sharing(portal: &Portal, phone_index: &[u8; 32]) -> Result<i64, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::sharing(&mut connection, phone_index).await?)
}

/// The accounts, three at most, that a phone is bound to.
///
/// # Errors
/// When the database fails.
pub async fn holders(tx: &mut Tx, phone_index: &[u8; 32]) -> Result<Vec<AccountId>, InternalError> {
    Ok(sql::holders(tx, phone_index).await?)
}

/// Whether two accounts both have a proved phone of one number, or had since an instant: then one person may hold both.
///
/// # Errors
/// When the database fails.
pub async fn share_one(
    connection: &mut AnyConnection,
    one: AccountId,
    other: AccountId,
    since: Timestamp,
) -> Result<bool, InternalError> {
    Ok(sql::in_common(connection, one, other, since).await? > 0)
}

/// The first of a number's three places that nobody has.
///
/// # Errors
/// When the database fails.
pub async fn free_place(tx: &mut Tx, phone_index: &[u8; 32]) -> Result<Option<i64>, InternalError> {
    Ok(sql::free_place(tx, phone_index).await?)
}

/// Writes down the proved phone that an account opens with; false when its place was taken at the same instant.
///
/// # Errors
/// When the database fails.
pub async fn open_with(
    portal: &Portal,
    tx: &mut Tx,
    account: AccountId,
    phone_index: &[u8; 32],
    place: i64,
) -> Result<bool, InternalError> {
    Ok(sql::insert_primary(tx, PhoneId::new(), account, phone_index, place, portal.clock.now()).await?)
}

/// The account's primary, for rules that need no number: which it is, and when it was proved.
///
/// # Errors
/// When the database fails.
pub async fn primary(
    connection: &mut AnyConnection,
    account: AccountId,
) -> Result<Option<(PhoneId, Option<Timestamp>)>, InternalError> {
    Ok(sql::primary(connection, account).await?)
}

/// Removes up to `batch` numbers that waited for a day and that nobody proved; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - WAITS, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
