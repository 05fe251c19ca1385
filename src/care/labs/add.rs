//! Adding a report by form: what is checked, what is kept to the letter, and what is derived.

use super::quantity::{Quantity, Range, RangeRefusal, Side};
use super::reading::{Flag, FlagBy};
use super::{Observed, ReportStatus, panels, proven, sealing, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::sessions::SignedIn;
use crate::care::records::CaredFor;
use crate::clock::Timestamp;
use crate::error::Failure;
use crate::portal::Portal;
use crate::types::ids::{LabReportId, ObservationId};
use crate::types::network::Network;

/// Observations of one report, at most.
pub const MOST: usize = 40;
/// Characters of a name, a laboratory or a panel.
const NAME_LONGEST: usize = 120;
/// Characters of a value in words.
const VALUE_LONGEST: usize = 200;
/// Characters of a unit, a range or one of its ends.
const SHORT_LONGEST: usize = 60;

/// A report as a form gives it.
#[derive(Clone)]
pub struct NewReport {
    /// Made when the form was shown, so that a form posted twice adds one report.
    pub id: LabReportId,
    /// What was asked for; empty: the name that the catalogue has for the code.
    pub panel: String,
    /// The same by LOINC; empty when unknown.
    pub panel_loinc: String,
    /// Which laboratory.
    pub performer: String,
    /// How far the lab is.
    pub status: ReportStatus,
    /// When the sample was taken.
    pub collected_at: Timestamp,
    /// When the lab sent it.
    pub issued_at: Option<Timestamp>,
    /// The values, 1 to [`MOST`]; rows that are all empty are passed over.
    pub observations: Vec<NewObservation>,
}

/// A row of the form, as typed.
#[derive(Clone, Default)]
pub struct NewObservation {
    /// What was measured; empty: the name that the catalogue has for the code.
    pub name: String,
    /// The same by LOINC; empty when unknown.
    pub loinc: String,
    /// The value as the lab wrote it.
    pub value: String,
    /// The unit.
    pub unit: String,
    /// The low end of the range; empty for a range with only a high end, or none.
    pub low: String,
    /// The high end.
    pub high: String,
    /// The range as the lab wrote it, when its ends are not given apart.
    pub range_text: String,
    /// The flag's code; empty: derived from the range.
    pub flag: String,
}

impl NewObservation {
    fn is_empty(&self) -> bool {
        let texts =
            [&self.name, &self.loinc, &self.value, &self.unit, &self.low, &self.high, &self.range_text, &self.flag];
        texts.iter().all(|text| text.trim().is_empty())
    }
}

/// What is wrong with a form; rows are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The panel has no name.
    PanelMissing,
    /// The panel's name is over 120 characters.
    PanelTooLong,
    /// The panel's code is no LOINC.
    PanelLoincMalformed,
    /// The laboratory is not named.
    PerformerMissing,
    /// The laboratory's name is over 120 characters.
    PerformerTooLong,
    /// The sample would be taken in the future.
    CollectedInFuture,
    /// The lab would have answered before the sample was taken, or in the future.
    IssuedOutOfOrder,
    /// No row is filled in.
    NoObservations,
    /// Over 40 rows.
    TooManyObservations,
    /// The form's id belongs to another report.
    NotYours,
    /// Something in a row.
    Row(usize, RowProblem),
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowProblem {
    /// It has no name.
    NameMissing,
    /// The name is over 120 characters.
    NameTooLong,
    /// The code is no LOINC.
    LoincMalformed,
    /// It has no value.
    ValueMissing,
    /// The value is over 200 characters.
    ValueTooLong,
    /// The value begins like a number and is none: a unit in it, or a thousands separator.
    NumberUnclear,
    /// The unit is over 60 characters.
    UnitTooLong,
    /// A range is over 60 characters.
    RangeTooLong,
    /// An end of the range is not a number.
    RangeUnclear,
    /// The low end lies over the high end.
    LowAboveHigh,
    /// No such flag.
    FlagUnknown,
}

/// A report that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// Which.
    pub id: LabReportId,
    /// Rows whose flag was derived from the range.
    pub derived: Vec<usize>,
    /// Rows whose flag says one thing and whose range another; kept as they are.
    pub disagreeing: Vec<usize>,
}

/// Adds a report for a patient who is the doctor's. It waits for its release. Posted twice, it is added once.
///
/// # Errors
/// Refused with every problem of the form; nothing is stored then.
pub async fn add_by_form(
    portal: &Portal,
    who: &SignedIn,
    cared: &CaredFor,
    new: &NewReport,
    from: &Network,
) -> Result<Added, Failure<Vec<Problem>>> {
    proven(who, cared)?;
    let now = portal.clock.now();
    let checked = check(new, now).map_err(Failure::Refused)?;
    let key = &cared.key;
    let head = sealing::Head { panel: checked.panel, performer: new.performer.trim().to_owned() };
    let is_critical = checked.rows.iter().any(|row| row.observed.flag.is_some_and(Flag::is_critical));
    let row = sql::NewRow {
        id: new.id,
        patient: cared.id,
        doctor: who.account,
        panel_loinc: code(&new.panel_loinc),
        status: new.status,
        head_sealed: sealing::seal_head(new.id, &head, key),
        collected_at: new.collected_at,
        issued_at: new.issued_at,
        critical_at: is_critical.then_some(now),
        now,
    };
    let mut added = Added { id: new.id, derived: Vec::new(), disagreeing: Vec::new() };
    for row in &checked.rows {
        if row.observed.flag.is_some() && row.observed.flag_by == FlagBy::Range {
            added.derived.push(row.number);
        }
        if row.observed.reading().disagrees {
            added.disagreeing.push(row.number);
        }
    }
    let mut tx = portal.db.begin().await?;
    if !sql::insert(&mut tx, &row).await? {
        let is_same = sql::is_of(&mut tx, new.id, cared.id).await?;
        return if is_same { Ok(added) } else { Err(Failure::Refused(vec![Problem::NotYours])) };
    }
    for (seq, row) in (0..).zip(&checked.rows) {
        let id = ObservationId::new();
        let sealed = sealing::seal_result(id, &row.observed, key);
        sql::insert_observation(&mut tx, id, new.id, seq, row.loinc, &sealed).await?;
    }
    let event = Event::new(who.actor(), Deed::LabReportAdded).of(cared.id).on(new.id).from(from);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Ok(added)
}

/// Everything that [`add_by_form`] would refuse, without adding anything: for a form that has other mistakes as well.
pub fn problems(new: &NewReport, now: Timestamp) -> Vec<Problem> {
    check(new, now).err().unwrap_or_default()
}

struct Checked<'a> {
    panel: String,
    rows: Vec<CheckedRow<'a>>,
}

struct CheckedRow<'a> {
    number: usize,
    loinc: Option<&'a str>,
    observed: Observed,
}

fn code(loinc: &str) -> Option<&str> {
    let loinc = loinc.trim();
    (!loinc.is_empty()).then_some(loinc)
}

/// Digits, a dash and a check digit (LOINC's mod 10).
fn is_loinc(code: &str) -> bool {
    let Some((number, check)) = code.split_once('-') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if number.len() > 7 || check.len() != 1 || !digits(number) || !digits(check) {
        return false;
    }
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    check == ((10 - sum % 10) % 10).to_string()
}

fn is_long(text: &str, most: usize) -> bool {
    text.trim().chars().count() > most
}

fn check(new: &NewReport, now: Timestamp) -> Result<Checked<'_>, Vec<Problem>> {
    let mut problems = Vec::new();
    let panel = match new.panel.trim() {
        "" => panels::panel(new.panel_loinc.trim()).map_or("", |panel| panel.lab_name),
        typed => typed,
    };
    let filled: Vec<(usize, &NewObservation)> =
        new.observations.iter().enumerate().filter(|(_, row)| !row.is_empty()).collect();
    let head = [
        (panel.is_empty(), Problem::PanelMissing),
        (is_long(panel, NAME_LONGEST), Problem::PanelTooLong),
        (code(&new.panel_loinc).is_some_and(|code| !is_loinc(code)), Problem::PanelLoincMalformed),
        (new.performer.trim().is_empty(), Problem::PerformerMissing),
        (is_long(&new.performer, NAME_LONGEST), Problem::PerformerTooLong),
        (new.collected_at > now, Problem::CollectedInFuture),
        (new.issued_at.is_some_and(|at| at < new.collected_at || at > now), Problem::IssuedOutOfOrder),
        (filled.is_empty(), Problem::NoObservations),
        (filled.len() > MOST, Problem::TooManyObservations),
    ];
    problems.extend(head.into_iter().filter(|(holds, _)| *holds).map(|(_, problem)| problem));
    let mut rows = Vec::new();
    for (number, row) in filled.into_iter().take(MOST) {
        match check_row(row) {
            Ok(observed) => rows.push(CheckedRow { number, loinc: code(&row.loinc), observed }),
            Err(problem) => problems.push(Problem::Row(number, problem)),
        }
    }
    if problems.is_empty() { Ok(Checked { panel: panel.to_owned(), rows }) } else { Err(problems) }
}

fn check_row(row: &NewObservation) -> Result<Observed, RowProblem> {
    let name = match row.name.trim() {
        "" => panels::test(row.loinc.trim()).map_or("", |test| test.lab_name),
        typed => typed,
    };
    let value = row.value.trim();
    let checks = [
        (name.is_empty(), RowProblem::NameMissing),
        (is_long(name, NAME_LONGEST), RowProblem::NameTooLong),
        (code(&row.loinc).is_some_and(|code| !is_loinc(code)), RowProblem::LoincMalformed),
        (value.is_empty(), RowProblem::ValueMissing),
        (is_long(value, VALUE_LONGEST), RowProblem::ValueTooLong),
        (is_long(&row.unit, SHORT_LONGEST), RowProblem::UnitTooLong),
        (
            [&row.low, &row.high, &row.range_text].iter().any(|text| is_long(text, SHORT_LONGEST)),
            RowProblem::RangeTooLong,
        ),
    ];
    if let Some((_, problem)) = checks.into_iter().find(|(holds, _)| *holds) {
        return Err(problem);
    }
    let range = Range::read(&row.low, &row.high, &row.range_text).map_err(|refusal| match refusal {
        RangeRefusal::NotANumber => RowProblem::RangeUnclear,
        RangeRefusal::LowAboveHigh => RowProblem::LowAboveHigh,
    })?;
    let quantity = Quantity::read(value);
    let like_a_number = value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '<' | '>' | '≤' | '≥' | '.'));
    if quantity.is_none() && range.is_some() && like_a_number {
        return Err(RowProblem::NumberUnclear);
    }
    let (flag, flag_by) = match row.flag.trim() {
        "" => (derive(quantity.as_ref(), range.as_ref()), FlagBy::Range),
        typed => (Some(Flag::from_code(typed).ok_or(RowProblem::FlagUnknown)?), FlagBy::Lab),
    };
    Ok(Observed {
        name: name.to_owned(),
        value: value.to_owned(),
        unit: row.unit.trim().to_owned(),
        low: row.low.trim().to_owned(),
        high: row.high.trim().to_owned(),
        range_text: row.range_text.trim().to_owned(),
        flag,
        flag_by,
    })
}

/// The flag that a range alone allows: never a critical one.
fn derive(quantity: Option<&Quantity>, range: Option<&Range>) -> Option<Flag> {
    match range?.side_of(quantity?)? {
        Side::Below => Some(Flag::L),
        Side::Inside => Some(Flag::N),
        Side::Above => Some(Flag::H),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glucose(value: &str, low: &str, high: &str, flag: &str) -> NewObservation {
        NewObservation {
            loinc: "2345-7".into(),
            value: value.into(),
            unit: "mmol/L".into(),
            low: low.into(),
            high: high.into(),
            flag: flag.into(),
            ..NewObservation::default()
        }
    }

    #[test]
    fn a_row_keeps_the_value_to_the_letter_and_derives_only_a_missing_flag() {
        let row = check_row(&glucose("5.0", "3.9", "5.50", "")).unwrap();
        assert_eq!((row.value.as_str(), row.high.as_str(), row.name.as_str()), ("5.0", "5.50", "Fasting glucose"));
        assert!(row.flag == Some(Flag::N) && row.flag_by == FlagBy::Range);
        let row = check_row(&glucose("500", "3.9", "5.5", "")).unwrap();
        assert!(row.flag == Some(Flag::H), "no critical flag is ever derived");
        let row = check_row(&glucose("7.0", "3.9", "5.5", "n")).unwrap();
        assert!(row.flag == Some(Flag::N) && row.flag_by == FlagBy::Lab && row.reading().disagrees);
        let row = check_row(&glucose("7.0", "", "", "")).unwrap();
        assert!(row.flag.is_none(), "nothing to derive from");
        assert!(check_row(&glucose("7.0", "", "9", "")).is_ok(), "a range may have one end");
    }

    #[test]
    fn a_row_is_refused_by_its_first_problem() {
        let why = |row: NewObservation| check_row(&row).err();
        assert_eq!(why(glucose("", "", "", "")), Some(RowProblem::ValueMissing));
        assert_eq!(why(glucose("5.0", "5.5", "3.9", "")), Some(RowProblem::LowAboveHigh));
        assert_eq!(why(glucose("5.0", "low", "", "")), Some(RowProblem::RangeUnclear));
        assert_eq!(why(glucose("5.0", "", "", "X")), Some(RowProblem::FlagUnknown));
        assert_eq!(why(glucose("1,200", "3.9", "5.5", "")), Some(RowProblem::NumberUnclear));
        assert_eq!(why(glucose("5.0 mmol/L", "3.9", "5.5", "")), Some(RowProblem::NumberUnclear));
        assert_eq!(why(glucose("Hemolyzed", "3.9", "5.5", "")), None);
        assert_eq!(
            why(NewObservation { loinc: "99999-8".into(), ..glucose("5", "", "", "") }),
            Some(RowProblem::NameMissing)
        );
        assert_eq!(
            why(NewObservation { loinc: "2345-8".into(), name: "x".into(), ..glucose("5", "", "", "") }),
            Some(RowProblem::LoincMalformed)
        );
        assert_eq!(
            why(NewObservation { name: "x".repeat(121), ..glucose("5", "", "", "") }),
            Some(RowProblem::NameTooLong)
        );
    }

    #[test]
    fn every_problem_of_a_form_is_told_at_once() {
        let now: Timestamp = "2026-11-24T15:00:00Z".parse().unwrap();
        let mut new = NewReport {
            id: LabReportId::new(),
            panel: String::new(),
            panel_loinc: "24323-8".into(),
            performer: "Lakeside Laboratory".into(),
            status: ReportStatus::Final,
            collected_at: now,
            issued_at: None,
            observations: vec![glucose("5.0", "3.9", "5.5", ""), NewObservation::default()],
        };
        let checked = check(&new, now).unwrap_or_else(|_| panic!("a good form"));
        assert_eq!((checked.rows.len(), checked.panel.is_empty()), (1, false), "empty rows are passed over");
        new.performer = " ".into();
        new.collected_at = now + crate::clock::SignedDuration::from_secs(60);
        new.observations[0].high = "1".into();
        let problems = check(&new, now).err().unwrap();
        assert_eq!(
            problems,
            [Problem::PerformerMissing, Problem::CollectedInFuture, Problem::Row(0, RowProblem::LowAboveHigh)]
        );
        new.observations = vec![glucose("5.0", "3.9", "5.5", ""); 41];
        assert!(check(&new, now).err().unwrap().contains(&Problem::TooManyObservations));
        new.observations.clear();
        assert!(check(&new, now).err().unwrap().contains(&Problem::NoObservations));
    }
}
