//! What a sign-in with the right password looks like, and what it is therefore asked.
//!
//! [`judge`] is a pure function from [`Facts`] to an [`Outcome`] with its reasons: each reason that holds is worth points,
//! and so many points ask for so much ([`RiskPolicy`] has the figures and their sources). Three rules are no figures:
//!
//! | outcome  | only                                                                            |
//! |----------|---------------------------------------------------------------------------------|
//! | allow    | in a trusted browser, or by a passkey alone                                     |
//! | stronger | is the worst that a known browser meets: a stranger cannot shut the owner out   |
//! | hold     | while somebody is guessing, and not after an admin lifted it                    |
//!
//! Every judgement is stored with its facts, shown to admins, and can be replayed through another policy. Nothing here
//! runs before the password is right, or a passkey.

mod facts;
mod judge;
pub mod pressure;
mod reason;
mod sql;

use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::trusted_devices::Device;
use crate::clock::{SignedDuration, Timestamp};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Account};
use crate::limits::{self, Limit, Taken};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::ids::{AccountId, ChallengeId, CheckId};
use crate::types::network::Network;
use crate::words::Words;

pub use crate::config::RiskPolicy;
pub use judge::{Facts, Judgement, NetworkSeen, Outcome, Travel, judge};
pub use reason::Reason;

/// How long a judgement is kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long a lifted hold lets the account's next sign-in through.
const PARDON: SignedDuration = SignedDuration::from_hours(24);
/// How many judgements an admin's page shows.
const SHOWN: i64 = 20;

/// A sign-in that was judged and is not stored yet.
pub struct Check {
    /// What was known.
    pub facts: Facts,
    /// What the policy made of it.
    pub judgement: Judgement,
}

/// Judges a sign-in whose password was right. Reads only; [`opened`], [`excused`] or [`hold`] store it.
///
/// # Errors
/// When the database fails.
pub async fn check(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &Account,
    device: Option<&Device>,
) -> Result<Check, InternalError> {
    let policy = &portal.config.risk_policy;
    let mut facts = facts::gather(portal, tx, browser, account, device).await?;
    let mut judgement = judge(&facts, policy);
    if judgement.outcome == Outcome::Hold && sql::is_pardoned(tx, account.id, portal.clock.now()).await? {
        facts.pardoned = true;
        judgement = judge(&facts, policy);
    }
    Ok(Check { facts, judgement })
}

/// What became of a sign-in that was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It went through.
    SignedIn,
    /// It was held.
    Refused,
}

impl Ended {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::Refused => "refused",
        }
    }
}

/// Stores the judgement of a sign-in that is asked for a factor.
///
/// # Errors
/// When the database fails.
pub async fn opened(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &Account,
    check: &Check,
    challenge: ChallengeId,
) -> Result<(), InternalError> {
    store(portal, tx, browser, account, check, (Some(challenge), None)).await
}

/// Stores the judgement of a sign-in that a trusted browser was let through.
///
/// # Errors
/// When the database fails.
pub async fn excused(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &Account,
    check: &Check,
) -> Result<(), InternalError> {
    store(portal, tx, browser, account, check, (None, Some(Ended::SignedIn))).await
}

/// Judges and stores a sign-in by a passkey alone, which is asked for nothing more whatever it looks like. Answers whether it
/// came from a country that none came from before.
///
/// # Errors
/// When the database fails.
pub async fn by_passkey(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &Account,
    device: Option<&Device>,
) -> Result<bool, InternalError> {
    let facts = Facts { passkey: true, ..facts::gather(portal, tx, browser, account, device).await? };
    let judgement = judge(&facts, &portal.config.risk_policy);
    let is_new_place = judgement.reasons.contains(&Reason::NewCountry);
    let check = Check { facts, judgement };
    store(portal, tx, browser, account, &check, (None, Some(Ended::SignedIn))).await?;
    Ok(is_new_place)
}

/// Holds the sign-in: stored, audited, and told to the owner by mail, once a day at most.
///
/// # Errors
/// When the database fails.
pub async fn hold(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &Account,
    check: &Check,
) -> Result<(), InternalError> {
    store(portal, tx, browser, account, check, (None, Some(Ended::Refused))).await?;
    let event = Event::new(account.actor(), Deed::SignInHeld).on(account.id).because(words(&check.judgement.reasons));
    audit::record(portal, tx, event.from(&browser.network)).await?;
    let told = Limit { bucket: "held:told", max: 1, window: SignedDuration::from_hours(24), pause: None };
    if let Taken::Granted(_) = limits::take(portal, tx, told, account.id.to_string().as_bytes()).await? {
        let time = Words::new(account.locale).day_time(portal.clock.now(), &account.zone);
        let values = Values::from([("time".to_owned(), time)]);
        accounts::tell(portal, tx, account, Notice::SignInHeld, &values, false).await?;
    }
    Ok(())
}

/// The reasons' words as they are stored.
fn words(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(",")
}

async fn store(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &Account,
    check: &Check,
    (challenge, ended): (Option<ChallengeId>, Option<Ended>),
) -> Result<(), InternalError> {
    let facts = serde_json::to_string(&check.facts).map_err(|error| InternalError::new("writing facts", error))?;
    let row = sql::NewRow {
        id: CheckId::new(),
        account: account.id,
        now: portal.clock.now(),
        network: &browser.network,
        facts,
        outcome: check.judgement.outcome,
        reasons: words(&check.judgement.reasons),
        points: check.judgement.points,
        policy: portal.config.risk_policy.digest(),
        challenge,
        ended,
    };
    Ok(sql::insert(tx, &row).await?)
}

/// The challenge was answered: its sign-in went through, and a lifted hold has done its work. Answers whether it came from a
/// country that none came from before.
///
/// # Errors
/// When the database fails.
pub async fn signed_in(tx: &mut Tx, account: AccountId, challenge: ChallengeId) -> Result<bool, InternalError> {
    let reasons = sql::end(tx, challenge, Ended::SignedIn).await?;
    sql::take_pardon(tx, account).await?;
    let is_new = |words: &String| words.split(',').any(|word| word == Reason::NewCountry.as_str());
    Ok(reasons.iter().any(is_new))
}

/// Lets the account's next sign-in through that would be held, within a day.
///
/// # Errors
/// When the database fails.
pub async fn pardon(portal: &Portal, tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::pardon(tx, account, portal.clock.now() + PARDON).await?)
}

/// A judgement as it was stored.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Which.
    pub id: CheckId,
    /// Whose.
    pub account: AccountId,
    /// When.
    pub at: Timestamp,
    /// From where.
    pub network: Network,
    /// What was known.
    pub facts: Facts,
    /// What the policy of that time made of it, and why.
    pub judgement: Judgement,
    /// The digest of that policy.
    pub policy: String,
    /// What became of it; None: nobody answered.
    pub ended: Option<Ended>,
}

/// An account's newest judgements, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of(portal: &Portal, account: AccountId) -> Result<Vec<Checked>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::of(&mut connection, account, SHOWN).await?)
}

/// Judgements since an instant, oldest first, `limit` at most: the first ones, or those after the last of the batch
/// before.
///
/// # Errors
/// When the database fails.
pub async fn since(
    portal: &Portal,
    since: Timestamp,
    after: Option<&Checked>,
    limit: i64,
) -> Result<Vec<Checked>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::since(&mut connection, since, after.map(|last| (last.at, last.id)), limit).await?)
}

/// Removes up to `batch` judgements older than [`KEPT`], and lifted holds that are over; answers how many judgements.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, now - KEPT, batch).await?;
    sql::sweep_pardons(&mut tx, now).await?;
    tx.commit().await?;
    Ok(swept)
}
