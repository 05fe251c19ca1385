//! Challenges: one request to prove possession of a factor, for one purpose, in one browser.
//!
//! | what                     | figure                                                              |
//! |--------------------------|---------------------------------------------------------------------|
//! | wrong codes              | 5, then the challenge ends; a new code gives no new tries           |
//! | a code works             | 5 min, or 10 by its person's choice; its deadline never moves       |
//! | asked again              | the same code, or a fresh one with under 2 min left or once the     |
//! |                          | same was sent as often as one may be (4, over all gateways)         |
//! | next send                | after 30 s, 60 s, 120 s; 5 in 15 min, 10 a day for one number; then `messaging::brakes` |
//!
//! A code is never stored: the challenge keeps 32 random bytes from which it is derived with a server key. Counting a
//! try and using the code are one transaction that begins with one conditional update.

mod answer;
mod progress;
mod purpose;
mod sending;
mod sql;

use crate::auth::browser::Browser;
use crate::auth::factors::choice::{self, Choice};
use crate::auth::factors::{Factor, FactorKey};
use crate::clock::{SignedDuration, Timestamp};
use crate::config::Limits;
use crate::crypto::codes::{Code, Seed};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::identity::phones::Phone;
use crate::messaging::dispatches::{self, Contact, Way};
use crate::messaging::gateways;
use crate::messaging::live_code::{LiveCode, Looking};
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::code_way::CodeWay;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{
    AccountId, AppointmentId, ChallengeId, DeviceId, InvitationId, PhoneId, RecoveryId, RegistrationId, ResetId,
};
use crate::types::phone::PhoneNumber;

pub use answer::{Answer, AnswerRefusal, Answered, answer};
pub use progress::{Progress, progress};
pub use purpose::Purpose;
pub use sending::{Again, ResendRefusal, To, resend};
use sending::{begin, send};

/// Who is to prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// An account, by one of its factors.
    Account(AccountId),
    /// The phone of a registration.
    Registration(RegistrationId),
    /// The phone of invited staff.
    Invitation(InvitationId),
    /// The new number of somebody whose phone is lost. It counts for nothing of the account until staff bind it.
    Recovery(RecoveryId),
}

impl Whose {
    fn word(self) -> String {
        match self {
            Self::Account(id) => format!("account:{id}"),
            Self::Registration(id) => format!("registration:{id}"),
            Self::Invitation(id) => format!("invitation:{id}"),
            Self::Recovery(id) => format!("recovery:{id}"),
        }
    }
}

/// A challenge as it stands.
#[derive(Clone)]
pub struct Challenge {
    /// Which.
    pub id: ChallengeId,
    /// Who is to prove it.
    pub whose: Whose,
    /// What for.
    pub purpose: Purpose,
    /// The known browser it was asked in.
    pub device: Option<DeviceId>,
    /// Wrong answers so far.
    pub tries: i64,
    /// Texts, calls and mails asked for so far.
    pub sends: i64,
    /// The factor that is asked for now.
    pub factor: FactorKind,
    /// The phone of the account that it is about; None for other factors, and while somebody registers.
    pub phone: Option<PhoneId>,
    /// Whether only what is stronger than a sent code will do, where the person has it.
    pub stronger: bool,
    /// The factor that will not do, since it is about to be replaced.
    pub apart_from: Option<FactorKey>,
    /// When the newest text was asked for.
    pub last_send_at: Option<Timestamp>,
    /// When the next text may be asked for.
    pub next_send_at: Timestamp,
    /// When the present code stops working.
    pub code_ends_at: Timestamp,
    /// How long each of its codes works.
    pub code_life: SignedDuration,
    /// To the holder of which factor its present code was sent; it answers for no other.
    pub code_for: Option<FactorKey>,
    /// The blind index of the number that was typed for it: its code proves no other. None where it asks for a factor of
    /// an account.
    pub number: Option<[u8; 32]>,
    /// The visit the proof is bound to.
    pub visit: Option<AppointmentId>,
    /// The reset it belongs to.
    pub reset: Option<ResetId>,
    /// Where to go afterwards.
    pub next: Option<String>,
    /// When it can no longer be answered.
    pub expires_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended without.
    pub ended_at: Option<Timestamp>,
    seed: Seed,
    browser: [u8; 32],
}

impl Challenge {
    /// Whether it can still be answered.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.answered_at.is_none() && self.ended_at.is_none() && self.expires_at > now
    }

    /// Wrong codes that are left.
    pub fn tries_left(&self, limits: &Limits) -> i64 {
        (limits.challenge_tries - self.tries).max(0)
    }

    /// How its code travels, where it has one.
    pub fn way(&self) -> Option<Way> {
        match self.factor {
            FactorKind::Sms => Some(Way::Text),
            FactorKind::Voice => Some(Way::Call),
            FactorKind::Email => Some(Way::Mail),
            FactorKind::Totp | FactorKind::Passkey | FactorKind::Recovery => None,
        }
    }

    /// By what the factor that is asked for now is counted; None while somebody registers.
    pub fn factor_key(&self) -> Option<FactorKey> {
        match (self.factor, self.phone) {
            (FactorKind::Sms | FactorKind::Voice, phone) => phone.map(|phone| Factor::Sms(phone).key()),
            (FactorKind::Totp, _) => None,
            (kind, _) => Some(FactorKey::stored(kind.as_str())),
        }
    }

    /// What is asked of whom, for the choice of another factor.
    pub fn asked(&self) -> choice::Asked<'_> {
        choice::Asked {
            purpose: self.purpose,
            is_known: self.device.is_some(),
            stronger: self.stronger,
            apart_from: self.apart_from.as_ref(),
        }
    }

    /// Whether its person had nothing that could be asked for when it was opened: then no code was sent, and none will do.
    pub fn asks_nothing(&self) -> bool {
        let is_unsent = self.factor == FactorKind::Sms && self.phone.is_none();
        is_unsent && matches!(self.whose, Whose::Account(_))
    }

    /// Whose number it is to prove: one that was proved before, or one that was only typed.
    fn is_typed(&self) -> bool {
        !matches!(self.whose, Whose::Account(_)) || self.purpose == Purpose::ChangePhone
    }

    /// Whether its page says the same whatever becomes of its code: else a number that no text reaches, or that gets none
    /// because it has its accounts already, would tell that.
    pub(super) fn hides_delivery(&self) -> bool {
        matches!(self.whose, Whose::Registration(_)) || self.purpose == Purpose::ChangePhone
    }

    /// Who asks for its code, in the trail: nobody has proved to be the person yet.
    fn asker(&self) -> Actor {
        match self.whose {
            Whose::Account(_) => Actor::System,
            _ => Actor::Stranger,
        }
    }

    fn code(&self, portal: &Portal) -> Code {
        Code::derive(&portal.keys.code, &self.seed, &self.id.to_string(), &self.whose.word(), self.purpose.as_str())
    }
}

/// Who is to prove it, and by what.
#[derive(Clone, Copy)]
pub enum Holder<'a> {
    /// Somebody with an account: the best of their factors is asked for.
    Account(&'a Account),
    /// The holder of a number that somebody with an account typed, and nothing else will do.
    NewPhone {
        /// Whose account.
        account: &'a Account,
        /// The phone that waits to be proved.
        phone: &'a Phone,
        /// Whether it looks the same and sends nothing.
        is_decoy: bool,
    },
    /// Whoever holds a number that was only typed.
    Typed {
        /// Where the code goes; None for a decoy, which looks the same and sends nothing.
        contact: Option<&'a Contact>,
        /// The number, a decoy's too: brakes count it.
        phone: &'a PhoneNumber,
        /// The blind index of the number, that sends are counted by.
        phone_index: &'a [u8; 32],
    },
}

impl Holder<'_> {
    /// The blind index of a number that was only typed.
    fn typed_index(&self) -> Option<&[u8; 32]> {
        match self {
            Self::Typed { phone_index, .. } => Some(*phone_index),
            Self::Account(_) | Self::NewPhone { .. } => None,
        }
    }

    /// How long a code works for them.
    fn code_life(&self, limits: &Limits) -> SignedDuration {
        match self {
            Self::Account(account) | Self::NewPhone { account, .. } => account.code_time.life(limits.code_life),
            Self::Typed { .. } => limits.code_life,
        }
    }
}

/// A challenge to open.
pub struct NewChallenge<'a> {
    /// Who is to prove it.
    pub whose: Whose,
    /// By what.
    pub holder: Holder<'a>,
    /// What for.
    pub purpose: Purpose,
    /// The browser it is asked in.
    pub browser: &'a Browser,
    /// The known browser.
    pub device: Option<DeviceId>,
    /// Whether only what is stronger than a sent code will do, where the person has it.
    pub stronger: bool,
    /// The factor that will not do, where there is another.
    pub apart_from: Option<FactorKey>,
    /// The visit the proof is bound to.
    pub visit: Option<AppointmentId>,
    /// The reset it belongs to.
    pub reset: Option<ResetId>,
    /// Where to go afterwards.
    pub next: Option<&'a str>,
}

/// Opens a challenge and sends its code, where it has one; or rejoins the live one of the same purpose in the same browser,
/// which gives no new tries and no second text, whatever is demanded of it. Another typed number gets another challenge,
/// since the code that went to the first proves nothing of it.
///
/// # Errors
/// When the database fails.
pub async fn open(portal: &Portal, tx: &mut Tx, new: NewChallenge<'_>) -> Result<ChallengeId, InternalError> {
    let now = portal.clock.now();
    if let Some(live) = sql::find_live(tx, &new, now).await?
        && live.tries < portal.config.limits.challenge_tries
        && (live.code_ends_at > now || live.way().is_none())
    {
        sql::set_next(tx, live.id, new.next).await?;
        let id = live.id;
        if let Holder::Account(account) = new.holder {
            demand(portal, tx, live, account, &new).await?;
        }
        return Ok(id);
    }
    let limits = &portal.config.limits;
    let (holder, network) = (new.holder, &new.browser.network);
    let code_life = holder.code_life(limits);
    let mut challenge = Challenge {
        id: ChallengeId::new(),
        whose: new.whose,
        purpose: new.purpose,
        device: new.device,
        tries: 0,
        sends: 0,
        factor: FactorKind::Sms,
        phone: None,
        stronger: new.stronger,
        apart_from: new.apart_from,
        last_send_at: None,
        next_send_at: now,
        code_ends_at: now + code_life,
        code_life,
        code_for: None,
        number: holder.typed_index().copied(),
        visit: new.visit,
        reset: new.reset,
        next: new.next.map(str::to_owned),
        expires_at: now + limits.challenge_life,
        answered_at: None,
        ended_at: None,
        seed: Seed::new(),
        browser: new.browser.digest,
    };
    match holder {
        Holder::Typed { contact, phone, phone_index } => {
            sql::insert(tx, &challenge, now).await?;
            send(portal, tx, &mut challenge, &To { contact, phone, phone_index, network }).await?;
        }
        Holder::NewPhone { account, phone, is_decoy } => {
            challenge.phone = Some(phone.id);
            if account.code_way == CodeWay::Call && gateways::can_call(&portal.config) {
                challenge.factor = FactorKind::Voice;
            }
            sql::insert(tx, &challenge, now).await?;
            let contact = account.contact_at(phone);
            let contact = (!is_decoy).then_some(&contact);
            let to = To { contact, phone: &phone.number, phone_index: &phone.index, network };
            send(portal, tx, &mut challenge, &to).await?;
        }
        Holder::Account(account) => {
            let best = choice::choices(portal, tx, account, challenge.asked()).await?.into_iter().next();
            sql::insert(tx, &challenge, now).await?;
            // Somebody whose every factor is off is told so by its page.
            if let Some(best) = best {
                begin(portal, tx, &mut challenge, account, &best, network).await?;
            }
        }
    }
    Ok(challenge.id)
}

/// Lets a live challenge ask for as much as the one that rejoins it. Its tries stay. A factor that will not do any more, or that
/// the account has lost since, gives way to one that does, and its code to another, so that what was sent to it proves nothing
/// here.
async fn demand(
    portal: &Portal,
    tx: &mut Tx,
    mut live: Challenge,
    account: &Account,
    new: &NewChallenge<'_>,
) -> Result<(), InternalError> {
    if (new.stronger && !live.stronger) || live.apart_from != new.apart_from {
        live.stronger |= new.stronger;
        live.apart_from = new.apart_from.clone();
        sql::set_demand(tx, live.id, live.stronger, live.apart_from.as_ref()).await?;
    }
    let choices = choice::choices(portal, tx, account, live.asked()).await?;
    let is_asked = |choice: &Choice| {
        choice.factor.kind() == live.factor && choice.phone.as_ref().map(|phone| phone.id) == live.phone
    };
    if choices.iter().any(is_asked) {
        return Ok(());
    }
    let Some(best) = choices.first() else { return Ok(()) };
    dispatches::settle(portal, tx, live.id).await?;
    live.seed = Seed::new();
    live.code_for = None;
    live.code_ends_at = portal.clock.now() + live.code_life;
    sql::replace_code(tx, live.id, &live.seed, live.code_ends_at).await?;
    begin(portal, tx, &mut live, account, best, &new.browser.network).await?;
    Ok(())
}

/// A challenge by its id, for the page that shows it.
///
/// # Errors
/// When the database fails.
pub async fn find(portal: &Portal, id: ChallengeId) -> Result<Option<Challenge>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::find(&mut connection, id).await?)
}

/// The code of a live challenge, for the worker that renders its text.
pub fn live_code(portal: &Portal, id: ChallengeId) -> Looking<'_> {
    Box::pin(async move {
        let Some(challenge) = find(portal, id).await? else { return Ok(None) };
        let now = portal.clock.now();
        if !challenge.is_live(now) || challenge.code_ends_at <= now {
            return Ok(None);
        }
        Ok(Some(LiveCode { code: challenge.code(portal), ends_at: challenge.code_ends_at }))
    })
}

/// Ends what can still be answered by a kind of factor, of everybody of a role: the policy does not count it any more.
///
/// # Errors
/// When the database fails.
pub async fn end_asking_for(portal: &Portal, tx: &mut Tx, role: Role, kind: FactorKind) -> Result<(), InternalError> {
    Ok(sql::end_asking_for(tx, role, kind, portal.clock.now()).await?)
}

/// Ends what can still be answered by a phone: it is the account's no more.
///
/// # Errors
/// When the database fails.
pub async fn end_asking_phone(
    tx: &mut Tx,
    account: AccountId,
    phone: PhoneId,
    now: Timestamp,
) -> Result<(), InternalError> {
    Ok(sql::end_asking_phone(tx, account, phone, now).await?)
}

/// Ends what can still be answered for an invitation in another browser, or by another number than this one: somebody is
/// filling it in anew, and a code opens an account with what was filled in when it was asked for.
///
/// # Errors
/// When the database fails.
pub(super) async fn end_overwritten(
    portal: &Portal,
    tx: &mut Tx,
    invitation: InvitationId,
    browser: &Browser,
    phone_index: &[u8; 32],
) -> Result<(), InternalError> {
    Ok(sql::end_overwritten(tx, invitation, &browser.digest, phone_index, portal.clock.now()).await?)
}

/// How long a challenge that can no longer be answered stays in the table.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// Removes up to `batch` challenges that could be answered until a day ago and that no session and no dispatch names any
/// more; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - REMEMBERED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
