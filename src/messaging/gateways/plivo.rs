//! Plivo's messaging and voice: `POST /v1/Account/{auth_id}/Message/`, and `Call/` beside it, with the slash at the end.
//!
//! JSON, HTTP Basic, 202 with an array of ids; 201 with the id of a request for a call. Numbers go without `+`, at most
//! 14 digits; several would be joined by `<`, which neither a phone number nor a sender's name can hold here. Errors
//! carry a sentence and no code, so the status decides, and a word in the sentence where it means several things.

use std::time::Duration;

use reqwest::Client;
use serde::{Deserialize, Serialize};

use super::exchange::{self, Answer, UNREADABLE, exchange, rejected};
use super::{Call, SendOutcome};
use crate::config::{PlivoSender, PlivoSettings, is_powerpack};
use crate::error::InternalError;
use crate::messaging::reason::{Meaning, Reason};
use crate::types::phone::PhoneNumber;

use Meaning::{Refused, Unclear};

/// Status, a word of the error's sentence in lower case, and what they mean; the first that fits counts.
pub const ANSWERS: [(u16, &str, Meaning); 18] = [
    (400, "insufficient credit", Refused(Reason::InsufficientFunds)),
    // The sender first: what names both is no fault of the number.
    (400, "src", Refused(Reason::SenderMisconfigured)),
    (400, "powerpack", Refused(Reason::SenderMisconfigured)),
    (400, "dst", Refused(Reason::InvalidNumber)),
    (400, "", Refused(Reason::ConfigError)),
    (401, "", Refused(Reason::AuthFailed)),
    (402, "", Refused(Reason::InsufficientFunds)),
    (403, "insufficient credit", Refused(Reason::InsufficientFunds)),
    (403, "", Refused(Reason::GeoBlocked)),
    (404, "", Refused(Reason::ConfigError)),
    (405, "", Refused(Reason::ConfigError)),
    (409, "", Refused(Reason::ConfigError)),
    (422, "src", Refused(Reason::SenderMisconfigured)),
    (422, "powerpack", Refused(Reason::SenderMisconfigured)),
    (422, "dst", Refused(Reason::InvalidNumber)),
    (422, "", Refused(Reason::ConfigError)),
    (429, "", Refused(Reason::RateLimited)),
    (500, "", Unclear),
];
/// The same of an answer to a call.
pub const CALL_ANSWERS: [(u16, &str, Meaning); 14] = [
    (400, "insufficient credit", Refused(Reason::InsufficientFunds)),
    (400, "from", Refused(Reason::SenderMisconfigured)),
    (400, "caller", Refused(Reason::SenderMisconfigured)),
    (400, "destination", Refused(Reason::InvalidNumber)),
    (400, "to ", Refused(Reason::InvalidNumber)),
    (400, "", Refused(Reason::ConfigError)),
    (401, "", Refused(Reason::AuthFailed)),
    (402, "", Refused(Reason::InsufficientFunds)),
    (403, "insufficient credit", Refused(Reason::InsufficientFunds)),
    (403, "", Refused(Reason::GeoBlocked)),
    (404, "", Refused(Reason::ConfigError)),
    (405, "", Refused(Reason::ConfigError)),
    (429, "", Refused(Reason::RateLimited)),
    (500, "", Unclear),
];
/// The longest number that it takes in a message, in digits.
const LONGEST: usize = 14;

/// A client for one account.
pub struct Plivo {
    settings: PlivoSettings,
    client: Client,
}

#[derive(Serialize)]
struct Message<'a> {
    dst: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    src: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    powerpack_uuid: Option<&'a str>,
    text: &'a str,
    r#type: &'a str,
    /// Text: with `false` the provider stores no text and masks the number.
    log: &'a str,
    message_expiry: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
}

#[derive(Serialize)]
struct NewCall<'a> {
    from: &'a str,
    to: &'a str,
    answer_url: &'a str,
    answer_method: &'a str,
    ring_url: &'a str,
    hangup_url: &'a str,
    hangup_method: &'a str,
    ring_timeout: u32,
    time_limit: u32,
}

#[derive(Deserialize)]
struct Fired {
    request_uuid: String,
}

#[derive(Deserialize)]
struct Queued {
    message_uuid: Vec<String>,
    #[serde(default)]
    invalid_number: Vec<String>,
}

#[derive(Deserialize)]
struct Problem {
    error: String,
}

impl Plivo {
    /// A client of this account.
    ///
    /// # Errors
    /// When no TLS client can be made.
    pub fn new(settings: PlivoSettings) -> Result<Self, InternalError> {
        let client = exchange::client(settings.answers_within)?;
        Ok(Self { settings, client })
    }

    /// Sends one text.
    pub async fn send_sms(&self, to: &PhoneNumber, text: &str, ttl: Duration, callback: Option<&str>) -> SendOutcome {
        let s = &self.settings;
        if to.digits().len() > LONGEST {
            return rejected(Reason::Unroutable, None);
        }
        let Ok(url) = s.base_url.join(&format!("/v1/Account/{}/Message/", s.auth_id)) else {
            return rejected(Reason::ConfigError, None);
        };
        let (from, pool) = match (s.senders.of(to), &s.sender) {
            (Some(pool), _) if is_powerpack(pool) => (None, Some(pool)),
            (Some(from), _) => (Some(from), None),
            (None, PlivoSender::From(from)) => (Some(from.as_str()), None),
            (None, PlivoSender::Powerpack(pool)) => (None, Some(pool.as_str())),
        };
        let message = Message {
            dst: to.digits(),
            src: from.map(|from| from.strip_prefix('+').unwrap_or(from)),
            powerpack_uuid: pool,
            text,
            r#type: "sms",
            log: "false",
            // 5 to 10799 s in its own queue.
            message_expiry: ttl.as_secs().clamp(5, 10_799),
            url: callback,
            method: callback.map(|_| "POST"),
        };
        let request = self.client.post(url).basic_auth(&s.auth_id, Some(s.auth_token.expose())).json(&message);
        exchange(request).await.map_or_else(|outcome| outcome, |answer| read(&answer))
    }

    /// Whether it has a number that calls show, and may be called back.
    pub fn can_call(&self) -> bool {
        self.settings.caller.is_some()
    }

    /// Calls one phone.
    pub async fn call(&self, to: &PhoneNumber, call: &Call<'_>) -> SendOutcome {
        let s = &self.settings;
        let (Some(caller), Ok(url)) = (&s.caller, s.base_url.join(&format!("/v1/Account/{}/Call/", s.auth_id))) else {
            return rejected(Reason::ConfigError, None);
        };
        let body = NewCall {
            from: caller.digits(),
            to: to.digits(),
            answer_url: call.answer,
            answer_method: "POST",
            ring_url: call.told,
            hangup_url: call.told,
            hangup_method: "POST",
            ring_timeout: Call::RINGS,
            time_limit: Call::LASTS,
        };
        let request = self.client.post(url).basic_auth(&s.auth_id, Some(s.auth_token.expose())).json(&body);
        exchange(request).await.map_or_else(|outcome| outcome, |answer| read_call(&answer))
    }
}

fn read_call(answer: &Answer) -> SendOutcome {
    if answer.status.is_success() {
        let accepted = |fired: Fired| SendOutcome::Accepted { provider_id: fired.request_uuid, segments: None };
        return answer.json().map_or(UNREADABLE, accepted);
    }
    refused(answer, &CALL_ANSWERS)
}

fn read(answer: &Answer) -> SendOutcome {
    if answer.status.is_success() {
        let Some(queued) = answer.json::<Queued>() else { return UNREADABLE };
        return match queued.message_uuid.into_iter().next() {
            Some(provider_id) => SendOutcome::Accepted { provider_id, segments: None },
            None if !queued.invalid_number.is_empty() => rejected(Reason::InvalidNumber, None),
            None => UNREADABLE,
        };
    }
    refused(answer, &ANSWERS)
}

fn refused(answer: &Answer, table: &[(u16, &str, Meaning)]) -> SendOutcome {
    let said = answer.json::<Problem>().map(|problem| problem.error.to_lowercase()).unwrap_or_default();
    let status = answer.status.as_u16();
    let known = table.iter().find(|(known, word, _)| *known == status && said.contains(word));
    match known.map(|(.., meaning)| *meaning) {
        Some(Refused(reason)) => answer.refused(Some(reason), None),
        Some(Unclear) => SendOutcome::Ambiguous { why: "the provider failed" },
        None => answer.refused(None, None),
    }
}
