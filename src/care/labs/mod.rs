//! Lab reports and their observations: added by a doctor, released to the patient, read by the patient.
//!
//! | who     | sees                                                                                        |
//! |---------|---------------------------------------------------------------------------------------------|
//! | patient | released reports of their own; the values only after a fresh code ([`show_for_patient`])     |
//! | doctor  | reports of a patient who is theirs, with [`CaredFor`] as the proof                           |
//! | admin   | nothing                                                                                     |
//!
//! A value is kept to the letter ("5.0" stays "5.0"); everything that tells a result is sealed under the patient's data
//! key. What somebody may not see looks the same as what is not there.

pub mod add;
mod doctor;
mod line;
pub mod panels;
mod patient;
pub mod quantity;
pub mod reading;
mod sealing;
mod sql;

use serde::{Deserialize, Serialize};

use crate::auth::sessions::SignedIn;
use crate::care::records::CaredFor;
use crate::clock::Timestamp;
use crate::crypto::sealed::DataKey;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::{AccountId, LabReportId, ObservationId, PatientId};
use crate::types::person_name::PersonName;

pub use add::{Added, NewObservation, NewReport, Problem, RowProblem, add_by_form, problems};
pub use doctor::{
    Awaiting, NOTE_LONGEST, ReleaseRefusal, Released, list_for_doctor, open_by_report, preview, release,
    show_for_doctor, to_review,
};
pub use line::{Beyond, NumberLine};
pub use patient::{Filter, Page, ShowRefusal, Unread, list_for_patient, new_for_patient, show_for_patient};
pub use reading::{Flag, FlagBy, Mark, Reading, Standing};

/// Reports on one page of a list.
pub const PAGE: i64 = 20;

/// How far the laboratory is (FHIR diagnostic-report-status, those that a report here can have).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportStatus {
    /// Asked for, nothing measured yet.
    Registered,
    /// Some of it may still change.
    Preliminary,
    /// Done.
    Final,
    /// Done, and put right afterwards.
    Corrected,
}

impl ReportStatus {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Preliminary => "preliminary",
            Self::Final => "final",
            Self::Corrected => "corrected",
        }
    }
}

impl std::str::FromStr for ReportStatus {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Registered, Self::Preliminary, Self::Final, Self::Corrected]
            .into_iter()
            .find(|status| status.as_str() == word)
            .ok_or(())
    }
}

/// What the patient is told of a report's way.
#[derive(Clone, PartialEq, Eq)]
pub enum Progress {
    /// The lab is still working on it.
    Pending,
    /// The care team has not looked at it yet.
    Waiting,
    /// A doctor looked at it.
    Reviewed {
        /// Who.
        doctor: PersonName,
        /// When.
        at: Timestamp,
    },
}

fn progress(status: ReportStatus, review: Option<&Review>) -> Progress {
    match (status, review) {
        (_, Some(review)) => Progress::Reviewed { doctor: review.doctor.clone(), at: review.at },
        (ReportStatus::Registered | ReportStatus::Preliminary, None) => Progress::Pending,
        (ReportStatus::Final | ReportStatus::Corrected, None) => Progress::Waiting,
    }
}

/// A doctor's look at a report.
#[derive(Clone)]
pub struct Review {
    /// Who looked.
    pub doctor: PersonName,
    /// When.
    pub at: Timestamp,
    /// What they wrote to the patient.
    pub note: Option<String>,
}

/// One value as it is kept: texts of the laboratory, to the letter.
#[derive(Clone, Serialize, Deserialize)]
pub struct Observed {
    /// What was measured, in the lab's words.
    pub name: String,
    /// The value, with a comparator where the lab wrote one.
    pub value: String,
    /// The unit.
    pub unit: String,
    /// The range's low end; empty when not given apart.
    pub low: String,
    /// The range's high end; empty when not given apart.
    pub high: String,
    /// The range as sent.
    pub range_text: String,
    /// The flag.
    pub flag: Option<Flag>,
    /// Who set it.
    pub flag_by: FlagBy,
}

impl Observed {
    fn range(&self) -> Option<quantity::Range> {
        // Ends out of order were refused at the door; a text that is not understood is shown, not drawn.
        quantity::Range::read(&self.low, &self.high, &self.range_text).unwrap_or_default()
    }

    /// Where the value stands and how it is drawn.
    pub fn reading(&self) -> Reading {
        let range = self.range();
        let flag = self.flag.map(|flag| (flag, self.flag_by));
        reading::read(&reading::Written { value: &self.value, range: range.as_ref(), flag })
    }
}

/// One value of a report, with its reading.
pub struct Observation {
    /// Which.
    pub id: ObservationId,
    /// What was measured, by LOINC.
    pub loinc: Option<String>,
    /// As the lab wrote it.
    pub observed: Observed,
    /// As a page shows it.
    pub reading: Reading,
}

impl Observation {
    /// The test of the catalogue, whose plain name and explanation have words; None for one that is not in it.
    pub fn test(&self) -> Option<&'static panels::Test> {
        panels::test(self.loinc.as_deref()?)
    }
}

/// A report with its values.
pub struct Report {
    /// Which.
    pub id: LabReportId,
    /// Whose.
    pub patient: PatientId,
    /// Who is responsible for it.
    pub doctor: AccountId,
    /// What was asked for, in the lab's or the doctor's words.
    pub panel: String,
    /// The same by LOINC.
    pub panel_loinc: Option<String>,
    /// Which laboratory.
    pub performer: String,
    /// How far the lab is.
    pub status: ReportStatus,
    /// When the sample was taken.
    pub collected_at: Timestamp,
    /// When the lab sent it.
    pub issued_at: Option<Timestamp>,
    /// When it was added here.
    pub added_at: Timestamp,
    /// When it was released to the patient.
    pub released_at: Option<Timestamp>,
    /// Whether the patient has opened it.
    pub is_new: bool,
    /// The doctor's look at it.
    pub review: Option<Review>,
    /// What the patient is told.
    pub progress: Progress,
    /// Its values in the lab's order.
    pub observations: Vec<Observation>,
}

impl Report {
    /// How many values are outside the usual range.
    pub fn outside(&self) -> usize {
        self.observations.iter().filter(|one| one.reading.standing.is_outside()).count()
    }

    /// Whether a value needs a call today.
    pub fn is_critical(&self) -> bool {
        self.observations.iter().any(|one| one.reading.standing.is_critical())
    }
}

async fn find(
    portal: &Portal,
    patient: PatientId,
    key: &DataKey,
    id: LabReportId,
) -> Result<Option<Report>, InternalError> {
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::find(&mut connection, patient, id).await?
    };
    Ok(sealing::open_all(rows, key)?.pop())
}

/// The proof must be this doctor's own: anything else is a fault in the program.
fn proven(who: &SignedIn, cared: &CaredFor) -> Result<(), InternalError> {
    if cared.doctor() == who.account {
        return Ok(());
    }
    Err(InternalError::because("a record was opened for one doctor and used by another"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patient_is_told_how_far_a_report_is() {
        let review = Review { doctor: PersonName::parse("Ada Chen").unwrap(), at: Timestamp::UNIX_EPOCH, note: None };
        assert!(progress(ReportStatus::Registered, None) == Progress::Pending);
        assert!(progress(ReportStatus::Preliminary, None) == Progress::Pending);
        assert!(progress(ReportStatus::Final, None) == Progress::Waiting);
        assert!(matches!(progress(ReportStatus::Preliminary, Some(&review)), Progress::Reviewed { .. }));
    }
}
