//! `/invitation`: staff take up their invitation: password and phone, then a code.

use actix_web::HttpRequest;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::invited::{self, AcceptRefusal};
use crate::config::Config;
use crate::crypto::passwords::PasswordRefusal;
use crate::crypto::random::Secret;
use crate::error::Failure;
use crate::identity::invitations::Invitation;
use crate::web::csrf::Posted;
use crate::web::entry::register::{password_sentence, phone, phone_sentence};
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Visitor};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::web::visit::{cookie, cookie_name};
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

#[derive(Deserialize)]
struct Link {
    token: Option<String>,
}

fn token_of(req: &HttpRequest, config: &Config) -> Option<Secret> {
    req.cookie(&cookie_name(config, "invitation")).map(|cookie| Secret::new(cookie.value()))
}

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
        let fits = token.len() == 43 && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !fits {
            return refused(&OverPage { layout: ctx.layout() });
        }
        let mut response = see_other("/invitation")?;
        let mut given = cookie(&ctx.portal.config, "invitation", token);
        given.set_max_age(actix_web::cookie::time::Duration::hours(1));
        response.add_cookie(&given).map_err(|_| Problem::BadForm)?;
        return Ok(response);
    }
    let invitation = match token_of(&req, &ctx.portal.config) {
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
    let Some(token) = token_of(&req, &ctx.portal.config) else { return refused(&OverPage { layout: ctx.layout() }) };
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
