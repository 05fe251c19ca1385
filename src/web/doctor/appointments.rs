//! `/doctor/appointments/{id}/cancel`: the doctor calls an appointment off.

use actix_web::web::{Path, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::care::appointments::{self, ChangeRefusal, Detail};
use crate::error::Failure;
use crate::types::ids::AppointmentId;
use crate::web::csrf::Posted;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Doctor};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

#[derive(Template)]
#[template(path = "doctor/cancel.html")]
struct CancelPage {
    layout: Layout,
    errors: Errors,
    detail: Detail,
    may_cancel: bool,
    reason: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelForm {
    #[serde(default)]
    reason: String,
}

async fn confirm(ctx: &Ctx<Doctor>, id: AppointmentId, reason: String, errors: Errors) -> Result<CancelPage, Problem> {
    let detail = appointments::show(&ctx.portal, &ctx.who.signed_in, id, ctx.network()).await?;
    let detail = detail.ok_or(Problem::NotFound)?;
    let layout = ctx.layout();
    Ok(CancelPage { may_cancel: detail.appointment.may_change(layout.now), layout, errors, detail, reason })
}

/// `GET /doctor/appointments/{id}/cancel`.
async fn show(ctx: Ctx<Doctor>, id: Path<AppointmentId>) -> PageResult {
    let kept = ctx.kept::<CancelForm>().await?.unwrap_or_default();
    page(&confirm(&ctx, *id, kept.reason, Errors::none()).await?)
}

/// `POST /doctor/appointments/{id}/cancel`: 303 to the list of that day, or 422 and why not.
async fn cancel(ctx: Ctx<Doctor>, id: Path<AppointmentId>, Posted(form): Posted<CancelForm>) -> PageResult {
    let layout = ctx.layout();
    let outcome = appointments::cancel(&ctx.portal, &ctx.who.signed_in, *id, &form.reason, ctx.network()).await;
    let error = match outcome {
        Ok(cancelled) => {
            let day = layout.zone.rules().to_datetime(cancelled.starts_at).date();
            return see_other(&format!("/doctor?day={day}&done=cancelled"));
        }
        Err(Failure::Refused(ChangeRefusal::ReasonTooLong)) => layout.words.t("doctor-cancel-long"),
        Err(Failure::Refused(ChangeRefusal::NotFound)) => return Err(Problem::NotFound),
        Err(Failure::Refused(ChangeRefusal::TooLate | ChangeRefusal::Cancelled | ChangeRefusal::Time(_))) => {
            layout.words.t("doctor-cancel-late")
        }
        Err(Failure::Internal(error)) => return Err(error.into()),
    };
    refused(&confirm(&ctx, *id, form.reason, Errors::one("reason", error)).await?)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/doctor/appointments/{id}/cancel", get().to(show))
        .route("/doctor/appointments/{id}/cancel", post().to(cancel));
}
