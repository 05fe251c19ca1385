//! `/doctor/patients/{id}`: a patient of this doctor.

use actix_web::web::{Path, Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;

use crate::care::appointments::{self, Appointment, Mode, PAGE_SIZE, Standing};
use crate::care::labs::{self, Report};
use crate::care::records::{self, Patient};
use crate::types::ids::{LabReportId, PatientId};
use crate::visits::{JoinState, join_state};
use crate::web::care::results::Named;
use crate::web::guard::{Ctx, Doctor};
use crate::web::layout::{Layout, page};
use crate::web::problem::{PageResult, Problem};

/// Who the patient is, on every page about them.
pub struct Identity {
    /// The record.
    pub id: PatientId,
    /// Their name.
    pub name: String,
    /// Their date of birth.
    pub born: String,
    /// Their age today, where the doctor is.
    pub age: i32,
    /// What tells two people of one name and age apart.
    pub record: String,
    /// The phone to call them on.
    pub phone: Option<String>,
}

impl Identity {
    /// Of an opened record.
    pub fn of(layout: &Layout, patient: &Patient) -> Self {
        let today = layout.zone.rules().to_datetime(layout.now).date();
        // The beginning of an id is the time of its making: only its end tells people apart.
        let id = patient.id.to_string().to_uppercase();
        let end = &id[id.len() - 8..];
        Self {
            id: patient.id,
            name: patient.name.as_str().to_owned(),
            born: layout.words.short_date(patient.birth_date.date()),
            age: patient.birth_date.age_on(today),
            record: format!("{}-{}", &end[..4], &end[4..]),
            phone: patient.contact.as_ref().and_then(|contact| Some(contact.phone.as_ref()?.e164().to_owned())),
        }
    }
}

#[derive(Template)]
#[template(path = "doctor/patient.html")]
struct PatientPage {
    layout: Layout,
    patient: Identity,
    appointments: Vec<Appointment>,
    page: i64,
    pages: i64,
    results: Vec<ResultRow>,
    results_page: i64,
    has_older: bool,
}

struct ResultRow {
    id: LabReportId,
    name: String,
    collected: String,
    outside: usize,
    all: usize,
    is_critical: bool,
    released: Option<String>,
}

impl ResultRow {
    fn new(layout: &Layout, report: &Report) -> Self {
        Self {
            id: report.id,
            name: Named::of_panel(&layout.words, report).plain,
            collected: layout.words.short_day(report.collected_at, &layout.zone),
            outside: report.outside(),
            all: report.observations.len(),
            is_critical: report.is_critical(),
            released: report.released_at.map(|at| layout.words.short_day(at, &layout.zone)),
        }
    }
}

impl PatientPage {
    fn may_join(&self, one: &Appointment) -> bool {
        matches!(join_state(one, self.layout.now), JoinState::Open { .. })
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    page: i64,
    #[serde(default)]
    results: i64,
}

/// `GET /doctor/patients/{id}`: not found for a made-up id and for somebody else's patient alike.
async fn show(ctx: Ctx<Doctor>, id: Path<PatientId>, asked: Query<Asked>) -> PageResult {
    let who = &ctx.who.signed_in;
    let cared = records::open_for(&ctx.portal, who, *id, ctx.network()).await?.ok_or(Problem::NotFound)?;
    let number = asked.page.max(1);
    let (appointments, total) = appointments::with_patient(&ctx.portal, who, &cared, number - 1, ctx.network()).await?;
    let results_page = asked.results.max(1);
    let results = labs::list_for_doctor(&ctx.portal, who, &cared, results_page, ctx.network()).await?;
    let layout = ctx.layout();
    page(&PatientPage {
        patient: Identity::of(&layout, &cared),
        has_older: results.len() as i64 == labs::PAGE,
        results: results.iter().map(|report| ResultRow::new(&layout, report)).collect(),
        layout,
        appointments,
        page: number,
        pages: (total + PAGE_SIZE - 1).div_euclid(PAGE_SIZE).max(1),
        results_page,
    })
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/doctor/patients/{id}", get().to(show));
}
