//! A person's own changes of their phones: adding one, changing a number, choosing the main one, removing one.
//!
//! | change             | asked for with                                              | holds once                        |
//! |--------------------|-------------------------------------------------------------|-----------------------------------|
//! | a phone added      | the password, and a fresh proof by any factor               | a code to the new number came back|
//! | a number changed   | the password, and a fresh proof by another factor than that | the same; the old number holds    |
//! |                    | phone, where there is one that lasts                        | until then                        |
//! | another main phone | a fresh proof                                               | at once                           |
//! | a phone removed    | a fresh proof by another factor, where there is one         | at once                           |
//!
//! | bound                                  | figure                                                                   |
//! |----------------------------------------|--------------------------------------------------------------------------|
//! | phones of an account                   | 3 that are proved                                                        |
//! | accounts of a number                   | 3; a fourth gets the same pages and no code, and the phone is told       |
//! | numbers that one account asks to prove | 5 a day; one that nobody proved is swept after a day                     |
//!
//! The main phone is never removed, only changed, or made one of the others first: whatever is written to a person goes
//! there. So is no phone without which nothing would be left that the clinic counts. With each change this session goes on
//! under a new cookie, all others end, no browser is trusted any more, and the owner is told: by mail, with a link that
//! undoes it, and by text to the phone from before.

mod leaving;
mod list;
mod prove;
mod settle;
mod undo;

use sqlx::AnyConnection;

use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{Alert, Also, freeze};
use crate::auth::browser::Browser;
use crate::auth::challenges::{self, Holder, NewChallenge, Purpose, Whose};
use crate::auth::current_password::{self, CurrentRefusal};
use crate::auth::entered::Entered;
use crate::auth::factors::choice::{self, Asked};
use crate::auth::factors::{self, Factor, FactorKey};
use crate::auth::register;
use crate::auth::sessions::{self, Session};
use crate::auth::step_up::FreshFactor;
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::blind_index;
use crate::crypto::passwords::Password;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account, Frozen};
use crate::identity::phones::{self, Phone, Proposed};
use crate::limits::{self, Limit, Taken};
use crate::messaging::dispatches::{self, Contact};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{AccountId, PhoneId};
use crate::types::phone::PhoneNumber;

pub use list::{Listed, list};
pub(super) use prove::finish;
pub(super) use undo::{Told, Undone, remove_since, undo};

/// The page that a change leads back to.
const PHONES: &str = "/account/security/phones";
/// Numbers that one account asks to prove.
const ASKED: Limit =
    Limit { bucket: "phone_change:account", max: 5, window: SignedDuration::from_hours(24), pause: None };

/// Why a phone stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// Changes are paused.
    Frozen(Frozen),
    /// It is not theirs, or gone already.
    NotFound,
    /// The proof was made by this phone, and there is another factor to make it with.
    NotApart(FactorKey),
    /// It is the main phone.
    Primary,
    /// Without it the account would have no second factor.
    Last,
}

/// Why no code was sent to a new number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskRefusal {
    /// The phone whose number is to be changed stays.
    Stays(ChangeRefusal),
    /// The present password was not given.
    Current(CurrentRefusal),
    /// The account has this number already.
    Same,
    /// The account has as many phones as it may.
    Full,
    /// Asked too often.
    TooMany(Timestamp),
}

/// A new number.
pub struct Wanted<'a> {
    /// It.
    pub number: &'a PhoneNumber,
    /// The present password, as typed.
    pub password: &'a str,
    /// The phone whose place it is to take.
    pub replaces: Option<PhoneId>,
}

/// The account, held against other changes of its phones, unless changes are paused.
async fn held(portal: &Portal, tx: &mut Tx, id: AccountId) -> Result<Account, Failure<ChangeRefusal>> {
    let gone = || InternalError::because("a session without its account");
    accounts::hold(tx, id).await?;
    let account = accounts::find_in(portal, tx, id).await?.ok_or_else(gone)?;
    freeze::check(portal, &account).map_err(|frozen| Failure::Refused(ChangeRefusal::Frozen(frozen)))?;
    Ok(account)
}

/// One of the account's proved phones.
async fn own(tx: &mut AnyConnection, account: &Account, id: PhoneId) -> Result<Phone, Failure<ChangeRefusal>> {
    let all = phones::of_in(tx, &account.phone_owner()).await?;
    let found = all.into_iter().find(|phone| phone.id == id && phone.proved_at.is_some());
    found.ok_or(Failure::Refused(ChangeRefusal::NotFound))
}

/// Whether something else lasts that the account proves itself with. Mail and recovery codes only stand in.
async fn lasts_without(
    portal: &Portal,
    connection: &mut AnyConnection,
    account: &Account,
    key: &FactorKey,
) -> Result<bool, InternalError> {
    let any = Asked { purpose: Purpose::StepUp, is_known: false, stronger: false, apart_from: None };
    let choices = choice::choices(portal, connection, account, any).await?;
    let lasts = |kind: FactorKind| !matches!(kind, FactorKind::Email | FactorKind::Recovery);
    Ok(choices.iter().any(|choice| choice.factor.key() != *key && lasts(choice.factor.kind())))
}

/// Refuses a proof that was made by the phone which is to go, where there is another factor that lasts. Whoever has none
/// changes a number by the phone itself.
async fn demand_apart(
    portal: &Portal,
    connection: &mut AnyConnection,
    account: &Account,
    fresh: &FreshFactor,
    phone: PhoneId,
) -> Result<(), Failure<ChangeRefusal>> {
    let key = Factor::Sms(phone).key();
    if fresh.is_apart_from(&key) || !lasts_without(portal, connection, account, &key).await? {
        return Ok(());
    }
    Err(Failure::Refused(ChangeRefusal::NotApart(key)))
}

/// Whether the proof will do for this phone to go; its page asks before somebody types.
///
/// # Errors
/// Refused as [`ChangeRefusal`] says.
pub async fn may_go(portal: &Portal, fresh: &FreshFactor, id: PhoneId) -> Result<(), Failure<ChangeRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = held(portal, &mut tx, fresh.account()).await?;
    own(&mut tx, &account, id).await?;
    demand_apart(portal, &mut tx, &account, fresh, id).await
}

fn stays(failure: Failure<ChangeRefusal>) -> Failure<AskRefusal> {
    match failure {
        Failure::Refused(why) => Failure::Refused(AskRefusal::Stays(why)),
        Failure::Internal(error) => Failure::Internal(error),
    }
}

/// Sends a code to a new number; the session's challenge asks for it. A number that has its three accounts already gets
/// none, and looks like any other.
///
/// # Errors
/// Refused as [`AskRefusal`] says; nothing but wrong tries is stored then.
pub async fn ask(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    fresh: &FreshFactor,
    wanted: &Wanted<'_>,
) -> Result<(), Failure<AskRefusal>> {
    let index = blind_index::index_phone(&portal.keys.index, wanted.number);
    let mut tx = portal.db.begin().await?;
    let account = check(portal, &mut tx, fresh, wanted, &index).await?;
    drop(tx);
    match current_password::confirm(portal, browser, session, &account, Password::typed(wanted.password)).await {
        Ok(()) => {}
        Err(Failure::Refused(why)) => return Err(Failure::Refused(AskRefusal::Current(why))),
        Err(Failure::Internal(error)) => return Err(error.into()),
    }
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    // Once more: hashing takes long enough for another change.
    let account = check(portal, &mut tx, fresh, wanted, &index).await?;
    let asked = limits::take(portal, &mut tx, ASKED, account.id.to_string().as_bytes()).await?;
    if let Taken::Until(until) = asked {
        tx.commit().await?;
        return Err(Failure::Refused(AskRefusal::TooMany(until)));
    }
    let proposed =
        phones::propose(&mut tx, &account.phone_owner(), wanted.number, &index, wanted.replaces, now).await?;
    let Proposed::Waits(phone) = proposed else { return Err(Failure::Refused(AskRefusal::Same)) };
    let is_decoy = phones::free_place(&mut tx, &index).await?.is_none();
    let told = limits::take(portal, &mut tx, register::TOLD, &index).await?;
    if is_decoy && matches!(told, Taken::Granted(_)) {
        // Not the account's phone: what is known of it stands nowhere in its lists.
        let to = Contact { account: None, phone_id: None, ..account.contact_at(&phone) };
        dispatches::queue_text(portal, &mut tx, &to, Notice::PhoneTaken, &Values::new()).await?;
    }
    let done = if wanted.replaces.is_some() { "replaced" } else { "added" };
    let challenge = challenges::open(
        portal,
        &mut tx,
        NewChallenge {
            whose: Whose::Account(account.id),
            holder: Holder::NewPhone { account: &account, phone: &phone, is_decoy },
            purpose: Purpose::ChangePhone,
            browser,
            device: session.device,
            stronger: false,
            apart_from: None,
            visit: None,
            reset: None,
            next: Some(&format!("{PHONES}?done={done}")),
        },
    )
    .await?;
    sessions::expect(portal, &mut tx, session.id, challenge).await?;
    let event = Event::new(account.actor(), Deed::PhoneChangeAsked).on(account.id).from(&browser.network);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether a new number may be asked to be proved.
async fn check(
    portal: &Portal,
    tx: &mut Tx,
    fresh: &FreshFactor,
    wanted: &Wanted<'_>,
    index: &[u8; 32],
) -> Result<Account, Failure<AskRefusal>> {
    let account = held(portal, tx, fresh.account()).await.map_err(stays)?;
    if let Some(id) = wanted.replaces {
        own(tx, &account, id).await.map_err(stays)?;
        demand_apart(portal, tx, &account, fresh, id).await.map_err(stays)?;
    }
    let proved = phones::of_in(tx, &account.phone_owner()).await?.into_iter().filter(|phone| phone.proved_at.is_some());
    let proved: Vec<Phone> = proved.collect();
    if proved.iter().any(|phone| phone.index == *index) {
        return Err(Failure::Refused(AskRefusal::Same));
    }
    if wanted.replaces.is_none() && proved.len() >= phones::MOST {
        return Err(Failure::Refused(AskRefusal::Full));
    }
    Ok(account)
}

/// Makes one of their phones the main one: what is written to them goes there, and codes go there first.
///
/// # Errors
/// Refused as [`ChangeRefusal`] says; nothing is changed then. The main phone stays so, and that is fine.
pub async fn make_primary(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    fresh: &FreshFactor,
    id: PhoneId,
) -> Result<Option<Entered>, Failure<ChangeRefusal>> {
    let mut tx = portal.db.begin().await?;
    let before = held(portal, &mut tx, fresh.account()).await?;
    let phone = own(&mut tx, &before, id).await?;
    if phone.is_primary {
        return Ok(None);
    }
    if !accounts::make_primary(&mut tx, &before, &phone, portal.clock.now()).await? {
        return Err(Failure::Refused(ChangeRefusal::NotFound));
    }
    let also = Also { old_phone: Some(&before.phone), ..Also::default() };
    let change = settle::Change { deed: Deed::PhoneChanged, adds: false, alerts: &[(Alert::PhoneChanged, also)] };
    let entered = settle::settle(portal, &mut tx, browser, session, change, &format!("{PHONES}?done=primary")).await?;
    tx.commit().await?;
    Ok(Some(entered))
}

/// Removes one of their phones.
///
/// # Errors
/// Refused as [`ChangeRefusal`] says; nothing is changed then.
pub async fn remove(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    fresh: &FreshFactor,
    id: PhoneId,
) -> Result<Entered, Failure<ChangeRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = held(portal, &mut tx, fresh.account()).await?;
    // An app or a passkey that is removed at the same moment waits for this, or this for it, so that something stays.
    factors::hold(&mut tx, account.id).await?;
    let phone = own(&mut tx, &account, id).await?;
    if phone.is_primary {
        return Err(Failure::Refused(ChangeRefusal::Primary));
    }
    let key = Factor::Sms(phone.id).key();
    if !lasts_without(portal, &mut tx, &account, &key).await? {
        return Err(Failure::Refused(ChangeRefusal::Last));
    }
    demand_apart(portal, &mut tx, &account, fresh, id).await?;
    if !leaving::leave(&mut tx, account.id, phone.id, portal.clock.now()).await? {
        return Err(Failure::Refused(ChangeRefusal::NotFound));
    }
    let also = Also { old_phone: Some(&phone.number), ..Also::default() };
    let alerts = [(Alert::PhoneRemoved(&phone.number), also)];
    let change = settle::Change { deed: Deed::PhoneRemoved, adds: false, alerts: &alerts };
    let entered = settle::settle(portal, &mut tx, browser, session, change, &format!("{PHONES}?done=removed")).await?;
    tx.commit().await?;
    Ok(entered)
}
