//! `/account/security/email`: another mail address, proved by a link to it before the old one goes.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::alerts::freeze;
use crate::auth::email_change::{self, AskRefusal, ConfirmRefusal};
use crate::auth::factors::{Factor, manage};
use crate::auth::step_up;
use crate::error::Failure;
use crate::identity::accounts::{self, Account};
use crate::types::email_address::EmailAddress;
use crate::web::account::frozen;
use crate::web::account::password::current_sentence;
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry;
use crate::web::entry::register::email_sentence;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Person, Visitor};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::link_token::{self, Link};
use crate::web::problem::{PageResult, Problem};

const ADDRESS: &str = "/account/security/email";
/// The cookie that holds the token, and for how long.
const COOKIE: (&str, Duration) = ("email", Duration::hours(1));

#[derive(Template)]
#[template(path = "account/email/new.html")]
struct NewPage {
    layout: Layout,
    errors: Errors,
    now: String,
    email: String,
}

#[derive(Template)]
#[template(path = "account/email/sent.html")]
struct SentPage {
    layout: Layout,
    email: String,
}

#[derive(Template)]
#[template(path = "account/email/confirm.html")]
struct ConfirmPage {
    layout: Layout,
    email: String,
}

#[derive(Template)]
#[template(path = "account/email/over.html")]
struct OverPage {
    layout: Layout,
}

async fn own(ctx: &Ctx<Person>) -> Result<Account, Problem> {
    accounts::find(&ctx.portal, ctx.who.signed_in.account).await?.ok_or(Problem::NotFound)
}

fn form(ctx: &Ctx<Person>, account: &Account, email: String, errors: Errors) -> NewPage {
    NewPage { layout: ctx.layout(), errors, now: account.email.as_str().to_owned(), email }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EmailForm {
    email: String,
    password: String,
}

/// The way to a proof by another factor than mail.
fn prove_apart() -> PageResult {
    see_other(&entry::step_up::address_apart(ADDRESS, &Factor::Email.key()))
}

/// `GET /account/security/email`: asks for a fresh proof first, by another factor than the mailbox that is to go.
async fn show(ctx: Ctx<Person>) -> PageResult {
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address(ADDRESS));
    };
    if !manage::may_remove(&ctx.portal, &fresh, &ctx.who.session, &Factor::Email.key()).await? {
        return prove_apart();
    }
    let account = own(&ctx).await?;
    let typed: EmailForm = ctx.kept().await?.unwrap_or_default();
    match freeze::check(&ctx.portal, &account) {
        Ok(()) => page(&form(&ctx, &account, typed.email, Errors::none())),
        Err(paused) => frozen::page(ctx.layout(), &paused),
    }
}

/// `POST /account/security/email`: the same page whether the address has an account; 422 and what is wrong.
async fn ask(ctx: Ctx<Person>, Posted(typed): Posted<EmailForm>) -> PageResult {
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address(ADDRESS));
    };
    let account = own(&ctx).await?;
    let layout = ctx.layout();
    let mut errors = Errors::none();
    let email = EmailAddress::parse(&typed.email);
    if let Err(refusal) = &email {
        errors.add("email", email_sentence(&layout.words, *refusal));
    }
    if typed.password.is_empty() {
        errors.add("password", layout.words.t("login-password-empty"));
    }
    let email = match email {
        Ok(email) if errors.is_empty() => email,
        _ => return refused(&form(&ctx, &account, typed.email, errors)),
    };
    let (portal, session) = (&ctx.portal, &ctx.who.session);
    let asked = email_change::ask(portal, &ctx.browser, session, &fresh, &typed.password, &email).await;
    let refusal = match asked {
        Ok(()) => return page(&SentPage { layout, email: email.as_str().to_owned() }),
        Err(Failure::Refused(refusal)) => refusal,
        Err(Failure::Internal(error)) => return Err(error.into()),
    };
    let errors = match refusal {
        AskRefusal::Frozen(paused) => return frozen::page(layout, &paused),
        AskRefusal::NotApart => return prove_apart(),
        AskRefusal::Current(why) => Errors::one("password", current_sentence(&layout, why)),
        AskRefusal::Same => Errors::one("email", layout.words.t("change_email-same")),
        AskRefusal::TooMany(until) => Errors::one(
            "email",
            layout.words.with("change_email-often").arg("time", layout.time_from(&until)).to_string(),
        ),
    };
    refused(&form(&ctx, &account, typed.email, errors))
}

/// `GET /account/security/email/link?token=…`: the mailed link, for anybody; the token moves into a cookie.
async fn link(ctx: Ctx<Visitor>, link: Query<Link>) -> PageResult {
    let (page, token) = ("/account/security/email/confirm", link.token.as_deref().unwrap_or_default());
    link_token::take_over(&ctx.portal.config, COOKIE.0, token, COOKIE.1, page)
}

/// `GET /account/security/email/confirm`: the new address and its button. No code is asked for again: the link works
/// for an hour, and for the account alone that asked with one.
async fn waiting(ctx: Ctx<Person>, req: HttpRequest) -> PageResult {
    let found = match link_token::of(&req, &ctx.portal.config, COOKIE.0) {
        Some(token) => email_change::waiting(&ctx.portal, ctx.who.signed_in.account, &token).await?,
        None => None,
    };
    match found {
        Some(email) => page(&ConfirmPage { layout: ctx.layout(), email: email.as_str().to_owned() }),
        None => refused(&OverPage { layout: ctx.layout() }),
    }
}

/// `POST /account/security/email/confirm`: 303 to the security page, or 422.
async fn confirm(ctx: Ctx<Person>, req: HttpRequest, _: Posted<Pressed>) -> PageResult {
    let over = || refused(&OverPage { layout: ctx.layout() });
    let Some(token) = link_token::of(&req, &ctx.portal.config, COOKIE.0) else { return over() };
    let next = "/account/security?done=email";
    match email_change::confirm(&ctx.portal, &ctx.browser, &ctx.who.session, &token, next).await {
        Ok(entered) => ctx.enter(&entered),
        Err(Failure::Refused(ConfirmRefusal::Over)) => over(),
        Err(Failure::Refused(ConfirmRefusal::Frozen(paused))) => frozen::page(ctx.layout(), &paused),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security/email", get().to(show))
        .route("/account/security/email", post().to(ask))
        .route("/account/security/email/link", get().to(link))
        .route("/account/security/email/confirm", get().to(waiting))
        .route("/account/security/email/confirm", post().to(confirm));
}
