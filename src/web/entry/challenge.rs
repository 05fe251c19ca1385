//! `/challenge`: the code is typed here, whatever it is for.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{ACCEPT, CONTENT_ENCODING};
use actix_web::web::{Bytes, Query, ServiceConfig, get, post};
use actix_web::{HttpRequest, http::StatusCode};
use askama::Template;
use futures_util::stream;
use serde::{Deserialize, Serialize};

use crate::auth::challenges::{self, AnswerRefusal, Challenge, Progress, Purpose, ResendRefusal};
use crate::auth::prove::{self, Target};
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::codes::{CodeRefusal, TypedCode};
use crate::error::{Failure, InternalError};
use crate::messaging::dispatches::{Delivery, Way};
use crate::messaging::gateways;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::ids::ChallengeId;
use crate::types::zone::Zone;
use crate::web::csrf::Posted;
use crate::web::entry::login::{Shut, shut};
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Pending};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

/// How often the waiting page looks after its text.
const PULSE: Duration = Duration::from_secs(1);
/// Further away, an instant needs its day to be understood.
const SOON: SignedDuration = SignedDuration::from_hours(12);
/// A stream of a page that was left open ends by itself.
const LONGEST_WATCH: u32 = 330;

/// What the page begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    /// That a text is on its way to the phone.
    Texted,
    /// That the phone is being called.
    Calling,
    /// Which phone it is; the rest says the line below.
    Phone,
    /// Nothing was sent.
    Nothing,
}

fn lead(progress: Progress) -> Lead {
    match (progress.delivery, progress.way) {
        (None | Some(Delivery::OptedOut), _) => Lead::Nothing,
        (Some(Delivery::Queued | Delivery::Sent(_) | Delivery::Delayed(_)), Way::Text) => Lead::Texted,
        (Some(Delivery::Queued | Delivery::Sent(_)), Way::Call) => Lead::Calling,
        (Some(_), _) => Lead::Phone,
    }
}

#[derive(Template)]
#[template(path = "entry/challenge.html")]
struct ChallengePage {
    lead: Lead,
    layout: Layout,
    errors: Errors,
    purpose: Purpose,
    for_visit: bool,
    target: Target,
    ends_at: Timestamp,
    expired: bool,
    delivery: String,
    offers: bool,
    left: Option<i64>,
    next_send_at: Timestamp,
    may_send: bool,
    may_wait: bool,
    many_sends: bool,
    was_sent: bool,
    by_call: bool,
    may_call: bool,
    resent: Option<Timestamp>,
    may_trust: bool,
    trust: bool,
}

#[derive(Template)]
#[template(path = "entry/challenge_over.html")]
struct OverPage {
    layout: Layout,
    purpose: Purpose,
}

#[derive(Template)]
#[template(path = "entry/method.html")]
struct MethodPage {
    layout: Layout,
    errors: Errors,
    target: Target,
    may_call: bool,
}

impl MethodPage {
    fn choices(&self) -> Vec<Choice> {
        let words = &self.layout.words;
        let to = |key| words.with(key).arg("last2", self.target.last2.as_str()).to_string();
        let mut choices = Vec::new();
        if !self.target.has_stopped {
            choices.push(Choice::new("sms", to("method-sms"), false));
        }
        if self.may_call {
            choices.push(Choice::new("voice", to("method-voice"), false));
        }
        choices.push(Choice::new("none", words.t("method-none"), false));
        choices
    }
}

/// What became of the text or of the call, in a sentence.
fn delivery_sentence(words: &Words, zone: &Zone, progress: Progress, held: impl Fn() -> String) -> String {
    let Some(delivery) = progress.delivery else { return held() };
    let at = |key, at| words.with(key).arg("time", words.time(at, zone)).to_string();
    match (progress.way, delivery) {
        (_, Delivery::OptedOut) => words.t("otp-state-opted_out"),
        (_, Delivery::Turned) => words.t("otp-state-turned"),
        (Way::Text, Delivery::Queued) => words.t("otp-state-queued"),
        (Way::Text, Delivery::Sent(time)) => at("otp-state-sent", time),
        (Way::Text, Delivery::Delayed(time)) => at("otp-state-delayed", time),
        (Way::Text, Delivery::Rerouted(time)) => at("otp-state-rerouted", time),
        (Way::Text, Delivery::Arrived(time)) => at("otp-state-arrived", time),
        (Way::Text, Delivery::Failed) => words.t("otp-state-failed"),
        (Way::Call, Delivery::Queued) => words.t("otp-call-queued"),
        (Way::Call, Delivery::Sent(time) | Delivery::Delayed(time)) => at("otp-call-sent", time),
        (Way::Call, Delivery::Rerouted(time)) => at("otp-call-rerouted", time),
        (Way::Call, Delivery::Arrived(time)) => at("otp-call-arrived", time),
        (Way::Call, Delivery::Failed) => words.t("otp-call-failed"),
    }
}

/// Whether the time of day alone says when.
fn is_soon(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) <= SOON
}

/// That no text can go out now, until when, and what else there is. Never why.
fn held_sentence(portal: &Portal, words: &Words, zone: &Zone, challenge: &Challenge) -> String {
    let (until, phone) = (challenge.next_send_at, portal.config.clinic.phone.as_str());
    // Past the challenge's end it is another sign-in that can ask.
    let key = if until < challenge.expires_at { "otp-state-held" } else { "otp-state-held_long" };
    let is_soon = is_soon(until, portal.clock.now());
    let time = if is_soon { words.time_from(until, zone) } else { words.day_time(until, zone) };
    words.with(key).arg("time", time).arg("phone", phone).to_string()
}

/// Whether the page offers other ways before the person asks for any.
fn offers(delivery: Option<Delivery>) -> bool {
    matches!(delivery, None | Some(Delivery::Delayed(_) | Delivery::OptedOut | Delivery::Failed))
}

/// The session's challenge, if it can still be answered.
async fn live(portal: &Portal, id: Option<ChallengeId>) -> Result<Option<Challenge>, InternalError> {
    let Some(id) = id else { return Ok(None) };
    Ok(challenges::find(portal, id).await?.filter(|challenge| challenge.is_live(portal.clock.now())))
}

async fn challenge_page(
    ctx: &Ctx<Pending>,
    challenge: &Challenge,
    errors: Errors,
    resent: bool,
    trust: bool,
) -> Result<ChallengePage, InternalError> {
    let mut layout = ctx.layout();
    // Half-way in there is no way around, and inside a session the code comes first.
    layout.journey = true;
    let now = layout.now;
    let progress = challenges::progress(&ctx.portal, challenge).await?;
    let held = || held_sentence(&ctx.portal, &layout.words, &layout.zone, challenge);
    let left = challenge.tries_left(&ctx.portal.config.limits);
    let is_patient = ctx.who.0.who.as_ref().is_some_and(|who| who.role == Role::Patient);
    let sent_at = match progress.delivery {
        Some(Delivery::Sent(at) | Delivery::Delayed(at) | Delivery::Rerouted(at) | Delivery::Arrived(at)) => at,
        _ => now,
    };
    let target = prove::target(&ctx.portal, challenge).await?;
    let resent = resent && progress.way == Way::Text && !target.has_stopped;
    Ok(ChallengePage {
        lead: lead(progress),
        target,
        purpose: challenge.purpose,
        for_visit: challenge.visit.is_some(),
        ends_at: challenge.code_ends_at,
        expired: challenge.code_ends_at <= now,
        delivery: delivery_sentence(&layout.words, &layout.zone, progress, held),
        offers: offers(progress.delivery),
        left: (left <= 2).then_some(left),
        next_send_at: challenge.next_send_at,
        may_send: challenge.next_send_at <= now,
        may_wait: is_soon(challenge.next_send_at, now),
        many_sends: challenge.sends >= 3,
        was_sent: challenge.sends > 0,
        by_call: progress.way == Way::Call,
        may_call: progress.delivery.is_some() && gateways::can_call(&ctx.portal.config),
        resent: resent.then_some(sent_at),
        may_trust: is_patient && challenge.purpose == Purpose::SignIn,
        trust,
        errors,
        layout,
    })
}

fn over(ctx: &Ctx<Pending>, purpose: Purpose) -> PageResult {
    refused(&OverPage { layout: ctx.layout().into_journey(), purpose })
}

#[derive(Default, Deserialize)]
struct Arrival {
    sent: Option<String>,
}

/// `GET /challenge`.
async fn show(ctx: Ctx<Pending>, arrival: Query<Arrival>) -> PageResult {
    match live(&ctx.portal, ctx.who.0.challenge).await? {
        Some(challenge) => {
            page(&challenge_page(&ctx, &challenge, Errors::none(), arrival.sent.is_some(), false).await?)
        }
        None => see_other("/login?over=1"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    trust_device: String,
}

/// `POST /challenge`: 303 to where the purpose leads, or 422 and what is wrong.
async fn answer(ctx: Ctx<Pending>, Posted(form): Posted<CodeForm>) -> PageResult {
    let words = ctx.layout().words;
    let trust = !form.trust_device.is_empty();
    let again = |errors| async {
        match live(&ctx.portal, ctx.who.0.challenge).await? {
            Some(challenge) => refused(&challenge_page(&ctx, &challenge, errors, false, trust).await?),
            None => see_other("/login?over=1"),
        }
    };
    let typed = match TypedCode::parse(&form.code) {
        Ok(typed) => typed,
        Err(CodeRefusal::Empty) => return again(Errors::one("code", words.t("otp-err-empty"))).await,
        Err(CodeRefusal::NotSixDigits) => return again(Errors::one("code", words.t("otp-err-length"))).await,
    };
    let refusal = match prove::prove(&ctx.portal, &ctx.browser, &ctx.who.0, &typed, trust).await {
        Ok(entered) => return ctx.enter(&entered),
        Err(Failure::Internal(error)) => return Err(error.into()),
        Err(Failure::Refused(refusal)) => refusal,
    };
    match refusal {
        AnswerRefusal::Wrong { .. } => {
            let heard = live(&ctx.portal, ctx.who.0.challenge).await?.is_some_and(|known| known.way == Way::Call);
            let text = if heard { words.t("otp-call-err-wrong") } else { words.t("otp-err-wrong") };
            again(Errors::one("code", text)).await
        }
        AnswerRefusal::Expired { .. } => again(Errors::one("code", words.t("otp-err-expired"))).await,
        AnswerRefusal::Ended => {
            let purpose = match ctx.who.0.challenge {
                Some(id) => challenges::find(&ctx.portal, id).await?.map(|challenge| challenge.purpose),
                None => None,
            };
            over(&ctx, purpose.unwrap_or(Purpose::SignIn))
        }
        AnswerRefusal::Locked { until } => shut(ctx.layout(), Shut::Locked, Some(until)),
        AnswerRefusal::PasswordSpent => shut(ctx.layout(), Shut::PasswordSpent, None),
        AnswerRefusal::FactorOff => shut(ctx.layout(), Shut::FactorOff, None),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResendForm {
    #[serde(default)]
    channel: String,
}

/// `POST /challenge/resend`: 303 back, or 422 saying from when on another can be asked for.
async fn resend(ctx: Ctx<Pending>, Posted(form): Posted<ResendForm>) -> PageResult {
    let layout = ctx.layout();
    let Some(challenge) = live(&ctx.portal, ctx.who.0.challenge).await? else { return see_other("/login?over=1") };
    let way = match form.channel.as_str() {
        "" | "sms" => Some(Way::Text),
        "voice" => Some(Way::Call),
        _ => None,
    };
    let sent = match way {
        Some(way) => prove::resend(&ctx.portal, &ctx.browser, &ctx.who.0, way).await,
        None => Err(Failure::Refused(ResendRefusal::CannotCall)),
    };
    let refusal = match sent {
        Ok(()) => return see_other("/challenge?sent=1"),
        Err(Failure::Refused(refusal)) => refusal,
        Err(Failure::Internal(error)) => return Err(error.into()),
    };
    // What the refusal says may stand in the row only now.
    let Some(challenge) = live(&ctx.portal, Some(challenge.id)).await? else { return see_other("/login?over=1") };
    match not_sent(&ctx.portal, &layout, &challenge, refusal) {
        Some(text) => refused(&challenge_page(&ctx, &challenge, Errors::one("resend", text), false, false).await?),
        None => see_other("/login?over=1"),
    }
}

/// Why nothing was sent, in a sentence; None when the challenge is over.
fn not_sent(portal: &Portal, layout: &Layout, challenge: &Challenge, refusal: ResendRefusal) -> Option<String> {
    Some(match refusal {
        ResendRefusal::CannotCall => layout.words.t("otp-channel-none"),
        ResendRefusal::Wait(until) if is_soon(until, layout.now) => {
            layout.words.with("otp-wait").arg("time", layout.time_from(&until)).to_string()
        }
        ResendRefusal::Wait(_) | ResendRefusal::Held(_) => {
            held_sentence(portal, &layout.words, &layout.zone, challenge)
        }
        ResendRefusal::Ended => return None,
    })
}

async fn method_page(ctx: &Ctx<Pending>, challenge: &Challenge, errors: Errors) -> Result<MethodPage, InternalError> {
    let target = prove::target(&ctx.portal, challenge).await?;
    let may_call = gateways::can_call(&ctx.portal.config);
    Ok(MethodPage { layout: ctx.layout().into_journey(), errors, target, may_call })
}

/// `GET /challenge/method`: the ways that this person has.
async fn methods(ctx: Ctx<Pending>) -> PageResult {
    match live(&ctx.portal, ctx.who.0.challenge).await? {
        Some(challenge) => page(&method_page(&ctx, &challenge, Errors::none()).await?),
        None => see_other("/login?over=1"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodForm {
    #[serde(default)]
    method: String,
}

/// Whether a text is on its way, so that there is nothing to ask for.
fn is_underway(progress: Progress) -> bool {
    progress.way == Way::Text
        && matches!(
            progress.delivery,
            Some(
                Delivery::Queued | Delivery::Sent(_) | Delivery::Turned | Delivery::Rerouted(_) | Delivery::Arrived(_)
            )
        )
}

/// `POST /challenge/method`: 303 to the chosen way, which is asked for by choosing it, unless it is under way. Refused as
/// another code is.
async fn choose(ctx: Ctx<Pending>, Posted(form): Posted<MethodForm>) -> PageResult {
    let Some(challenge) = live(&ctx.portal, ctx.who.0.challenge).await? else { return see_other("/login?over=1") };
    let layout = ctx.layout();
    let way = match form.method.as_str() {
        "sms" if is_underway(challenges::progress(&ctx.portal, &challenge).await?) => return see_other("/challenge"),
        "sms" => Way::Text,
        "voice" => Way::Call,
        "none" => return see_other("/help/codes"),
        _ => {
            let errors = Errors::one("method", layout.words.t("method-empty"));
            return refused(&method_page(&ctx, &challenge, errors).await?);
        }
    };
    let refusal = match prove::resend(&ctx.portal, &ctx.browser, &ctx.who.0, way).await {
        Ok(()) => return see_other("/challenge?sent=1"),
        Err(Failure::Internal(error)) => return Err(error.into()),
        Err(Failure::Refused(refusal)) => refusal,
    };
    let Some(challenge) = live(&ctx.portal, Some(challenge.id)).await? else { return see_other("/login?over=1") };
    let Some(error) = not_sent(&ctx.portal, &layout, &challenge, refusal) else { return see_other("/login?over=1") };
    refused(&method_page(&ctx, &challenge, Errors::one("method", error)).await?)
}

/// What the page's script is told.
#[derive(Serialize)]
struct State {
    state: &'static str,
    text: String,
    /// Whether other ways are offered beside it.
    offers: bool,
}

async fn state(portal: &Portal, id: ChallengeId, words: Words, zone: &Zone) -> Result<State, InternalError> {
    let Some(challenge) = live(portal, Some(id)).await? else {
        return Ok(State { state: "over", text: words.t("otp-state-over"), offers: false });
    };
    let progress = challenges::progress(portal, &challenge).await?;
    let held = || held_sentence(portal, &words, zone, &challenge);
    let state = match progress.delivery {
        None => "held",
        Some(Delivery::Queued) => "queued",
        Some(Delivery::Sent(_)) => "sent",
        Some(Delivery::Delayed(_)) => "delayed",
        Some(Delivery::Turned) => "turned",
        Some(Delivery::Rerouted(_)) => "rerouted",
        Some(Delivery::Arrived(_)) => "arrived",
        Some(Delivery::OptedOut) => "opted_out",
        Some(Delivery::Failed) => "failed",
    };
    Ok(State { state, text: delivery_sentence(&words, zone, progress, held), offers: offers(progress.delivery) })
}

/// `GET /challenge/status`: JSON, or a stream of events for who asks for one; an event a change.
async fn status(ctx: Ctx<Pending>, req: HttpRequest) -> PageResult {
    let layout = ctx.layout();
    let (words, zone) = (layout.words, layout.zone.clone());
    let id = ctx.who.0.challenge.ok_or(Problem::NotFound)?;
    let wants_stream = req
        .headers()
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"));
    if !wants_stream {
        return Ok(HttpResponse::build(StatusCode::OK).json(state(&ctx.portal, id, words, &zone).await?));
    }
    let portal = ctx.portal.clone();
    let events = stream::unfold((0u32, String::new(), false), move |(turn, last, done)| {
        let (portal, zone) = (portal.clone(), zone.clone());
        async move {
            if turn >= LONGEST_WATCH || done {
                return None;
            }
            if turn > 0 {
                tokio::time::sleep(PULSE).await;
            }
            let now = state(&portal, id, words, &zone).await.ok()?;
            let done = now.state == "over";
            let event = match (now.text == last, done, now.offers) {
                // A comment line keeps proxies from closing a quiet stream.
                (true, ..) => ": \n\n".to_owned(),
                (false, false, false) => format!("data: {}\n\n", now.text),
                (false, false, true) => format!("event: offer\ndata: {}\n\n", now.text),
                (false, true, _) => format!("event: done\ndata: {}\n\n", now.text),
            };
            Some((Ok::<_, std::convert::Infallible>(Bytes::from(event)), (turn + 1, now.text, done)))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Compression would hold events back.
        .insert_header((CONTENT_ENCODING, "identity"))
        .streaming(events))
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/challenge", get().to(show))
        .route("/challenge", post().to(answer))
        .route("/challenge/resend", post().to(resend))
        .route("/challenge/method", get().to(methods))
        .route("/challenge/method", post().to(choose))
        .route("/challenge/status", get().to(status));
}
