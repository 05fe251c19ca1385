//! `/step-up`: why a code is asked for inside a session, and the button that asks for it.

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::step_up;
use crate::web::csrf::Posted;
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page, see_other};
use crate::web::paths;
use crate::web::problem::PageResult;

/// What the code is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Results,
    Change,
}

#[derive(Template)]
#[template(path = "entry/step_up.html")]
struct StepUpPage {
    layout: Layout,
    next: String,
    why: Why,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    #[serde(default)]
    next: String,
}

/// `GET /step-up?next=…`: with a fresh proof it leads on at once.
async fn show(ctx: Ctx<Person>, query: Query<Next>) -> PageResult {
    let next = paths::own(&query.next).unwrap_or("/account");
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_some() {
        return see_other(next);
    }
    let why = if next.starts_with("/labs") { Why::Results } else { Why::Change };
    page(&StepUpPage { layout: ctx.layout().into_journey(), next: next.to_owned(), why })
}

/// `POST /step-up`: texts a code; 303 to the challenge, which leads to `next`.
async fn ask(ctx: Ctx<Person>, Posted(form): Posted<Next>) -> PageResult {
    let next = paths::own(&form.next).unwrap_or("/account");
    step_up::begin(&ctx.portal, &ctx.browser, &ctx.who.session, None, next).await?;
    see_other("/challenge")
}

/// The address of the page that asks for a fresh code and then leads to `next`.
pub fn address(next: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("/step-up?{query}")
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/step-up", get().to(show)).route("/step-up", post().to(ask));
}
