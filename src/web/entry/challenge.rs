//! `/challenge`: the second factor is proved here, whatever it is for.

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::auth::challenges::{self, Answer, AnswerRefusal, Challenge, Progress, Purpose, ResendRefusal};
use crate::auth::factors::passkeys;
use crate::auth::factors::recovery_codes::{RecoveryCodeRefusal, TypedRecoveryCode};
use crate::auth::prove::{self, Target, Wanted, Ways};
use crate::auth::recovery;
use crate::auth::trusted_devices;
use crate::clock::Timestamp;
use crate::crypto::codes::{CodeRefusal, TypedCode};
use crate::error::{Failure, InternalError};
use crate::messaging::dispatches::{Delivery, Way};
use crate::portal::Portal;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::ChallengeId;
use crate::web::csrf::Posted;
use crate::web::entry::challenge_progress::{delivery_sentence, held_sentence, is_expired, is_soon, offers};
use crate::web::entry::login::{Shut, shut};
use crate::web::entry::method;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Pending};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::PageResult;
use crate::words::Words;

/// What the page begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    /// That a text is on its way to the phone.
    Texted,
    /// That the phone is being called.
    Calling,
    /// That a mail is on its way.
    Mailed,
    /// Which phone it is; the rest says the line below.
    Phone,
    /// Nothing was sent.
    Nothing,
}

fn lead(progress: Progress) -> Lead {
    match (progress.delivery, progress.way) {
        (None | Some(Delivery::OptedOut), _) => Lead::Nothing,
        (Some(Delivery::Failed), Way::Mail) => Lead::Nothing,
        (Some(_), Way::Mail) => Lead::Mailed,
        (Some(Delivery::Queued | Delivery::Sent(_) | Delivery::Delayed(_)), Way::Text) => Lead::Texted,
        (Some(Delivery::Queued | Delivery::Sent(_)), Way::Call) => Lead::Calling,
        (Some(_), _) => Lead::Phone,
    }
}

/// A code that was sent, or is to be.
struct Sent {
    lead: Lead,
    target: Target,
    /// How long the code works, or worked.
    hint: String,
    expired: bool,
    delivery: String,
    offers: bool,
    next_send_at: Timestamp,
    may_send: bool,
    may_wait: bool,
    many_sends: bool,
    was_sent: bool,
    by_call: bool,
    by_mail: bool,
    may_call: bool,
    may_text: bool,
    resent: Option<Timestamp>,
}

/// What is asked for.
enum Asks {
    /// The code of a message.
    Sent(Box<Sent>),
    /// The code of an authenticator app.
    App,
    /// A recovery code.
    Recovery,
    /// A passkey, with what its device is asked.
    Passkey(String),
}

#[derive(Template)]
#[template(path = "entry/challenge.html")]
struct ChallengePage {
    layout: Layout,
    errors: Errors,
    purpose: Purpose,
    for_visit: bool,
    asks: Asks,
    left: Option<i64>,
    /// Days for which the browser may be trusted; 0 when it may not.
    trust_days: i64,
    trust: bool,
}

#[derive(Template)]
#[template(path = "entry/challenge_over.html")]
struct OverPage {
    layout: Layout,
    purpose: Purpose,
}

/// The session's challenge, if it can still be answered.
pub(super) async fn live(portal: &Portal, id: Option<ChallengeId>) -> Result<Option<Challenge>, InternalError> {
    let Some(id) = id else { return Ok(None) };
    Ok(challenges::find(portal, id).await?.filter(|challenge| challenge.is_live(portal.clock.now())))
}

async fn sent(ctx: &Ctx<Pending>, layout: &Layout, challenge: &Challenge, resent: bool) -> Result<Sent, InternalError> {
    let now = layout.now;
    let progress = challenges::progress(&ctx.portal, challenge).await?;
    let held = || held_sentence(&ctx.portal, &layout.words, &layout.zone, challenge);
    let sent_at = match progress.delivery {
        Some(Delivery::Sent(at) | Delivery::Delayed(at) | Delivery::Rerouted(at) | Delivery::Arrived(at)) => at,
        _ => now,
    };
    let target = prove::target(&ctx.portal, challenge).await?;
    let ways = prove::ways(&ctx.portal, challenge).await?;
    // The first text is no newer one.
    let resent = resent && challenge.sends > 1 && progress.way == Way::Text && !target.has_stopped;
    let expired = is_expired(progress.delivery, challenge, now);
    Ok(Sent {
        lead: if expired { Lead::Nothing } else { lead(progress) },
        may_text: ways.have(FactorKind::Sms) && !target.has_stopped,
        may_call: progress.delivery.is_some() && ways.have(FactorKind::Voice),
        target,
        hint: match (expired, layout.time(&challenge.code_ends_at)) {
            (true, time) => layout.words.with("otp-hint-expired").arg("time", time).to_string(),
            (false, time) => {
                let minutes = challenge.code_life.as_mins();
                layout.words.with("otp-hint").arg("minutes", minutes).arg("time", time).to_string()
            }
        },
        expired,
        delivery: match expired {
            true => layout.words.t("otp-err-expired"),
            false => delivery_sentence(&layout.words, &layout.zone, progress, held),
        },
        offers: !expired && offers(progress.delivery, challenge, now),
        next_send_at: challenge.next_send_at,
        may_send: challenge.next_send_at <= now,
        may_wait: is_soon(challenge.next_send_at, now),
        many_sends: challenge.sends >= 3,
        was_sent: challenge.sends > 0,
        by_call: progress.way == Way::Call,
        by_mail: progress.way == Way::Mail,
        resent: resent.then_some(sent_at),
    })
}

async fn challenge_page(
    ctx: &Ctx<Pending>,
    challenge: &Challenge,
    errors: Errors,
    resent: bool,
    trust: bool,
) -> Result<ChallengePage, InternalError> {
    // Half-way in there is no way around, and inside a session the proof comes first.
    let layout = ctx.layout().into_journey();
    let asks = match challenge.factor {
        FactorKind::Sms | FactorKind::Voice | FactorKind::Email => {
            Asks::Sent(Box::new(sent(ctx, &layout, challenge, resent).await?))
        }
        FactorKind::Totp => Asks::App,
        FactorKind::Recovery => Asks::Recovery,
        FactorKind::Passkey => Asks::Passkey(passkeys::asked(&ctx.portal, challenge.id).await?.unwrap_or_default()),
    };
    let left = challenge.tries_left(&ctx.portal.config.limits);
    let signs_in = ctx.who.0.who.as_ref().filter(|_| challenge.purpose == Purpose::SignIn);
    let span = signs_in.and_then(|who| trusted_devices::span(&ctx.portal, who.role, who.frozen.is_some()));
    Ok(ChallengePage {
        purpose: challenge.purpose,
        for_visit: challenge.visit.is_some(),
        asks,
        left: (left <= 2).then_some(left),
        trust_days: span.map_or(0, |span| span.as_hours() / 24),
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
        Some(challenge) if challenge.asks_nothing() => other_ways(&ctx, Errors::none()).await,
        Some(challenge) => {
            page(&challenge_page(&ctx, &challenge, Errors::none(), arrival.sent.is_some(), false).await?)
        }
        None => see_other("/login?over=1"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerForm {
    #[serde(default)]
    code: String,
    /// What a passkey said, as JSON.
    #[serde(default)]
    passkey: String,
    #[serde(default)]
    trust_device: String,
}

/// What was typed or said, as the factor that is asked for is answered.
fn read(words: &Words, kind: FactorKind, form: &AnswerForm) -> Result<Answer, String> {
    match kind {
        FactorKind::Passkey => {
            passkeys::Answer::read(&form.passkey).map(Answer::Passkey).map_err(|_| words.t("passkey-err-none"))
        }
        FactorKind::Recovery => {
            TypedRecoveryCode::parse(&form.code).map(Answer::Recovery).map_err(|refusal| match refusal {
                RecoveryCodeRefusal::Empty => words.t("recovery-err-empty"),
                RecoveryCodeRefusal::Malformed => words.t("recovery-err-form"),
            })
        }
        _ => TypedCode::parse(&form.code).map(Answer::Code).map_err(|refusal| match refusal {
            CodeRefusal::Empty => words.t("otp-err-empty"),
            CodeRefusal::NotSixDigits => words.t("otp-err-length"),
        }),
    }
}

fn wrong(words: &Words, kind: FactorKind) -> String {
    words.t(match kind {
        FactorKind::Sms => "otp-err-wrong",
        FactorKind::Voice => "otp-call-err-wrong",
        FactorKind::Email => "otp-mail-err-wrong",
        FactorKind::Totp => "totp-err-wrong",
        FactorKind::Recovery => "recovery-err-wrong",
        FactorKind::Passkey => "passkey-err-wrong",
    })
}

/// `POST /challenge`: 303 to where the purpose leads, or 422 and what is wrong.
async fn answer(ctx: Ctx<Pending>, Posted(form): Posted<AnswerForm>) -> PageResult {
    let words = ctx.layout().words;
    let trust = !form.trust_device.is_empty();
    let found = match ctx.who.0.challenge {
        Some(id) => challenges::find(&ctx.portal, id).await?,
        None => None,
    };
    let (kind, purpose) =
        found.map_or((FactorKind::Sms, Purpose::SignIn), |challenge| (challenge.factor, challenge.purpose));
    let field = if kind == FactorKind::Passkey { "passkey" } else { "code" };
    let again = |text: String| async {
        match live(&ctx.portal, ctx.who.0.challenge).await? {
            Some(challenge) => {
                refused(&challenge_page(&ctx, &challenge, Errors::one(field, text), false, trust).await?)
            }
            None => see_other("/login?over=1"),
        }
    };
    let given = match read(&words, kind, &form) {
        Ok(given) => given,
        Err(text) => return again(text).await,
    };
    let refusal = match prove::prove(&ctx.portal, &ctx.browser, &ctx.who.0, &given, trust).await {
        Ok(entered) => return ctx.enter(&entered),
        Err(Failure::Internal(error)) => return Err(error.into()),
        Err(Failure::Refused(refusal)) => refusal,
    };
    match refusal {
        AnswerRefusal::Wrong { .. } => again(wrong(&words, kind)).await,
        AnswerRefusal::Expired { .. } => again(words.t("otp-err-expired")).await,
        AnswerRefusal::Ended => over(&ctx, purpose),
        AnswerRefusal::Locked { until } => shut(ctx.layout(), Shut::Locked, Some(until)),
        AnswerRefusal::PasswordSpent => shut(ctx.layout(), Shut::PasswordSpent, None),
        AnswerRefusal::FactorOff => other_ways(&ctx, Errors::one("method", words.t("method-off"))).await,
    }
}

/// What was asked for is off, or nothing was: the page of the other ways, where there is one; else how the clinic helps.
async fn other_ways(ctx: &Ctx<Pending>, errors: Errors) -> PageResult {
    if let Some(challenge) = live(&ctx.portal, ctx.who.0.challenge).await?
        && let Ways::Factors(choices) = prove::ways(&ctx.portal, &challenge).await?
        && !choices.is_empty()
    {
        return method::again(ctx, &challenge, errors).await;
    }
    let may_recover = recovery::asker(&ctx.portal, &ctx.who.0).await?.is_some();
    shut(ctx.layout(), Shut::FactorOff { may_recover }, None)
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
    let kind = match form.channel.as_str() {
        "" | "sms" => Some(FactorKind::Sms),
        "voice" => Some(FactorKind::Voice),
        "email" => Some(FactorKind::Email),
        _ => None,
    };
    let sent = match kind {
        Some(kind) => prove::resend(&ctx.portal, &ctx.browser, &ctx.who.0, Wanted { kind, phone: None }).await,
        None => Err(Failure::Refused(ResendRefusal::NotTheirs)),
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
pub(super) fn not_sent(
    portal: &Portal,
    layout: &Layout,
    challenge: &Challenge,
    refusal: ResendRefusal,
) -> Option<String> {
    Some(match refusal {
        ResendRefusal::CannotCall | ResendRefusal::NotTheirs => layout.words.t("otp-channel-none"),
        ResendRefusal::Wait(until) if is_soon(until, layout.now) => {
            layout.words.with("otp-wait").arg("time", layout.time_from(&until)).to_string()
        }
        ResendRefusal::Wait(_) | ResendRefusal::Held(_) => {
            held_sentence(portal, &layout.words, &layout.zone, challenge)
        }
        ResendRefusal::Ended => return None,
    })
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/challenge", get().to(show))
        .route("/challenge", post().to(answer))
        .route("/challenge/resend", post().to(resend));
}
