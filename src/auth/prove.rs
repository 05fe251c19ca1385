//! An answer to a challenge, and what it opens: one way in for every purpose.

use std::str::FromStr;

use crate::auth::browser::Browser;
use crate::auth::challenges::{self, Again, Answer, AnswerRefusal, Challenge, Purpose, ResendRefusal, To, Whose};
use crate::auth::entered::Entered;
use crate::auth::factors::choice::{self, Choice};
use crate::auth::sessions::Session;
use crate::auth::{password_reset, phone_changes, recovery, register, sign_in, step_up};
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account};
use crate::identity::phones::{self, Phone};
use crate::identity::{invitations, registration};
use crate::messaging::dispatches::{Contact, Way};
use crate::messaging::{gateways, opt_outs};
use crate::portal::Portal;
use crate::types::factor_kind::{FactorKind, NoFactorKind};
use crate::types::ids::{AccountId, PhoneId};
use crate::types::phone::PhoneNumber;

/// Answers the session's challenge and does what it was for.
///
/// # Errors
/// Refused as [`AnswerRefusal`] says.
pub async fn prove(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    given: &Answer,
    trust: bool,
) -> Result<Entered, Failure<AnswerRefusal>> {
    let id = session.challenge.ok_or(Failure::Refused(AnswerRefusal::Ended))?;
    let (tx, answered) = challenges::answer(portal, browser, id, given).await?;
    let entered = match (answered.challenge.purpose, answered.challenge.whose, &answered.account) {
        (Purpose::SignIn, _, Some(account)) => {
            sign_in::finish(portal, tx, browser, &answered, account, trust, session.id).await?
        }
        (Purpose::StepUp, _, Some(account)) => {
            step_up::finish(portal, tx, browser, &answered, account, session).await?
        }
        (Purpose::ResetPassword, _, Some(account)) => {
            password_reset::finish(portal, tx, browser, &answered, account, session.id).await?
        }
        (Purpose::ChangePhone, _, Some(account)) => {
            phone_changes::finish(portal, tx, browser, &answered, account.id, session)
                .await?
                .ok_or(Failure::Refused(AnswerRefusal::Ended))?
        }
        (Purpose::Register, Whose::Registration(registration), _) => {
            register::finish(portal, tx, browser, (registration, id), session.id)
                .await?
                .ok_or(Failure::Refused(AnswerRefusal::Ended))?
        }
        (Purpose::Register, Whose::Invitation(invitation), _) => {
            super::invited::finish(portal, tx, browser, &answered.challenge, invitation, session.id)
                .await?
                .ok_or(Failure::Refused(AnswerRefusal::Ended))?
        }
        (Purpose::Recover, Whose::Recovery(request), _) => recovery::finish(portal, tx, browser, request, id, session)
            .await?
            .ok_or(Failure::Refused(AnswerRefusal::Ended))?,
        _ => return Err(InternalError::because("a challenge that fits no purpose was answered").into()),
    };
    Ok(entered)
}

/// Where the challenge's code goes, as the page may show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The last two digits.
    pub last2: String,
    /// Whether its owner answered STOP to our texts.
    pub has_stopped: bool,
    /// The number that START goes to then, where one is known.
    pub start_at: Option<String>,
}

/// Where the challenge's code goes, for the page. Of a number that was only typed nothing but its end is said, and of a
/// mail address nothing.
///
/// # Errors
/// When the database fails.
pub async fn target(portal: &Portal, challenge: &Challenge) -> Result<Target, InternalError> {
    let phone = match challenge.whose {
        Whose::Account(id) => phone_of(portal, &account(portal, id).await?, challenge.phone).await?.number,
        _ => typed(portal, challenge).await?.phone,
    };
    let last2 = phone.last2().to_owned();
    let stopped_by = match challenge.hides_delivery() {
        true => None,
        false => opt_outs::stopped_by(portal, &phone).await?,
    };
    let start_at = stopped_by.as_ref().and_then(|gateway| portal.config.number_that_texts(gateway, &phone));
    Ok(Target { last2, has_stopped: stopped_by.is_some(), start_at })
}

fn gone() -> InternalError {
    InternalError::because("a challenge without its person")
}

async fn account(portal: &Portal, id: AccountId) -> Result<Account, InternalError> {
    accounts::find(portal, id).await?.ok_or_else(gone)
}

/// The phone of that id; the primary without one.
async fn phone_of(portal: &Portal, account: &Account, id: Option<PhoneId>) -> Result<Phone, InternalError> {
    let phones = phones::of(portal, &account.phone_owner()).await?;
    let wanted = |phone: &Phone| id.map_or(phone.is_primary, |id| phone.id == id);
    phones.into_iter().find(wanted).ok_or_else(gone)
}

/// Whoever holds a number that was only typed.
struct Typed {
    is_real: bool,
    contact: Contact,
    phone: PhoneNumber,
    phone_index: [u8; 32],
}

async fn typed(portal: &Portal, challenge: &Challenge) -> Result<Typed, InternalError> {
    match challenge.whose {
        Whose::Account(_) => Err(InternalError::because("the number of an account is not only typed")),
        Whose::Registration(id) => {
            let registration = registration::find(portal, id).await?.ok_or_else(gone)?;
            Ok(Typed {
                is_real: !registration.is_decoy,
                contact: registration.contact(),
                phone: registration.form.phone.clone(),
                phone_index: registration.phone_index(portal),
            })
        }
        Whose::Invitation(id) => {
            let invitation = invitations::find(portal, id).await?.ok_or_else(gone)?;
            Ok(Typed {
                is_real: true,
                phone_index: invitation.phone_index(portal).ok_or_else(gone)?,
                contact: invitation.contact(),
                phone: invitation.phone.ok_or_else(gone)?,
            })
        }
        Whose::Recovery(id) => {
            let number = recovery::number_of(portal, id).await?.ok_or_else(gone)?;
            Ok(Typed { is_real: true, contact: number.contact, phone: number.phone, phone_index: number.index })
        }
    }
}

/// What the person can be asked for instead, the best first; for a number that is to be proved only the ways to it.
#[derive(Clone, Debug)]
pub enum Ways {
    /// The factors of an account.
    Factors(Vec<Choice>),
    /// One number, by text, and by call where one can be made.
    Number {
        /// Whether a call can be made.
        may_call: bool,
    },
}

impl Ways {
    /// Whether this kind is among them.
    pub fn have(&self, kind: FactorKind) -> bool {
        match self {
            Self::Factors(choices) => choices.iter().any(|choice| choice.factor.kind() == kind),
            Self::Number { may_call } => kind == FactorKind::Sms || (kind == FactorKind::Voice && *may_call),
        }
    }
}

/// The ways in which the challenge can be answered.
///
/// # Errors
/// When the database fails.
pub async fn ways(portal: &Portal, challenge: &Challenge) -> Result<Ways, InternalError> {
    let may_call = gateways::can_call(&portal.config);
    let Whose::Account(id) = challenge.whose else { return Ok(Ways::Number { may_call }) };
    if challenge.purpose == Purpose::ChangePhone {
        return Ok(Ways::Number { may_call });
    }
    let account = account(portal, id).await?;
    let mut connection = portal.db.read().await?;
    Ok(Ways::Factors(choice::choices(portal, &mut connection, &account, challenge.asked()).await?))
}

/// Another way that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Of which kind.
    pub kind: FactorKind,
    /// To which phone; to the one that was asked before, or else the best, without one.
    pub phone: Option<PhoneId>,
}

impl FromStr for Wanted {
    type Err = NoFactorKind;

    /// The word of a form: `sms`, `voice:<phone>`, `totp` and so on.
    fn from_str(word: &str) -> Result<Self, NoFactorKind> {
        let (kind, phone) = match word.split_once(':') {
            Some((kind, phone)) => (kind, Some(phone.parse().map_err(|_| NoFactorKind)?)),
            None => (word, None),
        };
        Ok(Self { kind: kind.parse()?, phone })
    }
}

/// Asks for the session's challenge by another way, or sends its code again.
///
/// # Errors
/// Refused as [`ResendRefusal`] says.
pub async fn resend(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    wanted: Wanted,
) -> Result<(), Failure<ResendRefusal>> {
    let id = session.challenge.ok_or(Failure::Refused(ResendRefusal::Ended))?;
    let challenge = challenges::find(portal, id).await?.ok_or(Failure::Refused(ResendRefusal::Ended))?;
    let way = match wanted.kind {
        FactorKind::Sms => Some(Way::Text),
        FactorKind::Voice => Some(Way::Call),
        _ => None,
    };
    let one_number = |way: Option<Way>| way.ok_or(Failure::Refused(ResendRefusal::NotTheirs));
    match (challenge.whose, challenge.purpose) {
        (Whose::Account(id), Purpose::ChangePhone) => {
            let account = account(portal, id).await?;
            let phone = phone_of(portal, &account, challenge.phone).await?;
            let contact = account.contact_at(&phone);
            // A number that has its accounts gets nothing, and looks like any other.
            let is_free = phones::sharing(portal, &phone.index).await? < phones::SHARING;
            let to = To {
                contact: is_free.then_some(&contact),
                phone: &phone.number,
                phone_index: &phone.index,
                network: &browser.network,
            };
            challenges::resend(portal, browser, challenge.id, Again::Number(&to, one_number(way)?)).await
        }
        (Whose::Account(id), _) => {
            if wanted.kind == FactorKind::Voice && !gateways::can_call(&portal.config) {
                return Err(Failure::Refused(ResendRefusal::CannotCall));
            }
            let account = account(portal, id).await?;
            let choices = {
                let mut connection = portal.db.read().await?;
                choice::choices(portal, &mut connection, &account, challenge.asked()).await?
            };
            let fits = |choice: &&Choice| choice.factor.kind() == wanted.kind;
            let at = |phone: Option<PhoneId>| {
                let is_there = move |choice: &&Choice| phone.is_some() && choice.phone.as_ref().map(|p| p.id) == phone;
                choices.iter().filter(fits).find(is_there)
            };
            let chosen = match wanted.phone {
                Some(phone) => at(Some(phone)),
                None => at(challenge.phone).or_else(|| choices.iter().find(fits)),
            };
            let chosen = chosen.ok_or(Failure::Refused(ResendRefusal::NotTheirs))?;
            challenges::resend(portal, browser, challenge.id, Again::Account(&account, chosen)).await
        }
        _ => {
            let typed = typed(portal, &challenge).await?;
            let to = To {
                contact: typed.is_real.then_some(&typed.contact),
                phone: &typed.phone,
                phone_index: &typed.phone_index,
                network: &browser.network,
            };
            challenges::resend(portal, browser, challenge.id, Again::Number(&to, one_number(way)?)).await
        }
    }
}
