//! `/labs`: test results, and one report in words, numbers and pictures. The values need a fresh code.

use actix_web::web::{Path, Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;

use crate::auth::step_up;
use crate::care::labs::{self, Filter, Observation, Report, ShowRefusal, Standing};
use crate::care::records::{self, Patient as Own};
use crate::error::Failure;
use crate::types::ids::LabReportId;
use crate::web::care::results::{Named, Next, Said, Shown, Usual};
use crate::web::entry;
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Patient};
use crate::web::layout::{Layout, page, see_other};
use crate::web::problem::{PageResult, Problem};

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

/// `GET /labs`: after a fresh code, since already the list tells what is out of range.
async fn list(ctx: Ctx<Patient>, search: Query<Search>) -> PageResult {
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address("/labs"));
    }
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

#[derive(Template)]
#[template(path = "patient/labs/show.html")]
struct ShowPage {
    layout: Layout,
    shown: Shown,
    patient: String,
    birth_date: String,
}

/// `GET /labs/{id}`: one report, after a fresh code. Nobody else's can be told from none.
async fn show(ctx: Ctx<Patient>, id: Path<String>) -> PageResult {
    let id: LabReportId = id.parse().map_err(|_| Problem::NotFound)?;
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address(&format!("/labs/{id}")));
    };
    let own = own(&ctx).await?;
    match labs::show_for_patient(&ctx.portal, &ctx.who.signed_in, &own, &fresh, id, ctx.network()).await {
        Ok(report) => {
            let layout = ctx.layout();
            page(&ShowPage {
                shown: Shown::new(&layout, &report),
                patient: own.name.as_str().to_owned(),
                birth_date: layout.words.short_date(own.birth_date.date()),
                layout,
            })
        }
        Err(Failure::Refused(ShowRefusal::NotFound | ShowRefusal::NotFresh)) => Err(Problem::NotFound),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/labs", get().to(list)).route("/labs/{id}", get().to(show));
}
