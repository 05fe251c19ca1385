//! Statements on `reminders`.

use sqlx::{AnyConnection, Row};

use super::Kind;
use crate::care::appointments::Status;
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::identity::accounts::SealedContact;
use crate::portal::WrappedKey;
use crate::types::ids::{AppointmentId, DispatchId, PatientId};
use crate::types::remind_by::RemindBy;

/// Adds a reminder, unless that one has ended already.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    id: AppointmentId,
    kind: Kind,
    starts_at: Timestamp,
    due_at: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO reminders (appointment_id, kind, starts_at, due_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
    )
    .bind(id.to_string())
    .bind(kind.as_str())
    .bind(starts_at.as_millisecond())
    .bind(due_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes the reminders of an appointment; answers the dispatches they became.
pub(super) async fn remove(connection: &mut AnyConnection, id: AppointmentId) -> db::Result<Vec<DispatchId>> {
    let removed: Vec<Option<String>> =
        sqlx::query_scalar("DELETE FROM reminders WHERE appointment_id = $1 RETURNING dispatch_id")
            .bind(id.to_string())
            .fetch_all(connection)
            .await?;
    removed.iter().flatten().map(|dispatch| parse("dispatch_id", dispatch)).collect()
}

/// Removes what is planned for a patient and has not ended.
pub(super) async fn remove_planned(connection: &mut AnyConnection, patient: PatientId) -> db::Result<()> {
    sqlx::query(
        "DELETE FROM reminders
         WHERE ended_at IS NULL AND appointment_id IN (SELECT id FROM appointments WHERE patient_id = $1)",
    )
    .bind(patient.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// A patient's appointments that have not begun. Whoever moves or cancels one waits until this transaction is over, or it
/// waits for them.
pub(super) async fn coming(
    connection: &mut AnyConnection,
    patient: PatientId,
    now: Timestamp,
) -> db::Result<Vec<(AppointmentId, Timestamp)>> {
    sqlx::query(
        "UPDATE appointments
         SET sequence = sequence
         WHERE patient_id = $1 AND ends_at > $2 AND starts_at > $2 AND status IN ('booked', 'arrived', 'checked_in')
         RETURNING id, starts_at",
    )
    .bind(patient.to_string())
    .bind(now.as_millisecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Ok((parse("id", row.try_get("id")?)?, from_ms(row.try_get("starts_at")?))))
    .collect()
}

/// Who is reminded, and how.
pub(super) struct Person {
    pub key: WrappedKey,
    pub contact: SealedContact,
    pub remind_by: RemindBy,
}

/// A reminder that is due, with how its appointment stands.
pub(super) struct DueRow {
    pub appointment: AppointmentId,
    pub kind: Kind,
    pub starts_at: Timestamp,
    pub due_at: Timestamp,
    pub status: Status,
    /// When the appointment begins by now.
    pub booked_for: Timestamp,
    /// None without an account that is on, or when the key was destroyed.
    pub person: Option<Person>,
}

/// Reminders that are due, oldest first.
pub(super) async fn due(connection: &mut AnyConnection, now: Timestamp, limit: i64) -> db::Result<Vec<DueRow>> {
    sqlx::query(
        "SELECT r.appointment_id, r.kind, r.starts_at, r.due_at, ap.status, ap.starts_at AS booked_for,
                a.id AS account_id, a.email_sealed, a.phone_sealed, a.locale, a.time_zone, a.remind_by,
                k.id AS data_key_id, k.key_id, k.wrapped
         FROM reminders r
         JOIN appointments ap ON ap.id = r.appointment_id
         JOIN patients p ON p.id = ap.patient_id
         LEFT JOIN data_keys k ON k.id = p.data_key_id AND k.wrapped IS NOT NULL
         LEFT JOIN accounts a ON a.id = p.account_id AND a.data_key_id = k.id AND a.turned_off_at IS NULL
         WHERE r.ended_at IS NULL AND r.due_at <= $1
         ORDER BY r.due_at, r.appointment_id, r.kind
         LIMIT $2",
    )
    .bind(now.as_millisecond())
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let person = match row.try_get::<Option<&str>, _>("account_id")? {
            None => None,
            Some(account) => Some(Person {
                key: WrappedKey {
                    id: parse("data_key_id", row.try_get("data_key_id")?)?,
                    key_id: row.try_get("key_id")?,
                    wrapped: row.try_get("wrapped")?,
                },
                contact: SealedContact {
                    account: parse("account_id", account)?,
                    email_sealed: row.try_get("email_sealed")?,
                    phone_sealed: row.try_get("phone_sealed")?,
                    locale: parse("locale", row.try_get("locale")?)?,
                    zone: parse("time_zone", row.try_get("time_zone")?)?,
                },
                remind_by: parse("remind_by", row.try_get("remind_by")?)?,
            }),
        };
        Ok(DueRow {
            appointment: parse("appointment_id", row.try_get("appointment_id")?)?,
            kind: parse("kind", row.try_get("kind")?)?,
            starts_at: from_ms(row.try_get("starts_at")?),
            due_at: from_ms(row.try_get("due_at")?),
            status: parse("status", row.try_get("status")?)?,
            booked_for: from_ms(row.try_get("booked_for")?),
            person,
        })
    })
    .collect()
}

/// Ends the reminder as it was read; false when another process did, or the appointment or the zone changed meanwhile.
pub(super) async fn claim(
    connection: &mut AnyConnection,
    row: &DueRow,
    now: Timestamp,
    outcome: &str,
) -> db::Result<bool> {
    let claimed = sqlx::query(
        "UPDATE reminders SET ended_at = $5, outcome = $6
         WHERE appointment_id = $1 AND kind = $2 AND starts_at = $3 AND due_at = $4 AND ended_at IS NULL",
    )
    .bind(row.appointment.to_string())
    .bind(row.kind.as_str())
    .bind(row.starts_at.as_millisecond())
    .bind(row.due_at.as_millisecond())
    .bind(now.as_millisecond())
    .bind(outcome)
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Notes the dispatch that a claimed reminder became.
pub(super) async fn name_dispatch(
    connection: &mut AnyConnection,
    row: &DueRow,
    dispatch: Option<DispatchId>,
) -> db::Result<()> {
    sqlx::query("UPDATE reminders SET dispatch_id = $3 WHERE appointment_id = $1 AND kind = $2")
        .bind(row.appointment.to_string())
        .bind(row.kind.as_str())
        .bind(dispatch.map(|id| id.to_string()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes up to `batch` reminders that ended before `before`.
pub(super) async fn sweep(connection: &mut AnyConnection, before: Timestamp, batch: i64) -> db::Result<u64> {
    let swept = sqlx::query(
        "DELETE FROM reminders
         WHERE (appointment_id, kind) IN (SELECT appointment_id, kind
                                          FROM reminders
                                          WHERE ended_at < $1
                                          ORDER BY ended_at
                                          LIMIT $2)",
    )
    .bind(before.as_millisecond())
    .bind(batch)
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
