//! Changing one phone of an account: added, proved, made the primary, removed, brought back.
//!
//! Whoever calls holds the account (`accounts::hold`), so that two changes of its phones wait for each other, and keeps
//! the primary's number in `accounts` in step (`accounts::make_primary`).

use super::sql::{self, changes};
use super::{Owner, Phone, of_in, place};
use crate::clock::Timestamp;
use crate::crypto::sealed::Sealed;
use crate::db::Tx;
use crate::error::InternalError;
use crate::types::ids::PhoneId;
use crate::types::phone::PhoneNumber;

/// What became of a number that somebody wants to add.
pub enum Proposed {
    /// It waits to be proved.
    Waits(Phone),
    /// It is a phone of the account already.
    Known,
}

/// Writes down a number that is to be proved, and in whose place. One that waits already waits anew.
///
/// # Errors
/// When the database fails.
pub async fn propose(
    tx: &mut Tx,
    owner: &Owner<'_>,
    number: &PhoneNumber,
    index: &[u8; 32],
    replaces: Option<PhoneId>,
    now: Timestamp,
) -> Result<Proposed, InternalError> {
    if let Some(known) = of_in(tx, owner).await?.into_iter().find(|phone| phone.index == *index) {
        if known.proved_at.is_some() {
            return Ok(Proposed::Known);
        }
        changes::wait_again(tx, known.id, replaces, now).await?;
        return Ok(Proposed::Waits(Phone { added_at: now, replaces, ..known }));
    }
    let id = PhoneId::new();
    let sealed = Sealed::seal(number, owner.key, &place(id));
    let row = changes::NewRow { id, account: owner.account, sealed: sealed.as_bytes(), index, replaces, now };
    if !changes::insert(tx, &row).await? {
        return Err(InternalError::busy("adding a phone"));
    }
    Ok(Proposed::Waits(Phone {
        id,
        number: number.clone(),
        index: *index,
        is_primary: false,
        added_at: now,
        proved_at: None,
        place: None,
        replaces,
    }))
}

/// The phone counts from now on, at a place of its number that is free. None when three accounts have the number already,
/// or it waits no more, and then the transaction must be dropped.
///
/// # Errors
/// When the database fails.
pub async fn prove(tx: &mut Tx, phone: &Phone, now: Timestamp) -> Result<Option<Phone>, InternalError> {
    let Some(place) = sql::free_place(tx, &phone.index).await? else { return Ok(None) };
    let proved = changes::prove(tx, phone.id, place, now).await?;
    Ok(proved.then(|| Phone { proved_at: Some(now), place: Some(place), replaces: None, ..phone.clone() }))
}

/// Makes a proved phone the primary of `owner`, whose primary becomes one of the others; false when the phone is gone.
///
/// # Errors
/// When the database fails.
pub async fn promote(tx: &mut Tx, owner: &Owner<'_>, phone: &Phone, now: Timestamp) -> Result<bool, InternalError> {
    if let Some((primary, _)) = sql::primary(tx, owner.account).await? {
        let sealed = Sealed::seal(owner.primary, owner.key, &place(primary));
        changes::demote(tx, primary, sealed.as_bytes()).await?;
    }
    Ok(changes::promote(tx, phone.id, now).await?)
}

/// Removes a phone; false when it was gone already.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, phone: PhoneId, now: Timestamp) -> Result<bool, InternalError> {
    Ok(changes::remove(tx, phone, now).await?)
}

/// What became of a phone that is to come back.
pub enum Brought {
    /// It is the account's again, and not its primary.
    Back(Phone),
    /// Three other accounts have its number by now; the transaction must be dropped.
    Taken,
    /// The account had no such phone.
    Unknown,
}

/// Brings back the phone of a number that was removed last, proved as it was.
///
/// # Errors
/// When the database fails.
pub async fn bring_back(
    tx: &mut Tx,
    owner: &Owner<'_>,
    (number, index): (&PhoneNumber, &[u8; 32]),
    now: Timestamp,
) -> Result<Brought, InternalError> {
    let Some(id) = changes::removed(tx, owner.account, index).await? else {
        return Ok(Brought::Unknown);
    };
    // One that waits for its code would stand in the way.
    for waits in of_in(tx, owner).await?.iter().filter(|phone| phone.index == *index) {
        changes::remove(tx, waits.id, now).await?;
    }
    let Some(free) = sql::free_place(tx, index).await? else { return Ok(Brought::Taken) };
    let sealed = Sealed::seal(number, owner.key, &place(id));
    if !changes::bring_back(tx, id, free, sealed.as_bytes()).await? {
        return Ok(Brought::Taken);
    }
    let back = of_in(tx, owner).await?.into_iter().find(|phone| phone.id == id);
    Ok(back.map_or(Brought::Unknown, Brought::Back))
}
