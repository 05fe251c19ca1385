//! Who is asked what kind of line a number is, before the first text to one that is not proved.

use url::Url;

use super::Lookup;
use super::sms::{SmsGateway, base_url};

/// Who is asked. Each is entered with the credentials of its gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupProvider {
    /// Twilio's Lookup v2.
    Twilio,
    /// Vonage's Identity Insights with an application's key, or Number Insight with key and secret.
    Vonage,
    /// Plivo's Lookup.
    Plivo,
}

/// The settings of looking up.
#[derive(Clone, Debug)]
pub struct LineLookup {
    /// `SALUS_LOOKUP`: `twilio`, `vonage` or `plivo`.
    pub provider: LookupProvider,
    /// `SALUS_LOOKUP_BASE_URL`: where it answers; the provider's own address unless set.
    pub base_url: Url,
}

impl LineLookup {
    /// None where nobody is asked, or the settings are wrong.
    pub(super) fn read(vars: &mut Lookup, gateways: &[SmsGateway]) -> Option<Self> {
        const NAME: &str = "SALUS_LOOKUP";
        let word = vars.choice(NAME, "none", &["none", "twilio", "vonage", "plivo"]);
        let (provider, gateway, address) = match word.as_str() {
            "twilio" => (LookupProvider::Twilio, SmsGateway::Twilio, "https://lookups.twilio.com"),
            "vonage" => (LookupProvider::Vonage, SmsGateway::Vonage, "https://api.nexmo.com"),
            "plivo" => (LookupProvider::Plivo, SmsGateway::Plivo, "https://lookup.plivo.com"),
            _ => return None,
        };
        if !gateways.contains(&gateway) {
            let cure = "name it there too, last if it should send nothing before the others: its credentials are used";
            vars.problem(NAME, "is not among SALUS_SMS_GATEWAYS", cure);
        }
        Some(Self { provider, base_url: base_url(vars, "SALUS_LOOKUP_BASE_URL", address) })
    }
}
