//! Countries that phone numbers belong to.

use std::str::FromStr;

use phonenumber::country::Id;

/// A country of the numbering plan, by ISO 3166-1 alpha-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country(pub(super) Id);

impl Country {
    /// The alpha-2 code.
    pub fn code(&self) -> &str {
        self.0.as_ref()
    }
}

impl FromStr for Country {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        code.trim().to_ascii_uppercase().parse().map(Self).map_err(|_| ())
    }
}
