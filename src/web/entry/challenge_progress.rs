//! `/challenge/status`: where the message with the code is, in a sentence, once or as it changes.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{ACCEPT, CONTENT_ENCODING};
use actix_web::web::{Bytes, ServiceConfig, get};
use actix_web::{HttpRequest, http::StatusCode};
use futures_util::stream;
use serde::Serialize;

use crate::auth::challenges::{self, Challenge, Progress};
use crate::clock::{SignedDuration, Timestamp};
use crate::error::InternalError;
use crate::messaging::dispatches::{Delivery, Way};
use crate::portal::Portal;
use crate::types::ids::ChallengeId;
use crate::types::zone::Zone;
use crate::web::entry::challenge::live;
use crate::web::guard::{Ctx, Pending};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

/// How often the waiting page looks after its message.
const PULSE: Duration = Duration::from_secs(1);
/// Further away, an instant needs its day to be understood.
const SOON: SignedDuration = SignedDuration::from_hours(12);
/// A stream of a page that was left open ends by itself.
const LONGEST_WATCH: u32 = 330;

/// What became of the text, the call or the mail, in a sentence.
pub(super) fn delivery_sentence(words: &Words, zone: &Zone, progress: Progress, held: impl Fn() -> String) -> String {
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
        (Way::Mail, Delivery::Queued) => words.t("otp-mail-queued"),
        (
            Way::Mail,
            Delivery::Sent(time) | Delivery::Delayed(time) | Delivery::Rerouted(time) | Delivery::Arrived(time),
        ) => at("otp-mail-sent", time),
        (Way::Mail, Delivery::Failed) => words.t("otp-mail-failed"),
        (Way::Call, Delivery::Queued) => words.t("otp-call-queued"),
        (Way::Call, Delivery::Sent(time) | Delivery::Delayed(time)) => at("otp-call-sent", time),
        (Way::Call, Delivery::Rerouted(time)) => at("otp-call-rerouted", time),
        (Way::Call, Delivery::Arrived(time)) => at("otp-call-arrived", time),
        (Way::Call, Delivery::Failed) => words.t("otp-call-failed"),
    }
}

/// Whether the time of day alone says when.
pub(super) fn is_soon(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) <= SOON
}

/// That no text can go out now, until when, and what else there is. Never why.
pub(super) fn held_sentence(portal: &Portal, words: &Words, zone: &Zone, challenge: &Challenge) -> String {
    let (until, phone) = (challenge.next_send_at, portal.config.clinic.phone.as_str());
    // Past the challenge's end it is another sign-in that can ask.
    let key = if until < challenge.expires_at { "otp-state-held" } else { "otp-state-held_long" };
    let is_soon = is_soon(until, portal.clock.now());
    let time = if is_soon { words.time_from(until, zone) } else { words.day_time(until, zone) };
    words.with(key).arg("time", time).arg("phone", phone).to_string()
}

/// Whether the page offers other ways before the person asks for any: not before one can be asked for.
pub(super) fn offers(delivery: Option<Delivery>, challenge: &Challenge, now: Timestamp) -> bool {
    let is_needed = matches!(delivery, None | Some(Delivery::Delayed(_) | Delivery::OptedOut | Delivery::Failed));
    is_needed && challenge.next_send_at <= now
}

/// Whether a code was sent and works no more, so that only a new one helps.
pub(super) fn is_expired(delivery: Option<Delivery>, challenge: &Challenge, now: Timestamp) -> bool {
    !matches!(delivery, None | Some(Delivery::OptedOut)) && challenge.code_ends_at <= now
}

/// What the page's script is told.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
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
    // Nothing is on its way.
    if challenge.way().is_none() {
        return Ok(State { state: "asked", text: String::new(), offers: false });
    }
    let progress = challenges::progress(portal, &challenge).await?;
    let now = portal.clock.now();
    if is_expired(progress.delivery, &challenge, now) {
        return Ok(State { state: "expired", text: words.t("otp-err-expired"), offers: false });
    }
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
    let offers = offers(progress.delivery, &challenge, now);
    Ok(State { state, text: delivery_sentence(&words, zone, progress, held), offers })
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
    let events = stream::unfold((0u32, State::default(), false), move |(turn, last, done)| {
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
            // The same sentence comes again where other ways are offered since.
            let event = match (now == last, done, now.offers) {
                // A comment line keeps proxies from closing a quiet stream.
                (true, ..) => ": \n\n".to_owned(),
                (false, false, false) => format!("data: {}\n\n", now.text),
                (false, false, true) => format!("event: offer\ndata: {}\n\n", now.text),
                (false, true, _) => format!("event: done\ndata: {}\n\n", now.text),
            };
            Some((Ok::<_, std::convert::Infallible>(Bytes::from(event)), (turn + 1, now, done)))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Compression would hold events back.
        .insert_header((CONTENT_ENCODING, "identity"))
        .streaming(events))
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/challenge/status", get().to(status));
}
