//! The reasons for which a sign-in is worth points.

use std::str::FromStr;

use super::judge::{Facts, NetworkSeen, NoSuchWord};
use crate::config::RiskPolicy;

/// Why a sign-in is worth points. Its word is stored and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The browser never proved both factors.
    UnknownBrowser,
    /// No good sign-in came from the network or from beside it.
    NewNetwork,
    /// No good sign-in came from the country.
    NewCountry,
    /// Nobody travels so fast from the last good sign-in.
    TooFast,
    /// Some wrong passwords and codes.
    SomeFailures,
    /// Many of them.
    ManyFailures,
    /// Somebody tries stolen passwords at all accounts.
    Stuffing,
    /// The number is new on the account.
    NewNumber,
    /// Codes to the number did not arrive.
    FailingNumber,
}

impl Reason {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::UnknownBrowser,
        Self::NewNetwork,
        Self::NewCountry,
        Self::TooFast,
        Self::SomeFailures,
        Self::ManyFailures,
        Self::Stuffing,
        Self::NewNumber,
        Self::FailingNumber,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownBrowser => "unknown_browser",
            Self::NewNetwork => "new_network",
            Self::NewCountry => "new_country",
            Self::TooFast => "too_fast",
            Self::SomeFailures => "some_failures",
            Self::ManyFailures => "many_failures",
            Self::Stuffing => "stuffing",
            Self::NewNumber => "new_number",
            Self::FailingNumber => "failing_number",
        }
    }

    /// What it is worth.
    pub(super) fn points(self, policy: &RiskPolicy) -> i64 {
        let points = &policy.points;
        match self {
            Self::UnknownBrowser => points.unknown_browser,
            Self::NewNetwork => points.new_network,
            Self::NewCountry => points.new_country,
            Self::TooFast => points.too_fast,
            Self::SomeFailures => points.some_failures,
            Self::ManyFailures => points.many_failures,
            Self::Stuffing => points.stuffing,
            Self::NewNumber => points.new_number,
            Self::FailingNumber => points.failing_number,
        }
    }

    /// Whether the facts speak of it.
    pub(super) fn holds(self, facts: &Facts, policy: &RiskPolicy) -> bool {
        let counts = &policy.counts;
        // What strangers do elsewhere is not held against a browser that its owner has used.
        let failures = if facts.known_browser { facts.wrong_here } else { facts.wrong_passwords + facts.wrong_codes };
        match self {
            Self::UnknownBrowser => !facts.known_browser,
            Self::NewNetwork => facts.network == NetworkSeen::New,
            Self::NewCountry => facts.country_is_new,
            Self::TooFast => {
                (facts.travel).is_some_and(|way| way.km >= counts.too_fast_km && way.kmh > counts.too_fast_kmh)
            }
            Self::SomeFailures => (counts.some_failures..counts.many_failures).contains(&failures),
            Self::ManyFailures => failures >= counts.many_failures,
            Self::Stuffing => {
                facts.all_wrong >= counts.stuffing_wrong
                    && facts.all_wrong >= counts.stuffing_ratio.saturating_mul(facts.all_through)
            }
            Self::NewNumber => facts.number_days.is_some_and(|days| days < counts.new_number_days),
            Self::FailingNumber => {
                facts.codes_failed >= counts.failing_number && facts.codes_failed >= facts.codes_arrived
            }
        }
    }
}

impl FromStr for Reason {
    type Err = NoSuchWord;

    fn from_str(word: &str) -> Result<Self, NoSuchWord> {
        Self::ALL.into_iter().find(|known| known.as_str() == word).ok_or(NoSuchWord)
    }
}
