//! Sessions: signed-in browsers, and browsers with only the password behind them.
//!
//! A session's cookie holds 256 random bits; the table holds a digest. Every rise of privilege makes a new value and
//! ends the old row in the same transaction. A session ends after 15 idle minutes and after 12 hours in all (NIST SP
//! 800-63B 2.2.3), with the account's version (password, role, turned off), or at once when it is revoked. One with only the
//! password ends with its challenge.

mod own;
mod sql;
mod sweep;
pub mod under_policy;

use crate::auth::browser::Browser;
use crate::auth::factors::Proof;
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::random::Secret;
use crate::db::{Statement, Tx, Value};
use crate::error::InternalError;
use crate::identity::accounts::{self, Account, Frozen};
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::ids::{AccountId, AppointmentId, ChallengeId, DeviceId, PatientId, SessionId};
use crate::types::locale::Locale;
use crate::types::person_name::PersonName;
use crate::types::zone::Zone;

pub use own::{EVERYWHERE, Listed, end_everywhere, end_others, end_own, list, sign_out};
pub use sweep::{sweep, sweep_challenges};

/// How often a session's last use is written, at most.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// How long after its end a session still tells whose it was.
const LATELY: SignedDuration = SignedDuration::from_mins(15);

/// What the browser has proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The password, or a form filled in: opens only the challenge.
    Pending,
    /// Password and code.
    Full,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub account: AccountId,
    /// As what.
    pub role: Role,
    /// Their clinical record, if they are a patient.
    pub patient: Option<PatientId>,
    /// Their name.
    pub name: PersonName,
    /// Their language.
    pub locale: Locale,
    /// Their zone.
    pub zone: Zone,
    /// Changes to their account are paused.
    pub frozen: Option<Frozen>,
}

impl SignedIn {
    /// Who acts when this person acts.
    pub fn actor(&self) -> Actor {
        Actor::Account { id: self.account, role: self.role }
    }
}

/// A session that has not ended.
#[derive(Clone, Debug)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// What was proved.
    pub kind: Kind,
    /// Whose; None while somebody registers.
    pub who: Option<SignedIn>,
    /// The challenge it may answer.
    pub challenge: Option<ChallengeId>,
    /// The known browser it runs in.
    pub device: Option<DeviceId>,
    /// Since when.
    pub started_at: Timestamp,
    /// Last use, to the minute.
    pub seen_at: Timestamp,
    /// When it ends whatever happens.
    pub ends_at: Timestamp,
    /// Whether only the person's own account is open, to add a factor that the policy counts.
    pub must_add: bool,
    /// When a second factor was proved last.
    pub proved_at: Option<Timestamp>,
    /// Which one that was.
    pub proof: Option<Proof>,
    /// The last proof bound to a visit.
    pub proved_visit: Option<(AppointmentId, Timestamp)>,
}

/// The session of a cookie's value: one indexed read. None when there is none, or it has ended for any reason.
///
/// # Errors
/// When the database fails.
pub async fn find(portal: &Portal, token: &Secret) -> Result<Option<Session>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, &token.digest()).await?
    };
    let Some(row) = row else { return Ok(None) };
    let now = portal.clock.now();
    let (ends_at, idle_end) = ends(portal, &row);
    if now >= ends_at || now >= idle_end {
        return Ok(None);
    }
    let who = match row.who {
        None => None,
        Some(who) if who.turned_off || who.version != row.account_version => return Ok(None),
        Some(who) => Some(SignedIn {
            name: accounts::open_name(portal, &who.key, &who.name_sealed, who.account)?,
            account: who.account,
            role: who.role,
            patient: who.patient,
            locale: who.locale,
            zone: who.zone,
            frozen: who.frozen.filter(|frozen| frozen.holds(now)),
        }),
    };
    Ok(Some(Session {
        id: row.id,
        kind: row.kind,
        who,
        challenge: row.challenge,
        device: row.device,
        started_at: row.started_at,
        seen_at: row.seen_at,
        ends_at,
        must_add: row.must_add,
        proved_at: row.proved_at,
        proof: row.proof,
        proved_visit: row.proved_visit,
    }))
}

/// When a session ends at the latest, and when without use, as its role's policy says now. One that waits for a second
/// factor lasts as long as its challenge, so that nobody is sent away while a code still works.
fn ends(portal: &Portal, row: &sql::Found) -> (Timestamp, Timestamp) {
    if row.kind == Kind::Pending {
        return (row.ends_at, row.seen_at + portal.config.limits.challenge_life);
    }
    let policies = portal.policies.now();
    match &row.who {
        Some(who) => {
            let policy = policies.of(who.role);
            (row.ends_at.min(row.started_at + policy.longest()), row.seen_at + policy.idle())
        }
        None => (row.ends_at, row.seen_at + portal.config.limits.session_idle),
    }
}

/// Whose session of a cookie's value ran out within the last 15 minutes: idle too long, or at its longest. None for one
/// that still runs, that was ended (signing out, revoking, a new password), and for an account that is turned off.
///
/// # Errors
/// When the database fails.
pub async fn lately(portal: &Portal, token: &Secret) -> Result<Option<AccountId>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, &token.digest()).await?
    };
    let Some(row) = row.filter(|row| row.kind == Kind::Full) else { return Ok(None) };
    let now = portal.clock.now();
    let (ends_at, idle_end) = ends(portal, &row);
    let ran_out = ends_at.min(idle_end);
    let is_lately = now >= ran_out && now.duration_since(ran_out) <= LATELY;
    let whose = row.who.filter(|who| is_lately && !who.turned_off && who.version == row.account_version);
    Ok(whose.map(|who| who.account))
}

/// Notes that the session was used, at most once a minute, in a commit shared with others.
///
/// # Errors
/// When the database fails.
pub async fn touch(portal: &Portal, session: &Session) -> Result<(), InternalError> {
    let now = portal.clock.now();
    if now.duration_since(session.seen_at) < TOUCH_EVERY {
        return Ok(());
    }
    let values = vec![Value::Text(Some(session.id.to_string())), Value::Number(Some(now.as_millisecond()))];
    portal.db.write_together(vec![Statement { sql: sql::TOUCH, values }]).await?;
    Ok(())
}

/// What a new session is made of.
pub struct NewSession<'a> {
    /// The browser.
    pub browser: &'a Browser,
    /// What was proved.
    pub kind: Kind,
    /// Whose.
    pub account: Option<&'a Account>,
    /// The challenge it may answer.
    pub challenge: Option<ChallengeId>,
    /// The known browser.
    pub device: Option<DeviceId>,
    /// The second factor that was proved just now.
    pub proof: Option<Proof>,
    /// The session it takes the place of.
    pub replaces: Option<SessionId>,
}

/// Makes a session and ends the one it replaces; answers the cookie's value.
///
/// # Errors
/// When the database fails.
pub async fn begin(portal: &Portal, tx: &mut Tx, new: NewSession<'_>) -> Result<Secret, InternalError> {
    let now = portal.clock.now();
    if let Some(old) = new.replaces {
        sql::end(tx, old, now).await?;
    }
    let token = Secret::token();
    sql::insert(
        tx,
        &sql::NewRow {
            id: SessionId::new(),
            token_digest: token.digest(),
            kind: new.kind,
            account: new.account.map(|account| (account.id, account.version)),
            challenge: new.challenge,
            device: new.device,
            browser: new.browser,
            now,
            ends_at: now
                + new.account.map_or(portal.config.limits.session_longest, |account| {
                    portal.policies.now().of(account.role).longest()
                }),
            proved_at: new.proof.as_ref().map(|_| now),
            proof: new.proof,
        },
    )
    .await?;
    Ok(token)
}

/// Gives a session a new cookie value at a step-up: same times, new proof; the old value ends.
///
/// # Errors
/// When the database fails.
pub async fn renew(
    portal: &Portal,
    tx: &mut Tx,
    session: &Session,
    visit: Option<AppointmentId>,
    proof: &Proof,
) -> Result<Secret, InternalError> {
    let token = Secret::token();
    sql::renew(tx, session.id, &token.digest(), visit, proof, portal.clock.now()).await?;
    Ok(token)
}

/// Lets the session answer a challenge.
///
/// # Errors
/// When the database fails.
pub async fn expect(
    portal: &Portal,
    tx: &mut Tx,
    session: SessionId,
    challenge: ChallengeId,
) -> Result<(), InternalError> {
    Ok(sql::expect(tx, session, challenge, portal.clock.now()).await?)
}

/// Ends every session of an account.
///
/// # Errors
/// When the database fails.
pub async fn end_all(portal: &Portal, tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::end_all(tx, account, portal.clock.now()).await?)
}

/// Ends every session of an account but one.
///
/// # Errors
/// When the database fails.
pub async fn end_all_but(
    portal: &Portal,
    tx: &mut Tx,
    account: AccountId,
    this: SessionId,
) -> Result<(), InternalError> {
    sql::end_others(tx, account, this, portal.clock.now()).await?;
    Ok(())
}

/// Ends the account's sessions that were opened with a known browser, also half-open ones; but one, if that is named.
///
/// # Errors
/// When the database fails.
pub async fn end_of_device(
    portal: &Portal,
    tx: &mut Tx,
    account: AccountId,
    device: DeviceId,
    but: Option<SessionId>,
) -> Result<(), InternalError> {
    Ok(sql::end_of_device(tx, account, device, but, portal.clock.now()).await?)
}

/// Lets a new session do nothing but add a factor that the policy counts.
///
/// # Errors
/// When the database fails.
pub async fn narrow(tx: &mut Tx, token: &Secret) -> Result<(), InternalError> {
    Ok(sql::narrow(tx, &token.digest()).await?)
}

/// Opens the account's sessions that were for adding a factor.
///
/// # Errors
/// When the database fails.
pub async fn open_up(tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::open_up(tx, account).await?)
}

/// Gives the session a new cookie value under the account's new version, and ends all others of the account: something
/// was changed that the others were made with. Its proof stays as old as it was.
///
/// # Errors
/// When the database fails.
pub async fn keep_alone(
    portal: &Portal,
    tx: &mut Tx,
    session: &Session,
    account: &Account,
    device: Option<DeviceId>,
) -> Result<Secret, InternalError> {
    let token = Secret::token();
    sql::end_others(tx, account.id, session.id, portal.clock.now()).await?;
    sql::keep(tx, session.id, &token.digest(), account.version, device).await?;
    Ok(token)
}
