//! Alerts: the owner of an account learns of what somebody could do to take it over, by mail to the present address
//! and to the one before, each with a link that says "this was not me"; where it matters, also by text.
//!
//! | what                                              | figure                                            |
//! |---------------------------------------------------|---------------------------------------------------|
//! | a link works                                      | 10 days, once                                     |
//! | the same browser from the same place, again       | told once an hour                                 |
//! | new browsers and places of one account            | 3 a day; the fourth says that there were more     |
//! | a row stays                                       | 30 days past its link's end                       |
//!
//! No link signs in. What one does stands in [`not_me`]; what is paused then, in [`freeze`].

pub(in crate::auth) mod former_email;
pub mod freeze;
pub mod not_me;
mod sql;

use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::random::Secret;
use crate::crypto::sealed::{Place, Sealed};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::limits::{self, Limit, Taken};
use crate::messaging::dispatches::{self, Contact};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::email_address::EmailAddress;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{AccountId, AlertId, PhoneId};
use crate::types::network::Network;
use crate::types::phone::PhoneNumber;
use crate::words::Words;

/// How long a link works.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_hours(10 * 24);
/// How long a row stays past its link's end.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The same browser from the same place.
const SAME: Limit = Limit { bucket: "alerts:same", max: 1, window: SignedDuration::from_hours(1), pause: None };
/// New browsers and places that are told one by one.
const EACH: i64 = 3;
/// The same, and the mail that says there were more.
const DAY: Limit = Limit { bucket: "alerts:new", max: EACH + 1, window: SignedDuration::from_hours(24), pause: None };

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum Alert<'a> {
    /// A browser signed in that never did before; with its name as stored.
    NewDevice(&'a str),
    /// A known browser signed in from where it never did; with its name as stored.
    NewPlace(&'a str),
    /// A second factor was added.
    FactorAdded(FactorKind),
    /// A second factor was removed.
    FactorRemoved(FactorKind),
    /// A phone was added.
    PhoneAdded(&'a PhoneNumber),
    /// Codes go to another phone, which the account has as its main one by now.
    PhoneChanged,
    /// A phone was removed.
    PhoneRemoved(&'a PhoneNumber),
    /// The mail address was changed.
    EmailChanged,
    /// The password was changed.
    PasswordChanged,
    /// Locked until then after too many wrong answers.
    Locked(Timestamp),
    /// The password was right in a strange browser, and the codes wrong.
    StrangeCodes,
    /// A known browser's cookie was used twice, so somebody copied it; with the browser's name as stored.
    TrustedCopyUsed(&'a str),
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// A recovery code was used; so many are left.
    RecoveryCodeUsed(i64),
}

impl Alert<'_> {
    fn notice(self) -> Notice {
        match self {
            Self::NewDevice(_) => Notice::NewBrowser,
            Self::NewPlace(_) => Notice::NewPlace,
            Self::FactorAdded(_) => Notice::FactorAdded,
            Self::FactorRemoved(_) => Notice::FactorRemoved,
            Self::PhoneAdded(_) => Notice::PhoneAdded,
            Self::PhoneChanged => Notice::PhoneChanged,
            Self::PhoneRemoved(_) => Notice::PhoneRemoved,
            Self::EmailChanged => Notice::EmailChanged,
            Self::PasswordChanged => Notice::PasswordChanged,
            Self::Locked(_) => Notice::Locked,
            Self::StrangeCodes => Notice::StrangeCodes,
            Self::TrustedCopyUsed(_) => Notice::TrustedCopyUsed,
            Self::RecoveryCodesMade => Notice::RecoveryCodesMade,
            Self::RecoveryCodeUsed(_) => Notice::RecoveryCodeUsed,
        }
    }

    /// Whether a text goes out as well: whoever holds the mailbox alone must not be the only one who knows.
    fn by_text(self) -> bool {
        match self {
            Self::PhoneAdded(_)
            | Self::PhoneChanged
            | Self::PhoneRemoved(_)
            | Self::EmailChanged
            | Self::PasswordChanged
            | Self::FactorAdded(_)
            | Self::FactorRemoved(_)
            | Self::RecoveryCodesMade
            | Self::Locked(_) => true,
            Self::NewDevice(_)
            | Self::NewPlace(_)
            | Self::StrangeCodes
            | Self::TrustedCopyUsed(_)
            | Self::RecoveryCodeUsed(_) => false,
        }
    }

    /// What the sentences name, in the words and the zone of the account's person.
    fn values(self, account: &Account, now: Timestamp, from: &Network) -> Values {
        let words = Words::new(account.locale);
        let mut values = Values::from([("time".to_owned(), words.day_time(now, &account.zone))]);
        values.insert("place".into(), from.masked());
        match self {
            Self::NewDevice(agent) | Self::NewPlace(agent) | Self::TrustedCopyUsed(agent) => {
                values.insert("agent".into(), words.browser(agent));
            }
            Self::FactorAdded(kind) | Self::FactorRemoved(kind) => {
                values.insert("factor".into(), words.factor(kind));
            }
            Self::PhoneAdded(phone) | Self::PhoneRemoved(phone) => {
                values.insert("last2".into(), phone.last2().to_owned());
            }
            Self::RecoveryCodeUsed(left) => {
                values.insert("left".into(), left.to_string());
            }
            Self::Locked(until) => {
                values.insert("time".into(), words.time_from(until, &account.zone));
            }
            Self::PhoneChanged => {
                values.insert("last2".into(), account.phone.last2().to_owned());
            }
            Self::EmailChanged | Self::PasswordChanged | Self::StrangeCodes | Self::RecoveryCodesMade => {}
        }
        values
    }
}

/// Where else an alert goes, and what its link undoes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Also<'a> {
    /// The mail address that the account had before: it gets a mail of its own, whose link also puts it back.
    pub old_email: Option<&'a EmailAddress>,
    /// The phone that the account had before: the text goes there.
    pub old_phone: Option<&'a PhoneNumber>,
    /// The phone that is new: the link of the mail takes it away.
    pub new_phone: Option<PhoneId>,
}

/// Queues what the owner is told, in the transaction of what happened; `account` as it is afterwards.
///
/// # Errors
/// When the database fails.
pub async fn raise(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    alert: Alert<'_>,
    also: Also<'_>,
    from: &Network,
) -> Result<(), InternalError> {
    let notice = match alert {
        Alert::NewDevice(agent) | Alert::NewPlace(agent) => {
            match grouped(portal, tx, account, alert.notice(), agent, from).await? {
                Some(notice) => notice,
                None => return Ok(()),
            }
        }
        _ => alert.notice(),
    };
    let values = alert.values(account, portal.clock.now(), from);
    let undoes = Undoes { former: also.old_phone.map(|phone| phone.e164().to_owned()), new_phone: also.new_phone };
    mail(portal, tx, account, &account.contact(), notice, &values, undoes).await?;
    if let Some(old) = also.old_email {
        // Not the account's: what comes back from there says nothing of the address that it has now.
        let former = Contact { account: None, phone: None, email: old.clone(), ..account.contact() };
        let undoes = Undoes { former: Some(old.as_str().to_owned()), new_phone: None };
        mail(portal, tx, account, &former, notice, &values, undoes).await?;
    }
    if alert.by_text() {
        let to = Contact { phone: also.old_phone.cloned().or(account.contact().phone), ..account.contact() };
        dispatches::queue_text(portal, tx, &to, notice, &values).await?;
    }
    Ok(())
}

/// As what a new browser or place is told, or that it is not. Each count is one statement that also decides.
async fn grouped(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    notice: Notice,
    agent: &str,
    from: &Network,
) -> Result<Option<Notice>, InternalError> {
    let same = format!("{}:{}:{agent}", account.id, from.masked());
    if let Taken::Until(_) = limits::take(portal, tx, SAME, same.as_bytes()).await? {
        return Ok(None);
    }
    Ok(match limits::take(portal, tx, DAY, account.id.to_string().as_bytes()).await? {
        Taken::Granted(count) if count <= EACH => Some(notice),
        Taken::Granted(_) => Some(Notice::NewBrowsers),
        Taken::Until(_) => None,
    })
}

/// What the link of a mail undoes.
struct Undoes {
    /// The address or number that it puts back.
    former: Option<String>,
    /// The phone that it takes away.
    new_phone: Option<PhoneId>,
}

/// One mail with a link of its own.
async fn mail(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    to: &Contact,
    notice: Notice,
    values: &Values,
    undoes: Undoes,
) -> Result<(), InternalError> {
    let (id, token, now) = (AlertId::new(), Secret::token(), portal.clock.now());
    let former = undoes.former.map(|text| Sealed::<String>::seal(&text, &account.key, &place(id)));
    let row = sql::NewRow {
        id,
        account: account.id,
        kind: notice.as_str(),
        token_digest: token.digest(),
        former_sealed: former.as_ref().map(Sealed::as_bytes),
        new_phone: undoes.new_phone,
        now,
        expires_at: now + LINK_LIFE,
    };
    sql::insert(tx, &row).await?;
    let mut values = values.clone();
    values.insert("link".into(), format!("{}/account/not-me?token={}", portal.config.public_origin(), token.expose()));
    dispatches::queue_mail(portal, tx, to, notice, &values, dispatches::MAIL_LIFE).await
}

fn place(id: AlertId) -> Place {
    Place { table: "alerts", column: "former_sealed", row: id.to_string() }
}

/// What an alert's link would put back.
fn former(account: &Account, id: AlertId, sealed: Vec<u8>) -> Result<String, InternalError> {
    Sealed::<String>::from_bytes(sealed)
        .open(&account.key, &place(id))
        .map_err(|error| InternalError::new("opening an alert", error))
}

/// Lets the links that were mailed so far change no phone any more; all else that they do, they still do.
///
/// # Errors
/// When the database fails.
pub async fn keep_phones(tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::keep_phones(tx, account).await?)
}

/// Removes up to `batch` alerts whose link ended 30 days ago; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - REMEMBERED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
