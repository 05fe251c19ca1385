//! The risk policy: how many points each reason is worth, and what so many points ask for.
//!
//! | reason             | points | counted from                             | source                                           |
//! |--------------------|--------|------------------------------------------|--------------------------------------------------|
//! | an unknown browser | 20     |                                          | so that it is worth a code by itself             |
//! | a new network      | 10     | no good sign-in from it or beside it     | phones change theirs daily, so not worth a code  |
//! | a new country      | 20     | no good sign-in from it in 90 days       | worth a code, also in a trusted browser          |
//! | too fast           | 25     | above 1000 km/h over 500 km and more     | airliners fly some 900; databases err by tens of km |
//! | some failures      | 10     | 3 in 24 h                                | people mistype once or twice                     |
//! | many failures      | 30     | 10 in 24 h                               | the count that locks (ASVS 6.3)                  |
//! | stuffing           | 15     | 50 wrong passwords in 15 min, 5 for each good sign-in | of bought lists 1 in 50 to 1 in 1000 fit |
//! | a new number       | 5      | younger than 7 days                      | NIST SP 800-63B: SIM change and porting          |
//! | a failing number   | 5      | 3 of the last 10 codes, and not fewer than arrived | the same: a number may have gone to others |
//!
//! At 20 points a trusted browser is asked for a code as well, at 50 for a stronger factor, at 80 an unknown browser is
//! held. The figures are the clinic's policy; `salus risk replay` shows what others would have done.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Lookup;

/// How sign-ins are judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiskPolicy {
    /// What each reason is worth.
    pub points: Points,
    /// From how many points on what is asked for.
    pub thresholds: Thresholds,
    /// From when on a reason holds.
    pub counts: Counts,
}

/// What each reason is worth, 0 to 1000.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Points {
    /// The browser never proved both factors.
    pub unknown_browser: i64,
    /// No good sign-in came from the network or from beside it.
    pub new_network: i64,
    /// No good sign-in came from the country.
    pub new_country: i64,
    /// Nobody travels so fast from the last good sign-in.
    pub too_fast: i64,
    /// Some wrong passwords and codes.
    pub some_failures: i64,
    /// Many of them.
    pub many_failures: i64,
    /// Somebody tries stolen passwords at all accounts.
    pub stuffing: i64,
    /// The number is new on the account.
    pub new_number: i64,
    /// Codes to the number did not arrive.
    pub failing_number: i64,
}

impl Default for Points {
    fn default() -> Self {
        Self {
            unknown_browser: 20,
            new_network: 10,
            new_country: 20,
            too_fast: 25,
            some_failures: 10,
            many_failures: 30,
            stuffing: 15,
            new_number: 5,
            failing_number: 5,
        }
    }
}

/// From how many points on what is asked for, 1 to 10 000.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// A code, also in a trusted browser.
    pub code: i64,
    /// A stronger factor, where the person has one.
    pub stronger: i64,
    /// Nothing is opened: unknown browsers only, and only while somebody is guessing.
    pub hold: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { code: 20, stronger: 50, hold: 80 }
    }
}

/// From when on a reason holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Counts {
    /// km/h: 300 to 100 000.
    pub too_fast_kmh: i64,
    /// km that are no mistake of the database: 0 to 20 000.
    pub too_fast_km: i64,
    /// Wrong passwords and codes in 24 h: 1 to 500.
    pub some_failures: i64,
    /// The same, where they are many.
    pub many_failures: i64,
    /// Wrong passwords in all in 15 min: 1 to 1 000 000.
    pub stuffing_wrong: i64,
    /// … and so many for each sign-in that went through: 1 to 1000.
    pub stuffing_ratio: i64,
    /// Days: 0 to 365.
    pub new_number_days: i64,
    /// Of the last 10 codes: 1 to 10.
    pub failing_number: i64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            too_fast_kmh: 1000,
            too_fast_km: 500,
            some_failures: 3,
            many_failures: 10,
            stuffing_wrong: 50,
            stuffing_ratio: 5,
            new_number_days: 7,
            failing_number: 3,
        }
    }
}

impl RiskPolicy {
    /// Reads a policy out of TOML; what it does not name is as by default.
    ///
    /// # Errors
    /// What is wrong with it, in one sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        let policy: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            let what = error.message().trim().replace('\n', " ");
            line.map_or_else(|| format!("{what}."), |line| format!("Line {line}: {what}."))
        })?;
        policy.fits()?;
        Ok(policy)
    }

    /// The policy of a file.
    ///
    /// # Errors
    /// What is wrong with it, in one sentence.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("It cannot be read: {}.", error.kind()))?;
        Self::read(&text)
    }

    fn fits(&self) -> Result<(), String> {
        let Self { points, thresholds, counts } = self;
        let bounds = [
            ("points.unknown_browser", points.unknown_browser, 0, 1000),
            ("points.new_network", points.new_network, 0, 1000),
            ("points.new_country", points.new_country, 0, 1000),
            ("points.too_fast", points.too_fast, 0, 1000),
            ("points.some_failures", points.some_failures, 0, 1000),
            ("points.many_failures", points.many_failures, 0, 1000),
            ("points.stuffing", points.stuffing, 0, 1000),
            ("points.new_number", points.new_number, 0, 1000),
            ("points.failing_number", points.failing_number, 0, 1000),
            ("thresholds.code", thresholds.code, 1, 10_000),
            ("thresholds.stronger", thresholds.stronger, 1, 10_000),
            ("thresholds.hold", thresholds.hold, 1, 10_000),
            ("counts.too_fast_kmh", counts.too_fast_kmh, 300, 100_000),
            ("counts.too_fast_km", counts.too_fast_km, 0, 20_000),
            ("counts.some_failures", counts.some_failures, 1, 500),
            ("counts.many_failures", counts.many_failures, 1, 500),
            ("counts.stuffing_wrong", counts.stuffing_wrong, 1, 1_000_000),
            ("counts.stuffing_ratio", counts.stuffing_ratio, 1, 1000),
            ("counts.new_number_days", counts.new_number_days, 0, 365),
            ("counts.failing_number", counts.failing_number, 1, 10),
        ];
        for (name, value, least, most) in bounds {
            if !(least..=most).contains(&value) {
                return Err(format!("{name} is {value}: write a whole number from {least} to {most}."));
            }
        }
        for (lower, low, higher, high) in [
            ("thresholds.code", thresholds.code, "thresholds.stronger", thresholds.stronger),
            ("thresholds.stronger", thresholds.stronger, "thresholds.hold", thresholds.hold),
            ("counts.some_failures", counts.some_failures, "counts.many_failures", counts.many_failures),
            ("points.some_failures", points.some_failures, "points.many_failures", points.many_failures),
        ] {
            if low > high {
                return Err(format!(
                    "{lower} is {low} and {higher} is {high}: the first must not be above the second."
                ));
            }
        }
        Ok(())
    }

    /// The policy as TOML, every figure named.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// What tells policies apart where their judgements are stored: the first 12 hexadecimal digits of a SHA-256.
    pub fn digest(&self) -> String {
        let digest = Sha256::digest(self.to_toml().as_bytes());
        digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }

    /// `SALUS_RISK_POLICY`: a TOML file; the policy above unless set.
    pub(super) fn of_settings(vars: &mut Lookup) -> Self {
        let Some(path) = vars.optional("SALUS_RISK_POLICY") else { return Self::default() };
        Self::of_file(Path::new(&path)).unwrap_or_else(|why| {
            let problem = format!("names a policy that cannot be used. {why}");
            vars.problem(
                "SALUS_RISK_POLICY",
                problem.trim_end_matches('.'),
                "`salus risk replay --policy FILE` says the same of a file before you name it",
            );
            Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_reads_back_and_what_is_not_named_is_as_by_default() {
        let default = RiskPolicy::default();
        assert_eq!(RiskPolicy::read(&default.to_toml()).unwrap(), default);
        assert_eq!(RiskPolicy::read("").unwrap(), default);
        let other = RiskPolicy::read("[points]\nnew_country = 50").unwrap();
        assert_eq!((other.points.new_country, other.points.new_network), (50, 10));
        assert_ne!(other.digest(), default.digest());
        assert_eq!(default.digest().len(), 12);
    }

    #[test]
    fn nonsense_is_refused_in_a_sentence() {
        for (text, sentence) in [
            ("[points]\nnew_contry = 5", "Line 2: unknown field `new_contry`"),
            ("[points]\nnew_country = -5", "points.new_country is -5: write a whole number from 0 to 1000."),
            ("[points]\nnew_country = \"many\"", "Line 2: invalid type"),
            ("points = 7", "Line 1: invalid type"),
            ("[thresholds]\ncode = 0", "thresholds.code is 0: write a whole number from 1 to 10000."),
            ("[thresholds]\nhold = 30", "thresholds.stronger is 50 and thresholds.hold is 30"),
            ("[points]\nmany_failures = 5", "points.some_failures is 10 and points.many_failures is 5"),
            ("[counts]\nmany_failures = 2", "counts.some_failures is 3 and counts.many_failures is 2"),
            ("[counts]\ntoo_fast_kmh = 80", "counts.too_fast_kmh is 80"),
            ("not toml", "Line 1: "),
        ] {
            let why = RiskPolicy::read(text).unwrap_err();
            assert!(why.starts_with(sentence), "{why:?} does not begin {sentence:?}");
            assert!(why.ends_with('.') && !why.contains('\n'), "{why:?}");
        }
        assert!(RiskPolicy::of_file(Path::new("/nowhere/policy.toml")).unwrap_err().starts_with("It cannot be read"));
    }
}
