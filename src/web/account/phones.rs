//! `/account/security/phones`: a person's phones, what went to each, which is the main one, and removing one.

use actix_web::web::{Path, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::auth::factors::Factor;
use crate::auth::phone_changes::{self, ChangeRefusal, Listed};
use crate::auth::step_up;
use crate::error::Failure;
use crate::identity::accounts::{self, Account};
use crate::identity::phones;
use crate::messaging::dispatches::{self, Reached, SentTo};
use crate::messaging::texts::Notice;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::PhoneId;
use crate::web::account::security::is_phone_alone;
use crate::web::account::{frozen, read_own, when};
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

pub(super) const LIST: &str = "/account/security/phones";
/// Texts and calls that a phone's page lists.
const LISTED: i64 = 30;

/// A phone in words.
pub(super) struct Row {
    pub(super) id: PhoneId,
    pub(super) last2: String,
    pub(super) is_primary: bool,
    since: String,
    /// When a code last reached it, as far as is known.
    reached: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Added,
    Replaced,
    Primary,
    Removed,
}

#[derive(Template)]
#[template(path = "account/security/phones/list.html")]
struct ListPage {
    done: Option<Done>,
    rows: Vec<Row>,
    is_full: bool,
    /// Whether the clinic counts a code to a phone when this person signs in.
    counts: bool,
    phone_alone: bool,
    layout: Layout,
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
}

impl Arrival {
    fn done(&self) -> Option<Done> {
        match self.done.as_deref()? {
            "added" => Some(Done::Added),
            "replaced" => Some(Done::Replaced),
            "primary" => Some(Done::Primary),
            "removed" => Some(Done::Removed),
            _ => None,
        }
    }
}

/// The person's account.
pub(super) async fn account(ctx: &Ctx<Person>) -> Result<Account, Problem> {
    accounts::find(&ctx.portal, ctx.who.signed_in.account).await?.ok_or(Problem::NotFound)
}

/// The person's phones, the main one first.
async fn own(ctx: &Ctx<Person>) -> Result<Vec<Row>, Problem> {
    let account = account(ctx).await?;
    let listed = phone_changes::list(&ctx.portal, &account).await?;
    read_own(ctx, Deed::SecurityRead).await?;
    let layout = ctx.layout();
    let row = |Listed { phone, reached_at }: Listed| Row {
        id: phone.id,
        last2: phone.number.last2().to_owned(),
        is_primary: phone.is_primary,
        since: phone.proved_at.map(|at| when(&layout, at)).unwrap_or_default(),
        reached: reached_at.map(|at| when(&layout, at)),
    };
    Ok(listed.into_iter().map(row).collect())
}

/// One of the person's phones; 404 for any other.
pub(super) async fn one(ctx: &Ctx<Person>, id: &str) -> Result<Row, Problem> {
    let id: PhoneId = id.parse().map_err(|_| Problem::NotFound)?;
    own(ctx).await?.into_iter().find(|phone| phone.id == id).ok_or(Problem::NotFound)
}

/// `GET /account/security/phones`.
async fn list(ctx: Ctx<Person>, arrival: Query<Arrival>) -> PageResult {
    let rows = own(&ctx).await?;
    let policies = ctx.portal.policies.now();
    let policy = policies.of(ctx.who.signed_in.role);
    let counts = policy.will_do(FactorKind::Sms) || policy.will_do(FactorKind::Voice);
    let is_full = rows.len() >= phones::MOST;
    let phone_alone = is_phone_alone(&ctx.portal, &account(&ctx).await?).await?;
    page(&ListPage { done: arrival.done(), rows, is_full, counts, phone_alone, layout: ctx.layout() })
}

/// A text or a call in words. `kind` is the status's.
struct Sent {
    at: String,
    what: String,
    kind: &'static str,
    reached: String,
}

fn sent(layout: &Layout, sent: SentTo) -> Sent {
    let words: &Words = &layout.words;
    let what = match sent.notice {
        Some(Notice::CodeSignIn) => "phones-what-sign_in",
        Some(Notice::CodeStepUp) => "phones-what-step_up",
        Some(Notice::CodeResetPassword) => "phones-what-reset",
        Some(Notice::CodeChangePhone | Notice::CodeRegister) => "phones-what-prove",
        _ => "phones-what-notice",
    };
    let (kind, reached) = match (sent.reached, sent.by_call) {
        (Reached::Underway, _) => ("quiet", "phones-reached-underway"),
        (Reached::Sent, false) => ("info", "phones-reached-sent"),
        (Reached::Sent, true) => ("info", "phones-reached-called"),
        (Reached::Arrived, false) => ("ok", "phones-reached-arrived"),
        (Reached::Arrived, true) => ("ok", "phones-reached-answered"),
        (Reached::Failed, _) => ("danger", "phones-reached-failed"),
        (Reached::OptedOut, _) => ("warn", "phones-reached-stopped"),
        (Reached::Dropped, _) => ("quiet", "phones-reached-dropped"),
    };
    Sent { at: when(layout, sent.at), what: words.t(what), kind, reached: words.t(reached) }
}

#[derive(Template)]
#[template(path = "account/security/phones/show.html")]
struct ShowPage {
    phone: Row,
    sent: Vec<Sent>,
    layout: Layout,
}

/// `GET /account/security/phones/{id}`: what went to it and how far it got, no code and no content.
async fn show(ctx: Ctx<Person>, id: Path<String>) -> PageResult {
    let phone = one(&ctx, &id).await?;
    let newest = dispatches::newest_to(&ctx.portal, phone.id, LISTED).await?;
    let layout = ctx.layout();
    let sent = newest.into_iter().map(|each| sent(&layout, each)).collect();
    page(&ShowPage { phone, sent, layout })
}

/// What a refusal of a change leads to, but for those that a page of its own explains. `next` is where a better proof leads
/// back to.
pub(super) fn turned_down(ctx: &Ctx<Person>, refusal: ChangeRefusal, next: &str) -> PageResult {
    match refusal {
        ChangeRefusal::Frozen(paused) => frozen::page(ctx.layout(), &paused),
        ChangeRefusal::NotFound => Err(Problem::NotFound),
        ChangeRefusal::NotApart(key) => see_other(&entry::step_up::address_apart(next, &key)),
        ChangeRefusal::Primary | ChangeRefusal::Last => see_other(LIST),
    }
}

/// `POST /account/security/phones/{id}/primary`: 303 to the list; to a fresh proof first, where there is none.
async fn make_primary(ctx: Ctx<Person>, id: Path<String>, _: Posted<Pressed>) -> PageResult {
    let phone = one(&ctx, &id).await?;
    let session = &ctx.who.session;
    let Some(fresh) = step_up::fresh(&ctx.portal, session) else {
        return see_other(&entry::step_up::address(LIST));
    };
    match phone_changes::make_primary(&ctx.portal, &ctx.browser, session, &fresh, phone.id).await {
        Ok(Some(entered)) => ctx.enter(&entered),
        Ok(None) => see_other(LIST),
        Err(Failure::Refused(refusal)) => turned_down(&ctx, refusal, LIST),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "account/security/phones/remove.html")]
struct RemovePage {
    errors: Errors,
    phone: Row,
    /// Whether there are others, one of which could be the main one.
    has_others: bool,
    layout: Layout,
}

async fn remove_page(ctx: &Ctx<Person>, phone: Row, errors: Errors) -> Result<RemovePage, Problem> {
    let has_others = own(ctx).await?.len() > 1;
    Ok(RemovePage { errors, phone, has_others, layout: ctx.layout() })
}

/// `GET /account/security/phones/{id}/remove`: asks once more; for a proof by another factor first, where there is one. Of
/// the main phone it says what to do instead.
async fn confirm(ctx: Ctx<Person>, id: Path<String>) -> PageResult {
    let phone = one(&ctx, &id).await?;
    if phone.is_primary {
        return page(&remove_page(&ctx, phone, Errors::none()).await?);
    }
    let here = format!("{LIST}/{}/remove", phone.id);
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address_apart(&here, &Factor::Sms(phone.id).key()));
    };
    match phone_changes::may_go(&ctx.portal, &fresh, phone.id).await {
        Ok(()) => page(&remove_page(&ctx, phone, Errors::none()).await?),
        Err(Failure::Refused(refusal)) => turned_down(&ctx, refusal, &here),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// `POST /account/security/phones/{id}/remove`: 303 to the list, or 422 and why it stays.
async fn remove(ctx: Ctx<Person>, id: Path<String>, _: Posted<Pressed>) -> PageResult {
    let phone = one(&ctx, &id).await?;
    let session = &ctx.who.session;
    let here = format!("{LIST}/{}/remove", phone.id);
    let Some(fresh) = step_up::fresh(&ctx.portal, session) else {
        return see_other(&entry::step_up::address_apart(&here, &Factor::Sms(phone.id).key()));
    };
    let why = match phone_changes::remove(&ctx.portal, &ctx.browser, session, &fresh, phone.id).await {
        Ok(entered) => return ctx.enter(&entered),
        Err(Failure::Refused(ChangeRefusal::Primary)) => "phones-remove-primary",
        Err(Failure::Refused(ChangeRefusal::Last)) => "phones-remove-last",
        Err(Failure::Refused(refusal)) => return turned_down(&ctx, refusal, &here),
        Err(Failure::Internal(error)) => return Err(error.into()),
    };
    let errors = Errors::one("remove", ctx.layout().words.t(why));
    refused(&remove_page(&ctx, phone, errors).await?)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security/phones", get().to(list))
        .route("/account/security/phones/{id}", get().to(show))
        .route("/account/security/phones/{id}/primary", post().to(make_primary))
        .route("/account/security/phones/{id}/remove", get().to(confirm))
        .route("/account/security/phones/{id}/remove", post().to(remove));
}
