//! Gateways: providers that carry text messages, and some of them calls. All of them answer in one vocabulary.

pub(in crate::messaging) mod exchange;
pub mod http;
pub mod outbox;
pub mod plivo;
pub mod twilio;
pub mod vonage;

use std::time::Duration;

use crate::clock::Clock;
use crate::config::{Config, SmsGateway};
use crate::error::InternalError;
use crate::messaging::reason::{Reason, Retry};
use crate::messaging::sms;
use crate::types::phone::PhoneNumber;

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

/// A call that reads a code out. A gateway is told where it finds the words; the code itself it is never handed.
pub struct Call<'a> {
    /// The address that its gateway asks what to say once somebody answers.
    pub answer: &'a str,
    /// The address that it tells what becomes of the call.
    pub told: &'a str,
    /// All that is said, for the dev outbox alone, which has nobody to press a key. It holds the code: None for all
    /// others.
    pub spoken: Option<&'a str>,
}

impl Call<'_> {
    /// How long the phone rings, in seconds: less than most mailboxes wait.
    pub const RINGS: u32 = 30;
    /// How long a call lasts at most, in seconds.
    pub const LASTS: u32 = 120;
}

/// Whether one of the configured gateways can call.
pub fn can_call(config: &Config) -> bool {
    !config.callers().is_empty()
}

/// A way to send texts.
pub enum Gateway {
    /// The dev outbox.
    Outbox(outbox::Outbox),
    /// Twilio.
    Twilio(twilio::Twilio),
    /// Vonage.
    Vonage(vonage::Vonage),
    /// Plivo.
    Plivo(plivo::Plivo),
    /// Any other, by the operator's description.
    Http(Box<http::Http>),
}

impl Gateway {
    /// The gateways of the settings, in order. `outbox` serves demo and tests.
    ///
    /// # Errors
    /// When an HTTP client cannot be made, or the outbox is asked for where there is none.
    pub fn of_settings(config: &Config, outbox: Option<&outbox::Outbox>) -> Result<Vec<Self>, InternalError> {
        config.sms_gateways.iter().map(|gateway| Self::of_setting(*gateway, config, outbox)).collect()
    }

    fn of_setting(
        gateway: SmsGateway,
        config: &Config,
        outbox: Option<&outbox::Outbox>,
    ) -> Result<Self, InternalError> {
        let missing = |name: &str| InternalError::because(format!("{name} is not set up"));
        Ok(match gateway {
            SmsGateway::Outbox => {
                let no_outbox = || InternalError::because("the outbox gateway exists only in demo and tests");
                Self::Outbox(outbox.cloned().ok_or_else(no_outbox)?)
            }
            SmsGateway::Twilio => {
                let settings = config.twilio.clone().ok_or_else(|| missing("twilio"))?;
                Self::Twilio(twilio::Twilio::new(settings)?)
            }
            SmsGateway::Vonage => {
                let settings = config.vonage.clone().ok_or_else(|| missing("vonage"))?;
                Self::Vonage(vonage::Vonage::new(settings, Clock::system())?)
            }
            SmsGateway::Plivo => {
                let settings = config.plivo.clone().ok_or_else(|| missing("plivo"))?;
                Self::Plivo(plivo::Plivo::new(settings)?)
            }
            SmsGateway::Http => {
                let settings = config.http_gateway.clone().ok_or_else(|| missing("the http gateway"))?;
                Self::Http(Box::new(http::Http::new(settings)?))
            }
        })
    }

    /// Its name in tables and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Outbox(_) => "outbox",
            Self::Twilio(_) => "twilio",
            Self::Vonage(_) => "vonage",
            Self::Plivo(_) => "plivo",
            Self::Http(_) => "http",
        }
    }

    /// Sends a text that is worth something for `ttl`. One that takes several segments goes out all the same, and the
    /// log says that it costs more; never what it says. What becomes of it is told at `callback`, where a provider calls
    /// back.
    pub async fn send_sms(&self, to: &PhoneNumber, text: &str, ttl: Duration, callback: Option<&str>) -> SendOutcome {
        let segments = sms::segments(text);
        if segments > 1 {
            tracing::warn!(gateway = self.name(), segments, "a text takes more than one segment");
        }
        match self {
            Self::Outbox(outbox) => {
                let id = outbox.text(to, text);
                SendOutcome::Accepted { provider_id: format!("outbox-{id}"), segments: None }
            }
            Self::Twilio(twilio) => twilio.send_sms(to, text, ttl, callback).await,
            Self::Vonage(vonage) => vonage.send_sms(to, text, ttl, callback).await,
            Self::Plivo(plivo) => plivo.send_sms(to, text, ttl, callback).await,
            Self::Http(http) => http.send_sms(to, text, ttl, callback).await,
        }
    }

    /// Whether it can call.
    pub fn can_call(&self) -> bool {
        match self {
            Self::Outbox(_) => true,
            Self::Twilio(twilio) => twilio.can_call(),
            Self::Vonage(vonage) => vonage.can_call(),
            Self::Plivo(plivo) => plivo.can_call(),
            Self::Http(_) => false,
        }
    }

    /// Calls a phone. Accepted is not answered, and answered is not heard.
    pub async fn call(&self, to: &PhoneNumber, call: &Call<'_>) -> SendOutcome {
        match self {
            Self::Outbox(outbox) => {
                let id = outbox.call(to, call.spoken.unwrap_or_default());
                SendOutcome::Accepted { provider_id: format!("outbox-{id}"), segments: None }
            }
            Self::Twilio(twilio) => twilio.call(to, call).await,
            Self::Vonage(vonage) => vonage.call(to, call).await,
            Self::Plivo(plivo) => plivo.call(to, call).await,
            Self::Http(_) => exchange::rejected(Reason::ConfigError, None),
        }
    }
}
