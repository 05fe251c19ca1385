//! `/doctor/patients/{id}/labs/new`: a lab report is typed in. First the panel is chosen, then its form is filled in.

use actix_web::web::{Path, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use super::patients::Identity;
use super::report_form::{FREE, ReportForm};
use crate::care::labs::panels::PANELS;
use crate::care::labs::{self, Problem as Refusal, ReportStatus};
use crate::care::records::{self, CaredFor};
use crate::error::Failure;
use crate::types::ids::PatientId;
use crate::web::csrf::Posted;
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Doctor};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

#[derive(Template)]
#[template(path = "doctor/reports/panel.html")]
struct PanelPage {
    layout: Layout,
    errors: Errors,
    patient: Identity,
    panels: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "doctor/reports/new.html")]
struct FormPage {
    layout: Layout,
    errors: Errors,
    patient: Identity,
    form: ReportForm,
    statuses: Vec<Choice>,
    zone: String,
}

fn form_page(ctx: &Ctx<Doctor>, cared: &CaredFor, form: ReportForm, errors: Errors) -> FormPage {
    let layout = ctx.layout();
    let statuses = [
        (ReportStatus::Final, "doctor-report-final"),
        (ReportStatus::Preliminary, "doctor-report-preliminary"),
        (ReportStatus::Corrected, "doctor-report-corrected"),
    ];
    FormPage {
        statuses: statuses
            .into_iter()
            .map(|(status, key)| Choice::new(status.as_str(), layout.words.t(key), form.status == status.as_str()))
            .collect(),
        patient: Identity::of(&layout, cared),
        zone: layout.words.zone(&layout.zone),
        layout,
        errors,
        form,
    }
}

impl FormPage {
    /// What the lab calls the tests that we know, to pick from while typing.
    fn known_names(&self) -> impl Iterator<Item = &'static str> {
        PANELS.iter().flat_map(|panel| panel.tests).map(|test| test.lab_name)
    }
}

async fn cared(ctx: &Ctx<Doctor>, patient: PatientId) -> Result<CaredFor, Problem> {
    records::open_for(&ctx.portal, &ctx.who.signed_in, patient, ctx.network()).await?.ok_or(Problem::NotFound)
}

#[derive(Deserialize)]
struct Asked {
    panel: Option<String>,
}

/// `GET …/labs/new?panel=LOINC`: the panel's form; without a panel the choice of one.
async fn show(ctx: Ctx<Doctor>, id: Path<PatientId>, asked: Query<Asked>) -> PageResult {
    let cared = cared(&ctx, *id).await?;
    let kept = ctx.kept::<ReportForm>().await?;
    let layout = ctx.layout();
    match (kept, &asked.panel) {
        (Some(kept), _) => page(&form_page(&ctx, &cared, kept, Errors::none())),
        (None, Some(panel)) => page(&form_page(&ctx, &cared, ReportForm::of_panel(panel), Errors::none())),
        (None, None) => {
            let known = PANELS.iter().enumerate().map(|(at, panel)| {
                let tests = panel.tests.iter().map(|test| test.lab_name).collect::<Vec<_>>().join(", ");
                Choice { hint: Some(tests), ..Choice::new(panel.loinc, panel.lab_name, at == 0) }
            });
            let mut panels: Vec<Choice> = known.collect();
            panels.push(Choice::new(FREE, layout.words.t("doctor-report-other"), false));
            page(&PanelPage { patient: Identity::of(&layout, &cared), layout, errors: Errors::none(), panels })
        }
    }
}

/// `POST …/labs/new`: 303 to the report, 200 and the form with more rows, or 422 and what is wrong.
async fn add(ctx: Ctx<Doctor>, id: Path<PatientId>, Posted(mut form): Posted<ReportForm>) -> PageResult {
    let cared = cared(&ctx, *id).await?;
    if form.more {
        form.grow();
        return page(&form_page(&ctx, &cared, form, Errors::none()));
    }
    let layout = ctx.layout();
    let report = match form.check(&layout.words, &layout.zone, layout.now) {
        Ok(report) => report,
        Err(errors) => return refused(&form_page(&ctx, &cared, form, errors)),
    };
    match labs::add_by_form(&ctx.portal, &ctx.who.signed_in, &cared, &report, ctx.network()).await {
        Ok(added) => see_other(&format!("/doctor/results/{}?done=added", added.id)),
        Err(Failure::Refused(problems)) if problems.contains(&Refusal::NotYours) => Err(Problem::BadForm),
        Err(Failure::Refused(problems)) => {
            let errors = form.refused(&layout.words, &problems);
            refused(&form_page(&ctx, &cared, form, errors))
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/doctor/patients/{id}/labs/new", get().to(show)).route("/doctor/patients/{id}/labs/new", post().to(add));
}
