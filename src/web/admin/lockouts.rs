//! `/admin/lockouts`: who is locked, why, from where and until when; and lifting it.

use actix_web::web::{Path, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::{Deed, Recorded, sign_in_history};
use crate::auth::lockout::{self, Locked, ResetRefusal, Resetter};
use crate::auth::step_up;
use crate::clock::SignedDuration;
use crate::error::Failure;
use crate::identity::accounts::{self, Account};
use crate::types::ids::AccountId;
use crate::web::account::history::{self, Happened};
use crate::web::account::{place, role_word, when};
use crate::web::admin::checks::{self, Line};
use crate::web::admin::{read, reason_wrong};
use crate::web::csrf::Posted;
use crate::web::entry;
use crate::web::forms::Errors;
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

/// How long the review page says that the account was just unlocked.
const JUST_NOW: SignedDuration = SignedDuration::from_mins(10);

/// Lines of sign-in history in a review.
const HISTORY: i64 = 100;

/// What the wrong answers of a lock were, in words.
pub(super) fn why(words: &Words, why: &str, in_a_row: i64) -> String {
    let key = match why {
        "password" => "lockouts-why-password",
        "code" => "lockouts-why-code",
        _ => "lockouts-why-other",
    };
    words.with(key).arg("n", in_a_row).to_string()
}

/// One lock, as a page shows it.
struct Lock {
    why: String,
    locked: String,
    opens: String,
    locks: i64,
    place: String,
    strangers: bool,
}

impl Lock {
    fn of(ctx: &Ctx<Admin>, layout: &Layout, locked: &Locked) -> Self {
        Self {
            why: why(&layout.words, &locked.why, ctx.portal.config.limits.lock_after),
            locked: when(layout, locked.locked_at),
            opens: when(layout, locked.until),
            locks: locked.locks,
            place: place(&layout.words, Some(&locked.network)),
            strangers: locked.strangers_only,
        }
    }
}

/// One locked account, with its latest lock.
struct Row {
    account: AccountId,
    initials: String,
    role: String,
    lock: Lock,
    more: i64,
}

#[derive(Template)]
#[template(path = "admin/lockouts/list.html")]
struct ListPage {
    layout: Layout,
    rows: Vec<Row>,
}

/// `GET /admin/lockouts`: one row an account, however many of its browsers are locked.
async fn list(ctx: Ctx<Admin>) -> PageResult {
    let layout = ctx.layout();
    let mut rows: Vec<Row> = Vec::new();
    for locked in lockout::list(&ctx.portal).await? {
        match rows.iter_mut().find(|row| row.account == locked.account) {
            Some(row) => row.more += 1,
            None => rows.push(Row {
                account: locked.account,
                initials: locked.name.initials(),
                role: role_word(&layout.words, locked.role),
                lock: Lock::of(&ctx, &layout, &locked),
                more: 0,
            }),
        }
    }
    read(&ctx, Deed::LockoutsRead, None).await?;
    page(&ListPage { layout, rows })
}

#[derive(Template)]
#[template(path = "admin/lockouts/review.html")]
struct ReviewPage {
    account: AccountId,
    initials: String,
    role: String,
    turned_off: bool,
    is_me: bool,
    locks: Vec<Lock>,
    unlocked_at: Option<String>,
    history: Vec<Happened>,
    checks: Vec<Line>,
    layout: Layout,
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
}

async fn person(ctx: &Ctx<Admin>, id: &str) -> Result<Account, Problem> {
    let id: AccountId = id.parse().map_err(|_| Problem::NotFound)?;
    accounts::find(&ctx.portal, id).await?.ok_or(Problem::NotFound)
}

/// The time of a reset a moment ago; what the address says alone is not believed.
fn just_unlocked(layout: &Layout, events: &[Recorded]) -> Option<String> {
    let reset = events.iter().find(|event| event.deed == Deed::LockoutReset.as_str())?;
    (layout.now.duration_since(reset.at) <= JUST_NOW).then(|| layout.time(&reset.at))
}

/// `GET /admin/lockouts/{account id}`: the locks that hold, and 30 days of signing in.
async fn review(ctx: Ctx<Admin>, id: Path<String>, arrival: Query<Arrival>) -> PageResult {
    let account = person(&ctx, &id).await?;
    let locks = lockout::of(&ctx.portal, account.id).await?;
    let events = sign_in_history::of(&ctx.portal, account.id, None, HISTORY).await?;
    read(&ctx, Deed::LockoutsRead, Some(&account)).await?;
    let layout = ctx.layout();
    page(&ReviewPage {
        checks: checks::lines(&ctx, &layout, account.id).await?,
        account: account.id,
        initials: account.name.initials(),
        role: role_word(&layout.words, account.role),
        turned_off: account.turned_off_at.is_some(),
        is_me: account.id == ctx.who.signed_in.account,
        locks: locks.iter().map(|locked| Lock::of(&ctx, &layout, locked)).collect(),
        unlocked_at: arrival.done.as_ref().and_then(|_| just_unlocked(&layout, &events)),
        history: history::lines(&layout, &events),
        layout,
    })
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ResetForm {
    reason: String,
}

#[derive(Template)]
#[template(path = "admin/lockouts/reset.html")]
struct ResetPage {
    layout: Layout,
    errors: Errors,
    account: AccountId,
    initials: String,
    role: String,
    reason: String,
}

impl ResetPage {
    fn new(ctx: &Ctx<Admin>, account: &Account, reason: String, errors: Errors) -> Self {
        let layout = ctx.layout();
        let role = role_word(&layout.words, account.role);
        Self { layout, errors, account: account.id, initials: account.name.initials(), role, reason }
    }
}

fn reset_address(id: AccountId) -> String {
    format!("/admin/lockouts/{id}/reset")
}

/// `GET /admin/lockouts/{account id}/reset`: asks for the admin's own code first, so that nothing typed is lost later.
async fn confirm(ctx: Ctx<Admin>, id: Path<String>) -> PageResult {
    let account = person(&ctx, &id).await?;
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address(&reset_address(account.id)));
    }
    read(&ctx, Deed::LockoutsRead, Some(&account)).await?;
    let typed: ResetForm = ctx.kept().await?.unwrap_or_default();
    page(&ResetPage::new(&ctx, &account, typed.reason, Errors::none()))
}

/// `POST /admin/lockouts/{account id}/reset`: 303 to the review page, or 422 and what is wrong.
async fn reset(ctx: Ctx<Admin>, id: Path<String>, Posted(typed): Posted<ResetForm>) -> PageResult {
    let account = person(&ctx, &id).await?;
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address(&reset_address(account.id)));
    };
    let words = ctx.layout().words;
    if let Some(sentence) = reason_wrong(&words, &typed.reason) {
        return refused(&ResetPage::new(&ctx, &account, typed.reason, Errors::one("reason", sentence)));
    }
    let by = Resetter::Admin(ctx.who.signed_in.account, fresh);
    let sentence = match lockout::reset(&ctx.portal, by, account.id, &typed.reason, Some(ctx.network())).await {
        Ok(()) => return see_other(&format!("/admin/lockouts/{}?done=1", account.id)),
        Err(Failure::Refused(ResetRefusal::NotFound)) => return Err(Problem::NotFound),
        Err(Failure::Refused(ResetRefusal::Oneself)) => words.t("lockouts-oneself"),
        Err(Failure::Refused(ResetRefusal::NoReason)) => words.t("reason-empty"),
        Err(Failure::Internal(error)) => return Err(error.into()),
    };
    refused(&ResetPage::new(&ctx, &account, typed.reason, Errors::one("reason", sentence)))
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/lockouts", get().to(list))
        .route("/admin/lockouts/{id}", get().to(review))
        .route("/admin/lockouts/{id}/reset", get().to(confirm))
        .route("/admin/lockouts/{id}/reset", post().to(reset));
}
