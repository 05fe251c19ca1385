//! Reads of `appointments`, each with the names it is shown with.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::appointment;
use crate::care::appointments::Appointment;
use crate::care::slots::{Span, Whose};
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::portal::WrappedKey;
use crate::types::ids::{AccountId, AppointmentId, PatientId};

/// An appointment in a patient's list.
pub(in crate::care::appointments) struct ListedRow {
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
pub(in crate::care::appointments) async fn coming(
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
pub(in crate::care::appointments) async fn past(
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
pub(in crate::care::appointments) async fn next(
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
pub(in crate::care::appointments) struct WholeRow {
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
pub(in crate::care::appointments) async fn of_patient(
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
pub(in crate::care::appointments) async fn of_doctor(
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
pub(in crate::care::appointments) async fn of_doctor_within(
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

/// How many of a doctor's appointments begin within a span and are not cancelled.
pub(in crate::care::appointments) async fn count_of_doctor_within(
    connection: &mut AnyConnection,
    doctor: AccountId,
    within: &Span,
) -> db::Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM appointments
         WHERE doctor_id = $1 AND starts_at >= $2 AND starts_at < $3
           AND status IN ('booked', 'arrived', 'checked_in')",
    )
    .bind(doctor.to_string())
    .bind(within.starts_at.as_millisecond())
    .bind(within.ends_at.as_millisecond())
    .fetch_one(connection)
    .await
}

/// The latest appointments of a patient with a doctor, newest first, with how many there are in all.
pub(in crate::care::appointments) async fn between(
    connection: &mut AnyConnection,
    doctor: AccountId,
    patient: PatientId,
    offset: i64,
    limit: i64,
) -> db::Result<(Vec<Appointment>, i64)> {
    let rows = sqlx::query(
        "SELECT id, doctor_id, patient_id, starts_at, ends_at, mode, kind, status, sequence, booked_at, moved_at,
                arrived_at, cancelled_at, cancelled_by,
                (SELECT COUNT(*) FROM appointments c WHERE c.patient_id = $2 AND c.doctor_id = $1) AS total
         FROM appointments
         WHERE patient_id = $2 AND doctor_id = $1
         ORDER BY starts_at DESC, id DESC
         LIMIT $3 OFFSET $4",
    )
    .bind(doctor.to_string())
    .bind(patient.to_string())
    .bind(limit)
    .bind(offset)
    .fetch_all(connection)
    .await?;
    let total = rows.first().map_or(Ok(0), |row| row.try_get("total"))?;
    Ok((rows.iter().map(appointment).collect::<db::Result<_>>()?, total))
}

/// Active appointments that meet a span: whose, from when, until when.
pub(in crate::care::appointments) async fn busy(
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
pub(in crate::care::appointments) async fn links(
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
