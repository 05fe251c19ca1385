//! "This was not me": what the link of an alert does, once, for whoever holds it.
//!
//! | always                                              | when the alert was of                               |
//! |-----------------------------------------------------|-----------------------------------------------------|
//! | every session ends, every browser is forgotten      | another mail address, told to the old one: the old  |
//! | the password opens nothing until a new one is chosen| one is put back, and links mailed since work no more|
//! | sensitive acts are paused until an admin lifts it   | a phone added, changed or removed: the phone from   |
//! | waiting links to a new password or address end      | before comes back, and those proved since go        |
//! | the owner and all admins are mailed                 | (`phone_changes::undo`); of anything that needs one |
//! |                                                     | who is in: every way to sign in added since goes    |
//!
//! It signs nobody in, and shows nothing of the account. What it does can only make the account safer or shut it for a
//! while: a new password is chosen by mailed link and code.

use super::{place, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::{email_change, factors, password_reset, phone_changes, recovery, sessions, trusted_devices};
use crate::clock::SignedDuration;
use crate::crypto::random::Secret;
use crate::crypto::sealed::Sealed;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account, EmailSet};
use crate::messaging::mail_refusals;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::email_address::EmailAddress;
use crate::types::network::Network;
use crate::types::phone::PhoneNumber;

/// What happened so shortly before an alert was written down belongs to it.
const TOGETHER: SignedDuration = SignedDuration::from_mins(1);

/// What a link still does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Pressing its button reports.
    Open {
        /// It also puts the former mail address back.
        restores_email: bool,
        /// It also puts the former phone back.
        restores_phone: bool,
        /// It also takes away the ways to sign in that were added since.
        takes_factors: bool,
    },
    /// It was used.
    Done,
}

/// How a link stands; None when it is made up or older than 10 days. Looking changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn standing(portal: &Portal, token: &Secret) -> Result<Option<Standing>, InternalError> {
    let mut connection = portal.db.read().await?;
    let found = sql::find(&mut connection, &token.digest(), portal.clock.now()).await?;
    Ok(found.map(|alert| match alert.used_at {
        Some(_) => Standing::Done,
        None => Standing::Open {
            restores_email: alert.former_sealed.is_some() && is(&alert, Notice::EmailChanged),
            restores_phone: alert.former_sealed.is_some() && PHONES.into_iter().any(|notice| is(&alert, notice)),
            takes_factors: somebody_was_in(&alert),
        },
    }))
}

/// Alerts whose former text is a number in E.164.
const PHONES: [Notice; 3] = [Notice::PhoneAdded, Notice::PhoneChanged, Notice::PhoneRemoved];

fn is(alert: &sql::AlertRow, notice: Notice) -> bool {
    alert.kind == notice.as_str()
}

/// Whether it took somebody who was in; wrong answers do not.
fn somebody_was_in(alert: &sql::AlertRow) -> bool {
    !is(alert, Notice::Locked) && !is(alert, Notice::StrangeCodes)
}

/// Reports what the alert told of: see the table above. False when the link is made up or too old; one that was used
/// reports nothing again and is fine.
///
/// # Errors
/// When the database fails.
pub async fn report(portal: &Portal, token: &Secret, from: &Network) -> Result<bool, InternalError> {
    match standing(portal, token).await? {
        None => return Ok(false),
        Some(Standing::Done) => return Ok(true),
        Some(Standing::Open { .. }) => {}
    }
    let admins = accounts::admins(portal).await?;
    // Somebody else may have taken the former address meanwhile: then it stays theirs, and staff must help.
    if !act(portal, token, &admins, from, true).await? {
        act(portal, token, &admins, from, false).await?;
    }
    Ok(true)
}

/// One transaction; false, and nothing done, when what is to be put back is taken.
async fn act(
    portal: &Portal,
    token: &Secret,
    admins: &[Account],
    from: &Network,
    put_back: bool,
) -> Result<bool, InternalError> {
    let mut tx = portal.db.begin().await?;
    let Some(alert) = sql::claim(&mut tx, &token.digest(), portal.clock.now()).await? else { return Ok(true) };
    let id = alert.account;
    // First of all: from here on no change that began before goes through.
    accounts::freeze_and_void(portal, &mut tx, id).await?;
    let gone = || InternalError::because("an alert without its account");
    let account = accounts::find_in(portal, &mut tx, id).await?.ok_or_else(gone)?;
    if put_back && !restore(portal, &mut tx, &alert, &account, from).await? {
        return Ok(false);
    }
    if somebody_was_in(&alert) {
        let since = alert.made_at - TOGETHER;
        factors::remove_since(portal, &mut tx, &account, since, Actor::Stranger, Some(from)).await?;
        // What an alert about a phone puts back, it has put back already.
        if !PHONES.into_iter().any(|notice| is(&alert, notice)) {
            phone_changes::remove_since(portal, &mut tx, &account, since).await?;
        }
    }
    sessions::end_all(portal, &mut tx, id).await?;
    trusted_devices::forget_all(portal, &mut tx, id).await?;
    password_reset::void(portal, &mut tx, id).await?;
    recovery::stop(portal, &mut tx, Actor::Stranger, id, "not_me", from).await?;
    email_change::void(portal, &mut tx, id).await?;
    let event = Event::new(Actor::Stranger, Deed::NotMeReported).on(id).because(alert.kind.as_str()).from(from);
    audit::record(portal, &mut tx, event).await?;
    let account = accounts::find_in(portal, &mut tx, id).await?.ok_or_else(gone)?;
    accounts::tell(portal, &mut tx, &account, Notice::NotMe, &Values::new(), false).await?;
    for admin in admins.iter().filter(|admin| admin.id != id) {
        let values = Values::from([
            ("initials".to_owned(), account.name.initials()),
            ("link".to_owned(), format!("{}/admin/people/{id}", portal.config.public_origin())),
        ]);
        accounts::tell(portal, &mut tx, admin, Notice::NotMeForStaff, &values, false).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Puts back what the alert's link can; false when somebody else has it.
async fn restore(
    portal: &Portal,
    tx: &mut Tx,
    alert: &sql::AlertRow,
    account: &Account,
    from: &Network,
) -> Result<bool, InternalError> {
    let Some(sealed) = &alert.former_sealed else { return Ok(true) };
    let former = Sealed::<String>::from_bytes(sealed.clone())
        .open(&account.key, &place(alert.id))
        .map_err(|error| InternalError::new("opening an alert", error))?;
    match Notice::from_word(&alert.kind) {
        Some(Notice::EmailChanged) => {
            let email = EmailAddress::parse(&former)
                .map_err(|_| InternalError::because("an alert's former address is not one"))?;
            match accounts::set_email(portal, tx, account, &email).await? {
                EmailSet::Set => {}
                EmailSet::Taken => return Ok(false),
                EmailSet::Moved => return Err(InternalError::busy("putting a mail address back")),
            }
            // What was mailed since went to a mailbox that is not the owner's.
            sql::use_up_since(tx, account.id, alert.made_at, portal.clock.now()).await?;
            mail_refusals::forget(tx, account.id).await?;
            let event = Event::new(Actor::Stranger, Deed::EmailRestored).on(account.id).from(from);
            audit::record(portal, tx, event).await?;
            Ok(true)
        }
        Some(notice) if PHONES.contains(&notice) => {
            let number = PhoneNumber::from_e164(&former)
                .ok_or_else(|| InternalError::because("an alert's former number is not one"))?;
            let told = phone_changes::Told { notice, at: alert.made_at, former: &number, new: alert.new_phone };
            phone_changes::undo(portal, tx, account, told, from).await
        }
        _ => Ok(true),
    }
}
