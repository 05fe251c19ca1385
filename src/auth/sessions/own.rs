//! What people do with their own sessions: see them, sign out, end one or all.

use super::{Session, SignedIn, sql};
use crate::audit::{self, Deed, Event};
use crate::clock::Timestamp;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::ids::{AccountId, SessionId};
use crate::types::network::Network;

/// Why somebody is signed out who signed out everywhere at once, in the trail's words.
pub const EVERYWHERE: &str = "everywhere";

/// A session in its owner's list.
pub struct Listed {
    /// Which.
    pub id: SessionId,
    /// The browser in words.
    pub agent: String,
    /// From where, as stored.
    pub network: String,
    /// Since when.
    pub started_at: Timestamp,
    /// Last use.
    pub seen_at: Timestamp,
}

/// The account's open sessions, last used first.
///
/// # Errors
/// When the database fails.
pub async fn list(portal: &Portal, account: AccountId, role: Role) -> Result<Vec<Listed>, InternalError> {
    let now = portal.clock.now();
    let mut connection = portal.db.read().await?;
    Ok(sql::list(&mut connection, account, now, now - portal.policies.now().of(role).idle()).await?)
}

/// Ends one of the person's own sessions; false when it is not theirs.
///
/// # Errors
/// When the database fails.
pub async fn end_own(portal: &Portal, who: &SignedIn, id: SessionId, from: &Network) -> Result<bool, InternalError> {
    let mut tx = portal.db.begin().await?;
    let ended = sql::end_own(&mut tx, id, who.account, portal.clock.now()).await?;
    if ended {
        audit::record(portal, &mut tx, Event::new(who.actor(), Deed::SessionEnded).on(id).from(from)).await?;
        tx.commit().await?;
    }
    Ok(ended)
}

/// Ends a session by its person's wish.
///
/// # Errors
/// When the database fails.
pub async fn sign_out(portal: &Portal, session: &Session, from: &Network) -> Result<(), InternalError> {
    let mut tx = portal.db.begin().await?;
    sql::end(&mut tx, session.id, portal.clock.now()).await?;
    if let Some(who) = &session.who {
        audit::record(portal, &mut tx, Event::new(who.actor(), Deed::SignedOut).on(session.id).from(from)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Ends all of the person's sessions but this one; also half-open ones, where somebody typed the password.
///
/// # Errors
/// When the database fails.
pub async fn end_others(portal: &Portal, who: &SignedIn, this: SessionId, from: &Network) -> Result<(), InternalError> {
    let mut tx = portal.db.begin().await?;
    if sql::end_others(&mut tx, who.account, this, portal.clock.now()).await? > 0 {
        let event = Event::new(who.actor(), Deed::SessionEnded).on(who.account).from(from);
        audit::record(portal, &mut tx, event).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Ends all of the person's sessions by their wish, this one too.
///
/// # Errors
/// When the database fails.
pub async fn end_everywhere(portal: &Portal, who: &SignedIn, from: &Network) -> Result<(), InternalError> {
    let mut tx = portal.db.begin().await?;
    sql::end_all(&mut tx, who.account, portal.clock.now()).await?;
    let event = Event::new(who.actor(), Deed::SignedOut).on(who.account).because(EVERYWHERE).from(from);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}
