//! `/doctor/schedule`: weekly hours, days off, and what booking shows of them.

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;

use super::week_form::{self, Row, WeekForm};
use crate::care::appointments;
use crate::care::slots::{self, Hours, HoursRefusal, Schedule, SlotPage, Whose};
use crate::error::{Failure, InternalError};
use crate::web::csrf::Posted;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Doctor};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

#[derive(Template)]
#[template(path = "doctor/schedule.html")]
struct SchedulePage {
    layout: Layout,
    errors: Errors,
    zone: String,
    week: WeekForm,
    days_off: Vec<Date>,
    free: SlotPage,
    day: String,
    saved: bool,
    /// A day that was just taken off, and how many are booked on it.
    booked: Option<(Date, i64)>,
}

impl SchedulePage {
    /// Each weekday with its number and its rows.
    fn weekdays(&self) -> Vec<(String, Vec<Row>)> {
        (1..=7).map(|day| (week_form::weekday_name(&self.layout.words, day), self.week.rows(day))).collect()
    }

    fn date(&self, day: &Date) -> String {
        self.layout.words.date(*day)
    }

    /// What booking shows of a day, in a sentence.
    fn free_sentence(&self, free: &[slots::Slot]) -> String {
        let words = &self.layout.words;
        let (Some(first), Some(last)) = (free.first(), free.last()) else {
            return words.t("doctor-schedule-none_free");
        };
        words
            .with("doctor-schedule-free")
            .arg("n", free.len())
            .arg("first", self.layout.time(&first.span.starts_at))
            .arg("last", self.layout.time(&last.span.starts_at))
            .to_string()
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DayForm {
    #[serde(default)]
    day: String,
}

#[derive(Deserialize)]
struct Arrival {
    saved: Option<String>,
    off: Option<String>,
}

/// What was typed into one of the page's forms.
#[derive(Default)]
struct Typed {
    week: Option<WeekForm>,
    day: String,
}

async fn schedule(ctx: &Ctx<Doctor>, typed: Typed, errors: Errors, saved: bool) -> Result<SchedulePage, Problem> {
    let who = &ctx.who.signed_in;
    let Schedule { zone, hours, days_off } = slots::schedule(&ctx.portal, who)
        .await?
        .ok_or_else(|| InternalError::because("a doctor without a schedule"))?;
    let mut layout = ctx.layout();
    layout.zone = zone;
    let today = layout.zone.rules().to_datetime(layout.now).date();
    let free = slots::page(&ctx.portal, &Whose::Doctor(who.account), today, &layout.zone).await?;
    Ok(SchedulePage {
        zone: layout.words.zone(&layout.zone),
        week: typed.week.unwrap_or_else(|| WeekForm::of(&hours)),
        day: typed.day,
        layout,
        errors,
        days_off,
        free,
        saved,
        booked: None,
    })
}

/// `GET /doctor/schedule`.
async fn show(ctx: Ctx<Doctor>, arrival: Query<Arrival>) -> PageResult {
    let typed = Typed { week: ctx.kept().await?, ..Typed::default() };
    let mut shown = schedule(&ctx, typed, Errors::none(), arrival.saved.is_some()).await?;
    if let Some(day) = arrival.off.as_deref().and_then(|off| Date::strptime("%Y-%m-%d", off).ok()) {
        let booked = appointments::booked_on(&ctx.portal, &ctx.who.signed_in, day).await?;
        shown.booked = (booked > 0).then_some((day, booked));
    }
    page(&shown)
}

/// `POST /doctor/schedule`: 303 back, or 422 and what is wrong beside its row.
async fn save(ctx: Ctx<Doctor>, Posted(week): Posted<WeekForm>) -> PageResult {
    let words = ctx.layout().words;
    let checked = match week.check(&words) {
        Ok(checked) => checked,
        Err(errors) => {
            let typed = Typed { week: Some(week), ..Typed::default() };
            return refused(&schedule(&ctx, typed, errors, false).await?);
        }
    };
    let hours: Vec<Hours> = checked.iter().map(|(_, stretch)| *stretch).collect();
    match slots::set_hours(&ctx.portal, &ctx.who.signed_in, &hours, ctx.network()).await {
        Ok(()) => see_other("/doctor/schedule?saved=1"),
        Err(Failure::Refused(refusal)) => {
            let typed = Typed { week: Some(week), ..Typed::default() };
            refused(&schedule(&ctx, typed, week_form::refused(&words, &checked, refusal), false).await?)
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// `GET /doctor/schedule/days-off`: the schedule, with a day that came after the session's end.
async fn show_day(ctx: Ctx<Doctor>) -> PageResult {
    let typed = Typed { day: ctx.kept::<DayForm>().await?.unwrap_or_default().day, ..Typed::default() };
    page(&schedule(&ctx, typed, Errors::none(), false).await?)
}

async fn set_day(ctx: Ctx<Doctor>, form: DayForm, off: bool) -> PageResult {
    let words = ctx.layout().words;
    let error = match Date::strptime("%Y-%m-%d", form.day.trim()) {
        Err(_) => words.t("doctor-schedule-day-empty"),
        Ok(day) => match slots::set_day_off(&ctx.portal, &ctx.who.signed_in, day, off, ctx.network()).await {
            Ok(()) if off => return see_other(&format!("/doctor/schedule?saved=1&off={day}")),
            Ok(()) => return see_other("/doctor/schedule?saved=1"),
            Err(Failure::Refused(HoursRefusal::InThePast)) => words.t("doctor-schedule-day-past"),
            Err(Failure::Refused(_)) => return Err(Problem::NotYours),
            Err(Failure::Internal(error)) => return Err(error.into()),
        },
    };
    let typed = Typed { day: form.day, ..Typed::default() };
    refused(&schedule(&ctx, typed, Errors::one("day", error), false).await?)
}

/// `POST /doctor/schedule/days-off`: 303 back, or 422.
async fn take_off(ctx: Ctx<Doctor>, Posted(form): Posted<DayForm>) -> PageResult {
    set_day(ctx, form, true).await
}

/// `POST /doctor/schedule/days-off/remove`: 303 back, or 422.
async fn work_again(ctx: Ctx<Doctor>, Posted(form): Posted<DayForm>) -> PageResult {
    set_day(ctx, form, false).await
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/doctor/schedule", get().to(show))
        .route("/doctor/schedule", post().to(save))
        .route("/doctor/schedule/days-off", get().to(show_day))
        .route("/doctor/schedule/days-off", post().to(take_off))
        .route("/doctor/schedule/days-off/remove", post().to(work_again));
}
