//! Vonage, by one of its two interfaces. Numbers go without `+`.
//!
//! | interface | request                                             | success                               | error            |
//! |-----------|-----------------------------------------------------|---------------------------------------|------------------|
//! | SMS       | `POST /sms/json`, form, HTTP Basic                  | 200, each segment with `status` `"0"` | 200, another one |
//! | Messages  | `POST /v1/messages`, JSON, RS256 token of 15 minutes| 202                                   | 4xx, 5xx; the number after `#` in `type` |
//!
//! Calls go by `POST /v1/calls` under the same token, whichever interface sends: 201, or 4xx and 5xx with the parameters
//! that were wrong.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde::{Deserialize, Serialize};

use super::exchange::{self, Answer, UNREADABLE, exchange, rejected};
use super::{Call, SendOutcome};
use crate::clock::Clock;
use crate::config::{VonageApi, VonageSettings};
use crate::crypto::random;
use crate::crypto::rsa_key::RsaKey;
use crate::error::InternalError;
use crate::messaging::reason::{Meaning, Reason};
use crate::messaging::sms;
use crate::types::phone::PhoneNumber;

use Meaning::{Refused, Unclear};

/// The SMS API's `status`, from its reference.
pub const STATUSES: [(i64, Meaning); 18] = [
    (1, Refused(Reason::RateLimited)),
    (2, Refused(Reason::ConfigError)),
    (3, Refused(Reason::InvalidNumber)),
    (4, Refused(Reason::AuthFailed)),
    (5, Unclear),
    (6, Refused(Reason::InvalidNumber)),
    (7, Refused(Reason::OptedOut)),
    (8, Refused(Reason::AuthFailed)),
    (9, Refused(Reason::InsufficientFunds)),
    (11, Refused(Reason::ConfigError)),
    (12, Refused(Reason::ConfigError)),
    (14, Refused(Reason::AuthFailed)),
    (15, Refused(Reason::SenderMisconfigured)),
    (22, Refused(Reason::ConfigError)),
    (23, Refused(Reason::ConfigError)),
    (29, Refused(Reason::GeoBlocked)),
    (32, Refused(Reason::AuthFailed)),
    (33, Refused(Reason::UnknownSubscriber)),
];
/// The Messages API's numbers, from its reference.
pub const CODES: [(i64, Meaning); 37] = [
    (1170, Refused(Reason::InvalidNumber)),
    (1430, Refused(Reason::InvalidNumber)),
    (1040, Refused(Reason::InvalidNumber)),
    (1280, Refused(Reason::Landline)),
    (1310, Refused(Reason::Landline)),
    (1050, Refused(Reason::OptedOut)),
    (1240, Refused(Reason::OptedOut)),
    (1210, Refused(Reason::CarrierBlocked)),
    (1282, Refused(Reason::CarrierBlocked)),
    (1470, Refused(Reason::FraudBlocked)),
    (1472, Refused(Reason::FraudBlocked)),
    (1473, Refused(Reason::FraudBlocked)),
    (1160, Refused(Reason::GeoBlocked)),
    (1251, Refused(Reason::GeoBlocked)),
    (1190, Refused(Reason::UnknownSubscriber)),
    (1180, Refused(Reason::HandsetUnreachable)),
    (1220, Refused(Reason::HandsetUnreachable)),
    (1230, Refused(Reason::HandsetUnreachable)),
    (1250, Refused(Reason::Unroutable)),
    (1260, Refused(Reason::Unroutable)),
    (1200, Refused(Reason::Unroutable)),
    (1120, Refused(Reason::SenderMisconfigured)),
    (1420, Refused(Reason::SenderMisconfigured)),
    (1000, Refused(Reason::RateLimited)),
    (1241, Refused(Reason::RateLimited)),
    (1460, Refused(Reason::RateLimited)),
    (1070, Refused(Reason::InsufficientFunds)),
    (1060, Refused(Reason::AuthFailed)),
    (1360, Refused(Reason::Expired)),
    (1030, Unclear),
    (1331, Unclear),
    (1130, Refused(Reason::ConfigError)),
    (1480, Refused(Reason::ConfigError)),
    (1481, Refused(Reason::ConfigError)),
    (1482, Refused(Reason::ConfigError)),
    (1483, Refused(Reason::ConfigError)),
    (1484, Refused(Reason::ConfigError)),
];
/// Of a call's refusal: status, how the name of a wrong parameter begins, and what they mean; the first that fits counts.
pub const CALL_ANSWERS: [(u16, &str, Reason); 8] = [
    (400, "to", Reason::InvalidNumber),
    (400, "from", Reason::SenderMisconfigured),
    (400, "", Reason::ConfigError),
    (401, "", Reason::AuthFailed),
    (402, "", Reason::InsufficientFunds),
    (403, "", Reason::AuthFailed),
    (404, "", Reason::ConfigError),
    (429, "", Reason::RateLimited),
];
/// How long a token works, in seconds.
const TOKEN_LIFE: i64 = 900;

/// A client for one account or application.
pub struct Vonage {
    settings: VonageSettings,
    clock: Clock,
    client: Client,
}

#[derive(Deserialize)]
struct Segments {
    messages: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    status: String,
    #[serde(rename = "message-id")]
    id: Option<String>,
}

#[derive(Serialize)]
struct Message<'a> {
    to: &'a str,
    from: &'a str,
    channel: &'a str,
    message_type: &'a str,
    text: &'a str,
    ttl: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_version: Option<&'a str>,
    sms: Encoding<'a>,
}

#[derive(Serialize)]
struct Encoding<'a> {
    encoding_type: &'a str,
}

#[derive(Serialize)]
struct NewCall<'a> {
    to: [Phone<'a>; 1],
    from: Phone<'a>,
    answer_url: [&'a str; 1],
    answer_method: &'a str,
    event_url: [&'a str; 1],
    event_method: &'a str,
    ringing_timer: u32,
    length_timer: u32,
}

#[derive(Serialize)]
struct Phone<'a> {
    r#type: &'a str,
    number: &'a str,
}

#[derive(Deserialize)]
struct Placed {
    uuid: String,
}

#[derive(Serialize)]
struct Claims {
    application_id: String,
    iat: i64,
    exp: i64,
    jti: String,
}

#[derive(Deserialize)]
struct Sent {
    message_uuid: String,
}

#[derive(Deserialize)]
struct Problem {
    r#type: Option<String>,
    title: Option<String>,
    #[serde(default)]
    invalid_parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
struct Parameter {
    name: String,
}

impl Vonage {
    /// A client of this account or application.
    ///
    /// # Errors
    /// When no TLS client can be made.
    pub fn new(settings: VonageSettings, clock: Clock) -> Result<Self, InternalError> {
        let client = exchange::client(settings.answers_within)?;
        Ok(Self { settings, clock, client })
    }

    /// Sends one text.
    pub async fn send_sms(&self, to: &PhoneNumber, text: &str, ttl: Duration, callback: Option<&str>) -> SendOutcome {
        let from = self.settings.senders.of(to).unwrap_or(&self.settings.from);
        // Numbers without `+`, as everywhere here.
        let from = from.strip_prefix('+').unwrap_or(from);
        let encoding = if sms::is_gsm(text) { "text" } else { "unicode" };
        // Both interfaces take 20 s to 7 days.
        let ttl = ttl.as_secs().clamp(20, 604_800);
        match &self.settings.api {
            VonageApi::Sms { key, secret } => {
                let Ok(url) = self.settings.rest_base_url.join("/sms/json") else {
                    return rejected(Reason::ConfigError, None);
                };
                let milliseconds = (ttl * 1000).to_string();
                let mut form = vec![
                    ("from", from),
                    ("to", to.digits()),
                    ("text", text),
                    ("type", encoding),
                    ("ttl", &milliseconds),
                ];
                form.extend(callback.map(|callback| ("callback", callback)));
                let request = self.client.post(url).basic_auth(key, Some(secret.expose())).form(&form);
                exchange(request).await.map_or_else(|outcome| outcome, |answer| read_segments(&answer))
            }
            VonageApi::Messages { application, key } => {
                let token = application_token(&self.clock, application, key).await;
                let (Ok(url), Ok(token)) = (self.settings.api_base_url.join("/v1/messages"), token) else {
                    return rejected(Reason::ConfigError, None);
                };
                let message = Message {
                    to: to.digits(),
                    from,
                    channel: "sms",
                    message_type: "text",
                    text,
                    ttl,
                    webhook_url: callback,
                    webhook_version: callback.map(|_| "v1"),
                    sms: Encoding { encoding_type: encoding },
                };
                let request = self.client.post(url).bearer_auth(token).json(&message);
                exchange(request).await.map_or_else(|outcome| outcome, |answer| read_message(&answer))
            }
        }
    }

    /// Whether it has a number that calls show, which takes an application, and may be called back.
    pub fn can_call(&self) -> bool {
        self.settings.caller.is_some()
    }

    /// Calls one phone.
    pub async fn call(&self, to: &PhoneNumber, call: &Call<'_>) -> SendOutcome {
        let s = &self.settings;
        let (Some(application), Some(caller)) = (&s.application, &s.caller) else {
            return rejected(Reason::ConfigError, None);
        };
        let token = application_token(&self.clock, &application.id, &application.key).await;
        let (Ok(url), Ok(token)) = (s.api_base_url.join("/v1/calls"), token) else {
            return rejected(Reason::ConfigError, None);
        };
        let body = NewCall {
            to: [Phone { r#type: "phone", number: to.digits() }],
            from: Phone { r#type: "phone", number: caller.digits() },
            answer_url: [call.answer],
            answer_method: "POST",
            event_url: [call.told],
            event_method: "POST",
            ringing_timer: Call::RINGS,
            length_timer: Call::LASTS,
        };
        let request = self.client.post(url).bearer_auth(token).json(&body);
        exchange(request).await.map_or_else(|outcome| outcome, |answer| read_call(&answer))
    }
}

/// A fresh token of an application for each request: none can be stale. Signing takes a millisecond, on a thread that may
/// block.
///
/// # Errors
/// When it cannot be signed.
pub(in crate::messaging) async fn application_token(
    clock: &Clock,
    application: &str,
    key: &RsaKey,
) -> Result<String, InternalError> {
    let now = clock.now().as_second();
    let jti = uuid::Builder::from_random_bytes(random::bytes()).into_uuid().to_string();
    let (application_id, key) = (application.to_owned(), key.clone());
    tokio::task::spawn_blocking(move || key.token(&Claims { application_id, iat: now, exp: now + TOKEN_LIFE, jti }))
        .await
        .map_err(|error| InternalError::new("signing a token", error))?
}

fn meaning(table: &[(i64, Meaning)], code: Option<i64>) -> Option<Meaning> {
    table.iter().find(|(known, _)| Some(*known) == code).map(|(_, meaning)| *meaning)
}

fn read_segments(answer: &Answer) -> SendOutcome {
    if !answer.status.is_success() {
        return answer.refused(None, None);
    }
    let Some(Segments { messages }) = answer.json() else { return UNREADABLE };
    let taken = messages.iter().filter(|segment| segment.status == "0").count();
    match messages.first() {
        Some(Segment { id: Some(id), .. }) if taken == messages.len() => {
            SendOutcome::Accepted { provider_id: id.clone(), segments: u32::try_from(taken).ok() }
        }
        Some(first) if taken == 0 => {
            let code = first.status.parse().ok();
            match meaning(&STATUSES, code) {
                Some(Refused(reason)) => answer.refused(Some(reason), code),
                Some(Unclear) => SendOutcome::Ambiguous { why: "the provider failed" },
                // The interface says no with 200 as well.
                None => answer.unknown(code),
            }
        }
        Some(_) if taken < messages.len() => SendOutcome::Ambiguous { why: "only a part was taken" },
        _ => UNREADABLE,
    }
}

fn read_message(answer: &Answer) -> SendOutcome {
    if answer.status.is_success() {
        let accepted = |sent: Sent| SendOutcome::Accepted { provider_id: sent.message_uuid, segments: None };
        return answer.json().map_or(UNREADABLE, accepted);
    }
    let problem: Option<Problem> = answer.json();
    let kind = problem.as_ref().and_then(|problem| problem.r#type.as_deref());
    let code = kind.and_then(|kind| kind.rsplit_once('#')?.1.parse().ok());
    // Not every refusal of a recipient bears a number.
    let recipient = answer.status == StatusCode::UNPROCESSABLE_ENTITY
        && problem.is_some_and(|problem| {
            problem.title.is_some_and(|title| title.eq_ignore_ascii_case("invalid recipient"))
                || problem.invalid_parameters.iter().any(|parameter| parameter.name == "to")
        });
    match meaning(&CODES, code) {
        Some(Refused(reason)) => answer.refused(Some(reason), code),
        Some(Unclear) => SendOutcome::Ambiguous { why: "the provider failed" },
        None if recipient => rejected(Reason::InvalidNumber, code),
        None => answer.refused(None, code),
    }
}

fn read_call(answer: &Answer) -> SendOutcome {
    if answer.status.is_success() {
        let accepted = |placed: Placed| SendOutcome::Accepted { provider_id: placed.uuid, segments: None };
        return answer.json().map_or(UNREADABLE, accepted);
    }
    let wrong = answer.json::<Problem>().map(|problem| problem.invalid_parameters).unwrap_or_default();
    let names = |start: &str| start.is_empty() || wrong.iter().any(|parameter| parameter.name.starts_with(start));
    let status = answer.status.as_u16();
    let known = CALL_ANSWERS.iter().find(|(known, start, _)| *known == status && names(start));
    answer.refused(known.map(|(.., reason)| *reason), None)
}
