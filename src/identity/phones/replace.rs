//! Replacing all phones of an account by one that staff bind for a person whose phone is lost, and undoing that.

use super::sql;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::types::ids::{AccountId, PhoneId};

/// Removes every phone of the account and adds this proved one as its primary. Answers its place; None when three
/// accounts have the number already, and then the transaction must be dropped.
///
/// # Errors
/// When the database fails.
pub async fn replace_all(
    tx: &mut Tx,
    account: AccountId,
    phone_index: &[u8; 32],
    now: Timestamp,
) -> Result<Option<i64>, InternalError> {
    sql::remove_all(tx, account, now).await?;
    let Some(place) = sql::free_place(tx, phone_index).await? else { return Ok(None) };
    let added = sql::insert_primary(tx, PhoneId::new(), account, phone_index, place, now).await?;
    Ok(added.then_some(place))
}

/// Puts the phones back that [`replace_all`] removed at that instant, and removes those that came after it. Answers the
/// primary's place; None when other accounts have taken all three of its number meanwhile, and then the transaction must
/// be dropped.
///
/// # Errors
/// When the database fails.
pub async fn put_back(
    tx: &mut Tx,
    account: AccountId,
    replaced_at: Timestamp,
    now: Timestamp,
) -> Result<Option<i64>, InternalError> {
    // Read first: what is removed now must not count as removed then, even within one millisecond.
    let former = sql::removed_at(tx, account, replaced_at).await?;
    sql::remove_all(tx, account, now).await?;
    let mut primary = None;
    for phone in former {
        let Some(place) = sql::free_place(tx, &phone.index).await? else { continue };
        sql::put_back(tx, phone.id, place).await?;
        if phone.is_primary {
            primary = Some(place);
        }
    }
    Ok(primary)
}
