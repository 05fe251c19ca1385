//! Accepting an invitation: password and phone by form, then the phone proved by a code, then an account.
//!
//! It can be filled in again, in any browser that has the link. The last time counts: it ends the codes of all before it, so
//! that a code opens an account with no other phone and password than it was asked for.

use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::challenges::{self, Challenge, Holder, NewChallenge, Purpose, Whose};
use crate::auth::entered::Entered;
use crate::auth::register;
use crate::auth::sessions::{self, Kind, NewSession};
use crate::crypto::blind_index;
use crate::crypto::passwords::{Password, PasswordRefusal};
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, NewAccount};
use crate::identity::invitations::{self, Invitation};
use crate::messaging::dispatches::Contact;
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::ids::{InvitationId, SessionId};
use crate::types::phone::PhoneNumber;

/// Why an invitation was not taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptRefusal {
    /// The link is old, used, withdrawn or made up.
    Over,
    /// The password may not be chosen.
    Password(PasswordRefusal),
}

/// The invitation of a link, for the page that shows whose it is.
///
/// # Errors
/// When the database fails.
pub async fn of_link(portal: &Portal, token: &Secret) -> Result<Option<Invitation>, InternalError> {
    invitations::find_by_token(portal, token).await
}

/// Takes password and phone, and texts a code to the phone.
///
/// # Errors
/// Refused as [`AcceptRefusal`] says.
pub async fn accept(
    portal: &Portal,
    browser: &Browser,
    token: &Secret,
    typed: &str,
    phone: PhoneNumber,
    replaces: Option<SessionId>,
) -> Result<Entered, Failure<AcceptRefusal>> {
    let invitation = of_link(portal, token).await?.ok_or(Failure::Refused(AcceptRefusal::Over))?;
    let words = [invitation.name.as_str(), invitation.email.as_str(), portal.config.clinic.name.as_str()];
    let password = Password::chosen(typed, &words, portal.config.limits.password_least)
        .map_err(|refusal| Failure::Refused(AcceptRefusal::Password(refusal)))?;
    let hash = portal.hasher.hash(password).await.map_err(|_| InternalError::busy("hashing a password"))?;
    let mut tx = portal.db.begin().await?;
    let index = blind_index::index_phone(&portal.keys.index, &phone);
    let contact = Contact { phone: Some(phone.clone()), ..invitation.contact() };
    // Challenges before the invitation, as an answer takes them: so neither waits for the other.
    challenges::end_overwritten(portal, &mut tx, invitation.id, browser, &index).await?;
    let challenge = challenges::open(
        portal,
        &mut tx,
        NewChallenge {
            whose: Whose::Invitation(invitation.id),
            purpose: Purpose::Register,
            browser,
            device: None,
            holder: Holder::Typed { contact: Some(&contact), phone: &phone, phone_index: &index },
            stronger: false,
            apart_from: None,
            visit: None,
            reset: None,
            next: None,
        },
    )
    .await?;
    if !invitations::fill_in(&mut tx, &invitation, &phone, &hash, challenge).await? {
        return Err(Failure::Refused(AcceptRefusal::Over));
    }
    let new = NewSession {
        browser,
        kind: Kind::Pending,
        account: None,
        challenge: Some(challenge),
        device: None,
        proof: None,
        replaces,
    };
    let token = sessions::begin(portal, &mut tx, new).await?;
    tx.commit().await?;
    Ok(Entered { token, device: None, next: "/challenge".into() })
}

/// The phone is proved: opens the account and signs in. None when the invitation is over or was filled in again since the
/// code was asked for, or email or phone are taken.
///
/// # Errors
/// When the database fails.
pub(super) async fn finish(
    portal: &Portal,
    mut tx: Tx,
    browser: &Browser,
    challenge: &Challenge,
    id: InvitationId,
    replaces: SessionId,
) -> Result<Option<Entered>, InternalError> {
    let Some(invitation) = invitations::claim(portal, &mut tx, id, challenge.id).await? else { return Ok(None) };
    let (Some(phone), Some(hash)) = (&invitation.phone, &invitation.password_hash) else { return Ok(None) };
    if challenge.number != invitation.phone_index(portal) {
        return Ok(None);
    }
    let opened = accounts::open(
        portal,
        &mut tx,
        NewAccount {
            role: invitation.role,
            name: &invitation.name,
            email: &invitation.email,
            phone,
            password_hash: hash,
            locale: invitation.locale,
            zone: &invitation.zone,
            data_key: (invitation.data_key_id, &invitation.key),
            birth_date: None,
            specialty: invitation.specialty.as_deref(),
        },
    )
    .await;
    let account = match opened {
        Ok((account, _)) => account,
        Err(Failure::Refused(_)) => return Ok(None),
        Err(Failure::Internal(error)) => return Err(error),
    };
    let actor = Actor::Account { id: account, role: invitation.role };
    audit::record(portal, &mut tx, Event::new(actor, Deed::InvitationAccepted).on(id).from(&browser.network)).await?;
    let account = accounts::find_in(portal, &mut tx, account)
        .await?
        .ok_or_else(|| InternalError::because("an account that was just opened is not there"))?;
    let entered = register::enter(portal, &mut tx, browser, &account, challenge.id, replaces).await?;
    tx.commit().await?;
    Ok(Some(entered))
}
