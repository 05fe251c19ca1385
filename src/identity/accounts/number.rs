//! The number of an account's primary phone.

use super::{Account, place, sql};
use crate::crypto::sealed::Sealed;
use crate::db::Tx;
use crate::error::InternalError;
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
