//! Accounts whose mail comes back: their mail server refused it, or returned it later.
//!
//! | the mark                                     | when                                         |
//! |----------------------------------------------|----------------------------------------------|
//! | comes                                        | refused for good at the recipient, or bounced|
//! | goes by itself                               | 3 days after a later mail was taken          |
//! | goes at once                                 | an admin says that mail works again          |
//!
//! A mail that is only late marks nobody. Mail is sent to marked accounts as before, so that the mark can go; who wants to
//! be reminded by mail is reminded by text meanwhile.

mod sql;

use crate::audit::{self, Deed, Event};
use crate::clock::{SignedDuration, Timestamp};
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::ids::AccountId;
use crate::types::network::Network;

/// How long no mail may come back after one was taken.
const QUIET: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Why mail comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no such mailbox.
    NoMailbox,
    /// The mailbox is full.
    MailboxFull,
    /// The server does not take our mail.
    Blocked,
    /// Something else.
    Refused,
}

impl Why {
    const ALL: [Self; 4] = [Self::NoMailbox, Self::MailboxFull, Self::Blocked, Self::Refused];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoMailbox => "no_mailbox",
            Self::MailboxFull => "mailbox_full",
            Self::Blocked => "mail_blocked",
            Self::Refused => "address_refused",
        }
    }

    /// The reason of a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// What an enhanced status code says, such as `5.1.1` (RFC 3463).
    pub fn of_status(status: &str) -> Self {
        let mut parts = status.split('.').skip(1);
        match (parts.next(), parts.next()) {
            (Some("1"), _) => Self::NoMailbox,
            (Some("2"), Some("2")) => Self::MailboxFull,
            (Some("7"), _) => Self::Blocked,
            _ => Self::Refused,
        }
    }
}

/// That mail to an account comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Why.
    pub why: Why,
    /// When one came back last.
    pub refused_at: Timestamp,
}

/// Marks an account: its mail was refused for good.
///
/// # Errors
/// When the database fails.
pub async fn refused(portal: &Portal, tx: &mut Tx, account: AccountId, why: Why) -> Result<(), InternalError> {
    let now = portal.clock.now();
    let known = sql::find(tx, account, now - QUIET).await?.is_some();
    sql::mark(tx, account, why, now).await?;
    if !known {
        let event = Event::new(Actor::System, Deed::MailRefused).on(account).because(why.as_str());
        audit::record(portal, tx, event).await?;
    }
    Ok(())
}

/// A mail to the account was taken: the mark goes in three days, unless one comes back.
///
/// # Errors
/// When the database fails.
pub async fn accepted(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<(), InternalError> {
    Ok(sql::accept(tx, account, now).await?)
}

/// Whether mail to an account comes back.
///
/// # Errors
/// When the database fails.
pub async fn of(portal: &Portal, account: AccountId) -> Result<Option<Mark>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::find(&mut connection, account, portal.clock.now() - QUIET).await?)
}

/// The same inside a transaction.
///
/// # Errors
/// When the database fails.
pub async fn of_in(portal: &Portal, tx: &mut Tx, account: AccountId) -> Result<Option<Mark>, InternalError> {
    Ok(sql::find(tx, account, portal.clock.now() - QUIET).await?)
}

/// Those of a page of accounts whose mail comes back.
///
/// # Errors
/// When the database fails.
pub async fn among(portal: &Portal, accounts: &[AccountId]) -> Result<Vec<AccountId>, InternalError> {
    let mut marked = Vec::new();
    let mut connection = portal.db.read().await?;
    for part in accounts.chunks(sql::AT_ONCE) {
        marked.extend(sql::among(&mut connection, part, portal.clock.now() - QUIET).await?);
    }
    Ok(marked)
}

/// The account has another address: what came back from the old one says nothing of it.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    sql::delete(tx, account).await?;
    Ok(())
}

/// An admin knows that mail reaches the person again. False when nobody thought otherwise.
///
/// # Errors
/// When the database fails.
pub async fn clear(portal: &Portal, by: &Actor, account: AccountId, from: &Network) -> Result<bool, InternalError> {
    let mut tx = portal.db.begin().await?;
    if !sql::delete(&mut tx, account).await? {
        return Ok(false);
    }
    audit::record(portal, &mut tx, Event::new(by.clone(), Deed::MailCleared).on(account).from(from)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Removes up to `batch` marks that have gone; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - QUIET, batch).await?;
    tx.commit().await?;
    Ok(swept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_why() {
        for (status, why) in [
            ("5.1.1", Why::NoMailbox),
            ("5.1.10", Why::NoMailbox),
            ("5.2.2", Why::MailboxFull),
            ("5.2.1", Why::Refused),
            ("5.7.26", Why::Blocked),
            ("5.0.0", Why::Refused),
            ("5", Why::Refused),
        ] {
            assert_eq!(Why::of_status(status), why, "{status}");
        }
        assert!(Why::ALL.into_iter().all(|why| Why::from_word(why.as_str()) == Some(why)));
    }
}
