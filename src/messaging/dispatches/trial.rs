//! A trial: one text without a code to a number that an operator names, through one gateway, whose way is then followed.

use std::sync::OnceLock;

use super::{Contact, Kind, LEASE, Leased, NOTICE_LIFE, NewDispatch, Through, queue, sql};
use crate::crypto::random::Secret;
use crate::error::InternalError;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::email_address::EmailAddress;
use crate::types::phone::PhoneNumber;

/// Writes a trial down and takes it in the same transaction, so that no other worker sends it.
///
/// # Errors
/// When the database fails.
pub async fn begin_trial(portal: &Portal, to: &PhoneNumber, gateway: &'static str) -> Result<Leased, InternalError> {
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let (data_key_id, key) = portal.make_data_key(&mut tx).await?;
    let contact = Contact {
        account: None,
        data_key_id,
        key,
        phone: Some(to.clone()),
        phone_id: None,
        // Nobody is mailed.
        email: EmailAddress::parse(&portal.config.mail_from)
            .map_err(|_| InternalError::because("SALUS_MAIL_FROM is no mail address"))?,
        locale: portal.config.clinic.locale,
    };
    let values = Values::new();
    let new = NewDispatch {
        kind: Kind::Sms,
        to: to.e164().to_owned(),
        notice: Notice::Test,
        values: &values,
        challenge: None,
        useless_at: now + NOTICE_LIFE,
    };
    let id = queue(portal, &mut tx, &contact, new).await?;
    let (attempt, token) = (1, Secret::short_token());
    sql::lease(&mut tx, id, 0, now, now + LEASE).await?;
    sql::attempts::begin_attempt(&mut tx, id, attempt, &Through { gateway, by_call: false }, &token.digest(), now)
        .await?;
    tx.commit().await?;
    Ok(Leased {
        id,
        kind: Kind::Sms,
        attempt,
        gateway,
        by_call: false,
        notice: Notice::Test,
        locale: contact.locale,
        to: to.e164().to_owned(),
        values,
        challenge: None,
        useless_at: now + NOTICE_LIFE,
        token,
        asked: Vec::new(),
        has_stopped: false,
        taken: OnceLock::new(),
    })
}
