//! What a patient sees of their results: the list, and one report after a fresh code.

use super::{Observation, PAGE, Report, find, sealing, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::sessions::SignedIn;
use crate::auth::step_up::FreshFactor;
use crate::care::records::Patient;
use crate::clock::Timestamp;
use crate::db::{Statement, Value};
use crate::error::{Failure, InternalError};
use crate::portal::Portal;
use crate::types::ids::LabReportId;
use crate::types::locale::Locale;
use crate::types::network::Network;
use crate::words::Words;

/// Reports that a search looks through, newest first: names are sealed, so they are opened to be searched.
const SEARCHED: i64 = 1000;

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
    fn is_named(&self, part: &str, locale: Locale) -> bool {
        let plain = || self.test().map(|test| Words::new(locale).of(&test.name_key()));
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
pub async fn new_for_patient(portal: &Portal, own: &Patient) -> Result<(i64, Vec<Unread>), InternalError> {
    let mut connection = portal.db.read().await?;
    let unread = sql::count_unread(&mut connection, own.id).await?;
    let newest = sql::newest_unread(&mut connection, own.id).await?;
    let names = newest.into_iter().map(|(id, panel_loinc, head)| {
        Ok(Unread { panel: sealing::open_head(id, &head, &own.key)?.panel, panel_loinc })
    });
    Ok((unread, names.collect::<Result<_, InternalError>>()?))
}

/// A released report that its patient has not opened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The panel, in the lab's words.
    pub panel: String,
    /// Its LOINC, if it has one.
    pub panel_loinc: Option<String>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_runs_from_midnight_to_midnight_where_the_patient_lives() {
        let chicago = jiff::tz::TimeZone::get("America/Chicago").unwrap();
        let (from, before) = year_span(Some(2025), &chicago);
        assert_eq!(crate::clock::from_ms(from).to_string(), "2025-01-01T06:00:00Z");
        assert_eq!(crate::clock::from_ms(before).to_string(), "2026-01-01T06:00:00Z");
        assert_eq!(year_span(Some(i16::MAX), &chicago), (i64::MAX, i64::MAX));
    }
}
