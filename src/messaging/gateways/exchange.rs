//! What every gateway's client does alike: one bounded exchange over HTTP, and what an answer means by its status.
//!
//! | bound              | value  |
//! |--------------------|--------|
//! | to connect         | 2 s    |
//! | the whole exchange | 5 s unless set: 2 to 10 s |
//! | the answer         | 64 KiB |
//! | redirects          | none   |
//! | Retry-After        | 60 s   |

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde::de::DeserializeOwned;

use super::SendOutcome;
use crate::error::InternalError;
use crate::messaging::reason::{Reason, Retry};

/// The largest answer that is read, in bytes.
const LARGEST: usize = 64 * 1024;
/// No Retry-After is honoured for longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A client with the bounds of this module, and what its operator set for the whole exchange.
///
/// # Errors
/// When no TLS client can be made.
pub(in crate::messaging) fn client(whole: Duration) -> Result<Client, InternalError> {
    Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(whole)
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|error| InternalError::new("making the SMS gateway's HTTP client", error))
}

/// A whole answer of a provider.
pub(in crate::messaging) struct Answer {
    /// Its HTTP status.
    pub(in crate::messaging) status: StatusCode,
    /// How long it asks to wait.
    pub(super) pause: Option<Duration>,
    body: Vec<u8>,
}

/// Makes one request. `Err` is what became of the message where no whole answer came.
pub(in crate::messaging) async fn exchange(request: RequestBuilder) -> Result<Answer, SendOutcome> {
    let mut response = request.send().await.map_err(|error| match error {
        // Nothing left the building yet, so trying again is safe.
        error if error.is_connect() => rejected(Reason::Unreachable, None),
        error if error.is_builder() => rejected(Reason::ConfigError, None),
        error if error.is_timeout() => SendOutcome::Ambiguous { why: "timeout" },
        _ => SendOutcome::Ambiguous { why: "connection lost" },
    })?;
    let pause = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(Answer { status: response.status(), pause, body }),
            _ => return Err(SendOutcome::Ambiguous { why: "the answer broke off" }),
        }
    }
}

impl Answer {
    /// The body, where it is JSON of that shape.
    pub(in crate::messaging) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What a no means: by its `known` reason, else by the status alone.
    pub(super) fn refused(&self, known: Option<Reason>, code: Option<i64>) -> SendOutcome {
        match known {
            // A request over the rate was not processed; it is always safe to send again.
            Some(Reason::RateLimited) => SendOutcome::Rejected {
                reason: Reason::RateLimited,
                retry: Retry::TryLater(self.pause),
                provider_code: code,
            },
            Some(reason) => rejected(reason, code),
            None if self.status == StatusCode::TOO_MANY_REQUESTS => self.refused(Some(Reason::RateLimited), code),
            None if self.status == StatusCode::UNAUTHORIZED => rejected(Reason::AuthFailed, code),
            None if self.status == StatusCode::PAYMENT_REQUIRED => rejected(Reason::InsufficientFunds, code),
            None if self.status.is_client_error() => self.unknown(code),
            // A failure inside the provider after it has read the request: nobody knows.
            None => SendOutcome::Ambiguous { why: "the provider failed" },
        }
    }

    /// A no for a reason that no table holds: final for this gateway, and logged so that the table can grow.
    pub(super) fn unknown(&self, code: Option<i64>) -> SendOutcome {
        tracing::warn!(code, status = self.status.as_u16(), "unknown SMS gateway error");
        rejected(Reason::ConfigError, code)
    }
}

/// A no for this reason.
pub(super) fn rejected(reason: Reason, provider_code: Option<i64>) -> SendOutcome {
    SendOutcome::Rejected { reason, retry: reason.retry(), provider_code }
}

/// The answer said neither yes nor no in a form that is understood.
pub(super) const UNREADABLE: SendOutcome = SendOutcome::Ambiguous { why: "the answer cannot be read" };
