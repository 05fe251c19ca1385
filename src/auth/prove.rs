//! A typed code, and what it opens: one way in for every purpose.

use crate::auth::browser::Browser;
use crate::auth::challenges::{self, AnswerRefusal, Challenge, Purpose, ResendRefusal, To, Whose};
use crate::auth::entered::Entered;
use crate::auth::sessions::Session;
use crate::auth::{password_reset, register, sign_in, step_up};
use crate::crypto::codes::TypedCode;
use crate::error::{Failure, InternalError};
use crate::identity::{accounts, invitations, registration};
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

/// Where the challenge's code goes, for the page: the last two digits.
///
/// # Errors
/// When the database fails.
pub async fn target(portal: &Portal, challenge: &Challenge) -> Result<String, InternalError> {
    Ok(contact(portal, challenge).await?.1.phone.map(|phone| phone.last2().to_owned()).unwrap_or_default())
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

/// Sends the code of the session's challenge again.
///
/// # Errors
/// Refused as [`ResendRefusal`] says.
pub async fn resend(portal: &Portal, browser: &Browser, session: &Session) -> Result<(), Failure<ResendRefusal>> {
    let id = session.challenge.ok_or(Failure::Refused(ResendRefusal::Ended))?;
    let challenge = challenges::find(portal, id).await?.ok_or(Failure::Refused(ResendRefusal::Ended))?;
    let (real, contact, index) = contact(portal, &challenge).await?;
    let phone = contact.phone.as_ref().ok_or_else(|| InternalError::because("a challenge without its phone"))?;
    let to = To { contact: real.then_some(&contact), phone, phone_index: &index, network: &browser.network };
    challenges::resend(portal, browser, id, &to).await
}
