//! `/doctor`: the list of the day.

use actix_web::web::{Query, ServiceConfig, get};
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;

use crate::auth::recovery;
use crate::care::appointments::{self, Detail, Mode, Standing, Status};
use crate::types::actor::Role;
use crate::types::ids::{AppointmentId, PatientId};
use crate::visits::{JoinState, join_state};
use crate::web::account::frozen;
use crate::web::guard::{Ctx, Doctor};
use crate::web::layout::{Layout, page};
use crate::web::problem::PageResult;

#[derive(Template)]
#[template(path = "doctor/today.html")]
struct TodayPage {
    layout: Layout,
    day: Date,
    /// Changes to the account are paused: until when, and whom to call.
    paused: Option<String>,
    is_today: bool,
    previous: Date,
    next: Date,
    rows: Vec<Row>,
    cancelled: bool,
    /// Lost phones that wait for somebody of the staff.
    recoveries: i64,
}

/// An appointment of the day.
struct Row {
    id: AppointmentId,
    patient: PatientId,
    time: String,
    mode: Mode,
    name: String,
    age: i32,
    reason: String,
    state: State,
    visit: Link,
    may_cancel: bool,
}

/// Where an appointment stands, as a doctor asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    NotHere,
    Booked,
    Here(crate::clock::Timestamp),
    Done,
    Missed,
    Cancelled,
}

/// Which way leads to the visit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    None,
    Lobby,
    Start,
}

impl Row {
    fn new(detail: Detail, layout: &Layout, day: Date) -> Self {
        let (one, now) = (&detail.appointment, layout.now);
        let state = match (one.standing(now), one.status) {
            (Standing::Cancelled, _) => State::Cancelled,
            (Standing::Done, _) => State::Done,
            (Standing::Missed, _) => State::Missed,
            (Standing::Booked, Status::Arrived | Status::CheckedIn) => {
                State::Here(one.arrived_at.unwrap_or(one.starts_at))
            }
            (Standing::Booked, _) if one.mode == Mode::Video => State::NotHere,
            (Standing::Booked, _) => State::Booked,
        };
        Self {
            id: one.id,
            patient: one.patient,
            time: layout.time(&one.starts_at),
            mode: one.mode,
            name: detail.patient_name.as_str().to_owned(),
            age: detail.birth_date.age_on(day),
            reason: detail.reason,
            state,
            visit: match join_state(one, now) {
                JoinState::Open { .. } => Link::Start,
                JoinState::Early { .. } => Link::Lobby,
                JoinState::Late | JoinState::Cancelled | JoinState::NotVideo => Link::None,
            },
            may_cancel: one.may_change(now),
        }
    }
}

impl TodayPage {
    /// Who is there, the one who waits longest first.
    fn here(&self) -> Vec<(&Row, String)> {
        let since = |row: &Row| match row.state {
            State::Here(at) => Some(at),
            _ => None,
        };
        let mut here: Vec<_> = self.rows.iter().filter_map(|row| Some((since(row)?, row))).collect();
        here.sort_by_key(|(at, _)| *at);
        here.into_iter().map(|(at, row)| (row, self.layout.time(&at))).collect()
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    day: String,
    #[serde(default)]
    done: String,
}

/// `GET /doctor?day=YYYY-MM-DD`: today unless a day is named.
async fn show(ctx: Ctx<Doctor>, asked: Query<Asked>) -> PageResult {
    let layout = ctx.layout();
    let today = layout.zone.rules().to_datetime(layout.now).date();
    let day = Date::strptime("%Y-%m-%d", &asked.day).unwrap_or(today);
    let list = appointments::on_day(&ctx.portal, &ctx.who.signed_in, day, ctx.network()).await?;
    page(&TodayPage {
        paused: ctx.who.signed_in.frozen.map(|paused| frozen::sentence(&layout, &paused)),
        rows: list.into_iter().map(|detail| Row::new(detail, &layout, day)).collect(),
        layout,
        day,
        is_today: day == today,
        previous: day.yesterday().unwrap_or(day),
        next: day.tomorrow().unwrap_or(day),
        cancelled: asked.done == "cancelled",
        recoveries: recovery::count_waiting(&ctx.portal, Role::Doctor).await?,
    })
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/doctor", get().to(show));
}
