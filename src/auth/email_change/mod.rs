//! Changing one's own mail address: asked for with the password and a fresh proof by a second factor, then the link
//! mailed to the new address is opened in a session of the same account. Until then the old address holds.
//!
//! | what                                   | figure      |
//! |----------------------------------------|-------------|
//! | the link works                         | 1 hour, once, newest only |
//! | asked by one account                   | 5 a day     |
//! | mailed to one new address              | 3 an hour   |
//!
//! Nobody learns whether the new address has an account: the answer is the same, and its owner gets a notice instead of
//! a link. The unique index decides at the end.

mod sql;

use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, Alert, Also, freeze};
use crate::auth::browser::Browser;
use crate::auth::current_password::{self, CurrentRefusal};
use crate::auth::entered::Entered;
use crate::auth::factors::{Factor, manage};
use crate::auth::password_reset;
use crate::auth::sessions::{self, Session};
use crate::auth::step_up::FreshFactor;
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::blind_index;
use crate::crypto::passwords::Password;
use crate::crypto::random::Secret;
use crate::crypto::sealed::{Place, Sealed};
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, EmailSet, Frozen};
use crate::limits::{self, Limit, Taken};
use crate::messaging::dispatches::{self, Contact};
use crate::messaging::mail_refusals;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::email_address::EmailAddress;
use crate::types::ids::{AccountId, EmailChangeId};

/// How long the link works.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// How long a change that is over stays in the table.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// Asked by one account.
const ASKED: Limit =
    Limit { bucket: "email_change:account", max: 5, window: SignedDuration::from_hours(24), pause: None };
/// Mailed to one address.
const MAILS: Limit = Limit { bucket: "email_change:to", max: 3, window: SignedDuration::from_hours(1), pause: None };

/// Why nothing was mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskRefusal {
    /// Changes are paused.
    Frozen(Frozen),
    /// The proof was a code by mail, and there is another factor to make it with.
    NotApart,
    /// The present password was not given.
    Current(CurrentRefusal),
    /// It is the account's address already.
    Same,
    /// Asked too often.
    TooMany(Timestamp),
}

/// Mails a link to the new address. The answer is the same whether it has an account.
///
/// # Errors
/// Refused as [`AskRefusal`] says.
pub async fn ask(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    fresh: &FreshFactor,
    password: &str,
    email: &EmailAddress,
) -> Result<(), Failure<AskRefusal>> {
    let gone = || InternalError::because("a session without its account");
    let account = accounts::find(portal, fresh.account()).await?.ok_or_else(gone)?;
    freeze::check(portal, &account).map_err(|frozen| Failure::Refused(AskRefusal::Frozen(frozen)))?;
    if !manage::may_remove(portal, fresh, session, &Factor::Email.key()).await? {
        return Err(Failure::Refused(AskRefusal::NotApart));
    }
    if email.folded() == account.email.folded() {
        return Err(Failure::Refused(AskRefusal::Same));
    }
    match current_password::confirm(portal, browser, session, &account, Password::typed(password)).await {
        Ok(()) => {}
        Err(Failure::Refused(why)) => return Err(Failure::Refused(AskRefusal::Current(why))),
        Err(Failure::Internal(error)) => return Err(error.into()),
    }
    let owner = accounts::find_by_email(portal, email).await?;
    let (id, token, now) = (EmailChangeId::new(), Secret::token(), portal.clock.now());
    let mut tx = portal.db.begin().await?;
    let asked = limits::take(portal, &mut tx, ASKED, account.id.to_string().as_bytes()).await?;
    if let Taken::Until(until) = asked {
        tx.commit().await?;
        return Err(Failure::Refused(AskRefusal::TooMany(until)));
    }
    let mails = limits::take(portal, &mut tx, MAILS, &blind_index::index_email(&portal.keys.index, email)).await?;
    sql::void(&mut tx, account.id, now).await?;
    let sealed = Sealed::seal(email, &account.key, &place(id));
    sql::insert(&mut tx, id, account.id, sealed.as_bytes(), &token.digest(), now, now + LINK_LIFE).await?;
    let event = Event::new(account.actor(), Deed::EmailChangeAsked).on(account.id).from(&browser.network);
    audit::record(portal, &mut tx, event).await?;
    if matches!(mails, Taken::Granted(_)) {
        let link = format!("{}/account/security/email/link?token={}", portal.config.public_origin(), token.expose());
        let (to, notice, values) = match &owner {
            Some(owner) => (owner.contact(), Notice::EmailTaken, Values::new()),
            // Nobody's yet: what comes back from there says nothing of the account's own address.
            None => (
                Contact { account: None, phone: None, email: email.clone(), ..account.contact() },
                Notice::EmailProof,
                Values::from([("link".to_owned(), link)]),
            ),
        };
        dispatches::queue_mail(portal, &mut tx, &to, notice, &values, LINK_LIFE).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The new address that a link would set for this account; None when the link is old, used, or somebody else's.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn waiting(
    portal: &Portal,
    account: AccountId,
    token: &Secret,
) -> Result<Option<EmailAddress>, InternalError> {
    let found = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, account, &token.digest(), portal.clock.now()).await?
    };
    let (Some((id, sealed)), Some(account)) = (found, accounts::find(portal, account).await?) else {
        return Ok(None);
    };
    opened(&account, id, sealed).map(Some)
}

fn opened(account: &accounts::Account, id: EmailChangeId, sealed: Vec<u8>) -> Result<EmailAddress, InternalError> {
    Sealed::<EmailAddress>::from_bytes(sealed)
        .open(&account.key, &place(id))
        .map_err(|error| InternalError::new("opening a change of address", error))
}

/// Why the address stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmRefusal {
    /// The link is old, used or somebody else's, or the address was taken meanwhile.
    Over,
    /// Changes are paused.
    Frozen(Frozen),
}

/// The link was opened by the account's person: the new address holds, and both are told. This session goes on, all
/// others end.
///
/// # Errors
/// Refused as [`ConfirmRefusal`] says; nothing is stored then.
pub async fn confirm(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    token: &Secret,
    next: &str,
) -> Result<Entered, Failure<ConfirmRefusal>> {
    let over = || Failure::Refused(ConfirmRefusal::Over);
    let who = session.who.as_ref().ok_or_else(over)?;
    let mut tx = portal.db.begin().await?;
    let claimed = sql::claim(&mut tx, who.account, &token.digest(), portal.clock.now()).await?;
    let (id, sealed) = claimed.ok_or_else(over)?;
    let before = accounts::find_in(portal, &mut tx, who.account).await?.ok_or_else(over)?;
    freeze::check(portal, &before).map_err(|frozen| Failure::Refused(ConfirmRefusal::Frozen(frozen)))?;
    let email = opened(&before, id, sealed)?;
    match accounts::set_email(portal, &mut tx, &before, &email).await? {
        EmailSet::Set => {}
        EmailSet::Taken | EmailSet::Moved => return Err(over()),
    }
    let account = accounts::find_in(portal, &mut tx, who.account).await?.ok_or_else(over)?;
    let token = sessions::keep_alone(portal, &mut tx, session, &account, session.device).await?;
    // What was mailed to the old address opens nothing any more, and what came back from it says nothing of the new.
    password_reset::void(portal, &mut tx, account.id).await?;
    mail_refusals::forget(&mut tx, account.id).await?;
    let event = Event::new(account.actor(), Deed::EmailChanged).on(account.id).from(&browser.network);
    audit::record(portal, &mut tx, event).await?;
    let also = Also { old_email: Some(&before.email), ..Also::default() };
    alerts::raise(portal, &mut tx, &account, Alert::EmailChanged, also, &browser.network).await?;
    tx.commit().await?;
    Ok(Entered { token, device: None, next: next.to_owned() })
}

fn place(id: EmailChangeId) -> Place {
    Place { table: "email_changes", column: "email_sealed", row: id.to_string() }
}

/// Ends the account's changes that wait for their link.
///
/// # Errors
/// When the database fails.
pub(super) async fn void(portal: &Portal, tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::void(tx, account, portal.clock.now()).await?)
}

/// Removes up to `batch` changes whose link ended a day ago; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - REMEMBERED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
