//! `/login`: email and password. Also signing out, and staying signed in.

use actix_web::HttpResponse;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::entered::home_of;
use crate::auth::factors::passkeys;
use crate::auth::sessions::{self, Kind};
use crate::auth::sign_in::{SignInRefusal, sign_in};
use crate::clock::Timestamp;
use crate::crypto::passwords::Password;
use crate::error::Failure;
use crate::portal::Portal;
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry::home::SIGNED_OUT;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Person, Visitor, Who as _};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::paths;
use crate::web::problem::{PageResult, Problem};

/// What the address says of why somebody is here.
#[derive(Default, Deserialize)]
struct Arrival {
    next: Option<String>,
    ended: Option<String>,
    reset: Option<String>,
    over: Option<String>,
}

impl Arrival {
    fn note(&self) -> Option<Note> {
        match self {
            Self { reset: Some(_), .. } => Some(Note::PasswordChosen),
            Self { over: Some(_), .. } => Some(Note::ChallengeOver),
            Self { ended: Some(_), .. } => Some(Note::SessionEnded),
            _ => None,
        }
    }
}

/// What is said above the form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Note {
    SessionEnded,
    PasswordChosen,
    ChallengeOver,
}

#[derive(Template)]
#[template(path = "entry/login.html")]
struct LoginPage {
    layout: Layout,
    errors: Errors,
    email: String,
    next: String,
    note: Option<Note>,
    /// How long a session stays without use, where that is the same for everybody.
    idle_minutes: Option<i64>,
    may_passkey: bool,
}

/// Why the door stays shut for now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shut {
    /// Too many wrong passwords for this typed email.
    Paused,
    /// The account is locked.
    Locked,
    /// This password opens nothing from unknown browsers any more.
    PasswordSpent,
    /// Everything that would do saw too many wrong answers over its life.
    FactorOff {
        /// Whether the person can ask for a new phone from here.
        may_recover: bool,
    },
    /// It all looks like somebody else.
    Held,
}

#[derive(Template)]
#[template(path = "entry/shut.html")]
struct ShutPage {
    layout: Layout,
    why: Shut,
    until: Option<Timestamp>,
}

/// The page of a shut door. 429 with its Retry-After where only waiting helps, else 422.
pub(super) fn shut(layout: Layout, why: Shut, until: Option<Timestamp>) -> PageResult {
    let now = layout.now;
    let mut response = refused(&ShutPage { layout, why, until })?;
    if let (Shut::Paused, Some(until)) = (why, until) {
        let seconds = until.duration_since(now).as_secs().max(1);
        *response.status_mut() = actix_web::http::StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// The idle minutes of whoever was signed out: nobody knows here who that was.
fn idle_of_all(portal: &Portal) -> Option<i64> {
    let policies = portal.policies.now();
    let patients = policies.patient.idle();
    (policies.doctor.idle() == patients && policies.admin.idle() == patients).then(|| patients.as_mins())
}

fn form<W: crate::web::guard::Who>(
    ctx: &Ctx<W>,
    errors: Errors,
    email: String,
    next: String,
    note: Option<Note>,
) -> LoginPage {
    LoginPage {
        layout: ctx.layout(),
        errors,
        email,
        next,
        note,
        idle_minutes: idle_of_all(&ctx.portal),
        may_passkey: passkeys::are_possible(&ctx.portal),
    }
}

/// `GET /login`.
async fn show(ctx: Ctx<Visitor>, arrival: Query<Arrival>) -> PageResult {
    let next = arrival.next.as_deref().and_then(paths::own);
    if let Some(who) = ctx.who.signed_in() {
        return see_other(next.unwrap_or(home_of(who.role)));
    }
    page(&form(&ctx, Errors::none(), String::new(), next.unwrap_or_default().to_owned(), arrival.note()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`: 303 to the challenge, or 422 and the form again.
async fn enter(ctx: Ctx<Visitor>, Posted(typed): Posted<LoginForm>) -> PageResult {
    let words = ctx.layout().words;
    let next = paths::own(&typed.next).map(str::to_owned);
    let mut errors = Errors::none();
    if typed.email.trim().is_empty() {
        errors.add("email", words.t("login-email-empty"));
    }
    if typed.password.is_empty() {
        errors.add("password", words.t("login-password-empty"));
    }
    if !errors.is_empty() {
        return refused(&form(&ctx, errors, typed.email, next.unwrap_or_default(), None));
    }
    let replaces = ctx.who.0.as_ref().map(|session| session.id);
    let password = Password::typed(&typed.password);
    match sign_in(&ctx.portal, &ctx.browser, &typed.email, password, next.as_deref(), replaces).await {
        Ok(entered) => ctx.enter(&entered),
        Err(Failure::Refused(SignInRefusal::Wrong)) => {
            let errors = Errors::one("email", words.t("signin-err"));
            refused(&form(&ctx, errors, typed.email, next.unwrap_or_default(), None))
        }
        Err(Failure::Refused(SignInRefusal::Paused(until))) => shut(ctx.layout(), Shut::Paused, Some(until)),
        Err(Failure::Refused(SignInRefusal::Locked(until))) => shut(ctx.layout(), Shut::Locked, Some(until)),
        Err(Failure::Refused(SignInRefusal::PasswordSpent)) => shut(ctx.layout(), Shut::PasswordSpent, None),
        Err(Failure::Refused(SignInRefusal::Held)) => shut(ctx.layout(), Shut::Held, None),
        Err(Failure::Refused(SignInRefusal::TooMany(until))) => Err(Problem::TooMany(until)),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// `POST /logout`: this session ends; 303 to the start page. Pressed again, it says the same.
async fn leave(ctx: Ctx<Visitor>, _: Posted<Pressed>) -> PageResult {
    if let Some(session) = &ctx.who.0 {
        sessions::sign_out(&ctx.portal, session, ctx.network()).await?;
    }
    // Who only gives up half-way in was not signed in.
    let was_half_way = ctx.who.0.as_ref().is_some_and(|session| session.kind != Kind::Full);
    ctx.leave(if was_half_way { "/" } else { SIGNED_OUT })
}

/// `POST /session/stay`: the guard has noted the use.
async fn stay(_: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    Ok(HttpResponse::NoContent().finish())
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/login", get().to(show))
        .route("/login", post().to(enter))
        .route("/logout", post().to(leave))
        .route("/session/stay", post().to(stay));
}
