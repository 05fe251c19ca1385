//! Whether gateways can call, and which number their calls show.
//!
//! A call needs a number of its gateway, https at the public address, and what its gateway signs with: the words are
//! fetched from us by the gateway, and whoever is not known to be the gateway hears nothing.

use super::{Config, Lookup, SmsGateway};
use crate::types::phone::PhoneNumber;

/// The number that calls of a gateway show: the setting `name`, else the sender of its texts where that is a number.
pub(super) fn caller(vars: &mut Lookup, name: &str, sender: Option<&str>) -> Option<PhoneNumber> {
    let number = |text: &str| PhoneNumber::from_e164(&format!("+{}", text.strip_prefix('+').unwrap_or(text)));
    let Some(set) = vars.optional(name) else { return number(sender?) };
    let caller = number(&set);
    if caller.is_none() {
        vars.problem(name, "is no phone number", "write + and digits: a number of the account that can call");
    }
    caller
}

/// `SALUS_CODE_CALLS`: when a code is read out in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeCalls {
    /// `auto`: when the person asks, and of itself once no text came through.
    Auto,
    /// `asked`: only when the person asks.
    Asked,
    /// `off`: never.
    Off,
}

impl CodeCalls {
    pub(super) fn read(vars: &mut Lookup) -> Self {
        match vars.choice("SALUS_CODE_CALLS", "auto", &["auto", "asked", "off"]).as_str() {
            "asked" => Self::Asked,
            "off" => Self::Off,
            _ => Self::Auto,
        }
    }
}

impl Config {
    /// Takes the number from every gateway that could not be called back, so that whoever has one can call.
    pub(super) fn settle_callers(&mut self) {
        let [twilio_can, vonage_can, plivo_can] = [SmsGateway::Twilio, SmsGateway::Vonage, SmsGateway::Plivo]
            .map(|gateway| self.is_secure() && self.believes(gateway));
        if let Some(twilio) = self.twilio.as_mut().filter(|_| !twilio_can) {
            twilio.caller = None;
        }
        if let Some(vonage) = self.vonage.as_mut().filter(|vonage| !(vonage_can && vonage.application.is_some())) {
            vonage.caller = None;
        }
        if let Some(plivo) = self.plivo.as_mut().filter(|_| !plivo_can) {
            plivo.caller = None;
        }
    }

    /// The gateways that can call, in the order in which they are tried; none where calls are turned off.
    pub fn callers(&self) -> Vec<SmsGateway> {
        if self.code_calls == CodeCalls::Off {
            return Vec::new();
        }
        let can_call = |gateway: &&SmsGateway| match gateway {
            SmsGateway::Outbox => true,
            SmsGateway::Twilio => self.twilio.as_ref().is_some_and(|twilio| twilio.caller.is_some()),
            SmsGateway::Vonage => self.vonage.as_ref().is_some_and(|vonage| vonage.caller.is_some()),
            SmsGateway::Plivo => self.plivo.as_ref().is_some_and(|plivo| plivo.caller.is_some()),
            SmsGateway::Http => false,
        };
        self.sms_gateways.iter().filter(can_call).copied().collect()
    }
}
