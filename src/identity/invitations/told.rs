//! What admins are told of somebody who is to become staff, or did.

use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::ids::AccountId;
use crate::types::person_name::PersonName;
use crate::words::Words;

/// Who was invited, or accepted.
pub(super) struct Told<'a> {
    /// Which of the two.
    pub notice: Notice,
    /// The admin who invited; None when it was the shell.
    pub inviter: Option<AccountId>,
    /// Whom: the mail shows the initials.
    pub name: &'a PersonName,
    /// As what.
    pub role: Role,
}

/// The account in an actor's word of the trail; None for the shell.
pub(super) fn account_of(word: &str) -> Option<AccountId> {
    word.strip_prefix("account:").and_then(|id| id.parse().ok())
}

/// Mails these admins, each in their language, in the transaction of what happened.
pub(super) async fn tell(
    portal: &Portal,
    tx: &mut Tx,
    admins: &[Account],
    told: Told<'_>,
) -> Result<(), InternalError> {
    let inviter = match told.inviter {
        Some(id) => accounts::find_in(portal, tx, id).await?,
        None => None,
    };
    for admin in admins {
        let words = Words::new(admin.locale);
        let mut values = Values::from([
            ("time".to_owned(), words.day_time(portal.clock.now(), &admin.zone)),
            ("who".to_owned(), told.name.initials()),
            ("role".to_owned(), words.role(told.role)),
        ]);
        if let Some(inviter) = &inviter {
            values.insert("by".to_owned(), inviter.name.initials());
        }
        accounts::tell(portal, tx, admin, told.notice, &values, false).await?;
    }
    Ok(())
}
