//! Twilio's Programmable Messaging and Voice: `POST /2010-04-01/Accounts/{AccountSid}/Messages.json`, and `Calls.json`
//! beside it.
//!
//! Form-encoded, HTTP Basic (account and token, or API key and secret), 201 on success. Errors carry a number, which
//! decides before the HTTP status does; both of Twilio's error bodies (classic, RFC 9457) hold it in `code`.

use std::time::Duration;

use reqwest::Client;
use serde::Deserialize;

use super::exchange::{self, Answer, UNREADABLE, exchange, rejected};
use super::{Call, SendOutcome};
use crate::config::{TwilioSettings, is_messaging_service};
use crate::error::InternalError;
use crate::messaging::reason::Reason;
use crate::types::phone::PhoneNumber;

/// Twilio's codes in an answer to a send, from its error dictionary.
pub const CODES: [(i64, Reason); 30] = [
    (21211, Reason::InvalidNumber),
    (21614, Reason::Landline),
    (21635, Reason::Landline),
    (30006, Reason::Landline),
    (21268, Reason::Premium),
    (21610, Reason::OptedOut),
    (30007, Reason::CarrierBlocked),
    (30004, Reason::CarrierBlocked),
    (30450, Reason::FraudBlocked),
    (30453, Reason::FraudBlocked),
    (21408, Reason::GeoBlocked),
    (30005, Reason::UnknownSubscriber),
    (30003, Reason::HandsetUnreachable),
    (21612, Reason::Unroutable),
    (21212, Reason::SenderMisconfigured),
    (21606, Reason::SenderMisconfigured),
    (21659, Reason::SenderMisconfigured),
    (21608, Reason::SenderMisconfigured),
    (20429, Reason::RateLimited),
    (21611, Reason::RateLimited),
    (10001, Reason::InsufficientFunds),
    (20005, Reason::InsufficientFunds),
    (30002, Reason::InsufficientFunds),
    (20003, Reason::AuthFailed),
    (70051, Reason::AuthFailed),
    (30036, Reason::Expired),
    (21603, Reason::ConfigError),
    (21609, Reason::ConfigError),
    (21624, Reason::ConfigError),
    (90007, Reason::ConfigError),
];
/// Twilio's codes in an answer to a call, before those above.
pub const CALL_CODES: [(i64, Reason); 13] = [
    (21217, Reason::InvalidNumber),
    (21202, Reason::Premium),
    (21214, Reason::Unroutable),
    (21215, Reason::GeoBlocked),
    (21203, Reason::GeoBlocked),
    (21216, Reason::FraudBlocked),
    (21210, Reason::SenderMisconfigured),
    (21213, Reason::SenderMisconfigured),
    (21219, Reason::SenderMisconfigured),
    (10004, Reason::RateLimited),
    (10005, Reason::AuthFailed),
    (21201, Reason::ConfigError),
    (21205, Reason::ConfigError),
];
/// Of what it tells in a call's life.
const TOLD: [&str; 4] = ["initiated", "ringing", "answered", "completed"];

/// A client for one account.
pub struct Twilio {
    settings: TwilioSettings,
    client: Client,
}

#[derive(Deserialize)]
struct Sent {
    sid: String,
    num_segments: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    code: Option<i64>,
}

impl Twilio {
    /// A client of this account.
    ///
    /// # Errors
    /// When no TLS client can be made.
    pub fn new(settings: TwilioSettings) -> Result<Self, InternalError> {
        let client = exchange::client(settings.answers_within)?;
        Ok(Self { settings, client })
    }

    /// Whether it has a number that calls show, and may be called back.
    pub fn can_call(&self) -> bool {
        self.settings.caller.is_some()
    }

    /// Calls one phone.
    pub async fn call(&self, to: &PhoneNumber, call: &Call<'_>) -> SendOutcome {
        let s = &self.settings;
        let (Some(caller), Ok(url)) =
            (&s.caller, s.base_url.join(&format!("/2010-04-01/Accounts/{}/Calls.json", s.account_sid)))
        else {
            return rejected(Reason::ConfigError, None);
        };
        let (rings, lasts) = (Call::RINGS.to_string(), Call::LASTS.to_string());
        let mut form = vec![
            ("To", to.e164()),
            ("From", caller.e164()),
            ("Url", call.answer),
            ("Method", "POST"),
            ("StatusCallback", call.told),
            ("StatusCallbackMethod", "POST"),
            ("Timeout", &rings),
            ("TimeLimit", &lasts),
            ("Record", "false"),
        ];
        form.extend(TOLD.map(|event| ("StatusCallbackEvent", event)));
        let user = s.api_key_sid.as_deref().unwrap_or(&s.account_sid);
        let request = self.client.post(url).basic_auth(user, Some(s.secret.expose())).form(&form);
        exchange(request).await.map_or_else(|outcome| outcome, |answer| read_call(&answer))
    }

    /// Sends one text; what becomes of it is told at `callback`.
    pub async fn send_sms(&self, to: &PhoneNumber, text: &str, ttl: Duration, callback: Option<&str>) -> SendOutcome {
        let s = &self.settings;
        let Ok(url) = s.base_url.join(&format!("/2010-04-01/Accounts/{}/Messages.json", s.account_sid)) else {
            return rejected(Reason::ConfigError, None);
        };
        // 1 to 36000 s in Twilio's own queue: a code that is late is dropped there too.
        let validity = ttl.as_secs().clamp(1, 36_000).to_string();
        let mut form = vec![("To", to.e164()), ("Body", text), ("ValidityPeriod", &validity)];
        if let Some(callback) = callback {
            form.push(("StatusCallback", callback));
        }
        match (s.senders.of(to), &s.messaging_service_sid, &s.from) {
            (Some(service), ..) if is_messaging_service(service) => form.push(("MessagingServiceSid", service)),
            (Some(sender), ..) => form.push(("From", sender)),
            (None, Some(service), _) => form.push(("MessagingServiceSid", service)),
            (None, None, Some(from)) => form.push(("From", from)),
            (None, None, None) => return rejected(Reason::ConfigError, None),
        }
        let user = s.api_key_sid.as_deref().unwrap_or(&s.account_sid);
        let request = self.client.post(url).basic_auth(user, Some(s.secret.expose())).form(&form);
        exchange(request).await.map_or_else(|outcome| outcome, |answer| read(&answer))
    }
}

fn read(answer: &Answer) -> SendOutcome {
    if answer.status.is_success() {
        return answer.json::<Sent>().map_or(UNREADABLE, |sent| SendOutcome::Accepted {
            provider_id: sent.sid,
            segments: sent.num_segments.and_then(|number| number.parse().ok()),
        });
    }
    refused(answer, &[])
}

fn read_call(answer: &Answer) -> SendOutcome {
    if answer.status.is_success() {
        let accepted = |sent: Sent| SendOutcome::Accepted { provider_id: sent.sid, segments: None };
        return answer.json().map_or(UNREADABLE, accepted);
    }
    refused(answer, &CALL_CODES)
}

fn refused(answer: &Answer, first: &[(i64, Reason)]) -> SendOutcome {
    let code = answer.json::<Refused>().and_then(|refused| refused.code);
    let mut all = first.iter().chain(&CODES);
    let known = code.and_then(|code| all.find(|(known, _)| *known == code)).map(|(_, reason)| *reason);
    answer.refused(known, code)
}
