//! Dispatches: one message to one person, written in the transaction that causes it.
//!
//! What is stored never holds a code: a code's dispatch names its challenge, and the code is derived when the text is
//! rendered. Address and values lie sealed under the person's data key.

pub mod figures;
mod notices;
mod sql;

use std::time::Duration;

use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::random::Secret;
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::opt_outs;
use crate::messaging::texts::{Notice, Values};
use crate::portal::{Portal, WrappedKey};
use crate::types::email_address::EmailAddress;
use crate::types::ids::{AccountId, ChallengeId, DataKeyId, DispatchId};
use crate::types::locale::Locale;
use crate::types::phone::PhoneNumber;

pub use notices::{queue_until, withdraw};

/// How long a worker may hold a dispatch before another takes it up.
pub const LEASE: SignedDuration = SignedDuration::from_secs(30);
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
    /// A mail.
    Email,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
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
    let phone = (new.kind == Kind::Sms).then(|| PhoneNumber::from_e164(&new.to)).flatten();
    let place = |column| Place { table: "dispatches", column, row: id.to_string() };
    let values = serde_json::to_string(&new.values).map_err(|error| InternalError::new("writing a dispatch", error))?;
    sql::insert(
        tx,
        &sql::NewRow {
            id,
            kind: new.kind.as_str(),
            country: phone.as_ref().and_then(PhoneNumber::country).map(|country| country.code().to_owned()),
            account_id: contact.account,
            data_key_id: contact.data_key_id,
            to_sealed: Sealed::<String>::seal(&new.to, &contact.key, &place("to_sealed")).as_bytes().to_vec(),
            template: new.notice.as_str(),
            locale: contact.locale,
            values_sealed: Sealed::<String>::seal(&values, &contact.key, &place("values_sealed")).as_bytes().to_vec(),
            challenge_id: new.challenge,
            now,
            useless_at: new.useless_at,
        },
    )
    .await?;
    // Wakes the worker; a wake-up before our commit finds nothing, so the worker also looks every half second.
    portal.wake.notify_one();
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

/// Queues the text that carries a challenge's code. After `ends_at` it is dropped, not delivered stale.
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
) -> Result<(), InternalError> {
    let Some(phone) = &contact.phone else { return Ok(()) };
    let new = NewDispatch {
        kind: Kind::Sms,
        to: phone.e164().to_owned(),
        notice,
        values: &Values::new(),
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
    let new = NewDispatch {
        kind: Kind::Email,
        to: contact.email.as_str().to_owned(),
        notice,
        values,
        challenge: None,
        useless_at: portal.clock.now() + life,
    };
    queue(portal, tx, contact, new).await?;
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
    let Some(phone) = &contact.phone else { return Ok(()) };
    let new = NewDispatch {
        kind: Kind::Sms,
        to: phone.e164().to_owned(),
        notice,
        values,
        challenge: None,
        useless_at: portal.clock.now() + NOTICE_LIFE,
    };
    queue(portal, tx, contact, new).await?;
    Ok(())
}

/// A dispatch that this worker holds until its lease ends.
pub struct Leased {
    /// Which.
    pub id: DispatchId,
    /// How it travels.
    pub kind: Kind,
    /// The number of this attempt, from 1.
    pub attempt: i64,
    /// Which message.
    pub notice: Notice,
    /// In which language.
    pub locale: Locale,
    /// To whom: E.164 or a mail address.
    pub to: String,
    /// What its sentences name.
    pub values: Values,
    /// Whose code it carries.
    pub challenge: Option<ChallengeId>,
    /// From when on it is worth nothing.
    pub useless_at: Timestamp,
    /// What the address holds at which a gateway tells of this attempt.
    pub token: Secret,
    /// Earlier attempts that may or may not have been sent.
    unknowns: i64,
}

/// How many attempts may end without anybody knowing whether the message left: the first, and one more.
const UNKNOWNS: i64 = 2;

/// Takes up to `batch` due dispatches for this worker and writes down the attempt that is about to be made, in one
/// transaction. Of several workers exactly one gets each. What came too late ends here.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    portal: &Portal,
    batch: i64,
    gateway: impl Fn(Kind, i64) -> &'static str,
) -> Result<Vec<Leased>, InternalError> {
    let now = portal.clock.now();
    let due = {
        let mut connection = portal.db.read().await?;
        sql::due(&mut connection, now, batch).await?
    };
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let mut leased = Vec::new();
    let mut tx = portal.db.begin().await?;
    for row in due {
        if row.useless_at <= now {
            sql::end(&mut tx, row.id, now, None, "late").await?;
            continue;
        }
        if !sql::lease(&mut tx, row.id, row.tries, now, now + LEASE).await? {
            continue;
        }
        // Workers died holding it, or got no answer: it is not sent again and again.
        if row.unknowns >= UNKNOWNS {
            sql::end(&mut tx, row.id, now, None, "unknown").await?;
            continue;
        }
        let attempt = row.tries + 1;
        let Some(notice) = Notice::from_word(&row.template) else {
            sql::end(&mut tx, row.id, now, None, "unreadable").await?;
            continue;
        };
        let Ok(opened) = open(portal, &row) else {
            // A destroyed key: the person was erased, and so was what would be written to them.
            sql::end(&mut tx, row.id, now, None, "unreadable").await?;
            continue;
        };
        if row.kind == Kind::Sms
            && let Some(phone) = PhoneNumber::from_e164(&opened.0)
            && opt_outs::has_stopped(portal, &mut tx, &phone).await?
        {
            sql::end(&mut tx, row.id, now, None, "opted_out").await?;
            continue;
        }
        let token = Secret::short_token();
        sql::begin_attempt(&mut tx, row.id, attempt, gateway(row.kind, attempt), &token.digest(), now).await?;
        leased.push(Leased {
            id: row.id,
            kind: row.kind,
            attempt,
            notice,
            locale: row.locale,
            to: opened.0,
            values: opened.1,
            challenge: row.challenge_id,
            useless_at: row.useless_at,
            token,
            unknowns: row.unknowns,
        });
    }
    tx.commit().await?;
    Ok(leased)
}

fn open(portal: &Portal, row: &sql::DueRow) -> Result<(String, Values), InternalError> {
    let wrapped = row.wrapped.clone().ok_or_else(|| InternalError::because("the data key was destroyed"))?;
    let key = portal.data_key(&WrappedKey { id: row.data_key_id, key_id: row.key_id.clone(), wrapped })?;
    let place = |column| Place { table: "dispatches", column, row: row.id.to_string() };
    let unseal = |bytes: &[u8], column| {
        Sealed::<String>::from_bytes(bytes.to_vec())
            .open(&key, &place(column))
            .map_err(|error| InternalError::new("opening a dispatch", error))
    };
    let values = unseal(&row.values_sealed, "values_sealed")?;
    let values = serde_json::from_str(&values).map_err(|error| InternalError::new("reading a dispatch", error))?;
    Ok((unseal(&row.to_sealed, "to_sealed")?, values))
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The gateway took it.
    Accepted {
        /// Its own id of the message.
        provider_id: String,
    },
    /// Not now; again after this long, if it is still worth it.
    Later {
        /// Why, in one word.
        reason: &'static str,
        /// How long to wait at least.
        after: Duration,
    },
    /// Never: the number or address cannot be reached.
    Never {
        /// Why, in one word.
        reason: &'static str,
    },
    /// No answer: it may have been sent. A code is tried once more (it is the same code); a notice is not.
    Unknown,
    /// The code was used or ended before the text left.
    Dropped,
}

/// Writes down what became of an attempt, and when the next is due.
///
/// # Errors
/// When the database fails.
pub async fn finish(portal: &Portal, leased: &Leased, outcome: &Outcome) -> Result<(), InternalError> {
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let (word, reason, provider) = match outcome {
        Outcome::Accepted { provider_id } => ("accepted", None, Some(provider_id.as_str())),
        Outcome::Later { reason, .. } => ("later", Some(*reason), None),
        Outcome::Never { reason } => ("never", Some(*reason), None),
        Outcome::Unknown => ("unknown", None, None),
        Outcome::Dropped => ("dropped", None, None),
    };
    sql::end_attempt(&mut tx, leased.id, leased.attempt, now, word, reason, provider).await?;
    let again = match outcome {
        Outcome::Accepted { .. } => {
            sql::end(&mut tx, leased.id, now, Some(now), "sent").await?;
            None
        }
        Outcome::Never { .. } => {
            sql::end(&mut tx, leased.id, now, None, "failed").await?;
            None
        }
        Outcome::Dropped => {
            sql::end(&mut tx, leased.id, now, None, "dropped").await?;
            None
        }
        Outcome::Later { after, .. } => Some(now + SignedDuration::try_from(*after).unwrap_or(LEASE)),
        Outcome::Unknown if leased.challenge.is_some() && leased.unknowns + 1 < UNKNOWNS => {
            Some(now + SignedDuration::from_secs(2))
        }
        Outcome::Unknown => {
            sql::end(&mut tx, leased.id, now, None, "unknown").await?;
            None
        }
    };
    if let Some(due) = again {
        if due >= leased.useless_at {
            sql::end(&mut tx, leased.id, now, None, "late").await?;
        } else {
            sql::put_off(&mut tx, leased.id, leased.attempt, due).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// An attempt as a receipt finds it.
pub struct Attempt {
    /// Of which dispatch.
    pub dispatch: DispatchId,
    /// Which one, from 1.
    pub number: i64,
    /// The gateway's id of the message, once its answer was written down.
    pub provider_id: Option<String>,
}

/// The attempt through a gateway whose address holds this token.
///
/// # Errors
/// When the database fails.
pub async fn attempt_of(portal: &Portal, gateway: &str, token: &Secret) -> Result<Option<Attempt>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::attempt_of(&mut connection, gateway, &token.digest()).await?)
}

/// What a gateway told of an attempt.
pub struct Receipted {
    /// Its word.
    pub state: &'static str,
    /// What a later one must exceed.
    pub rank: i64,
    /// The gateway's own code of a failure.
    pub code: Option<String>,
}

/// Writes down what a gateway told of an attempt, unless as much was told before. A message that arrived was sent, also
/// when the gateway's answer to its sending was lost: it is not sent again then.
///
/// # Errors
/// When the database fails.
pub async fn receipted(
    tx: &mut Tx,
    attempt: &Attempt,
    told: &Receipted,
    arrived: bool,
    now: Timestamp,
) -> Result<(), InternalError> {
    let rose = sql::raise(tx, attempt, told, now).await?;
    if rose && arrived {
        sql::end(tx, attempt.dispatch, now, Some(now), "sent").await?;
        sql::arrive(tx, attempt.dispatch, now).await?;
    }
    Ok(())
}

/// What the waiting person may know of their code's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In the queue.
    Queued,
    /// Handed to the phone network at this instant.
    Sent(Timestamp),
    /// The phone's network told at this instant that it arrived.
    Arrived(Timestamp),
    /// It could not be sent, or not be delivered.
    Failed,
}

/// The newest text of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// What its gateway answered.
    pub answered: Delivery,
    /// What was told of it afterwards.
    pub told: Option<Delivery>,
}

/// The state of the newest text of a challenge; None when none was queued.
///
/// # Errors
/// When the database fails.
pub async fn delivery_of(portal: &Portal, challenge: ChallengeId) -> Result<Option<Newest>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::newest_of(&mut connection, challenge).await?.map(|row| Newest {
        answered: match (row.sent_at, row.outcome.as_deref()) {
            (Some(at), _) => Delivery::Sent(at),
            (None, Some("failed" | "late" | "unreadable" | "unknown" | "opted_out")) => Delivery::Failed,
            (None, _) => Delivery::Queued,
        },
        told: match (row.arrived_at, row.receipt.as_deref()) {
            (Some(at), _) => Some(Delivery::Arrived(at)),
            // Told of the last attempt; while another is under way nothing has failed.
            (None, Some("undelivered" | "failed")) if row.outcome.is_some() => Some(Delivery::Failed),
            (None, _) => None,
        },
    }))
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
    let swept = sql::empty(&mut tx, portal.clock.now() - REMEMBERED, batch).await?;
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
    let swept = sql::sweep_challenges(&mut tx, portal.clock.now() - CHALLENGE_NAMED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}

/// What became of the text messages of a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts {
    /// Taken by a gateway.
    pub sent: i64,
    /// Given up.
    pub failed: i64,
    /// Queued still.
    pub on_their_way: i64,
}

/// What became of the text messages queued since an instant.
///
/// # Errors
/// When the database fails.
pub async fn texts_since(portal: &Portal, since: Timestamp) -> Result<Texts, InternalError> {
    let mut connection = portal.db.read().await?;
    let (sent, failed, on_their_way) = sql::texts_since(&mut connection, since).await?;
    Ok(Texts { sent, failed, on_their_way })
}
