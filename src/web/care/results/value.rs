//! One value of a report as a page shows it: its names, its number line, its usual range.

use crate::care::labs::quantity::Range;
use crate::care::labs::{Beyond, FlagBy, Mark, NumberLine, Observation, Report, Standing, panels};
use crate::words::Words;

/// A plain name with the lab's own behind it; the lab's alone for what the catalogue does not know.
pub(in crate::web) struct Named {
    pub(in crate::web) plain: String,
    pub(in crate::web) lab: Option<String>,
}

impl Named {
    pub(in crate::web) fn new(words: &Words, key: Option<String>, lab: &str) -> Self {
        match key {
            Some(key) => {
                let plain = words.of(&key);
                // A name that is the same in both words is read once.
                let lab = (plain.to_lowercase() != lab.to_lowercase()).then(|| lab.to_owned());
                Self { plain, lab }
            }
            None => Self { plain: lab.to_owned(), lab: None },
        }
    }

    pub(in crate::web) fn of_panel(words: &Words, report: &Report) -> Self {
        Self::panel(words, report.panel_loinc.as_deref(), &report.panel)
    }

    /// A panel by its LOINC and the lab's name of it.
    pub(in crate::web) fn panel(words: &Words, loinc: Option<&str>, lab: &str) -> Self {
        Self::new(words, loinc.and_then(panels::panel).map(panels::Panel::name_key), lab)
    }

    pub(in crate::web) fn of_test(words: &Words, observation: &Observation) -> Self {
        Self::new(words, observation.test().map(panels::Test::name_key), &observation.observed.name)
    }
}

/// The usual range, as the lab gave it.
pub(in crate::web) enum Usual {
    Between { low: String, high: String },
    Under(String),
    UpTo(String),
    Over(String),
    From(String),
    Text(String),
    None,
}

/// A unit as people read it; the stored one stays as the lab sent it (UCUM).
fn unit_shown(unit: &str) -> String {
    unit.replace("{1.73_m2}", "1.73 m²")
        .replace("10*3/", "10³/")
        .replace("10*6/", "10⁶/")
        .replace("m[IU]", "mIU")
        .replace("uL", "µL")
}

/// A number with its unit.
fn amount(number: &str, unit: &str) -> String {
    let unit = unit_shown(unit);
    if unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
}

impl Usual {
    pub(in crate::web) fn new(observation: &Observation) -> Self {
        let observed = &observation.observed;
        let range = Range::read(&observed.low, &observed.high, &observed.range_text).unwrap_or_default();
        let with_unit = |number: &str| amount(number, &observed.unit);
        match range.map(|range| (range.low, range.high)) {
            Some((Some(low), Some(high))) => Self::Between { low: low.text, high: with_unit(&high.text) },
            Some((None, Some(high))) if high.is_in => Self::UpTo(with_unit(&high.text)),
            Some((None, Some(high))) => Self::Under(with_unit(&high.text)),
            Some((Some(low), None)) if low.is_in => Self::From(with_unit(&low.text)),
            Some((Some(low), None)) => Self::Over(with_unit(&low.text)),
            Some((None, None)) | None if observed.range_text.trim().is_empty() => Self::None,
            Some((None, None)) | None => Self::Text(observed.range_text.trim().to_owned()),
        }
    }
}

/// A number line in the units of its drawing, 10 to 310.
pub(in crate::web) struct Line {
    pub(in crate::web) title: String,
    pub(in crate::web) from: i64,
    pub(in crate::web) to: i64,
    pub(in crate::web) at: i64,
    pub(in crate::web) low: String,
    pub(in crate::web) high: String,
    pub(in crate::web) beyond: Option<Beyond>,
}

impl Line {
    pub(in crate::web) fn new(words: &Words, value: &str, line: &NumberLine) -> Self {
        let place = |part: f64| (10.0 + part * 3.0).round() as i64;
        let (low, high) = (line.low_label.as_deref(), line.high_label.as_deref());
        let title = match (low, high) {
            (Some(low), Some(high)) => {
                words.with("labs-line-between").arg("value", value).arg("low", low).arg("high", high)
            }
            (None, high) => words.with("labs-line-under").arg("value", value).arg("high", high.unwrap_or_default()),
            (Some(low), None) => words.with("labs-line-over").arg("value", value).arg("low", low),
        };
        Self {
            title: title.to_string(),
            from: place(line.band_start),
            to: place(line.band_end),
            at: place(line.marker),
            low: line.low_label.clone().unwrap_or_default(),
            high: line.high_label.clone().unwrap_or_default(),
            beyond: line.beyond,
        }
    }

    /// The side on which the value lies off the line, in the words of the drawing.
    pub(in crate::web) fn beyond(&self) -> &'static str {
        match self.beyond {
            Some(Beyond::Left) => "low",
            Some(Beyond::Right) => "high",
            None => "",
        }
    }
}

/// One value of a report.
pub(in crate::web) struct Value {
    pub(in crate::web) anchor: String,
    pub(in crate::web) name: Named,
    pub(in crate::web) value: String,
    pub(in crate::web) unit: String,
    pub(in crate::web) standing: Standing,
    pub(in crate::web) line: Option<Line>,
    pub(in crate::web) usual: Usual,
    pub(in crate::web) about: Option<String>,
    /// The lab gave no mark: where the value stands was read from the lab's range.
    pub(in crate::web) by_range: bool,
    pub(in crate::web) disagrees: bool,
}

impl Value {
    pub(in crate::web) fn new(words: &Words, number: usize, observation: &Observation) -> Self {
        let (observed, reading) = (&observation.observed, &observation.reading);
        Self {
            anchor: format!("value-{number}"),
            name: Named::of_test(words, observation),
            value: observed.value.clone(),
            unit: unit_shown(&observed.unit),
            standing: reading.standing,
            line: reading.line.as_ref().map(|line| Line::new(words, &observed.value, line)),
            usual: Usual::new(observation),
            about: observation.test().map(|test| words.of(&test.about_key())),
            by_range: observed.flag.is_some() && observed.flag_by == FlagBy::Range,
            disagrees: reading.disagrees,
        }
    }

    /// The id of its line's title.
    pub(in crate::web) fn line_id(&self) -> String {
        format!("{}-line", self.anchor)
    }

    /// The kind of the flag, in the words of its macro.
    pub(in crate::web) fn flag(&self) -> &'static str {
        match self.standing.mark() {
            Mark::Up => "high",
            Mark::Down => "low",
            Mark::Critical => "crit",
            Mark::Outlined => "other",
            Mark::Quiet if self.standing == Standing::InRange => "in",
            Mark::Quiet => "none",
        }
    }

    /// The kind of the mark on the line: coloured only where the flag is.
    pub(in crate::web) fn mark(&self) -> &'static str {
        match self.standing.mark() {
            Mark::Up => "high",
            Mark::Down => "low",
            Mark::Critical => "crit",
            Mark::Quiet | Mark::Outlined => "in",
        }
    }
}
