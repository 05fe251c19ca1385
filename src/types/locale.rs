//! The languages the portal speaks.

use std::str::FromStr;

/// A language with complete words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl Locale {
    /// All of them, in the order of the switch.
    pub const ALL: [Self; 2] = [Self::En, Self::Es];

    /// The BCP 47 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// The language's name in itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Es => "Español",
        }
    }

    /// The best of an `Accept-Language` header; None when it names none of ours.
    pub fn negotiate(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for part in header.split(',') {
            let mut pieces = part.trim().split(';');
            let Some(tag) = pieces.next() else { continue };
            let weight = pieces.find_map(|p| p.trim().strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let Ok(locale) = tag.split('-').next().unwrap_or("").to_ascii_lowercase().parse() else { continue };
            if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }
}

impl FromStr for Locale {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|locale| locale.code() == code).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_of_ours_wins() {
        assert_eq!(Locale::negotiate("fr-FR, es-MX;q=0.8, en;q=0.5"), Some(Locale::Es));
        assert_eq!(Locale::negotiate("en-US,en;q=0.9,es;q=0.8"), Some(Locale::En));
        assert_eq!(Locale::negotiate("de, es;q=0"), None);
    }
}
