//! What a doctor does with results: reviews, previews what the patient will see, and releases.

use super::{PAGE, Report, Review, find, progress, proven, sealing, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::sessions::SignedIn;
use crate::care::records::{self, CaredFor};
use crate::clock::Timestamp;
use crate::crypto::sealed::{Place, Sealed};
use crate::error::{Failure, InternalError};
use crate::messaging::dispatches::{self, MAIL_LIFE};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::ids::{LabReportId, PatientId};
use crate::types::network::Network;
use crate::types::person_name::PersonName;

/// Characters of a doctor's note.
pub const NOTE_LONGEST: usize = 2000;

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

/// Opens the record that a report belongs to, for the report's own page; None when it is not there or its patient is
/// not the doctor's. A report that waits for this very doctor opens even when the last appointment was cancelled since:
/// somebody has to release it. The event says whose record was opened.
///
/// # Errors
/// When the database fails or a row does not open.
pub async fn open_by_report(
    portal: &Portal,
    who: &SignedIn,
    id: LabReportId,
    from: &Network,
) -> Result<Option<CaredFor>, InternalError> {
    let patient = {
        let mut connection = portal.db.read().await?;
        sql::patient_of(&mut connection, id).await?
    };
    match patient {
        Some((patient, Some(doctor))) if doctor == who.account => {
            records::open_on_duty(portal, who, patient, from).await
        }
        Some((patient, _)) => records::open_for(portal, who, patient, from).await,
        None => Ok(None),
    }
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

/// The report as the patient will see it if it is released now with this note; one that was released already as it is.
/// None when it is not there.
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
    }
    Ok(Some(report))
}

fn written(note: &str) -> Option<String> {
    let note = note.trim();
    (!note.is_empty()).then(|| note.to_owned())
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
        dispatches::queue_mail(portal, &mut tx, contact, Notice::News, &Values::new(), MAIL_LIFE).await?;
    }
    tx.commit().await?;
    Ok(Released::Now)
}
