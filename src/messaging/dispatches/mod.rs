//! Dispatches: one message to one person, written in the transaction that causes it.
//!
//! What is stored never holds a code: a code's dispatch names its challenge, and the code is derived when the text is
//! rendered. Address and values lie sealed under the person's data key.

mod attempts;
mod calls;
mod delivery;
pub mod figures;
mod history;
mod notices;
mod refusals;
mod sql;
mod trial;
pub mod worth;

use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::blind_index;
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::brakes::prices;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::email_address::EmailAddress;
use crate::types::ids::{AccountId, ChallengeId, DataKeyId, DispatchId, PhoneId};
use crate::types::locale::Locale;
use crate::types::phone::PhoneNumber;
use crate::types::text_value::TextValue as _;

pub use attempts::{Due, LEASE, Lane, Leased, Outcome, Taken, Through, due, finish, lease};
pub use calls::{Line, placed, speak};
pub use delivery::{
    Attempt, DELAYED_AFTER, Delivery, End, Newest, Receipted, arrives_at, attempt_named, attempt_of, delivery_of,
    is_spent, receipted, sent_or_delayed, settle,
};
pub use history::{Codes, Reached, SentTo, belongs_to, codes_to, last_arrival, newest_to};
pub use notices::{queue_until, withdraw};
pub use refusals::{Returned, returned};
pub use sql::DueRow;
pub use trial::begin_trial;

/// How long a notice by mail is worth sending.
pub const MAIL_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// How long a notice by text is worth sending.
pub const NOTICE_LIFE: SignedDuration = SignedDuration::from_hours(4);

/// Where a person is reached, and the key that seals what is written to them.
pub struct Contact {
    /// Whose account, when there is one.
    pub account: Option<AccountId>,
    /// The row of the key.
    pub data_key_id: DataKeyId,
    /// The key.
    pub key: DataKey,
    /// The mobile phone.
    pub phone: Option<PhoneNumber>,
    /// Which of the account's phones that is, where a rule has chosen one.
    pub phone_id: Option<PhoneId>,
    /// The mail address.
    pub email: EmailAddress,
    /// The language.
    pub locale: Locale,
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text message.
    Sms,
    /// A phone call that reads a code out: a text message's dispatch that goes by call.
    Call,
    /// A mail.
    Email,
}

/// How a code reaches a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is texted.
    Text,
    /// It is read out in a call.
    Call,
    /// It is mailed.
    Mail,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sms | Self::Call => "sms",
            Self::Email => "email",
        }
    }
}

async fn queue(
    portal: &Portal,
    tx: &mut Tx,
    contact: &Contact,
    new: NewDispatch<'_>,
) -> Result<DispatchId, InternalError> {
    let id = DispatchId::new();
    let now = portal.clock.now();
    let phone = (new.kind != Kind::Email).then(|| PhoneNumber::from_e164(&new.to)).flatten();
    let place = |column| Place { table: "dispatches", column, row: id.to_string() };
    let values = serde_json::to_string(&new.values).map_err(|error| InternalError::new("writing a dispatch", error))?;
    let country = phone.as_ref().and_then(PhoneNumber::country).map(|country| country.code().to_owned());
    // What brakes count of a code's text.
    let code_to = phone.as_ref().filter(|_| new.challenge.is_some());
    sql::insert(
        tx,
        &sql::NewRow {
            id,
            kind: new.kind.as_str(),
            by_call_since: (new.kind == Kind::Call).then_some(now),
            prefix_index: code_to.map(|phone| blind_index::index_prefix(&portal.keys.index, phone)),
            expected: code_to.and_then(|_| {
                prices::expected(&portal.config, new.kind == Kind::Call, country.as_deref().unwrap_or_default())
            }),
            country,
            account_id: contact.account,
            data_key_id: contact.data_key_id,
            to_sealed: Sealed::<String>::seal(&new.to, &contact.key, &place("to_sealed")).as_bytes().to_vec(),
            template: new.notice.as_str(),
            locale: contact.locale,
            values_sealed: Sealed::<String>::seal(&values, &contact.key, &place("values_sealed")).as_bytes().to_vec(),
            challenge_id: new.challenge,
            phone_id: contact.phone_id.filter(|_| new.kind != Kind::Email),
            now,
            useless_at: new.useless_at,
        },
    )
    .await?;
    let (portal, is_code) = (portal.clone(), new.challenge.is_some());
    tx.after_commit(move || match (new.kind, is_code) {
        (Kind::Email, _) => portal.wake.mail.notify_one(),
        (Kind::Sms | Kind::Call, true) => portal.wake.codes.notify_one(),
        (Kind::Sms | Kind::Call, false) => portal.wake.texts.notify_one(),
    });
    Ok(id)
}

struct NewDispatch<'a> {
    kind: Kind,
    to: String,
    notice: Notice,
    values: &'a Values,
    challenge: Option<ChallengeId>,
    useless_at: Timestamp,
}

/// Queues the text, the call or the mail that carries a challenge's code. After `ends_at` it is dropped, not delivered
/// stale.
///
/// # Errors
/// When the database fails.
pub async fn queue_code(
    portal: &Portal,
    tx: &mut Tx,
    contact: &Contact,
    notice: Notice,
    challenge: ChallengeId,
    ends_at: Timestamp,
    way: Way,
) -> Result<(), InternalError> {
    let minutes = (ends_at.duration_since(portal.clock.now()).as_secs() + 59) / 60;
    let (kind, to) = match (way, &contact.phone) {
        (Way::Mail, _) => (Kind::Email, contact.email.to_text().to_string()),
        (_, None) => return Ok(()),
        (Way::Text, Some(phone)) => (Kind::Sms, phone.e164().to_owned()),
        (Way::Call, Some(phone)) => (Kind::Call, phone.e164().to_owned()),
    };
    let new = NewDispatch {
        kind,
        to,
        notice,
        values: &Values::from([("minutes".to_owned(), minutes.to_string())]),
        challenge: Some(challenge),
        useless_at: ends_at,
    };
    queue(portal, tx, contact, new).await?;
    Ok(())
}

/// Queues a notice by mail.
///
/// # Errors
/// When the database fails.
pub async fn queue_mail(
    portal: &Portal,
    tx: &mut Tx,
    contact: &Contact,
    notice: Notice,
    values: &Values,
    life: SignedDuration,
) -> Result<(), InternalError> {
    queue_until(portal, tx, contact, Kind::Email, notice, values, portal.clock.now() + life).await?;
    Ok(())
}

/// Queues a notice by text message.
///
/// # Errors
/// When the database fails.
pub async fn queue_text(
    portal: &Portal,
    tx: &mut Tx,
    contact: &Contact,
    notice: Notice,
    values: &Values,
) -> Result<(), InternalError> {
    queue_until(portal, tx, contact, Kind::Sms, notice, values, portal.clock.now() + NOTICE_LIFE).await?;
    Ok(())
}

/// How long the sealed address and values of a dispatch that has ended are kept.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long after its code is worth nothing a dispatch still names its challenge.
const CHALLENGE_NAMED: SignedDuration = SignedDuration::from_hours(24);

/// Empties the sealed address and values of up to `batch` dispatches that ended 30 days ago; what became of them stays
/// for the figures of delivery. Answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep::empty(&mut tx, portal.clock.now() - REMEMBERED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}

/// Lets go of the challenges that up to `batch` ended dispatches name a day after they were worth sending; answers how
/// many dispatches.
///
/// # Errors
/// When the database fails.
pub async fn sweep_challenges(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep::sweep_challenges(&mut tx, portal.clock.now() - CHALLENGE_NAMED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}

/// Drops the counts of up to `batch` codes that ended a day ago; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep_code_sends(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sends::sweep_code_sends(&mut tx, portal.clock.now() - CHALLENGE_NAMED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
