//! Settings of the gateways for text messages, and of the senders that people see.

use std::time::Duration;

use url::Url;

use super::{Lookup, calls};
use crate::crypto::random::Secret;
use crate::crypto::rsa_key::RsaKey;
use crate::types::country::Country;
use crate::types::phone::PhoneNumber;

/// Which gateway sends texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsGateway {
    /// The dev outbox: demo and tests.
    Outbox,
    /// Twilio.
    Twilio,
    /// Vonage.
    Vonage,
    /// Plivo.
    Plivo,
    /// The gateway that the operator describes.
    Http,
}

impl SmsGateway {
    /// The gateway of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "outbox" => Self::Outbox,
            "twilio" => Self::Twilio,
            "vonage" => Self::Vonage,
            "plivo" => Self::Plivo,
            "http" => Self::Http,
            _ => return None,
        })
    }

    /// Its name in settings, tables and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::Twilio => "twilio",
            Self::Vonage => "vonage",
            Self::Plivo => "plivo",
            Self::Http => "http",
        }
    }
}

/// `SALUS_SMS_ROUTES`: which gateways text the numbers that begin so, in order, like `+1=twilio>plivo,+44=vonage`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes(Vec<(String, Vec<SmsGateway>)>);

impl Routes {
    pub(super) fn read(vars: &mut Lookup, gateways: &[SmsGateway]) -> Self {
        let read = |word: &str| {
            let (prefix, order) = word.split_once('=')?;
            let digits = prefix.trim().strip_prefix('+')?;
            let fits = (1..=7).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            let order: Vec<SmsGateway> =
                order.split('>').map(|name| SmsGateway::from_word(name.trim())).collect::<Option<_>>()?;
            (fits && order.iter().all(|gateway| gateways.contains(gateway))).then(|| (digits.to_owned(), order))
        };
        let cure = "write +digits=gateway>gateway with gateways of SALUS_SMS_GATEWAYS, like +1=twilio>plivo,+44=vonage";
        Self(vars.list("SALUS_SMS_ROUTES", read, cure))
    }

    /// The gateways of the longest prefix that this number begins with.
    pub fn of(&self, to: &PhoneNumber) -> Option<&[SmsGateway]> {
        let fits = self.0.iter().filter(|(prefix, _)| to.digits().starts_with(prefix));
        fits.max_by_key(|(prefix, _)| prefix.len()).map(|(_, order)| order.as_slice())
    }
}

/// `SALUS_…_SENDERS`: the sender for each country, like `US=+12125557000,GB=Hill`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Senders(Vec<(Country, String)>);

impl Senders {
    /// Reads them; `is_pool` knows what else than a sender its gateway takes there.
    pub(super) fn read(vars: &mut Lookup, name: &str, is_pool: fn(&str) -> bool) -> Self {
        let read = |word: &str| {
            let (country, sender) = word.split_once('=')?;
            let sender = sender.trim();
            (is_sender(sender) || is_pool(sender)).then_some((country.parse().ok()?, sender.to_owned()))
        };
        Self(vars.list(name, read, "write country=sender, like US=+12125557000,GB=Hill"))
    }

    /// The sender for the country of this number, where it has one of its own.
    pub fn of(&self, to: &PhoneNumber) -> Option<&str> {
        let country = to.country()?;
        self.0.iter().find(|(known, _)| *known == country).map(|(_, sender)| sender.as_str())
    }
}

/// Whether it is a messaging service of Twilio: `MG` and 32 hexadecimal digits.
pub fn is_messaging_service(text: &str) -> bool {
    text.strip_prefix("MG").is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether it is a Powerpack of Plivo: a UUID.
pub fn is_powerpack(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::parse_str(text).is_ok()
}

/// Whether networks show it: a number or short code, or 1 to 11 letters and digits.
fn is_sender(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let number = (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    number || ((1..=11).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// An address that a gateway is called at: https, or plain http on this machine.
pub(super) fn base_url(vars: &mut Lookup, name: &str, default: &str) -> Url {
    let url: Url = vars.parsed(name, default, "write an https address");
    check_scheme(vars, name, &url);
    url
}

pub(super) fn check_scheme(vars: &mut Lookup, name: &str, url: &Url) {
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        vars.problem(name, "is not https", "plain http is for loopback only");
    }
}

/// How long a gateway may take to answer unless it is set, connecting and all.
pub const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// How long a gateway may take to answer: 2 to 10 s.
pub(super) fn answers_within(vars: &mut Lookup, name: &str) -> Duration {
    let seconds = vars.number(name, 5, 2..=10);
    Duration::from_secs(seconds.unsigned_abs())
}

/// A setting that its gateway cannot do without.
fn needed<T>(vars: &mut Lookup, name: &str, value: Option<T>, cure: &str) -> Option<T> {
    if value.is_none() {
        vars.problem(name, "is not set", cure);
    }
    value
}

const CONSOLE: &str = "copy it from the provider's console";

fn sender(vars: &mut Lookup, name: &str) -> Option<String> {
    let sender = vars.optional(name)?;
    if !is_sender(&sender) {
        let cure = "write + and digits, a short code, or 1 to 11 letters and digits";
        vars.problem(name, "is neither a number nor a name that networks show", cure);
    }
    Some(sender)
}

/// Which of Vonage's two interfaces sends, and how it is entered.
#[derive(Clone, Debug)]
pub enum VonageApi {
    /// `SALUS_VONAGE_API=sms`, the default: `SALUS_VONAGE_API_KEY` and `SALUS_VONAGE_API_SECRET`.
    Sms {
        /// The account's key.
        key: String,
        /// Its secret.
        secret: Secret,
    },
    /// `SALUS_VONAGE_API=messages`: `SALUS_VONAGE_APPLICATION_ID` and `SALUS_VONAGE_PRIVATE_KEY`.
    Messages {
        /// The application's id.
        application: String,
        /// Its RSA private key (PEM), which signs the tokens.
        key: RsaKey,
    },
}

/// An application of Vonage, in whose name it calls.
#[derive(Clone, Debug)]
pub struct VonageApplication {
    /// `SALUS_VONAGE_APPLICATION_ID`.
    pub id: String,
    /// `SALUS_VONAGE_PRIVATE_KEY`: its RSA private key (PEM), which signs the tokens.
    pub key: RsaKey,
}

/// Vonage's settings.
#[derive(Clone, Debug)]
pub struct VonageSettings {
    /// The interface.
    pub api: VonageApi,
    /// `SALUS_VONAGE_FROM`: the sender's number or name.
    pub from: String,
    /// `SALUS_VONAGE_SENDERS`: senders for some countries.
    pub senders: Senders,
    /// The application that calls, whichever interface sends; None when none is named.
    pub application: Option<VonageApplication>,
    /// `SALUS_VONAGE_CALL_FROM`: the number that calls show; the sender unless set, where that is a number. None when
    /// it cannot call.
    pub caller: Option<PhoneNumber>,
    /// `SALUS_VONAGE_TIMEOUT`: seconds that an answer may take, 2 to 10; 5 unless set.
    pub answers_within: Duration,
    /// `SALUS_VONAGE_REST_BASE_URL`: where the SMS API answers; `https://rest.nexmo.com` unless set.
    pub rest_base_url: Url,
    /// `SALUS_VONAGE_API_BASE_URL`: where the Messages API and the Voice API answer; `https://api.nexmo.com` unless set.
    pub api_base_url: Url,
}

impl VonageSettings {
    pub(super) fn read(vars: &mut Lookup) -> Option<Self> {
        let from = sender(vars, "SALUS_VONAGE_FROM");
        let from = needed(vars, "SALUS_VONAGE_FROM", from, "set the sender's number or name");
        let senders = Senders::read(vars, "SALUS_VONAGE_SENDERS", |_| false);
        let rest_base_url = base_url(vars, "SALUS_VONAGE_REST_BASE_URL", "https://rest.nexmo.com");
        let api_base_url = base_url(vars, "SALUS_VONAGE_API_BASE_URL", "https://api.nexmo.com");
        let api = match vars.choice("SALUS_VONAGE_API", "sms", &["sms", "messages"]).as_str() {
            "messages" => Self::messages(vars),
            _ => Self::sms(vars),
        };
        let application = match &api {
            Some(VonageApi::Messages { application, key }) => {
                Some(VonageApplication { id: application.clone(), key: key.clone() })
            }
            Some(VonageApi::Sms { .. }) if vars.optional("SALUS_VONAGE_APPLICATION_ID").is_some() => {
                Self::application(vars)
            }
            _ => None,
        };
        let caller = calls::caller(vars, "SALUS_VONAGE_CALL_FROM", from.as_deref());
        let answers_within = answers_within(vars, "SALUS_VONAGE_TIMEOUT");
        Some(Self { api: api?, from: from?, senders, application, caller, rest_base_url, api_base_url, answers_within })
    }

    fn sms(vars: &mut Lookup) -> Option<VonageApi> {
        let (key, secret) = (vars.optional("SALUS_VONAGE_API_KEY"), vars.secret("SALUS_VONAGE_API_SECRET"));
        let key = needed(vars, "SALUS_VONAGE_API_KEY", key, CONSOLE);
        let secret = needed(vars, "SALUS_VONAGE_API_SECRET", secret, CONSOLE);
        Some(VonageApi::Sms { key: key?, secret: secret? })
    }

    fn messages(vars: &mut Lookup) -> Option<VonageApi> {
        Self::application(vars).map(|VonageApplication { id, key }| VonageApi::Messages { application: id, key })
    }

    fn application(vars: &mut Lookup) -> Option<VonageApplication> {
        let application = vars.optional("SALUS_VONAGE_APPLICATION_ID");
        let application = needed(vars, "SALUS_VONAGE_APPLICATION_ID", application, CONSOLE);
        let pem = vars.secret("SALUS_VONAGE_PRIVATE_KEY");
        let pem = needed(vars, "SALUS_VONAGE_PRIVATE_KEY", pem, "name the application's key file in its _FILE")?;
        let key = RsaKey::parse(pem.expose());
        if key.is_none() {
            let cure = "use the file that the provider handed out: -----BEGIN PRIVATE KEY----- and so on";
            vars.problem("SALUS_VONAGE_PRIVATE_KEY", "is no RSA private key in PEM", cure);
        }
        Some(VonageApplication { id: application?, key: key? })
    }
}

/// Who sends through Plivo.
#[derive(Clone, Debug)]
pub enum PlivoSender {
    /// `SALUS_PLIVO_FROM`: a number or name.
    From(String),
    /// `SALUS_PLIVO_POWERPACK`: the provider chooses of a pool, by its UUID.
    Powerpack(String),
}

/// Plivo's settings.
#[derive(Clone, Debug)]
pub struct PlivoSettings {
    /// `SALUS_PLIVO_AUTH_ID`: `MA…` or `SA…`, 20 capital letters and digits.
    pub auth_id: String,
    /// `SALUS_PLIVO_AUTH_TOKEN`.
    pub auth_token: Secret,
    /// The sender.
    pub sender: PlivoSender,
    /// `SALUS_PLIVO_SENDERS`: senders or Powerpacks for some countries.
    pub senders: Senders,
    /// `SALUS_PLIVO_CALL_FROM`: the number that calls show; the sender unless set, where that is a number. None when it
    /// cannot call.
    pub caller: Option<PhoneNumber>,
    /// `SALUS_PLIVO_TIMEOUT`: seconds that an answer may take, 2 to 10; 5 unless set.
    pub answers_within: Duration,
    /// `SALUS_PLIVO_BASE_URL`: `https://api.plivo.com` unless set.
    pub base_url: Url,
}

impl PlivoSettings {
    pub(super) fn read(vars: &mut Lookup) -> Option<Self> {
        let (auth_id, token) = (vars.optional("SALUS_PLIVO_AUTH_ID"), vars.secret("SALUS_PLIVO_AUTH_TOKEN"));
        // It becomes a part of the address, so nothing else may pass.
        let fits = |id: &str| {
            let letters = id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            id.len() == 20 && letters && (id.starts_with("MA") || id.starts_with("SA"))
        };
        if !auth_id.as_deref().is_some_and(fits) {
            vars.problem("SALUS_PLIVO_AUTH_ID", "is not MA or SA and 18 capital letters and digits", CONSOLE);
        }
        let token = needed(vars, "SALUS_PLIVO_AUTH_TOKEN", token, CONSOLE);
        let sender = match (sender(vars, "SALUS_PLIVO_FROM"), vars.optional("SALUS_PLIVO_POWERPACK")) {
            (Some(from), None) => Some(PlivoSender::From(from)),
            (None, Some(pool)) => Some(PlivoSender::Powerpack(pool)),
            _ => {
                let cure = "set either the sender or SALUS_PLIVO_POWERPACK";
                vars.problem("SALUS_PLIVO_FROM", "needs to be the one sender: neither is set, or both are", cure);
                None
            }
        };
        let senders = Senders::read(vars, "SALUS_PLIVO_SENDERS", is_powerpack);
        let from = if let Some(PlivoSender::From(from)) = &sender { Some(from.as_str()) } else { None };
        let caller = calls::caller(vars, "SALUS_PLIVO_CALL_FROM", from);
        let base_url = base_url(vars, "SALUS_PLIVO_BASE_URL", "https://api.plivo.com");
        let answers_within = answers_within(vars, "SALUS_PLIVO_TIMEOUT");
        Some(Self { auth_id: auth_id?, auth_token: token?, sender: sender?, senders, caller, base_url, answers_within })
    }
}
