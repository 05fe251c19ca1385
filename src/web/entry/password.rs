//! `/password/forgot` and `/password/reset`: a mailed link, then a texted code, then a new password.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::password_reset::{self, AskRefusal, ChooseRefusal};
use crate::error::Failure;
use crate::types::email_address::EmailAddress;
use crate::web::csrf::Posted;
use crate::web::entry::register::{email_sentence, password_sentence};
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Visitor};
use crate::web::layout::{Layout, page, refused};
use crate::web::link_token::{self, Link};
use crate::web::problem::{PageResult, Problem};

#[derive(Template)]
#[template(path = "entry/password/forgot.html")]
struct ForgotPage {
    layout: Layout,
    errors: Errors,
    email: String,
}

#[derive(Template)]
#[template(path = "entry/password/asked.html")]
struct AskedPage {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "entry/password/choose.html")]
struct ChoosePage {
    layout: Layout,
    errors: Errors,
    least: usize,
}

#[derive(Template)]
#[template(path = "entry/password/open.html")]
struct OpenPage {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "entry/password/over.html")]
struct OverPage {
    layout: Layout,
}

/// `GET /password/forgot`.
async fn forgot(ctx: Ctx<Visitor>) -> PageResult {
    page(&ForgotPage { layout: ctx.layout(), errors: Errors::none(), email: String::new() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForgotForm {
    #[serde(default)]
    email: String,
}

/// `POST /password/forgot`: the same page whether the email has an account.
async fn ask(ctx: Ctx<Visitor>, Posted(form): Posted<ForgotForm>) -> PageResult {
    let layout = ctx.layout();
    let email = match EmailAddress::parse(&form.email) {
        Ok(email) => email,
        Err(refusal) => {
            let errors = Errors::one("email", email_sentence(&layout.words, refusal));
            return refused(&ForgotPage { layout, errors, email: form.email });
        }
    };
    match password_reset::ask(&ctx.portal, &ctx.browser, email).await {
        Ok(()) => page(&AskedPage { layout }),
        Err(Failure::Refused(AskRefusal::TooMany(until))) => Err(Problem::TooMany(until)),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// The cookie that holds the token, and for how long.
const COOKIE: (&str, Duration) = ("reset", Duration::minutes(30));

async fn is_ready(ctx: &Ctx<Visitor>) -> Result<bool, Problem> {
    match &ctx.who.0 {
        Some(session) => Ok(password_reset::ready(&ctx.portal, session).await?.is_some()),
        None => Ok(false),
    }
}

/// `GET /password/reset`: the link's token moves into a cookie at once and leaves the address bar. No code is sent
/// before a person presses the button: mail scanners open links too. After the code, the form.
async fn reset(ctx: Ctx<Visitor>, link: Query<Link>, req: HttpRequest) -> PageResult {
    if let Some(token) = &link.token {
        return link_token::take_over(&ctx.portal.config, COOKIE.0, token, COOKIE.1, "/password/reset");
    }
    let least = ctx.portal.config.limits.password_least;
    if is_ready(&ctx).await? {
        return page(&ChoosePage { layout: ctx.layout().into_journey(), errors: Errors::none(), least });
    }
    let is_open = match link_token::of(&req, &ctx.portal.config, COOKIE.0) {
        Some(token) => password_reset::is_open(&ctx.portal, &token).await?,
        None => false,
    };
    if is_open {
        page(&OpenPage { layout: ctx.layout().into_journey() })
    } else {
        refused(&OverPage { layout: ctx.layout() })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChooseForm {
    #[serde(default)]
    password: String,
}

/// `POST /password/reset`: before the code, 303 to the challenge; after it, 303 to the way in, or 422 and what is wrong.
async fn choose(ctx: Ctx<Visitor>, req: HttpRequest, Posted(form): Posted<ChooseForm>) -> PageResult {
    let layout = ctx.layout().into_journey();
    if !is_ready(&ctx).await?
        && let Some(token) = link_token::of(&req, &ctx.portal.config, COOKIE.0)
    {
        let replaces = ctx.who.0.as_ref().map(|session| session.id);
        return match password_reset::open(&ctx.portal, &ctx.browser, &token, replaces).await? {
            Some(entered) => ctx.enter(&entered),
            None => refused(&OverPage { layout: ctx.layout() }),
        };
    }
    let Some(session) = &ctx.who.0 else { return refused(&OverPage { layout: ctx.layout() }) };
    match password_reset::choose(&ctx.portal, &ctx.browser, session, &form.password).await {
        Ok(()) => ctx.leave("/login?reset=1"),
        Err(Failure::Refused(ChooseRefusal::Over)) => refused(&OverPage { layout: ctx.layout() }),
        Err(Failure::Refused(ChooseRefusal::Same)) => {
            let least = ctx.portal.config.limits.password_least;
            let errors = Errors::one("password", layout.words.t("password-same"));
            refused(&ChoosePage { layout, errors, least })
        }
        Err(Failure::Refused(ChooseRefusal::Password(refusal))) => {
            let least = ctx.portal.config.limits.password_least;
            let errors = Errors::one("password", password_sentence(&layout.words, refusal, least));
            refused(&ChoosePage { layout, errors, least })
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/password/forgot", get().to(forgot))
        .route("/password/forgot", post().to(ask))
        .route("/password/reset", get().to(reset))
        .route("/password/reset", post().to(choose));
}
