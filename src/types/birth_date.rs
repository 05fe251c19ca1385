//! Dates of birth.

use std::fmt;

use jiff::civil::Date;
use zeroize::Zeroizing;

use super::text_value::TextValue;

/// A calendar day not in the future and not over 130 years ago. Prints masked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BirthDate(Date);

/// Why something typed is no date of birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BirthDateRefusal {
    /// Nothing was typed.
    Empty,
    /// Not a day in the form 1980-11-03.
    Malformed,
    /// After today.
    InFuture,
    /// Over 130 years ago.
    TooLongAgo,
}

impl BirthDate {
    /// Reads `YYYY-MM-DD`; `today` is the day where the person is.
    ///
    /// # Errors
    /// As [`BirthDateRefusal`] says.
    pub fn parse(typed: &str, today: Date) -> Result<Self, BirthDateRefusal> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(BirthDateRefusal::Empty);
        }
        let date = Date::strptime("%Y-%m-%d", typed).map_err(|_| BirthDateRefusal::Malformed)?;
        if date > today {
            return Err(BirthDateRefusal::InFuture);
        }
        if i32::from(today.year()) - i32::from(date.year()) > 130 {
            return Err(BirthDateRefusal::TooLongAgo);
        }
        Ok(Self(date))
    }

    /// The day.
    pub fn date(&self) -> Date {
        self.0
    }

    /// Full years on a day.
    pub fn age_on(&self, day: Date) -> i32 {
        let years = i32::from(day.year()) - i32::from(self.0.year());
        let had_birthday = (day.month(), day.day()) >= (self.0.month(), self.0.day());
        if had_birthday { years } else { years - 1 }
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(•)")
    }
}

impl TextValue for BirthDate {
    fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string())
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}
