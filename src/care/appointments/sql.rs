//! Statements on `appointments`: changes here, reads in `reads`.

mod reads;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{Appointment, By};
use crate::care::slots::Span;
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, is_overlap, parse};
use crate::types::ids::{AccountId, AppointmentId, BookingKey, PatientId};

pub(super) use reads::*;

fn appointment(row: &AnyRow) -> db::Result<Appointment> {
    let instant =
        |column: &str| -> db::Result<Option<Timestamp>> { Ok(row.try_get::<Option<i64>, _>(column)?.map(from_ms)) };
    Ok(Appointment {
        id: parse("id", row.try_get("id")?)?,
        doctor: parse("doctor_id", row.try_get("doctor_id")?)?,
        patient: parse("patient_id", row.try_get("patient_id")?)?,
        starts_at: from_ms(row.try_get("starts_at")?),
        ends_at: from_ms(row.try_get("ends_at")?),
        mode: parse("mode", row.try_get("mode")?)?,
        kind: parse("kind", row.try_get("kind")?)?,
        status: parse("status", row.try_get("status")?)?,
        sequence: row.try_get("sequence")?,
        booked_at: from_ms(row.try_get("booked_at")?),
        moved_at: instant("moved_at")?,
        arrived_at: instant("arrived_at")?,
        cancelled_at: instant("cancelled_at")?,
        cancelled_by: row
            .try_get::<Option<&str>, _>("cancelled_by")?
            .map(|word| parse("cancelled_by", word))
            .transpose()?,
    })
}

/// An appointment to add.
pub(super) struct NewRow<'a> {
    pub appointment: &'a Appointment,
    pub reason_sealed: &'a [u8],
    pub room_sealed: Option<&'a [u8]>,
    pub booking_key: BookingKey,
}

/// Adds the appointment; false when it overlaps another or its form was sent before. On PostgreSQL the conflict clause
/// covers the guard against overlaps too, and keeps writers who meet from waiting for each other in a circle; SQLite's
/// guard speaks up by itself.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<bool> {
    let new = row.appointment;
    let inserted = sqlx::query(
        "INSERT INTO appointments (id, doctor_id, patient_id, starts_at, ends_at, mode, kind, reason_sealed, status,
                                   sequence, room_sealed, booking_key, booked_at, arrived_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT DO NOTHING",
    )
    .bind(new.id.to_string())
    .bind(new.doctor.to_string())
    .bind(new.patient.to_string())
    .bind(new.starts_at.as_millisecond())
    .bind(new.ends_at.as_millisecond())
    .bind(new.mode.as_str())
    .bind(new.kind.as_str())
    .bind(row.reason_sealed)
    .bind(new.status.as_str())
    .bind(new.sequence)
    .bind(row.room_sealed)
    .bind(row.booking_key.to_string())
    .bind(new.booked_at.as_millisecond())
    .bind(new.arrived_at.map(|at| at.as_millisecond()))
    .execute(connection)
    .await;
    match inserted {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(error) if is_overlap(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What the patient already has that stands in the way of a new one: the outcome of the same form, or an active
/// appointment that overlaps.
pub(super) async fn in_the_way(
    connection: &mut AnyConnection,
    patient: PatientId,
    key: Option<BookingKey>,
    span: &Span,
    but: Option<AppointmentId>,
) -> db::Result<Vec<(Appointment, bool)>> {
    sqlx::query(
        "SELECT id, doctor_id, patient_id, starts_at, ends_at, mode, kind, status, sequence, booked_at, moved_at,
                arrived_at, cancelled_at, cancelled_by, booking_key
         FROM appointments
         WHERE patient_id = $1
           AND (booking_key = $2
                OR (status IN ('booked', 'arrived', 'checked_in') AND starts_at < $4 AND ends_at > $3 AND id <> $5))",
    )
    .bind(patient.to_string())
    .bind(key.map_or_else(String::new, |key| key.to_string()))
    .bind(span.starts_at.as_millisecond())
    .bind(span.ends_at.as_millisecond())
    .bind(but.map_or_else(String::new, |id| id.to_string()))
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let same_form = key.is_some_and(|key| row.try_get::<&str, _>("booking_key").ok() == Some(&key.to_string()));
        Ok((appointment(row)?, same_form))
    })
    .collect()
}

/// Cancels it unless it was cancelled, is done or has begun; false then.
pub(super) async fn cancel(
    connection: &mut AnyConnection,
    id: AppointmentId,
    by: By,
    reason_sealed: Option<&[u8]>,
    now: Timestamp,
) -> db::Result<bool> {
    let cancelled = sqlx::query(
        "UPDATE appointments
         SET status = 'cancelled', sequence = sequence + 1, cancelled_at = $2, cancelled_by = $3,
             cancel_reason_sealed = $4
         WHERE id = $1 AND status IN ('booked', 'arrived', 'checked_in') AND starts_at > $2",
    )
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .bind(by.as_str())
    .bind(reason_sealed)
    .execute(connection)
    .await?;
    Ok(cancelled.rows_affected() == 1)
}

/// A doctor's appointments that have not begun: each with its patient and its beginning, soonest first.
pub(super) async fn coming_of_doctor(
    connection: &mut AnyConnection,
    doctor: AccountId,
    now: Timestamp,
) -> db::Result<Vec<(AppointmentId, PatientId, Timestamp)>> {
    sqlx::query(
        "SELECT id, patient_id, starts_at
         FROM appointments
         WHERE doctor_id = $1 AND starts_at > $2 AND status IN ('booked', 'arrived', 'checked_in')
         ORDER BY starts_at",
    )
    .bind(doctor.to_string())
    .bind(now.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let starts_at = from_ms(row.try_get("starts_at")?);
        Ok((parse("id", row.try_get("id")?)?, parse("patient_id", row.try_get("patient_id")?)?, starts_at))
    })
    .collect()
}

/// Moves it, unless it is there already, was cancelled, is done or has begun; false then.
pub(super) async fn move_to(
    connection: &mut AnyConnection,
    id: AppointmentId,
    to: &Span,
    room_sealed: Option<&[u8]>,
    now: Timestamp,
) -> db::Result<bool> {
    let moved = sqlx::query(
        "UPDATE appointments
         SET starts_at = $2, ends_at = $3, room_sealed = $4, moved_at = $5, sequence = sequence + 1,
             status = 'booked', arrived_at = NULL
         WHERE id = $1 AND status IN ('booked', 'arrived') AND starts_at > $5 AND starts_at <> $2",
    )
    .bind(id.to_string())
    .bind(to.starts_at.as_millisecond())
    .bind(to.ends_at.as_millisecond())
    .bind(room_sealed)
    .bind(now.as_millisecond())
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Notes that the patient is there; the first time counts.
pub(super) async fn arrive(connection: &mut AnyConnection, id: AppointmentId, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE appointments SET status = 'arrived', arrived_at = $2 WHERE id = $1 AND status = 'booked'")
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}
