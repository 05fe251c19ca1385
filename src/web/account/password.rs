//! `/account/security/password`: a new password, with the present one and a fresh code.

use actix_web::web::{ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::alerts::freeze;
use crate::auth::current_password::CurrentRefusal;
use crate::auth::password_change::{self, ChangeRefusal};
use crate::auth::step_up;
use crate::error::Failure;
use crate::identity::accounts;
use crate::web::account::frozen;
use crate::web::csrf::Posted;
use crate::web::entry;
use crate::web::entry::register::password_sentence;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

const ADDRESS: &str = "/account/security/password";

#[derive(Template)]
#[template(path = "account/password.html")]
struct PasswordPage {
    layout: Layout,
    errors: Errors,
    least: usize,
}

/// What is wrong with the present password, in a sentence.
pub(super) fn current_sentence(layout: &Layout, refusal: CurrentRefusal) -> String {
    let words: &Words = &layout.words;
    match refusal {
        CurrentRefusal::Wrong => words.t("change-wrong"),
        CurrentRefusal::Paused(until) | CurrentRefusal::Locked(until) => {
            words.with("change-paused").arg("time", layout.time_from(&until)).to_string()
        }
    }
}

fn form(ctx: &Ctx<Person>, errors: Errors) -> PasswordPage {
    PasswordPage { layout: ctx.layout(), errors, least: ctx.portal.config.limits.password_least }
}

/// `GET /account/security/password`: asks for a fresh code first.
async fn show(ctx: Ctx<Person>) -> PageResult {
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address(ADDRESS));
    }
    let account = accounts::find(&ctx.portal, ctx.who.signed_in.account).await?.ok_or(Problem::NotFound)?;
    match freeze::check(&ctx.portal, &account) {
        Ok(()) => page(&form(&ctx, Errors::none())),
        Err(paused) => frozen::page(ctx.layout(), &paused),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PasswordForm {
    password: String,
    new_password: String,
}

/// `POST /account/security/password`: 303 to the security page, or 422 and what is wrong.
async fn change(ctx: Ctx<Person>, Posted(typed): Posted<PasswordForm>) -> PageResult {
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address(ADDRESS));
    };
    if typed.password.is_empty() {
        let errors = Errors::one("password", ctx.layout().words.t("login-password-empty"));
        return refused(&form(&ctx, errors));
    }
    let (portal, session, next) = (&ctx.portal, &ctx.who.session, "/account/security?done=password");
    let both = (typed.password.as_str(), typed.new_password.as_str());
    let refusal = match password_change::change(portal, &ctx.browser, session, &fresh, both, next).await {
        Ok(entered) => return ctx.enter(&entered),
        Err(Failure::Refused(refusal)) => refusal,
        Err(Failure::Internal(error)) => return Err(error.into()),
    };
    let layout = ctx.layout();
    let least = ctx.portal.config.limits.password_least;
    let errors = match refusal {
        ChangeRefusal::Frozen(paused) => return frozen::page(layout, &paused),
        ChangeRefusal::Current(why) => Errors::one("password", current_sentence(&layout, why)),
        ChangeRefusal::Password(why) => Errors::one("new_password", password_sentence(&layout.words, why, least)),
        ChangeRefusal::Same => Errors::one("new_password", layout.words.t("password-same")),
        ChangeRefusal::Moved => Errors::one("password", layout.words.t("change-moved")),
    };
    refused(&form(&ctx, errors))
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security/password", get().to(show)).route("/account/security/password", post().to(change));
}
