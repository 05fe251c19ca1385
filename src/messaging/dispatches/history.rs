//! What became of the codes that went to one account's phone.

use super::sql::figures as sql;
use crate::db::Tx;
use crate::error::InternalError;
use crate::types::ids::AccountId;

/// Of an account's last codes by text and call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// Told to have arrived.
    pub arrived: i64,
    /// Not sent, or told to have failed.
    pub failed: i64,
}

/// What became of the account's last `most` codes by text and call.
///
/// # Errors
/// When the database fails.
pub async fn codes_of(tx: &mut Tx, account: AccountId, most: i64) -> Result<Codes, InternalError> {
    let (arrived, failed) = sql::codes_of(tx, account, most).await?;
    Ok(Codes { arrived, failed })
}
