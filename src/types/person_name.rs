//! Names of people: one field, any letters.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::text_value::TextValue;

/// A person's name, 1 to 100 characters. Prints masked; [`PersonName::as_str`] shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// Why something typed is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRefusal {
    /// Nothing was typed.
    Empty,
    /// Over 100 characters.
    TooLong,
    /// It holds characters that no name has.
    Odd,
}

impl PersonName {
    /// Reads what somebody typed: spaces are joined, the form is NFC.
    ///
    /// # Errors
    /// As [`NameRefusal`] says.
    pub fn parse(typed: &str) -> Result<Self, NameRefusal> {
        let name: String = typed.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect();
        if name.is_empty() {
            return Err(NameRefusal::Empty);
        }
        if name.chars().count() > 100 {
            return Err(NameRefusal::TooLong);
        }
        let odd =
            |c: char| c.is_control() || matches!(c, '<' | '>' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if name.chars().any(odd) || !name.chars().any(char::is_alphabetic) {
            return Err(NameRefusal::Odd);
        }
        Ok(Self(name))
    }

    /// The name in full.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first letters of its words, for admin pages: "M. R.".
    pub fn initials(&self) -> String {
        let letters = self.0.split(' ').filter_map(|word| word.chars().find(|c| c.is_alphabetic()));
        letters.map(|c| format!("{}.", c.to_uppercase())).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(•)")
    }
}

impl TextValue for PersonName {
    fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.clone())
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}
