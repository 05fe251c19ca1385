//! What people do with the list of their known browsers; and how long what is over stays.

use super::sql;
use crate::audit::{self, Deed, Event};
use crate::auth::sessions::{self, Session, SignedIn};
use crate::clock::{SignedDuration, Timestamp};
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::{AccountId, DeviceId, SessionId};
use crate::types::network::Network;

/// How long a value that was replaced stays, and so tells a copy: longer than any trust.
const REPLACED_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long a browser that was forgotten stays.
const FORGOTTEN_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A known browser in its owner's list.
pub struct Known {
    /// Which.
    pub id: DeviceId,
    /// The browser in words.
    pub agent: String,
    /// Since when it is known.
    pub known_at: Timestamp,
    /// When somebody last signed in with it.
    pub seen_at: Timestamp,
    /// Until when it is excused from the code.
    pub trusted_until: Option<Timestamp>,
}

/// The account's known browsers, last used first.
///
/// # Errors
/// When the database fails.
pub async fn list(portal: &Portal, account: AccountId) -> Result<Vec<Known>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::list(&mut connection, account).await?)
}

/// Forgets one of the person's browsers by their wish, and ends the sessions that were opened with it but the one they
/// sit at; false when it is not theirs. Done twice, the second changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn forget_one(
    portal: &Portal,
    who: &SignedIn,
    this: &Session,
    id: DeviceId,
    from: &Network,
) -> Result<bool, InternalError> {
    let mut tx = portal.db.begin().await?;
    if !sql::forget(&mut tx, id, who.account, portal.clock.now()).await? {
        return Ok(sql::is_of(&mut tx, id, who.account).await?);
    }
    sessions::end_of_device(portal, &mut tx, who.account, id, Some(this.id)).await?;
    let event = Event::new(who.actor(), Deed::DeviceForgotten).on(id).from(from);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Ok(true)
}

/// Forgets every browser by its person's wish, and ends every session but the one they sit at: each browser is asked for
/// a code again, and counts as unknown.
///
/// # Errors
/// When the database fails.
pub async fn forget_own(portal: &Portal, who: &SignedIn, this: SessionId, from: &Network) -> Result<(), InternalError> {
    let mut tx = portal.db.begin().await?;
    super::forget_all(portal, &mut tx, who.account).await?;
    sessions::end_all_but(portal, &mut tx, who.account, this).await?;
    let event = Event::new(who.actor(), Deed::DevicesForgotten).on(who.account).from(from);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes up to `batch` values of known browsers: those that were replaced 90 days ago, and all of browsers that were
/// forgotten 30 days ago, which go with their last one. Answers how many values and browsers.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let replaced = sql::sweep_replaced(&mut tx, now - REPLACED_KEPT, batch).await?;
    let values = sql::sweep_forgotten_values(&mut tx, now - FORGOTTEN_KEPT, batch).await?;
    let devices = sql::sweep_forgotten(&mut tx, now - FORGOTTEN_KEPT, batch).await?;
    tx.commit().await?;
    Ok(replaced.max(values).max(devices))
}
