//! A lab report as its patient reads it: plain words first, then the number, the line and the range.

use crate::care::labs::{Beyond, Mark, Observation, Progress, Report, Standing};
use crate::web::layout::Layout;
use crate::words::Words;

/// Where the line of a page begins and how long it is, in the units of its drawing.
const LINE: (f64, f64) = (10.0, 300.0);

/// A number line in the units of its drawing.
pub struct Line {
    /// Where the range begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Where the value stands.
    pub at: f64,
    /// The low end as the lab wrote it.
    pub from_label: String,
    /// The high end as the lab wrote it.
    pub to_label: String,
    /// `low` or `high` when the value lies off the line.
    pub beyond: String,
}

/// One value.
pub struct Shown {
    /// Its plain name, or the lab's when there is none.
    pub name: String,
    /// The lab's name, where the plain one stands above it.
    pub lab_name: Option<String>,
    /// Where it stands, in a sentence.
    pub sentence: String,
    /// The value to the letter.
    pub value: String,
    /// Its unit.
    pub unit: String,
    /// The flag's kind: in, high, low, crit, none, other.
    pub kind: String,
    /// The flag in words.
    pub flag: String,
    /// The range, in a sentence.
    pub range: Option<String>,
    /// The drawing.
    pub line: Option<Line>,
    /// The flag says one thing and the range another.
    pub disagrees: bool,
    /// What the test is.
    pub about: Option<String>,
}

impl Shown {
    /// The colour of the value's mark on its line.
    pub fn line_kind(&self) -> String {
        if matches!(self.kind.as_str(), "high" | "low" | "crit") { self.kind.clone() } else { "in".to_owned() }
    }
}

/// A report.
pub struct ShownReport {
    /// The panel's plain name, or the lab's.
    pub name: String,
    /// The lab's name of the panel, where the plain one stands above it.
    pub lab_name: Option<String>,
    /// Whether a value needs a call today.
    pub is_critical: bool,
    /// How many values are outside of how many.
    pub outside: usize,
    /// Its values.
    pub values: Vec<Shown>,
}

fn sentence(words: &Words, standing: Standing) -> String {
    words.t(match standing {
        Standing::InRange => "seen-in_range",
        Standing::LittleAbove => "seen-little_above",
        Standing::Above => "seen-above",
        Standing::FarAbove => "seen-far_above",
        Standing::LittleBelow => "seen-little_below",
        Standing::Below => "seen-below",
        Standing::FarBelow => "seen-far_below",
        Standing::NoRange => "seen-no_range",
        Standing::CannotTell => "seen-cannot_tell",
        Standing::Found => "seen-found",
        Standing::NotFound => "seen-not_found",
        Standing::NotMeasured => "seen-not_measured",
        Standing::Outside => "seen-outside",
        Standing::FarOutside => "seen-far_outside",
        Standing::Described => "seen-described",
    })
}

/// The flag's kind and words.
pub fn flag(words: &Words, standing: Standing) -> (&'static str, String) {
    let kind = match standing.mark() {
        Mark::Quiet if standing == Standing::InRange => "in",
        Mark::Quiet => "none",
        Mark::Up => "high",
        Mark::Down => "low",
        Mark::Critical => "crit",
        Mark::Outlined => "other",
    };
    let text = words.t(match standing {
        Standing::InRange => "seen-flag-in",
        Standing::LittleAbove | Standing::Above => "seen-flag-above",
        Standing::LittleBelow | Standing::Below => "seen-flag-below",
        Standing::FarAbove => "seen-flag-far_above",
        Standing::FarBelow => "seen-flag-far_below",
        Standing::FarOutside => "seen-flag-far_outside",
        Standing::Outside => "seen-flag-outside",
        Standing::NoRange => "seen-flag-no_range",
        Standing::CannotTell => "seen-flag-cannot_tell",
        Standing::Found => "seen-flag-found",
        Standing::NotFound => "seen-flag-not_found",
        Standing::NotMeasured => "seen-flag-not_measured",
        Standing::Described => "seen-flag-described",
    });
    (kind, text)
}

fn range(words: &Words, one: &Observation) -> Option<String> {
    let seen = &one.observed;
    let with_unit = |end: &str| format!("{end} {}", seen.unit).trim_end().to_owned();
    let sentence = match (seen.low.as_str(), seen.high.as_str(), seen.range_text.as_str()) {
        ("", "", "") => return None,
        ("", "", text) => words.with("seen-range-text").arg("range", with_unit(text)),
        (low, "", _) => words.with("seen-range-from").arg("low", with_unit(low)),
        ("", high, _) => words.with("seen-range-up_to").arg("high", with_unit(high)),
        (low, high, _) => words.with("seen-range").arg("low", low).arg("high", with_unit(high)),
    };
    Some(sentence.to_string())
}

fn line(one: &Observation) -> Option<Line> {
    let drawn = one.reading.line.as_ref()?;
    let place = |hundredth: f64| ((LINE.0 + hundredth * LINE.1 / 100.0) * 10.0).round() / 10.0;
    Some(Line {
        from: place(drawn.band_start),
        to: place(drawn.band_end),
        at: place(drawn.marker),
        from_label: drawn.low_label.clone().unwrap_or_default(),
        to_label: drawn.high_label.clone().unwrap_or_default(),
        beyond: match drawn.beyond {
            Some(Beyond::Left) => "low",
            Some(Beyond::Right) => "high",
            None => "",
        }
        .to_owned(),
    })
}

fn shown(words: &Words, one: &Observation) -> Shown {
    let test = one.test();
    let (kind, flag) = flag(words, one.reading.standing);
    Shown {
        name: test.map_or_else(|| one.observed.name.clone(), |test| words.of(&test.name_key())),
        lab_name: test.map(|_| one.observed.name.clone()),
        sentence: sentence(words, one.reading.standing),
        value: one.observed.value.clone(),
        unit: one.observed.unit.clone(),
        kind: kind.to_owned(),
        flag,
        range: range(words, one),
        line: line(one),
        disagrees: one.reading.disagrees,
        about: test.map(|test| words.of(&test.about_key())),
    }
}

/// The plain name of a report's panel, and the lab's where that is another.
pub fn panel_names(words: &Words, report: &Report) -> (String, Option<String>) {
    match report.panel_loinc.as_deref().and_then(crate::care::labs::panels::panel) {
        Some(panel) => (words.of(&panel.name_key()), Some(report.panel.clone())),
        None => (report.panel.clone(), None),
    }
}

impl ShownReport {
    /// Reads a report out in the page's language.
    pub fn new(words: &Words, report: &Report) -> Self {
        let (name, lab_name) = panel_names(words, report);
        Self {
            name,
            lab_name,
            is_critical: report.is_critical(),
            outside: report.outside(),
            values: report.observations.iter().map(|one| shown(words, one)).collect(),
        }
    }
}

/// What became of a report so far, in a sentence.
pub fn progress(layout: &Layout, report: &Report) -> String {
    let words = &layout.words;
    match &report.progress {
        Progress::Pending => words.t("seen-pending"),
        Progress::Waiting => words.t("seen-waiting"),
        Progress::Reviewed { doctor, at } => {
            let date = words.short_day(*at, &layout.zone);
            words.with("seen-reviewed").arg("name", doctor.as_str()).arg("date", date).to_string()
        }
    }
}
