//! "This was not me": what the link of an alert does, once, for whoever holds it.
//!
//! | always                                              | when the alert took somebody who was in             |
//! |-----------------------------------------------------|-----------------------------------------------------|
//! | every session ends, every browser is forgotten      | every way to sign in and every further phone that   |
//! | the password opens nothing until a new one is chosen| was added in the 10 days before goes                |
//! | sensitive acts are paused until an admin lifts it   | changes of phone and mail address since the alert   |
//! | waiting links to a new password or address end      | are undone, the last first; links mailed since an   |
//! | the owner is told, at every address of the 10 days  | address changed work no more                        |
//! | before and by text, and so are all admins           |                                                     |
//!
//! It signs nobody in, and shows nothing of the account. What it does can only make the account safer or shut it for a
//! while: a new password is chosen by mailed link and code. Where a phone came back, or phone and address are both new and
//! stay, link and code may both be somebody else's: choosing waits until an admin has talked to the owner and lifts the
//! pause.

use std::cmp::Reverse;

use super::{LINK_LIFE, former_email, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::{email_change, factors, password_reset, phone_changes, recovery, sessions, trusted_devices};
use crate::clock::SignedDuration;
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::messaging::dispatches::{self, Contact};
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
        /// It also takes away the ways to sign in that were added.
        takes_factors: bool,
    },
    /// It was used.
    Done {
        /// Choosing a new password waits for staff.
        is_held: bool,
    },
}

/// What the link of an alert puts back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Former {
    Email,
    Phone,
}

/// What an alert's sealed text is.
fn former(alert: &sql::AlertRow) -> Option<Former> {
    alert.former_sealed.as_ref()?;
    match Notice::from_word(&alert.kind)? {
        Notice::EmailChanged => Some(Former::Email),
        Notice::PhoneAdded | Notice::PhoneChanged | Notice::PhoneRemoved => Some(Former::Phone),
        _ => None,
    }
}

fn is(alert: &sql::AlertRow, notice: Notice) -> bool {
    alert.kind == notice.as_str()
}

/// Whether it took somebody who was in; wrong answers do not.
fn somebody_was_in(alert: &sql::AlertRow) -> bool {
    !is(alert, Notice::Locked) && !is(alert, Notice::StrangeCodes)
}

/// How a link stands; None when it is made up or older than 10 days. Looking changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn standing(portal: &Portal, token: &Secret) -> Result<Option<Standing>, InternalError> {
    let now = portal.clock.now();
    let mut connection = portal.db.read().await?;
    let Some(alert) = sql::find(&mut connection, &token.digest(), now).await? else { return Ok(None) };
    if alert.used_at.is_some() {
        let account = accounts::find(portal, alert.account).await?;
        let is_held = account.is_some_and(|account| account.reset_held_at.is_some());
        return Ok(Some(Standing::Done { is_held }));
    }
    let takes_factors = somebody_was_in(&alert);
    let since = alert.made_at - TOGETHER;
    let undone = match takes_factors {
        true => sql::undoable_since(&mut connection, alert.account, since, now).await?,
        false => Vec::new(),
    };
    let restores = |what| undone.iter().any(|alert| former(alert) == Some(what));
    let (restores_email, restores_phone) = (restores(Former::Email), restores(Former::Phone));
    Ok(Some(Standing::Open { restores_email, restores_phone, takes_factors }))
}

/// Reports what the alert told of: see the table above. False when the link is made up or too old; one that was used
/// reports nothing again and is fine.
///
/// # Errors
/// When the database fails.
pub async fn report(portal: &Portal, token: &Secret, from: &Network) -> Result<bool, InternalError> {
    match standing(portal, token).await? {
        None => return Ok(false),
        Some(Standing::Done { .. }) => return Ok(true),
        Some(Standing::Open { .. }) => {}
    }
    let admins = accounts::admins(portal).await?;
    // Somebody else may have taken what is to come back: then it stays theirs, the rest happens, and staff must help.
    let mut taken = Vec::new();
    while let Some(what) = act(portal, token, &admins, from, &taken).await? {
        taken.push(what);
    }
    Ok(true)
}

/// Who is told beside the owner at their present address and phone.
#[derive(Default)]
struct Also {
    addresses: Vec<EmailAddress>,
    phones: Vec<PhoneNumber>,
}

/// One transaction; nothing done, and what stood in the way, when what is to be put back is taken.
async fn act(
    portal: &Portal,
    token: &Secret,
    admins: &[Account],
    from: &Network,
    taken: &[Former],
) -> Result<Option<Former>, InternalError> {
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let Some(alert) = sql::claim(&mut tx, &token.digest(), now).await? else { return Ok(None) };
    let (id, why) = (alert.account, alert.kind.clone());
    // First of all: from here on no change that began before goes through.
    accounts::freeze_and_void(portal, &mut tx, id).await?;
    let before = present(portal, &mut tx, &alert).await?;
    let (mut also, mut came_back) = (Also::default(), false);
    if somebody_was_in(&alert) {
        // Whoever was in by then may have been so before, and have left a way back.
        let since = now - LINK_LIFE;
        factors::remove_since(portal, &mut tx, &before, since, Actor::Stranger, Some(from)).await?;
        let mut back = Vec::new();
        let mut changes = sql::undoable_since(&mut tx, id, alert.made_at - TOGETHER, now).await?;
        changes.push(alert);
        changes.sort_by_key(|alert| Reverse((alert.made_at, alert.id)));
        for change in &changes {
            let Some(what) = former(change).filter(|what| !taken.contains(what)) else { continue };
            match restore(portal, &mut tx, change, what, from).await? {
                None => return Ok(Some(what)),
                Some(undone) => {
                    back.extend(undone.back);
                    also.phones.extend(undone.gone);
                    came_back |= undone.came_back;
                }
            }
            sql::use_up(&mut tx, change.id, now).await?;
        }
        let account = accounts::find_in(portal, &mut tx, id).await?.ok_or_else(gone)?;
        also.phones.extend(phone_changes::remove_since(portal, &mut tx, &account, since, &back).await?);
    }
    shut(portal, &mut tx, &before, &why, from).await?;
    let account = accounts::find_in(portal, &mut tx, id).await?.ok_or_else(gone)?;
    let stays = sql::undoable_since(&mut tx, id, now - LINK_LIFE, now).await?;
    let is_new = |notice| stays.iter().any(|alert| is(alert, notice));
    let is_held = came_back || (is_new(Notice::EmailChanged) && is_new(Notice::PhoneChanged));
    if is_held {
        accounts::hold_reset(portal, &mut tx, id).await?;
    }
    also.addresses.push(before.email);
    for alert in stays.iter().filter(|alert| former(alert) == Some(Former::Email)) {
        also.addresses.extend(EmailAddress::parse(&opened(&account, alert)?).ok());
    }
    tell(portal, &mut tx, &account, also, is_held).await?;
    tell_admins(portal, &mut tx, &account, admins).await?;
    tx.commit().await?;
    Ok(None)
}

fn gone() -> InternalError {
    InternalError::because("an alert without its account")
}

/// The alert's account as it is by now.
async fn present(portal: &Portal, tx: &mut Tx, alert: &sql::AlertRow) -> Result<Account, InternalError> {
    accounts::find_in(portal, tx, alert.account).await?.ok_or_else(gone)
}

/// Ends what is open and what waits.
async fn shut(portal: &Portal, tx: &mut Tx, account: &Account, why: &str, from: &Network) -> Result<(), InternalError> {
    let id = account.id;
    sessions::end_all(portal, tx, id).await?;
    trusted_devices::forget_all(portal, tx, id).await?;
    password_reset::void(portal, tx, id).await?;
    recovery::stop(portal, tx, Actor::Stranger, id, "not_me", from).await?;
    email_change::void(portal, tx, id).await?;
    let event = Event::new(Actor::Stranger, Deed::NotMeReported).on(id).because(why).from(from);
    audit::record(portal, tx, event).await
}

/// Tells the owner what happened and what comes next, wherever they may still read it: one of the addresses is theirs.
async fn tell(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    mut also: Also,
    is_held: bool,
) -> Result<(), InternalError> {
    let mut values = Values::new();
    if is_held {
        values.insert("held".into(), "yes".into());
    }
    accounts::tell(portal, tx, account, Notice::NotMe, &values, true).await?;
    also.addresses.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    also.addresses.dedup();
    for email in also.addresses.into_iter().filter(|email| *email != account.email) {
        // Not the account's: what comes back from there says nothing of the address that it has now.
        let to = Contact { account: None, phone: None, email, ..account.contact() };
        dispatches::queue_mail(portal, tx, &to, Notice::NotMe, &values, dispatches::MAIL_LIFE).await?;
    }
    also.phones.sort_by(|a, b| a.e164().cmp(b.e164()));
    also.phones.dedup();
    for phone in also.phones.into_iter().filter(|phone| *phone != account.phone) {
        let to = Contact { account: None, phone: Some(phone), phone_id: None, ..account.contact() };
        dispatches::queue_text(portal, tx, &to, Notice::NotMe, &values).await?;
    }
    Ok(())
}

async fn tell_admins(portal: &Portal, tx: &mut Tx, account: &Account, admins: &[Account]) -> Result<(), InternalError> {
    let values = Values::from([
        ("initials".to_owned(), account.name.initials()),
        ("link".to_owned(), format!("{}/admin/people/{}", portal.config.public_origin(), account.id)),
    ]);
    for admin in admins.iter().filter(|admin| admin.id != account.id) {
        accounts::tell(portal, tx, admin, Notice::NotMeForStaff, &values, false).await?;
    }
    Ok(())
}

/// The sealed text of an alert.
fn opened(account: &Account, alert: &sql::AlertRow) -> Result<String, InternalError> {
    super::former(account, alert.id, alert.former_sealed.clone().unwrap_or_default())
}

/// Puts back what the alert's link can; None when somebody else has it, and then the transaction must be dropped.
async fn restore(
    portal: &Portal,
    tx: &mut Tx,
    alert: &sql::AlertRow,
    what: Former,
    from: &Network,
) -> Result<Option<phone_changes::Undone>, InternalError> {
    let account = present(portal, tx, alert).await?;
    let text = opened(&account, alert)?;
    match what {
        Former::Email => {
            let back = (&former_email::parsed(&text)?, alert.made_at);
            let is_back = former_email::put_back(portal, tx, &account, back, from).await?;
            Ok(is_back.then(phone_changes::Undone::default))
        }
        Former::Phone => {
            let number = PhoneNumber::from_e164(&text)
                .ok_or_else(|| InternalError::because("an alert's former number is not one"))?;
            let notice = Notice::from_word(&alert.kind).unwrap_or(Notice::PhoneChanged);
            let told = phone_changes::Told { notice, at: alert.made_at, former: &number, new: alert.new_phone };
            phone_changes::undo(portal, tx, &account, told, from).await
        }
    }
}
