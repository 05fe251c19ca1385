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
mod line;
pub mod panels;
pub mod quantity;
pub mod reading;
mod sealing;
mod sql;

use serde::{Deserialize, Serialize};

use crate::audit::{self, Deed, Event};
use crate::auth::sessions::SignedIn;
use crate::auth::step_up::FreshFactor;
use crate::care::records::{CaredFor, Patient};
use crate::clock::Timestamp;
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::db::{Statement, Value};
use crate::error::{Failure, InternalError};
use crate::messaging::dispatches::{self, MAIL_LIFE};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::ids::{AccountId, LabReportId, ObservationId, PatientId};
use crate::types::network::Network;
use crate::types::person_name::PersonName;

pub use add::{Added, NewObservation, NewReport, Problem, RowProblem, add_by_form};
pub use line::{Beyond, NumberLine};
pub use reading::{Flag, FlagBy, Mark, Reading, Standing};

/// Reports on one page of a list.
pub const PAGE: i64 = 20;
/// Reports that a search looks through, newest first: names are sealed, so they are opened to be searched.
const SEARCHED: i64 = 1000;
/// Characters of a doctor's note.
pub const NOTE_LONGEST: usize = 2000;

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

/// What to show of a patient's results.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of the name of a panel or a test, in the lab's words; empty: all.
    pub name: String,
    /// Only samples taken in this year, where the patient lives.
    pub year: Option<i16>,
    /// From 1.
    pub page: i64,
}

/// A page of a patient's results, newest sample first.
pub struct Page {
    /// Its reports.
    pub reports: Vec<Report>,
    /// Which page it is, from 1.
    pub page: i64,
    /// How many pages there are, 1 at least.
    pub pages: i64,
    /// How many reports there are on all of them.
    pub total: i64,
    /// The years there are results of, newest first, for the filter's list.
    pub years: Vec<i16>,
}

/// The patient's released results: a page of 20, read in two statements and with one data key.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn list_for_patient(
    portal: &Portal,
    who: &SignedIn,
    own: &Patient,
    filter: &Filter,
    from: &Network,
) -> Result<Page, InternalError> {
    let zone = who.zone.rules();
    let name = filter.name.trim().to_lowercase();
    let page = filter.page.max(1);
    let span = year_span(filter.year, &zone);
    let (limit, offset) = if name.is_empty() { (PAGE, (page - 1).saturating_mul(PAGE)) } else { (SEARCHED, 0) };
    let (collected, rows) = {
        let mut connection = portal.db.read().await?;
        let collected = sql::collected_of(&mut connection, own.id).await?;
        (collected, sql::released(&mut connection, own.id, span, limit, offset).await?)
    };
    let mut reports = sealing::open_all(rows, &own.key)?;
    let year_of = |at: &Timestamp| zone.to_datetime(*at).year();
    let mut years: Vec<i16> = collected.iter().map(year_of).collect();
    years.dedup();
    let mut total = collected.iter().filter(|at| filter.year.is_none_or(|year| year_of(at) == year)).count() as i64;
    if !name.is_empty() {
        let holds = |text: &str| text.to_lowercase().contains(&name);
        reports.retain(|report| {
            holds(&report.panel) || report.observations.iter().any(|one| one.is_named(&name, who.locale))
        });
        total = reports.len() as i64;
        let skipped = usize::try_from((page - 1).saturating_mul(PAGE)).unwrap_or(usize::MAX);
        reports = reports.into_iter().skip(skipped).take(PAGE as usize).collect();
    }
    audit::record_read(portal, vec![Event::new(who.actor(), Deed::LabsRead).of(own.id).from(from)]).await?;
    Ok(Page { reports, page, pages: (total + PAGE - 1).div_euclid(PAGE).max(1), total, years })
}

impl Observation {
    /// Whether the lab's name of the test, or its plain name in the reader's language, holds a part in small letters.
    fn is_named(&self, part: &str, locale: crate::types::locale::Locale) -> bool {
        let plain = || self.test().map(|test| crate::words::Words::new(locale).of(&test.name_key()));
        self.observed.name.to_lowercase().contains(part)
            || plain().is_some_and(|name| name.to_lowercase().contains(part))
    }
}

/// From the first instant of a year to the first of the next, in Unix milliseconds; everything without a year.
fn year_span(year: Option<i16>, zone: &jiff::tz::TimeZone) -> (i64, i64) {
    let start = |year: i16| {
        let day = jiff::civil::Date::new(year, 1, 1).ok()?;
        Some(zone.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()?.as_millisecond())
    };
    let Some(year) = year else { return (i64::MIN, i64::MAX) };
    match (start(year), year.checked_add(1).and_then(start)) {
        (Some(from), Some(before)) => (from, before),
        // A year beyond the calendar holds no results.
        _ => (i64::MAX, i64::MAX),
    }
}

/// How many released reports the patient has not opened yet, and the names of the newest three.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn new_for_patient(portal: &Portal, own: &Patient) -> Result<(i64, Vec<String>), InternalError> {
    let mut connection = portal.db.read().await?;
    let unread = sql::count_unread(&mut connection, own.id).await?;
    let newest = sql::newest_unread(&mut connection, own.id).await?;
    let names = newest.iter().map(|(id, head)| Ok(sealing::open_head(*id, head, &own.key)?.panel));
    Ok((unread, names.collect::<Result<_, InternalError>>()?))
}

/// Why a report is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowRefusal {
    /// Not there, not released, or not this patient's: nobody can tell which.
    NotFound,
    /// The proof is another person's.
    NotFresh,
}

/// One released report, for its patient, after a fresh code. Marks it as opened.
///
/// # Errors
/// Refused as [`ShowRefusal`] says.
pub async fn show_for_patient(
    portal: &Portal,
    who: &SignedIn,
    own: &Patient,
    fresh: &FreshFactor,
    id: LabReportId,
    from: &Network,
) -> Result<Report, Failure<ShowRefusal>> {
    if fresh.account() != who.account || who.patient != Some(own.id) {
        return Err(Failure::Refused(ShowRefusal::NotFresh));
    }
    let report = find(portal, own.id, &own.key, id).await?;
    let Some(report) = report.filter(|report| report.released_at.is_some()) else {
        return Err(Failure::Refused(ShowRefusal::NotFound));
    };
    let event = Event::new(who.actor(), Deed::LabReportRead).of(own.id).on(id).from(from);
    if report.is_new {
        let values = vec![Value::Text(Some(id.to_string())), Value::Number(Some(portal.clock.now().as_millisecond()))];
        let opened = portal.db.write_together(vec![Statement { sql: sql::OPENED, values }]);
        // Both facts share one flush.
        let (opened, recorded) = tokio::join!(opened, audit::record_read(portal, vec![event]));
        opened?;
        recorded?;
    } else {
        audit::record_read(portal, vec![event]).await?;
    }
    Ok(report)
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

/// A report that waits for release, in the doctor's list.
pub struct Awaiting {
    /// Which.
    pub id: LabReportId,
    /// Whose.
    pub patient: PatientId,
    /// Their name.
    pub patient_name: PersonName,
    /// What was asked for.
    pub panel: String,
    /// When the sample was taken.
    pub collected_at: Timestamp,
    /// When it arrived.
    pub added_at: Timestamp,
    /// The lab or the doctor marked a value as critical.
    pub is_critical: bool,
}

/// The doctor's reports that wait for release, critical ones first, then oldest: a page of 20 and how many there are.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn to_review(
    portal: &Portal,
    who: &SignedIn,
    page: i64,
    from: &Network,
) -> Result<(Vec<Awaiting>, i64), InternalError> {
    let offset = (page.max(1) - 1).saturating_mul(PAGE);
    let (rows, total) = {
        let mut connection = portal.db.read().await?;
        let total = sql::count_waiting(&mut connection, who.account).await?;
        (sql::waiting(&mut connection, who.account, PAGE, offset).await?, total)
    };
    let mut waiting = Vec::new();
    for row in rows {
        let key = portal.data_key(&row.key)?;
        let place = Place { table: "patients", column: "name_sealed", row: row.patient.to_string() };
        let name = Sealed::from_bytes(row.name_sealed).open(&key, &place);
        waiting.push(Awaiting {
            panel: sealing::open_head(row.id, &row.head_sealed, &key)?.panel,
            patient_name: name.map_err(|error| InternalError::new("opening a patient's name", error))?,
            id: row.id,
            patient: row.patient,
            collected_at: row.collected_at,
            added_at: row.added_at,
            is_critical: row.is_critical,
        });
    }
    let mut patients: Vec<PatientId> = waiting.iter().map(|one| one.patient).collect();
    patients.sort_unstable();
    patients.dedup();
    let event = |patient| Event::new(who.actor(), Deed::LabsRead).of(patient).from(from);
    if !patients.is_empty() {
        audit::record_read(portal, patients.into_iter().map(event).collect()).await?;
    }
    Ok((waiting, total))
}

/// A report of the doctor's patient, released or not. None when it is not there or another patient's.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn show_for_doctor(
    portal: &Portal,
    who: &SignedIn,
    cared: &CaredFor,
    id: LabReportId,
    from: &Network,
) -> Result<Option<Report>, InternalError> {
    proven(who, cared)?;
    let Some(report) = find(portal, cared.id, &cared.key, id).await? else { return Ok(None) };
    let event = Event::new(who.actor(), Deed::LabReportRead).of(cared.id).on(id).from(from);
    audit::record_read(portal, vec![event]).await?;
    Ok(Some(report))
}

/// All reports of the doctor's patient, newest sample first: a page of 20.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn list_for_doctor(
    portal: &Portal,
    who: &SignedIn,
    cared: &CaredFor,
    page: i64,
    from: &Network,
) -> Result<Vec<Report>, InternalError> {
    proven(who, cared)?;
    let offset = (page.max(1) - 1).saturating_mul(PAGE);
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::all_of(&mut connection, cared.id, PAGE, offset).await?
    };
    let event = Event::new(who.actor(), Deed::LabsRead).of(cared.id).from(from);
    audit::record_read(portal, vec![event]).await?;
    sealing::open_all(rows, &cared.key)
}

/// The report as the patient will see it if it is released now with this note. None when it is not there.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn preview(
    portal: &Portal,
    who: &SignedIn,
    cared: &CaredFor,
    id: LabReportId,
    note: &str,
    from: &Network,
) -> Result<Option<Report>, InternalError> {
    let Some(mut report) = show_for_doctor(portal, who, cared, id, from).await? else { return Ok(None) };
    if report.released_at.is_none() {
        let now = portal.clock.now();
        let review = Review { doctor: who.name.clone(), at: now, note: written(note) };
        report.progress = progress(report.status, Some(&review));
        report.review = Some(review);
        report.released_at = Some(now);
    }
    Ok(Some(report))
}

fn written(note: &str) -> Option<String> {
    let note = note.trim();
    (!note.is_empty()).then(|| note.to_owned())
}

/// The proof must be this doctor's own: anything else is a fault in the program.
fn proven(who: &SignedIn, cared: &CaredFor) -> Result<(), InternalError> {
    if cared.doctor() == who.account {
        return Ok(());
    }
    Err(InternalError::because("a record was opened for one doctor and used by another"))
}

/// Why a report stays unreleased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseRefusal {
    /// Not there, or not this patient's.
    NotFound,
    /// The note is over [`NOTE_LONGEST`] characters.
    NoteTooLong,
}

/// What a release came to; pressing twice is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// Released now, and the patient is told.
    Now,
    /// It was released at this instant; nothing changed.
    Before(Timestamp),
}

/// Releases a report to its patient with an optional note, and mails that there is something new to read.
///
/// # Errors
/// Refused as [`ReleaseRefusal`] says.
pub async fn release(
    portal: &Portal,
    who: &SignedIn,
    cared: &CaredFor,
    id: LabReportId,
    note: &str,
    from: &Network,
) -> Result<Released, Failure<ReleaseRefusal>> {
    proven(who, cared)?;
    if note.trim().chars().count() > NOTE_LONGEST {
        return Err(Failure::Refused(ReleaseRefusal::NoteTooLong));
    }
    let now = portal.clock.now();
    let review = sealing::seal_review(id, &who.name, written(note), &cared.key);
    let mut tx = portal.db.begin().await?;
    if !sql::release(&mut tx, id, cared.id, who.account, &review, now).await? {
        let before = sql::released_at(&mut tx, id, cared.id).await?;
        return before.map(Released::Before).ok_or(Failure::Refused(ReleaseRefusal::NotFound));
    }
    let event = Event::new(who.actor(), Deed::LabReportReleased).of(cared.id).on(id).from(from);
    audit::record(portal, &mut tx, event).await?;
    if let Some(contact) = &cared.contact {
        dispatches::queue_mail(portal, &mut tx, &contact, Notice::News, &Values::new(), MAIL_LIFE).await?;
    }
    tx.commit().await?;
    Ok(Released::Now)
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

    #[test]
    fn a_year_runs_from_midnight_to_midnight_where_the_patient_lives() {
        let chicago = jiff::tz::TimeZone::get("America/Chicago").unwrap();
        let (from, before) = year_span(Some(2025), &chicago);
        assert_eq!(crate::clock::from_ms(from).to_string(), "2025-01-01T06:00:00Z");
        assert_eq!(crate::clock::from_ms(before).to_string(), "2026-01-01T06:00:00Z");
        assert_eq!(year_span(Some(i16::MAX), &chicago), (i64::MAX, i64::MAX));
    }
}
