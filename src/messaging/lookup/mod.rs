//! What kind of line a number is, asked of a provider before the first text to one that is not proved.
//!
//! | the line                                | then                                        |
//! |-----------------------------------------|---------------------------------------------|
//! | mobile, or nobody knows                 | the text goes                               |
//! | landline                                | no text: it would be paid for and not arrive|
//! | premium, toll-free, shared cost         | never: it costs extra                       |
//! | no such number, pager, voicemail        | never                                       |
//! | the provider fails, or answers oddly    | the text goes                               |
//!
//! An answer is kept for a day by blind index. The bounds are those of every gateway's exchange.

mod plivo;
mod sql;
mod twilio;
mod vonage;

use reqwest::Client;
use url::Url;

use crate::clock::SignedDuration;
use crate::config::ANSWERS_WITHIN;
use crate::config::{Config, LookupProvider, PlivoSettings, TwilioSettings, VonageSettings};
use crate::crypto::blind_index;
use crate::error::InternalError;
use crate::messaging::gateways::exchange;
use crate::messaging::reason::Reason;
use crate::portal::Portal;
use crate::types::phone::PhoneNumber;

/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

macro_rules! line_types {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// A kind of line. The words are stored.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum LineType { $($(#[$doc])* $name),+ }

        impl LineType {
            /// The stored word.
            fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

line_types! {
    /// It takes texts, or nobody knows that it does not.
    Open = "open",
    /// A landline.
    Landline = "landline",
    /// It costs extra.
    Costly = "costly",
    /// Nobody reads a text there: no such number, a pager, a voicemail.
    Nobody = "nobody",
}

impl LineType {
    /// Why no text goes there; None where one does.
    pub fn refusal(self) -> Option<Reason> {
        match self {
            Self::Open => None,
            Self::Landline => Some(Reason::Landline),
            Self::Costly => Some(Reason::Premium),
            Self::Nobody => Some(Reason::InvalidNumber),
        }
    }
}

enum Provider {
    Twilio(TwilioSettings),
    Vonage(VonageSettings),
    Plivo(PlivoSettings),
}

/// A way to ask what kind of line a number is.
pub struct LineLookups {
    provider: Provider,
    base_url: Url,
    client: Client,
}

impl LineLookups {
    /// The one of the settings; None where nobody is to be asked.
    ///
    /// # Errors
    /// When no TLS client can be made, or the provider's gateway is not set up.
    pub fn of_settings(config: &Config) -> Result<Option<Self>, InternalError> {
        let Some(settings) = &config.line_lookup else { return Ok(None) };
        let provider = match settings.provider {
            LookupProvider::Twilio => config.twilio.clone().map(Provider::Twilio),
            LookupProvider::Vonage => config.vonage.clone().map(Provider::Vonage),
            LookupProvider::Plivo => config.plivo.clone().map(Provider::Plivo),
        };
        let provider = provider.ok_or_else(|| InternalError::because("the gateway of SALUS_LOOKUP is not set up"))?;
        Ok(Some(Self { provider, base_url: settings.base_url.clone(), client: exchange::client(ANSWERS_WITHIN)? }))
    }

    /// Asks the provider; None when it fails.
    pub async fn ask(&self, phone: &PhoneNumber) -> Option<LineType> {
        match &self.provider {
            Provider::Twilio(settings) => twilio::ask(&self.client, &self.base_url, settings, phone).await,
            Provider::Vonage(settings) => vonage::ask(&self.client, &self.base_url, settings, phone).await,
            Provider::Plivo(settings) => plivo::ask(&self.client, &self.base_url, settings, phone).await,
        }
    }

    /// Why no text goes to a number, by what is kept or by asking; None where one does. Never inside a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refusal(&self, portal: &Portal, phone: &PhoneNumber) -> Result<Option<Reason>, InternalError> {
        let index = blind_index::index_phone(&portal.keys.index, phone);
        let now = portal.clock.now();
        let kept = {
            let mut connection = portal.db.read().await?;
            sql::find(&mut connection, &index, now - KEPT).await?
        };
        if let Some(kind) = kept.as_deref().and_then(LineType::from_word) {
            return Ok(kind.refusal());
        }
        let Some(kind) = self.ask(phone).await else {
            tracing::warn!("what kind of line a number is could not be looked up: its text goes");
            return Ok(None);
        };
        let mut tx = portal.db.begin().await?;
        sql::keep(&mut tx, &index, kind.as_str(), now).await?;
        tx.commit().await?;
        Ok(kind.refusal())
    }
}

/// Removes up to `batch` answers that are too old to be believed; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - KEPT, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
