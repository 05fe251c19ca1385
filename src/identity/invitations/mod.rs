//! Invitations of staff: a mailed link, single use, 7 days. All other admins learn of each one, and of each that is
//! accepted, so that nobody adds an account of staff unseen.

mod sql;
mod told;

use crate::audit::{self, Deed, Event};
use crate::clock::Timestamp;
use crate::crypto::blind_index;
use crate::crypto::random::Secret;
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts;
use crate::messaging::dispatches::{self, Contact};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::email_address::EmailAddress;
use crate::types::ids::{ChallengeId, DataKeyId, InvitationId};
use crate::types::locale::Locale;
use crate::types::network::Network;
use crate::types::person_name::PersonName;
use crate::types::phone::PhoneNumber;
use crate::types::text_value::TextValue;
use crate::types::zone::Zone;

/// An invitation.
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// As what.
    pub role: Role,
    /// What a doctor does.
    pub specialty: Option<String>,
    /// Whom.
    pub name: PersonName,
    /// Their mail address.
    pub email: EmailAddress,
    /// Their phone, once they filled it in.
    pub phone: Option<PhoneNumber>,
    /// The hash of their password (PHC), once they chose it.
    pub password_hash: Option<String>,
    /// Their language.
    pub locale: Locale,
    /// Their zone.
    pub zone: Zone,
    /// The row of its data key.
    pub data_key_id: DataKeyId,
    /// Its data key, which becomes the account's.
    pub key: DataKey,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl Invitation {
    /// Where the code goes.
    pub fn contact(&self) -> Contact {
        Contact {
            account: None,
            data_key_id: self.data_key_id,
            key: self.key.clone(),
            phone: self.phone.clone(),
            phone_id: None,
            email: self.email.clone(),
            locale: self.locale,
        }
    }

    /// The blind index of the phone.
    pub fn phone_index(&self, portal: &Portal) -> Option<[u8; 32]> {
        self.phone.as_ref().map(|phone| blind_index::index_phone(&portal.keys.index, phone))
    }
}

/// Why nobody was invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteRefusal {
    /// The email has an account.
    HasAccount,
    /// Patients register themselves.
    NotStaff,
}

/// Whom to invite.
pub struct NewInvitation {
    /// As what: doctor or admin.
    pub role: Role,
    /// Their name.
    pub name: PersonName,
    /// Their mail address.
    pub email: EmailAddress,
    /// What a doctor does, as patients read it.
    pub specialty: Option<String>,
}

fn place(column: &'static str, id: InvitationId) -> Place {
    Place { table: "invitations", column, row: id.to_string() }
}

/// Invites staff: mails the link, and answers it for the shell to print.
///
/// # Errors
/// Refused as [`InviteRefusal`] says.
pub async fn invite(
    portal: &Portal,
    by: &Actor,
    new: NewInvitation,
    from: Option<&Network>,
) -> Result<String, Failure<InviteRefusal>> {
    if new.role == Role::Patient {
        return Err(Failure::Refused(InviteRefusal::NotStaff));
    }
    if accounts::find_by_email(portal, &new.email).await?.is_some() {
        return Err(Failure::Refused(InviteRefusal::HasAccount));
    }
    let now = portal.clock.now();
    let clinic = &portal.config.clinic;
    let admins = accounts::admins(portal).await?;
    let (token, id) = (Secret::token(), InvitationId::new());
    let mut tx = portal.db.begin().await?;
    let (data_key_id, key) = portal.make_data_key(&mut tx).await?;
    let expires_at = now + portal.config.limits.invitation_life;
    sql::insert(
        &mut tx,
        &sql::NewRow {
            id,
            token_digest: token.digest(),
            role: new.role,
            specialty: new.specialty.as_deref(),
            data_key_id,
            name_sealed: Sealed::seal(&new.name, &key, &place("name_sealed", id)).as_bytes().to_vec(),
            email_sealed: Sealed::seal(&new.email, &key, &place("email_sealed", id)).as_bytes().to_vec(),
            email_index: blind_index::index_email(&portal.keys.index, &new.email),
            locale: clinic.locale,
            zone: &clinic.zone,
            invited_by: &audit::actor_word(by),
            now,
            expires_at,
        },
    )
    .await?;
    let link = format!("{}/invitation?token={}", portal.config.public_origin(), token.expose());
    let contact = Contact {
        account: None,
        data_key_id,
        key,
        phone: None,
        phone_id: None,
        email: new.email,
        locale: clinic.locale,
    };
    let values = Values::from([("link".to_owned(), link.clone()), ("name".to_owned(), new.name.as_str().to_owned())]);
    dispatches::queue_mail(portal, &mut tx, &contact, Notice::Invitation, &values, dispatches::MAIL_LIFE).await?;
    let mut event = Event::new(by.clone(), Deed::Invited).on(id).because(new.role.as_str());
    if let Some(from) = from {
        event = event.from(from);
    }
    audit::record(portal, &mut tx, event).await?;
    let inviter = match by {
        Actor::Account { id, .. } => Some(*id),
        _ => None,
    };
    let told = told::Told { notice: Notice::StaffInvited, inviter, name: &new.name, role: new.role };
    let others: Vec<_> = admins.into_iter().filter(|admin| Some(admin.id) != inviter).collect();
    told::tell(portal, &mut tx, &others, told).await?;
    tx.commit().await?;
    Ok(link)
}

fn opened(portal: &Portal, row: sql::Found) -> Result<Invitation, InternalError> {
    fn unseal<T: TextValue>(
        bytes: &[u8],
        key: &DataKey,
        column: &'static str,
        id: InvitationId,
    ) -> Result<T, InternalError> {
        Sealed::<T>::from_bytes(bytes.to_vec())
            .open(key, &place(column, id))
            .map_err(|error| InternalError::new("opening an invitation", error))
    }
    let key = portal.data_key(&row.key)?;
    Ok(Invitation {
        name: unseal(&row.name_sealed, &key, "name_sealed", row.id)?,
        email: unseal(&row.email_sealed, &key, "email_sealed", row.id)?,
        phone: row.phone_sealed.as_deref().map(|bytes| unseal(bytes, &key, "phone_sealed", row.id)).transpose()?,
        id: row.id,
        role: row.role,
        specialty: row.specialty,
        password_hash: row.password_hash,
        locale: row.locale,
        zone: row.zone,
        data_key_id: row.key.id,
        key,
        expires_at: row.expires_at,
    })
}

/// An open invitation by its id.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn find(portal: &Portal, id: InvitationId) -> Result<Option<Invitation>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, id, portal.clock.now()).await?
    };
    row.map(|row| opened(portal, row)).transpose()
}

/// The open invitation of a link.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn find_by_token(portal: &Portal, token: &Secret) -> Result<Option<Invitation>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        sql::find_by_token(&mut connection, &token.digest(), portal.clock.now()).await?
    };
    row.map(|row| opened(portal, row)).transpose()
}

/// All open invitations, newest first.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn list(portal: &Portal) -> Result<Vec<Invitation>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::list(&mut connection, portal.clock.now()).await?
    };
    rows.into_iter().map(|row| opened(portal, row)).collect()
}

/// Keeps the phone and the password until the challenge proves the phone; what was kept before is forgotten. False when
/// the invitation is over.
///
/// # Errors
/// When the database fails.
pub async fn fill_in(
    tx: &mut Tx,
    invitation: &Invitation,
    phone: &PhoneNumber,
    hash: &str,
    challenge: ChallengeId,
) -> Result<bool, InternalError> {
    let sealed = Sealed::seal(phone, &invitation.key, &place("phone_sealed", invitation.id));
    Ok(sql::fill_in(tx, invitation.id, sealed.as_bytes(), hash, challenge).await?)
}

/// Uses the invitation up as it was filled in for this challenge, and tells the admins; None when it is over, or was filled in
/// for another since.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    portal: &Portal,
    tx: &mut Tx,
    id: InvitationId,
    challenge: ChallengeId,
) -> Result<Option<Invitation>, InternalError> {
    let now = portal.clock.now();
    // Held first, so that nobody fills it in between what is read here and its use.
    sql::hold(tx, id).await?;
    let Some(row) = sql::find(tx, id, now).await? else { return Ok(None) };
    if !sql::claim(tx, id, challenge, now).await? {
        return Ok(None);
    }
    let inviter = told::account_of(&row.invited_by);
    let invitation = opened(portal, row)?;
    let told = told::Told { notice: Notice::StaffJoined, inviter, name: &invitation.name, role: invitation.role };
    let admins = accounts::admins_in(portal, tx).await?;
    told::tell(portal, tx, &admins, told).await?;
    Ok(Some(invitation))
}

/// Takes an invitation back; false when it is over already.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(portal: &Portal, by: &Actor, id: InvitationId, from: &Network) -> Result<bool, InternalError> {
    let mut tx = portal.db.begin().await?;
    if !sql::withdraw(&mut tx, id, portal.clock.now()).await? {
        return Ok(false);
    }
    audit::record(portal, &mut tx, Event::new(by.clone(), Deed::InvitationWithdrawn).on(id).from(from)).await?;
    tx.commit().await?;
    Ok(true)
}
