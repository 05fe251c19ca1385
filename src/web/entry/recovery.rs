//! `/recovery`: the way back in for who lost their phone; and the mailed links that stop or undo one.
//!
//! Only somebody half-way in sees the form: with the right password, or by the mailed link to a new one.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::challenges::Purpose;
use crate::auth::recovery::{self, AskRefusal, Standing, UndoRefusal};
use crate::error::{Failure, InternalError};
use crate::types::actor::Role;
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry::challenge::live;
use crate::web::entry::register::{phone, phone_sentence};
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Pending, Visitor};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::link_token::{self, Link};
use crate::web::problem::{PageResult, Problem};
use crate::web::zones;

/// A request that waits for staff.
struct Waits {
    last2: String,
    asked: String,
    is_here: bool,
    checked: bool,
    approvable: Option<String>,
    expires: String,
    /// Two admins must act on it.
    is_staffs: bool,
}

#[derive(Template)]
#[template(path = "entry/recovery/ask.html")]
struct AskPage {
    layout: Layout,
    errors: Errors,
    countries: Vec<Choice>,
    phone: String,
    hours: i64,
    /// Whether a number waits for its code.
    is_begun: bool,
    stopped: bool,
    /// Two admins must act on it.
    is_staffs: bool,
    /// Where the person came from.
    back: &'static str,
}

#[derive(Template)]
#[template(path = "entry/recovery/waits.html")]
struct WaitsPage {
    layout: Layout,
    waits: Waits,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AskForm {
    country: String,
    phone: String,
}

impl AskPage {
    async fn new(
        ctx: &Ctx<Pending>,
        typed: AskForm,
        standing: Option<&Standing>,
        errors: Errors,
    ) -> Result<Self, InternalError> {
        let came_by = live(&ctx.portal, ctx.who.0.challenge).await?;
        let has_ways = came_by.is_some_and(|challenge| challenge.purpose != Purpose::Recover);
        let (layout, clinic) = (ctx.layout().into_journey(), &ctx.portal.config.clinic);
        let country = if typed.country.is_empty() { clinic.country.code().to_owned() } else { typed.country };
        Ok(Self {
            countries: clinic
                .sms_countries
                .iter()
                .map(|code| Choice::new(code.clone(), zones::country_label(code, &layout.words), *code == country))
                .collect(),
            phone: typed.phone,
            hours: ctx.portal.config.limits.recovery_wait.as_hours(),
            is_begun: standing.is_some(),
            stopped: false,
            is_staffs: is_staffs(ctx),
            back: if has_ways { "/challenge/method" } else { "/login" },
            layout,
            errors,
        })
    }
}

/// Whether the one who is half-way in is staff.
fn is_staffs(ctx: &Ctx<Pending>) -> bool {
    ctx.who.0.who.as_ref().is_some_and(|who| who.role != Role::Patient)
}

#[derive(Deserialize)]
struct Arrival {
    stopped: Option<String>,
}

/// `GET /recovery`: the form, or how far the request got.
async fn show(ctx: Ctx<Pending>, arrival: Query<Arrival>) -> PageResult {
    let Some(account) = recovery::asker(&ctx.portal, &ctx.who.0).await? else { return see_other("/help/codes") };
    let standing = recovery::standing(&ctx.portal, &ctx.browser, account).await?;
    let Some(waiting) = standing.as_ref().filter(|standing| standing.phone_proved_at.is_some()) else {
        let mut shown = AskPage::new(&ctx, AskForm::default(), standing.as_ref(), Errors::none()).await?;
        shown.stopped = standing.is_none() && arrival.stopped.is_some();
        return page(&shown);
    };
    let layout = ctx.layout().into_journey();
    let waits = Waits {
        last2: waiting.last2.clone(),
        asked: layout.day_time(&waiting.asked_at),
        is_here: waiting.is_here,
        checked: waiting.checked_at.is_some(),
        approvable: (waiting.approvable_at > layout.now).then(|| layout.day_time(&waiting.approvable_at)),
        expires: layout.day_time(&waiting.expires_at),
        is_staffs: is_staffs(&ctx),
    };
    page(&WaitsPage { layout, waits })
}

/// `POST /recovery`: 303 to the code that proves the number, or 422 and the form again.
async fn ask(ctx: Ctx<Pending>, Posted(typed): Posted<AskForm>) -> PageResult {
    let Some(account) = recovery::asker(&ctx.portal, &ctx.who.0).await? else { return see_other("/help/codes") };
    let number = match phone(&ctx.portal, &typed.phone, &typed.country) {
        Ok(number) => number,
        Err(refusal) => {
            let standing = recovery::standing(&ctx.portal, &ctx.browser, account).await?;
            let errors = Errors::one("phone", phone_sentence(&ctx.layout().words, refusal));
            return refused(&AskPage::new(&ctx, typed, standing.as_ref(), errors).await?);
        }
    };
    match recovery::ask(&ctx.portal, &ctx.browser, &ctx.who.0, &number).await {
        Ok(()) => see_other("/challenge"),
        // It waits already: the page says how far it got.
        Err(Failure::Refused(AskRefusal::Waits)) => see_other("/recovery"),
        Err(Failure::Refused(AskRefusal::NotHere)) => see_other("/help/codes"),
        Err(Failure::Refused(AskRefusal::TooMany(until))) => Err(Problem::TooMany(until)),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// `POST /recovery/stop`: 303 back, where nothing waits any more.
async fn stop(ctx: Ctx<Pending>, _: Posted<Pressed>) -> PageResult {
    recovery::stop_here(&ctx.portal, &ctx.browser, &ctx.who.0).await?;
    see_other("/recovery?stopped=1")
}

/// What a mailed link does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Cancel,
    Undo,
}

#[derive(Template)]
#[template(path = "entry/recovery/link.html")]
struct LinkPage {
    layout: Layout,
    does: Does,
}

#[derive(Template)]
#[template(path = "entry/recovery/done.html")]
struct DonePage {
    layout: Layout,
    does: Does,
}

#[derive(Template)]
#[template(path = "entry/recovery/over.html")]
struct OverPage {
    layout: Layout,
    /// The old number is taken: only the clinic can help.
    full: bool,
}

/// The cookies that hold a link's token, and for how long.
const CANCEL: &str = "recovery-cancel";
const UNDO: &str = "recovery-undo";
const HELD: Duration = Duration::minutes(30);

fn over(ctx: &Ctx<Visitor>) -> PageResult {
    refused(&OverPage { layout: ctx.layout(), full: false })
}

/// `GET /recovery/cancel?token=…`: the button that stops the request.
async fn cancel_page(ctx: Ctx<Visitor>, link: Query<Link>, req: HttpRequest) -> PageResult {
    if let Some(token) = &link.token {
        return link_token::take_over(&ctx.portal.config, CANCEL, token, HELD, "/recovery/cancel");
    }
    match link_token::of(&req, &ctx.portal.config, CANCEL) {
        Some(token) if recovery::cancellable(&ctx.portal, &token).await? => {
            page(&LinkPage { layout: ctx.layout().into_journey(), does: Does::Cancel })
        }
        _ => over(&ctx),
    }
}

/// `POST /recovery/cancel`: says that it was stopped, or 422.
async fn cancel(ctx: Ctx<Visitor>, req: HttpRequest, _: Posted<Pressed>) -> PageResult {
    match link_token::of(&req, &ctx.portal.config, CANCEL) {
        Some(token) if recovery::cancel(&ctx.portal, &ctx.browser, &token).await? => {
            page(&DonePage { layout: ctx.layout(), does: Does::Cancel })
        }
        _ => over(&ctx),
    }
}

/// `GET /recovery/undo?token=…`: the button that takes the new number off.
async fn undo_page(ctx: Ctx<Visitor>, link: Query<Link>, req: HttpRequest) -> PageResult {
    if let Some(token) = &link.token {
        return link_token::take_over(&ctx.portal.config, UNDO, token, HELD, "/recovery/undo");
    }
    match link_token::of(&req, &ctx.portal.config, UNDO) {
        Some(token) if recovery::undoable(&ctx.portal, &token).await? => {
            page(&LinkPage { layout: ctx.layout().into_journey(), does: Does::Undo })
        }
        _ => over(&ctx),
    }
}

/// `POST /recovery/undo`: says that the old number is back, or 422.
async fn undo(ctx: Ctx<Visitor>, req: HttpRequest, _: Posted<Pressed>) -> PageResult {
    let Some(token) = link_token::of(&req, &ctx.portal.config, UNDO) else { return over(&ctx) };
    match recovery::undo(&ctx.portal, &ctx.browser, &token).await {
        Ok(()) => page(&DonePage { layout: ctx.layout(), does: Does::Undo }),
        Err(Failure::Refused(UndoRefusal::Over)) => over(&ctx),
        Err(Failure::Refused(UndoRefusal::PhoneFull)) => refused(&OverPage { layout: ctx.layout(), full: true }),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/recovery", get().to(show))
        .route("/recovery", post().to(ask))
        .route("/recovery/stop", post().to(stop))
        .route("/recovery/cancel", get().to(cancel_page))
        .route("/recovery/cancel", post().to(cancel))
        .route("/recovery/undo", get().to(undo_page))
        .route("/recovery/undo", post().to(undo));
}
