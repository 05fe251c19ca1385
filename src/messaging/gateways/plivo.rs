//! Plivo's messaging: `POST /v1/Account/{auth_id}/Message/`, with the slash at the end.
//!
//! JSON, HTTP Basic, 202 with an array of ids. Numbers go without `+`, at most 14 digits; several would be joined by
//! `<`, which neither a phone number nor a sender's name can hold here. Errors carry a sentence and no code, so the
//! status decides, and a word in the sentence where it means several things.

use std::time::Duration;

use reqwest::Client;
use serde::{Deserialize, Serialize};

use super::exchange::{self, Answer, UNREADABLE, exchange, rejected};
use super::{Meaning, Reason, SendOutcome};
use crate::config::{PlivoSender, PlivoSettings};
use crate::error::InternalError;
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
/// The longest number that it takes, in digits.
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
        Ok(Self { settings, client: exchange::client()? })
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
    let said = answer.json::<Problem>().map(|problem| problem.error.to_lowercase()).unwrap_or_default();
    let status = answer.status.as_u16();
    let known = ANSWERS.iter().find(|(known, word, _)| *known == status && said.contains(word));
    match known.map(|(.., meaning)| *meaning) {
        Some(Refused(reason)) => answer.refused(Some(reason), None),
        Some(Unclear) => SendOutcome::Ambiguous { why: "the provider failed" },
        None => answer.refused(None, None),
    }
}
