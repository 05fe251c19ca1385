//! Reading appointments. Each of these writes down who read what before it answers.

use std::collections::HashMap;

use jiff::civil::Date;

use super::{Appointment, Detail, GRACE, ics, opened, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::sessions::SignedIn;
use crate::care::doctors;
use crate::care::records::{self, CaredFor};
use crate::care::slots::Span;
use crate::clock::Timestamp;
use crate::error::InternalError;
use crate::identity::accounts;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::ids::{AccountId, AppointmentId, PatientId};
use crate::types::network::Network;
use crate::types::person_name::PersonName;
use crate::types::zone::Zone;

/// Appointments on one page of a list.
pub const PAGE_SIZE: i64 = 20;

/// Which of a patient's two lists. An appointment is coming until its visit can no longer be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Not over, nearest first.
    Coming,
    /// Over, newest first.
    Past,
}

/// An appointment in its patient's list.
pub struct Listed {
    /// The appointment.
    pub appointment: Appointment,
    /// The doctor's name.
    pub doctor_name: PersonName,
    /// What the doctor does.
    pub specialty: String,
}

/// A page of a list.
pub struct Page {
    /// At most [`PAGE_SIZE`] of them.
    pub appointments: Vec<Listed>,
    /// How many the whole list has; 0 on a page past its end.
    pub total: i64,
}

/// Opens the rows' doctor names, each doctor's once.
fn listed(portal: &Portal, rows: Vec<sql::ListedRow>) -> Result<Vec<Listed>, InternalError> {
    let mut names: HashMap<AccountId, PersonName> = HashMap::new();
    rows.into_iter()
        .map(|row| {
            let doctor = row.appointment.doctor;
            let doctor_name = match names.get(&doctor) {
                Some(name) => name.clone(),
                None => accounts::open_name(portal, &row.doctor_key, &row.doctor_name_sealed, doctor)?,
            };
            names.entry(doctor).or_insert_with(|| doctor_name.clone());
            Ok(Listed { appointment: row.appointment, doctor_name, specialty: row.specialty })
        })
        .collect()
}

fn patient_of(who: &SignedIn) -> Result<PatientId, InternalError> {
    who.patient.ok_or_else(|| InternalError::because("a patient's list was asked for by somebody who is none"))
}

/// A page (from 0) of the signed-in patient's appointments. One statement.
///
/// # Errors
/// When the database fails, or the person is no patient.
pub async fn list(
    portal: &Portal,
    who: &SignedIn,
    when: When,
    page: i64,
    from: &Network,
) -> Result<Page, InternalError> {
    let patient = patient_of(who)?;
    let over = portal.clock.now() - GRACE;
    let offset = page.clamp(0, 1_000_000) * PAGE_SIZE;
    let rows = {
        let mut connection = portal.db.read().await?;
        match when {
            When::Coming => sql::coming(&mut connection, patient, over, offset, PAGE_SIZE).await?,
            When::Past => sql::past(&mut connection, patient, over, offset, PAGE_SIZE).await?,
        }
    };
    let total = rows.first().map_or(0, |row| row.total);
    let appointments = listed(portal, rows)?;
    let event = Event::new(who.actor(), Deed::AppointmentsRead).of(patient).from(from);
    audit::record_read(portal, vec![event]).await?;
    Ok(Page { appointments, total })
}

/// The signed-in patient's next appointment, for their home page. One statement.
///
/// # Errors
/// When the database fails, or the person is no patient.
pub async fn next(portal: &Portal, who: &SignedIn, from: &Network) -> Result<Option<Listed>, InternalError> {
    let patient = patient_of(who)?;
    let row = {
        let mut connection = portal.db.read().await?;
        sql::next(&mut connection, patient, portal.clock.now() - GRACE).await?
    };
    let next = listed(portal, row.into_iter().collect())?.pop();
    audit::record_read(portal, vec![Event::new(who.actor(), Deed::HomeRead).of(patient).from(from)]).await?;
    Ok(next)
}

/// An appointment of the signed-in patient or doctor, for a rule that writes down itself what it does with it; None
/// for everybody else. One statement.
pub(crate) async fn find(portal: &Portal, who: &SignedIn, id: AppointmentId) -> Result<Option<Detail>, InternalError> {
    let row = {
        let mut connection = portal.db.read().await?;
        match (who.role, who.patient) {
            (Role::Patient, Some(patient)) => sql::of_patient(&mut connection, id, patient).await?,
            (Role::Doctor, _) => sql::of_doctor(&mut connection, id, who.account).await?,
            (Role::Patient | Role::Admin, _) => None,
        }
    };
    row.map(|row| opened(portal, row)).transpose()
}

/// One appointment, for its patient or its doctor; None for everybody else, as for a made-up id.
///
/// # Errors
/// When the database fails or a field does not open.
pub async fn show(
    portal: &Portal,
    who: &SignedIn,
    id: AppointmentId,
    from: &Network,
) -> Result<Option<Detail>, InternalError> {
    let Some(detail) = find(portal, who, id).await? else { return Ok(None) };
    let event = Event::new(who.actor(), Deed::AppointmentRead).of(detail.appointment.patient).on(id).from(from);
    audit::record_read(portal, vec![event]).await?;
    Ok(Some(detail))
}

/// The calendar file of the signed-in patient's appointment; None when it is not theirs. `summary` is its only
/// sentence, in the person's language: "Appointment, {clinic}".
///
/// # Errors
/// When the database fails or a field does not open.
pub async fn calendar(
    portal: &Portal,
    who: &SignedIn,
    id: AppointmentId,
    summary: &str,
    from: &Network,
) -> Result<Option<String>, InternalError> {
    let Some(patient) = records::own(portal, who).await? else { return Ok(None) };
    let Some(detail) = find(portal, who, id).await? else { return Ok(None) };
    let file = ics::file(
        &detail.appointment,
        &ics::Sheet {
            summary,
            origin: &portal.config.public_origin(),
            host: portal.config.sms_host(),
            clinic: &portal.config.clinic.name,
            organizer: &portal.config.mail_from,
            attendee: patient.contact.as_ref().map(|contact| contact.email.as_str()),
            made_at: portal.clock.now(),
        },
    );
    let event = Event::new(who.actor(), Deed::CalendarTaken).of(patient.id).on(id).from(from);
    audit::record_read(portal, vec![event]).await?;
    Ok(Some(file))
}

/// The signed-in doctor's appointments of today in their zone, cancelled ones included, in order. One statement.
///
/// # Errors
/// When the database fails or a field does not open.
pub async fn today(portal: &Portal, who: &SignedIn, from: &Network) -> Result<Vec<Detail>, InternalError> {
    let today = who.zone.rules().to_datetime(portal.clock.now()).date();
    on_day(portal, who, today, from).await
}

/// The same of any day. Each patient on the list gets an event of their own, so that their access log shows it.
///
/// # Errors
/// When the database fails or a field does not open.
pub async fn on_day(portal: &Portal, who: &SignedIn, day: Date, from: &Network) -> Result<Vec<Detail>, InternalError> {
    if who.role != Role::Doctor {
        return Err(InternalError::because("a doctor's list was asked for by somebody who is none"));
    }
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::of_doctor_within(&mut connection, who.account, &whole_day(&who.zone, day)).await?
    };
    let details = rows.into_iter().map(|row| opened(portal, row)).collect::<Result<Vec<_>, _>>()?;
    let read = Event::new(who.actor(), Deed::TodayRead).from(from);
    let mut patients: Vec<PatientId> = details.iter().map(|detail| detail.appointment.patient).collect();
    patients.sort_unstable();
    patients.dedup();
    let events = match patients.is_empty() {
        true => vec![read],
        false => patients.into_iter().map(|patient| read.clone().of(patient)).collect(),
    };
    audit::record_read(portal, events).await?;
    Ok(details)
}

/// How many appointments the signed-in doctor has on a day of their own zone that are not cancelled. Nobody's record is
/// opened for it.
///
/// # Errors
/// When the database fails.
pub async fn booked_on(portal: &Portal, who: &SignedIn, day: Date) -> Result<i64, InternalError> {
    let Some(doctor) = doctors::find(portal, who.account).await? else { return Ok(0) };
    let mut connection = portal.db.read().await?;
    Ok(sql::count_of_doctor_within(&mut connection, who.account, &whole_day(&doctor.zone, day)).await?)
}

/// A day in a zone, from midnight to midnight.
fn whole_day(zone: &Zone, day: Date) -> Span {
    let rules = zone.rules();
    let midnight = |day: Date| rules.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX);
    Span { starts_at: midnight(day), ends_at: midnight(day.tomorrow().unwrap_or(day)) }
}

/// A page (from 0) of a patient's appointments with the signed-in doctor, newest first, and how many there are. One
/// statement.
///
/// # Errors
/// When the database fails, or the proof is another doctor's.
pub async fn with_patient(
    portal: &Portal,
    who: &SignedIn,
    cared: &CaredFor,
    page: i64,
    from: &Network,
) -> Result<(Vec<Appointment>, i64), InternalError> {
    if cared.doctor() != who.account {
        return Err(InternalError::because("a record was opened for one doctor and used by another"));
    }
    let offset = page.clamp(0, 1_000_000) * PAGE_SIZE;
    let found = {
        let mut connection = portal.db.read().await?;
        sql::between(&mut connection, who.account, cared.id, offset, PAGE_SIZE).await?
    };
    let event = Event::new(who.actor(), Deed::AppointmentsRead).of(cared.id).from(from);
    audit::record_read(portal, vec![event]).await?;
    Ok(found)
}
