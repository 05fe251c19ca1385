//! `/account/security/app`: an authenticator app is set up, replaced and removed.

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::auth::factors::manage_app::{self, AppRefusal};
use crate::auth::factors::totp::{self, Binding};
use crate::auth::step_up::{self, FreshFactor};
use crate::crypto::codes::{CodeRefusal, TypedCode};
use crate::error::Failure;
use crate::identity::accounts::{self, Account};
use crate::web::account::{frozen, read_own, when};
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

const STATE: &str = "/account/security/app";
const NEW: &str = "/account/security/app/new";
const REMOVE: &str = "/account/security/app/remove";

/// An app that is bound.
struct Bound {
    added: String,
    used: Option<String>,
}

/// What was just done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Added,
    Removed,
}

#[derive(Template)]
#[template(path = "account/security/app/show.html")]
struct AppPage {
    layout: Layout,
    done: Option<Done>,
    bound: Option<Bound>,
    /// Why nothing was changed.
    refusal: Option<String>,
}

#[derive(Template)]
#[template(path = "account/security/app/new.html")]
struct NewPage {
    layout: Layout,
    errors: Errors,
    binding: Binding,
}

#[derive(Template)]
#[template(path = "account/security/app/remove.html")]
struct RemovePage {
    layout: Layout,
}

async fn me(ctx: &Ctx<Person>) -> Result<Account, Problem> {
    accounts::find(&ctx.portal, ctx.who.signed_in.account).await?.ok_or(Problem::NotFound)
}

async fn state(ctx: &Ctx<Person>, done: Option<Done>, refusal: Option<String>) -> Result<AppPage, Problem> {
    let account = me(ctx).await?;
    let app = totp::of(&ctx.portal, &account).await?;
    read_own(ctx, Deed::SecurityRead).await?;
    let layout = ctx.layout();
    let bound =
        app.map(|app| Bound { added: when(&layout, app.added_at), used: app.used_at.map(|at| when(&layout, at)) });
    Ok(AppPage { layout, done, bound, refusal })
}

/// The proof that a change needs; without one, the way to it.
fn fresh(ctx: &Ctx<Person>, next: &str) -> Result<FreshFactor, PageResult> {
    step_up::fresh(&ctx.portal, &ctx.who.session).ok_or_else(|| see_other(&entry::step_up::address(next)))
}

/// What a refusal of a change leads to; `next` is where a better proof leads back to.
async fn turned_down(ctx: &Ctx<Person>, refusal: AppRefusal, next: &str) -> PageResult {
    let words = ctx.layout().words;
    match refusal {
        AppRefusal::Frozen(paused) => frozen::page(ctx.layout(), &paused),
        AppRefusal::NotApart(key) => see_other(&entry::step_up::address_apart(next, &key)),
        AppRefusal::Last => refused(&state(ctx, None, Some(words.t("app-last"))).await?),
        AppRefusal::Dropped => refused(&state(ctx, None, Some(words.t("app-dropped"))).await?),
        AppRefusal::Nothing => see_other(STATE),
        AppRefusal::Wrong => match totp::waiting(&ctx.portal, &me(ctx).await?).await? {
            Some(binding) => {
                let errors = Errors::one("code", words.t("app-err-wrong"));
                refused(&NewPage { layout: ctx.layout(), errors, binding })
            }
            None => see_other(STATE),
        },
    }
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
}

/// `GET /account/security/app`: whether there is an app, and what can be done.
async fn show(ctx: Ctx<Person>, arrival: Query<Arrival>) -> PageResult {
    let done = match arrival.done.as_deref() {
        Some("added") => Some(Done::Added),
        Some("removed") => Some(Done::Removed),
        _ => None,
    };
    page(&state(&ctx, done, None).await?)
}

/// `POST /account/security/app/begin`: 303 to the page with the secret; to a fresh proof first, where there is none.
async fn begin(ctx: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    let fresh = match fresh(&ctx, STATE) {
        Ok(fresh) => fresh,
        Err(way) => return way,
    };
    match manage_app::begin(&ctx.portal, &fresh).await {
        Ok(()) => see_other(NEW),
        Err(Failure::Refused(refusal)) => turned_down(&ctx, refusal, STATE).await,
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// `GET /account/security/app/new`: the secret as a picture and as text, and a field for a code of it.
async fn new(ctx: Ctx<Person>) -> PageResult {
    let fresh = match fresh(&ctx, NEW) {
        Ok(fresh) => fresh,
        Err(way) => return way,
    };
    match manage_app::may_change(&ctx.portal, &fresh).await {
        Ok(()) => {}
        Err(Failure::Refused(refusal)) => return turned_down(&ctx, refusal, NEW).await,
        Err(Failure::Internal(error)) => return Err(error.into()),
    }
    match totp::waiting(&ctx.portal, &me(&ctx).await?).await? {
        Some(binding) => page(&NewPage { layout: ctx.layout(), errors: Errors::none(), binding }),
        None => see_other(STATE),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeForm {
    #[serde(default)]
    code: String,
}

/// `POST /account/security/app/new`: 303 back when the code is the app's, or 422 and what is wrong.
async fn bind(ctx: Ctx<Person>, Posted(form): Posted<CodeForm>) -> PageResult {
    let fresh = match fresh(&ctx, NEW) {
        Ok(fresh) => fresh,
        Err(way) => return way,
    };
    let words = ctx.layout().words;
    let typed = match TypedCode::parse(&form.code) {
        Ok(typed) => typed,
        Err(refusal) => {
            if let Err(Failure::Refused(why)) = manage_app::may_change(&ctx.portal, &fresh).await {
                return turned_down(&ctx, why, NEW).await;
            }
            let Some(binding) = totp::waiting(&ctx.portal, &me(&ctx).await?).await? else { return see_other(STATE) };
            let sentence = match refusal {
                CodeRefusal::Empty => words.t("otp-err-empty"),
                CodeRefusal::NotSixDigits => words.t("otp-err-length"),
            };
            return refused(&NewPage { layout: ctx.layout(), errors: Errors::one("code", sentence), binding });
        }
    };
    match manage_app::bind(&ctx.portal, &fresh, &typed, ctx.network()).await {
        Ok(()) => see_other("/account/security/app?done=added"),
        Err(Failure::Refused(refusal)) => turned_down(&ctx, refusal, NEW).await,
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// `GET /account/security/app/remove`: asks once more; for a proof by another factor first, where there is one.
async fn confirm(ctx: Ctx<Person>) -> PageResult {
    let fresh = match fresh(&ctx, REMOVE) {
        Ok(fresh) => fresh,
        Err(way) => return way,
    };
    match manage_app::may_change(&ctx.portal, &fresh).await {
        Ok(()) => {}
        Err(Failure::Refused(refusal)) => return turned_down(&ctx, refusal, REMOVE).await,
        Err(Failure::Internal(error)) => return Err(error.into()),
    }
    match totp::of(&ctx.portal, &me(&ctx).await?).await? {
        Some(_) => page(&RemovePage { layout: ctx.layout() }),
        None => see_other(STATE),
    }
}

/// `POST /account/security/app/remove`: 303 back, or 422 when nothing else would be left.
async fn remove(ctx: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    let fresh = match fresh(&ctx, REMOVE) {
        Ok(fresh) => fresh,
        Err(way) => return way,
    };
    match manage_app::remove(&ctx.portal, &fresh, ctx.network()).await {
        Ok(()) => see_other("/account/security/app?done=removed"),
        Err(Failure::Refused(refusal)) => turned_down(&ctx, refusal, REMOVE).await,
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security/app", get().to(show))
        .route("/account/security/app/begin", post().to(begin))
        .route("/account/security/app/new", get().to(new))
        .route("/account/security/app/new", post().to(bind))
        .route("/account/security/app/remove", get().to(confirm))
        .route("/account/security/app/remove", post().to(remove));
}
