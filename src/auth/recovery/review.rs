//! What staff do with a request: they see it, one checks the person, and any may refuse. Another approves ([`approve`]).

use super::{number, place, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::step_up::FreshFactor;
use crate::clock::Timestamp;
use crate::crypto::sealed::Sealed;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account};
use crate::identity::phones;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::ids::{AccountId, RecoveryId};
use crate::types::network::Network;
use crate::words::Words;

/// A member of staff with a fresh factor of their own.
pub struct Reviewer {
    pub(super) account: AccountId,
    role: Role,
}

impl Reviewer {
    /// Who acts; None when the proof is somebody else's.
    pub fn new(account: AccountId, role: Role, fresh: &FreshFactor) -> Option<Self> {
        (fresh.account() == account && role != Role::Patient).then_some(Self { account, role })
    }

    /// Who acts, in the trail.
    pub(super) fn actor(&self) -> Actor {
        Actor::Account { id: self.account, role: self.role }
    }
}

/// Whether somebody of `role` may act on, and know of, a request of an account of `owner`.
fn may_see(role: Role, owner: Role) -> bool {
    role == Role::Admin || (role == Role::Doctor && owner == Role::Patient)
}

/// How the person was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// At the clinic.
    InPerson,
    /// In a video call.
    Video,
}

impl Met {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InPerson => "in_person",
            Self::Video => "video",
        }
    }

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::InPerson, Self::Video].into_iter().find(|met| met.as_str() == word)
    }
}

/// What staff say that they looked at; only a whole one counts.
#[derive(Clone, Debug, Default)]
pub struct Checklist {
    /// The person was seen, and is the one of the account.
    pub saw: bool,
    /// Their photo id was compared with their face and name.
    pub photo_id: bool,
    /// Their date of birth was compared with the one on file.
    pub birth_date: bool,
    /// Two questions of the record were answered right.
    pub asked: bool,
    /// The person named how the new number ends, so that nobody else's is bound.
    pub number: bool,
    /// How the person was seen.
    pub met: Option<Met>,
    /// What the second member of staff should know.
    pub note: String,
}

impl Checklist {
    fn whole(&self) -> Option<Met> {
        self.met.filter(|_| self.saw && self.photo_id && self.birth_date && self.asked && self.number)
    }
}

/// A request as staff see it: nothing of the number but its last two digits.
pub struct Request {
    /// Which.
    pub id: RecoveryId,
    /// Whose.
    pub owner: Account,
    /// The end of the new number.
    pub last2: String,
    /// From where it was asked for, as stored.
    pub network: String,
    /// In which browser.
    pub agent: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// From when on it may be approved.
    pub approvable_at: Timestamp,
    /// Until when it waits.
    pub expires_at: Timestamp,
    /// When the person was checked, by whom, and how they were seen.
    pub checked: Option<(Timestamp, AccountId, Option<Met>)>,
    /// The note of who checked.
    pub note: String,
}

fn opened(row: sql::Row, owner: Account) -> Result<Request, InternalError> {
    let note = match &row.note_sealed {
        None => String::new(),
        Some(sealed) => Sealed::<String>::from_bytes(sealed.clone())
            .open(&owner.key, &place("note_sealed", row.id))
            .map_err(|error| InternalError::new("opening a note of a recovery", error))?,
    };
    Ok(Request {
        last2: number(&row, &owner)?.last2().to_owned(),
        checked: row.checked_at.zip(row.checked_by).map(|(at, by)| (at, by, row.met)),
        id: row.id,
        owner,
        note,
        network: row.network,
        agent: row.agent,
        asked_at: row.asked_at,
        approvable_at: row.approvable_at,
        expires_at: row.expires_at,
    })
}

/// The requests that wait for staff of this role, the oldest first.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn list(portal: &Portal, role: Role) -> Result<Vec<Request>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::waiting(&mut connection, portal.clock.now()).await?
    };
    let mut requests = Vec::new();
    for row in rows {
        if let Some(owner) = accounts::find(portal, row.account).await?
            && may_see(role, owner.role)
        {
            requests.push(opened(row, owner)?);
        }
    }
    Ok(requests)
}

/// How many requests wait for staff of this role.
///
/// # Errors
/// When the database fails.
pub async fn count_waiting(portal: &Portal, role: Role) -> Result<i64, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::count_waiting(&mut connection, role != Role::Admin, portal.clock.now()).await?)
}

/// One request that waits; None when it is over, made up, or not for this role.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn request(portal: &Portal, role: Role, id: RecoveryId) -> Result<Option<Request>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find_waiting(&mut connection, id, portal.clock.now()).await?
    };
    let Some(row) = row else { return Ok(None) };
    let owner = accounts::find(portal, row.account).await?.filter(|owner| may_see(role, owner.role));
    owner.map(|owner| opened(row, owner)).transpose()
}

/// The account's request that waits for staff.
///
/// # Errors
/// When the database fails.
pub async fn open_of(portal: &Portal, account: AccountId) -> Result<Option<RecoveryId>, InternalError> {
    let mut connection = portal.db.read().await?;
    let row = sql::open_of(&mut connection, account, portal.clock.now()).await?;
    Ok(row.filter(|row| row.phone_proved_at.is_some()).map(|row| row.id))
}

/// Whether an admin has nobody beside them who could take the other step for this member of staff; never of a patient's
/// request, which doctors may act on as well.
///
/// # Errors
/// When the database fails.
pub async fn is_only_admin(portal: &Portal, me: AccountId, request: &Request) -> Result<bool, InternalError> {
    let is_others = request.checked.is_some_and(|(_, by, _)| by != me);
    if request.owner.role == Role::Patient || is_others {
        return Ok(false);
    }
    let admins = accounts::admins(portal).await?;
    // Whoever was invited since takes no step of it either.
    let may = |admin: &&Account| admin.opened_at <= request.asked_at && admin.id != request.owner.id;
    Ok(!admins.iter().filter(may).any(|admin| admin.id != me))
}

/// Why a step of staff was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckRefusal {
    /// No such request waits, or not for this person.
    NotFound,
    /// Nobody acts on their own request.
    Oneself,
    /// Something on the list was left out.
    Incomplete,
    /// Somebody checked it already.
    Checked,
    /// Nobody checked it yet.
    NotChecked,
    /// Who checked does not approve as well.
    SamePerson,
    /// The account of who acts is younger than the request: somebody may have made it for this.
    TooNew,
    /// Who checked and who approves have a phone in common: one person may hold both accounts.
    SharedPhone,
    /// The new number is that of a phone of their own.
    OwnPhone,
    /// The waiting time lasts until then.
    TooSoon(Timestamp),
    /// Three accounts use the new number already.
    PhoneFull,
    /// A reason is required.
    NoReason,
}

pub(super) type Reviewed<T> = Result<T, Failure<CheckRefusal>>;

pub(super) const fn no<T>(why: CheckRefusal) -> Reviewed<T> {
    Err(Failure::Refused(why))
}

/// The request and its account, for somebody who may act on it.
pub(super) async fn for_reviewer(
    portal: &Portal,
    tx: &mut Tx,
    by: &Reviewer,
    id: RecoveryId,
) -> Reviewed<(sql::Row, Account)> {
    let (row, owner) = waiting(portal, tx, id).await?;
    if !may_see(by.role, owner.role) {
        return no(CheckRefusal::NotFound);
    }
    if owner.id == by.account {
        return no(CheckRefusal::Oneself);
    }
    Ok((row, owner))
}

/// Why this member of staff takes neither step: their account is younger than the request, or the new number is theirs. Refusing
/// is open to them.
pub(super) async fn takes_steps(portal: &Portal, tx: &mut Tx, by: &Reviewer, row: &sql::Row) -> Reviewed<()> {
    match accounts::find_in(portal, tx, by.account).await? {
        Some(me) if me.opened_at <= row.asked_at => {}
        _ => return no(CheckRefusal::TooNew),
    }
    match phones::holders(tx, &row.index()?).await?.contains(&by.account) {
        true => no(CheckRefusal::OwnPhone),
        false => Ok(()),
    }
}

/// Nobody takes both steps is about people: who checked has no phone in common with who approves.
pub(super) async fn apart_from_checker(tx: &mut Tx, by: &Reviewer, row: &sql::Row) -> Reviewed<()> {
    match row.checked_by {
        Some(checker) if phones::share_one(tx, checker, by.account, row.asked_at).await? => {
            no(CheckRefusal::SharedPhone)
        }
        _ => Ok(()),
    }
}

pub(super) async fn waiting(portal: &Portal, tx: &mut Tx, id: RecoveryId) -> Reviewed<(sql::Row, Account)> {
    let Some(row) = sql::find_waiting(tx, id, portal.clock.now()).await? else { return no(CheckRefusal::NotFound) };
    let owner = accounts::find_in(portal, tx, row.account).await?.filter(|owner| owner.turned_off_at.is_none());
    let owner = owner.ok_or(Failure::Refused(CheckRefusal::NotFound))?;
    Ok((row, owner))
}

pub(super) fn event(actor: Actor, deed: Deed, owner: &Account, network: Option<&Network>) -> Event {
    let mut event = Event::new(actor, deed).on(owner.id);
    if let Some(patient) = owner.patient {
        event = event.of(patient);
    }
    match network {
        Some(network) => event.from(network),
        None => event,
    }
}

/// The first step: writes down that this member of staff checked the person.
///
/// # Errors
/// Refused as [`CheckRefusal`] says.
pub async fn check(
    portal: &Portal,
    by: &Reviewer,
    id: RecoveryId,
    checklist: &Checklist,
    network: &Network,
) -> Reviewed<()> {
    let mut tx = portal.db.begin().await?;
    let (row, owner) = for_reviewer(portal, &mut tx, by, id).await?;
    takes_steps(portal, &mut tx, by, &row).await?;
    let Some(met) = checklist.whole() else { return no(CheckRefusal::Incomplete) };
    let note = Sealed::seal(&checklist.note.trim().to_owned(), &owner.key, &place("note_sealed", id));
    if !sql::check(&mut tx, id, by.account, met, note.as_bytes(), portal.clock.now()).await? {
        return no(CheckRefusal::Checked);
    }
    let event = event(by.actor(), Deed::RecoveryChecked, &owner, Some(network)).because(met.as_str());
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a request: who asked is not the person, or it is not needed. The account stays as it is.
///
/// # Errors
/// Refused as [`CheckRefusal`] says.
pub async fn refuse(portal: &Portal, by: &Reviewer, id: RecoveryId, reason: &str, network: &Network) -> Reviewed<()> {
    let reason = reason.trim();
    if reason.is_empty() {
        return no(CheckRefusal::NoReason);
    }
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let (_, owner) = for_reviewer(portal, &mut tx, by, id).await?;
    if !sql::refuse(&mut tx, id, by.account, reason, now).await? {
        return no(CheckRefusal::NotFound);
    }
    let event = event(by.actor(), Deed::RecoveryRefused, &owner, Some(network)).because(reason);
    audit::record(portal, &mut tx, event).await?;
    let time = Words::new(owner.locale).day_time(now, &owner.zone);
    let values = Values::from([("time".to_owned(), time)]);
    accounts::tell(portal, &mut tx, &owner, Notice::RecoveryRefused, &values, false).await?;
    tx.commit().await?;
    Ok(())
}
