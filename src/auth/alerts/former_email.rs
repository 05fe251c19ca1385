//! The mail address from before a change: the alert to it keeps it sealed, so that it can be put back.

use super::sql;
use crate::audit::{self, Deed, Event};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account, EmailSet};
use crate::messaging::mail_refusals;
use crate::messaging::texts::Notice;
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::email_address::EmailAddress;
use crate::types::network::Network;

/// The address that the account had at an instant; None when it has it still.
///
/// # Errors
/// When the database fails or the alert does not open.
pub(in crate::auth) async fn at(
    tx: &mut Tx,
    account: &Account,
    then: Timestamp,
) -> Result<Option<EmailAddress>, InternalError> {
    let kind = Notice::EmailChanged.as_str();
    let Some((id, sealed)) = sql::first_former_since(tx, account.id, kind, then).await? else { return Ok(None) };
    let former = parsed(&super::former(account, id, sealed)?)?;
    Ok(Some(former).filter(|former| former.folded() != account.email.folded()))
}

/// The address that an alert keeps.
///
/// # Errors
/// When it is not one.
pub(super) fn parsed(text: &str) -> Result<EmailAddress, InternalError> {
    EmailAddress::parse(text).map_err(|_| InternalError::because("an alert's former address is not one"))
}

/// Gives the account an address from before, and ends the links that were mailed since: they went to a mailbox that is not
/// the owner's. `account` as it is now. False when somebody else has the address, and then the transaction must be dropped.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn put_back(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    (former, since): (&EmailAddress, Timestamp),
    from: &Network,
) -> Result<bool, InternalError> {
    match accounts::set_email(portal, tx, account, former).await? {
        EmailSet::Set => {}
        EmailSet::Taken => return Ok(false),
        EmailSet::Moved => return Err(InternalError::busy("putting a mail address back")),
    }
    sql::use_up_since(tx, account.id, since, portal.clock.now()).await?;
    mail_refusals::forget(tx, account.id).await?;
    let event = Event::new(Actor::Stranger, Deed::EmailRestored).on(account.id).from(from);
    audit::record(portal, tx, event).await?;
    Ok(true)
}
