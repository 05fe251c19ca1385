//! `/step-up`: why a code is asked for inside a session, and the button that asks for it.

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::factors::FactorKey;
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
    apart: String,
    why: Why,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    #[serde(default)]
    next: String,
    /// The factor that will not do, where there is another.
    #[serde(default)]
    apart: String,
}

impl Next {
    fn apart_from(&self) -> Option<FactorKey> {
        (!self.apart.is_empty()).then(|| FactorKey::stored(self.apart.as_str()))
    }
}

/// `GET /step-up?next=…`: with a fresh proof it leads on at once.
async fn show(ctx: Ctx<Person>, query: Query<Next>) -> PageResult {
    let next = paths::own(&query.next).unwrap_or("/account");
    let fresh = step_up::fresh(&ctx.portal, &ctx.who.session);
    if fresh.is_some_and(|fresh| query.apart_from().is_none_or(|factor| fresh.is_apart_from(&factor))) {
        return see_other(next);
    }
    let why = if next.starts_with("/labs") { Why::Results } else { Why::Change };
    let apart = query.apart.clone();
    page(&StepUpPage { layout: ctx.layout().into_journey(), next: next.to_owned(), apart, why })
}

/// `POST /step-up`: asks for a factor; 303 to the challenge, which leads to `next`.
async fn ask(ctx: Ctx<Person>, Posted(form): Posted<Next>) -> PageResult {
    let next = paths::own(&form.next).unwrap_or("/account");
    step_up::begin(&ctx.portal, &ctx.browser, &ctx.who.session, None, form.apart_from(), next).await?;
    see_other("/challenge")
}

/// The address of the page that asks for a fresh code and then leads to `next`.
pub fn address(next: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("/step-up?{query}")
}

/// The same for a proof by another factor than this one.
pub fn address_apart(next: &str, factor: &FactorKey) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    format!("/step-up?{}", query.append_pair("next", next).append_pair("apart", factor.as_str()).finish())
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/step-up", get().to(show)).route("/step-up", post().to(ask));
}
