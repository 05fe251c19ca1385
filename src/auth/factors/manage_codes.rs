//! A person's own recovery codes: made anew and removed by a fresh proof.
//!
//! | what                                | figure                         |
//! |-------------------------------------|--------------------------------|
//! | codes left at which pages say so    | under 3                        |
//! | proof for making them anew          | by another factor than a code, where there is one |

use zeroize::Zeroizing;

use super::manage::{owner, proves_enough};
use super::told::told;
use super::{Factor, recovery_codes, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::alerts::freeze;
use crate::auth::sessions::Session;
use crate::auth::step_up::FreshFactor;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{Account, Frozen};
use crate::portal::Portal;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::AccountId;
use crate::types::network::Network;

/// With fewer left than this a person is told to make new ones.
pub const FEW: i64 = 3;

/// Why the codes stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodesRefusal {
    /// Changes are paused.
    Frozen(Frozen),
    /// The proof was made by one of the codes, and there is another factor to make it with.
    NotApart,
    /// The form was sent before: the codes that it asked for were made and shown then.
    Made,
}

/// A set of codes in a form, by when it was made.
pub fn word_of(made_at: Option<Timestamp>) -> String {
    made_at.map_or_else(|| "none".to_owned(), |at| at.as_millisecond().to_string())
}

async fn account_of(
    portal: &Portal,
    tx: &mut Tx,
    fresh: &FreshFactor,
    session: &Session,
) -> Result<Account, Failure<CodesRefusal>> {
    let account = owner(portal, tx, fresh.account()).await?;
    freeze::check(portal, &account).map_err(|frozen| Failure::Refused(CodesRefusal::Frozen(frozen)))?;
    if !proves_enough(portal, tx, &account, fresh, session, &Factor::Recovery.key()).await? {
        return Err(Failure::Refused(CodesRefusal::NotApart));
    }
    Ok(account)
}

/// Makes ten codes in the place of all earlier ones, to be shown this once. Audited, and the owner is told. `shown` is the
/// set that the form was shown with, where it says: so that a page which is loaded again makes no other codes.
///
/// # Errors
/// Refused as [`CodesRefusal`] says.
pub async fn make(
    portal: &Portal,
    fresh: &FreshFactor,
    session: &Session,
    shown: Option<&str>,
    from: &Network,
) -> Result<Vec<Zeroizing<String>>, Failure<CodesRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = account_of(portal, &mut tx, fresh, session).await?;
    if let Some(shown) = shown
        && shown != word_of(sql::codes_made_at(&mut tx, account.id).await?)
    {
        return Err(Failure::Refused(CodesRefusal::Made));
    }
    let codes = recovery_codes::make(portal, &mut tx, account.id).await?;
    let event = Event::new(account.actor(), Deed::FactorAdded).on(account.id).because(FactorKind::Recovery.as_str());
    audit::record(portal, &mut tx, event.from(from)).await?;
    told(portal, &mut tx, &account, true, FactorKind::Recovery, from).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Removes all of them. Audited, and the owner is told. Nothing happens when there are none.
///
/// # Errors
/// Refused as [`CodesRefusal`] says.
pub async fn remove_all(
    portal: &Portal,
    fresh: &FreshFactor,
    session: &Session,
    from: &Network,
) -> Result<(), Failure<CodesRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = account_of(portal, &mut tx, fresh, session).await?;
    if !recovery_codes::remove_all(&mut tx, account.id).await? {
        return Ok(());
    }
    let event = Event::new(account.actor(), Deed::FactorRemoved).on(account.id).because(FactorKind::Recovery.as_str());
    audit::record(portal, &mut tx, event.from(from)).await?;
    told(portal, &mut tx, &account, false, FactorKind::Recovery, from).await?;
    tx.commit().await?;
    Ok(())
}

/// How many codes are left, where that is too few; None with enough of them, and where none were ever made.
///
/// # Errors
/// When the database fails.
pub async fn few_left(portal: &Portal, account: AccountId) -> Result<Option<i64>, InternalError> {
    let set = recovery_codes::of(portal, account).await?;
    Ok(set.map(|set| set.left).filter(|left| *left < FEW))
}
