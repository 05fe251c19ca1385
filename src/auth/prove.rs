//! A typed code, and what it opens: one way in for every purpose.

use crate::auth::browser::Browser;
use crate::auth::challenges::{self, AnswerRefusal, Challenge, Purpose, ResendRefusal, To, Whose};
use crate::auth::entered::Entered;
use crate::auth::sessions::Session;
use crate::auth::{password_reset, register, sign_in, step_up};
use crate::crypto::codes::TypedCode;
use crate::error::{Failure, InternalError};
use crate::identity::{accounts, invitations, registration};
use crate::messaging::dispatches::Way;
use crate::messaging::opt_outs;
use crate::portal::Portal;

/// Answers the session's challenge and does what it was for.
///
/// # Errors
/// Refused as [`AnswerRefusal`] says.
pub async fn prove(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    typed: &TypedCode,
    trust: bool,
) -> Result<Entered, Failure<AnswerRefusal>> {
    let id = session.challenge.ok_or(Failure::Refused(AnswerRefusal::Ended))?;
    let (tx, answered) = challenges::answer(portal, browser, id, typed).await?;
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
        (Purpose::Register, Whose::Registration(registration), _) => {
            register::finish(portal, tx, browser, registration, session.id)
                .await?
                .ok_or(Failure::Refused(AnswerRefusal::Ended))?
        }
        (Purpose::Register, Whose::Invitation(invitation), _) => {
            super::invited::finish(portal, tx, browser, invitation, session.id)
                .await?
                .ok_or(Failure::Refused(AnswerRefusal::Ended))?
        }
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

/// Where the challenge's code goes, for the page. Of a number that was only typed nothing but its end is said.
///
/// # Errors
/// When the database fails.
pub async fn target(portal: &Portal, challenge: &Challenge) -> Result<Target, InternalError> {
    let Some(phone) = contact(portal, challenge).await?.1.phone else { return Ok(Target::default()) };
    let last2 = phone.last2().to_owned();
    let stopped_by = match challenge.whose {
        Whose::Registration(_) => None,
        _ => opt_outs::stopped_by(portal, &phone).await?,
    };
    let start_at = stopped_by.as_ref().and_then(|gateway| portal.config.number_that_texts(gateway, &phone));
    Ok(Target { last2, has_stopped: stopped_by.is_some(), start_at })
}

async fn contact(
    portal: &Portal,
    challenge: &Challenge,
) -> Result<(bool, crate::messaging::dispatches::Contact, [u8; 32]), InternalError> {
    let gone = || InternalError::because("a challenge without its person");
    match challenge.whose {
        Whose::Account(id) => {
            let account = accounts::find(portal, id).await?.ok_or_else(gone)?;
            Ok((true, account.contact(), account.phone_index))
        }
        Whose::Registration(id) => {
            let registration = registration::find(portal, id).await?.ok_or_else(gone)?;
            Ok((!registration.is_decoy, registration.contact(), registration.phone_index(portal)))
        }
        Whose::Invitation(id) => {
            let invitation = invitations::find(portal, id).await?.ok_or_else(gone)?;
            let index = invitation.phone_index(portal).ok_or_else(gone)?;
            Ok((true, invitation.contact(), index))
        }
    }
}

/// Sends the code of the session's challenge again, as a text or in a call.
///
/// # Errors
/// Refused as [`ResendRefusal`] says.
pub async fn resend(
    portal: &Portal,
    browser: &Browser,
    session: &Session,
    way: Way,
) -> Result<(), Failure<ResendRefusal>> {
    let id = session.challenge.ok_or(Failure::Refused(ResendRefusal::Ended))?;
    let challenge = challenges::find(portal, id).await?.ok_or(Failure::Refused(ResendRefusal::Ended))?;
    let (real, contact, index) = contact(portal, &challenge).await?;
    let phone = contact.phone.as_ref().ok_or_else(|| InternalError::because("a challenge without its phone"))?;
    let to = To { contact: real.then_some(&contact), phone, phone_index: &index, network: &browser.network };
    challenges::resend(portal, browser, id, &to, way).await
}
