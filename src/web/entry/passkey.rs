//! `/login/passkey`: signing in by a passkey alone, without a password.

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::entered::home_of;
use crate::auth::factors::passkeys::{self, NoAnswer};
use crate::auth::passkey_sign_in;
use crate::auth::sign_in::SignInRefusal;
use crate::error::Failure;
use crate::web::csrf::Posted;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Visitor, Who as _};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::paths;
use crate::web::problem::{PageResult, Problem};

#[derive(Template)]
#[template(path = "entry/passkey.html")]
struct PasskeyPage {
    layout: Layout,
    errors: Errors,
    next: String,
    /// What the browser is asked; None when that is over.
    options: Option<String>,
}

async fn passkey_page(ctx: &Ctx<Visitor>, next: &str, errors: Errors) -> Result<PasskeyPage, Problem> {
    let options = passkeys::sign_in_options(&ctx.portal, &ctx.browser).await?;
    Ok(PasskeyPage { layout: ctx.layout(), errors, next: next.to_owned(), options })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    #[serde(default)]
    next: String,
}

/// The address of the page, which leads to `next`.
fn address(next: &str) -> String {
    if next.is_empty() {
        return "/login/passkey".to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("/login/passkey?{query}")
}

/// `POST /login/passkey/begin`: 303 to the page on which the device is asked.
async fn begin(ctx: Ctx<Visitor>, Posted(form): Posted<Next>) -> PageResult {
    if !passkeys::are_possible(&ctx.portal) {
        return see_other("/login");
    }
    let next = paths::own(&form.next).unwrap_or_default();
    match passkey_sign_in::begin(&ctx.portal, &ctx.browser).await {
        Ok(()) => see_other(&address(next)),
        Err(failure) => refuse(&ctx, next, failure).await,
    }
}

/// `GET /login/passkey`.
async fn show(ctx: Ctx<Visitor>, query: Query<Next>) -> PageResult {
    let next = paths::own(&query.next);
    if let Some(who) = ctx.who.signed_in() {
        return see_other(next.unwrap_or(home_of(who.role)));
    }
    page(&passkey_page(&ctx, next.unwrap_or_default(), Errors::none()).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerForm {
    /// What the device said, as JSON.
    passkey: String,
    #[serde(default)]
    next: String,
}

/// `POST /login/passkey`: 303 to where it leads, or 422 and what is wrong.
async fn enter(ctx: Ctx<Visitor>, Posted(form): Posted<AnswerForm>) -> PageResult {
    let next = paths::own(&form.next);
    let answer = match passkeys::Answer::read(&form.passkey) {
        Ok(answer) => answer,
        Err(NoAnswer) => {
            let errors = Errors::one("passkey", ctx.layout().words.t("passkey-signin-none"));
            return refused(&passkey_page(&ctx, next.unwrap_or_default(), errors).await?);
        }
    };
    let replaces = ctx.who.0.as_ref().map(|session| session.id);
    match passkey_sign_in::sign_in(&ctx.portal, &ctx.browser, &answer, next, replaces).await {
        Ok(entered) => ctx.enter(&entered),
        Err(failure) => refuse(&ctx, next.unwrap_or_default(), failure).await,
    }
}

async fn refuse(ctx: &Ctx<Visitor>, next: &str, failure: Failure<SignInRefusal>) -> PageResult {
    match failure {
        Failure::Refused(SignInRefusal::TooMany(until)) => Err(Problem::TooMany(until)),
        Failure::Refused(_) => {
            let errors = Errors::one("passkey", ctx.layout().words.t("passkey-signin-wrong"));
            refused(&passkey_page(ctx, next, errors).await?)
        }
        Failure::Internal(error) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/login/passkey", get().to(show))
        .route("/login/passkey", post().to(enter))
        .route("/login/passkey/begin", post().to(begin));
}
