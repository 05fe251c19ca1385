//! How a patient is reminded of appointments.

use std::str::FromStr;

/// The patient's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemindBy {
    /// A mail; so unless they choose otherwise.
    Mail,
    /// A text message.
    Text,
    /// Nothing.
    Nothing,
}

impl RemindBy {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Mail, Self::Text, Self::Nothing];

    /// The stored word, also that of the form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Text => "text",
            Self::Nothing => "none",
        }
    }
}

impl FromStr for RemindBy {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|known| known.as_str() == word).ok_or(())
    }
}
