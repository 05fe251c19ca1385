//! `/challenge/method`: the other ways to prove who one is, of those that this person has.

use actix_web::web::{ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::challenges::{self, Challenge};
use crate::auth::factors::choice::Choice;
use crate::auth::prove::{self, Wanted, Ways};
use crate::auth::recovery;
use crate::error::{Failure, InternalError};
use crate::messaging::opt_outs;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::PhoneId;
use crate::web::csrf::Posted;
use crate::web::entry::challenge::{live, not_sent};
use crate::web::forms::{self, Errors};
use crate::web::guard::{Ctx, Pending};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::PageResult;
use crate::words::Words;

#[derive(Template)]
#[template(path = "entry/method.html")]
struct MethodPage {
    layout: Layout,
    errors: Errors,
    choices: Vec<forms::Choice>,
}

/// One way as a row of the form.
fn row(words: &Words, choice: &Choice, is_only: bool) -> forms::Choice {
    let kind = choice.factor.kind();
    let (value, label) = match &choice.phone {
        Some(phone) if is_only => (kind.to_string(), to_phone(words, kind, phone.number.last2())),
        Some(phone) => (format!("{kind}:{}", phone.id), to_phone(words, kind, phone.number.last2())),
        None => (kind.to_string(), named(words, kind)),
    };
    let hint = match kind {
        FactorKind::Passkey => Some(words.t("method-passkey-hint")),
        FactorKind::Sms if !choice.arrives => Some(words.t("method-sms-failing")),
        _ => None,
    };
    forms::Choice { hint, ..forms::Choice::new(value, label, false) }
}

/// A way that needs no phone, in words.
fn named(words: &Words, kind: FactorKind) -> String {
    words.t(match kind {
        FactorKind::Passkey => "method-passkey",
        FactorKind::Totp => "method-totp",
        FactorKind::Email => "method-email",
        FactorKind::Recovery | FactorKind::Sms | FactorKind::Voice => "method-recovery",
    })
}

fn to_phone(words: &Words, kind: FactorKind, last2: &str) -> String {
    let key = if kind == FactorKind::Voice { "method-voice" } else { "method-sms" };
    words.with(key).arg("last2", last2).to_string()
}

async fn choices(
    ctx: &Ctx<Pending>,
    words: &Words,
    challenge: &Challenge,
) -> Result<Vec<forms::Choice>, InternalError> {
    let mut rows = Vec::new();
    match prove::ways(&ctx.portal, challenge).await? {
        Ways::Factors(choices) => {
            for choice in &choices {
                // No text goes to who answered STOP.
                let is_text = choice.factor.kind() == FactorKind::Sms;
                let stopped = match &choice.phone {
                    Some(phone) if is_text => opt_outs::stopped_by(&ctx.portal, &phone.number).await?.is_some(),
                    _ => false,
                };
                let same = choices.iter().filter(|other| other.factor.kind() == choice.factor.kind());
                if !stopped {
                    rows.push(row(words, choice, same.count() == 1));
                }
            }
        }
        Ways::Number { may_call } => {
            let target = prove::target(&ctx.portal, challenge).await?;
            let mut add = |kind: FactorKind| {
                rows.push(forms::Choice::new(kind.as_str(), to_phone(words, kind, &target.last2), false));
            };
            if !target.has_stopped {
                add(FactorKind::Sms);
            }
            if may_call {
                add(FactorKind::Voice);
            }
        }
    }
    rows.push(forms::Choice::new("none", words.t("method-none"), false));
    Ok(rows)
}

/// The page with what is wrong: also where the factor that was asked for is turned off.
pub(super) async fn again(ctx: &Ctx<Pending>, challenge: &Challenge, errors: Errors) -> PageResult {
    let layout = ctx.layout().into_journey();
    let choices = choices(ctx, &layout.words, challenge).await?;
    match errors.is_empty() {
        true => page(&MethodPage { layout, errors, choices }),
        false => refused(&MethodPage { layout, errors, choices }),
    }
}

/// `GET /challenge/method`.
async fn show(ctx: Ctx<Pending>) -> PageResult {
    match live(&ctx.portal, ctx.who.0.challenge).await? {
        Some(challenge) => again(&ctx, &challenge, Errors::none()).await,
        None => see_other("/login?over=1"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodForm {
    #[serde(default)]
    method: String,
}

/// Whether what is wanted is what is asked for already, and on its way.
async fn is_underway(ctx: &Ctx<Pending>, challenge: &Challenge, wanted: Wanted) -> Result<bool, InternalError> {
    let is_same = |phone: Option<PhoneId>| phone.is_none() || phone == challenge.phone;
    if wanted.kind != challenge.factor || wanted.kind != FactorKind::Sms || !is_same(wanted.phone) {
        return Ok(false);
    }
    Ok(challenges::progress(&ctx.portal, challenge).await?.is_underway())
}

/// `POST /challenge/method`: 303 to the chosen way, which is asked for by choosing it, unless it is under way. Refused as
/// another code is.
async fn choose(ctx: Ctx<Pending>, Posted(form): Posted<MethodForm>) -> PageResult {
    let Some(challenge) = live(&ctx.portal, ctx.who.0.challenge).await? else { return see_other("/login?over=1") };
    let layout = ctx.layout();
    if form.method == "none" {
        // Who has given the password or opened the mailed link can ask staff for a way back in.
        let asker = recovery::asker(&ctx.portal, &ctx.who.0).await?;
        return see_other(if asker.is_some() { "/recovery" } else { "/help/codes" });
    }
    let Ok(wanted) = form.method.parse::<Wanted>() else {
        return again(&ctx, &challenge, Errors::one("method", layout.words.t("method-empty"))).await;
    };
    if is_underway(&ctx, &challenge, wanted).await? {
        return see_other("/challenge");
    }
    let refusal = match prove::resend(&ctx.portal, &ctx.browser, &ctx.who.0, wanted).await {
        Ok(()) => return see_other("/challenge?sent=1"),
        Err(Failure::Internal(error)) => return Err(error.into()),
        Err(Failure::Refused(refusal)) => refusal,
    };
    let Some(challenge) = live(&ctx.portal, Some(challenge.id)).await? else { return see_other("/login?over=1") };
    let Some(error) = not_sent(&ctx.portal, &layout, &challenge, refusal) else { return see_other("/login?over=1") };
    again(&ctx, &challenge, Errors::one("method", error)).await
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/challenge/method", get().to(show)).route("/challenge/method", post().to(choose));
}
