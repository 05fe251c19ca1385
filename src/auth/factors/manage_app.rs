//! A person's own authenticator app: bound, replaced and removed by a fresh proof.
//!
//! | what                                       | figure                                             |
//! |--------------------------------------------|----------------------------------------------------|
//! | wrong codes of a secret that waits         | 10, then it is dropped                             |
//! | proof for replacing or removing an app     | by another factor than the app, where there is one |
//! | factors that must be left after a removal  | 1 phone or passkey that works                      |
//!
//! A wrong code while binding is no guess at anybody's secret: the page that asks for it shows the secret.

use sqlx::AnyConnection;

use super::choice::{self, Asked};
use super::manage::owner;
use super::told::told;
use super::{Factor, FactorKey, sql, totp};
use crate::audit::{self, Deed, Event};
use crate::auth::challenges::Purpose;
use crate::auth::policy;
use crate::auth::step_up::FreshFactor;
use crate::clock::SignedDuration;
use crate::crypto::codes::TypedCode;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{Account, Frozen};
use crate::limits::{self, Limit, Taken};
use crate::portal::Portal;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::AccountId;
use crate::types::network::Network;

/// Wrong codes of one secret that waits.
const TRIES: Limit = Limit { bucket: "totp:bind", max: 10, window: SignedDuration::from_hours(24), pause: None };

/// Why an app stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppRefusal {
    /// Changes are paused.
    Frozen(Frozen),
    /// The proof was made by the app itself, and there is another factor to make it with.
    NotApart(FactorKey),
    /// Nothing else that works would be left.
    Last,
    /// There is no app, or no secret that waits.
    Nothing,
    /// The code is not the app's.
    Wrong,
    /// It was wrong too often: the secret is dropped.
    Dropped,
}

async fn account_of(portal: &Portal, tx: &mut Tx, id: AccountId) -> Result<Account, Failure<AppRefusal>> {
    let account = owner(portal, tx, id).await?;
    policy::may_add(portal, tx, &account).await.map_err(|failure| match failure {
        Failure::Refused(paused) => Failure::Refused(AppRefusal::Frozen(paused)),
        Failure::Internal(error) => Failure::Internal(error),
    })?;
    Ok(account)
}

/// The factors of the account that work, but for this one: all of them, and whether one of them lasts.
async fn others(
    portal: &Portal,
    connection: &mut AnyConnection,
    account: &Account,
    key: &FactorKey,
) -> Result<(bool, bool), InternalError> {
    let asked = Asked { purpose: Purpose::StepUp, is_known: false, stronger: false, apart_from: None };
    let choices = choice::choices(portal, connection, account, asked).await?;
    let mut others = choices.iter().map(|choice| choice.factor).filter(|factor| factor.key() != *key).peekable();
    let is_any = others.peek().is_some();
    // Recovery codes end, and mail is for patients in browsers that are known.
    let lasts = others.any(|factor| matches!(factor, Factor::Sms(_) | Factor::Voice(_) | Factor::Passkey));
    Ok((is_any, lasts))
}

/// Refuses a proof that was made by the app which it is to replace or remove, where there is another factor.
async fn demand_apart(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    fresh: &FreshFactor,
) -> Result<(), Failure<AppRefusal>> {
    let Some(key) = totp::key_of(tx, account.id).await? else { return Ok(()) };
    if fresh.is_apart_from(&key) || !others(portal, tx, account, &key).await?.0 {
        return Ok(());
    }
    Err(Failure::Refused(AppRefusal::NotApart(key)))
}

/// Whether the proof will do for a change of the app; what is shown before one needs it as well.
///
/// # Errors
/// Refused as [`AppRefusal`] says.
pub async fn may_change(portal: &Portal, fresh: &FreshFactor) -> Result<(), Failure<AppRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = account_of(portal, &mut tx, fresh.account()).await?;
    demand_apart(portal, &mut tx, &account, fresh).await
}

/// Makes a secret for an app, which counts once a code of it was typed. An app that is bound stays until then.
///
/// # Errors
/// Refused as [`AppRefusal`] says.
pub async fn begin(portal: &Portal, fresh: &FreshFactor) -> Result<(), Failure<AppRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = account_of(portal, &mut tx, fresh.account()).await?;
    demand_apart(portal, &mut tx, &account, fresh).await?;
    totp::begin(portal, &mut tx, &account).await?;
    tx.commit().await?;
    Ok(())
}

/// Binds the app whose secret waits, by a code of it; the one before it goes. Audited, and the owner is told.
///
/// # Errors
/// Refused as [`AppRefusal`] says; a wrong code is counted then.
pub async fn bind(
    portal: &Portal,
    fresh: &FreshFactor,
    typed: &TypedCode,
    from: &Network,
) -> Result<(), Failure<AppRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = account_of(portal, &mut tx, fresh.account()).await?;
    demand_apart(portal, &mut tx, &account, fresh).await?;
    let waiting = totp::waiting_id(&mut tx, account.id).await?.ok_or(Failure::Refused(AppRefusal::Nothing))?;
    // Taken before the code is looked at, by a transaction of its own: a wrong one undoes all that binding did.
    let taken = limits::take(portal, &mut tx, TRIES, waiting.to_string().as_bytes()).await?;
    tx.commit().await?;
    let mut tx = portal.db.begin().await?;
    let account = account_of(portal, &mut tx, fresh.account()).await?;
    demand_apart(portal, &mut tx, &account, fresh).await?;
    if !matches!(taken, Taken::Until(_)) && totp::bind(portal, &mut tx, &account, typed).await?.is_some() {
        limits::clear(&mut tx, TRIES, waiting.to_string().as_bytes()).await?;
        let event = Event::new(account.actor(), Deed::FactorAdded).on(account.id).because(FactorKind::Totp.as_str());
        audit::record(portal, &mut tx, event.from(from)).await?;
        told(portal, &mut tx, &account, true, FactorKind::Totp, from).await?;
        tx.commit().await?;
        return Ok(());
    }
    drop(tx);
    match taken {
        Taken::Granted(count) if count < TRIES.max => Err(Failure::Refused(AppRefusal::Wrong)),
        _ => {
            let mut tx = portal.db.begin().await?;
            totp::drop_waiting(&mut tx, account.id).await?;
            tx.commit().await?;
            Err(Failure::Refused(AppRefusal::Dropped))
        }
    }
}

/// Removes the app. Audited, and the owner is told.
///
/// # Errors
/// Refused as [`AppRefusal`] says.
pub async fn remove(portal: &Portal, fresh: &FreshFactor, from: &Network) -> Result<(), Failure<AppRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = account_of(portal, &mut tx, fresh.account()).await?;
    // A passkey that is removed at the same moment waits for this, or this for it, so that one of them stays.
    sql::hold_authenticators(&mut tx, account.id).await?;
    let key = totp::key_of(&mut tx, account.id).await?.ok_or(Failure::Refused(AppRefusal::Nothing))?;
    let (_, lasts) = others(portal, &mut tx, &account, &key).await?;
    if !lasts {
        return Err(Failure::Refused(AppRefusal::Last));
    }
    demand_apart(portal, &mut tx, &account, fresh).await?;
    totp::remove(portal, &mut tx, &account).await?.ok_or(Failure::Refused(AppRefusal::Nothing))?;
    let event = Event::new(account.actor(), Deed::FactorRemoved).on(account.id).because(FactorKind::Totp.as_str());
    audit::record(portal, &mut tx, event.from(from)).await?;
    told(portal, &mut tx, &account, false, FactorKind::Totp, from).await?;
    tx.commit().await?;
    Ok(())
}
