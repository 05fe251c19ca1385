//! `/doctor/results`: reports that wait, and one report exactly as its patient will see it, with the note to it.

use actix_web::web::{Path, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use super::patients::Identity;
use crate::care::labs::Standing;
use crate::care::labs::{self, Awaiting, NOTE_LONGEST, ReleaseRefusal, Report};
use crate::care::records::CaredFor;
use crate::clock::Timestamp;
use crate::error::Failure;
use crate::types::ids::LabReportId;
use crate::web::care::results::{Next, Said, Shown, Usual};
use crate::web::csrf::Posted;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Doctor};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

#[derive(Template)]
#[template(path = "doctor/results/list.html")]
struct ListPage {
    layout: Layout,
    waiting: Vec<Awaiting>,
    total: i64,
    page: i64,
    pages: i64,
}

impl ListPage {
    /// How long ago a report arrived, as coarse as it matters.
    fn arrived(&self, at: &Timestamp) -> String {
        arrived(&self.layout.words, self.layout.now.duration_since(*at).as_mins())
    }
}

fn arrived(words: &Words, minutes: i64) -> String {
    let (key, n) = match minutes {
        ..60 => ("doctor-results-minutes", minutes.max(1)),
        60..2880 => ("doctor-results-hours", minutes / 60),
        _ => ("doctor-results-days", minutes / 1440),
    };
    words.with(key).arg("n", n).to_string()
}

#[derive(Template)]
#[template(path = "doctor/results/one.html")]
struct ReportPage {
    layout: Layout,
    errors: Errors,
    patient: Identity,
    id: LabReportId,
    shown: Shown,
    released: Option<Timestamp>,
    note: String,
    done: Done,
}

/// What was just done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Nothing,
    Added,
    Released,
}

#[derive(Deserialize)]
struct Paging {
    #[serde(default)]
    page: i64,
}

/// `GET /doctor/results`: critical ones first, then the oldest.
async fn list(ctx: Ctx<Doctor>, asked: Query<Paging>) -> PageResult {
    let number = asked.page.max(1);
    let (waiting, total) = labs::to_review(&ctx.portal, &ctx.who.signed_in, number, ctx.network()).await?;
    let pages = (total + labs::PAGE - 1).div_euclid(labs::PAGE).max(1);
    page(&ListPage { layout: ctx.layout(), waiting, total, page: number, pages })
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteForm {
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
struct Arrival {
    #[serde(default)]
    done: String,
}

async fn cared(ctx: &Ctx<Doctor>, id: LabReportId) -> Result<CaredFor, Problem> {
    labs::open_by_report(&ctx.portal, &ctx.who.signed_in, id, ctx.network()).await?.ok_or(Problem::NotFound)
}

async fn report_page(
    ctx: &Ctx<Doctor>,
    cared: &CaredFor,
    id: LabReportId,
    note: String,
    errors: Errors,
) -> Result<ReportPage, Problem> {
    let who = &ctx.who.signed_in;
    let seen: Report =
        labs::preview(&ctx.portal, who, cared, id, &note, ctx.network()).await?.ok_or(Problem::NotFound)?;
    let layout = ctx.layout();
    Ok(ReportPage {
        patient: Identity::of(&layout, cared),
        shown: Shown::new(&layout, &seen),
        released: seen.released_at,
        done: Done::Nothing,
        layout,
        errors,
        id,
        note,
    })
}

/// `GET /doctor/results/{id}`.
async fn show(ctx: Ctx<Doctor>, id: Path<LabReportId>, arrival: Query<Arrival>) -> PageResult {
    let cared = cared(&ctx, *id).await?;
    let note = ctx.kept::<NoteForm>().await?.unwrap_or_default().note;
    let mut shown = report_page(&ctx, &cared, *id, note, Errors::none()).await?;
    shown.done = match arrival.done.as_str() {
        "added" => Done::Added,
        "released" => Done::Released,
        _ => Done::Nothing,
    };
    page(&shown)
}

/// `POST /doctor/results/{id}`: released to the patient, 303 back; or 422 and what is wrong with the note.
async fn release(ctx: Ctx<Doctor>, id: Path<LabReportId>, Posted(form): Posted<NoteForm>) -> PageResult {
    let cared = cared(&ctx, *id).await?;
    match labs::release(&ctx.portal, &ctx.who.signed_in, &cared, *id, &form.note, ctx.network()).await {
        Ok(_) => see_other(&format!("/doctor/results/{id}?done=released")),
        Err(Failure::Refused(ReleaseRefusal::NotFound)) => Err(Problem::NotFound),
        Err(Failure::Refused(ReleaseRefusal::NoteTooLong)) => {
            let text = ctx.layout().words.with("doctor-note-long").arg("most", NOTE_LONGEST).to_string();
            refused(&report_page(&ctx, &cared, *id, form.note, Errors::one("note", text)).await?)
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/doctor/results", get().to(list))
        .route("/doctor/results/{id}", get().to(show))
        .route("/doctor/results/{id}", post().to(release));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::locale::Locale;

    #[test]
    fn the_age_of_a_report_is_told_as_coarse_as_it_matters() {
        let words = Words::new(Locale::En);
        for (minutes, text) in [
            (0, "Arrived 1 minute ago"),
            (59, "Arrived 59 minutes ago"),
            (60, "Arrived 1 hour ago"),
            (2879, "Arrived 47 hours ago"),
            (2880, "Arrived 2 days ago"),
        ] {
            assert_eq!(arrived(&words, minutes), text);
        }
    }
}
