//! `/account/security/phones/new` and `/{id}/replace`: a new number, which counts once a code to it came back.

use actix_web::web::{Path, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::alerts::freeze;
use crate::auth::factors::Factor;
use crate::auth::phone_changes::{self, AskRefusal, Wanted};
use crate::auth::step_up;
use crate::error::Failure;
use crate::web::account::frozen;
use crate::web::account::password::current_sentence;
use crate::web::account::phones::{LIST, Row, account, one, turned_down};
use crate::web::account::security::is_phone_alone;
use crate::web::csrf::Posted;
use crate::web::entry;
use crate::web::entry::register::{phone, phone_sentence};
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::web::zones;

const NEW: &str = "/account/security/phones/new";

#[derive(Template)]
#[template(path = "account/security/phones/new.html")]
struct NewPage {
    layout: Layout,
    errors: Errors,
    /// The phone whose number is changed.
    replaces: Option<Row>,
    /// Where the form goes.
    action: String,
    countries: Vec<Choice>,
    phone: String,
    phone_alone: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PhoneForm {
    country: String,
    phone: String,
    password: String,
}

impl NewPage {
    async fn new(ctx: &Ctx<Person>, replaces: Option<Row>, typed: PhoneForm, errors: Errors) -> Result<Self, Problem> {
        let phone_alone = is_phone_alone(&ctx.portal, &account(ctx).await?).await?;
        let (layout, clinic) = (ctx.layout(), &ctx.portal.config.clinic);
        let country = if typed.country.is_empty() { clinic.country.code().to_owned() } else { typed.country };
        let action = address(replaces.as_ref());
        Ok(Self {
            countries: clinic
                .sms_countries
                .iter()
                .map(|code| Choice::new(code.clone(), zones::country_label(code, &layout.words), *code == country))
                .collect(),
            phone: typed.phone,
            layout,
            errors,
            replaces,
            action,
            phone_alone,
        })
    }
}

fn address(replaces: Option<&Row>) -> String {
    replaces.map_or_else(|| NEW.to_owned(), |old| format!("{LIST}/{}/replace", old.id))
}

/// The way to a proof: for a change of number by another factor than that phone, where there is one.
fn prove_first(replaces: Option<&Row>) -> PageResult {
    let here = address(replaces);
    see_other(&match replaces {
        Some(old) => entry::step_up::address_apart(&here, &Factor::Sms(old.id).key()),
        None => entry::step_up::address(&here),
    })
}

/// The empty form, behind a fresh proof.
async fn form(ctx: Ctx<Person>, replaces: Option<Row>) -> PageResult {
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else { return prove_first(replaces.as_ref()) };
    if let Some(old) = &replaces {
        match phone_changes::may_go(&ctx.portal, &fresh, old.id).await {
            Ok(()) => {}
            Err(Failure::Refused(refusal)) => return turned_down(&ctx, refusal, &address(replaces.as_ref())),
            Err(Failure::Internal(error)) => return Err(error.into()),
        }
    }
    let account = account(&ctx).await?;
    if let Err(paused) = freeze::check(&ctx.portal, &account) {
        return frozen::page(ctx.layout(), &paused);
    }
    let typed = ctx.kept().await?.unwrap_or_default();
    page(&NewPage::new(&ctx, replaces, typed, Errors::none()).await?)
}

/// 303 to the code that proves the number, or 422 and the form again.
async fn ask(ctx: Ctx<Person>, replaces: Option<Row>, typed: PhoneForm) -> PageResult {
    let session = &ctx.who.session;
    let Some(fresh) = step_up::fresh(&ctx.portal, session) else { return prove_first(replaces.as_ref()) };
    let layout = ctx.layout();
    let mut errors = Errors::none();
    let number = phone(&ctx.portal, &typed.phone, &typed.country);
    if let Err(refusal) = &number {
        errors.add("phone", phone_sentence(&layout.words, *refusal));
    }
    if typed.password.is_empty() {
        errors.add("password", layout.words.t("login-password-empty"));
    }
    let number = match number {
        Ok(number) if errors.is_empty() => number,
        _ => {
            return refused(&NewPage::new(&ctx, replaces, typed, errors).await?);
        }
    };
    let old = replaces.as_ref().map(|old| old.id);
    let wanted = Wanted { number: &number, password: &typed.password, replaces: old };
    let refusal = match phone_changes::ask(&ctx.portal, &ctx.browser, session, &fresh, &wanted).await {
        Ok(()) => return see_other("/challenge"),
        Err(Failure::Refused(refusal)) => refusal,
        Err(Failure::Internal(error)) => return Err(error.into()),
    };
    let errors = match refusal {
        AskRefusal::Stays(why) => return turned_down(&ctx, why, &address(replaces.as_ref())),
        AskRefusal::Current(why) => Errors::one("password", current_sentence(&layout, why)),
        AskRefusal::Same => Errors::one("phone", layout.words.t("phones-same")),
        AskRefusal::Full => Errors::one("phone", layout.words.t("phones-full")),
        AskRefusal::TooMany(until) => {
            let sentence = layout.words.with("phones-often").arg("time", layout.time_from(&until)).to_string();
            Errors::one("phone", sentence)
        }
    };
    refused(&NewPage::new(&ctx, replaces, typed, errors).await?)
}

/// `GET /account/security/phones/new`: asks for a fresh proof first.
async fn new(ctx: Ctx<Person>) -> PageResult {
    form(ctx, None).await
}

/// `POST /account/security/phones/new`.
async fn add(ctx: Ctx<Person>, Posted(typed): Posted<PhoneForm>) -> PageResult {
    ask(ctx, None, typed).await
}

/// `GET /account/security/phones/{id}/replace`: asks for a proof by another factor first, where there is one.
async fn change(ctx: Ctx<Person>, id: Path<String>) -> PageResult {
    let old = one(&ctx, &id).await?;
    form(ctx, Some(old)).await
}

/// `POST /account/security/phones/{id}/replace`.
async fn replace(ctx: Ctx<Person>, id: Path<String>, Posted(typed): Posted<PhoneForm>) -> PageResult {
    let old = one(&ctx, &id).await?;
    ask(ctx, Some(old), typed).await
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security/phones/new", get().to(new))
        .route("/account/security/phones/new", post().to(add))
        .route("/account/security/phones/{id}/replace", get().to(change))
        .route("/account/security/phones/{id}/replace", post().to(replace));
}
