//! `/appointments/{id}/cancel` and `/appointments/{id}/reschedule`.

use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;

use super::times::{self, Times};
use super::{found, mode_word};
use crate::care::appointments::{self, BookRefusal, ChangeRefusal, Detail};
use crate::care::slots::{self, SlotKey, Whose};
use crate::clock::Timestamp;
use crate::error::Failure;
use crate::types::ids::AppointmentId;
use crate::web::care::doctor_named;
use crate::web::csrf::Posted;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Patient};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

/// Which appointment, in the words of a confirm page.
struct Brief {
    id: AppointmentId,
    starts_at: Timestamp,
    doctor: String,
    mode: String,
}

impl Brief {
    fn new(layout: &Layout, detail: &Detail) -> Self {
        Self {
            id: detail.appointment.id,
            starts_at: detail.appointment.starts_at,
            doctor: doctor_named(&layout.words, &detail.doctor_name),
            mode: mode_word(&layout.words, detail.appointment.mode),
        }
    }

    /// The appointment's own page.
    fn path(&self) -> String {
        format!("/appointments/{}", self.id)
    }

    /// Its page of times; a chosen one is marked there.
    fn times_path(&self, slot: Option<&SlotKey>) -> String {
        let chosen = slot.map(|slot| format!("&slot={slot}")).unwrap_or_default();
        format!("/appointments/{}/reschedule?step=1{chosen}", self.id)
    }
}

#[derive(Template)]
#[template(path = "patient/appointments/cancel.html")]
struct CancelPage {
    layout: Layout,
    errors: Errors,
    brief: Brief,
    reason: String,
}

/// An appointment that stays as it is: it has begun, is over, or was cancelled.
#[derive(Template)]
#[template(path = "patient/appointments/fixed.html")]
struct FixedPage {
    layout: Layout,
    path: String,
    cancelled: bool,
}

impl FixedPage {
    fn new(ctx: &Ctx<Patient>, detail: &Detail) -> Self {
        let appointment = &detail.appointment;
        let path = format!("/appointments/{}", appointment.id);
        Self { layout: ctx.layout(), path, cancelled: appointment.cancelled_at.is_some() }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelForm {
    #[serde(default)]
    reason: String,
}

/// `GET /appointments/{id}/cancel`: whether they are sure.
pub(super) async fn ask(ctx: Ctx<Patient>, id: Path<String>) -> PageResult {
    let detail = found(&ctx, &id).await?;
    let layout = ctx.layout();
    if !detail.appointment.may_change(layout.now) {
        return page(&FixedPage::new(&ctx, &detail));
    }
    let CancelForm { reason } = ctx.kept().await?.unwrap_or_default();
    let brief = Brief::new(&layout, &detail);
    page(&CancelPage { layout: layout.into_journey(), errors: Errors::none(), brief, reason })
}

/// `POST /appointments/{id}/cancel`: 303 to the appointment, or 422 and why it stays.
pub(super) async fn cancel(ctx: Ctx<Patient>, id: Path<String>, Posted(form): Posted<CancelForm>) -> PageResult {
    let which: AppointmentId = id.parse().map_err(|_| Problem::NotFound)?;
    let cancelled = appointments::cancel(&ctx.portal, &ctx.who.signed_in, which, &form.reason, ctx.network()).await;
    match cancelled {
        Ok(cancelled) => see_other(&format!("/appointments/{}?cancelled", cancelled.id)),
        Err(Failure::Refused(ChangeRefusal::NotFound)) => Err(Problem::NotFound),
        Err(Failure::Refused(ChangeRefusal::ReasonTooLong)) => {
            let (layout, detail) = (ctx.layout(), found(&ctx, &id).await?);
            let errors = Errors::one("reason", layout.words.t("book-reason-long"));
            let brief = Brief::new(&layout, &detail);
            refused(&CancelPage { layout: layout.into_journey(), errors, brief, reason: form.reason })
        }
        Err(Failure::Refused(ChangeRefusal::TooLate | ChangeRefusal::Cancelled | ChangeRefusal::Time(_))) => {
            refused(&FixedPage::new(&ctx, &found(&ctx, &id).await?))
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "patient/appointments/reschedule.html")]
struct TimePage {
    layout: Layout,
    errors: Errors,
    brief: Brief,
    times: Times,
}

#[derive(Template)]
#[template(path = "patient/appointments/move.html")]
struct MovePage {
    layout: Layout,
    brief: Brief,
    slot: SlotKey,
    clinic_time: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    from: String,
    #[serde(default)]
    slot: String,
    #[serde(default)]
    step: String,
}

async fn time_page(
    ctx: &Ctx<Patient>,
    detail: &Detail,
    wish: &Wish,
    refusal: Option<Option<BookRefusal>>,
) -> Result<TimePage, Problem> {
    let layout = ctx.layout().into_journey();
    let chosen: Option<SlotKey> = wish.slot.parse().ok();
    let first = times::first_day(&layout, &wish.from, chosen.as_ref());
    let whose = Whose::Doctor(detail.appointment.doctor);
    let found = slots::page(&ctx.portal, &whose, first, &layout.zone).await?;
    let errors = match refusal {
        Some(why) => Errors::one("slot", times::sentence(&layout, why, chosen.as_ref())),
        None => Errors::none(),
    };
    Ok(TimePage {
        times: Times::new(&layout, &found, chosen.as_ref(), |_| None),
        brief: Brief::new(&layout, detail),
        errors,
        layout,
    })
}

/// `GET /appointments/{id}/reschedule`: another time with the same doctor, then whether they are sure.
pub(super) async fn choose(ctx: Ctx<Patient>, id: Path<String>, wish: Query<Wish>) -> PageResult {
    let detail = found(&ctx, &id).await?;
    if !detail.appointment.may_change(ctx.portal.clock.now()) {
        return page(&FixedPage::new(&ctx, &detail));
    }
    let mut wish = wish.into_inner();
    if wish.slot.is_empty()
        && let Some(MoveForm { slot }) = ctx.kept().await?
    {
        wish.slot = slot;
    }
    match wish.slot.parse::<SlotKey>() {
        Ok(slot) if slot.doctor == detail.appointment.doctor && wish.step != "1" => {
            let layout = ctx.layout().into_journey();
            let clinic_time = super::clinic_time(&layout, slot.starts_at);
            page(&MovePage { brief: Brief::new(&layout, &detail), slot, clinic_time, layout })
        }
        _ if wish.step == "2" => refused(&time_page(&ctx, &detail, &wish, Some(None)).await?),
        _ => page(&time_page(&ctx, &detail, &wish, None).await?),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveForm {
    #[serde(default)]
    slot: String,
}

/// `POST /appointments/{id}/reschedule`: 303 to the appointment, or 422 with the free times; the old time stays then.
pub(super) async fn reschedule(ctx: Ctx<Patient>, id: Path<String>, Posted(form): Posted<MoveForm>) -> PageResult {
    let which: AppointmentId = id.parse().map_err(|_| Problem::NotFound)?;
    let moved = match form.slot.parse::<SlotKey>() {
        Ok(slot) => appointments::reschedule(&ctx.portal, &ctx.who.signed_in, which, &slot, ctx.network())
            .await
            .map_err(|failure| match failure {
                Failure::Refused(ChangeRefusal::Time(why)) => Failure::Refused(Some(why)),
                Failure::Refused(_) => Failure::Refused(None),
                Failure::Internal(error) => Failure::Internal(error),
            }),
        Err(()) => Err(Failure::Refused(None)),
    };
    match moved {
        Ok(moved) => see_other(&format!("/appointments/{}?moved", moved.id)),
        Err(Failure::Refused(why)) => {
            // What is not theirs, or stays as it is, shows here.
            let detail = found(&ctx, &id).await?;
            if !detail.appointment.may_change(ctx.portal.clock.now()) {
                return refused(&FixedPage::new(&ctx, &detail));
            }
            let wish = Wish { slot: form.slot, ..Wish::default() };
            refused(&time_page(&ctx, &detail, &wish, Some(why)).await?)
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}
