//! With what gateways sign their calls to us.

use crate::crypto::random::Secret;

use super::{Config, Lookup, SmsGateway};

/// How Vonage signs the receipts of its SMS API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VonageSignature {
    /// `md5hash`: MD5 over text and secret.
    Md5Hash,
    /// `md5-hmac`.
    Md5Hmac,
    /// `sha1-hmac`.
    Sha1Hmac,
    /// `sha256-hmac`.
    #[default]
    Sha256Hmac,
    /// `sha512-hmac`.
    Sha512Hmac,
}

/// What the calls of gateways are checked with; a gateway without its secret is not believed.
#[derive(Clone, Debug, Default)]
pub struct HookSecrets {
    /// `SALUS_TWILIO_AUTH_TOKEN`: the account's token signs, also where an API key sends.
    pub twilio_token: Option<Secret>,
    /// `SALUS_TWILIO_WEBHOOK_KEY`: the secret of a shared key, for accounts that sign with one.
    pub twilio_shared_key: Option<Secret>,
    /// `SALUS_VONAGE_SIGNATURE_SECRET`: the account's signature secret.
    pub vonage_secret: Option<Secret>,
    /// `SALUS_VONAGE_SIGNATURE`: `sha256-hmac` unless set.
    pub vonage_signature: VonageSignature,
    /// `SALUS_VONAGE_API_KEY`: whose calls they must be.
    pub vonage_api_key: Option<String>,
    /// `SALUS_PLIVO_AUTH_TOKEN`: the account's token signs.
    pub plivo_token: Option<Secret>,
    /// `SALUS_MAIL_BOUNCE_SECRET`: signs bounces that a machine posts; 16 letters at least. Without it none is taken.
    pub bounce_secret: Option<Secret>,
}

impl Config {
    /// Whether what a gateway calls in can be checked; the calls of others are turned away.
    pub fn believes(&self, gateway: SmsGateway) -> bool {
        match gateway {
            SmsGateway::Outbox => false,
            SmsGateway::Twilio => self.hooks.twilio_token.is_some() || self.hooks.twilio_shared_key.is_some(),
            SmsGateway::Vonage => self.hooks.vonage_secret.is_some(),
            SmsGateway::Plivo => self.hooks.plivo_token.is_some(),
            SmsGateway::Http => self.http_gateway.as_ref().is_some_and(|http| http.receipts.is_some()),
        }
    }
}

impl HookSecrets {
    pub(super) fn read(vars: &mut Lookup) -> Self {
        let words = ["sha256-hmac", "sha512-hmac", "sha1-hmac", "md5-hmac", "md5hash"];
        Self {
            twilio_token: vars.secret("SALUS_TWILIO_AUTH_TOKEN"),
            twilio_shared_key: vars.secret("SALUS_TWILIO_WEBHOOK_KEY"),
            vonage_secret: vars.secret("SALUS_VONAGE_SIGNATURE_SECRET"),
            vonage_signature: match vars.choice("SALUS_VONAGE_SIGNATURE", words[0], &words).as_str() {
                "md5hash" => VonageSignature::Md5Hash,
                "md5-hmac" => VonageSignature::Md5Hmac,
                "sha1-hmac" => VonageSignature::Sha1Hmac,
                "sha512-hmac" => VonageSignature::Sha512Hmac,
                _ => VonageSignature::Sha256Hmac,
            },
            vonage_api_key: vars.optional("SALUS_VONAGE_API_KEY"),
            plivo_token: vars.secret("SALUS_PLIVO_AUTH_TOKEN"),
            bounce_secret: Self::bounce_secret(vars),
        }
    }

    fn bounce_secret(vars: &mut Lookup) -> Option<Secret> {
        const NAME: &str = "SALUS_MAIL_BOUNCE_SECRET";
        let secret = vars.secret(NAME)?;
        if secret.expose().len() < 16 {
            vars.problem(NAME, "is shorter than 16 letters", "use a long random one");
        }
        Some(secret)
    }
}
