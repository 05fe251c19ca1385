//! `/invitation`: staff take up their invitation: password and phone, then a code.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::invited::{self, AcceptRefusal};
use crate::crypto::passwords::PasswordRefusal;
use crate::error::Failure;
use crate::identity::invitations::Invitation;
use crate::web::csrf::Posted;
use crate::web::entry::register::{password_sentence, phone, phone_sentence};
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Visitor};
use crate::web::layout::{Layout, page, refused};
use crate::web::link_token::{self, Link};
use crate::web::problem::PageResult;
use crate::web::zones;

#[derive(Template)]
#[template(path = "entry/invitation.html")]
struct InvitationPage {
    layout: Layout,
    errors: Errors,
    name: String,
    email: String,
    phone: String,
    countries: Vec<Choice>,
    least: usize,
}

#[derive(Template)]
#[template(path = "entry/invitation_over.html")]
struct OverPage {
    layout: Layout,
}

/// The cookie that holds the token, and for how long.
const COOKIE: (&str, Duration) = ("invitation", Duration::hours(1));

fn form(ctx: &Ctx<Visitor>, invitation: &Invitation, errors: Errors, typed: &AcceptForm) -> InvitationPage {
    let layout = ctx.layout().into_journey();
    let clinic = &ctx.portal.config.clinic;
    let chosen = if typed.country.is_empty() { clinic.country.code() } else { &typed.country };
    InvitationPage {
        countries: clinic
            .sms_countries
            .iter()
            .map(|code| Choice::new(code.clone(), zones::country_label(code, &layout.words), code == chosen))
            .collect(),
        layout,
        errors,
        name: invitation.name.as_str().to_owned(),
        email: invitation.email.as_str().to_owned(),
        phone: typed.phone.clone(),
        least: ctx.portal.config.limits.password_least,
    }
}

/// `GET /invitation`: the link's token moves into a cookie at once and leaves the address bar.
async fn show(ctx: Ctx<Visitor>, link: Query<Link>, req: HttpRequest) -> PageResult {
    if let Some(token) = &link.token {
        return link_token::take_over(&ctx.portal.config, COOKIE.0, token, COOKIE.1, "/invitation");
    }
    let invitation = match link_token::of(&req, &ctx.portal.config, COOKIE.0) {
        Some(token) => invited::of_link(&ctx.portal, &token).await?,
        None => None,
    };
    match invitation {
        Some(invitation) => page(&form(&ctx, &invitation, Errors::none(), &AcceptForm::default())),
        None => refused(&OverPage { layout: ctx.layout() }),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AcceptForm {
    country: String,
    phone: String,
    password: String,
}

/// `POST /invitation`: 303 to the challenge, or 422 and the form again.
async fn accept(ctx: Ctx<Visitor>, req: HttpRequest, Posted(typed): Posted<AcceptForm>) -> PageResult {
    let words = ctx.layout().words;
    let Some(token) = link_token::of(&req, &ctx.portal.config, COOKIE.0) else {
        return refused(&OverPage { layout: ctx.layout() });
    };
    let Some(invitation) = invited::of_link(&ctx.portal, &token).await? else {
        return refused(&OverPage { layout: ctx.layout() });
    };
    let least = ctx.portal.config.limits.password_least;
    let number = match phone(&ctx.portal, &typed.phone, &typed.country) {
        Ok(number) => number,
        Err(refusal) => {
            let mut errors = Errors::one("phone", phone_sentence(&words, refusal));
            if typed.password.chars().count() < least {
                errors.add("password", password_sentence(&words, PasswordRefusal::TooShort, least));
            }
            return refused(&form(&ctx, &invitation, errors, &typed));
        }
    };
    let replaces = ctx.who.0.as_ref().map(|session| session.id);
    match invited::accept(&ctx.portal, &ctx.browser, &token, &typed.password, number, replaces).await {
        Ok(entered) => ctx.enter(&entered),
        Err(Failure::Refused(AcceptRefusal::Over)) => refused(&OverPage { layout: ctx.layout() }),
        Err(Failure::Refused(AcceptRefusal::Password(refusal))) => {
            let errors = Errors::one("password", password_sentence(&words, refusal, least));
            refused(&form(&ctx, &invitation, errors, &typed))
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/invitation", get().to(show)).route("/invitation", post().to(accept));
}
