//! `/account`: who I am here, my language, my time zone, what I need of codes, and how I am reminded.

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::care::reminders::{self, Reach};
use crate::identity::accounts::{self, Account, Profile};
use crate::messaging::{gateways, mail_refusals};
use crate::types::actor::Role;
use crate::types::code_time::CodeTime;
use crate::types::code_way::CodeWay;
use crate::types::locale::Locale;
use crate::types::remind_by::RemindBy;
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
    /// Mail to them comes back.
    mail_returns: bool,
    /// How reminders reach them.
    reach: Reach,
    locales: Vec<Choice>,
    zones: Vec<Choice>,
    ways: Vec<Choice>,
    code_times: Vec<Choice>,
    /// None can be chosen where nothing calls.
    code_ways: Vec<Choice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileForm {
    locale: String,
    time_zone: String,
    /// Patients have it alone.
    remind_by: Option<String>,
    code_time: Option<String>,
    code_way: Option<String>,
}

impl ProfilePage {
    async fn of(ctx: &Ctx<Person>, errors: Errors, typed: Option<ProfileForm>) -> Result<Self, Problem> {
        let account = accounts::find(&ctx.portal, ctx.who.signed_in.account).await?.ok_or(Problem::NotFound)?;
        let mail_returns = mail_refusals::of(&ctx.portal, account.id).await?.is_some();
        let reach = match account.role {
            Role::Patient => reminders::reach(&ctx.portal, &account).await?,
            Role::Doctor | Role::Admin => Reach::AsChosen,
        };
        read_own(ctx, Deed::ProfileRead).await?;
        let (locale, zone) = match &typed {
            Some(typed) => (typed.locale.as_str(), typed.time_zone.as_str()),
            None => (account.locale.code(), account.zone.as_str()),
        };
        let of = |chosen: fn(&ProfileForm) -> Option<&str>, stored| typed.as_ref().map_or(Some(stored), chosen);
        let remind_by = of(|typed| typed.remind_by.as_deref(), account.remind_by.as_str());
        let code_time = of(|typed| typed.code_time.as_deref(), account.code_time.as_str());
        let code_way = of(|typed| typed.code_way.as_deref(), account.code_way.as_str());
        let layout = ctx.layout();
        let named = |way| match way {
            RemindBy::Mail => layout.words.t("remind-mail"),
            RemindBy::Text => layout.words.t("remind-text"),
            RemindBy::Nothing => layout.words.t("remind-none"),
        };
        let usual = ctx.portal.config.limits.code_life;
        let timed = |time: CodeTime| {
            let minutes = time.life(usual).as_mins();
            layout.words.with("code-time-minutes").arg("minutes", minutes).to_string()
        };
        let sent = |way| match way {
            CodeWay::Text => layout.words.t("code-way-text"),
            CodeWay::Call => layout.words.t("code-way-call"),
        };
        let offered = if gateways::can_call(&ctx.portal.config) { &CodeWay::ALL[..] } else { &[] };
        Ok(Self {
            locales: Locale::ALL
                .into_iter()
                .map(|known| Choice::new(known.code(), known.own_name(), known.code() == locale))
                .collect(),
            zones: zones::choices(zone),
            ways: RemindBy::ALL
                .into_iter()
                .map(|known| Choice::new(known.as_str(), named(known), Some(known.as_str()) == remind_by))
                .collect(),
            code_times: CodeTime::ALL
                .into_iter()
                .map(|known| Choice::new(known.as_str(), timed(known), Some(known.as_str()) == code_time))
                .collect(),
            code_ways: offered
                .iter()
                .map(|known| Choice::new(known.as_str(), sent(*known), Some(known.as_str()) == code_way))
                .collect(),
            layout,
            errors,
            saved: false,
            is_patient: account.role == Role::Patient,
            mail_returns,
            reach,
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
    let remind_by = typed.remind_by.as_deref().map(str::parse::<RemindBy>).transpose();
    if remind_by.is_err() {
        errors.add("remind_by", words.t("remind-empty"));
    }
    let code_time = typed.code_time.as_deref().map(str::parse::<CodeTime>).transpose();
    if code_time.is_err() {
        errors.add("code_time", words.t("code-time-empty"));
    }
    let code_way = typed.code_way.as_deref().map(str::parse::<CodeWay>).transpose();
    if code_way.is_err() {
        errors.add("code_way", words.t("code-way-empty"));
    }
    let (Some(locale), Some(zone), Ok(remind_by), Ok(code_time), Ok(code_way)) =
        (locale, zone, remind_by, code_time, code_way)
    else {
        return refused(&ProfilePage::of(&ctx, errors, Some(typed)).await?);
    };
    let me = &ctx.who.signed_in;
    let remind_by = remind_by.filter(|_| me.role == Role::Patient);
    let profile = Profile { locale, zone, remind_by, code_time, code_way };
    reminders::set_profile(&ctx.portal, me, &profile, ctx.network()).await?;
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
