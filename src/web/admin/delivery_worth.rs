//! What `/admin/delivery` shows of money and fraud: conversion, cost, the day's ceilings, and the prefixes that are paused.

use actix_web::web::{Path, ServiceConfig, post};

use crate::auth::step_up;
use crate::auth::text_brakes::{self, LiftRefusal};
use crate::clock::{SignedDuration, Timestamp};
use crate::error::{Failure, InternalError};
use crate::messaging::brakes::{pauses as paused, spending};
use crate::messaging::dispatches::figures::Figure;
use crate::messaging::dispatches::worth::{self, Worth};
use crate::portal::Portal;
use crate::types::amount::Amount;
use crate::types::ids::PauseId;
use crate::web::account::when;
use crate::web::admin::delivery_rows::country;
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry;
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

/// How long the bar of a ceiling is.
const BAR: i64 = 100;

/// The figures of one span, to be found by gateway and country.
#[derive(Clone, Copy)]
pub(super) struct Worths<'a> {
    pub worth: &'a [Worth],
    pub currency: &'a str,
}

/// Entered codes of sent ones.
fn conversion(words: &Words, entered: i64, codes: i64) -> String {
    match codes {
        0 => words.t("delivery-conversion-none"),
        _ => words
            .with("delivery-conversion-some")
            .arg("entered", entered)
            .arg("codes", codes)
            .arg("percent", entered * 100 / codes)
            .to_string(),
    }
}

fn money_text(amount: Amount, currency: &str) -> String {
    format!("{amount} {currency}")
}

impl Worths<'_> {
    fn of(&self, figure: &Figure) -> Option<&Worth> {
        let key = (figure.gateway.as_str(), figure.by_call, figure.country.as_str());
        self.worth.iter().find(|worth| (worth.gateway.as_str(), worth.by_call, worth.country.as_str()) == key)
    }

    /// Codes entered of those sent, in words.
    pub fn conversion(&self, words: &Words, figure: &Figure) -> String {
        let (entered, codes) = self.of(figure).map_or((0, 0), |worth| (worth.entered, worth.codes));
        conversion(words, entered, codes)
    }

    /// What it cost, in words.
    pub fn cost(&self, words: &Words, figure: &Figure) -> String {
        let cost = self.of(figure).and_then(|worth| worth.cost);
        cost.map_or_else(|| words.t("delivery-untold"), |cost| money_text(cost, self.currency))
    }
}

/// Codes and costs of the last hour and of the last day.
pub(super) async fn of_hour_and_day(
    portal: &Portal,
    now: Timestamp,
) -> Result<(Vec<Worth>, Vec<Worth>), InternalError> {
    let hour = worth::since(portal, now - SignedDuration::from_hours(1)).await?;
    let day = worth::since(portal, now - SignedDuration::from_hours(24)).await?;
    Ok((hour, day))
}

/// The day's money against one ceiling. `share` is the bar's length, `kind` the status's.
pub(super) struct Ceiling {
    pub country: String,
    pub spent: String,
    pub set_aside: String,
    pub ceiling: String,
    pub share: i64,
    pub kind: &'static str,
    pub state: String,
}

/// The day's money against each ceiling.
pub(super) async fn money(portal: &Portal, layout: &Layout) -> Result<Vec<Ceiling>, InternalError> {
    let (words, currency) = (&layout.words, portal.config.money.currency.as_str());
    let one = |standing: spending::Standing| {
        let (spent, ceiling) = (standing.spent.millionths(), standing.ceiling.millionths());
        let share = if ceiling == 0 { BAR } else { (spent.saturating_mul(BAR) / ceiling).clamp(0, BAR) };
        let (kind, state) = match standing.level {
            spending::Level::Reached => ("danger", "delivery-ceiling-holds"),
            spending::Level::Near => ("warn", "delivery-ceiling-near"),
            spending::Level::Free => ("ok", "delivery-ceiling-free"),
        };
        Ceiling {
            country: standing.country.map_or_else(|| words.t("delivery-country-all"), |code| country(words, &code)),
            spent: money_text(standing.spent, currency),
            set_aside: money_text(standing.set_aside, currency),
            ceiling: money_text(standing.ceiling, currency),
            share,
            kind,
            state: words.t(state),
        }
    };
    Ok(spending::standings(portal).await?.into_iter().map(one).collect())
}

/// A paused prefix, in words.
pub(super) struct Paused {
    pub id: PauseId,
    pub tag: String,
    pub country: String,
    pub conversion: String,
    pub paused: String,
    pub ends: String,
}

/// The prefixes that are paused.
pub(super) async fn pauses(portal: &Portal, layout: &Layout) -> Result<Vec<Paused>, InternalError> {
    let words = &layout.words;
    let one = |pause: paused::Pause| Paused {
        id: pause.id,
        country: country(words, &pause.country),
        conversion: conversion(words, pause.entered, pause.codes),
        paused: when(layout, pause.paused_at),
        ends: when(layout, pause.ends_at),
        tag: pause.tag,
    };
    Ok(paused::list(portal).await?.into_iter().map(one).collect())
}

/// `POST /admin/delivery/pauses/{pause id}/lift`: 303 back, to the admin's own fresh code first.
async fn lift(ctx: Ctx<Admin>, id: Path<String>, _: Posted<Pressed>) -> PageResult {
    let id: PauseId = id.parse().map_err(|_| Problem::NotFound)?;
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address("/admin/delivery"));
    };
    match text_brakes::lift(&ctx.portal, &fresh, id, ctx.network()).await {
        Ok(()) => see_other("/admin/delivery?lifted=1"),
        // Pressed twice, or ended by itself meanwhile: the page shows how it is.
        Err(Failure::Refused(LiftRefusal::Over)) => see_other("/admin/delivery"),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/delivery/pauses/{id}/lift", post().to(lift));
}
