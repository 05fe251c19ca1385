//! Adding, naming and removing factors: what their owner does on the security pages.
//!
//! Whoever adds or removes one has just proved another, and the owner is told by mail. A factor is not removed by a proof
//! of itself while the account has another, and the last second factor is never removed.

use sqlx::AnyConnection;

use super::choice::{self, Asked};
use super::passkeys::{self, AddRefusal};
use super::told::told;
use super::{Factor, FactorKey, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::alerts::freeze;
use crate::auth::challenges::Purpose;
use crate::auth::policy;
use crate::auth::sessions::{Session, SignedIn};
use crate::auth::step_up::FreshFactor;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account, Frozen};
use crate::portal::Portal;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{AccountId, AuthenticatorId};
use crate::types::network::Network;

/// Why a factor stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoveRefusal {
    /// It is not theirs, or gone already.
    NotFound,
    /// The account has another factor, which must prove its person first.
    NotApart,
    /// Without it the account would have no second factor.
    Last,
    /// Changes to the account are paused.
    Frozen(Frozen),
}

fn gone() -> InternalError {
    InternalError::because("a session without its account")
}

/// The account, held against other changes until this transaction is over: a report that pauses changes comes before or
/// after.
pub(super) async fn owner(portal: &Portal, tx: &mut Tx, id: AccountId) -> Result<Account, InternalError> {
    accounts::hold(tx, id).await?;
    accounts::find_in(portal, tx, id).await?.ok_or_else(gone)
}

/// What the session's person can prove besides this factor.
fn besides<'a>(session: &Session, factor: &'a FactorKey) -> Asked<'a> {
    Asked { purpose: Purpose::StepUp, is_known: session.device.is_some(), stronger: false, apart_from: Some(factor) }
}

/// Whether the proof was made by another factor than this one, or there is no other.
pub(in crate::auth) async fn proves_enough(
    portal: &Portal,
    connection: &mut AnyConnection,
    account: &Account,
    fresh: &FreshFactor,
    session: &Session,
    factor: &FactorKey,
) -> Result<bool, InternalError> {
    if fresh.is_apart_from(factor) {
        return Ok(true);
    }
    let choices = choice::choices(portal, connection, account, besides(session, factor)).await?;
    Ok(choices.iter().all(|choice| choice.factor.key() == *factor))
}

/// Whether the proof will do for removing this factor; otherwise another factor must be proved first.
///
/// # Errors
/// When the database fails.
pub async fn may_remove(
    portal: &Portal,
    fresh: &FreshFactor,
    session: &Session,
    factor: &FactorKey,
) -> Result<bool, InternalError> {
    let account = accounts::find(portal, fresh.account()).await?.ok_or_else(gone)?;
    let mut connection = portal.db.read().await?;
    proves_enough(portal, &mut connection, &account, fresh, session, factor).await
}

/// Whether the account keeps a second factor that counts when one passkey goes. Mail and recovery codes are none: they only
/// stand in. Asked before it goes, since afterwards what does not count would be all there is.
async fn lasts_without_a_passkey(portal: &Portal, tx: &mut Tx, account: &Account) -> Result<bool, InternalError> {
    let any = Asked { purpose: Purpose::StepUp, is_known: false, stronger: false, apart_from: None };
    let choices = choice::choices(portal, tx, account, any).await?;
    let others = choices.iter().map(|choice| choice.factor.kind()).filter(|kind| *kind != FactorKind::Passkey);
    let lasts = |kind: FactorKind| !matches!(kind, FactorKind::Email | FactorKind::Recovery);
    Ok(others.into_iter().any(lasts) || passkeys::of_in(tx, account).await?.len() > 1)
}

async fn may_add(portal: &Portal, tx: &mut Tx, account: &Account) -> Result<(), Failure<AddRefusal>> {
    policy::may_add(portal, tx, account).await.map_err(|failure| match failure {
        Failure::Refused(paused) => Failure::Refused(AddRefusal::Frozen(paused)),
        Failure::Internal(error) => Failure::Internal(error),
    })
}

/// Asks the session's browser for a new passkey.
///
/// # Errors
/// [`AddRefusal::TooMany`] when there are ten already.
pub async fn begin_passkey(portal: &Portal, fresh: &FreshFactor, session: &Session) -> Result<(), Failure<AddRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = owner(portal, &mut tx, fresh.account()).await?;
    may_add(portal, &mut tx, &account).await?;
    passkeys::begin_adding(portal, &mut tx, &account, session.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Binds the passkey that the session's browser answered with.
///
/// # Errors
/// Refused as [`AddRefusal`] says; nothing is stored then.
pub async fn add_passkey(
    portal: &Portal,
    fresh: &FreshFactor,
    session: &Session,
    name: &str,
    answer: &str,
    network: &Network,
) -> Result<AuthenticatorId, Failure<AddRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = owner(portal, &mut tx, fresh.account()).await?;
    may_add(portal, &mut tx, &account).await?;
    sql::hold_authenticators(&mut tx, account.id).await?;
    let id = passkeys::add(portal, &mut tx, &account, session.id, name, answer).await?;
    record(portal, &mut tx, &account, Deed::FactorAdded, network).await?;
    told(portal, &mut tx, &account, true, FactorKind::Passkey, network).await?;
    tx.commit().await?;
    Ok(id)
}

/// The trail shows it in the account's own history, so it is about the account.
async fn record(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    deed: Deed,
    network: &Network,
) -> Result<(), InternalError> {
    let event = Event::new(account.actor(), deed).on(account.id).because(FactorKind::Passkey.as_str()).from(network);
    audit::record(portal, tx, event).await
}

/// Removes one of their passkeys.
///
/// # Errors
/// Refused as [`RemoveRefusal`] says; nothing is changed then.
pub async fn remove_passkey(
    portal: &Portal,
    fresh: &FreshFactor,
    session: &Session,
    id: AuthenticatorId,
    network: &Network,
) -> Result<(), Failure<RemoveRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = owner(portal, &mut tx, fresh.account()).await?;
    freeze::check(portal, &account).map_err(|frozen| Failure::Refused(RemoveRefusal::Frozen(frozen)))?;
    // Two that are removed at the same moment wait for each other, so that one of them stays.
    sql::hold_authenticators(&mut tx, account.id).await?;
    let enough = proves_enough(portal, &mut tx, &account, fresh, session, &Factor::Passkey.key()).await?;
    let lasts = lasts_without_a_passkey(portal, &mut tx, &account).await?;
    let Some(key) = passkeys::remove(portal, &mut tx, &account, id).await? else {
        return Err(Failure::Refused(RemoveRefusal::NotFound));
    };
    if !enough {
        return Err(Failure::Refused(RemoveRefusal::NotApart));
    }
    if !lasts {
        return Err(Failure::Refused(RemoveRefusal::Last));
    }
    if passkeys::of_in(&mut tx, &account).await?.is_empty() {
        super::forget(&mut tx, account.id, &key).await?;
    }
    record(portal, &mut tx, &account, Deed::FactorRemoved, network).await?;
    told(portal, &mut tx, &account, false, FactorKind::Passkey, network).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives one of their passkeys another name; false when it is not theirs. Paused with the other changes: whoever got in
/// could give a key of theirs the name of one that its owner knows.
///
/// # Errors
/// Refused as [`AddRefusal`] says of names and of a pause.
pub async fn rename_passkey(
    portal: &Portal,
    who: &SignedIn,
    id: AuthenticatorId,
    name: &str,
    network: &Network,
) -> Result<bool, Failure<AddRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = owner(portal, &mut tx, who.account).await?;
    freeze::check(portal, &account).map_err(|frozen| Failure::Refused(AddRefusal::Frozen(frozen)))?;
    if !passkeys::rename(&mut tx, &account, id, name).await? {
        return Ok(false);
    }
    record(portal, &mut tx, &account, Deed::FactorRenamed, network).await?;
    tx.commit().await?;
    Ok(true)
}
