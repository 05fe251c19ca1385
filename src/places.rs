//! Where in the world a network is, as a local database tells: the operator's file in MaxMind's format (GeoLite2, GeoIP2,
//! DB-IP and others), read once into memory. Nobody outside is asked. Without a file no network has a place.
//!
//! | kind of database | tells                      |
//! |------------------|----------------------------|
//! | Country          | the country                |
//! | City             | the country, and about where |
//!
//! Private, loopback and link-local addresses have no place, whatever the file says.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use maxminddb::{MaxMindDbError, Reader, geoip2};

use crate::types::network::Network;

/// Mean radius of the Earth in km.
const EARTH_KM: f64 = 6371.0;

/// A point on the Earth, as coarse as the database knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Degrees, north is positive.
    pub latitude: f64,
    /// Degrees, east is positive.
    pub longitude: f64,
}

impl Point {
    /// The way to another point along the Earth's surface, in whole km.
    pub fn km_to(self, other: Self) -> i64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let east = (other.longitude - self.longitude).to_radians();
        let half = ((to - from) / 2.0).sin().powi(2) + from.cos() * to.cos() * (east / 2.0).sin().powi(2);
        (2.0 * EARTH_KM * half.clamp(0.0, 1.0).sqrt().asin()).round() as i64
    }
}

/// What is known of where a network is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The country's alpha-2 code (ISO 3166-1).
    pub country: Option<String>,
    /// About where, in a City database.
    pub point: Option<Point>,
}

/// The places of networks; cheap to clone.
#[derive(Clone, Default)]
pub struct Places(Option<Arc<Reader<Vec<u8>>>>);

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().unwrap_or("no places"))
    }
}

impl Places {
    /// Reads a database and makes sure that it tells countries.
    ///
    /// # Errors
    /// What is wrong with the file, in words that follow the setting's name.
    pub fn open(path: &Path) -> Result<Self, String> {
        let reader = Reader::open_readfile(path).map_err(|error| match error {
            MaxMindDbError::Io(error) => format!("names a file that cannot be read: {}", error.kind()),
            _ => "names a file that is no MaxMind database".to_owned(),
        })?;
        let kind = &reader.metadata.database_type;
        if !["Country", "City", "Enterprise"].iter().any(|known| kind.contains(known)) {
            return Err("names a database that tells no countries".into());
        }
        Ok(Self(Some(Arc::new(reader))))
    }

    /// What the database calls itself, such as `GeoLite2-City`; None without one.
    pub fn kind(&self) -> Option<&str> {
        self.0.as_deref().map(|reader| reader.metadata.database_type.as_str())
    }

    /// When the database was made, in Unix seconds; None without one.
    pub fn made_at(&self) -> Option<i64> {
        self.0.as_deref().and_then(|reader| i64::try_from(reader.metadata.build_epoch).ok())
    }

    /// Where a network is; nothing where that is not known.
    pub fn of(&self, network: &Network) -> Place {
        let address = network.address();
        let Some(reader) = self.0.as_deref().filter(|_| is_public(address)) else { return Place::default() };
        // A database for IPv4 alone answers an IPv6 address with an error: its place is not known either.
        let Ok(Some(city)) = reader.lookup(address).and_then(|found| found.decode::<geoip2::City>()) else {
            return Place::default();
        };
        // Where it is used; else where it is registered, which is what a database knows of some networks only.
        let country = city.country.iso_code.or(city.registered_country.iso_code);
        let point = city.location.latitude.zip(city.location.longitude);
        Place {
            country: country.filter(|code| is_code(code)).map(str::to_owned),
            point: point.map(|(latitude, longitude)| Point { latitude, longitude }),
        }
    }

    /// The alpha-2 code of the country that a network is in.
    pub fn country_of(&self, network: &Network) -> Option<String> {
        self.of(network).country
    }
}

fn is_code(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified()),
        IpAddr::V6(v6) => {
            !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_along_the_earth_are_about_what_atlases_say() {
        let new_york = Point { latitude: 40.71, longitude: -74.01 };
        let madrid = Point { latitude: 40.42, longitude: -3.70 };
        let fiji = Point { latitude: -18.14, longitude: 178.44 };
        let samoa = Point { latitude: -13.83, longitude: -171.77 };
        assert!((5750..5790).contains(&new_york.km_to(madrid)), "{}", new_york.km_to(madrid));
        assert!((1100..1180).contains(&fiji.km_to(samoa)), "across the date line: {}", fiji.km_to(samoa));
        assert_eq!(madrid.km_to(madrid), 0);
        let pole = Point { latitude: 90.0, longitude: 0.0 };
        assert_eq!(pole.km_to(Point { latitude: -90.0, longitude: 77.0 }), 20015);
    }

    #[test]
    fn without_a_database_nobody_is_anywhere() {
        let network = Network::of("81.2.69.142".parse().unwrap());
        assert_eq!(Places::default().of(&network), Place::default());
        assert_eq!(Places::default().country_of(&network), None);
    }

    #[test]
    fn a_file_that_is_not_there_or_is_no_database_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("places.mmdb");
        assert!(Places::open(&file).unwrap_err().contains("cannot be read"));
        std::fs::write(&file, "nothing of the kind").unwrap();
        assert!(Places::open(&file).unwrap_err().contains("no MaxMind database"));
    }
}
