//! Cancelling and moving an appointment, until it begins.

use super::{Appointment, BookRefusal, By, Detail, Status, book, find, new_room, seal, sql, tell};
use crate::audit::{self, Deed, Event};
use crate::auth::sessions::SignedIn;
use crate::care::slots::{SlotKey, Span};
use crate::care::{records, reminders};
use crate::db::{is_deadlock, is_overlap};
use crate::error::{Failure, InternalError};
use crate::messaging::texts::Notice;
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::ids::{AccountId, AppointmentId};
use crate::types::network::Network;

/// The longest reason of a cancellation, in characters.
const REASON_MOST: usize = 500;
/// How often a move is tried when PostgreSQL gives it up because it met another move on its way.
const MOVE_TRIES: usize = 3;

/// Why an appointment stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// There is none, or it is somebody else's.
    NotFound,
    /// It has begun or is over.
    TooLate,
    /// It was cancelled: a cancelled one is not moved.
    Cancelled,
    /// The reason is longer than 500 characters.
    ReasonTooLong,
    /// The new time cannot be booked, and why; the old one stays.
    Time(BookRefusal),
}

async fn concerned(
    portal: &Portal,
    who: &SignedIn,
    id: AppointmentId,
) -> Result<(Detail, records::Patient), Failure<ChangeRefusal>> {
    let detail = find(portal, who, id).await?.ok_or(Failure::Refused(ChangeRefusal::NotFound))?;
    let patient = records::load(portal, detail.appointment.patient)
        .await?
        .ok_or_else(|| InternalError::because("an appointment without its patient's record"))?;
    Ok((detail, patient))
}

/// Cancels an appointment of the signed-in patient or doctor and tells the patient by mail. Cancelled already: that
/// outcome again.
///
/// # Errors
/// Refused as [`ChangeRefusal`] says.
pub async fn cancel(
    portal: &Portal,
    who: &SignedIn,
    id: AppointmentId,
    reason: &str,
    from: &Network,
) -> Result<Appointment, Failure<ChangeRefusal>> {
    let reason = reason.trim();
    if reason.chars().count() > REASON_MOST {
        return Err(Failure::Refused(ChangeRefusal::ReasonTooLong));
    }
    let (detail, patient) = concerned(portal, who, id).await?;
    let now = portal.clock.now();
    let by = if who.role == Role::Doctor { By::Doctor } else { By::Patient };
    let sealed = (!reason.is_empty()).then(|| seal(reason, &patient.key, "cancel_reason_sealed", id));
    let mut tx = portal.db.begin().await?;
    if !sql::cancel(&mut tx, id, by, sealed.as_deref(), now).await? {
        drop(tx);
        let found = find(portal, who, id).await?.ok_or(Failure::Refused(ChangeRefusal::NotFound))?.appointment;
        return match found.cancelled_at {
            Some(_) => Ok(found),
            None => Err(Failure::Refused(ChangeRefusal::TooLate)),
        };
    }
    let event = Event::new(who.actor(), Deed::AppointmentCancelled).of(patient.id).on(id).from(from);
    audit::record(portal, &mut tx, event).await?;
    tell(portal, &mut tx, &patient, Notice::Cancelled, detail.appointment.starts_at).await?;
    reminders::forget(portal, &mut tx, id).await?;
    tx.commit().await?;
    changed(portal, who, id).await
}

/// How many coming appointments a doctor has: what turning the account off would cancel.
///
/// # Errors
/// When the database fails.
pub async fn count_coming_of(portal: &Portal, doctor: AccountId) -> Result<usize, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::coming_of_doctor(&mut connection, doctor, portal.clock.now()).await?.len())
}

/// Cancels every coming appointment of a doctor who no longer sees patients here, and tells each patient by mail. Each
/// is a change of its own: what was cancelled stays so when a later one fails. Answers how many.
///
/// # Errors
/// When the database fails or a record does not open.
pub(in crate::care) async fn cancel_all_of(
    portal: &Portal,
    by: &Actor,
    doctor: AccountId,
    from: &Network,
) -> Result<usize, InternalError> {
    let coming = {
        let mut connection = portal.db.read().await?;
        sql::coming_of_doctor(&mut connection, doctor, portal.clock.now()).await?
    };
    let mut cancelled = 0;
    for (id, patient, starts_at) in coming {
        let Some(patient) = records::load(portal, patient).await? else { continue };
        let mut tx = portal.db.begin().await?;
        if !sql::cancel(&mut tx, id, By::Doctor, None, portal.clock.now()).await? {
            continue;
        }
        let event = Event::new(by.clone(), Deed::AppointmentCancelled).of(patient.id).on(id).from(from);
        audit::record(portal, &mut tx, event).await?;
        tell(portal, &mut tx, &patient, Notice::Cancelled, starts_at).await?;
        reminders::forget(portal, &mut tx, id).await?;
        tx.commit().await?;
        cancelled += 1;
    }
    Ok(cancelled)
}

/// Moves an appointment to another slot of the same doctor and tells the patient by mail: one statement, so the old
/// time is kept until the new one is booked. There already: that outcome again. The room gets a new name, so that a
/// link of the old time opens nothing.
///
/// # Errors
/// Refused as [`ChangeRefusal`] says; the old time stays then.
pub async fn reschedule(
    portal: &Portal,
    who: &SignedIn,
    id: AppointmentId,
    to: &SlotKey,
    from: &Network,
) -> Result<Appointment, Failure<ChangeRefusal>> {
    let (detail, patient) = concerned(portal, who, id).await?;
    let old = detail.appointment;
    if old.doctor != to.doctor {
        return Err(Failure::Refused(ChangeRefusal::Time(BookRefusal::NotASlot)));
    }
    if old.is_active() && old.starts_at == to.starts_at {
        return Ok(old);
    }
    let span = book::bookable(portal, to).await.map_err(|failure| match failure {
        Failure::Refused(why) => Failure::Refused(ChangeRefusal::Time(why)),
        Failure::Internal(error) => Failure::Internal(error),
    })?;
    let room = new_room(old.mode, &detail.patient_key, id);
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let mut moved = sql::move_to(&mut tx, id, &span, room.as_deref(), now).await;
    for _ in 1..MOVE_TRIES {
        match &moved {
            Err(error) if is_deadlock(error) => {
                drop(tx);
                tx = portal.db.begin().await?;
                moved = sql::move_to(&mut tx, id, &span, room.as_deref(), now).await;
            }
            _ => break,
        }
    }
    match moved {
        Ok(true) => {}
        Ok(false) => {
            drop(tx);
            let found = find(portal, who, id).await?.ok_or(Failure::Refused(ChangeRefusal::NotFound))?.appointment;
            return match found {
                found if found.cancelled_at.is_some() => Err(Failure::Refused(ChangeRefusal::Cancelled)),
                found if found.starts_at == span.starts_at => Ok(found),
                _ => Err(Failure::Refused(ChangeRefusal::TooLate)),
            };
        }
        Err(error) if is_overlap(&error) => {
            drop(tx);
            return Err(Failure::Refused(ChangeRefusal::Time(taken_by(portal, &old, &span).await?)));
        }
        Err(error) => return Err(error.into()),
    }
    let event = Event::new(who.actor(), Deed::AppointmentMoved).of(patient.id).on(id).from(from);
    audit::record(portal, &mut tx, event).await?;
    tell(portal, &mut tx, &patient, Notice::Moved, span.starts_at).await?;
    let rebooked = Appointment { starts_at: span.starts_at, ends_at: span.ends_at, status: Status::Booked, ..old };
    reminders::forget(portal, &mut tx, rebooked.id).await?;
    reminders::plan(portal, &mut tx, &rebooked, &patient.zone).await?;
    tx.commit().await?;
    changed(portal, who, id).await
}

async fn taken_by(portal: &Portal, old: &Appointment, span: &Span) -> Result<BookRefusal, InternalError> {
    let mut connection = portal.db.read().await?;
    let own = sql::in_the_way(&mut connection, old.patient, None, span, Some(old.id)).await?;
    Ok(if own.is_empty() { BookRefusal::SlotTaken } else { BookRefusal::YouAreBusy })
}

async fn changed(portal: &Portal, who: &SignedIn, id: AppointmentId) -> Result<Appointment, Failure<ChangeRefusal>> {
    let found = find(portal, who, id).await?;
    Ok(found.ok_or_else(|| InternalError::because("a changed appointment did not stay"))?.appointment)
}
