//! `/staff/recoveries`: who waits for a new number because a phone is lost.

use actix_web::web::{Path, Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;

use crate::audit::{self as trail, Deed, Event};
use crate::auth::recovery::{self, Met, Request};
use crate::auth::step_up::{self, FreshFactor};
use crate::care::records;
use crate::identity::accounts;
use crate::types::actor::Role;
use crate::types::ids::RecoveryId;
use crate::web::account::{place, role_word, when};
use crate::web::guard::{Ctx, Staff};
use crate::web::layout::{Layout, page};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

struct Row {
    id: RecoveryId,
    name: String,
    role: String,
    asked: String,
    approvable: String,
    checked: bool,
}

#[derive(Template)]
#[template(path = "staff/recoveries/list.html")]
struct ListPage {
    rows: Vec<Row>,
    done: Option<Done>,
    layout: Layout,
}

/// What was done a moment ago.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Approved,
    Refused,
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
}

/// `GET /staff/recoveries`: the requests that this person may act on, the oldest first.
async fn list(ctx: Ctx<Staff>, arrival: Query<Arrival>) -> PageResult {
    let layout = ctx.layout();
    let requests = recovery::list(&ctx.portal, ctx.who.signed_in.role).await?;
    let event = Event::new(ctx.who.signed_in.actor(), Deed::RecoveryRead).from(ctx.network());
    trail::record_read(&ctx.portal, vec![event]).await?;
    let row = |request: Request| Row {
        id: request.id,
        name: request.owner.name.as_str().to_owned(),
        role: role_word(&layout.words, request.owner.role),
        asked: when(&layout, request.asked_at),
        approvable: when(&layout, request.approvable_at),
        checked: request.checked.is_some(),
    };
    let done = match arrival.done.as_deref() {
        Some("approved") => Some(Done::Approved),
        Some("refused") => Some(Done::Refused),
        _ => None,
    };
    page(&ListPage { rows: requests.into_iter().map(row).collect(), done, layout })
}

/// Who checked the person.
pub(super) struct Checked {
    pub name: String,
    pub when: String,
    pub met: String,
    pub is_me: bool,
}

/// A request as its pages show it.
pub(super) struct Facts {
    pub id: RecoveryId,
    pub name: String,
    pub role: String,
    /// A phone alone does not count for the person, so whatever else they have goes with the approval.
    pub takes_all: bool,
    /// As on file; None for staff, of whom the portal knows none.
    pub birth_date: Option<String>,
    pub last2: String,
    pub asked: String,
    pub place: String,
    pub expires: String,
    /// From when on it may be approved, while that is to come.
    pub too_soon: Option<String>,
    pub checked: Option<Checked>,
    pub note: String,
    pub is_mine: bool,
    /// Two admins must act on it.
    pub is_staffs: bool,
    /// The clinic has no admin for the other step.
    pub is_only_admin: bool,
}

fn met_word(words: &Words, met: Option<Met>) -> String {
    match met {
        Some(Met::Video) => words.t("recoveries-met-video"),
        _ => words.t("recoveries-met-in_person"),
    }
}

/// The request of an id, with what the person is compared with; reading it is written down.
pub(super) async fn facts(ctx: &Ctx<Staff>, id: &str) -> Result<Facts, Problem> {
    let id: RecoveryId = id.parse().map_err(|_| Problem::NotFound)?;
    let me = &ctx.who.signed_in;
    let request = recovery::request(&ctx.portal, me.role, id).await?.ok_or(Problem::NotFound)?;
    let record = records::to_compare(&ctx.portal, me, &request, ctx.network()).await?;
    let layout = ctx.layout();
    let is_only_admin = recovery::is_only_admin(&ctx.portal, me.account, &request).await?;
    let checked = match request.checked {
        None => None,
        Some((at, by, met)) => {
            let names = accounts::names(&ctx.portal, [by]).await?;
            Some(Checked {
                name: names.get(&by).map(|named| named.name.as_str().to_owned()).unwrap_or_default(),
                when: when(&layout, at),
                met: met_word(&layout.words, met),
                is_me: by == me.account,
            })
        }
    };
    Ok(Facts {
        id,
        name: record.as_ref().map_or(&request.owner.name, |record| &record.name).as_str().to_owned(),
        role: role_word(&layout.words, request.owner.role),
        birth_date: record.map(|record| layout.words.date(record.birth_date.date())),
        takes_all: recovery::takes_all(&ctx.portal, request.owner.role),
        last2: request.last2,
        asked: when(&layout, request.asked_at),
        place: place(&layout.words, Some(&request.network)),
        expires: when(&layout, request.expires_at),
        too_soon: (request.approvable_at > layout.now).then(|| layout.day_time(&request.approvable_at)),
        checked,
        note: request.note,
        is_mine: request.owner.id == me.account,
        is_staffs: request.owner.role != Role::Patient,
        is_only_admin,
    })
}

/// The fresh proof of who acts.
pub(super) fn fresh(ctx: &Ctx<Staff>) -> Option<FreshFactor> {
    step_up::fresh(&ctx.portal, &ctx.who.session)
}

#[derive(Template)]
#[template(path = "staff/recoveries/show.html")]
struct ShowPage {
    facts: Facts,
    just_checked: bool,
    layout: Layout,
}

/// `GET /staff/recoveries/{id}`.
async fn show(ctx: Ctx<Staff>, id: Path<String>, arrival: Query<Arrival>) -> PageResult {
    let facts = facts(&ctx, &id).await?;
    let just_checked = arrival.done.as_deref() == Some("checked") && facts.checked.is_some();
    page(&ShowPage { facts, just_checked, layout: ctx.layout() })
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/staff/recoveries", get().to(list)).route("/staff/recoveries/{id}", get().to(show));
}
