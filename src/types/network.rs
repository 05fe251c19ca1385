//! Where a request comes from, as coarse as limits count it: one IPv4 address, or one IPv6 /64.

use std::fmt;
use std::net::{AddrParseError, IpAddr, Ipv6Addr};
use std::str::FromStr;

/// An IPv4 address or an IPv6 /64.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let s = v6.segments();
                Self(IpAddr::V6(Ipv6Addr::new(s[0], s[1], s[2], s[3], 0, 0, 0, 0)))
            }
            v4 => Self(v4),
        }
    }

    /// The address that stands for it.
    pub fn address(&self) -> IpAddr {
        self.0
    }

    /// The wider network around it, IPv4 /24 or IPv6 /48: what one line keeps when its address changes.
    pub fn wider(&self) -> Self {
        Self(match self.0 {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                IpAddr::from([a, b, c, 0])
            }
            IpAddr::V6(v6) => {
                let s = v6.segments();
                IpAddr::V6(Ipv6Addr::new(s[0], s[1], s[2], 0, 0, 0, 0, 0))
            }
        })
    }

    /// Fit to show: the last part hidden.
    pub fn masked(&self) -> String {
        match self.0 {
            IpAddr::V4(v4) => {
                let [a, b, ..] = v4.octets();
                format!("{a}.{b}.•.•")
            }
            IpAddr::V6(v6) => {
                let s = v6.segments();
                format!("{:x}:{:x}:•", s[0], s[1])
            }
        }
    }
}

impl FromStr for Network {
    type Err = AddrParseError;

    /// Reads what [`fmt::Display`] wrote.
    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        text.strip_suffix("/64").unwrap_or(text).parse().map(Self::of)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => write!(f, "{v4}"),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
