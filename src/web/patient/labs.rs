//! `/labs`: test results, and one report in words, numbers and pictures. The values need a fresh code.

use actix_web::web::{Path, Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;

use crate::auth::step_up;
use crate::care::labs::quantity::Range;
use crate::care::labs::{
    self, Beyond, Filter, FlagBy, Mark, NumberLine, Observation, Progress, Report, ReportStatus, ShowRefusal, Standing,
    panels,
};
use crate::care::records::{self, Patient as Own};
use crate::clock::Timestamp;
use crate::error::Failure;
use crate::types::ids::LabReportId;
use crate::web::entry;
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Patient};
use crate::web::layout::{Layout, page, see_other};
use crate::web::patient::doctor_named;
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

/// A plain name with the lab's own behind it; the lab's alone for what the catalogue does not know.
struct Named {
    plain: String,
    lab: Option<String>,
}

impl Named {
    fn new(words: &Words, key: Option<String>, lab: &str) -> Self {
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

    fn of_panel(words: &Words, report: &Report) -> Self {
        let panel = report.panel_loinc.as_deref().and_then(panels::panel);
        Self::new(words, panel.map(panels::Panel::name_key), &report.panel)
    }

    fn of_test(words: &Words, observation: &Observation) -> Self {
        Self::new(words, observation.test().map(panels::Test::name_key), &observation.observed.name)
    }
}

/// A report in the list.
struct Group {
    id: LabReportId,
    name: Named,
    collected: String,
    count: usize,
    outside: usize,
    all_in: bool,
    critical: bool,
    is_new: bool,
    progress: Said,
    tests: Vec<String>,
}

/// How far a report is, with its doctor as patients read them.
enum Said {
    Pending,
    Waiting,
    Reviewed { doctor: String, on: String },
}

impl Said {
    fn new(layout: &Layout, progress: &Progress) -> Self {
        match progress {
            Progress::Pending => Self::Pending,
            Progress::Waiting => Self::Waiting,
            Progress::Reviewed { doctor, at } => Self::Reviewed {
                doctor: doctor_named(&layout.words, doctor),
                on: layout.words.short_day(*at, &layout.zone),
            },
        }
    }
}

impl Group {
    fn new(layout: &Layout, report: &Report) -> Self {
        let all_in = |one: &Observation| one.reading.standing == Standing::InRange;
        Self {
            id: report.id,
            name: Named::of_panel(&layout.words, report),
            collected: layout.words.short_day(report.collected_at, &layout.zone),
            count: report.observations.len(),
            outside: report.outside(),
            all_in: report.observations.iter().all(all_in),
            critical: report.is_critical(),
            is_new: report.is_new,
            progress: Said::new(layout, &report.progress),
            tests: report.observations.iter().map(|one| Named::of_test(&layout.words, one).plain).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "patient/labs/list.html")]
struct ListPage {
    layout: Layout,
    groups: Vec<Group>,
    name: String,
    years: Vec<Choice>,
    filtered: bool,
    total: i64,
    page: i64,
    pages: i64,
    href: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Search {
    name: String,
    year: String,
    page: String,
}

async fn own(ctx: &Ctx<Patient>) -> Result<Own, Problem> {
    records::own(&ctx.portal, &ctx.who.signed_in).await?.ok_or(Problem::NotFound)
}

/// `GET /labs`.
async fn list(ctx: Ctx<Patient>, search: Query<Search>) -> PageResult {
    let own = own(&ctx).await?;
    let filter =
        Filter { name: search.name.clone(), year: search.year.parse().ok(), page: search.page.parse().unwrap_or(1) };
    let found = labs::list_for_patient(&ctx.portal, &ctx.who.signed_in, &own, &filter, ctx.network()).await?;
    let layout = ctx.layout();
    let all_years = Choice::new("", layout.words.t("labs-year-all"), filter.year.is_none());
    let years =
        found.years.iter().map(|year| Choice::new(year.to_string(), year.to_string(), filter.year == Some(*year)));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("name", search.name.trim())
        .append_pair("year", &filter.year.map(|year| year.to_string()).unwrap_or_default())
        .finish();
    let href = format!("/labs?{query}&page=");
    if found.reports.is_empty() && found.page > 1 {
        return see_other(&format!("{href}1"));
    }
    page(&ListPage {
        groups: found.reports.iter().map(|report| Group::new(&layout, report)).collect(),
        years: std::iter::once(all_years).chain(years).collect(),
        filtered: !filter.name.trim().is_empty() || filter.year.is_some(),
        name: filter.name,
        total: found.total,
        page: found.page,
        pages: found.pages,
        href,
        layout,
    })
}

/// The usual range, as the lab gave it.
enum Usual {
    Between { low: String, high: String },
    Under(String),
    UpTo(String),
    Over(String),
    From(String),
    Text(String),
    None,
}

/// A number with its unit.
fn amount(number: &str, unit: &str) -> String {
    if unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
}

impl Usual {
    fn new(observation: &Observation) -> Self {
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
struct Line {
    title: String,
    from: i64,
    to: i64,
    at: i64,
    low: String,
    high: String,
    beyond: Option<Beyond>,
}

impl Line {
    fn new(words: &Words, value: &str, line: &NumberLine) -> Self {
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
    fn beyond(&self) -> &'static str {
        match self.beyond {
            Some(Beyond::Left) => "low",
            Some(Beyond::Right) => "high",
            None => "",
        }
    }
}

/// One value of a report.
struct Value {
    anchor: String,
    name: Named,
    value: String,
    unit: String,
    standing: Standing,
    line: Option<Line>,
    usual: Usual,
    about: Option<String>,
    /// The lab gave no mark: where the value stands was read from the lab's range.
    by_range: bool,
    disagrees: bool,
}

impl Value {
    fn new(words: &Words, number: usize, observation: &Observation) -> Self {
        let (observed, reading) = (&observation.observed, &observation.reading);
        Self {
            anchor: format!("value-{number}"),
            name: Named::of_test(words, observation),
            value: observed.value.clone(),
            unit: observed.unit.clone(),
            standing: reading.standing,
            line: reading.line.as_ref().map(|line| Line::new(words, &observed.value, line)),
            usual: Usual::new(observation),
            about: observation.test().map(|test| words.of(&test.about_key())),
            by_range: observed.flag.is_some() && observed.flag_by == FlagBy::Range,
            disagrees: reading.disagrees,
        }
    }

    /// The id of its line's title.
    fn line_id(&self) -> String {
        format!("{}-line", self.anchor)
    }

    /// The kind of the flag, in the words of its macro.
    fn flag(&self) -> &'static str {
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
    fn mark(&self) -> &'static str {
        match self.standing.mark() {
            Mark::Up => "high",
            Mark::Down => "low",
            Mark::Critical => "crit",
            Mark::Quiet | Mark::Outlined => "in",
        }
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Call,
    Pending,
    Waiting,
    Noted,
    Seen,
}

/// A doctor's note.
struct Note {
    doctor: String,
    on: String,
    text: String,
}

#[derive(Template)]
#[template(path = "patient/labs/show.html")]
struct ShowPage {
    layout: Layout,
    name: Named,
    values: Vec<Value>,
    outside: usize,
    all_in: bool,
    critical: bool,
    progress: Said,
    note: Option<Note>,
    next: Next,
    corrected_on: Option<String>,
    collected_on: String,
    collected_at: Timestamp,
    issued_at: Option<Timestamp>,
    panel: String,
    performer: String,
    patient: String,
    birth_date: String,
}

impl ShowPage {
    fn new(layout: Layout, own: &Own, report: &Report) -> Self {
        let words = &layout.words;
        let critical = report.is_critical();
        let note = report.review.as_ref().and_then(|review| {
            let text = review.note.clone()?;
            let on = words.short_day(review.at, &layout.zone);
            Some(Note { doctor: doctor_named(words, &review.doctor), on, text })
        });
        let next = match &report.progress {
            _ if critical => Next::Call,
            Progress::Pending => Next::Pending,
            Progress::Waiting => Next::Waiting,
            Progress::Reviewed { .. } if note.is_some() => Next::Noted,
            Progress::Reviewed { .. } => Next::Seen,
        };
        let corrected = report.status == ReportStatus::Corrected;
        let name = match report.observations.as_slice() {
            [only] => Named::of_test(words, only),
            _ => Named::of_panel(words, report),
        };
        Self {
            name,
            values: report.observations.iter().enumerate().map(|(n, one)| Value::new(words, n + 1, one)).collect(),
            outside: report.outside(),
            all_in: report.observations.iter().all(|one| one.reading.standing == Standing::InRange),
            critical,
            progress: Said::new(&layout, &report.progress),
            note,
            next,
            corrected_on: corrected.then(|| words.short_day(report.issued_at.unwrap_or(report.added_at), &layout.zone)),
            collected_on: words.short_day(report.collected_at, &layout.zone),
            collected_at: report.collected_at,
            issued_at: report.issued_at,
            panel: report.panel.clone(),
            performer: report.performer.clone(),
            patient: own.name.as_str().to_owned(),
            birth_date: words.short_date(own.birth_date.date()),
            layout,
        }
    }

    /// Whether some values stand where our own comparison put them.
    fn is_compared(&self) -> bool {
        self.values.iter().any(|value| value.by_range)
    }
}

/// `GET /labs/{id}`: one report, after a fresh code. Nobody else's can be told from none.
async fn show(ctx: Ctx<Patient>, id: Path<String>) -> PageResult {
    let id: LabReportId = id.parse().map_err(|_| Problem::NotFound)?;
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address(&format!("/labs/{id}")));
    };
    let own = own(&ctx).await?;
    match labs::show_for_patient(&ctx.portal, &ctx.who.signed_in, &own, &fresh, id, ctx.network()).await {
        Ok(report) => page(&ShowPage::new(ctx.layout(), &own, &report)),
        Err(Failure::Refused(ShowRefusal::NotFound | ShowRefusal::NotFresh)) => Err(Problem::NotFound),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/labs", get().to(list)).route("/labs/{id}", get().to(show));
}
