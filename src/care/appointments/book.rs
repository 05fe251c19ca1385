//! Booking a free slot, and entering an appointment as it stands.

use super::{Appointment, Kind, Mode, Status, new_room, seal, sql, tell};
use crate::audit::{self, Deed, Event};
use crate::auth::sessions::SignedIn;
use crate::care::slots::{self, SlotKey, Span};
use crate::care::{records, reminders};
use crate::clock::Timestamp;
use crate::error::{Failure, InternalError};
use crate::messaging::texts::Notice;
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::ids::{AccountId, AppointmentId, BookingKey, PatientId};
use crate::types::network::Network;

/// The longest reason, in characters.
const REASON_MOST: usize = 500;

/// What a patient asks for.
#[derive(Clone, Debug)]
pub struct Booking {
    /// The slot.
    pub slot: SlotKey,
    /// How to meet.
    pub mode: Mode,
    /// What it is for.
    pub kind: Kind,
    /// Why, in their words: 1 to 500 characters.
    pub reason: String,
    /// The form: pressed twice, it books once.
    pub key: BookingKey,
}

/// Why nothing was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookRefusal {
    /// Somebody else has the time.
    SlotTaken,
    /// The time has begun or passed.
    InThePast,
    /// The time lies past the horizon.
    TooFar,
    /// The doctor's hours hold no such slot.
    NotASlot,
    /// The patient has another appointment then.
    YouAreBusy,
    /// No reason was given.
    NoReason,
    /// The reason is longer than 500 characters.
    ReasonTooLong,
    /// Only patients book.
    NotAPatient,
}

/// The slot, if its time may be booked now.
pub(super) async fn bookable(portal: &Portal, key: &SlotKey) -> Result<Span, Failure<BookRefusal>> {
    let now = portal.clock.now();
    if key.starts_at <= now {
        return Err(Failure::Refused(BookRefusal::InThePast));
    }
    if key.starts_at >= now + slots::HORIZON {
        return Err(Failure::Refused(BookRefusal::TooFar));
    }
    let slot = slots::at(portal, key).await?.ok_or(Failure::Refused(BookRefusal::NotASlot))?;
    Ok(slot.span)
}

fn reason_of(typed: &str) -> Result<&str, BookRefusal> {
    match typed.trim() {
        "" => Err(BookRefusal::NoReason),
        long if long.chars().count() > REASON_MOST => Err(BookRefusal::ReasonTooLong),
        reason => Ok(reason),
    }
}

/// Books the slot for the signed-in patient, queues the confirmation and plans the reminders. The same form sent again
/// answers what the first one booked.
///
/// # Errors
/// Refused as [`BookRefusal`] says; nothing is stored then.
pub async fn book(
    portal: &Portal,
    who: &SignedIn,
    booking: &Booking,
    from: &Network,
) -> Result<Appointment, Failure<BookRefusal>> {
    let reason = reason_of(&booking.reason).map_err(Failure::Refused)?;
    let patient = records::own(portal, who).await?.ok_or(Failure::Refused(BookRefusal::NotAPatient))?;
    let span = bookable(portal, &booking.slot).await?;
    let appointment = Appointment {
        id: AppointmentId::new(),
        doctor: booking.slot.doctor,
        patient: patient.id,
        starts_at: span.starts_at,
        ends_at: span.ends_at,
        mode: booking.mode,
        kind: booking.kind,
        status: Status::Booked,
        sequence: 0,
        booked_at: portal.clock.now(),
        moved_at: None,
        arrived_at: None,
        cancelled_at: None,
        cancelled_by: None,
    };
    let room = new_room(booking.mode, &patient.key, appointment.id);
    let row = sql::NewRow {
        appointment: &appointment,
        reason_sealed: &seal(reason, &patient.key, "reason_sealed", appointment.id),
        room_sealed: room.as_deref(),
        booking_key: booking.key,
    };
    let mut tx = portal.db.begin().await?;
    if !sql::insert(&mut tx, &row).await? {
        drop(tx);
        return outcome_of(portal, patient.id, Some(booking.key), &span).await;
    }
    let event = Event::new(who.actor(), Deed::AppointmentBooked).of(patient.id).on(appointment.id).from(from);
    audit::record(portal, &mut tx, event).await?;
    tell(portal, &mut tx, &patient, Notice::Booked, appointment.starts_at).await?;
    reminders::plan(portal, &mut tx, &appointment, &patient.zone).await?;
    tx.commit().await?;
    Ok(appointment)
}

/// What the database's refusal means: the same form again, the patient's own appointment, or somebody else's.
async fn outcome_of(
    portal: &Portal,
    patient: PatientId,
    key: Option<BookingKey>,
    span: &Span,
) -> Result<Appointment, Failure<BookRefusal>> {
    let mut connection = portal.db.read().await?;
    let in_the_way = sql::in_the_way(&mut connection, patient, key, span, None).await?;
    let busy = !in_the_way.is_empty();
    match in_the_way.into_iter().find(|(_, same_form)| *same_form) {
        Some((first, _)) => Ok(first),
        None if busy => Err(Failure::Refused(BookRefusal::YouAreBusy)),
        None => Err(Failure::Refused(BookRefusal::SlotTaken)),
    }
}

/// An appointment as it stands, for a clinic that moves in with its history or is made up.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The doctor.
    pub doctor: AccountId,
    /// The patient.
    pub patient: PatientId,
    /// From when until when; in the past too.
    pub span: Span,
    /// How they meet.
    pub mode: Mode,
    /// What it is for.
    pub kind: Kind,
    /// Why, in the patient's words.
    pub reason: String,
    /// Where it stands: anything but cancelled.
    pub status: Status,
    /// When it was booked.
    pub booked_at: Timestamp,
}

/// Enters an appointment as it stands: no slot is needed, the time may have passed, and nobody is mailed, but
/// reminded if it is to come. The guard against two at once holds all the same.
///
/// # Errors
/// Refused as [`BookRefusal`] says: a reason, a patient, no overlap.
pub async fn enter(portal: &Portal, by: Actor, entry: &Entry) -> Result<Appointment, Failure<BookRefusal>> {
    let reason = reason_of(&entry.reason).map_err(Failure::Refused)?;
    let patient = records::load(portal, entry.patient).await?.ok_or(Failure::Refused(BookRefusal::NotAPatient))?;
    if entry.status == Status::Cancelled {
        return Err(InternalError::because("a cancelled appointment cannot be entered").into());
    }
    let arrived = matches!(entry.status, Status::Arrived | Status::CheckedIn | Status::Fulfilled);
    let appointment = Appointment {
        id: AppointmentId::new(),
        doctor: entry.doctor,
        patient: patient.id,
        starts_at: entry.span.starts_at,
        ends_at: entry.span.ends_at,
        mode: entry.mode,
        kind: entry.kind,
        status: entry.status,
        sequence: 0,
        booked_at: entry.booked_at,
        moved_at: None,
        arrived_at: arrived.then_some(entry.span.starts_at),
        cancelled_at: None,
        cancelled_by: None,
    };
    let room = new_room(entry.mode, &patient.key, appointment.id);
    let row = sql::NewRow {
        appointment: &appointment,
        reason_sealed: &seal(reason, &patient.key, "reason_sealed", appointment.id),
        room_sealed: room.as_deref(),
        booking_key: BookingKey::new(),
    };
    let mut tx = portal.db.begin().await?;
    if !sql::insert(&mut tx, &row).await? {
        drop(tx);
        return outcome_of(portal, patient.id, None, &entry.span).await;
    }
    audit::record(portal, &mut tx, Event::new(by, Deed::AppointmentBooked).of(patient.id).on(appointment.id)).await?;
    reminders::plan(portal, &mut tx, &appointment, &patient.zone).await?;
    tx.commit().await?;
    Ok(appointment)
}
