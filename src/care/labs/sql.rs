//! Statements on `lab_reports` and `observations`.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::ReportStatus;
use crate::clock::{Timestamp, from_ms};
use crate::db::{self, parse};
use crate::portal::WrappedKey;
use crate::types::ids::{AccountId, LabReportId, ObservationId, PatientId};

/// A report to add.
pub(super) struct NewRow<'a> {
    pub id: LabReportId,
    pub patient: PatientId,
    pub doctor: AccountId,
    pub panel_loinc: Option<&'a str>,
    pub status: ReportStatus,
    pub head_sealed: Vec<u8>,
    pub collected_at: Timestamp,
    pub issued_at: Option<Timestamp>,
    pub critical_at: Option<Timestamp>,
    pub now: Timestamp,
}

/// Adds a report; false when this id was added before.
pub(super) async fn insert(connection: &mut AnyConnection, row: &NewRow<'_>) -> db::Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO lab_reports (id, patient_id, doctor_id, panel_loinc, status, source, head_sealed, collected_at,
                                  issued_at, added_at, added_by, critical_at)
         VALUES ($1, $2, $3, $4, $5, 'form', $6, $7, $8, $9, $3, $10)
         ON CONFLICT DO NOTHING",
    )
    .bind(row.id.to_string())
    .bind(row.patient.to_string())
    .bind(row.doctor.to_string())
    .bind(row.panel_loinc)
    .bind(row.status.as_str())
    .bind(&row.head_sealed)
    .bind(row.collected_at.as_millisecond())
    .bind(row.issued_at.map(|at| at.as_millisecond()))
    .bind(row.now.as_millisecond())
    .bind(row.critical_at.map(|at| at.as_millisecond()))
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Adds a value to a report.
pub(super) async fn insert_observation(
    connection: &mut AnyConnection,
    id: ObservationId,
    report: LabReportId,
    seq: i64,
    loinc: Option<&str>,
    result_sealed: &[u8],
) -> db::Result<()> {
    sqlx::query("INSERT INTO observations (id, report_id, seq, loinc, result_sealed) VALUES ($1, $2, $3, $4, $5)")
        .bind(id.to_string())
        .bind(report.to_string())
        .bind(seq)
        .bind(loinc)
        .bind(result_sealed)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether the report is there and this patient's.
pub(super) async fn is_of(connection: &mut AnyConnection, id: LabReportId, patient: PatientId) -> db::Result<bool> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM lab_reports WHERE id = $1 AND patient_id = $2")
        .bind(id.to_string())
        .bind(patient.to_string())
        .fetch_one(connection)
        .await?;
    Ok(count == 1)
}

/// Whose report it is, and which doctor still has to release it.
pub(super) async fn patient_of(
    connection: &mut AnyConnection,
    id: LabReportId,
) -> db::Result<Option<(PatientId, Option<AccountId>)>> {
    sqlx::query("SELECT patient_id, doctor_id, released_at FROM lab_reports WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?
        .map(|row| {
            let doctor = parse("doctor_id", row.try_get("doctor_id")?)?;
            let is_due = row.try_get::<Option<i64>, _>("released_at")?.is_none();
            Ok((parse("patient_id", row.try_get("patient_id")?)?, is_due.then_some(doctor)))
        })
        .transpose()
}

/// A report as it lies in the table.
pub(super) struct ReportRow {
    pub id: LabReportId,
    pub patient: PatientId,
    pub doctor: AccountId,
    pub panel_loinc: Option<String>,
    pub status: ReportStatus,
    pub head_sealed: Vec<u8>,
    pub collected_at: Timestamp,
    pub issued_at: Option<Timestamp>,
    pub added_at: Timestamp,
    pub review: Option<(Vec<u8>, Timestamp)>,
    pub released_at: Option<Timestamp>,
    pub first_read_at: Option<Timestamp>,
}

/// One value with the report it belongs to.
pub(super) struct Joined {
    pub report: ReportRow,
    pub observation: ObservationId,
    pub loinc: Option<String>,
    pub result_sealed: Vec<u8>,
}

fn joined(row: &AnyRow) -> db::Result<Joined> {
    let instant =
        |column: &str| -> db::Result<Option<Timestamp>> { Ok(row.try_get::<Option<i64>, _>(column)?.map(from_ms)) };
    let review: Option<Vec<u8>> = row.try_get("review_sealed")?;
    Ok(Joined {
        report: ReportRow {
            id: parse("id", row.try_get("id")?)?,
            patient: parse("patient_id", row.try_get("patient_id")?)?,
            doctor: parse("doctor_id", row.try_get("doctor_id")?)?,
            panel_loinc: row.try_get("panel_loinc")?,
            status: parse("status", row.try_get("status")?)?,
            head_sealed: row.try_get("head_sealed")?,
            collected_at: from_ms(row.try_get("collected_at")?),
            issued_at: instant("issued_at")?,
            added_at: from_ms(row.try_get("added_at")?),
            review: review.zip(instant("reviewed_at")?),
            released_at: instant("released_at")?,
            first_read_at: instant("first_read_at")?,
        },
        observation: parse("observation_id", row.try_get("observation_id")?)?,
        loinc: row.try_get("loinc")?,
        result_sealed: row.try_get("result_sealed")?,
    })
}

/// The columns of [`Joined`], for reports that `$from` names as `r`.
macro_rules! select {
    ($from:literal) => {
        concat!(
            "SELECT r.id, r.patient_id, r.doctor_id, r.panel_loinc, r.status, r.head_sealed, r.collected_at, r.issued_at,
                    r.added_at, r.review_sealed, r.reviewed_at, r.released_at, r.first_read_at,
                    o.id AS observation_id, o.loinc, o.result_sealed
             FROM ", $from, "
             JOIN observations o ON o.report_id = r.id
             ORDER BY r.collected_at DESC, r.id DESC, o.seq"
        )
    };
}

/// One report of a patient, with its values.
pub(super) async fn find(
    connection: &mut AnyConnection,
    patient: PatientId,
    id: LabReportId,
) -> db::Result<Vec<Joined>> {
    sqlx::query(select!("(SELECT * FROM lab_reports WHERE id = $1 AND patient_id = $2) r"))
        .bind(id.to_string())
        .bind(patient.to_string())
        .fetch_all(connection)
        .await?
        .iter()
        .map(joined)
        .collect()
}

/// A page of a patient's released reports with their values, newest sample first, collected in a span of time.
pub(super) async fn released(
    connection: &mut AnyConnection,
    patient: PatientId,
    (from, before): (i64, i64),
    limit: i64,
    offset: i64,
) -> db::Result<Vec<Joined>> {
    sqlx::query(select!(
        "(SELECT *
          FROM lab_reports
          WHERE patient_id = $1 AND released_at IS NOT NULL AND collected_at >= $2 AND collected_at < $3
          ORDER BY collected_at DESC, id DESC
          LIMIT $4 OFFSET $5) r"
    ))
    .bind(patient.to_string())
    .bind(from)
    .bind(before)
    .bind(limit)
    .bind(offset)
    .fetch_all(connection)
    .await?
    .iter()
    .map(joined)
    .collect()
}

/// A page of all of a patient's reports with their values, newest sample first.
pub(super) async fn all_of(
    connection: &mut AnyConnection,
    patient: PatientId,
    limit: i64,
    offset: i64,
) -> db::Result<Vec<Joined>> {
    sqlx::query(select!(
        "(SELECT *
          FROM lab_reports
          WHERE patient_id = $1
          ORDER BY collected_at DESC, id DESC
          LIMIT $2 OFFSET $3) r"
    ))
    .bind(patient.to_string())
    .bind(limit)
    .bind(offset)
    .fetch_all(connection)
    .await?
    .iter()
    .map(joined)
    .collect()
}

/// When the samples of a patient's released reports were taken, newest first.
pub(super) async fn collected_of(connection: &mut AnyConnection, patient: PatientId) -> db::Result<Vec<Timestamp>> {
    let collected: Vec<i64> = sqlx::query_scalar(
        "SELECT collected_at
         FROM lab_reports
         WHERE patient_id = $1 AND released_at IS NOT NULL
         ORDER BY collected_at DESC",
    )
    .bind(patient.to_string())
    .fetch_all(connection)
    .await?;
    Ok(collected.into_iter().map(from_ms).collect())
}

/// Released reports that the patient has not opened.
pub(super) async fn count_unread(connection: &mut AnyConnection, patient: PatientId) -> db::Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM lab_reports
         WHERE patient_id = $1 AND released_at IS NOT NULL AND first_read_at IS NULL",
    )
    .bind(patient.to_string())
    .fetch_one(connection)
    .await
}

/// The heads of the newest three of them.
pub(super) async fn newest_unread(
    connection: &mut AnyConnection,
    patient: PatientId,
) -> db::Result<Vec<(LabReportId, Option<String>, Vec<u8>)>> {
    sqlx::query(
        "SELECT id, panel_loinc, head_sealed
         FROM lab_reports
         WHERE patient_id = $1 AND released_at IS NOT NULL AND first_read_at IS NULL
         ORDER BY collected_at DESC, id DESC
         LIMIT 3",
    )
    .bind(patient.to_string())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Ok((parse("id", row.try_get("id")?)?, row.try_get("panel_loinc")?, row.try_get("head_sealed")?)))
    .collect()
}

/// Notes that the patient opened the report.
pub(super) const OPENED: &str = "UPDATE lab_reports SET first_read_at = $2 WHERE id = $1 AND first_read_at IS NULL";

/// Releases a report; false when it is not there or was released before.
pub(super) async fn release(
    connection: &mut AnyConnection,
    id: LabReportId,
    patient: PatientId,
    by: AccountId,
    review_sealed: &[u8],
    now: Timestamp,
) -> db::Result<bool> {
    let released = sqlx::query(
        "UPDATE lab_reports
         SET released_at = $4, released_by = $3, reviewed_at = $4, reviewed_by = $3, review_sealed = $5
         WHERE id = $1 AND patient_id = $2 AND released_at IS NULL",
    )
    .bind(id.to_string())
    .bind(patient.to_string())
    .bind(by.to_string())
    .bind(now.as_millisecond())
    .bind(review_sealed)
    .execute(connection)
    .await?;
    Ok(released.rows_affected() == 1)
}

/// When a patient's report was released; None when it is not there.
pub(super) async fn released_at(
    connection: &mut AnyConnection,
    id: LabReportId,
    patient: PatientId,
) -> db::Result<Option<Timestamp>> {
    let at: Option<i64> = sqlx::query_scalar(
        "SELECT released_at FROM lab_reports WHERE id = $1 AND patient_id = $2 AND released_at IS NOT NULL",
    )
    .bind(id.to_string())
    .bind(patient.to_string())
    .fetch_optional(connection)
    .await?;
    Ok(at.map(from_ms))
}

/// An unreleased report with its patient.
pub(super) struct WaitingRow {
    pub id: LabReportId,
    pub patient: PatientId,
    pub key: WrappedKey,
    pub name_sealed: Vec<u8>,
    pub head_sealed: Vec<u8>,
    pub collected_at: Timestamp,
    pub added_at: Timestamp,
    pub is_critical: bool,
}

/// A page of the unreleased reports that a doctor is responsible for, critical ones first, then oldest. Records whose
/// key was destroyed are gone.
pub(super) async fn waiting(
    connection: &mut AnyConnection,
    doctor: AccountId,
    limit: i64,
    offset: i64,
) -> db::Result<Vec<WaitingRow>> {
    sqlx::query(
        "SELECT r.id, r.patient_id, r.head_sealed, r.collected_at, r.added_at, r.critical_at, p.name_sealed,
                p.data_key_id, k.key_id, k.wrapped
         FROM lab_reports r
         JOIN patients p ON p.id = r.patient_id
         JOIN data_keys k ON k.id = p.data_key_id AND k.wrapped IS NOT NULL
         WHERE r.doctor_id = $1 AND r.released_at IS NULL
         ORDER BY CASE WHEN r.critical_at IS NULL THEN 1 ELSE 0 END, r.added_at, r.id
         LIMIT $2 OFFSET $3",
    )
    .bind(doctor.to_string())
    .bind(limit)
    .bind(offset)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(WaitingRow {
            id: parse("id", row.try_get("id")?)?,
            patient: parse("patient_id", row.try_get("patient_id")?)?,
            key: WrappedKey {
                id: parse("data_key_id", row.try_get("data_key_id")?)?,
                key_id: row.try_get("key_id")?,
                wrapped: row.try_get("wrapped")?,
            },
            name_sealed: row.try_get("name_sealed")?,
            head_sealed: row.try_get("head_sealed")?,
            collected_at: from_ms(row.try_get("collected_at")?),
            added_at: from_ms(row.try_get("added_at")?),
            is_critical: row.try_get::<Option<i64>, _>("critical_at")?.is_some(),
        })
    })
    .collect()
}

/// How many of them there are.
pub(super) async fn count_waiting(connection: &mut AnyConnection, doctor: AccountId) -> db::Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM lab_reports r
         JOIN patients p ON p.id = r.patient_id
         JOIN data_keys k ON k.id = p.data_key_id AND k.wrapped IS NOT NULL
         WHERE r.doctor_id = $1 AND r.released_at IS NULL",
    )
    .bind(doctor.to_string())
    .fetch_one(connection)
    .await
}
