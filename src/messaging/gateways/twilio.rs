//! Twilio's Programmable Messaging: `POST /2010-04-01/Accounts/{AccountSid}/Messages.json`.
//!
//! Form-encoded, HTTP Basic (account and token, or API key and secret), 201 on success. Errors carry a number, which
//! decides before the HTTP status does; both of Twilio's error bodies (classic, RFC 9457) hold it in `code`.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode, redirect};
use serde::Deserialize;

use super::{Reason, Retry, SendOutcome};
use crate::config::TwilioSettings;
use crate::error::InternalError;
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
/// The largest answer that is read, in bytes.
const LARGEST: usize = 64 * 1024;
/// No Retry-After is honoured for longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

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
    /// A client that connects within 2 s and gives an exchange 5 s in all.
    ///
    /// # Errors
    /// When no TLS client can be made.
    pub fn new(settings: TwilioSettings) -> Result<Self, InternalError> {
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(5))
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| InternalError::new("making the SMS gateway's HTTP client", error))?;
        Ok(Self { settings, client })
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
        match (&s.messaging_service_sid, &s.from) {
            (Some(service), _) => form.push(("MessagingServiceSid", service)),
            (None, Some(from)) => form.push(("From", from)),
            (None, None) => return rejected(Reason::ConfigError, None),
        }
        let user = s.api_key_sid.as_deref().unwrap_or(&s.account_sid);
        let request = self.client.post(url).basic_auth(user, Some(s.secret.expose())).form(&form);
        match request.send().await {
            Ok(response) => read(response).await,
            // Nothing left the building yet, so trying again is safe.
            Err(error) if error.is_connect() => rejected(Reason::Unreachable, None),
            Err(error) if error.is_timeout() => SendOutcome::Ambiguous { why: "timeout" },
            Err(_) => SendOutcome::Ambiguous { why: "connection lost" },
        }
    }
}

fn rejected(reason: Reason, provider_code: Option<i64>) -> SendOutcome {
    SendOutcome::Rejected { reason, retry: reason.retry(), provider_code }
}

async fn read(mut response: Response) -> SendOutcome {
    let status = response.status();
    let pause = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST => body.extend_from_slice(&chunk),
            Ok(None) => break,
            _ => return SendOutcome::Ambiguous { why: "the answer broke off" },
        }
    }
    if status.is_success() {
        return match serde_json::from_slice::<Sent>(&body) {
            Ok(sent) => SendOutcome::Accepted {
                provider_id: sent.sid,
                segments: sent.num_segments.and_then(|number| number.parse().ok()),
            },
            Err(_) => SendOutcome::Ambiguous { why: "the answer cannot be read" },
        };
    }
    let code = serde_json::from_slice::<Refused>(&body).ok().and_then(|refused| refused.code);
    let known = code.and_then(|code| CODES.iter().find(|(known, _)| *known == code)).map(|(_, reason)| *reason);
    match known {
        Some(Reason::RateLimited) => rate_limited(pause, code),
        Some(reason) => rejected(reason, code),
        None if status == StatusCode::TOO_MANY_REQUESTS => rate_limited(pause, code),
        None if status == StatusCode::UNAUTHORIZED => rejected(Reason::AuthFailed, code),
        None if status.is_client_error() => {
            tracing::warn!(code, status = status.as_u16(), "unknown SMS gateway error");
            rejected(Reason::ConfigError, code)
        }
        // A failure inside the provider after it has read the request: nobody knows.
        None => SendOutcome::Ambiguous { why: "the provider failed" },
    }
}

/// A request over the rate was not processed; it is always safe to send again.
fn rate_limited(pause: Option<Duration>, provider_code: Option<i64>) -> SendOutcome {
    SendOutcome::Rejected { reason: Reason::RateLimited, retry: Retry::TryLater(pause), provider_code }
}
