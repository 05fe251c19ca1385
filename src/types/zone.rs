//! Time zones by their IANA name.

use std::str::FromStr;

use jiff::tz::TimeZone;

/// A zone that the bundled database knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self(TimeZone::get("UTC").unwrap_or(TimeZone::UTC))
    }

    /// The zone's rules.
    pub fn rules(&self) -> TimeZone {
        self.0.clone()
    }

    /// Its IANA name, like `America/Chicago`.
    pub fn as_str(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The city in its name, like `Chicago` or `New York`.
    pub fn city(&self) -> String {
        self.as_str().rsplit('/').next().unwrap_or("UTC").replace('_', " ")
    }
}

/// The name is not one of the database's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownZone;

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let zone = TimeZone::get(name.trim()).map_err(|_| UnknownZone)?;
        zone.iana_name().ok_or(UnknownZone)?;
        Ok(Self(zone))
    }
}
