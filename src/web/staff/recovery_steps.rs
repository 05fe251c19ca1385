//! `/staff/recoveries/{id}/check`, `/approve` and `/refuse`: what staff do with a request, each with a fresh factor.

use actix_web::web::{Path, ServiceConfig, get, post};
use askama::Template;
use serde::{Deserialize, Serialize};

use super::recoveries::{Facts, facts, fresh};
use crate::auth::recovery::{self, Approver, CheckRefusal, Checklist, Met, Reviewer};
use crate::error::Failure;
use crate::web::admin::reason_wrong;
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry;
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Staff};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

/// A note of more characters is refused.
const LONGEST_NOTE: usize = 500;

/// Who acts, with a fresh factor; or the page that asks for one, and then leads here.
fn reviewer(ctx: &Ctx<Staff>, facts: &Facts, step: &str) -> Result<Reviewer, Problem> {
    let me = &ctx.who.signed_in;
    fresh(ctx)
        .and_then(|fresh| Reviewer::new(me.account, me.role, &fresh))
        .ok_or_else(|| Problem::Elsewhere(entry::step_up::address(&format!("/staff/recoveries/{}/{step}", facts.id))))
}

/// Why a step was not taken, in a sentence.
fn sentence(layout: &Layout, why: CheckRefusal) -> Result<String, Problem> {
    let words = &layout.words;
    Ok(match why {
        CheckRefusal::NotFound => return Err(Problem::NotFound),
        CheckRefusal::Oneself => words.t("recoveries-oneself"),
        CheckRefusal::Incomplete => words.t("recoveries-incomplete"),
        CheckRefusal::Checked => words.t("recoveries-is_checked"),
        CheckRefusal::NotChecked => words.t("recoveries-not_checked"),
        CheckRefusal::SamePerson => words.t("recoveries-same"),
        CheckRefusal::TooNew => words.t("recoveries-too_new"),
        CheckRefusal::SharedPhone => words.t("recoveries-shared_phone"),
        CheckRefusal::OwnPhone => words.t("recoveries-own_phone"),
        CheckRefusal::TooSoon(at) => words.with("recoveries-too_soon").arg("when", layout.day_time(&at)).to_string(),
        CheckRefusal::PhoneFull => words.t("recoveries-full"),
        CheckRefusal::NoReason => words.t("reason-empty"),
    })
}

/// What is ticked and written.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct CheckForm {
    saw: String,
    photo_id: String,
    birth_date: String,
    asked: String,
    number: String,
    met: String,
    note: String,
}

impl CheckForm {
    fn read(&self, words: &Words) -> Result<Checklist, Errors> {
        let mut errors = Errors::none();
        let boxes = [
            ("saw", "recoveries-missing-saw", &self.saw),
            ("photo_id", "recoveries-missing-photo_id", &self.photo_id),
            ("birth_date", "recoveries-missing-birth_date", &self.birth_date),
            ("asked", "recoveries-missing-asked", &self.asked),
            ("number", "recoveries-missing-number", &self.number),
        ];
        for (field, missing, ticked) in boxes {
            if ticked.is_empty() {
                errors.add(field, words.t(missing));
            }
        }
        let met = Met::from_word(&self.met);
        if met.is_none() {
            errors.add("met", words.t("recoveries-met-empty"));
        }
        if self.note.trim().chars().count() > LONGEST_NOTE {
            errors.add("note", words.with("reason-long").arg("most", LONGEST_NOTE).to_string());
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let note = self.note.clone();
        Ok(Checklist { saw: true, photo_id: true, birth_date: true, asked: true, number: true, met, note })
    }
}

#[derive(Template)]
#[template(path = "staff/recoveries/check.html")]
struct CheckPage {
    layout: Layout,
    errors: Errors,
    facts: Facts,
    typed: CheckForm,
    met: Vec<Choice>,
}

impl CheckPage {
    fn new(ctx: &Ctx<Staff>, facts: Facts, typed: CheckForm, errors: Errors) -> Self {
        let layout = ctx.layout();
        let choice = |met: Met, label: String| Choice::new(met.as_str(), label, typed.met == met.as_str());
        let met = vec![
            choice(Met::InPerson, layout.words.t("recoveries-met-in_person")),
            choice(Met::Video, layout.words.t("recoveries-met-video")),
        ];
        Self { layout, errors, facts, typed, met }
    }
}

/// `GET /staff/recoveries/{id}/check`: asks for a factor first, so that nothing typed is lost later.
async fn check_page(ctx: Ctx<Staff>, id: Path<String>) -> PageResult {
    let facts = facts(&ctx, &id).await?;
    reviewer(&ctx, &facts, "check")?;
    let typed: CheckForm = ctx.kept().await?.unwrap_or_default();
    page(&CheckPage::new(&ctx, facts, typed, Errors::none()))
}

/// `POST /staff/recoveries/{id}/check`: 303 to the request, or 422 and what is wrong.
async fn check(ctx: Ctx<Staff>, id: Path<String>, Posted(typed): Posted<CheckForm>) -> PageResult {
    let facts = facts(&ctx, &id).await?;
    let by = reviewer(&ctx, &facts, "check")?;
    let checklist = match typed.read(&ctx.layout().words) {
        Ok(checklist) => checklist,
        Err(errors) => return refused(&CheckPage::new(&ctx, facts, typed, errors)),
    };
    match recovery::check(&ctx.portal, &by, facts.id, &checklist, ctx.network()).await {
        Ok(()) => see_other(&format!("/staff/recoveries/{}?done=checked", facts.id)),
        Err(Failure::Refused(why)) => {
            let errors = Errors::one("saw", sentence(&ctx.layout(), why)?);
            refused(&CheckPage::new(&ctx, facts, typed, errors))
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "staff/recoveries/approve.html")]
struct ApprovePage {
    layout: Layout,
    errors: Errors,
    facts: Facts,
}

/// `GET /staff/recoveries/{id}/approve`.
async fn approve_page(ctx: Ctx<Staff>, id: Path<String>) -> PageResult {
    let facts = facts(&ctx, &id).await?;
    reviewer(&ctx, &facts, "approve")?;
    page(&ApprovePage { layout: ctx.layout(), errors: Errors::none(), facts })
}

/// `POST /staff/recoveries/{id}/approve`: 303 to the list, or 422 and why not.
async fn approve(ctx: Ctx<Staff>, id: Path<String>, _: Posted<Pressed>) -> PageResult {
    let facts = facts(&ctx, &id).await?;
    let by = reviewer(&ctx, &facts, "approve")?;
    match recovery::approve(&ctx.portal, Approver::Staff(&by), facts.id, Some(ctx.network())).await {
        Ok(()) => see_other("/staff/recoveries?done=approved"),
        Err(Failure::Refused(why)) => {
            let layout = ctx.layout();
            let errors = Errors::one("approve", sentence(&layout, why)?);
            refused(&ApprovePage { layout, errors, facts })
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RefuseForm {
    reason: String,
}

#[derive(Template)]
#[template(path = "staff/recoveries/refuse.html")]
struct RefusePage {
    layout: Layout,
    errors: Errors,
    facts: Facts,
    reason: String,
}

/// `GET /staff/recoveries/{id}/refuse`.
async fn refuse_page(ctx: Ctx<Staff>, id: Path<String>) -> PageResult {
    let facts = facts(&ctx, &id).await?;
    reviewer(&ctx, &facts, "refuse")?;
    let typed: RefuseForm = ctx.kept().await?.unwrap_or_default();
    page(&RefusePage { layout: ctx.layout(), errors: Errors::none(), facts, reason: typed.reason })
}

/// `POST /staff/recoveries/{id}/refuse`: 303 to the list, or 422 and what is wrong.
async fn refuse(ctx: Ctx<Staff>, id: Path<String>, Posted(typed): Posted<RefuseForm>) -> PageResult {
    let facts = facts(&ctx, &id).await?;
    let by = reviewer(&ctx, &facts, "refuse")?;
    let layout = ctx.layout();
    let wrong = match reason_wrong(&layout.words, &typed.reason) {
        Some(wrong) => wrong,
        None => match recovery::refuse(&ctx.portal, &by, facts.id, &typed.reason, ctx.network()).await {
            Ok(()) => return see_other("/staff/recoveries?done=refused"),
            Err(Failure::Refused(why)) => sentence(&layout, why)?,
            Err(Failure::Internal(error)) => return Err(error.into()),
        },
    };
    refused(&RefusePage { layout, errors: Errors::one("reason", wrong), facts, reason: typed.reason })
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/staff/recoveries/{id}/check", get().to(check_page))
        .route("/staff/recoveries/{id}/check", post().to(check))
        .route("/staff/recoveries/{id}/approve", get().to(approve_page))
        .route("/staff/recoveries/{id}/approve", post().to(approve))
        .route("/staff/recoveries/{id}/refuse", get().to(refuse_page))
        .route("/staff/recoveries/{id}/refuse", post().to(refuse));
}
