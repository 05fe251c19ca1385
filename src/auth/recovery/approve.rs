//! The second step of staff: another than who checked binds the new number.

use sqlx::AnyConnection;

use super::review::{
    CheckRefusal, Reviewed, Reviewer, apart_from_checker, event, for_reviewer, no, takes_steps, waiting,
};
use super::{number, place, sql};
use crate::audit::{self, Deed};
use crate::auth::{alerts, factors, sessions, trusted_devices};
use crate::clock::Timestamp;
use crate::crypto::random::Secret;
use crate::crypto::sealed::Sealed;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::identity::phones;
use crate::messaging::dispatches;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{AccountId, RecoveryId};
use crate::types::network::Network;
use crate::types::phone::PhoneNumber;
use crate::words::Words;

/// Who takes the second step.
pub enum Approver<'a> {
    /// Another member of staff.
    Staff(&'a Reviewer),
    /// The operator's shell, with a reason: for a clinic with one member of staff.
    Shell(&'a str),
}

/// The second step: binds the new number, ends every session and forgets every browser of the account, pauses its
/// sensitive acts, and tells its owner with a link that undoes it.
///
/// # Errors
/// Refused as [`CheckRefusal`] says; nothing is changed then.
pub async fn approve(portal: &Portal, by: Approver<'_>, id: RecoveryId, network: Option<&Network>) -> Reviewed<()> {
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let (row, owner) = match by {
        Approver::Staff(reviewer) => for_reviewer(portal, &mut tx, reviewer, id).await?,
        Approver::Shell(_) => waiting(portal, &mut tx, id).await?,
    };
    let (me, actor, reason) = match by {
        Approver::Staff(reviewer) => (Some(reviewer.account), reviewer.actor(), None),
        Approver::Shell(reason) if reason.trim().is_empty() => return no(CheckRefusal::NoReason),
        Approver::Shell(reason) => (None, Actor::Shell, Some(reason.trim())),
    };
    if let Some(why) = too_early(&row, me, now) {
        return no(why);
    }
    if let Approver::Staff(reviewer) = by {
        takes_steps(portal, &mut tx, reviewer, &row).await?;
        apart_from_checker(&mut tx, reviewer, &row).await?;
    }
    let token = Secret::token();
    let undo_until = now + portal.config.limits.recovery_undo;
    let former = Sealed::seal(&owner.phone, &owner.key, &place("former_sealed", id));
    let approval = sql::Approval {
        id,
        by: me,
        former_sealed: former.as_bytes(),
        former_index: &owner.phone_index,
        undo_digest: &token.digest(),
        undo_until,
        now,
    };
    // The one statement that decides: of two approvals at once, one finds the request over.
    if !sql::approve(&mut tx, &approval).await? {
        return no(CheckRefusal::NotFound);
    }
    let former_phones = phones::of_in(&mut tx, &owner.phone_owner()).await?;
    let phone = number(&row, &owner)?;
    bind(&mut tx, &owner, &phone, &row.index()?, now).await?;
    sessions::end_all(portal, &mut tx, owner.id).await?;
    trusted_devices::forget_all(portal, &mut tx, owner.id).await?;
    // Staff have looked at the person: no link from before puts a lost phone in the place of this one.
    alerts::keep_phones(&mut tx, owner.id).await?;
    accounts::freeze_until(portal, &mut tx, owner.id, undo_until).await?;
    if takes_all(portal, owner.role) {
        factors::remove_since(portal, &mut tx, &owner, owner.opened_at, actor.clone(), network).await?;
    }
    let mut event = event(actor, Deed::RecoveryApproved, &owner, network);
    if let Some(reason) = reason {
        event = event.because(reason);
    }
    audit::record(portal, &mut tx, event).await?;
    for old in former_phones.iter().filter(|old| old.proved_at.is_some()) {
        let contact = owner.contact_at(old);
        dispatches::queue_text(portal, &mut tx, &contact, Notice::RecoveryBound, &Values::new()).await?;
    }
    let words = Words::new(owner.locale);
    let link = format!("{}/recovery/undo?token={}", portal.config.public_origin(), token.expose());
    let values = Values::from([
        ("time".to_owned(), words.day_time(now, &owner.zone)),
        ("until".to_owned(), words.day_time(undo_until, &owner.zone)),
        ("last2".to_owned(), phone.last2().to_owned()),
        ("link".to_owned(), link),
    ]);
    let life = portal.config.limits.recovery_undo;
    dispatches::queue_mail(portal, &mut tx, &owner.contact(), Notice::RecoveryBound, &values, life).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether this person checked or approved a new number of the account that its owner may still undo, or has a phone in
/// common with who did: until then the pause is not theirs to lift.
///
/// # Errors
/// When the database fails.
pub async fn had_a_hand(
    portal: &Portal,
    connection: &mut AnyConnection,
    who: AccountId,
    account: AccountId,
) -> Result<bool, InternalError> {
    for (hand, asked_at) in sql::hands(connection, account, portal.clock.now()).await? {
        if hand == who || phones::share_one(connection, hand, who, asked_at).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a new phone takes the place of all that somebody of this role has: where a phone does not count, whoever needs
/// one by staff has lost what does, and the number alone would open nothing.
pub fn takes_all(portal: &Portal, role: Role) -> bool {
    !portal.policies.now().of(role).will_do(FactorKind::Sms)
}

/// Why it cannot be approved now by this person; the statement that decides asks the same once more.
fn too_early(row: &sql::Row, me: Option<AccountId>, now: Timestamp) -> Option<CheckRefusal> {
    match row.checked_by {
        None => Some(CheckRefusal::NotChecked),
        checker if checker == me => Some(CheckRefusal::SamePerson),
        _ if row.approvable_at > now => Some(CheckRefusal::TooSoon(row.approvable_at)),
        _ => None,
    }
}

async fn bind(tx: &mut Tx, owner: &Account, phone: &PhoneNumber, index: &[u8; 32], now: Timestamp) -> Reviewed<()> {
    let bound = match phones::replace_all(tx, owner.id, index, now).await? {
        Some(place) => accounts::set_number(tx, owner, phone, index, place).await?,
        None => false,
    };
    if bound { Ok(()) } else { no(CheckRefusal::PhoneFull) }
}
