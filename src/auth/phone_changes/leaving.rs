//! A phone leaves an account.

use crate::auth::challenges;
use crate::auth::factors::{self, Factor};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::phones;
use crate::types::ids::{AccountId, PhoneId};

/// Takes the phone away, with what is counted of it and with the challenges that ask for it; false when it was gone.
///
/// # Errors
/// When the database fails.
pub(super) async fn leave(
    tx: &mut Tx,
    account: AccountId,
    phone: PhoneId,
    now: Timestamp,
) -> Result<bool, InternalError> {
    if !phones::remove(tx, phone, now).await? {
        return Ok(false);
    }
    factors::forget(tx, account, &Factor::Sms(phone).key()).await?;
    challenges::end_asking_phone(tx, account, phone, now).await?;
    Ok(true)
}
