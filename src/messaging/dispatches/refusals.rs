//! What a gateway tells of the person rather than of the message: that they want no texts.

use super::sql;
use crate::crypto::sealed::{Place, Sealed};
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::opt_outs;
use crate::portal::{Portal, WrappedKey};
use crate::types::ids::DispatchId;
use crate::types::phone::PhoneNumber;

/// Heeds what the gateway of an attempt told: the person whom it was for wrote STOP, so nobody texts them. Nothing is
/// kept where the number is not known any more.
///
/// # Errors
/// When the database fails, or the number does not open.
pub(super) async fn opted_out(
    portal: &Portal,
    tx: &mut Tx,
    dispatch: DispatchId,
    attempt: i64,
) -> Result<(), InternalError> {
    let Some(row) = sql::addressee(tx, dispatch, attempt).await? else { return Ok(()) };
    // Emptied by the sweep, or sealed under a key that was destroyed with its person.
    let (false, Some(wrapped)) = (row.to_sealed.is_empty(), row.wrapped) else { return Ok(()) };
    let key = portal.data_key(&WrappedKey { id: row.data_key_id, key_id: row.key_id, wrapped })?;
    let to = Sealed::<String>::from_bytes(row.to_sealed)
        .open(&key, &Place { table: "dispatches", column: "to_sealed", row: dispatch.to_string() })
        .map_err(|error| InternalError::new("opening a dispatch", error))?;
    match PhoneNumber::from_e164(&to) {
        Some(phone) => opt_outs::stop(portal, tx, &row.gateway, &phone).await,
        None => Ok(()),
    }
}
