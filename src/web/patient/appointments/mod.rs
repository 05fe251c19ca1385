//! `/appointments`: coming and past ones, one in full, cancelling it, its calendar file.

mod book;
mod change;
mod times;

use actix_web::HttpResponse;
use actix_web::web::{Path, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::care::appointments::{self, Appointment, By, Detail, Kind, Listed, Mode, PAGE_SIZE, Standing, When};
use crate::clock::Timestamp;
use crate::types::ids::AppointmentId;
use crate::visits::{self, JoinState};
use crate::web::care::doctor_named;
use crate::web::guard::{Ctx, Patient};
use crate::web::layout::{Layout, page, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

/// How to meet, as the page says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// By video, from this instant on.
    Early {
        /// From then on.
        from: Timestamp,
    },
    /// By video, now.
    Open,
    /// The video visit is over.
    Ended,
    /// The call or the visit at the clinic is over.
    Over,
    /// It was cancelled.
    Cancelled,
    /// The clinic calls.
    WeCall,
    /// At the clinic.
    AtClinic,
}

impl Joining {
    fn of(appointment: &Appointment, now: Timestamp) -> Self {
        match visits::join_state(appointment, now) {
            JoinState::Early { from } => Self::Early { from },
            JoinState::Open { .. } => Self::Open,
            JoinState::Late => Self::Ended,
            JoinState::Cancelled => Self::Cancelled,
            JoinState::NotVideo if appointment.standing(now) != Standing::Booked => Self::Over,
            JoinState::NotVideo if appointment.mode == Mode::Phone => Self::WeCall,
            JoinState::NotVideo => Self::AtClinic,
        }
    }
}

/// How they meet, in a word.
fn mode_word(words: &Words, mode: Mode) -> String {
    words.t(match mode {
        Mode::Video => "appointments-mode-video",
        Mode::Phone => "appointments-mode-phone",
        Mode::InPerson => "appointments-mode-in_person",
    })
}

/// What it is for, in a word.
fn kind_word(words: &Words, kind: Kind) -> String {
    words.t(match kind {
        Kind::NewProblem => "appointments-kind-new_problem",
        Kind::FollowUp => "appointments-kind-follow_up",
        Kind::Results => "appointments-kind-results",
    })
}

/// An appointment in a list.
pub struct Item {
    /// Which.
    pub id: AppointmentId,
    /// When it begins.
    pub starts_at: Timestamp,
    /// With whom.
    pub doctor: String,
    /// What the doctor does.
    pub specialty: String,
    /// What it is for.
    pub kind: String,
    /// How they meet.
    pub mode: String,
    /// What became of it.
    pub standing: Standing,
    /// How to meet.
    pub joining: Joining,
}

impl Item {
    /// An appointment as its patient reads it now.
    pub fn new(layout: &Layout, listed: &Listed) -> Self {
        let appointment = &listed.appointment;
        Self {
            id: appointment.id,
            starts_at: appointment.starts_at,
            doctor: doctor_named(&layout.words, &listed.doctor_name),
            specialty: listed.specialty.clone(),
            kind: kind_word(&layout.words, appointment.kind),
            mode: mode_word(&layout.words, appointment.mode),
            standing: appointment.standing(layout.now),
            joining: Joining::of(appointment, layout.now),
        }
    }
}

#[derive(Template)]
#[template(path = "patient/appointments/list.html")]
struct ListPage {
    layout: Layout,
    when: When,
    items: Vec<Item>,
    page: i64,
    pages: i64,
    href: String,
}

#[derive(Deserialize)]
struct Paged {
    page: Option<String>,
}

async fn list(ctx: Ctx<Patient>, query: &Paged, when: When, path: &str) -> PageResult {
    // A number that cannot be read, or one past the end, means the first page.
    let number = query.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1_i64).max(1);
    let found = appointments::list(&ctx.portal, &ctx.who.signed_in, when, number - 1, ctx.network()).await?;
    if found.appointments.is_empty() && number > 1 {
        return see_other(path);
    }
    let layout = ctx.layout();
    page(&ListPage {
        items: found.appointments.iter().map(|listed| Item::new(&layout, listed)).collect(),
        when,
        page: number,
        pages: (found.total + PAGE_SIZE - 1) / PAGE_SIZE,
        href: format!("{path}?page="),
        layout,
    })
}

/// `GET /appointments`.
async fn coming(ctx: Ctx<Patient>, query: Query<Paged>) -> PageResult {
    list(ctx, &query, When::Coming, "/appointments").await
}

/// `GET /appointments/past`.
async fn past(ctx: Ctx<Patient>, query: Query<Paged>) -> PageResult {
    list(ctx, &query, When::Past, "/appointments/past").await
}

/// What has just been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    Booked,
    Moved,
    Cancelled,
}

#[derive(Deserialize)]
struct Arrival {
    booked: Option<String>,
    moved: Option<String>,
    cancelled: Option<String>,
}

impl Arrival {
    /// A notice is only said of an appointment of which it is true: the address can be kept or sent around.
    fn done(&self, appointment: &Appointment) -> Option<Done> {
        let active = appointment.is_active();
        match self {
            Self { cancelled: Some(_), .. } if appointment.cancelled_at.is_some() => Some(Done::Cancelled),
            Self { moved: Some(_), .. } if active && appointment.moved_at.is_some() => Some(Done::Moved),
            Self { booked: Some(_), .. } if active => Some(Done::Booked),
            _ => None,
        }
    }
}

#[derive(Template)]
#[template(path = "patient/appointments/show.html")]
struct ShowPage {
    layout: Layout,
    done: Option<Done>,
    id: AppointmentId,
    starts_at: Timestamp,
    ends_at: Timestamp,
    clinic_time: Option<String>,
    doctor: String,
    specialty: String,
    kind: String,
    mode: Mode,
    reason: String,
    standing: Standing,
    joining: Joining,
    may_change: bool,
    cancelled_by: Option<By>,
    cancel_reason: Option<String>,
    patient: String,
    birth_date: String,
}

/// The time at the clinic, where its clock differs from the person's at that instant.
fn clinic_time(layout: &Layout, at: Timestamp) -> Option<String> {
    let clinic = &layout.clinic.zone;
    let offset = |rules: &jiff::tz::TimeZone| rules.to_offset(at);
    let differs = offset(&clinic.rules()) != offset(&layout.zone.rules());
    differs.then(|| layout.words.day_time(at, clinic))
}

/// The appointment of an address; a word that is no id is nothing of theirs either.
async fn found(ctx: &Ctx<Patient>, id: &str) -> Result<Detail, Problem> {
    let id: AppointmentId = id.parse().map_err(|_| Problem::NotFound)?;
    let detail = appointments::show(&ctx.portal, &ctx.who.signed_in, id, ctx.network()).await?;
    detail.ok_or(Problem::NotFound)
}

/// `GET /appointments/{id}`.
async fn show(ctx: Ctx<Patient>, id: Path<String>, arrival: Query<Arrival>) -> PageResult {
    let detail = found(&ctx, &id).await?;
    let (layout, appointment) = (ctx.layout(), &detail.appointment);
    page(&ShowPage {
        done: arrival.done(appointment),
        id: appointment.id,
        starts_at: appointment.starts_at,
        ends_at: appointment.ends_at,
        clinic_time: clinic_time(&layout, appointment.starts_at),
        doctor: doctor_named(&layout.words, &detail.doctor_name),
        kind: kind_word(&layout.words, appointment.kind),
        mode: appointment.mode,
        standing: appointment.standing(layout.now),
        joining: Joining::of(appointment, layout.now),
        may_change: appointment.may_change(layout.now),
        cancelled_by: appointment.cancelled_by,
        patient: detail.patient_name.as_str().to_owned(),
        birth_date: layout.words.short_date(detail.birth_date.date()),
        specialty: detail.specialty,
        reason: detail.reason,
        cancel_reason: detail.cancel_reason,
        layout,
    })
}

/// `GET /appointments/{id}/calendar.ics`: a file that says when, and nothing of why.
async fn calendar(ctx: Ctx<Patient>, id: Path<String>) -> PageResult {
    let id: AppointmentId = id.parse().map_err(|_| Problem::NotFound)?;
    let layout = ctx.layout();
    let summary = layout.words.with("appointments-calendar").arg("clinic", layout.clinic.name.as_str()).to_string();
    let file = appointments::calendar(&ctx.portal, &ctx.who.signed_in, id, &summary, ctx.network()).await?;
    let file = file.ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header(("Content-Disposition", "attachment; filename=\"appointment.ics\""))
        .body(file))
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/appointments", get().to(coming))
        .route("/appointments/past", get().to(past))
        .route("/appointments/new", get().to(book::new))
        .route("/appointments/new", post().to(book::book))
        .route("/appointments/{id}", get().to(show))
        .route("/appointments/{id}/cancel", get().to(change::ask))
        .route("/appointments/{id}/cancel", post().to(change::cancel))
        .route("/appointments/{id}/reschedule", get().to(change::choose))
        .route("/appointments/{id}/reschedule", post().to(change::reschedule))
        .route("/appointments/{id}/calendar.ics", get().to(calendar));
}
