//! Attempts: a worker leases what is due, writes the attempt down before it is made, and afterwards what became of it.

use std::sync::OnceLock;
use std::time::Duration;

use super::{Kind, sql};
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::random::Secret;
use crate::crypto::sealed::{Place, Sealed};
use crate::error::InternalError;
use crate::messaging::texts::{Notice, Values};
use crate::messaging::{brakes, opt_outs};
use crate::portal::{Portal, WrappedKey};
use crate::types::ids::{ChallengeId, DispatchId};
use crate::types::locale::Locale;
use crate::types::phone::PhoneNumber;

/// How long a worker may hold a dispatch before another takes it up.
pub const LEASE: SignedDuration = SignedDuration::from_secs(30);

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
    /// The gateway that took its text, or may have, and the segments.
    taken: OnceLock<(&'static str, i64)>,
}

impl Leased {
    /// Notes that a gateway took the text, or may have taken it, and how many segments it had: what it costs is written
    /// when the attempt ends.
    pub fn note_taken(&self, gateway: &'static str, segments: i64) {
        // An attempt asks one gateway once.
        let _ = self.taken.set((gateway, segments));
    }

    /// The gateway and the segments that were noted.
    pub(in crate::messaging) fn taken(&self) -> Option<(&'static str, i64)> {
        self.taken.get().copied()
    }
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
            taken: OnceLock::new(),
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
    brakes::spending::charge(portal, &mut tx, leased).await?;
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
