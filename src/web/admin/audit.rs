//! `/admin/audit`: the trail, newest first, and its chain.
//!
//! Pages follow each other by the last event shown, not by a number: reading the trail adds to it. A mail address to
//! look for is posted and leads to the account's id, so that no address of this portal holds one.

use std::collections::HashMap;

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;

use crate::audit::chain::{self, State, Verdict};
use crate::audit::{self as trail, Deed, Event, Recorded, Search};
use crate::clock::Timestamp;
use crate::identity::accounts::{self, Named};
use crate::types::email_address::EmailAddress;
use crate::types::ids::AccountId;
use crate::web::account::{history, place, role_word, when};
use crate::web::admin::{lockouts, read};
use crate::web::csrf::{Posted, Pressed};
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

/// Rows a page.
const PAGE: usize = 50;

/// Somebody with an account, by initials.
struct Somebody {
    id: AccountId,
    initials: String,
}

/// Whom or what an event concerns.
enum Whom {
    Somebody(Somebody),
    Record(String),
    Thing(String),
    NoAccount,
    Nothing,
}

/// One event, as the page shows it.
struct Row {
    when: String,
    who: Option<Somebody>,
    /// The role of an account; of anybody else, what they are.
    role: String,
    what: String,
    whom: Whom,
    place: String,
    why: String,
}

#[derive(Template)]
#[template(path = "admin/audit/list.html")]
struct AuditPage {
    errors: Errors,
    typed: Filter,
    deeds: Vec<Choice>,
    rows: Vec<Row>,
    older: Option<String>,
    is_first: bool,
    chain: State,
    linked: Option<String>,
    verdict: Option<Verdict>,
    layout: Layout,
}

/// What is looked for. Posted, `actor` is a mail address or an account's id; in an address, an id.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Filter {
    actor: String,
    deed: String,
    day: String,
}

impl Filter {
    /// The address of what is looked for, to which `&older=` can be added.
    fn address(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("actor", &self.actor).append_pair("deed", &self.deed).append_pair("day", &self.day);
        format!("/admin/audit?{}", query.finish())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    actor: String,
    deed: String,
    day: String,
    older: String,
}

/// The beginning and the end of a day where the admin is.
fn bounds(layout: &Layout, day: &str) -> Option<(Timestamp, Timestamp)> {
    let day: Date = day.parse().ok()?;
    let rules = layout.zone.rules();
    let starts = |day: Date| rules.to_timestamp(day.at(0, 0, 0, 0)).ok();
    Some((starts(day)?, starts(day.tomorrow().ok()?)?))
}

fn subject_account(event: &Recorded) -> Option<AccountId> {
    let subject = event.subject.as_deref()?;
    trail::account_of(subject).or_else(|| subject.parse().ok())
}

fn row(layout: &Layout, in_a_row: i64, named: &HashMap<AccountId, Named>, event: &Recorded) -> Row {
    let words = &layout.words;
    let somebody = |id: AccountId| named.get(&id).map(|known| Somebody { id, initials: known.name.initials() });
    let who = trail::account_of(&event.actor).and_then(somebody);
    let role = match (event.role, event.actor.as_str()) {
        (Some(role), _) => role_word(words, role),
        (None, "shell") => words.t("actor-shell"),
        (None, "system") => words.t("actor-system"),
        (None, "stranger") => words.t("actor-stranger"),
        (None, _) => words.t("actor-gone"),
    };
    let whom = match (subject_account(event).and_then(somebody), event.patient, event.subject.as_deref()) {
        (Some(somebody), ..) => Whom::Somebody(somebody),
        (None, Some(patient), _) => Whom::Record(patient.to_string()),
        (None, None, Some("nobody")) => Whom::NoAccount,
        (None, None, Some(thing)) => Whom::Thing(thing.to_owned()),
        (None, None, None) => Whom::Nothing,
    };
    let why = match (event.deed.as_str(), event.why.as_deref()) {
        ("account_locked", Some(why)) => lockouts::why(words, why, in_a_row),
        ("invited", Some(role)) => role.parse().map_or_else(|()| role.to_owned(), |role| role_word(words, role)),
        (_, why) => why.unwrap_or_default().to_owned(),
    };
    Row {
        when: when(layout, event.at),
        who,
        role,
        what: words.of(&format!("deed-{}", event.deed)),
        whom,
        place: event.network.as_deref().map(|network| place(words, Some(network))).unwrap_or_default(),
        why,
    }
}

impl AuditPage {
    async fn of(ctx: &Ctx<Admin>, asked: Asked, errors: Errors, verdict: Option<Verdict>) -> Result<Self, Problem> {
        let layout = ctx.layout();
        let day = bounds(&layout, &asked.day);
        let deed = Deed::ALL.iter().find(|deed| deed.as_str() == asked.deed);
        let older_than = history::position(&asked.older);
        let search = Search {
            actor: asked.actor.parse().ok(),
            deed: deed.map(|deed| deed.as_str().to_owned()),
            from: day.map(|(from, _)| from),
            before: day.map(|(_, before)| before),
            older_than,
            limit: PAGE as i64 + 1,
            ..Search::default()
        };
        // One more than is shown tells whether there is another page.
        let mut events = trail::find(&ctx.portal, &search).await?;
        let more = events.len() > PAGE;
        events.truncate(PAGE);
        let ids = events.iter().flat_map(|event| [trail::account_of(&event.actor), subject_account(event)]).flatten();
        let named = accounts::names(&ctx.portal, ids).await?;
        let chain = chain::state(&ctx.portal).await?;
        read(ctx, Deed::TrailRead, None).await?;
        let typed = Filter { actor: asked.actor, deed: asked.deed, day: asked.day };
        let last = events.last().filter(|_| more);
        let mut deeds = vec![Choice::new("", layout.words.t("audit-deed-any"), deed.is_none())];
        deeds.extend(Deed::ALL.iter().map(|known| {
            Choice::new(known.as_str(), layout.words.of(&format!("deed-{}", known.as_str())), deed == Some(known))
        }));
        let in_a_row = ctx.portal.config.limits.lock_after;
        Ok(Self {
            rows: events.iter().map(|event| row(&layout, in_a_row, &named, event)).collect(),
            older: last.map(|event| format!("{}&older={}", typed.address(), history::mark(event))),
            is_first: older_than.is_none(),
            linked: chain.linked_at.map(|at| when(&layout, at)),
            errors,
            typed,
            deeds,
            chain,
            verdict,
            layout,
        })
    }
}

/// `GET /admin/audit?actor=…&deed=…&day=…&older=…`.
async fn list(ctx: Ctx<Admin>, asked: Query<Asked>) -> PageResult {
    page(&AuditPage::of(&ctx, asked.into_inner(), Errors::none(), None).await?)
}

/// `POST /admin/audit`: 303 to what is looked for, or 422.
async fn find(ctx: Ctx<Admin>, Posted(mut typed): Posted<Filter>) -> PageResult {
    let layout = ctx.layout();
    let mut errors = Errors::none();
    let actor = typed.actor.trim();
    if !actor.is_empty() && actor.parse::<AccountId>().is_err() {
        let found = match EmailAddress::parse(actor) {
            Ok(email) => accounts::find_by_email(&ctx.portal, &email).await?,
            Err(_) => None,
        };
        match found {
            Some(account) => typed.actor = account.id.to_string(),
            None => errors.add("actor", layout.words.t("audit-actor-none")),
        }
    }
    typed.day = typed.day.trim().to_owned();
    if !typed.day.is_empty() && bounds(&layout, &typed.day).is_none() {
        errors.add("day", layout.words.t("audit-day-malformed"));
    }
    if errors.is_empty() {
        return see_other(&typed.address());
    }
    let asked = Asked { actor: typed.actor, deed: typed.deed, day: typed.day, older: String::new() };
    refused(&AuditPage::of(&ctx, asked, errors, None).await?)
}

/// `POST /admin/audit/verify`: walks the whole chain, and the page says what was found.
async fn verify(ctx: Ctx<Admin>, _: Posted<Pressed>) -> PageResult {
    let verdict = chain::verify(&ctx.portal, None).await?;
    let event = Event::new(ctx.who.signed_in.actor(), Deed::TrailVerified).from(ctx.network());
    trail::record_read(&ctx.portal, vec![event]).await?;
    page(&AuditPage::of(&ctx, Asked::default(), Errors::none(), Some(verdict)).await?)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/audit", get().to(list))
        .route("/admin/audit", post().to(find))
        .route("/admin/audit/verify", post().to(verify));
}
