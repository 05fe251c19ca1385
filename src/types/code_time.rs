//! How long a code that is sent works for somebody.

use std::str::FromStr;

use crate::clock::SignedDuration;

/// The longest that a sent code may work. Source: NIST SP 800-63B-4 3.1.3.2.
const LONGEST: SignedDuration = SignedDuration::from_mins(10);

/// The person's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeTime {
    /// As long as for everybody; so unless they choose otherwise.
    Usual,
    /// Ten minutes, for whom reading and typing takes longer.
    Longer,
}

impl CodeTime {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::Usual, Self::Longer];

    /// The stored word, also that of the form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Longer => "longer",
        }
    }

    /// How long a code works, where it works for `usual` for everybody.
    pub fn life(self, usual: SignedDuration) -> SignedDuration {
        match self {
            Self::Usual => usual,
            Self::Longer => LONGEST.max(usual),
        }
    }
}

impl FromStr for CodeTime {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|known| known.as_str() == word).ok_or(())
    }
}
