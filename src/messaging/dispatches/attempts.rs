//! Attempts: a worker leases what is due, writes the attempt down before it is made, and afterwards what became of it.

use std::sync::OnceLock;
use std::time::Duration;

use super::sql::DueRow;
use super::{Kind, refusals, sql};
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::random::Secret;
use crate::crypto::sealed::{Place, Sealed};
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::routing::{Asked, Verdict};
use crate::messaging::texts::{Notice, Values};
use crate::messaging::{brakes, breakers, opt_outs};
use crate::portal::{Portal, WrappedKey};
use crate::types::ids::{ChallengeId, DispatchId};
use crate::types::locale::Locale;
use crate::types::phone::PhoneNumber;

/// How long a worker may hold a dispatch before another takes it up.
pub const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// What is dispatched apart from the rest, so that nothing slow stands before a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Codes.
    Codes,
    /// Other text messages.
    Texts,
    /// Mail.
    Mail,
}

/// A dispatch that this worker holds until its lease ends.
pub struct Leased {
    /// Which.
    pub id: DispatchId,
    /// How it travels.
    pub kind: Kind,
    /// The number of this attempt, from 1.
    pub attempt: i64,
    /// Through which gateway.
    pub gateway: &'static str,
    /// Whether by a call.
    pub by_call: bool,
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
    /// What was asked before.
    pub asked: Vec<Asked>,
    /// Whether the person wrote STOP.
    pub has_stopped: bool,
    /// The segments of its text, once its gateway took it, or may have.
    pub(super) taken: OnceLock<i64>,
}

impl Leased {
    /// Notes that the gateway took the text, or may have taken it, and how many segments it had: what it costs is written
    /// when the attempt ends.
    pub fn note_taken(&self, segments: i64) {
        // An attempt asks its gateway once.
        let _ = self.taken.set(segments);
    }

    /// The segments that were noted.
    pub(in crate::messaging) fn taken(&self) -> Option<i64> {
        self.taken.get().copied()
    }
}

/// A due dispatch for which a way is wanted.
pub struct Due<'a> {
    /// How it travels.
    pub kind: Kind,
    /// To which phone, where it goes to one.
    pub phone: Option<&'a PhoneNumber>,
    /// Whether it carries a code.
    pub is_code: bool,
    /// Whether the person wrote STOP.
    pub has_stopped: bool,
    /// What was asked before, in order.
    pub asked: &'a [Asked],
}

/// The way of the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Through {
    /// Through which gateway.
    pub gateway: &'static str,
    /// Whether by a call.
    pub by_call: bool,
}

/// What a worker took.
#[derive(Default)]
pub struct Taken {
    /// What is to be sent.
    pub leased: Vec<Leased>,
    /// Breakers of gateways that took a code and of which nothing was heard since.
    pub silent: Vec<String>,
}

/// How long a code is watched whose gateway said by a receipt that it took it, and not by its answer.
pub(super) const VOUCHED_FOR: SignedDuration = SignedDuration::from_secs(20);
/// How many attempts of what is no code may end without anybody knowing whether it left: the first, and one more.
const UNKNOWNS: usize = 2;

/// Up to `batch` due dispatches of a lane that nobody holds.
///
/// # Errors
/// When the database fails.
pub async fn due(portal: &Portal, lane: Lane, batch: i64) -> Result<Vec<DueRow>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::due(&mut connection, lane, portal.clock.now(), batch).await?)
}

/// Takes due dispatches for this worker and writes down the attempts that are about to be made, in one transaction;
/// `way` chooses how each goes, None where no way is left. Of several workers exactly one gets each. What came too late
/// ends here.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    portal: &Portal,
    due: Vec<DueRow>,
    way: impl Fn(&Due<'_>) -> Option<Through>,
) -> Result<Taken, InternalError> {
    let now = portal.clock.now();
    let mut taken = Taken::default();
    let mut tx = portal.db.begin().await?;
    for row in due {
        if row.useless_at <= now {
            let word = if row.was_sent { "sent" } else { "late" };
            sql::ends::close(&mut tx, row.id, now, word).await?;
            continue;
        }
        if !sql::lease(&mut tx, row.id, row.tries, now, now + LEASE).await? {
            continue;
        }
        match prepare(portal, &mut tx, row, now, &mut taken.silent, &way).await? {
            Prepared::Leased(leased) => taken.leased.push(*leased),
            Prepared::Over(id, word) => sql::ends::close(&mut tx, id, now, word).await?,
        }
    }
    tx.commit().await?;
    Ok(taken)
}

enum Prepared {
    Leased(Box<Leased>),
    Over(DispatchId, &'static str),
}

/// Chooses the way of a dispatch that was just leased, and begins its attempt.
async fn prepare(
    portal: &Portal,
    tx: &mut Tx,
    row: DueRow,
    now: Timestamp,
    silent: &mut Vec<String>,
    way: &impl Fn(&Due<'_>) -> Option<Through>,
) -> Result<Prepared, InternalError> {
    let Some(notice) = Notice::from_word(&row.template) else { return Ok(Prepared::Over(row.id, "unreadable")) };
    let Ok((to, values)) = open(portal, &row) else {
        // A destroyed key: the person was erased, and so was what would be written to them.
        return Ok(Prepared::Over(row.id, "unreadable"));
    };
    let attempt = row.tries + 1;
    let asked = if row.tries == 0 { Vec::new() } else { sql::attempts::asked(tx, row.id).await? };
    if row.challenge_id.is_none() && asked.iter().filter(|asked| asked.verdict == Verdict::Lost).count() >= UNKNOWNS {
        // Workers died holding it, or got no answer: it is not sent again and again.
        return Ok(Prepared::Over(row.id, "unknown"));
    }
    let phone = (row.kind != Kind::Email).then(|| PhoneNumber::from_e164(&to)).flatten();
    if let Some(last) = asked.last().filter(|last| last.verdict == Verdict::Took) {
        sql::attempts::note_silence(tx, row.id, row.tries).await?;
        // A number that was only typed may be nobody's: its silence says nothing of the gateway.
        if notice != Notice::CodeRegister {
            silent.push(breakers::name(&last.gateway, last.by_call));
        }
    }
    let has_stopped = match &phone {
        Some(phone) => opt_outs::has_stopped(portal, tx, phone).await?,
        None => false,
    };
    let due =
        Due { kind: row.kind, phone: phone.as_ref(), is_code: row.challenge_id.is_some(), has_stopped, asked: &asked };
    let Some(way) = way(&due) else { return Ok(Prepared::Over(row.id, over(&row, &asked, has_stopped))) };
    if let Some(challenge) = row.challenge_id
        && !sql::sends::count_send(tx, challenge, row.useless_at, portal.config.limits.code_sends).await?
    {
        return Ok(Prepared::Over(row.id, over(&row, &asked, has_stopped)));
    }
    let token = Secret::short_token();
    sql::attempts::begin_attempt(tx, row.id, attempt, &way, &token.digest(), now).await?;
    Ok(Prepared::Leased(Box::new(Leased {
        id: row.id,
        kind: row.kind,
        attempt,
        gateway: way.gateway,
        by_call: way.by_call,
        notice,
        locale: row.locale,
        to,
        values,
        challenge: row.challenge_id,
        useless_at: row.useless_at,
        token,
        asked,
        has_stopped,
        taken: OnceLock::new(),
    })))
}

/// How a dispatch ends for which no way is left.
fn over(row: &DueRow, asked: &[Asked], has_stopped: bool) -> &'static str {
    match asked.last().map(|asked| asked.verdict) {
        // Taken, and no more is known of it.
        Some(Verdict::Took) => "sent",
        Some(Verdict::Lost) => "unknown",
        None if has_stopped => "opted_out",
        // A gateway that took it told afterwards that it failed.
        Some(Verdict::No(_)) if row.was_sent => "sent",
        Some(Verdict::No(_)) | None => "failed",
    }
}

fn open(portal: &Portal, row: &DueRow) -> Result<(String, Values), InternalError> {
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
        /// How long to wait for its receipt before another way is tried; None: it is not looked after any more.
        watched_for: Option<Duration>,
    },
    /// Not taken; another way is tried after this long, if it is still worth it.
    Later {
        /// Why, in one word.
        reason: &'static str,
        /// How long to wait at least.
        after: Duration,
    },
    /// Not taken, and no way is left.
    Never {
        /// Why, in one word.
        reason: &'static str,
    },
    /// No answer: it may have been sent.
    Unknown {
        /// When another way is tried; None: it is not sent again.
        after: Option<Duration>,
    },
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
        Outcome::Accepted { provider_id, .. } => ("accepted", None, Some(provider_id.as_str())),
        Outcome::Later { reason, .. } => ("later", Some(*reason), None),
        Outcome::Never { reason } => ("never", Some(*reason), None),
        Outcome::Unknown { .. } => ("unknown", None, None),
        Outcome::Dropped => ("dropped", None, None),
    };
    sql::hold(&mut tx, leased.id).await?;
    if !sql::attempts::end_attempt(&mut tx, leased.id, leased.attempt, now, word, reason, provider).await? {
        // It was written down before, and the answer to that was lost.
        return Ok(());
    }
    brakes::spending::charge(portal, &mut tx, leased).await?;
    refusals::heed(portal, &mut tx, leased, outcome).await?;
    if let (Some(challenge), Outcome::Later { .. } | Outcome::Never { .. } | Outcome::Dropped) =
        (leased.challenge, outcome)
    {
        sql::sends::uncount_send(&mut tx, challenge, leased.useless_at).await?;
    }
    match outcome {
        Outcome::Accepted { watched_for: Some(span), .. } => {
            // Its receipt may have come before its answer.
            let has_failed = sql::attempts::has_failed(&mut tx, leased.id, leased.attempt).await?;
            let due = if has_failed { now } else { now + spanned(*span) };
            sql::watch(&mut tx, leased.id, leased.attempt, now, due.min(leased.useless_at)).await?;
        }
        Outcome::Accepted { watched_for: None, .. } => {
            sql::ends::end_sent(&mut tx, leased.id, now).await?;
        }
        Outcome::Never { .. } => sql::ends::close(&mut tx, leased.id, now, "failed").await?,
        Outcome::Dropped => sql::ends::close(&mut tx, leased.id, now, "dropped").await?,
        Outcome::Unknown { after: None } => sql::ends::close(&mut tx, leased.id, now, "unknown").await?,
        Outcome::Unknown { after: Some(_) }
            if sql::attempts::is_vouched(&mut tx, leased.id, leased.attempt).await? =>
        {
            // Its receipt was quicker than what we know of its answer: it was taken.
            sql::watch(&mut tx, leased.id, leased.attempt, now, (now + VOUCHED_FOR).min(leased.useless_at)).await?;
        }
        Outcome::Later { after, .. } | Outcome::Unknown { after: Some(after) } => {
            let due = now + spanned(*after);
            if due >= leased.useless_at {
                sql::ends::close(&mut tx, leased.id, now, "late").await?;
            } else {
                sql::ends::put_off(&mut tx, leased.id, leased.attempt, due).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

fn spanned(span: Duration) -> SignedDuration {
    SignedDuration::try_from(span).unwrap_or(LEASE)
}
