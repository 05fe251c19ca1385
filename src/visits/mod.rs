//! Visits: the video consult of an appointment, its window, and who may join.

pub mod provider;

use crate::audit::{self, Deed, Event};
use crate::auth::sessions::SignedIn;
use crate::auth::step_up::FreshForVisit;
use crate::care::appointments::{self, Appointment, Detail, GRACE, Mode};
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::random::Secret;
use crate::error::{Failure, InternalError};
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::ids::AppointmentId;
use crate::types::network::Network;

use provider::{Guest, VideoProvider};

/// How long before its start a visit can be joined. It can be until [`GRACE`] after its planned end.
pub const JOIN_BEFORE: SignedDuration = SignedDuration::from_mins(30);

/// Whether a visit can be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinState {
    /// Not yet.
    Early {
        /// From then on.
        from: Timestamp,
    },
    /// Now.
    Open {
        /// Until before then.
        until: Timestamp,
    },
    /// No longer.
    Late,
    /// It was cancelled.
    Cancelled,
    /// They meet by phone or at the clinic.
    NotVideo,
}

/// The state of an appointment's visit at an instant.
pub fn join_state(appointment: &Appointment, now: Timestamp) -> JoinState {
    let (from, until) = (appointment.starts_at - JOIN_BEFORE, appointment.ends_at + GRACE);
    if appointment.cancelled_at.is_some() {
        JoinState::Cancelled
    } else if appointment.mode != Mode::Video {
        JoinState::NotVideo
    } else if now < from {
        JoinState::Early { from }
    } else if now >= until || !appointment.is_active() {
        JoinState::Late
    } else {
        JoinState::Open { until }
    }
}

/// What the lobby shows.
pub struct Lobby {
    /// The appointment and its two people.
    pub detail: Detail,
    /// Whether it can be joined.
    pub join: JoinState,
    /// Whether a video server is set up; without one the page offers the phone.
    pub has_video: bool,
}

/// The lobby of a visit, for its patient or its doctor; None for everybody else, as for a made-up id.
///
/// # Errors
/// When the database fails or a field does not open.
pub async fn lobby(
    portal: &Portal,
    who: &SignedIn,
    id: AppointmentId,
    from: &Network,
) -> Result<Option<Lobby>, InternalError> {
    let Some(detail) = appointments::find(portal, who, id).await? else { return Ok(None) };
    let join = join_state(&detail.appointment, portal.clock.now());
    let event = Event::new(who.actor(), Deed::LobbyOpened).of(detail.appointment.patient).on(id).from(from);
    audit::record_read(portal, vec![event]).await?;
    Ok(Some(Lobby { detail, join, has_video: VideoProvider::of_settings(&portal.config).is_some() }))
}

/// Whether a visit can be joined, for a lobby that stays open and asks again; None for everybody but its two people.
/// The lobby was written down when it opened, and this says nothing that it does not: so it leaves no event of its own.
///
/// # Errors
/// When the database fails or a field does not open.
pub async fn state(portal: &Portal, who: &SignedIn, id: AppointmentId) -> Result<Option<JoinState>, InternalError> {
    let found = appointments::find(portal, who, id).await?;
    Ok(found.map(|detail| join_state(&detail.appointment, portal.clock.now())))
}

/// Why nobody was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinRefusal {
    /// There is none, or it is somebody else's.
    NotFound,
    /// The proof is another person's or for another visit.
    NotProved,
    /// Not yet.
    Early {
        /// From then on.
        from: Timestamp,
    },
    /// No longer.
    Late,
    /// It was cancelled.
    Cancelled,
    /// They meet by phone or at the clinic.
    NotVideo,
    /// No video server is set up: the phone it is.
    NoVideo,
}

/// Where to send a person who joins.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The room's address with a token in it: for one redirect, never stored, logged or mailed.
    pub link: Secret,
}

/// A visit that can be joined now, but for the proof.
struct Door<'a> {
    detail: Detail,
    provider: VideoProvider<'a>,
    now: Timestamp,
    until: Timestamp,
}

async fn door<'a>(portal: &'a Portal, who: &SignedIn, id: AppointmentId) -> Result<Door<'a>, Failure<JoinRefusal>> {
    let detail = appointments::find(portal, who, id).await?.ok_or(Failure::Refused(JoinRefusal::NotFound))?;
    let now = portal.clock.now();
    let until = match join_state(&detail.appointment, now) {
        JoinState::Open { until } => until,
        JoinState::Early { from } => return Err(Failure::Refused(JoinRefusal::Early { from })),
        JoinState::Late => return Err(Failure::Refused(JoinRefusal::Late)),
        JoinState::Cancelled => return Err(Failure::Refused(JoinRefusal::Cancelled)),
        JoinState::NotVideo => return Err(Failure::Refused(JoinRefusal::NotVideo)),
    };
    let provider = VideoProvider::of_settings(&portal.config).ok_or(Failure::Refused(JoinRefusal::NoVideo))?;
    Ok(Door { detail, provider, now, until })
}

/// Whether [`join`] would let the person in if they proved themselves: asked before a code is texted for it.
///
/// # Errors
/// Refused as [`JoinRefusal`] says, never [`JoinRefusal::NotProved`].
pub async fn may_join(portal: &Portal, who: &SignedIn, id: AppointmentId) -> Result<(), Failure<JoinRefusal>> {
    door(portal, who, id).await.map(|_| ())
}

/// Lets the patient or the doctor into the room: in its window, with a proof for this visit. The patient's first
/// joining marks them as there.
///
/// # Errors
/// Refused as [`JoinRefusal`] says.
pub async fn join(
    portal: &Portal,
    who: &SignedIn,
    fresh: &FreshForVisit,
    id: AppointmentId,
    from: &Network,
) -> Result<Joined, Failure<JoinRefusal>> {
    if fresh.account() != who.account || fresh.visit() != id {
        return Err(Failure::Refused(JoinRefusal::NotProved));
    }
    let Door { detail, provider, now, until } = door(portal, who, id).await?;
    let room = detail.room().ok_or_else(|| InternalError::because("a video appointment without a room"))?;
    let link = provider.link(room, &Guest { role: who.role, name: who.name.as_str() }, now, until)?;

    let mut tx = portal.db.begin().await?;
    if who.role == Role::Patient {
        appointments::arrive(portal, &mut tx, id).await?;
    }
    let event = Event::new(who.actor(), Deed::VisitJoined).of(detail.appointment.patient).on(id).from(from);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Ok(Joined { link })
}
