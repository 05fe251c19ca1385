//! Writes a small database of places in MaxMind's format (MaxMind DB 2.0, <https://maxmind.github.io/MaxMind-DB/>), so that
//! the real reader reads a real file: a tree of bits with 24-bit records, sixteen zero bytes, the data, the metadata.

use std::net::IpAddr;
use std::path::Path;

/// What a node of the tree leads to.
#[derive(Clone, Copy)]
enum Record {
    Nothing,
    Node(usize),
    Data(usize),
}

/// A database under construction: a City database, with both kinds of addresses.
pub struct PlacesFile {
    nodes: Vec<[Record; 2]>,
    data: Vec<u8>,
}

fn control(out: &mut Vec<u8>, kind: u8, size: usize) {
    let (first, rest) = if size < 29 { (size as u8, None) } else { (29, Some(u8::try_from(size - 29).unwrap())) };
    // Kinds past 7 stand in a byte of their own.
    match kind {
        1..=7 => out.push(kind << 5 | first),
        _ => out.extend([first, kind - 7]),
    }
    out.extend(rest);
}

fn text(out: &mut Vec<u8>, text: &str) {
    control(out, 2, text.len());
    out.extend(text.as_bytes());
}

fn double(out: &mut Vec<u8>, number: f64) {
    control(out, 3, 8);
    out.extend(number.to_be_bytes());
}

/// Whole numbers are written without the zero bytes before them.
fn whole(out: &mut Vec<u8>, kind: u8, number: u64) {
    let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    control(out, kind, bytes.len());
    out.extend(bytes);
}

fn map(out: &mut Vec<u8>, size: usize) {
    control(out, 7, size);
}

impl PlacesFile {
    pub fn new() -> Self {
        Self { nodes: vec![[Record::Nothing; 2]], data: Vec::new() }
    }

    /// Puts a network, such as `81.2.69.0/24`, into a country, and to a point when one is given.
    pub fn with(mut self, network: &str, country: &str, point: Option<(f64, f64)>) -> Self {
        let offset = self.data.len();
        let data = &mut self.data;
        map(data, 1 + usize::from(point.is_some()));
        text(data, "country");
        map(data, 1);
        text(data, "iso_code");
        text(data, country);
        if let Some((latitude, longitude)) = point {
            text(data, "location");
            map(data, 2);
            text(data, "latitude");
            double(data, latitude);
            text(data, "longitude");
            double(data, longitude);
        }
        let (address, length) = network.split_once('/').unwrap();
        let length: usize = length.parse().unwrap();
        // IPv4 stands at ::/96.
        let (bits, length) = match address.parse().unwrap() {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), length + 96),
            IpAddr::V6(v6) => (u128::from(v6), length),
        };
        let side = |depth: usize| usize::from(bits >> (127 - depth) & 1 == 1);
        let mut at = 0;
        for depth in 0..length - 1 {
            at = match self.nodes[at][side(depth)] {
                Record::Node(next) => next,
                Record::Nothing => {
                    self.nodes.push([Record::Nothing; 2]);
                    let next = self.nodes.len() - 1;
                    self.nodes[at][side(depth)] = Record::Node(next);
                    next
                }
                Record::Data(_) => panic!("{network} lies in a network that is there"),
            };
        }
        self.nodes[at][side(length - 1)] = Record::Data(offset);
        self
    }

    /// The file's bytes.
    pub fn bytes(&self, kind: &str) -> Vec<u8> {
        let count = self.nodes.len();
        let mut file = Vec::new();
        for record in self.nodes.iter().flatten() {
            let number = match record {
                Record::Node(next) => *next,
                Record::Nothing => count,
                Record::Data(offset) => count + 16 + offset,
            };
            file.extend(&u32::try_from(number).unwrap().to_be_bytes()[1..]);
        }
        file.extend([0; 16]);
        file.extend(&self.data);
        file.extend(b"\xab\xcd\xefMaxMind.com");
        map(&mut file, 9);
        for (name, kind, number) in [
            ("node_count", 6, count as u64),
            ("record_size", 5, 24),
            ("ip_version", 5, 6),
            ("binary_format_major_version", 5, 2),
            ("binary_format_minor_version", 5, 0),
            ("build_epoch", 9, 1_790_000_000),
        ] {
            text(&mut file, name);
            whole(&mut file, kind, number);
        }
        text(&mut file, "database_type");
        text(&mut file, kind);
        text(&mut file, "languages");
        control(&mut file, 11, 0);
        text(&mut file, "description");
        map(&mut file, 0);
        file
    }

    /// Writes it as a City database.
    pub fn write(&self, path: &Path) {
        std::fs::write(path, self.bytes("Salus-Test-City")).unwrap();
    }
}

/// A world of three cities: New York (a v4 and a v6 network, and Newark beside it), Madrid, Sydney.
pub fn world() -> PlacesFile {
    PlacesFile::new()
        .with("198.18.1.0/24", "US", Some((40.71, -74.01)))
        .with("198.18.2.0/24", "US", Some((40.74, -74.17)))
        .with("2001:db8:1::/48", "US", Some((40.71, -74.01)))
        .with("198.18.8.0/24", "ES", Some((40.42, -3.70)))
        .with("198.18.9.0/24", "AU", Some((-33.87, 151.21)))
}
