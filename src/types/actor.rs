//! Who acts, and what they may be.

use std::str::FromStr;

use crate::types::ids::AccountId;

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees their own record.
    Patient,
    /// Sees the patients who are theirs.
    Doctor,
    /// Runs the portal; sees nothing clinical.
    Admin,
}

impl Role {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Doctor => "doctor",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "patient" => Ok(Self::Patient),
            "doctor" => Ok(Self::Doctor),
            "admin" => Ok(Self::Admin),
            _ => Err(()),
        }
    }
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    Account {
        /// Who.
        id: AccountId,
        /// As what.
        role: Role,
    },
    /// The operator on the shell.
    Shell,
    /// The portal itself.
    System,
    /// Somebody who has proved nothing.
    Stranger,
}
