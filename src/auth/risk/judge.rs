//! From facts to an outcome with its reasons: no clock, no database, no chance.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::reason::Reason;
use crate::config::RiskPolicy;

/// Whether good sign-ins of the account came from a network before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkSeen {
    /// There was no good sign-in to compare with.
    #[default]
    First,
    /// From this one.
    Same,
    /// From one beside it: the same IPv4 /24 or IPv6 /48.
    Near,
    /// From none like it.
    New,
}

/// The way from the last good sign-in to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Travel {
    /// How far, in km.
    pub km: i64,
    /// How fast, in km/h.
    pub kmh: i64,
}

/// What is known of a sign-in whose password was right. Stored as JSON: nothing here says who it was or from which address.
/// What an older program did not store reads as harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The browser proved both factors before.
    pub known_browser: bool,
    /// … and is excused from the code by its owner's choice.
    pub trusted_browser: bool,
    /// Whether its network was seen.
    pub network: NetworkSeen,
    /// The alpha-2 code of its country.
    pub country: Option<String>,
    /// The country of the last good sign-in.
    pub last_country: Option<String>,
    /// No good sign-in that has a country came from this one.
    pub country_is_new: bool,
    /// The way from the last good sign-in, where both have a place.
    pub travel: Option<Travel>,
    /// Wrong passwords for the account in 24 h.
    pub wrong_passwords: i64,
    /// Wrong codes for the account in 24 h.
    pub wrong_codes: i64,
    /// Of both, those from this network.
    pub wrong_here: i64,
    /// Wrong passwords for all accounts in 15 min.
    pub all_wrong: i64,
    /// Sign-ins of all accounts that went through in 15 min.
    pub all_through: i64,
    /// For how many days the account has had its number.
    pub number_days: Option<i64>,
    /// Of the last 10 codes by phone, those that were told to have arrived.
    pub codes_arrived: i64,
    /// Of the same, those that did not arrive.
    pub codes_failed: i64,
    /// An admin or the shell lifted the holds of the account within a day.
    pub pardoned: bool,
    /// A passkey alone signed in, which is two factors and which nobody can guess: nothing more was asked.
    pub passkey: bool,
}

/// What a sign-in is asked, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// No code: a trusted browser as its owner knows it, or a passkey.
    Allow,
    /// A code, or whatever factor is at hand.
    Code,
    /// A stronger factor than a text, where the person has one.
    Stronger,
    /// Nothing is opened.
    Hold,
}

impl Outcome {
    /// All of them, from little to much.
    pub const ALL: [Self; 4] = [Self::Allow, Self::Code, Self::Stronger, Self::Hold];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Code => "code",
            Self::Stronger => "stronger",
            Self::Hold => "hold",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Not a stored word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a word of a judgement")]
pub struct NoSuchWord;

impl FromStr for Outcome {
    type Err = NoSuchWord;

    fn from_str(word: &str) -> Result<Self, NoSuchWord> {
        Self::ALL.into_iter().find(|known| known.as_str() == word).ok_or(NoSuchWord)
    }
}

/// What a policy makes of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What is asked.
    pub outcome: Outcome,
    /// The reasons that hold.
    pub reasons: Vec<Reason>,
    /// What they are worth together.
    pub points: i64,
}

/// Judges a sign-in. The same facts and the same policy always say the same, and a worse fact never asks for less.
pub fn judge(facts: &Facts, policy: &RiskPolicy) -> Judgement {
    let reasons: Vec<Reason> = Reason::ALL.into_iter().filter(|reason| reason.holds(facts, policy)).collect();
    let points = reasons.iter().map(|reason| reason.points(policy)).sum();
    let thresholds = &policy.thresholds;
    let is_guessed = reasons.iter().any(|reason| matches!(reason, Reason::ManyFailures | Reason::Stuffing));
    let may_hold = !facts.known_browser && !facts.pardoned && is_guessed;
    let is_excused = facts.known_browser && facts.trusted_browser;
    let outcome = if facts.passkey {
        Outcome::Allow
    } else if points >= thresholds.hold && may_hold {
        Outcome::Hold
    } else if points >= thresholds.stronger {
        Outcome::Stronger
    } else if points >= thresholds.code || !is_excused {
        Outcome::Code
    } else {
        Outcome::Allow
    };
    Judgement { outcome, reasons, points }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn home() -> Facts {
        Facts {
            known_browser: true,
            trusted_browser: true,
            network: NetworkSeen::Same,
            number_days: Some(400),
            codes_arrived: 9,
            all_through: 40,
            ..Facts::default()
        }
    }

    fn default_says(facts: &Facts) -> (Outcome, Vec<Reason>) {
        let judgement = judge(facts, &RiskPolicy::default());
        (judgement.outcome, judgement.reasons)
    }

    #[test]
    fn each_reason_is_worth_what_the_policy_says() {
        use Outcome::{Allow, Code, Hold, Stronger};
        use Reason::*;
        assert_eq!(default_says(&home()), (Allow, vec![]));
        let moved = Facts { network: NetworkSeen::New, ..home() };
        assert_eq!(default_says(&moved), (Allow, vec![NewNetwork]), "phones change networks all day");
        let abroad = Facts { country_is_new: true, ..moved.clone() };
        assert_eq!(default_says(&abroad), (Code, vec![NewNetwork, NewCountry]));
        let flown = Facts { travel: Some(Travel { km: 6000, kmh: 1001 }), ..abroad.clone() };
        assert_eq!(default_says(&flown), (Stronger, vec![NewNetwork, NewCountry, TooFast]));
        let near = Facts { travel: Some(Travel { km: 499, kmh: 29_000 }), ..home() };
        assert_eq!(default_says(&near), (Allow, vec![]), "databases err by some km");
        let fast = Facts { travel: Some(Travel { km: 6000, kmh: 1000 }), ..home() };
        assert_eq!(default_says(&fast), (Allow, vec![]));

        let unknown = Facts { known_browser: false, trusted_browser: false, ..abroad.clone() };
        assert_eq!(default_says(&unknown), (Stronger, vec![UnknownBrowser, NewNetwork, NewCountry]));
        let guessed = Facts { wrong_passwords: 6, wrong_codes: 4, ..unknown.clone() };
        assert_eq!(default_says(&guessed), (Hold, vec![UnknownBrowser, NewNetwork, NewCountry, ManyFailures]));
        assert_eq!(default_says(&Facts { pardoned: true, ..guessed.clone() }).0, Stronger);
        let owner = Facts { wrong_passwords: 300, ..home() };
        assert_eq!(default_says(&owner), (Allow, vec![]), "what strangers do elsewhere");
        assert_eq!(default_says(&Facts { wrong_here: 3, ..owner.clone() }).1, [SomeFailures]);
        assert_eq!(default_says(&Facts { wrong_here: 10, ..owner }), (Code, vec![ManyFailures]));

        let stuffed = Facts { all_wrong: 200, all_through: 40, ..home() };
        assert_eq!(default_says(&stuffed), (Allow, vec![Stuffing]));
        assert_eq!(default_says(&Facts { all_through: 41, ..stuffed }).1, [], "a busy morning");
        let few = Facts { all_wrong: 49, all_through: 0, ..home() };
        assert_eq!(default_says(&few).1, []);
        assert_eq!(default_says(&Facts { number_days: Some(6), ..home() }).1, [NewNumber]);
        assert_eq!(default_says(&Facts { codes_failed: 3, codes_arrived: 3, ..home() }).1, [FailingNumber]);
        assert_eq!(default_says(&Facts { codes_failed: 3, codes_arrived: 4, ..home() }).1, []);
    }

    #[test]
    fn nobody_is_held_while_nobody_guesses() {
        let facts = Facts {
            network: NetworkSeen::New,
            country_is_new: true,
            travel: Some(Travel { km: 9000, kmh: 90_000 }),
            wrong_passwords: 9,
            number_days: Some(0),
            codes_failed: 10,
            ..Facts::default()
        };
        let judgement = judge(&facts, &RiskPolicy::default());
        assert_eq!((judgement.outcome, judgement.points), (Outcome::Stronger, 95));
    }

    #[test]
    fn words_are_each_ones_own() {
        for reason in Reason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
        assert_eq!("rain".parse::<Reason>(), Err(NoSuchWord));
    }

    #[test]
    fn facts_of_an_older_program_read_as_harmless() {
        let facts: Facts =
            serde_json::from_str(r#"{"known_browser":true,"trusted_browser":true,"tomorrow":1}"#).unwrap();
        assert_eq!(default_says(&facts), (Outcome::Allow, vec![]));
        let stored = serde_json::to_string(&home()).unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&stored).unwrap(), home());
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        let network =
            prop::sample::select(vec![NetworkSeen::First, NetworkSeen::Same, NetworkSeen::Near, NetworkSeen::New]);
        let travel = prop::option::of((0..12_000_i64, 0..3_000_i64).prop_map(|(km, kmh)| Travel { km, kmh }));
        let seen = (any::<bool>(), any::<bool>(), network, any::<bool>(), travel);
        let failed = (0..20_i64, 0..20_i64, 0..20_i64, 0..300_i64, 0..60_i64);
        let number = (prop::option::of(0..30_i64), 0..10_i64, 0..10_i64, any::<bool>(), prop::bool::weighted(0.1));
        (seen, failed, number).prop_map(|(seen, failed, number)| Facts {
            known_browser: seen.0,
            trusted_browser: seen.1,
            network: seen.2,
            country_is_new: seen.3,
            travel: seen.4,
            wrong_passwords: failed.0,
            wrong_codes: failed.1,
            wrong_here: failed.2.min(failed.0 + failed.1),
            all_wrong: failed.3,
            all_through: failed.4,
            number_days: number.0,
            codes_arrived: number.1,
            codes_failed: number.2,
            pardoned: number.3,
            passkey: number.4,
            ..Facts::default()
        })
    }

    fn any_policy() -> impl Strategy<Value = RiskPolicy> {
        (prop::collection::vec(0..60_i64, 9), prop::collection::vec(1..150_i64, 3)).prop_map(
            |(points, mut thresholds)| {
                let mut policy = RiskPolicy::default();
                thresholds.sort_unstable();
                policy.points.unknown_browser = points[0];
                policy.points.new_network = points[1];
                policy.points.new_country = points[2];
                policy.points.too_fast = points[3];
                policy.points.some_failures = points[4].min(points[5]);
                policy.points.many_failures = points[4].max(points[5]);
                policy.points.stuffing = points[6];
                policy.points.new_number = points[7];
                policy.points.failing_number = points[8];
                policy.thresholds.code = thresholds[0];
                policy.thresholds.stronger = thresholds[1];
                policy.thresholds.hold = thresholds[2];
                RiskPolicy::read(&policy.to_toml()).unwrap()
            },
        )
    }

    /// The same facts with one of them worse.
    fn worse(facts: &Facts, by: i64) -> Vec<Facts> {
        let travel = facts.travel.unwrap_or(Travel { km: 0, kmh: 0 });
        let facts = || facts.clone();
        vec![
            Facts { known_browser: false, ..facts() },
            Facts { trusted_browser: false, ..facts() },
            Facts { network: NetworkSeen::New, ..facts() },
            Facts { country_is_new: true, ..facts() },
            Facts { travel: Some(Travel { km: travel.km + by, kmh: travel.kmh + by }), ..facts() },
            Facts { wrong_passwords: facts().wrong_passwords + by, ..facts() },
            Facts { wrong_codes: facts().wrong_codes + by, wrong_here: facts().wrong_here + by, ..facts() },
            Facts { all_wrong: facts().all_wrong + by, ..facts() },
            Facts { all_through: (facts().all_through - by).max(0), ..facts() },
            Facts { number_days: Some(facts().number_days.map_or(0, |days| (days - by).max(0))), ..facts() },
            Facts { codes_arrived: (facts().codes_arrived - by).max(0), ..facts() },
            Facts { codes_failed: facts().codes_failed + by, ..facts() },
            Facts { pardoned: false, ..facts() },
            Facts { passkey: false, ..facts() },
        ]
    }

    proptest! {
        #[test]
        fn a_worse_fact_never_asks_for_less(facts in any_facts(), policy in any_policy(), by in 1..2_000_i64) {
            let before = judge(&facts, &policy);
            for worse in worse(&facts, by) {
                let after = judge(&worse, &policy);
                prop_assert!(after.outcome >= before.outcome, "{worse:?}");
                prop_assert!(after.points >= before.points, "{worse:?}");
            }
        }

        #[test]
        fn only_a_trusted_browser_or_a_passkey_goes_without_a_code(facts in any_facts(), policy in any_policy()) {
            let outcome = judge(&facts, &policy).outcome;
            if facts.passkey {
                prop_assert_eq!(outcome, Outcome::Allow);
            } else if outcome == Outcome::Allow {
                prop_assert!(facts.known_browser && facts.trusted_browser);
            }
        }

        #[test]
        fn a_known_browser_is_never_held(facts in any_facts(), policy in any_policy()) {
            let facts = Facts { known_browser: true, ..facts };
            prop_assert!(judge(&facts, &policy).outcome <= Outcome::Stronger);
        }

        #[test]
        fn by_default_an_owner_at_home_is_asked_a_code_at_most(facts in any_facts()) {
            let home = Facts {
                known_browser: true, network: NetworkSeen::Same, country_is_new: false, travel: None, wrong_here: 0,
                ..facts
            };
            prop_assert!(judge(&home, &RiskPolicy::default()).outcome <= Outcome::Code);
        }
    }
}
