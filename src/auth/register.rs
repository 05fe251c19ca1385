//! Registering: the form, then the phone proved by a code, then an account and a session.
//!
//! A taken email, or a phone that three accounts share, gives the same page and the same work; its owner is told.

use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::challenges::{self, Holder, NewChallenge, Purpose, Whose};
use crate::auth::entered::{Entered, WELCOME};
use crate::auth::factors::Proof;
use crate::auth::policy;
use crate::auth::sessions::{self, Kind, NewSession, Session};
use crate::auth::trusted_devices;
use crate::clock::{SignedDuration, Timestamp};
use crate::config::Limits;
use crate::crypto::blind_index;
use crate::crypto::passwords::Password;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, NewAccount, OpenRefusal};
use crate::identity::phones;
use crate::identity::registration::{self, Form, Registration};
use crate::limits::{self, Limit, Taken};
use crate::messaging::dispatches;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{ChallengeId, RegistrationId, SessionId};

fn registrations(limits: &Limits) -> Limit {
    Limit { bucket: "network:register", max: limits.registrations, window: SignedDuration::from_hours(1), pause: None }
}

/// How often the owner of something taken is told.
pub(super) const TOLD: Limit =
    Limit { bucket: "told:taken", max: 3, window: SignedDuration::from_hours(24), pause: None };

/// Why no registration was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterRefusal {
    /// Too many from this network.
    TooMany(Timestamp),
}

/// Starts a registration and texts a code; answers the pending session's cookie. The password was checked when it was
/// chosen.
///
/// # Errors
/// Refused as [`RegisterRefusal`] says.
pub async fn start(
    portal: &Portal,
    browser: &Browser,
    form: Form,
    password: Password,
    replaces: Option<SessionId>,
) -> Result<Entered, Failure<RegisterRefusal>> {
    let mut tx = portal.db.begin().await?;
    let taken =
        limits::take(portal, &mut tx, registrations(&portal.config.limits), browser.network.to_string().as_bytes())
            .await?;
    tx.commit().await?;
    if let Taken::Until(until) = taken {
        return Err(Failure::Refused(RegisterRefusal::TooMany(until)));
    }
    let hash = portal.hasher.hash(password).await.map_err(|_| InternalError::busy("hashing a password"))?;
    let phone_index = blind_index::index_phone(&portal.keys.index, &form.phone);
    let owner = accounts::find_by_email(portal, &form.email).await?;
    let shared = phones::sharing(portal, &phone_index).await? >= phones::SHARING;
    let is_decoy = owner.is_some() || shared;
    let subject = match &owner {
        Some(_) => blind_index::index_email(&portal.keys.index, &form.email),
        None => phone_index,
    };
    let mut tx = portal.db.begin().await?;
    let registration = registration::start(portal, &mut tx, form, hash, is_decoy).await?;
    let deed = if is_decoy { Deed::RegistrationOfTaken } else { Deed::RegistrationStarted };
    audit::record(portal, &mut tx, Event::new(Actor::Stranger, deed).on(registration.id).from(&browser.network))
        .await?;
    let told = limits::take(portal, &mut tx, TOLD, &subject).await?;
    if is_decoy && matches!(told, Taken::Granted(_)) {
        match owner {
            Some(owner) => {
                accounts::tell(portal, &mut tx, &owner, Notice::RegistrationTaken, &Values::new(), false).await?
            }
            None => {
                crate::messaging::dispatches::queue_text(
                    portal,
                    &mut tx,
                    &registration.contact(),
                    Notice::RegistrationTaken,
                    &Values::new(),
                )
                .await?;
            }
        }
    }
    Ok(ask(portal, tx, browser, &registration, replaces).await?)
}

/// What this half-open session filled in and has not proved yet, so that a wrong number can be put right without typing
/// the rest again.
///
/// # Errors
/// When the database fails or the row does not open.
pub async fn filled_in(portal: &Portal, session: &Session) -> Result<Option<Form>, InternalError> {
    let Some(challenge) = session.challenge else { return Ok(None) };
    let whose = challenges::find(portal, challenge).await?.map(|challenge| challenge.whose);
    let Some(Whose::Registration(id)) = whose else { return Ok(None) };
    Ok(registration::find(portal, id).await?.filter(|found| found.finished_at.is_none()).map(|found| found.form))
}

/// Goes on with a registration that was left: its password was typed at sign-in.
///
/// # Errors
/// When the database fails.
pub(super) async fn resume(
    portal: &Portal,
    browser: &Browser,
    registration: Registration,
    replaces: Option<SessionId>,
) -> Result<Entered, InternalError> {
    let tx = portal.db.begin().await?;
    ask(portal, tx, browser, &registration, replaces).await
}

async fn ask(
    portal: &Portal,
    mut tx: Tx,
    browser: &Browser,
    registration: &Registration,
    replaces: Option<SessionId>,
) -> Result<Entered, InternalError> {
    let contact = registration.contact();
    let challenge = challenges::open(
        portal,
        &mut tx,
        NewChallenge {
            whose: Whose::Registration(registration.id),
            purpose: Purpose::Register,
            browser,
            device: None,
            holder: Holder::Typed {
                contact: (!registration.is_decoy).then_some(&contact),
                phone: &registration.form.phone,
                phone_index: &registration.phone_index(portal),
            },
            stronger: false,
            apart_from: None,
            visit: None,
            reset: None,
            next: None,
        },
    )
    .await?;
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

/// The phone is proved: opens the account in the transaction that used the code up, and signs in. None when the
/// email or the phone was taken meanwhile, or the registration is a decoy whose code somebody guessed: nothing opens.
///
/// # Errors
/// When the database fails.
pub(super) async fn finish(
    portal: &Portal,
    mut tx: Tx,
    browser: &Browser,
    (id, challenge): (RegistrationId, ChallengeId),
    replaces: SessionId,
) -> Result<Option<Entered>, InternalError> {
    let Some(registration) = registration::find_in(portal, &mut tx, id).await? else { return Ok(None) };
    if registration.is_decoy || registration.finished_at.is_some() || registration.expires_at <= portal.clock.now() {
        return Ok(None);
    }
    let form = &registration.form;
    let opened = accounts::open(
        portal,
        &mut tx,
        NewAccount {
            role: Role::Patient,
            name: &form.name,
            email: &form.email,
            phone: &form.phone,
            password_hash: &registration.password_hash,
            locale: form.locale,
            zone: &form.zone,
            data_key: (registration.data_key_id, &registration.key),
            birth_date: Some(&form.birth_date),
            specialty: None,
        },
    )
    .await;
    let (account, patient) = match opened {
        Ok(opened) => opened,
        Err(Failure::Refused(OpenRefusal::EmailTaken | OpenRefusal::PhoneFull)) => return Ok(None),
        Err(Failure::Internal(error)) => return Err(error),
    };
    registration::finish(portal, &mut tx, id).await?;
    let actor = Actor::Account { id: account, role: Role::Patient };
    let event = Event::new(actor, Deed::AccountOpened).on(account).from(&browser.network);
    audit::record(
        portal,
        &mut tx,
        match patient {
            Some(patient) => event.of(patient),
            None => event,
        },
    )
    .await?;
    let account = accounts::find_in(portal, &mut tx, account)
        .await?
        .ok_or_else(|| InternalError::because("an account that was just opened is not there"))?;
    let entered = enter(portal, &mut tx, browser, &account, challenge, replaces).await?;
    tx.commit().await?;
    Ok(Some(entered))
}

/// Signs a new account in, in the browser that proved its phone.
pub(super) async fn enter(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &accounts::Account,
    challenge: ChallengeId,
    replaces: SessionId,
) -> Result<Entered, InternalError> {
    let phones = phones::of_in(tx, &account.phone_owner()).await?;
    if let Some(phone) = phones.iter().find(|phone| phone.is_primary) {
        // The number was nobody's when the code went to it.
        dispatches::belongs_to(tx, challenge, phone.id).await?;
    }
    accounts::tell(portal, tx, account, Notice::Welcome, &Values::new(), false).await?;
    let (device, cookie, _) = trusted_devices::remember(portal, tx, browser, account, None, None).await?;
    let new = NewSession {
        browser,
        kind: Kind::Full,
        account: Some(account),
        challenge: None,
        device: Some(device),
        // The phone that the account was opened with.
        proof: Some(Proof { kind: FactorKind::Sms, key: None }),
        replaces: Some(replaces),
    };
    let token = sessions::begin(portal, tx, new).await?;
    policy::narrow(portal, tx, account.id, account.role, &token).await?;
    Ok(Entered { token, device: Some(cookie), next: WELCOME.into() })
}
