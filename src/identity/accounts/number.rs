//! The number of an account's primary phone.

use super::{Account, place, sql};
use crate::clock::Timestamp;
use crate::crypto::sealed::Sealed;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::phones::{self, Phone};
use crate::types::ids::AccountId;
use crate::types::phone::PhoneNumber;

/// Stores the primary's number at a place of it that is free, and ends, by the version, every session made before; false
/// when the place was taken at the same instant, and then the transaction must be dropped. The row in `phones` is the
/// caller's to keep in step.
///
/// # Errors
/// When the database fails.
pub async fn set_number(
    tx: &mut Tx,
    account: &Account,
    number: &PhoneNumber,
    phone_index: &[u8; 32],
    phone_place: i64,
) -> Result<bool, InternalError> {
    let sealed = Sealed::seal(number, &account.key, &place("phone_sealed", account.id));
    Ok(sql::set_number(tx, account.id, sealed.as_bytes(), phone_index, phone_place).await?)
}

/// Makes a proved phone of the account its primary; what was the primary, if it is still there, becomes one of the others.
/// Ends, by the version, every session made before. False when the phone is gone, or its place was taken at the same
/// instant, and then the transaction must be dropped.
///
/// # Errors
/// When the database fails.
pub async fn make_primary(
    tx: &mut Tx,
    account: &Account,
    phone: &Phone,
    now: Timestamp,
) -> Result<bool, InternalError> {
    let Some(place) = phone.place else { return Ok(false) };
    if !phones::promote(tx, &account.phone_owner(), phone, now).await? {
        return Ok(false);
    }
    set_number(tx, account, &phone.number, &phone.index, place).await
}

/// Makes other changes of the account's phones wait until this transaction is over. Read the account after it.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut Tx, id: AccountId) -> Result<(), InternalError> {
    Ok(sql::changes::hold(tx, id).await?)
}
