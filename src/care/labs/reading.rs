//! How a laboratory value is read: where it stands to its range, how that is marked, and where it lies on a line.
//!
//! | the lab's or doctor's flag      | stands                                            |
//! |---------------------------------|---------------------------------------------------|
//! | HH, LL, AA                      | far above, far below                              |
//! | H, `>`; L, `<`                  | above; below. A little, when within [`MARGIN`]     |
//! | A                               | above or below, as the range tells                |
//! | N                               | in the range                                      |
//! | none, or derived from the range | in the range, a little above, a little below      |
//!
//! So "above" and "far above" are only ever said when the lab or the doctor said so. A flag is never corrected: where
//! it disagrees with the range, [`Reading::disagrees`] tells, and both are shown. The margin is our own choice.

use serde::{Deserialize, Serialize};

use super::line::{NumberLine, draw};
use super::quantity::{Comparator, Quantity, Range, Side};

/// A flagged value that leaves the range by no more than this part of it is "a little" outside.
pub const MARGIN: f64 = 0.1;

/// The laboratory's mark on a value (HL7 table 0078, those that numbers and findings carry).
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flag {
    /// In the range.
    N,
    /// Below.
    L,
    /// Critically low.
    #[serde(rename = "LL")]
    Ll,
    /// Above.
    H,
    /// Critically high.
    #[serde(rename = "HH")]
    Hh,
    /// Out of the ordinary.
    A,
    /// Critically so.
    #[serde(rename = "AA")]
    Aa,
    /// Below what the instrument measures.
    #[serde(rename = "<")]
    BelowScale,
    /// Above what the instrument measures.
    #[serde(rename = ">")]
    AboveScale,
}

impl Flag {
    /// All of them, in the order of a form's list.
    pub const ALL: [Self; 9] =
        [Self::N, Self::L, Self::Ll, Self::H, Self::Hh, Self::A, Self::Aa, Self::BelowScale, Self::AboveScale];

    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::N => "N",
            Self::L => "L",
            Self::Ll => "LL",
            Self::H => "H",
            Self::Hh => "HH",
            Self::A => "A",
            Self::Aa => "AA",
            Self::BelowScale => "<",
            Self::AboveScale => ">",
        }
    }

    /// The flag of a code, in either case of letters.
    pub fn from_code(code: &str) -> Option<Self> {
        let code = code.trim();
        Self::ALL.into_iter().find(|flag| flag.code().eq_ignore_ascii_case(code))
    }

    /// Whether the value needs somebody today.
    pub fn is_critical(self) -> bool {
        matches!(self, Self::Ll | Self::Hh | Self::Aa)
    }

    fn side(self) -> Option<Side> {
        match self {
            Self::N => Some(Side::Inside),
            Self::L | Self::Ll | Self::BelowScale => Some(Side::Below),
            Self::H | Self::Hh | Self::AboveScale => Some(Side::Above),
            Self::A | Self::Aa => None,
        }
    }
}

/// Who set the flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlagBy {
    /// The laboratory, or the doctor who copied its report.
    Lab,
    /// This program, from the laboratory's range; the page says so.
    Range,
}

/// Where a result stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In the usual range.
    InRange,
    /// A little above it.
    LittleAbove,
    /// Above it.
    Above,
    /// Far above it.
    FarAbove,
    /// A little below it.
    LittleBelow,
    /// Below it.
    Below,
    /// Far below it.
    FarBelow,
    /// The lab gave no range.
    NoRange,
    /// There is a range, but a value like `<5` can lie on either side of its end.
    CannotTell,
    /// Words: looked for and found.
    Found,
    /// Words: looked for and not found.
    NotFound,
    /// Words: could not be measured.
    NotMeasured,
    /// Outside what is usual, without a side.
    Outside,
    /// Critical, without a side.
    FarOutside,
    /// Words without a flag.
    Described,
}

/// How a standing is drawn beside its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing: quiet on purpose.
    Quiet,
    /// A filled triangle that points up.
    Up,
    /// A filled triangle that points down.
    Down,
    /// A filled box around the words.
    Critical,
    /// An outlined box around the words.
    Outlined,
}

impl Mark {
    /// The name of its colour among the page's custom properties, without the dashes.
    pub fn token(self) -> &'static str {
        match self {
            Self::Quiet => "muted",
            Self::Up => "high",
            Self::Down => "low",
            Self::Critical => "crit",
            Self::Outlined => "text",
        }
    }
}

impl Standing {
    /// How it is drawn.
    pub fn mark(self) -> Mark {
        match self {
            Self::InRange | Self::NoRange | Self::CannotTell | Self::Described => Mark::Quiet,
            Self::LittleAbove | Self::Above => Mark::Up,
            Self::LittleBelow | Self::Below => Mark::Down,
            Self::FarAbove | Self::FarBelow | Self::FarOutside => Mark::Critical,
            Self::Found | Self::NotFound | Self::NotMeasured | Self::Outside => Mark::Outlined,
        }
    }

    /// Whether the list counts it as outside the usual range.
    pub fn is_outside(self) -> bool {
        matches!(self.mark(), Mark::Up | Mark::Down | Mark::Critical) || self == Self::Outside
    }

    /// Whether the page says "call today" above everything else.
    pub fn is_critical(self) -> bool {
        self.mark() == Mark::Critical
    }
}

/// What a page shows of a value beside its text.
#[derive(Clone, PartialEq)]
pub struct Reading {
    /// Where it stands.
    pub standing: Standing,
    /// The line, for a number with a range.
    pub line: Option<NumberLine>,
    /// The flag says one thing and the range another; both are shown.
    pub disagrees: bool,
}

/// What is read: texts as the lab wrote them, and the flag with who set it.
pub struct Written<'a> {
    /// The value.
    pub value: &'a str,
    /// The range; None when there is none that could be understood.
    pub range: Option<&'a Range>,
    /// The flag.
    pub flag: Option<(Flag, FlagBy)>,
}

/// Reads a value.
pub fn read(written: &Written<'_>) -> Reading {
    let Some(quantity) = Quantity::read(written.value) else {
        return Reading { standing: in_words(written), line: None, disagrees: false };
    };
    let by_range = written.range.and_then(|range| range.side_of(&quantity));
    let by_lab = written.flag.and_then(|(flag, by)| (by == FlagBy::Lab).then_some(flag));
    let standing = match by_lab {
        Some(flag) => flagged(flag, by_range, &quantity, written.range),
        None => match (written.range, by_range) {
            (None, _) => Standing::NoRange,
            (Some(_), None) => Standing::CannotTell,
            (Some(_), Some(Side::Inside)) => Standing::InRange,
            (Some(range), Some(Side::Above)) if is_little(&quantity, range) => Standing::LittleAbove,
            (Some(range), Some(Side::Below)) if is_little(&quantity, range) => Standing::LittleBelow,
            // Beyond the margin nothing is belittled, whether the lab set a flag or forgot it.
            (Some(_), Some(Side::Above)) => Standing::Above,
            (Some(_), Some(Side::Below)) => Standing::Below,
        },
    };
    let disagrees = match (by_lab, by_range) {
        (Some(flag), Some(side)) => flag.side().map_or(side == Side::Inside, |said| said != side),
        _ => false,
    };
    let line = written.range.map(|range| draw(&quantity, range));
    Reading { standing, line, disagrees }
}

/// Whether a value lies outside its range by no more than the margin.
fn is_little(quantity: &Quantity, range: &Range) -> bool {
    quantity.comparator == Comparator::Exactly && range.excess(quantity.number).is_some_and(|part| part <= MARGIN)
}

fn flagged(flag: Flag, by_range: Option<Side>, quantity: &Quantity, range: Option<&Range>) -> Standing {
    let little = range.is_some_and(|range| is_little(quantity, range));
    match (flag, by_range) {
        (Flag::N, _) => Standing::InRange,
        (Flag::Hh, _) | (Flag::Aa, Some(Side::Above)) => Standing::FarAbove,
        (Flag::Ll, _) | (Flag::Aa, Some(Side::Below)) => Standing::FarBelow,
        (Flag::Aa, _) => Standing::FarOutside,
        (Flag::H, Some(Side::Above)) | (Flag::A, Some(Side::Above)) if little => Standing::LittleAbove,
        (Flag::L, Some(Side::Below)) | (Flag::A, Some(Side::Below)) if little => Standing::LittleBelow,
        (Flag::H | Flag::AboveScale, _) | (Flag::A, Some(Side::Above)) => Standing::Above,
        (Flag::L | Flag::BelowScale, _) | (Flag::A, Some(Side::Below)) => Standing::Below,
        (Flag::A, _) => Standing::Outside,
    }
}

/// Findings that laboratories write in a few fixed words; anything else is shown as it is.
fn in_words(written: &Written<'_>) -> Standing {
    let words = written.value.trim().trim_end_matches('.').to_lowercase();
    match written.flag.map(|(flag, _)| flag) {
        Some(flag) if flag.is_critical() => return Standing::FarOutside,
        Some(Flag::H | Flag::AboveScale) => return Standing::Above,
        Some(Flag::L | Flag::BelowScale) => return Standing::Below,
        _ => {}
    }
    match words.as_str() {
        "detected" | "positive" | "found" | "reactive" | "present" => Standing::Found,
        "not detected" | "negative" | "not found" | "non-reactive" | "nonreactive" | "absent" | "none seen"
        | "no growth" => Standing::NotFound,
        "not measured"
        | "not done"
        | "unable to report"
        | "haemolysed"
        | "hemolyzed"
        | "clotted"
        | "insufficient sample"
        | "quantity not sufficient"
        | "qns" => Standing::NotMeasured,
        _ if written.flag.is_some_and(|(flag, _)| flag == Flag::A) => Standing::Outside,
        _ if written.flag.is_some_and(|(flag, _)| flag == Flag::N) => Standing::InRange,
        _ => Standing::Described,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn standing(value: &str, range: &str, flag: Option<Flag>) -> Standing {
        reading(value, range, flag).standing
    }

    fn reading(value: &str, range: &str, flag: Option<Flag>) -> Reading {
        let range = Range::read("", "", range).unwrap();
        read(&Written { value, range: range.as_ref(), flag: flag.map(|flag| (flag, FlagBy::Lab)) })
    }

    #[test]
    fn without_a_flag_the_range_alone_says_where_a_value_stands_and_never_that_it_is_critical() {
        assert_eq!(standing("5.0", "3.9 - 5.5", None), Standing::InRange);
        assert_eq!(standing("5.5", "3.9 - 5.5", None), Standing::InRange, "the ends belong to the range");
        assert_eq!(standing("5.6", "3.9 - 5.5", None), Standing::LittleAbove);
        assert_eq!(standing("50", "3.9 - 5.5", None), Standing::Above);
        assert_eq!(standing("3.8", "3.9 - 5.5", None), Standing::LittleBelow);
        assert_eq!(standing("0.1", "3.9 - 5.5", None), Standing::Below);
        assert_eq!(standing("5.0", "", None), Standing::NoRange);
        let derived = Range::read("", "", "3.9 - 5.5").unwrap();
        let read = read(&Written { value: "50", range: derived.as_ref(), flag: Some((Flag::H, FlagBy::Range)) });
        assert_eq!(read.standing, Standing::Above, "our own derivation is not the lab's word");
    }

    #[test]
    fn a_flag_says_how_far() {
        assert_eq!(standing("5.6", "3.9 - 5.5", Some(Flag::H)), Standing::LittleAbove, "within the margin");
        assert_eq!(standing("7", "3.9 - 5.5", Some(Flag::H)), Standing::Above);
        assert_eq!(standing("7", "3.9 - 5.5", Some(Flag::Hh)), Standing::FarAbove);
        assert_eq!(standing("3.8", "3.9 - 5.5", Some(Flag::L)), Standing::LittleBelow);
        assert_eq!(standing("2", "3.9 - 5.5", Some(Flag::L)), Standing::Below);
        assert_eq!(standing("2", "3.9 - 5.5", Some(Flag::Ll)), Standing::FarBelow);
        assert_eq!(standing("7", "3.9 - 5.5", Some(Flag::A)), Standing::Above);
        assert_eq!(standing("2", "3.9 - 5.5", Some(Flag::A)), Standing::Below);
        assert_eq!(standing("7", "3.9 - 5.5", Some(Flag::Aa)), Standing::FarAbove);
        assert_eq!(standing("2", "3.9 - 5.5", Some(Flag::Aa)), Standing::FarBelow);
        assert_eq!(standing("7", "", Some(Flag::A)), Standing::Outside);
        assert_eq!(standing("7", "", Some(Flag::Aa)), Standing::FarOutside);
        assert_eq!(standing("7", "", Some(Flag::H)), Standing::Above);
        assert_eq!(standing(">1000", "3.9 - 5.5", Some(Flag::AboveScale)), Standing::Above);
        assert_eq!(standing("<0.1", "3.9 - 5.5", Some(Flag::BelowScale)), Standing::Below);
    }

    #[test]
    fn a_flag_that_disagrees_with_the_range_is_kept_and_told() {
        let kept = reading("7", "3.9 - 5.5", Some(Flag::N));
        assert_eq!((kept.standing, kept.disagrees), (Standing::InRange, true));
        let kept = reading("5", "3.9 - 5.5", Some(Flag::H));
        assert_eq!((kept.standing, kept.disagrees), (Standing::Above, true));
        let kept = reading("5", "3.9 - 5.5", Some(Flag::A));
        assert_eq!((kept.standing, kept.disagrees), (Standing::Outside, true));
        assert!(!reading("7", "3.9 - 5.5", Some(Flag::Hh)).disagrees);
        assert!(!reading("7", "3.9 - 5.5", Some(Flag::A)).disagrees);
        assert!(!reading("7", "", Some(Flag::N)).disagrees);
    }

    #[test]
    fn a_value_with_a_comparator_is_placed_only_where_it_must_lie() {
        assert_eq!(standing(">60", ">60", None), Standing::InRange);
        assert_eq!(standing("<0.01", "<5", None), Standing::InRange);
        assert_eq!(standing("<5", "0.4 - 4.0", None), Standing::CannotTell);
        assert_eq!(standing(">9", "0.4 - 4.0", None), Standing::Above);
        assert_eq!(standing("<0.1", "0.4 - 4.0", None), Standing::Below);
    }

    #[test]
    fn findings_are_read_from_their_fixed_words() {
        assert_eq!(standing("Not detected", "", None), Standing::NotFound);
        assert_eq!(standing("Detected", "", Some(Flag::A)), Standing::Found);
        assert_eq!(standing("Hemolyzed", "3.5 - 5.1", None), Standing::NotMeasured);
        assert_eq!(standing("Yellow, clear", "", None), Standing::Described);
        assert_eq!(standing("Many bacteria", "", Some(Flag::A)), Standing::Outside);
        assert_eq!(standing("Many bacteria", "", Some(Flag::Aa)), Standing::FarOutside);
        assert!(reading("Detected", "3 - 4", None).line.is_none(), "words get no line");
    }

    #[test]
    fn marks_follow_the_standing() {
        assert_eq!(Standing::InRange.mark().token(), "muted");
        assert_eq!(Standing::LittleAbove.mark(), Mark::Up);
        assert_eq!(Standing::Below.mark().token(), "low");
        assert_eq!(Standing::FarBelow.mark(), Mark::Critical);
        assert_eq!(Standing::NotMeasured.mark().token(), "text");
        assert!(Standing::Outside.is_outside() && !Standing::Found.is_outside() && !Standing::InRange.is_outside());
    }

    proptest! {
        #[test]
        fn whatever_a_lab_writes_is_read_without_a_panic(value in "\\PC{0,24}", range in "\\PC{0,24}", flag in 0..9usize) {
            if let Ok(range) = Range::read("", "", &range) {
                let flag = Some((Flag::ALL[flag], FlagBy::Lab));
                let read = read(&Written { value: &value, range: range.as_ref(), flag });
                if let Some(line) = read.line {
                    prop_assert!((0.0..=100.0).contains(&line.marker));
                }
            }
        }
    }
}
