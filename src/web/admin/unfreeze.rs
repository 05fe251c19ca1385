//! `/admin/people/{id}/unfreeze`: changes of an account are allowed again, with a reason and the admin's own code.

use actix_web::web::{Path, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::auth::alerts::freeze::{self, LiftRefusal, Lifter};
use crate::auth::step_up;
use crate::error::Failure;
use crate::identity::accounts::{self, Account};
use crate::types::ids::AccountId;
use crate::web::account::{role_word, when};
use crate::web::admin::{people, read, reason_wrong};
use crate::web::csrf::Posted;
use crate::web::entry;
use crate::web::forms::Errors;
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

#[derive(Template)]
#[template(path = "admin/people/unfreeze.html")]
struct UnfreezePage {
    layout: Layout,
    errors: Errors,
    account: Account,
    role: String,
    frozen: String,
    reason: String,
    /// This admin bound the person's phone, which can still be undone.
    own_step: bool,
}

/// The pause that holds, in a sentence for staff.
pub(super) fn sentence(layout: &Layout, account: &Account) -> Option<String> {
    let frozen = accounts::frozen(account, layout.now)?;
    Some(match frozen.until {
        None => layout.words.with("people-frozen-since").arg("when", when(layout, frozen.since)).to_string(),
        Some(until) => layout.words.with("people-frozen-until").arg("when", when(layout, until)).to_string(),
    })
}

impl UnfreezePage {
    async fn new(ctx: &Ctx<Admin>, account: Account, reason: String, errors: Errors) -> Result<Self, Problem> {
        let own_step = freeze::is_own_step(&ctx.portal, ctx.who.signed_in.account, account.id).await?;
        let layout = ctx.layout();
        let role = role_word(&layout.words, account.role);
        let frozen = sentence(&layout, &account).unwrap_or_else(|| layout.words.t("people-unfreeze-none"));
        Ok(Self { layout, errors, account, role, frozen, reason, own_step })
    }
}

fn address(id: AccountId) -> String {
    format!("/admin/people/{id}/unfreeze")
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UnfreezeForm {
    reason: String,
}

/// `GET /admin/people/{id}/unfreeze`: asks for the admin's own code first.
async fn confirm(ctx: Ctx<Admin>, id: Path<String>) -> PageResult {
    let account = people::person(&ctx, &id).await?;
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address(&address(account.id)));
    }
    read(&ctx, Deed::PeopleRead, Some(&account)).await?;
    let typed: UnfreezeForm = ctx.kept().await?.unwrap_or_default();
    page(&UnfreezePage::new(&ctx, account, typed.reason, Errors::none()).await?)
}

/// `POST /admin/people/{id}/unfreeze`: 303 to the person, or 422 and what is wrong.
async fn lift(ctx: Ctx<Admin>, id: Path<String>, Posted(typed): Posted<UnfreezeForm>) -> PageResult {
    let account = people::person(&ctx, &id).await?;
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address(&address(account.id)));
    };
    let words = ctx.layout().words;
    if let Some(sentence) = reason_wrong(&words, &typed.reason) {
        return refused(&UnfreezePage::new(&ctx, account, typed.reason, Errors::one("reason", sentence)).await?);
    }
    let by = Lifter::Admin(ctx.who.signed_in.account, fresh);
    let done = || see_other(&format!("/admin/people/{}?done=unfrozen", account.id));
    let sentence = match freeze::lift(&ctx.portal, by, account.id, &typed.reason, Some(ctx.network())).await {
        // Pressed twice, the second press finds it done.
        Ok(()) | Err(Failure::Refused(LiftRefusal::NotFrozen)) => return done(),
        Err(Failure::Refused(LiftRefusal::NotFound)) => return Err(Problem::NotFound),
        Err(Failure::Refused(LiftRefusal::Oneself)) => words.t("people-unfreeze-oneself"),
        Err(Failure::Refused(LiftRefusal::OwnStep)) => words.t("people-unfreeze-own_step"),
        Err(Failure::Refused(LiftRefusal::NoReason)) => words.t("reason-empty"),
        Err(Failure::Internal(error)) => return Err(error.into()),
    };
    refused(&UnfreezePage::new(&ctx, account, typed.reason, Errors::one("reason", sentence)).await?)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/people/{id}/unfreeze", get().to(confirm)).route("/admin/people/{id}/unfreeze", post().to(lift));
}
