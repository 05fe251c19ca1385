//! Settings, read once: from the environment, then from the file named by `SALUS_CONFIG`. All problems are told
//! together, each with its cure.

mod calls;
mod hooks;
mod http_gateway;
mod http_receipts;
mod limits;
mod line_lookup;
mod lookup;
mod money;
mod risk_policy;
mod safety;
mod sender_numbers;
mod sms;
mod smtp;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::crypto::key_ring::KeyRing;
use crate::crypto::random::Secret;
use crate::places::Places;
use crate::types::country::Country;
use crate::types::locale::Locale;
use crate::types::phone::PhoneNumber;
use crate::types::zone::Zone;

pub use calls::CodeCalls;
pub use hooks::{HookSecrets, VonageSignature};
pub use http_gateway::{
    BodyFormat, Field, HttpAuth, HttpGatewaySettings, HttpMethod, Piece, Placeholder, REASON_WORDS, SuccessRule,
};
pub use http_receipts::{HttpReceipts, InboundPlaces, ReceiptFormat, ReceiptVerify};
pub use limits::Limits;
pub use line_lookup::{LineLookup, LookupProvider};
pub use lookup::{Lookup, Problem};
pub use money::{CountryCeilings, Money, Prices};
pub use risk_policy::{Counts, Points, RiskPolicy, Thresholds};
pub use safety::Unsafe;
pub use sms::{
    ANSWERS_WITHIN, PlivoSender, PlivoSettings, Routes, Senders, SmsGateway, VonageApi, VonageApplication,
    VonageSettings, is_messaging_service, is_powerpack,
};
pub use smtp::{SmtpAddress, SmtpTls};

/// The clinic as people see it.
#[derive(Clone, Debug)]
pub struct Clinic {
    /// `SALUS_CLINIC_NAME`: at most 20 characters, so that a text message stays one segment; `Salus Clinic` unless set.
    pub name: String,
    /// `SALUS_CLINIC_PHONE`: whom to call for help, as people read it.
    pub phone: String,
    /// `SALUS_CLINIC_HOURS`: when somebody answers.
    pub hours: String,
    /// `SALUS_EMERGENCY_NUMBER`: `911` unless set.
    pub emergency: String,
    /// `SALUS_COUNTRY`: alpha-2 code that national phone numbers are read in; `US` unless set.
    pub country: Country,
    /// `SALUS_TIME_ZONE`: the clinic's IANA zone; `America/New_York` unless set.
    pub zone: Zone,
    /// `SALUS_LOCALE`: the language of visitors who name none of ours; `en` unless set.
    pub locale: Locale,
    /// `SALUS_SMS_COUNTRIES`: alpha-2 codes, separated by commas, that texts are sent to; the clinic's unless set.
    pub sms_countries: Vec<String>,
}

/// Twilio's settings.
#[derive(Clone, Debug)]
pub struct TwilioSettings {
    /// `SALUS_TWILIO_ACCOUNT_SID`: `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// `SALUS_TWILIO_AUTH_TOKEN`, or the secret of the API key in `SALUS_TWILIO_API_KEY_SECRET`.
    pub secret: Secret,
    /// `SALUS_TWILIO_API_KEY_SID`: sign in as this key (`SK…`) instead of the account.
    pub api_key_sid: Option<String>,
    /// `SALUS_TWILIO_FROM`: the sender's number or name.
    pub from: Option<String>,
    /// `SALUS_TWILIO_MESSAGING_SERVICE_SID`: a messaging service (`MG…`) instead of a sender.
    pub messaging_service_sid: Option<String>,
    /// `SALUS_TWILIO_SENDERS`: senders or messaging services for some countries, before either.
    pub senders: Senders,
    /// `SALUS_TWILIO_CALL_FROM`: the number that calls show; the sender unless set, where that is a number. None when
    /// it cannot call.
    pub caller: Option<PhoneNumber>,
    /// `SALUS_TWILIO_TIMEOUT`: seconds that an answer may take, 2 to 10; 5 unless set.
    pub answers_within: Duration,
    /// `SALUS_TWILIO_BASE_URL`: `https://api.twilio.com` unless set.
    pub base_url: Url,
}

/// A Jitsi Meet server for video visits.
#[derive(Clone, Debug)]
pub struct JitsiSettings {
    /// `SALUS_JITSI_URL`: where the server answers.
    pub url: Url,
    /// `SALUS_JITSI_APP_ID`: the tokens' issuer.
    pub app_id: String,
    /// `SALUS_JITSI_SECRET`: signs the tokens (HS256).
    pub secret: Secret,
    /// `SALUS_JITSI_AUDIENCE`: the tokens' audience; `jitsi` unless set.
    pub audience: String,
    /// `SALUS_JITSI_SUBJECT`: the tokens' subject; the server's host unless set.
    pub subject: String,
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub enum MailRoute {
    /// The dev outbox.
    Outbox,
    /// A server: `smtp(s)://user:password@host:port`.
    Smtp(SmtpAddress),
    /// Nowhere: not set.
    None,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Everything an operator can set.
#[derive(Clone, Debug)]
pub struct Config {
    /// `SALUS_DATA`: the data folder; the current one unless set.
    pub data: PathBuf,
    /// `SALUS_DATABASE_URL` or `SALUS_DATABASE_URL_FILE`: `sqlite:salus.db` in the data folder unless set, or
    /// `postgres://…`, which may hold a password.
    pub database_url: String,
    /// `SALUS_DATABASE_CONNECTIONS`: 1 to 100; 10 unless set.
    pub database_connections: u32,
    /// `SALUS_MIGRATE`: `auto` (the default) brings the schema up to date at the start, `never` refuses an old one.
    pub migrate: bool,
    /// `SALUS_LISTEN`: address and port to answer on; `127.0.0.1:8080` unless set.
    pub listen: SocketAddr,
    /// `SALUS_PUBLIC_URL`: what people type; `http://localhost:8080` unless set.
    pub public_url: Url,
    /// `SALUS_KEYS` or `SALUS_KEYS_FILE`: the key ring, `id:base64` entries, the last one active.
    pub keys: Option<KeyRing>,
    /// `SALUS_KEYS_FILE`, where `salus keys add` writes.
    pub keys_file: Option<PathBuf>,
    /// `SALUS_SMS_GATEWAYS`: ordered list.
    pub sms_gateways: Vec<SmsGateway>,
    /// `SALUS_SMS_ROUTES`: the gateways for numbers that begin so; the list above for all others.
    pub sms_routes: Routes,
    /// `SALUS_CODE_CALLS`: when a code is read out in a call; `auto` unless set.
    pub code_calls: CodeCalls,
    /// `SALUS_TWILIO_…`.
    pub twilio: Option<TwilioSettings>,
    /// `SALUS_VONAGE_…`.
    pub vonage: Option<VonageSettings>,
    /// `SALUS_PLIVO_…`.
    pub plivo: Option<PlivoSettings>,
    /// `SALUS_HTTP_GATEWAY_…`.
    pub http_gateway: Option<HttpGatewaySettings>,
    /// Prices and ceilings of texts.
    pub money: Money,
    /// `SALUS_LOOKUP`: who is asked what kind of line a number is; nobody unless set.
    pub line_lookup: Option<LineLookup>,
    /// With what gateways sign their calls to us.
    pub hooks: HookSecrets,
    /// `SALUS_SMTP_URL`.
    pub mail: MailRoute,
    /// `SALUS_MAIL_FROM`: the sender of mail; `portal@` the public host unless set.
    pub mail_from: String,
    /// `SALUS_TRUSTED_PROXIES`: addresses that may say who the client is, separated by commas; none unless set.
    pub trusted_proxies: Vec<IpAddr>,
    /// `SALUS_METRICS_LISTEN`: address and port of the operators' listener with `/metrics`; none unless set.
    pub metrics_listen: Option<SocketAddr>,
    /// `SALUS_JITSI_…`: the video server; none unless set.
    pub jitsi: Option<JitsiSettings>,
    /// `SALUS_HASHING_CORES`: password hashes at once, 1 to 64; as many as cores unless set.
    pub hashing_cores: usize,
    /// `SALUS_LOG_FORMAT`: `json` or `text`; `json` unless set.
    pub log_format: LogFormat,
    /// The clinic.
    pub clinic: Clinic,
    /// The limits.
    pub limits: Limits,
    /// `SALUS_RISK_POLICY`: how sign-ins are judged.
    pub risk_policy: RiskPolicy,
    /// `SALUS_GEO_DATABASE`: a file that tells where networks are; none unless set.
    pub places: Places,
    /// Settings that are set and were not asked for.
    pub unused: Vec<String>,
    /// Files with secrets, to be checked for who may read them.
    secret_files: Vec<PathBuf>,
}

impl Config {
    /// Reads the process's environment and the settings file.
    ///
    /// # Errors
    /// All problems, each with its cure.
    pub fn from_env() -> Result<Self, Vec<Problem>> {
        Lookup::from_env().and_then(Self::read)
    }

    /// Reads settings from any lookup.
    ///
    /// # Errors
    /// All problems, each with its cure.
    pub fn read(mut vars: Lookup) -> Result<Self, Vec<Problem>> {
        let data = PathBuf::from(vars.text("SALUS_DATA", "."));
        let file = data.join("salus.db");
        let database_url = vars
            .secret("SALUS_DATABASE_URL")
            .map_or_else(|| format!("sqlite:{}", file.display()), |url| url.expose().to_owned());
        if !["sqlite:", "postgres://", "postgresql://"].iter().any(|start| database_url.starts_with(start)) {
            vars.problem(
                "SALUS_DATABASE_URL",
                "is neither sqlite:… nor postgres://…",
                "write sqlite:path or postgres://user:password@host/name",
            );
        }
        let public_url: Url =
            vars.parsed("SALUS_PUBLIC_URL", "http://localhost:8080", "write it like https://portal.clinic.example");
        if !matches!(public_url.scheme(), "http" | "https")
            || public_url.host_str().is_none()
            || public_url.path() != "/"
        {
            vars.problem(
                "SALUS_PUBLIC_URL",
                "is not an address without a path",
                "write it like https://portal.clinic.example",
            );
        }
        let keys_text = vars.secret("SALUS_KEYS");
        let keys = keys_text.and_then(|text| match KeyRing::parse(text.expose()) {
            Ok(ring) => Some(ring),
            Err(error) => {
                vars.problem("SALUS_KEYS", &error.to_string(), "`salus keys add` writes a right entry");
                None
            }
        });
        let sms_gateways = vars.list(
            "SALUS_SMS_GATEWAYS",
            SmsGateway::from_word,
            "known gateways: twilio, vonage, plivo, http, and outbox for demo and tests",
        );
        let wanted = |gateway| sms_gateways.contains(&gateway);
        let twilio = Self::twilio(&mut vars, wanted(SmsGateway::Twilio));
        let vonage = wanted(SmsGateway::Vonage).then(|| VonageSettings::read(&mut vars)).flatten();
        let plivo = wanted(SmsGateway::Plivo).then(|| PlivoSettings::read(&mut vars)).flatten();
        let http_gateway = wanted(SmsGateway::Http).then(|| HttpGatewaySettings::read(&mut vars)).flatten();
        let line_lookup = LineLookup::read(&mut vars, &sms_gateways);
        let mail = match vars.secret("SALUS_SMTP_URL") {
            None => MailRoute::None,
            Some(url) if url.expose() == "outbox" => MailRoute::Outbox,
            Some(url) => match SmtpAddress::parse(url.expose()) {
                Some(address) => MailRoute::Smtp(address),
                None => {
                    vars.problem(
                        "SALUS_SMTP_URL",
                        "is not smtp://… or smtps://…",
                        "write it like smtps://user:password@mail.example:465",
                    );
                    MailRoute::None
                }
            },
        };
        let host = public_url.host_str().unwrap_or("localhost").to_owned();
        let mut config = Self {
            database_url,
            database_connections: vars.number("SALUS_DATABASE_CONNECTIONS", 10, 1..=100) as u32,
            migrate: vars.choice("SALUS_MIGRATE", "auto", &["auto", "never"]) == "auto",
            listen: vars.parsed("SALUS_LISTEN", "127.0.0.1:8080", "write address:port, like 127.0.0.1:8080"),
            keys,
            keys_file: vars.optional("SALUS_KEYS_FILE").map(PathBuf::from),
            code_calls: CodeCalls::read(&mut vars),
            sms_routes: Routes::read(&mut vars, &sms_gateways),
            sms_gateways,
            twilio,
            vonage,
            plivo,
            http_gateway,
            money: Money::read(&mut vars),
            line_lookup,
            hooks: HookSecrets::read(&mut vars),
            mail,
            mail_from: vars.text("SALUS_MAIL_FROM", &format!("portal@{host}")),
            trusted_proxies: vars.list(
                "SALUS_TRUSTED_PROXIES",
                |word| word.parse().ok(),
                "write IP addresses separated by commas",
            ),
            metrics_listen: vars.optional_parsed("SALUS_METRICS_LISTEN", "write address:port, like 127.0.0.1:9090"),
            jitsi: Self::jitsi(&mut vars),
            hashing_cores: vars.number(
                "SALUS_HASHING_CORES",
                std::thread::available_parallelism().map_or(2, usize::from) as i64,
                1..=64,
            ) as usize,
            log_format: if vars.choice("SALUS_LOG_FORMAT", "json", &["json", "text"]) == "json" {
                LogFormat::Json
            } else {
                LogFormat::Text
            },
            clinic: Self::clinic(&mut vars),
            limits: Limits::read(&mut vars),
            risk_policy: RiskPolicy::of_settings(&mut vars),
            places: Self::places(&mut vars),
            public_url,
            data,
            unused: vars.unused(),
            secret_files: vars.secret_files(),
        };
        config.settle_callers();
        vars.finish(config)
    }

    fn clinic(vars: &mut Lookup) -> Clinic {
        let name = vars.text("SALUS_CLINIC_NAME", "Salus Clinic");
        if name.chars().count() > 20 || name.trim().is_empty() {
            vars.problem(
                "SALUS_CLINIC_NAME",
                "is not 1 to 20 characters",
                "choose a short name: it begins every text message",
            );
        }
        let country: Country = "US".parse().expect("a code of the list");
        let country = vars.parsed_or("SALUS_COUNTRY", country, "write a two-letter code like US");
        let code = country.code().to_owned();
        let countries = vars.list(
            "SALUS_SMS_COUNTRIES",
            |word| word.parse::<Country>().ok().map(|c| c.code().to_owned()),
            "write two-letter codes separated by commas",
        );
        Clinic {
            name,
            phone: vars.text("SALUS_CLINIC_PHONE", "+1 212 555 0100"),
            hours: vars.text("SALUS_CLINIC_HOURS", "Mon-Fri 8am-6pm"),
            emergency: vars.text("SALUS_EMERGENCY_NUMBER", "911"),
            country,
            zone: vars.parsed_or(
                "SALUS_TIME_ZONE",
                "America/New_York".parse().unwrap_or_else(|_| Zone::utc()),
                "write an IANA name like America/Chicago",
            ),
            locale: vars.parsed_or("SALUS_LOCALE", Locale::En, "write en or es"),
            sms_countries: if countries.is_empty() { vec![code] } else { countries },
        }
    }

    fn twilio(vars: &mut Lookup, wanted: bool) -> Option<TwilioSettings> {
        let account_sid = vars.optional("SALUS_TWILIO_ACCOUNT_SID");
        let token = vars.secret("SALUS_TWILIO_AUTH_TOKEN");
        let api_key_sid = vars.optional("SALUS_TWILIO_API_KEY_SID");
        let key_secret = vars.secret("SALUS_TWILIO_API_KEY_SECRET");
        let from = vars.optional("SALUS_TWILIO_FROM");
        let messaging_service_sid = vars.optional("SALUS_TWILIO_MESSAGING_SERVICE_SID");
        if !wanted {
            return None;
        }
        let senders = Senders::read(vars, "SALUS_TWILIO_SENDERS", sms::is_messaging_service);
        let caller = calls::caller(vars, "SALUS_TWILIO_CALL_FROM", from.as_deref());
        let base_url = sms::base_url(vars, "SALUS_TWILIO_BASE_URL", "https://api.twilio.com");
        let sid_fits =
            |sid: &str| sid.len() == 34 && sid.starts_with("AC") && sid[2..].bytes().all(|b| b.is_ascii_hexdigit());
        if !account_sid.as_deref().is_some_and(sid_fits) {
            vars.problem(
                "SALUS_TWILIO_ACCOUNT_SID",
                "is not AC and 32 hexadecimal digits",
                "copy it from the provider's console",
            );
        }
        let secret = if api_key_sid.is_some() { key_secret } else { token };
        if secret.is_none() {
            vars.problem("SALUS_TWILIO_AUTH_TOKEN", "is not set", "set it, or an API key's id and secret");
        }
        if from.is_none() == messaging_service_sid.is_none() {
            vars.problem(
                "SALUS_TWILIO_FROM",
                "needs to be the one sender: neither is set, or both are",
                "set either the sender or SALUS_TWILIO_MESSAGING_SERVICE_SID",
            );
        }
        let answers_within = sms::answers_within(vars, "SALUS_TWILIO_TIMEOUT");
        Some(TwilioSettings {
            answers_within,
            account_sid: account_sid?,
            secret: secret?,
            api_key_sid,
            from,
            messaging_service_sid,
            senders,
            caller,
            base_url,
        })
    }

    fn jitsi(vars: &mut Lookup) -> Option<JitsiSettings> {
        let app_id = vars.optional("SALUS_JITSI_APP_ID");
        let secret = vars.secret("SALUS_JITSI_SECRET");
        let audience = vars.text("SALUS_JITSI_AUDIENCE", "jitsi");
        let subject = vars.optional("SALUS_JITSI_SUBJECT");
        let url: Url = vars.optional_parsed("SALUS_JITSI_URL", "write it like https://meet.clinic.example")?;
        if app_id.is_none() || secret.is_none() {
            vars.problem(
                "SALUS_JITSI_APP_ID",
                "or SALUS_JITSI_SECRET is not set",
                "rooms without a token are open to all: set both",
            );
        }
        let subject = subject.unwrap_or_else(|| url.host_str().unwrap_or("*").to_lowercase());
        Some(JitsiSettings { url, app_id: app_id?, secret: secret?, audience, subject })
    }

    fn places(vars: &mut Lookup) -> Places {
        let Some(path) = vars.optional("SALUS_GEO_DATABASE") else { return Places::default() };
        Places::open(Path::new(&path)).unwrap_or_else(|problem| {
            let cure = "name a Country or City database in MaxMind's format (.mmdb) that the program's user may read";
            vars.problem("SALUS_GEO_DATABASE", &problem, cure);
            Places::default()
        })
    }

    /// Scheme, host and port of the public address, without a slash at the end.
    pub fn public_origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// Whether people come over https.
    pub fn is_secure(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// `__Host-` over https; nothing on http, where browsers refuse that prefix.
    pub fn cookie_prefix(&self) -> &'static str {
        if self.is_secure() { "__Host-" } else { "" }
    }

    /// The host in the last line of a code's text: as in the address bar, without scheme and port.
    pub fn sms_host(&self) -> &str {
        self.public_url.host_str().unwrap_or("localhost")
    }
}
