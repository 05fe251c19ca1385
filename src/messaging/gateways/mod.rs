//! Gateways: providers that carry text messages. All of them answer in one vocabulary.

pub mod outbox;
mod reason;
pub mod twilio;

use std::time::Duration;

use crate::config::{Config, SmsGateway};
use crate::error::InternalError;
use crate::types::phone::PhoneNumber;

pub use reason::{Reason, Retry};

/// What a gateway answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// It took the message. Accepted is not delivered.
    Accepted {
        /// The gateway's id of it.
        provider_id: String,
        /// How many segments it counted.
        segments: Option<u32>,
    },
    /// It said no.
    Rejected {
        /// Why.
        reason: Reason,
        /// What then.
        retry: Retry,
        /// The provider's own code.
        provider_code: Option<i64>,
    },
    /// No answer, or none that can be read, after the request left: it may have been sent.
    Ambiguous {
        /// What was seen.
        why: &'static str,
    },
}

/// A way to send texts.
pub enum Gateway {
    /// The dev outbox.
    Outbox(outbox::Outbox),
    /// Twilio.
    Twilio(twilio::Twilio),
}

impl Gateway {
    /// The gateways of the settings, in order. `outbox` serves demo and tests.
    ///
    /// # Errors
    /// When an HTTP client cannot be made, or the outbox is asked for where there is none.
    pub fn of_settings(config: &Config, outbox: Option<&outbox::Outbox>) -> Result<Vec<Self>, InternalError> {
        config
            .sms_gateways
            .iter()
            .map(|gateway| match gateway {
                SmsGateway::Outbox => outbox
                    .cloned()
                    .map(Self::Outbox)
                    .ok_or_else(|| InternalError::because("the outbox gateway exists only in demo and tests")),
                SmsGateway::Twilio => {
                    let settings =
                        config.twilio.clone().ok_or_else(|| InternalError::because("twilio is not set up"))?;
                    Ok(Self::Twilio(twilio::Twilio::new(settings)?))
                }
            })
            .collect()
    }

    /// Its name in tables and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Outbox(_) => "outbox",
            Self::Twilio(_) => "twilio",
        }
    }

    /// Sends a text that is worth something for `ttl`; what becomes of it is told at `callback`.
    pub async fn send_sms(&self, to: &PhoneNumber, text: &str, ttl: Duration, callback: Option<&str>) -> SendOutcome {
        match self {
            Self::Outbox(outbox) => {
                let id = outbox.text(to, text);
                SendOutcome::Accepted { provider_id: format!("outbox-{id}"), segments: None }
            }
            Self::Twilio(twilio) => twilio.send_sms(to, text, ttl, callback).await,
        }
    }
}
