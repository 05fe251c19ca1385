//! A lab report as a form: its head, and numbered rows of values.

use jiff::civil::{Date, Time};
use serde::Deserialize;

use crate::care::labs::add::MOST;
use crate::care::labs::panels::{self, Ends, PANELS, Panel, Test, Usual};
use crate::care::labs::{Flag, NewObservation, NewReport, Problem, ReportStatus, RowProblem};
use crate::clock::Timestamp;
use crate::types::ids::LabReportId;
use crate::types::locale::Locale;
use crate::types::zone::Zone;
use crate::web::forms::{Choice, Errors};
use crate::words::Words;

/// Rows of a form without a panel, and how many "add more rows" adds.
pub const MORE_ROWS: usize = 5;
/// What the choice of panels says for a report that is none of ours.
pub const FREE: &str = "free";

/// What was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Vec<(String, String)>")]
pub struct ReportForm {
    /// The report's id, made when the form was shown.
    pub report: String,
    /// The panel's LOINC, or [`FREE`].
    pub panel: String,
    /// The panel's name, where it is none of ours.
    pub panel_name: String,
    /// The laboratory.
    pub lab: String,
    /// The day the sample was taken.
    pub collected_on: String,
    /// The time of day.
    pub collected_at: String,
    /// How far the lab is.
    pub status: String,
    /// "Add more rows" was pressed.
    pub more: bool,
    /// The values, row by row.
    pub rows: Vec<NewObservation>,
}

/// A row as the page shows it.
pub struct Row<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// The test, where the panel knows it.
    pub test: Option<&'static Test>,
    /// What was typed.
    pub typed: &'a NewObservation,
}

impl Row<'_> {
    /// The name of one of its fields.
    pub fn field(&self, field: &str) -> String {
        field_of(self.number, field)
    }

    /// Whether its range is one text rather than two ends.
    pub fn has_range_text(&self) -> bool {
        self.test.is_some_and(|test| is_text(&test.usual))
    }

    /// The usual ranges of women and men, where they differ: the page knows no sex.
    pub fn by_sex(&self) -> Option<(String, String)> {
        match self.test?.usual {
            Usual::BySex { female, male } => Some((in_one(&female), in_one(&male))),
            Usual::All(_) | Usual::LabOnly => None,
        }
    }

    /// The flags to choose from.
    pub fn flags(&self, words: &Words) -> Vec<Choice> {
        let chosen = self.typed.flag.as_str();
        let mut choices = vec![Choice::new("", words.t("doctor-flag-none"), chosen.is_empty())];
        choices.extend(Flag::ALL.into_iter().map(|flag| {
            let words = words.t(match flag {
                Flag::N => "doctor-flag-n",
                Flag::L => "doctor-flag-l",
                Flag::Ll => "doctor-flag-ll",
                Flag::H => "doctor-flag-h",
                Flag::Hh => "doctor-flag-hh",
                Flag::A => "doctor-flag-a",
                Flag::Aa => "doctor-flag-aa",
                Flag::BelowScale => "doctor-flag-below_scale",
                Flag::AboveScale => "doctor-flag-above_scale",
            });
            Choice::new(flag.code(), words, chosen == flag.code())
        }));
        choices
    }
}

fn field_of(number: usize, field: &str) -> String {
    format!("obs{number}_{field}")
}

fn is_text(usual: &Usual) -> bool {
    match usual {
        Usual::All(ends) | Usual::BySex { female: ends, .. } => !ends.text.is_empty(),
        Usual::LabOnly => false,
    }
}

fn in_one(ends: &Ends) -> String {
    if ends.text.is_empty() { format!("{}–{}", ends.low, ends.high) } else { ends.text.to_owned() }
}

/// `obs2_value`: row and field.
fn place(name: &str) -> Option<(usize, &str)> {
    let (number, field) = name.strip_prefix("obs")?.split_once('_')?;
    let number = number.parse().ok()?;
    (1..=MOST).contains(&number).then_some((number, field))
}

impl TryFrom<Vec<(String, String)>> for ReportForm {
    type Error = &'static str;

    fn try_from(pairs: Vec<(String, String)>) -> Result<Self, Self::Error> {
        let mut form = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "report" => form.report = value,
                "panel" => form.panel = value,
                "panel_name" => form.panel_name = value,
                "lab" => form.lab = value,
                "collected_on" => form.collected_on = value,
                "collected_at" => form.collected_at = value,
                "status" => form.status = value,
                "more" => form.more = true,
                _ => {
                    let (number, field) = place(&name).ok_or("a field that the form does not have")?;
                    if form.rows.len() < number {
                        form.rows.resize_with(number, NewObservation::default);
                    }
                    let row = form.rows.get_mut(number - 1).ok_or("a row that the form does not have")?;
                    match field {
                        "loinc" => row.loinc = value,
                        "name" => row.name = value,
                        "value" => row.value = value,
                        "unit" => row.unit = value,
                        "low" => row.low = value,
                        "high" => row.high = value,
                        "range" => row.range_text = value,
                        "flag" => row.flag = value,
                        _ => return Err("a field that the form does not have"),
                    }
                }
            }
        }
        Ok(form)
    }
}

fn prefilled(test: &Test) -> NewObservation {
    let ends = match test.usual {
        Usual::All(ends) => ends,
        Usual::BySex { .. } | Usual::LabOnly => Ends { low: "", high: "", text: "" },
    };
    NewObservation {
        loinc: test.loinc.to_owned(),
        unit: test.unit.to_owned(),
        low: ends.low.to_owned(),
        high: ends.high.to_owned(),
        range_text: ends.text.to_owned(),
        ..NewObservation::default()
    }
}

/// The test that a typed name means: the lab's name or the plain one, in any of our languages.
fn named(name: &str) -> Option<&'static Test> {
    let name = name.trim().to_lowercase();
    let is = |test: &&Test| {
        test.lab_name.to_lowercase() == name
            || Locale::ALL.into_iter().any(|locale| Words::new(locale).of(&test.name_key()).to_lowercase() == name)
    };
    PANELS.iter().flat_map(|panel| panel.tests).find(is)
}

impl ReportForm {
    /// The form for a panel: a row for each of its tests, with unit and usual range; or a few empty rows.
    pub fn of_panel(panel: &str) -> Self {
        let known = panels::panel(panel);
        Self {
            report: LabReportId::new().to_string(),
            panel: known.map_or(FREE, |panel| panel.loinc).to_owned(),
            status: ReportStatus::Final.as_str().to_owned(),
            rows: match known {
                Some(panel) => panel.tests.iter().map(prefilled).collect(),
                None => vec![NewObservation::default(); MORE_ROWS],
            },
            ..Self::default()
        }
    }

    /// The panel, if it is one of ours.
    pub fn known_panel(&self) -> Option<&'static Panel> {
        panels::panel(&self.panel)
    }

    /// Whether there is room for more rows.
    pub fn may_grow(&self) -> bool {
        self.rows.len() < MOST
    }

    /// Some more empty rows.
    pub fn grow(&mut self) {
        let rows = (self.rows.len() + MORE_ROWS).min(MOST);
        self.rows.resize_with(rows, NewObservation::default);
    }

    /// The rows as the page shows them.
    pub fn shown(&self) -> Vec<Row<'_>> {
        let tests = self.known_panel().map_or(&[][..], |panel| panel.tests);
        let test = |row: &NewObservation| tests.iter().find(|test| !row.loinc.is_empty() && test.loinc == row.loinc);
        (1..).zip(&self.rows).map(|(number, typed)| Row { number, test: test(typed), typed }).collect()
    }

    /// The report, or everything that is wrong beside its field.
    pub fn check(&self, words: &Words, zone: &Zone, now: Timestamp) -> Result<NewReport, Errors> {
        let mut errors = Errors::none();
        let date = Date::strptime("%Y-%m-%d", self.collected_on.trim()).ok();
        let time = Time::strptime("%H:%M", self.collected_at.trim()).ok();
        let status = self.status.parse().ok();
        let instant = date.zip(time).and_then(|(date, time)| zone.rules().to_timestamp(date.to_datetime(time)).ok());
        let report = NewReport {
            id: self.report.parse().unwrap_or_else(|_| LabReportId::new()),
            panel: if self.known_panel().is_some() { String::new() } else { self.panel_name.clone() },
            panel_loinc: self.known_panel().map_or_else(String::new, |panel| panel.loinc.to_owned()),
            performer: self.lab.clone(),
            status: status.unwrap_or(ReportStatus::Final),
            collected_at: instant.unwrap_or(now),
            issued_at: None,
            observations: self.shown().iter().map(observation).collect(),
        };
        let problems = crate::care::labs::problems(&report, now);
        let in_rows = |one: &&Problem| matches!(one, Problem::Row(..) | Problem::NoObservations);
        self.add(&mut errors, words, problems.iter().filter(|one| !in_rows(one)));
        if date.is_none() || (time.is_some() && instant.is_none()) {
            errors.add("collected_on", words.t("doctor-report-date-empty"));
        }
        if time.is_none() {
            errors.add("collected_at", words.t("doctor-report-time-empty"));
        }
        if status.is_none() {
            errors.add("status", words.t("doctor-report-status-empty"));
        }
        self.add(&mut errors, words, problems.iter().filter(in_rows));
        if errors.is_empty() { Ok(report) } else { Err(errors) }
    }

    /// What the rule said, beside the fields.
    pub fn refused(&self, words: &Words, problems: &[Problem]) -> Errors {
        let mut errors = Errors::none();
        self.add(&mut errors, words, problems.iter());
        errors
    }

    fn add<'a>(&self, errors: &mut Errors, words: &Words, problems: impl Iterator<Item = &'a Problem>) {
        let rows = self.shown();
        for problem in problems {
            match problem {
                Problem::PanelMissing => errors.add("panel_name", words.t("doctor-report-panel-empty")),
                Problem::PanelTooLong => errors.add("panel_name", words.t("doctor-report-name-long")),
                Problem::PerformerMissing => errors.add("lab", words.t("doctor-report-lab-empty")),
                Problem::PerformerTooLong => errors.add("lab", words.t("doctor-report-name-long")),
                Problem::CollectedInFuture => errors.add("collected_on", words.t("doctor-report-future")),
                Problem::NoObservations => errors.add(field_of(1, "value"), words.t("doctor-report-no_values")),
                // A form of ours names its codes, its rows and its id itself.
                Problem::PanelLoincMalformed
                | Problem::IssuedOutOfOrder
                | Problem::TooManyObservations
                | Problem::NotYours => errors.add("panel_name", words.t("doctor-report-stale")),
                Problem::Row(number, problem) => {
                    let is_text = rows.get(*number).is_some_and(Row::has_range_text);
                    let (field, key) = row_problem(*problem, is_text);
                    let text = words.with(key).arg("row", number + 1).to_string();
                    errors.add(field_of(number + 1, field), text);
                }
            }
        }
    }
}

/// The row for the rule: a test of the panel without a value was not done, and a known name gets its code.
fn observation(row: &Row<'_>) -> NewObservation {
    let mut typed = row.typed.clone();
    if row.test.is_some() {
        let is_left_out = typed.value.trim().is_empty() && typed.flag.trim().is_empty();
        return if is_left_out { NewObservation::default() } else { typed };
    }
    // A code that is not the panel's was not typed by anybody.
    typed.loinc = named(&typed.name).map_or_else(String::new, |test| test.loinc.to_owned());
    typed
}

fn row_problem(problem: RowProblem, is_text: bool) -> (&'static str, &'static str) {
    let range = if is_text { "range" } else { "low" };
    match problem {
        RowProblem::NameMissing | RowProblem::LoincMalformed => ("name", "doctor-report-row-name"),
        RowProblem::NameTooLong => ("name", "doctor-report-row-name-long"),
        RowProblem::ValueMissing => ("value", "doctor-report-row-value"),
        RowProblem::ValueTooLong => ("value", "doctor-report-row-value-long"),
        RowProblem::NumberUnclear => ("value", "doctor-report-row-number"),
        RowProblem::UnitTooLong => ("unit", "doctor-report-row-unit-long"),
        RowProblem::RangeTooLong => (range, "doctor-report-row-range-long"),
        RowProblem::RangeUnclear => (range, "doctor-report-row-range"),
        RowProblem::LowAboveHigh => (range, "doctor-report-row-order"),
        RowProblem::FlagUnknown => ("flag", "doctor-report-row-flag"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Result<ReportForm, &'static str> {
        ReportForm::try_from(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn a_test_without_a_value_was_not_done_and_a_known_name_gets_its_code() {
        let (words, now) = (Words::new(Locale::En), "2026-11-24T15:00:00Z".parse::<Timestamp>().unwrap());
        let mut typed = ReportForm::of_panel("24331-1");
        typed.lab = "Lakeside Laboratory".into();
        typed.collected_on = "2026-11-23".into();
        typed.collected_at = "08:15".into();
        assert_eq!(typed.rows[0].range_text, "<200");
        assert!(typed.shown()[2].typed.range_text.is_empty(), "the page knows no sex");
        assert_eq!(typed.shown()[2].by_sex(), Some((">50".into(), ">40".into())));
        typed.rows[1].value = "140".into();
        typed.grow();
        typed.rows[6].name = "hemoglobin a1c".into();
        typed.rows[6].value = "5.6".into();
        let report = typed.check(&words, &Zone::utc(), now).unwrap_or_else(|_| panic!("a good form"));
        let filled: Vec<&str> =
            report.observations.iter().filter(|row| !row.value.is_empty()).map(|row| row.loinc.as_str()).collect();
        assert_eq!(filled, ["2571-8", "4548-4"]);
        assert_eq!(report.observations[0].unit, "", "a test that was not done leaves no row");
        assert_eq!(report.collected_at.to_string(), "2026-11-23T08:15:00Z");
    }

    #[test]
    fn every_mistake_stands_beside_its_field_with_the_number_of_its_row() {
        let (words, now) = (Words::new(Locale::En), "2026-11-24T15:00:00Z".parse::<Timestamp>().unwrap());
        let typed = form(&[
            ("panel", FREE),
            ("collected_on", "yesterday"),
            ("collected_at", ""),
            ("status", "done"),
            ("obs2_name", "Iron"),
            ("obs2_low", "9"),
            ("obs2_high", "3"),
            ("obs2_value", "4"),
            ("obs3_value", "1"),
        ])
        .unwrap();
        let errors = typed.check(&words, &Zone::utc(), now).err().unwrap();
        let fields: Vec<String> = errors.iter().map(|error| error.field.to_string()).collect();
        assert_eq!(fields, ["panel_name", "lab", "collected_on", "collected_at", "status", "obs2_low", "obs3_name"]);
        assert!(errors.of("obs3_name").unwrap().contains("3"));
        for odd in ["obs0_value", "obs41_value", "obs1_reading", "obs_value", "patient", "obs1"] {
            assert!(form(&[(odd, "x")]).is_err(), "{odd}");
        }
    }
}
