//! Why a gateway says no, in one vocabulary for all providers, and what to do then.

use std::time::Duration;

/// What to do after a no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Wait, at least this long where the gateway said so.
    TryLater(Option<Duration>),
    /// This gateway will not, another may.
    AnotherGateway,
    /// Nobody will.
    Never,
}

/// What a provider's code says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It was not taken, and why.
    Refused(Reason),
    /// The provider failed with it in hand: it may have been sent.
    Unclear,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $word:literal => $retry:expr),+ $(,)?) => {
        /// Why a gateway says no. The words are stored with the attempt.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason { $($(#[$doc])* $name),+ }

        impl Reason {
            /// The stored word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The reason of a stored word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.as_str() == word)
            }

            /// What to do after it.
            pub fn retry(self) -> Retry {
                match self { $(Self::$name => $retry),+ }
            }
        }
    };
}

reasons! {
    /// No such number.
    InvalidNumber = "invalid_number" => Retry::Never,
    /// It cannot take texts.
    Landline = "landline" => Retry::Never,
    /// It costs extra.
    Premium = "premium" => Retry::Never,
    /// The person wrote STOP.
    OptedOut = "opted_out" => Retry::Never,
    /// The network does not know the subscriber.
    UnknownSubscriber = "unknown_subscriber" => Retry::Never,
    /// The network takes it for spam.
    CarrierBlocked = "carrier_blocked" => Retry::AnotherGateway,
    /// The provider takes it for fraud.
    FraudBlocked = "fraud_blocked" => Retry::AnotherGateway,
    /// The provider's account may not send there.
    GeoBlocked = "geo_blocked" => Retry::AnotherGateway,
    /// No way there.
    Unroutable = "unroutable" => Retry::AnotherGateway,
    /// Our sender is not allowed.
    SenderMisconfigured = "sender_misconfigured" => Retry::AnotherGateway,
    /// The provider's account is empty.
    InsufficientFunds = "insufficient_funds" => Retry::AnotherGateway,
    /// Our credentials are wrong.
    AuthFailed = "auth_failed" => Retry::AnotherGateway,
    /// It waited too long at the provider.
    Expired = "expired" => Retry::AnotherGateway,
    /// A setting is wrong.
    ConfigError = "config_error" => Retry::AnotherGateway,
    /// Too many at once.
    RateLimited = "rate_limited" => Retry::TryLater(None),
    /// The phone is off.
    HandsetUnreachable = "handset_unreachable" => Retry::TryLater(None),
    /// The provider could not be reached: nothing was sent.
    Unreachable = "unreachable" => Retry::TryLater(None),
}
