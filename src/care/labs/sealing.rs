//! How reports and their values are sealed, and opened again.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Observation, Observed, Report, Review, progress, sql};
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::error::InternalError;
use crate::types::ids::{LabReportId, ObservationId};
use crate::types::person_name::PersonName;
use crate::types::text_value::TextValue;

/// What a report's head tells of it.
#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    pub panel: String,
    pub performer: String,
}

/// Who looked at a report and what they wrote. The name is kept as it was then, under the patient's key, so that a
/// list opens one key only.
#[derive(Serialize, Deserialize)]
struct ReviewText {
    doctor: String,
    note: Option<String>,
}

macro_rules! sealed_as_json {
    ($($kind:ty),+) => {$(
        impl TextValue for $kind {
            fn to_text(&self) -> Zeroizing<String> {
                Zeroizing::new(serde_json::to_string(self).expect("texts and flags have a JSON form"))
            }

            fn from_text(text: &str) -> Option<Self> {
                serde_json::from_str(text).ok()
            }
        }
    )+};
}

sealed_as_json!(Head, ReviewText, Observed);

fn report_place(column: &'static str, id: LabReportId) -> Place {
    Place { table: "lab_reports", column, row: id.to_string() }
}

fn result_place(id: ObservationId) -> Place {
    Place { table: "observations", column: "result_sealed", row: id.to_string() }
}

pub(super) fn seal_head(id: LabReportId, head: &Head, key: &DataKey) -> Vec<u8> {
    Sealed::seal(head, key, &report_place("head_sealed", id)).as_bytes().to_vec()
}

pub(super) fn seal_review(id: LabReportId, doctor: &PersonName, note: Option<String>, key: &DataKey) -> Vec<u8> {
    let review = ReviewText { doctor: doctor.as_str().to_owned(), note };
    Sealed::seal(&review, key, &report_place("review_sealed", id)).as_bytes().to_vec()
}

pub(super) fn seal_result(id: ObservationId, observed: &Observed, key: &DataKey) -> Vec<u8> {
    Sealed::seal(observed, key, &result_place(id)).as_bytes().to_vec()
}

fn open<T: TextValue>(bytes: &[u8], key: &DataKey, place: &Place) -> Result<T, InternalError> {
    Sealed::<T>::from_bytes(bytes.to_vec())
        .open(key, place)
        .map_err(|error| InternalError::new("opening a lab report", error))
}

pub(super) fn open_head(id: LabReportId, sealed: &[u8], key: &DataKey) -> Result<Head, InternalError> {
    open(sealed, key, &report_place("head_sealed", id))
}

/// Opens rows of reports joined with their observations; rows of one report follow each other.
pub(super) fn open_all(rows: Vec<sql::Joined>, key: &DataKey) -> Result<Vec<Report>, InternalError> {
    let mut reports: Vec<Report> = Vec::new();
    for row in rows {
        let observed: Observed = open(&row.result_sealed, key, &result_place(row.observation))?;
        let reading = observed.reading();
        let observation = Observation { id: row.observation, loinc: row.loinc, observed, reading };
        match reports.last_mut().filter(|last| last.id == row.report.id) {
            Some(report) => report.observations.push(observation),
            None => reports.push(open_report(row.report, observation, key)?),
        }
    }
    Ok(reports)
}

fn open_report(row: sql::ReportRow, first: Observation, key: &DataKey) -> Result<Report, InternalError> {
    let head = open_head(row.id, &row.head_sealed, key)?;
    let review = match row.review {
        None => None,
        Some((sealed, at)) => {
            let review: ReviewText = open(&sealed, key, &report_place("review_sealed", row.id))?;
            let doctor = PersonName::from_text(&review.doctor)
                .ok_or_else(|| InternalError::because("a review without a name"))?;
            Some(Review { doctor, at, note: review.note })
        }
    };
    Ok(Report {
        progress: progress(row.status, review.as_ref()),
        id: row.id,
        patient: row.patient,
        doctor: row.doctor,
        panel: head.panel,
        panel_loinc: row.panel_loinc,
        performer: head.performer,
        status: row.status,
        collected_at: row.collected_at,
        issued_at: row.issued_at,
        added_at: row.added_at,
        released_at: row.released_at,
        is_new: row.first_read_at.is_none(),
        review,
        observations: vec![first],
    })
}
