//! Numbers and ranges as laboratories write them. The text is what is kept; the number is only for comparing.

use std::fmt;

/// How a written number bounds the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `5.0`: the value itself.
    Exactly,
    /// `<5.0` or `≤5.0`: somewhere below.
    Under,
    /// `>5.0` or `≥5.0`: somewhere above.
    Over,
}

/// A written number. Prints masked.
#[derive(Clone, Copy, PartialEq)]
pub struct Quantity {
    /// How it bounds the true value.
    pub comparator: Comparator,
    /// The number; finite.
    pub number: f64,
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Quantity(•)")
    }
}

/// Beyond this nothing is a laboratory's number.
const LARGEST: f64 = 1e12;

impl Quantity {
    /// Reads `5.0`, `5,0`, `-1.2`, `<0.01`, `>= 60`. None for words, and for `1,200`, which means two things.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (comparator, rest) = match text.strip_prefix(['<', '≤']) {
            Some(rest) => (Comparator::Under, rest),
            None => match text.strip_prefix(['>', '≥']) {
                Some(rest) => (Comparator::Over, rest),
                None => (Comparator::Exactly, text),
            },
        };
        let rest = match comparator {
            Comparator::Exactly => rest,
            _ => rest.strip_prefix('=').unwrap_or(rest),
        };
        Some(Self { comparator, number: plain(rest.trim())? })
    }
}

fn plain(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+', '\u{2212}']).unwrap_or(text);
    let (whole, decimals) = match digits.split_once(['.', ',']) {
        None => (digits, None),
        Some((whole, decimals)) => (whole, Some(decimals)),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if digits.len() > 24 || !all_digits(whole) || !decimals.is_none_or(all_digits) {
        return None;
    }
    // A comma before exactly three digits is thousands to one reader and decimals to the next.
    if digits.contains(',') && decimals.is_some_and(|d| d.len() == 3) && whole != "0" {
        return None;
    }
    let number: f64 = digits.replace(',', ".").parse().ok()?;
    let number = if digits.len() < text.len() && !text.starts_with('+') { -number } else { number };
    (number.abs() <= LARGEST).then_some(number)
}

/// Where a value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Under the low end.
    Below,
    /// In the range.
    Inside,
    /// Over the high end.
    Above,
}

/// One end of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// As the lab wrote it.
    pub text: String,
    /// For comparing.
    pub number: f64,
    /// Whether the end itself belongs to the range: not with `<200`.
    pub is_in: bool,
}

/// A range with at least one end.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The low end.
    pub low: Option<End>,
    /// The high end.
    pub high: Option<End>,
}

/// Why ends are no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeRefusal {
    /// An end is not a number.
    NotANumber,
    /// The low end lies over the high end.
    LowAboveHigh,
}

impl Range {
    /// Reads the ends; where both are empty, the text as sent, of which `3.9 - 5.5`, `<200` and `>= 60` are
    /// understood. None when there is no range, or only a text that is not understood: that is shown as it is.
    ///
    /// # Errors
    /// As [`RangeRefusal`] says.
    pub fn read(low: &str, high: &str, text: &str) -> Result<Option<Self>, RangeRefusal> {
        let end = |typed: &str| match typed.trim() {
            "" => Ok(None),
            typed => {
                let number = plain(typed).ok_or(RangeRefusal::NotANumber)?;
                Ok(Some(End { text: typed.to_owned(), number, is_in: true }))
            }
        };
        let range = match (end(low)?, end(high)?) {
            (None, None) => match Self::of_text(text.trim()) {
                None => return Ok(None),
                Some(range) => range,
            },
            (low, high) => Self { low, high },
        };
        match (&range.low, &range.high) {
            (Some(low), Some(high)) if low.number > high.number => Err(RangeRefusal::LowAboveHigh),
            _ => Ok(Some(range)),
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        if let Some(quantity) = Quantity::read(text) {
            let bare = text.trim_start_matches(['<', '>', '≤', '≥', '=', ' ']).to_owned();
            let is_in = text.contains(['=', '≤', '≥']);
            let end = End { text: bare, number: quantity.number, is_in };
            return match quantity.comparator {
                Comparator::Under => Some(Self { low: None, high: Some(end) }),
                Comparator::Over => Some(Self { low: Some(end), high: None }),
                Comparator::Exactly => None,
            };
        }
        let (low, high) =
            text.split_once(" to ").or_else(|| text.split_once('–')).or_else(|| text.split_once(" - ")).or_else(
                || {
                    // A dash without spaces, but not the sign of a negative low end.
                    let dash = text.char_indices().skip(1).find(|(_, c)| *c == '-')?.0;
                    Some((&text[..dash], &text[dash + 1..]))
                },
            )?;
        let end = |part: &str| {
            let part = part.trim();
            plain(part).map(|number| End { text: part.to_owned(), number, is_in: true })
        };
        Some(Self { low: Some(end(low)?), high: Some(end(high)?) })
    }

    /// On which side a value lies; None when a value like `<5` may lie on either side of an end.
    pub fn side_of(&self, quantity: &Quantity) -> Option<Side> {
        let under = |end: &End, number: f64| number < end.number || (number == end.number && !end.is_in);
        let over = |end: &End, number: f64| number > end.number || (number == end.number && !end.is_in);
        let number = quantity.number;
        match quantity.comparator {
            Comparator::Exactly if self.low.as_ref().is_some_and(|end| under(end, number)) => Some(Side::Below),
            Comparator::Exactly if self.high.as_ref().is_some_and(|end| over(end, number)) => Some(Side::Above),
            Comparator::Exactly => Some(Side::Inside),
            // The true value is under the number (or over it): it is placed only if every such value lies there.
            Comparator::Under if self.low.as_ref().is_some_and(|end| number <= end.number) => Some(Side::Below),
            Comparator::Under if self.low.is_none() => {
                self.high.as_ref().is_some_and(|end| number <= end.number).then_some(Side::Inside)
            }
            Comparator::Over if self.high.as_ref().is_some_and(|end| number >= end.number) => Some(Side::Above),
            Comparator::Over if self.high.is_none() => {
                self.low.as_ref().is_some_and(|end| number >= end.number).then_some(Side::Inside)
            }
            Comparator::Under | Comparator::Over => None,
        }
    }

    /// By which part of the range (of its end, when it has one) a number lies outside; None inside.
    pub fn excess(&self, number: f64) -> Option<f64> {
        let by = match (&self.low, &self.high) {
            (Some(low), _) if number < low.number => low.number - number,
            (_, Some(high)) if number > high.number => number - high.number,
            _ => return None,
        };
        let size = match (&self.low, &self.high) {
            (Some(low), Some(high)) => high.number - low.number,
            (Some(end), None) | (None, Some(end)) => end.number.abs(),
            (None, None) => return None,
        };
        (size > 0.0).then(|| by / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<(Comparator, f64)> {
        Quantity::read(text).map(|quantity| (quantity.comparator, quantity.number))
    }

    #[test]
    fn numbers_are_read_as_laboratories_write_them() {
        assert_eq!(number("5.0"), Some((Comparator::Exactly, 5.0)));
        assert_eq!(number(" 5,05 "), Some((Comparator::Exactly, 5.05)));
        assert_eq!(number("0,125"), Some((Comparator::Exactly, 0.125)));
        assert_eq!(number("-1.2"), Some((Comparator::Exactly, -1.2)));
        assert_eq!(number("<0.01"), Some((Comparator::Under, 0.01)));
        assert_eq!(number(">= 60"), Some((Comparator::Over, 60.0)));
        assert_eq!(number("≤ 7"), Some((Comparator::Under, 7.0)));
        for words in
            ["", "1,200", "1:40", "5.", ".5", "5 mg", "NaN", "inf", "1e3", "<", "Not detected", "9".repeat(30).as_str()]
        {
            assert_eq!(number(words), None, "{words}");
        }
    }

    #[test]
    fn ranges_have_one_end_or_two() {
        let both = Range::read("3.9", "5.5", "3.9-5.5").unwrap().unwrap();
        assert_eq!((both.low.unwrap().text.as_str(), both.high.unwrap().text.as_str()), ("3.9", "5.5"));
        for text in ["3.9-5.5", "3.9 - 5.5", "3.9–5.5", "3.9 to 5.5"] {
            let range = Range::read("", "", text).unwrap().unwrap();
            assert_eq!((range.low.unwrap().number, range.high.unwrap().number), (3.9, 5.5), "{text}");
        }
        let under = Range::read("", "", "<200").unwrap().unwrap();
        assert_eq!((under.low, under.high), (None, Some(End { text: "200".into(), number: 200.0, is_in: false })));
        let over = Range::read("60", "", "").unwrap().unwrap();
        assert_eq!((over.low.unwrap().is_in, over.high), (true, None));
        let negative = Range::read("", "", "-2.0-2.0").unwrap().unwrap();
        assert_eq!((negative.low.unwrap().number, negative.high.unwrap().number), (-2.0, 2.0));
        assert_eq!(Range::read("", "", "depends on age"), Ok(None));
        assert_eq!(Range::read("", "", ""), Ok(None));
        assert_eq!(Range::read("5.5", "3.9", ""), Err(RangeRefusal::LowAboveHigh));
        assert_eq!(Range::read("", "", "5.5-3.9"), Err(RangeRefusal::LowAboveHigh));
        assert_eq!(Range::read("low", "3.9", ""), Err(RangeRefusal::NotANumber));
    }

    #[test]
    fn an_open_end_does_not_belong_to_the_range() {
        let side = |value: &str, range: &str| {
            Range::read("", "", range).unwrap().unwrap().side_of(&Quantity::read(value).unwrap())
        };
        assert_eq!(side("200", "<200"), Some(Side::Above));
        assert_eq!(side("200", "≤200"), Some(Side::Inside));
        assert_eq!(side("60", ">60"), Some(Side::Below));
        assert_eq!(side("60", ">=60"), Some(Side::Inside));
    }
}
