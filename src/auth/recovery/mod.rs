//! A way back in for somebody whose phone is lost and who has no other factor: staff look at the person, not at a code.
//!
//! | step                                             | by whom                      | figure                          |
//! |--------------------------------------------------|------------------------------|---------------------------------|
//! | ask, with a new number                           | who has the password, or the | 3 a day an account, 10 an hour  |
//! |                                                  | mailed link to a new one     | a network; one open an account  |
//! | prove the number by a code                       | the same browser             | before anybody may act on it    |
//! | stop it by mailed link, or in the same way in    | the owner                    | 10 days; told to all old phones |
//! | check the person against the list                | staff, with a fresh factor   | while the number is proved      |
//! | approve: the number is bound                     | other staff, or the shell    | from 24 h to 14 days on         |
//! | undo by mailed link: phone and mail from before  | the owner                    | 72 h; changes are paused so long|
//!
//! Nobody does two steps, or any for themselves: the table forbids it as well. This is about people, not accounts: both
//! accounts are older than the request, and the two have no phone in common. Staff see the last two digits of the number,
//! and neither see nor choose a password or a code. Binding a number signs nobody in: the person's password is asked for,
//! and a code to the number. An account of staff takes two admins. The shell may take the second step: who holds it holds
//! the keys anyway.
//!
//! Apps, passkeys and recovery codes stay. They open the account only for who holds them beside the password; taking
//! them away would take from an owner who only changed numbers, and would let two members of staff strip an account.

mod approve;
mod review;
mod sql;
mod stop;
mod undo;

use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::budgets;
use crate::auth::challenges::{self, Holder, NewChallenge, Purpose, Whose};
use crate::auth::entered::Entered;
use crate::auth::sessions::{self, Kind, NewSession, Session};
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::blind_index;
use crate::crypto::random::Secret;
use crate::crypto::sealed::{Place, Sealed};
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account};
use crate::identity::phones;
use crate::limits::{self, Limit, Taken};
use crate::messaging::dispatches::{self, Contact};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::ids::{AccountId, ChallengeId, RecoveryId};
use crate::types::network::Network;
use crate::types::phone::PhoneNumber;
use crate::words::Words;

pub use approve::{Approver, approve, had_a_hand, takes_all};
pub use review::{
    CheckRefusal, Checklist, Met, Request, Reviewer, check, count_waiting, is_only_admin, list, open_of, refuse,
    request,
};
pub use stop::{cancel, cancellable, stop, stop_here, stop_own};
pub use undo::{UndoRefusal, undo, undoable};

/// Requests from one network.
const NETWORK: Limit =
    Limit { bucket: "network:recovery", max: 10, window: SignedDuration::from_hours(1), pause: None };
/// How long the link that stops a request works.
const CANCEL_LIFE: SignedDuration = SignedDuration::from_hours(24 * 10);
/// How long a request stays in the table past its longest wait.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 30);

fn place(column: &'static str, id: RecoveryId) -> Place {
    Place { table: "recoveries", column, row: id.to_string() }
}

/// Who may ask in this session: somebody half-way in, with the password or by the mailed link to a new one.
///
/// # Errors
/// When the database fails.
pub async fn asker(portal: &Portal, session: &Session) -> Result<Option<AccountId>, InternalError> {
    let (Kind::Pending, Some(who), Some(challenge)) = (session.kind, &session.who, session.challenge) else {
        return Ok(None);
    };
    let Some(challenge) = challenges::find(portal, challenge).await? else { return Ok(None) };
    let fits = matches!(challenge.purpose, Purpose::SignIn | Purpose::ResetPassword | Purpose::Recover);
    Ok(fits.then_some(who.account))
}

/// How far a request got, for its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// When the number was proved; None until then.
    pub phone_proved_at: Option<Timestamp>,
    /// The end of the new number.
    pub last2: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Whether it was asked for in the browser that looks at it.
    pub is_here: bool,
    /// When staff checked the person.
    pub checked_at: Option<Timestamp>,
    /// From when on it may be approved.
    pub approvable_at: Timestamp,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

/// The account's open request, as its owner may know it.
///
/// # Errors
/// When the database fails.
pub async fn standing(
    portal: &Portal,
    browser: &Browser,
    account: AccountId,
) -> Result<Option<Standing>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::open_of(&mut connection, account, portal.clock.now()).await?
    };
    let Some(row) = row else { return Ok(None) };
    let Some(account) = accounts::find(portal, account).await? else { return Ok(None) };
    Ok(Some(Standing {
        phone_proved_at: row.phone_proved_at,
        last2: number(&row, &account)?.last2().to_owned(),
        asked_at: row.asked_at,
        is_here: row.is_of(browser),
        checked_at: row.checked_at,
        approvable_at: row.approvable_at,
        expires_at: row.expires_at,
    }))
}

/// Why nothing was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskRefusal {
    /// Neither the password nor the mailed link was given here.
    NotHere,
    /// Too many of this account, or from this network.
    TooMany(Timestamp),
    /// A request with a proved number waits already.
    Waits,
}

/// Asks staff for a way back in, tells the account's owner everywhere, and texts a code to the new number. A request whose
/// number was not proved is replaced.
///
/// # Errors
/// Refused as [`AskRefusal`] says.
pub async fn ask(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    number: &PhoneNumber,
) -> Result<(), Failure<AskRefusal>> {
    let account = asker(portal, session).await?.ok_or(Failure::Refused(AskRefusal::NotHere))?;
    let account = accounts::find(portal, account).await?.ok_or(Failure::Refused(AskRefusal::NotHere))?;
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    if sql::open_of(&mut tx, account.id, now).await?.is_some_and(|row| row.phone_proved_at.is_some()) {
        return Err(Failure::Refused(AskRefusal::Waits));
    }
    let network = limits::take(portal, &mut tx, NETWORK, browser.network.to_string().as_bytes()).await?;
    // Whoever knows the password alone does not use up what the owner may ask for in a browser of theirs.
    let asked_by = budgets::codes_of(account.id, session.device.is_some());
    let own = limits::take(portal, &mut tx, budgets::recovery_asks(), &asked_by).await?;
    if let (Taken::Until(until), _) | (_, Taken::Until(until)) = (network, own) {
        tx.commit().await?;
        return Err(Failure::Refused(AskRefusal::TooMany(until)));
    }
    let (id, token) = (RecoveryId::new(), Secret::token());
    let sealed = Sealed::seal(number, &account.key, &place("phone_sealed", id));
    let phone_index = blind_index::index_phone(&portal.keys.index, number);
    let limits = &portal.config.limits;
    let row = sql::NewRow {
        id,
        account: account.id,
        phone_sealed: sealed.as_bytes(),
        phone_index: &phone_index,
        cancel_digest: &token.digest(),
        cancel_until: now + CANCEL_LIFE,
        network: &browser.network,
        agent: &browser.agent,
        browser_digest: &browser.digest,
        now,
        approvable_at: now + limits.recovery_wait,
        expires_at: now + limits.recovery_life,
    };
    sql::make_room(&mut tx, account.id, now).await?;
    if !sql::insert(&mut tx, &row).await? {
        return Err(Failure::Refused(AskRefusal::Waits));
    }
    let event = Event::new(Actor::System, Deed::RecoveryAsked).on(account.id).from(&browser.network);
    audit::record(portal, &mut tx, event).await?;
    tell_owner(portal, &mut tx, &account, number, &token, &browser.network).await?;
    let contact = Contact { phone: Some(number.clone()), ..account.contact() };
    let challenge = challenges::open(
        portal,
        &mut tx,
        NewChallenge {
            whose: Whose::Recovery(id),
            holder: Holder::Typed { contact: Some(&contact), phone: number, phone_index: &phone_index },
            purpose: Purpose::Recover,
            browser,
            device: None,
            stronger: false,
            apart_from: None,
            visit: None,
            reset: None,
            next: None,
        },
    )
    .await?;
    sessions::expect(portal, &mut tx, session.id, challenge).await?;
    tx.commit().await?;
    Ok(())
}

/// By mail with the link that stops it, and by text to every phone that the account has.
async fn tell_owner(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    number: &PhoneNumber,
    token: &Secret,
    from: &Network,
) -> Result<(), InternalError> {
    let time = Words::new(account.locale).day_time(portal.clock.now(), &account.zone);
    let link = format!("{}/recovery/cancel?token={}", portal.config.public_origin(), token.expose());
    let values = Values::from([
        ("time".to_owned(), time),
        ("place".to_owned(), from.masked()),
        ("link".to_owned(), link),
        ("last2".to_owned(), number.last2().to_owned()),
    ]);
    let notice = Notice::RecoveryBegun;
    dispatches::queue_mail(portal, tx, &account.contact(), notice, &values, dispatches::MAIL_LIFE).await?;
    for phone in phones::of_in(tx, &account.phone_owner()).await? {
        if phone.proved_at.is_some() {
            dispatches::queue_text(portal, tx, &account.contact_at(&phone), notice, &Values::new()).await?;
        }
    }
    Ok(())
}

/// Whose code it is, for the page that sends it again.
pub(super) struct Number {
    /// Where the code goes.
    pub contact: Contact,
    /// The number.
    pub phone: PhoneNumber,
    /// Its blind index.
    pub index: [u8; 32],
}

/// The number that a request names; None when it is over.
pub(super) async fn number_of(portal: &Portal, id: RecoveryId) -> Result<Option<Number>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, id).await?
    };
    let Some(row) = row else { return Ok(None) };
    let Some(account) = accounts::find(portal, row.account).await? else { return Ok(None) };
    let phone = number(&row, &account)?;
    let contact = Contact { phone: Some(phone.clone()), ..account.contact() };
    Ok(Some(Number { contact, phone, index: row.index()? }))
}

fn number(row: &sql::Row, account: &Account) -> Result<PhoneNumber, InternalError> {
    Sealed::<PhoneNumber>::from_bytes(row.phone_sealed.clone())
        .open(&account.key, &place("phone_sealed", row.id))
        .map_err(|error| InternalError::new("opening a number of a recovery", error))
}

/// The code was right: the request waits for staff, who are told. Opens nothing; None when the request is over.
///
/// # Errors
/// When the database fails.
pub(super) async fn finish(
    portal: &Portal,
    mut tx: Tx,
    browser: &Browser,
    id: RecoveryId,
    challenge: ChallengeId,
    session: &Session,
) -> Result<Option<Entered>, InternalError> {
    let Some(who) = &session.who else { return Ok(None) };
    if !sql::prove(&mut tx, id, who.account, portal.clock.now()).await? {
        return Ok(None);
    }
    let account = accounts::find_in(portal, &mut tx, who.account)
        .await?
        .ok_or_else(|| InternalError::because("a recovery without its account"))?;
    let event = Event::new(Actor::System, Deed::RecoveryPhoneProved).on(account.id).from(&browser.network);
    audit::record(portal, &mut tx, event).await?;
    for staff in staff_for(portal, account.role).await? {
        if staff.id != account.id {
            let life = portal.config.limits.recovery_life;
            let notice = Notice::RecoveryWaits;
            dispatches::queue_mail(portal, &mut tx, &staff.contact(), notice, &Values::new(), life).await?;
        }
    }
    let new = NewSession {
        browser,
        kind: Kind::Pending,
        account: Some(&account),
        challenge: Some(challenge),
        device: session.device,
        proof: None,
        replaces: Some(session.id),
    };
    let token = sessions::begin(portal, &mut tx, new).await?;
    tx.commit().await?;
    Ok(Some(Entered { token, device: None, next: "/recovery".into() }))
}

/// Who may act on a request of somebody with this role.
async fn staff_for(portal: &Portal, owner: Role) -> Result<Vec<Account>, InternalError> {
    let mut staff = accounts::admins(portal).await?;
    if owner == Role::Patient {
        let doctors = accounts::list(portal, Some(Role::Doctor), 0, i64::MAX).await?;
        staff.extend(doctors.into_iter().filter(|doctor| doctor.turned_off_at.is_none()));
    }
    Ok(staff)
}

/// Removes up to `batch` requests whose longest wait ended 30 days ago; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - REMEMBERED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
