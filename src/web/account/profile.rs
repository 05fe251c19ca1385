//! `/account`: who I am here, my language and my time zone.

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::identity::accounts::{self, Account};
use crate::types::actor::Role;
use crate::types::locale::Locale;
use crate::types::zone::Zone;
use crate::web::account::read_own;
use crate::web::csrf::Posted;
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::web::visit::cookie;
use crate::web::zones;

#[derive(Template)]
#[template(path = "account/profile.html")]
struct ProfilePage {
    layout: Layout,
    errors: Errors,
    saved: bool,
    account: Account,
    is_patient: bool,
    locales: Vec<Choice>,
    zones: Vec<Choice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileForm {
    locale: String,
    time_zone: String,
}

impl ProfilePage {
    async fn of(ctx: &Ctx<Person>, errors: Errors, typed: Option<ProfileForm>) -> Result<Self, Problem> {
        let account = accounts::find(&ctx.portal, ctx.who.signed_in.account).await?.ok_or(Problem::NotFound)?;
        read_own(ctx, Deed::ProfileRead).await?;
        let (locale, zone) = match &typed {
            Some(typed) => (typed.locale.as_str(), typed.time_zone.as_str()),
            None => (account.locale.code(), account.zone.as_str()),
        };
        Ok(Self {
            locales: Locale::ALL
                .into_iter()
                .map(|known| Choice::new(known.code(), known.own_name(), known.code() == locale))
                .collect(),
            zones: zones::choices(zone),
            layout: ctx.layout(),
            errors,
            saved: false,
            is_patient: account.role == Role::Patient,
            account,
        })
    }
}

#[derive(Deserialize)]
struct Arrival {
    saved: Option<String>,
}

/// `GET /account`.
async fn show(ctx: Ctx<Person>, arrival: Query<Arrival>) -> PageResult {
    let typed = ctx.kept().await?;
    let mut shown = ProfilePage::of(&ctx, Errors::none(), typed).await?;
    shown.saved = arrival.saved.is_some();
    page(&shown)
}

/// `POST /account`: 303 to the same page, or 422 with what is wrong.
async fn save(ctx: Ctx<Person>, Posted(typed): Posted<ProfileForm>) -> PageResult {
    let words = ctx.layout().words;
    let (locale, zone): (Option<Locale>, Option<Zone>) = (typed.locale.parse().ok(), typed.time_zone.parse().ok());
    let mut errors = Errors::none();
    if locale.is_none() {
        errors.add("locale", words.t("locale-empty"));
    }
    if zone.is_none() {
        errors.add("time_zone", words.t("zone-empty"));
    }
    let (Some(locale), Some(zone)) = (locale, zone) else {
        return refused(&ProfilePage::of(&ctx, errors, Some(typed)).await?);
    };
    let me = &ctx.who.signed_in;
    accounts::set_profile(&ctx.portal, &me.actor(), me.account, locale, &zone, ctx.network()).await?;
    let mut response = see_other("/account?saved=1")?;
    // Pages before the next sign-in are in the same language.
    let given = cookie(&ctx.portal.config, "lang", locale.code());
    response.add_cookie(&given).map_err(|_| Problem::BadForm)?;
    Ok(response)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account", get().to(show)).route("/account", post().to(save));
}
