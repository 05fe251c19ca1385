//! By what somebody wants the codes that are sent to their phone first.

use std::str::FromStr;

/// The person's choice; the other is always there to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeWay {
    /// By text; so unless they choose otherwise.
    Text,
    /// By a call that reads it out, for whom a text is hard to read.
    Call,
}

impl CodeWay {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::Text, Self::Call];

    /// The stored word, also that of the form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Call => "call",
        }
    }
}

impl FromStr for CodeWay {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|known| known.as_str() == word).ok_or(())
    }
}
