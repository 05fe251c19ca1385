//! Statements on `appointments`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{Appointment, By};
use crate::care::slots::{Span, Whose};
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, is_overlap, parse};
use crate::portal::WrappedKey;
use crate::types::ids::{AccountId, AppointmentId, BookingKey, PatientId};

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

/// An appointment in a patient's list.
pub(super) struct ListedRow {
    pub appointment: Appointment,
    pub specialty: String,
    pub doctor_name_sealed: Vec<u8>,
    pub doctor_key: WrappedKey,
    pub total: i64,
}

/// The part that the patient's two lists and the next appointment share.
macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "SELECT ap.id, ap.doctor_id, ap.patient_id, ap.starts_at, ap.ends_at, ap.mode, ap.kind, ap.status,
                    ap.sequence, ap.booked_at, ap.moved_at, ap.arrived_at, ap.cancelled_at, ap.cancelled_by,
                    d.specialty, da.name_sealed AS doctor_name_sealed, dk.id AS doctor_data_key_id,
                    dk.key_id AS doctor_key_id, dk.wrapped AS doctor_wrapped, ",
            $rest
        )
    };
}

fn doctor_key(row: &AnyRow) -> db::Result<WrappedKey> {
    Ok(WrappedKey {
        id: parse("doctor_data_key_id", row.try_get("doctor_data_key_id")?)?,
        key_id: row.try_get("doctor_key_id")?,
        wrapped: row.try_get("doctor_wrapped")?,
    })
}

fn listed(row: &AnyRow) -> db::Result<ListedRow> {
    Ok(ListedRow {
        appointment: appointment(row)?,
        specialty: row.try_get("specialty")?,
        doctor_name_sealed: row.try_get("doctor_name_sealed")?,
        doctor_key: doctor_key(row)?,
        total: row.try_get("total")?,
    })
}

/// A page of what has not ended by `now`, nearest first, with how many there are in all.
pub(super) async fn coming(
    connection: &mut AnyConnection,
    patient: PatientId,
    now: Timestamp,
    offset: i64,
    limit: i64,
) -> db::Result<Vec<ListedRow>> {
    sqlx::query(listed!(
        "(SELECT COUNT(*) FROM appointments c WHERE c.patient_id = $1 AND c.ends_at > $2) AS total
         FROM appointments ap
         JOIN doctors d ON d.account_id = ap.doctor_id
         JOIN accounts da ON da.id = ap.doctor_id
         JOIN data_keys dk ON dk.id = da.data_key_id
         WHERE ap.patient_id = $1 AND ap.ends_at > $2
         ORDER BY ap.ends_at, ap.id
         LIMIT $3 OFFSET $4"
    ))
    .bind(patient.to_string())
    .bind(now.as_millisecond())
    .bind(limit)
    .bind(offset)
    .fetch_all(connection)
    .await?
    .iter()
    .map(listed)
    .collect()
}

/// A page of what has ended by `now`, newest first, with how many there are in all.
pub(super) async fn past(
    connection: &mut AnyConnection,
    patient: PatientId,
    now: Timestamp,
    offset: i64,
    limit: i64,
) -> db::Result<Vec<ListedRow>> {
    sqlx::query(listed!(
        "(SELECT COUNT(*) FROM appointments c WHERE c.patient_id = $1 AND c.ends_at <= $2) AS total
         FROM appointments ap
         JOIN doctors d ON d.account_id = ap.doctor_id
         JOIN accounts da ON da.id = ap.doctor_id
         JOIN data_keys dk ON dk.id = da.data_key_id
         WHERE ap.patient_id = $1 AND ap.ends_at <= $2
         ORDER BY ap.ends_at DESC, ap.id DESC
         LIMIT $3 OFFSET $4"
    ))
    .bind(patient.to_string())
    .bind(now.as_millisecond())
    .bind(limit)
    .bind(offset)
    .fetch_all(connection)
    .await?
    .iter()
    .map(listed)
    .collect()
}

/// The nearest active appointment that has not ended by `now`.
pub(super) async fn next(
    connection: &mut AnyConnection,
    patient: PatientId,
    now: Timestamp,
) -> db::Result<Option<ListedRow>> {
    let row = sqlx::query(listed!(
        "CAST(1 AS BIGINT) AS total
         FROM appointments ap
         JOIN doctors d ON d.account_id = ap.doctor_id
         JOIN accounts da ON da.id = ap.doctor_id
         JOIN data_keys dk ON dk.id = da.data_key_id
         WHERE ap.patient_id = $1 AND ap.ends_at > $2 AND ap.status IN ('booked', 'arrived', 'checked_in')
         ORDER BY ap.ends_at, ap.id
         LIMIT 1"
    ))
    .bind(patient.to_string())
    .bind(now.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(listed).transpose()
}

/// An appointment with both its people and its sealed texts.
pub(super) struct WholeRow {
    pub appointment: Appointment,
    pub specialty: String,
    pub doctor_name_sealed: Vec<u8>,
    pub doctor_key: WrappedKey,
    pub patient_name_sealed: Vec<u8>,
    pub birth_date_sealed: Vec<u8>,
    pub patient_key: WrappedKey,
    pub reason_sealed: Vec<u8>,
    pub cancel_reason_sealed: Option<Vec<u8>>,
    pub room_sealed: Option<Vec<u8>>,
}

macro_rules! whole {
    ($rest:literal) => {
        concat!(
            "SELECT ap.id, ap.doctor_id, ap.patient_id, ap.starts_at, ap.ends_at, ap.mode, ap.kind, ap.status,
                    ap.sequence, ap.booked_at, ap.moved_at, ap.arrived_at, ap.cancelled_at, ap.cancelled_by,
                    ap.reason_sealed, ap.cancel_reason_sealed, ap.room_sealed,
                    d.specialty, da.name_sealed AS doctor_name_sealed, dk.id AS doctor_data_key_id,
                    dk.key_id AS doctor_key_id, dk.wrapped AS doctor_wrapped,
                    p.name_sealed AS patient_name_sealed, p.birth_date_sealed, pk.id AS patient_data_key_id,
                    pk.key_id AS patient_key_id, pk.wrapped AS patient_wrapped
             FROM appointments ap
             JOIN doctors d ON d.account_id = ap.doctor_id
             JOIN accounts da ON da.id = ap.doctor_id
             JOIN data_keys dk ON dk.id = da.data_key_id
             JOIN patients p ON p.id = ap.patient_id
             JOIN data_keys pk ON pk.id = p.data_key_id AND pk.wrapped IS NOT NULL ",
            $rest
        )
    };
}

fn whole(row: &AnyRow) -> db::Result<WholeRow> {
    Ok(WholeRow {
        appointment: appointment(row)?,
        specialty: row.try_get("specialty")?,
        doctor_name_sealed: row.try_get("doctor_name_sealed")?,
        doctor_key: doctor_key(row)?,
        patient_name_sealed: row.try_get("patient_name_sealed")?,
        birth_date_sealed: row.try_get("birth_date_sealed")?,
        patient_key: WrappedKey {
            id: parse("patient_data_key_id", row.try_get("patient_data_key_id")?)?,
            key_id: row.try_get("patient_key_id")?,
            wrapped: row.try_get("patient_wrapped")?,
        },
        reason_sealed: row.try_get("reason_sealed")?,
        cancel_reason_sealed: row.try_get("cancel_reason_sealed")?,
        room_sealed: row.try_get("room_sealed")?,
    })
}

/// One appointment of this patient.
pub(super) async fn of_patient(
    connection: &mut AnyConnection,
    id: AppointmentId,
    patient: PatientId,
) -> db::Result<Option<WholeRow>> {
    let row = sqlx::query(whole!("WHERE ap.id = $1 AND ap.patient_id = $2"))
        .bind(id.to_string())
        .bind(patient.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(whole).transpose()
}

/// One appointment of this doctor.
pub(super) async fn of_doctor(
    connection: &mut AnyConnection,
    id: AppointmentId,
    doctor: AccountId,
) -> db::Result<Option<WholeRow>> {
    let row = sqlx::query(whole!("WHERE ap.id = $1 AND ap.doctor_id = $2"))
        .bind(id.to_string())
        .bind(doctor.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(whole).transpose()
}

/// A doctor's appointments that start within a span, in order.
pub(super) async fn of_doctor_within(
    connection: &mut AnyConnection,
    doctor: AccountId,
    within: &Span,
) -> db::Result<Vec<WholeRow>> {
    sqlx::query(whole!(
        "WHERE ap.doctor_id = $1 AND ap.starts_at >= $2 AND ap.starts_at < $3 ORDER BY ap.starts_at, ap.id"
    ))
    .bind(doctor.to_string())
    .bind(within.starts_at.as_millisecond())
    .bind(within.ends_at.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(whole)
    .collect()
}

/// Active appointments that meet a span: whose, from when, until when.
pub(super) async fn busy(
    connection: &mut AnyConnection,
    whose: &Whose,
    within: &Span,
) -> db::Result<Vec<(AccountId, Span)>> {
    let query = match whose {
        Whose::Doctor(id) => sqlx::query(
            "SELECT doctor_id, starts_at, ends_at
             FROM appointments
             WHERE doctor_id = $1 AND starts_at > $2 - 86400000 AND starts_at < $3 AND ends_at > $2
               AND status IN ('booked', 'arrived', 'checked_in')",
        )
        .bind(id.to_string()),
        Whose::Specialty(specialty) => sqlx::query(
            "SELECT ap.doctor_id, ap.starts_at, ap.ends_at
             FROM doctors d
             JOIN appointments ap ON ap.doctor_id = d.account_id
             WHERE d.specialty = $1 AND ap.starts_at > $2 - 86400000 AND ap.starts_at < $3 AND ap.ends_at > $2
               AND ap.status IN ('booked', 'arrived', 'checked_in')",
        )
        .bind(specialty.clone()),
    };
    query
        .bind(within.starts_at.as_millisecond())
        .bind(within.ends_at.as_millisecond())
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            let span =
                Span { starts_at: from_ms(row.try_get("starts_at")?), ends_at: from_ms(row.try_get("ends_at")?) };
            Ok((parse("doctor_id", row.try_get("doctor_id")?)?, span))
        })
        .collect()
}

/// How many appointments that were not cancelled link the two and end after an instant.
pub(super) async fn links(
    connection: &mut AnyConnection,
    doctor: AccountId,
    patient: PatientId,
    since: Timestamp,
) -> db::Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM appointments
         WHERE patient_id = $2 AND doctor_id = $1 AND ends_at > $3 AND status <> 'cancelled'",
    )
    .bind(doctor.to_string())
    .bind(patient.to_string())
    .bind(since.as_millisecond())
    .fetch_one(connection)
    .await
}
