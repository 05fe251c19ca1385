//! What every page shows around its own words: the clinic, the way around, the language, the form token.

use std::fmt::Display;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use crate::auth::sessions::{Kind, Session};
use crate::clock::Timestamp;
use crate::config::Clinic;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::locale::Locale;
use crate::types::zone::Zone;
use crate::web::problem::{PageResult, Problem};
use crate::web::visit::Visit;
use crate::web::{assets, csrf};
use crate::words::Words;

/// One link of the way around.
pub struct NavItem {
    /// Its word's key.
    pub key: &'static str,
    /// Where it leads.
    pub href: &'static str,
    /// Whether the page is there.
    pub current: bool,
}

/// One language of the switch.
pub struct LanguageChoice {
    /// Its BCP 47 code.
    pub code: &'static str,
    /// Its name in itself.
    pub name: &'static str,
    /// Whether the page is in it.
    pub current: bool,
}

/// When the session ends without use.
pub struct Timeout {
    /// Seconds from this page on until the session ends, if it is not used before.
    pub idle_secs: i64,
    /// Seconds before the end at which the person is asked.
    pub warn_secs: i64,
}

/// The frame of a page.
pub struct Layout {
    /// The sentences of the person's language.
    pub words: Words,
    /// Its BCP 47 code.
    pub lang: &'static str,
    /// The clinic as people see it.
    pub clinic: Clinic,
    /// The token for the page's forms.
    pub csrf: String,
    /// The way around.
    pub nav: Vec<NavItem>,
    /// The languages.
    pub languages: Vec<LanguageChoice>,
    /// The page's own path, to come back to after changing the language.
    pub path: String,
    /// Who is signed in.
    pub person: Option<String>,
    /// Whether somebody is.
    pub signed_in: bool,
    /// When the session ends without use.
    pub timeout: Option<Timeout>,
    /// A journey with a beginning and an end: no way around.
    pub journey: bool,
    /// The zone that times are shown in.
    pub zone: Zone,
    /// The present.
    pub now: Timestamp,
}

fn links(role: Option<Role>) -> &'static [(&'static str, &'static str)] {
    match role {
        None => &[("nav-sign_in", "/login"), ("nav-register", "/register"), ("nav-help", "/help/codes")],
        Some(Role::Patient) => &[
            ("nav-home", "/home"),
            ("nav-appointments", "/appointments"),
            ("nav-labs", "/labs"),
            ("nav-account", "/account"),
        ],
        Some(Role::Doctor) => &[
            ("nav-today", "/doctor"),
            ("nav-schedule", "/doctor/schedule"),
            ("nav-results", "/doctor/results"),
            ("nav-recoveries", "/staff/recoveries"),
            ("nav-account", "/account"),
        ],
        Some(Role::Admin) => &[
            ("nav-overview", "/admin"),
            ("nav-lockouts", "/admin/lockouts"),
            ("nav-recoveries", "/staff/recoveries"),
            ("nav-people", "/admin/people"),
            ("nav-delivery", "/admin/delivery"),
            ("nav-audit", "/admin/audit"),
            ("nav-policy", "/admin/policy"),
            ("nav-account", "/account"),
        ],
    }
}

impl Layout {
    /// The frame of a page for a signed-in person, or for anybody.
    pub fn new(portal: &Portal, visit: &Visit, session: Option<&Session>) -> Self {
        let session = session.filter(|session| session.kind == Kind::Full);
        let who = session.and_then(|session| session.who.as_ref());
        let now = portal.clock.now();
        let locale = who.map_or(visit.locale, |who| who.locale);
        let limits = &portal.config.limits;
        let idle = who.map_or(limits.session_idle, |who| portal.policies.now().of(who.role).idle());
        let path = visit.address.split('?').next().unwrap_or("/").to_owned();
        let links = links(who.map(|who| who.role));
        // The longest link that the path stands under is the current one.
        let under = |href: &str| path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
        let here = links.iter().filter(|(_, href)| under(href)).max_by_key(|(_, href)| href.len());
        Self {
            words: Words::new(locale),
            lang: locale.code(),
            clinic: portal.config.clinic.clone(),
            csrf: csrf::token(&portal.keys.form, &visit.browser_token),
            nav: links
                .iter()
                .map(|&(key, href)| NavItem { key, href, current: here.is_some_and(|(known, _)| *known == key) })
                .collect(),
            languages: Locale::ALL
                .into_iter()
                .map(|known| LanguageChoice { code: known.code(), name: known.own_name(), current: known == locale })
                .collect(),
            person: who.map(|who| who.name.as_str().to_owned()),
            signed_in: who.is_some(),
            timeout: session.map(|session| Timeout {
                idle_secs: idle.min(session.ends_at.duration_since(now)).as_secs().max(0),
                warn_secs: limits.session_warn.as_secs(),
            }),
            journey: false,
            zone: who.map_or_else(|| portal.config.clinic.zone.clone(), |who| who.zone.clone()),
            now,
            path,
        }
    }

    /// The frame of a page that knows nobody: for problems.
    pub fn bare(portal: &Portal, visit: &Visit) -> Self {
        Self { nav: Vec::new(), ..Self::new(portal, visit, None) }
    }

    /// The same as a step of a journey.
    #[must_use]
    pub fn into_journey(mut self) -> Self {
        self.journey = true;
        self
    }

    /// What stands before and after the clinic's phone in a sentence, so that the phone can be a link; None where it is not
    /// in it.
    pub fn around_phone(&self, sentence: &impl Display) -> Option<(String, String)> {
        let sentence = sentence.to_string();
        sentence.split_once(&self.clinic.phone).map(|(before, after)| (before.to_owned(), after.to_owned()))
    }

    /// The address that calls the clinic: its phone as it is dialled, without an extension in letters.
    pub fn tel(&self) -> String {
        let dialled = self.clinic.phone.chars().take_while(|letter| !letter.is_alphabetic());
        format!("tel:{}", dialled.filter(|letter| letter.is_ascii_digit() || *letter == '+').collect::<String>())
    }

    /// Where a static file is served.
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// The time of day of an instant, where the person is.
    pub fn time(&self, at: &Timestamp) -> String {
        self.words.time(*at, &self.zone)
    }

    /// The time of day from which on something works again: the next full minute, so that nobody comes too early.
    pub fn time_from(&self, at: &Timestamp) -> String {
        self.words.time_from(*at, &self.zone)
    }

    /// The day of an instant, where the person is.
    pub fn day(&self, at: &Timestamp) -> String {
        self.words.day(*at, &self.zone)
    }

    /// Day, time and zone of an instant, where the person is.
    pub fn day_time(&self, at: &Timestamp) -> String {
        self.words.day_time(*at, &self.zone)
    }
}

fn answer(status: StatusCode, page: &impl Template) -> PageResult {
    let body = page.render().map_err(|error| Problem::Internal(InternalError::new("rendering a page", error)))?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body))
}

/// A page.
///
/// # Errors
/// When the template fails.
pub fn page(page: &impl Template) -> PageResult {
    answer(StatusCode::OK, page)
}

/// The page again, with what is wrong: 422.
///
/// # Errors
/// When the template fails.
pub fn refused(page: &impl Template) -> PageResult {
    answer(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// A page that says there is nothing here: 404.
///
/// # Errors
/// When the template fails.
pub fn not_there(page: &impl Template) -> PageResult {
    answer(StatusCode::NOT_FOUND, page)
}

/// On to a page of ours: 303.
///
/// # Errors
/// Never.
pub fn see_other(path: &str) -> PageResult {
    Ok(HttpResponse::SeeOther().insert_header(("Location", path)).finish())
}
