//! Mail addresses.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::text_value::TextValue;

/// A mail address as it was typed, trimmed. Prints masked.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// Why something typed is no mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailRefusal {
    /// Nothing was typed.
    Empty,
    /// It does not look like `name@example.org`.
    Malformed,
    /// Over 254 characters (RFC 5321 4.5.3.1.3).
    TooLong,
}

impl EmailAddress {
    /// Reads what somebody typed.
    ///
    /// # Errors
    /// As [`EmailRefusal`] says.
    pub fn parse(typed: &str) -> Result<Self, EmailRefusal> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(EmailRefusal::Empty);
        }
        if typed.chars().count() > 254 {
            return Err(EmailRefusal::TooLong);
        }
        if typed.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(EmailRefusal::Malformed);
        }
        let address: lettre::Address = typed.parse().map_err(|_| EmailRefusal::Malformed)?;
        // A portal writes to people out in the world: a domain has a dot and does not end in one.
        let domain = address.domain();
        if !domain.contains('.') || domain.starts_with('.') || domain.ends_with('.') || domain.starts_with('[') {
            return Err(EmailRefusal::Malformed);
        }
        Ok(Self(typed.to_owned()))
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is compared and counted: NFKC, lower case, no invisible characters.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// The folded form of anything typed into an email field, address or not.
pub fn fold(typed: &str) -> String {
    typed
        .trim()
        .nfkc()
        .filter(|c| !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{ad}'))
        .flat_map(char::to_lowercase)
        .collect()
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(•)")
    }
}

impl TextValue for EmailAddress {
    fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.clone())
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_differ_only_in_case_or_invisible_marks_are_one() {
        let plain = EmailAddress::parse("mia@clinic.example").unwrap();
        for typed in [" MIA@Clinic.example ", "m\u{200b}ia@clinic.example", "ｍｉａ@clinic.example"] {
            assert_eq!(fold(typed), plain.folded(), "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in [
            "mia",
            "mia@",
            "@clinic.example",
            "mia@clinic",
            "mia clinic@x.example",
            "mia@x.example\r\nBcc: a@b.example",
            "a@[127.0.0.1]",
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(EmailRefusal::Malformed), "{typed:?}");
        }
        assert_eq!(EmailAddress::parse("  "), Err(EmailRefusal::Empty));
        assert!(!format!("{:?}", EmailAddress::parse("mia@clinic.example").unwrap()).contains("mia"));
    }
}
