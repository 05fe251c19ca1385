//! Amounts of money, exact to a millionth of the currency's unit.

use std::fmt;
use std::str::FromStr;

/// Millionths in a unit.
const UNIT: i64 = 1_000_000;
/// The largest amount that is read, in units: sums of such stay far from the end of 64 bits.
const LARGEST: i64 = 1_000_000;

/// An amount in millionths of the currency's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i64);

impl Amount {
    /// Half of it, rounded up to a millionth.
    pub fn half(self) -> Self {
        Self::from_millionths(self.millionths() - self.millionths() / 2)
    }

    /// The amount of so many millionths.
    pub fn from_millionths(millionths: i64) -> Self {
        Self(millionths)
    }

    /// In millionths.
    pub fn millionths(self) -> i64 {
        self.0
    }

    /// So many times as much.
    pub fn times(self, count: i64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl FromStr for Amount {
    type Err = ();

    /// Reads `12`, `0.0108`: digits, and up to six after a point.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (units, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(units) || !digits(part) || part.len() > 6 {
            return Err(());
        }
        let units: i64 = units.parse().map_err(|_| ())?;
        let part: i64 = format!("{part:0<6}").parse().map_err(|_| ())?;
        if units > LARGEST {
            return Err(());
        }
        Ok(Self(units * UNIT + part))
    }
}

impl fmt::Display for Amount {
    /// With two digits after the point, more where there are more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, part) = (self.0.abs() / UNIT, self.0.abs() % UNIT);
        let part = format!("{part:06}");
        let long = part.trim_end_matches('0').len().max(2);
        write!(f, "{}{units}.{}", if self.0 < 0 { "-" } else { "" }, &part[..long])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        for (text, millionths, shown) in [
            ("0.0108", 10_800, "0.0108"),
            ("0.1", 100_000, "0.10"),
            ("40", 40_000_000, "40.00"),
            ("0.000001", 1, "0.000001"),
            ("1000000.999999", 1_000_000_999_999, "1000000.999999"),
        ] {
            let read: Amount = text.parse().unwrap();
            assert_eq!((read.millionths(), read.to_string().as_str()), (millionths, shown), "{text}");
        }
        for odd in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000001", "1,5", " 1", "1000001", "99999999999999999999"]
        {
            assert_eq!(odd.parse::<Amount>(), Err(()), "{odd:?}");
        }
        let third: Amount = "0.1".parse().unwrap();
        assert_eq!(third.times(3), "0.3".parse().unwrap(), "no rounding anywhere");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same(millionths in 0..1_000_000_999_999_i64) {
            let amount = Amount::from_millionths(millionths);
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }
    }
}
