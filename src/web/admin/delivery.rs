//! `/admin/delivery`: whether texts arrive, by gateway and country, the newest one by one, and a test to one's own phone.

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::auth::step_up;
use crate::auth::test_text::{self, TestRefusal};
use crate::clock::{SignedDuration, Timestamp};
use crate::error::{Failure, InternalError};
use crate::messaging::dispatches::figures::{self, Figure, Which};
use crate::messaging::dispatches::worth::Worth;
use crate::web::admin::delivery_gateways::{self, Standing};
use crate::web::admin::delivery_rows::{LISTED, Row, country, gateway, row, seconds};
use crate::web::admin::delivery_worth::{self, Ceiling, Paused, Worths};
use crate::web::admin::read;
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry;
use crate::web::forms::Errors;
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::PageResult;
use crate::words::Words;

/// How wide the longest bar of the chart is.
const WIDEST: i64 = 300;
/// How far one bar of the chart stands from the next.
const STEP: usize = 46;

/// One line of the figures, as a page shows it.
struct Line {
    gateway: String,
    country: String,
    tried: i64,
    sent: i64,
    arrived: i64,
    untold: i64,
    failed: i64,
    median: String,
    p95: String,
    conversion: String,
    cost: String,
}

/// One bar of the chart: what arrived, what failed, and what nobody told of, side by side.
struct Bar {
    label: String,
    y: usize,
    arrived: i64,
    failed: i64,
    untold: i64,
    numbers: String,
}

/// The figures of one span.
struct Span {
    title: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "admin/delivery/show.html")]
pub(super) struct DeliveryPage {
    errors: Errors,
    done: Option<Done>,
    money: Vec<Ceiling>,
    pauses: Vec<Paused>,
    standings: Vec<Standing>,
    pub(super) email: String,
    spans: Vec<Span>,
    bars: Vec<Bar>,
    height: usize,
    rows: Vec<Row>,
    layout: Layout,
}

fn line(words: &Words, figure: &Figure, worth: Worths<'_>) -> Line {
    let time = |span: Option<SignedDuration>| span.map_or_else(|| words.t("delivery-untold"), |s| seconds(words, s));
    Line {
        gateway: gateway(words, &figure.gateway, figure.by_call),
        country: country(words, &figure.country),
        tried: figure.tried,
        sent: figure.sent,
        arrived: figure.arrived,
        untold: untold(figure),
        failed: figure.failed,
        median: time(figure.median),
        p95: time(figure.p95),
        conversion: worth.conversion(words, figure),
        cost: worth.cost(words, figure),
    }
}

/// Of the attempts through a gateway those of which nobody told how they ended.
fn untold(figure: &Figure) -> i64 {
    (figure.tried - figure.arrived - figure.failed).max(0)
}

/// The chart's bars, all in the measure of the longest.
fn bars(words: &Words, figures: &[Figure]) -> Vec<Bar> {
    let longest = figures.iter().map(|figure| figure.tried).max().unwrap_or(0).max(1);
    let bar = |(at, figure): (usize, &Figure)| {
        // Whatever there is of is seen.
        let wide = |n: i64| if n == 0 { 0 } else { (n * WIDEST / longest).max(2) };
        let (arrived, failed) = (wide(figure.arrived), wide(figure.failed));
        Bar {
            label: format!("{} {}", gateway(words, &figure.gateway, figure.by_call), country(words, &figure.country)),
            y: at * STEP,
            arrived,
            failed,
            untold: wide(untold(figure)),
            numbers: format!("{} / {} / {}", figure.arrived, untold(figure), figure.failed),
        }
    };
    figures.iter().enumerate().map(bar).collect()
}

pub(super) async fn delivery_page(
    ctx: &Ctx<Admin>,
    done: Option<Done>,
    errors: Errors,
) -> Result<DeliveryPage, InternalError> {
    let layout = ctx.layout();
    let (words, now): (&Words, Timestamp) = (&layout.words, layout.now);
    let hour = figures::since(&ctx.portal, now - SignedDuration::from_hours(1)).await?;
    let day = figures::since(&ctx.portal, now - SignedDuration::from_hours(24)).await?;
    let (hour_worth, day_worth) = delivery_worth::of_hour_and_day(&ctx.portal, now).await?;
    let texts = figures::newest(&ctx.portal, Which::All, LISTED).await?;
    let currency = ctx.portal.config.money.currency.as_str();
    let span = |title: String, figures: &[Figure], worth: &[Worth]| Span {
        title,
        lines: figures.iter().map(|figure| line(words, figure, Worths { worth, currency })).collect(),
    };
    let bars = bars(words, &day);
    Ok(DeliveryPage {
        errors,
        spans: vec![
            span(words.t("delivery-hour"), &hour, &hour_worth),
            span(words.t("delivery-day"), &day, &day_worth),
        ],
        height: bars.len() * STEP,
        bars,
        money: delivery_worth::money(&ctx.portal, &layout).await?,
        pauses: delivery_worth::pauses(&ctx.portal, &layout).await?,
        standings: delivery_gateways::standings(&ctx.portal, &layout).await?,
        email: String::new(),
        done,
        rows: texts.iter().map(|text| row(&layout, text)).collect(),
        layout,
    })
}

#[derive(Deserialize)]
struct Arrival {
    sent: Option<String>,
    lifted: Option<String>,
}

/// What was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// A test is on its way.
    Sent,
    /// A pause was lifted.
    Lifted,
}

/// `GET /admin/delivery`.
async fn show(ctx: Ctx<Admin>, arrival: Query<Arrival>) -> PageResult {
    let done = match (&arrival.sent, &arrival.lifted) {
        (Some(_), _) => Some(Done::Sent),
        (None, Some(_)) => Some(Done::Lifted),
        _ => None,
    };
    let shown = delivery_page(&ctx, done, Errors::none()).await?;
    read(&ctx, Deed::DeliveryRead, None).await?;
    page(&shown)
}

/// `POST /admin/delivery/test`: 303 back, to the admin's own fresh code first, or 422 and until when to wait.
async fn test(ctx: Ctx<Admin>, _: Posted<Pressed>) -> PageResult {
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address("/admin/delivery"));
    };
    match test_text::send(&ctx.portal, &fresh, ctx.network()).await {
        Ok(()) => see_other("/admin/delivery?sent=1"),
        Err(Failure::Refused(TestRefusal::Wait(until))) => {
            let layout = ctx.layout();
            let wait = layout.words.with("delivery-test-wait").arg("time", layout.time_from(&until)).to_string();
            let shown = delivery_page(&ctx, None, Errors::one("test", wait)).await?;
            read(&ctx, Deed::DeliveryRead, None).await?;
            refused(&shown)
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/delivery", get().to(show)).route("/admin/delivery/test", post().to(test));
}
