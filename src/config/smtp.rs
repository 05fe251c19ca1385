//! The mail server's address: where it is, how the way there is sealed, and who signs in.
//!
//! | address                        | the way                                              | port unless named |
//! |--------------------------------|------------------------------------------------------|-------------------|
//! | `smtps://…`                    | TLS from the first byte                              | 465               |
//! | `smtp://…?tls=required`        | STARTTLS, or nothing is sent                         | 587               |
//! | `smtp://…?tls=opportunistic`   | STARTTLS where it is offered: whoever sits between can take the offer away | 587 |
//! | `smtp://…`                     | in the open                                          | 25                |

use std::net::{Ipv4Addr, Ipv6Addr};

use url::Url;

use crate::crypto::random::Secret;

/// How the way to the server is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// Not at all.
    Open,
    /// Where it is offered.
    Offered,
    /// By STARTTLS, or nothing is sent.
    Required,
    /// From the first byte.
    Whole,
}

/// `SALUS_SMTP_URL`, taken apart.
#[derive(Clone, Debug)]
pub struct SmtpAddress {
    /// The host, an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How the way there is sealed.
    pub tls: SmtpTls,
    /// By what name we greet it; ours unless set as the address's path.
    pub hello: Option<String>,
    /// User and password.
    pub user: Option<(String, Secret)>,
}

impl SmtpAddress {
    /// None where it is no address of a mail server.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let asked = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let (tls, port) = match (url.scheme(), asked.as_deref()) {
            ("smtps", _) => (SmtpTls::Whole, 465),
            ("smtp", Some("required")) => (SmtpTls::Required, 587),
            ("smtp", Some("opportunistic")) => (SmtpTls::Offered, 587),
            ("smtp", None) => (SmtpTls::Open, 25),
            _ => return None,
        };
        let user =
            url.password().map(|password| (percent_decoded(url.username()), Secret::new(percent_decoded(password))));
        Some(Self {
            host: url.host_str().filter(|host| !host.is_empty())?.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(port),
            tls,
            hello: Some(url.path().trim_matches('/').to_owned()).filter(|name| !name.is_empty()),
            user,
        })
    }

    /// Whether nobody on the way can read: by TLS, or because there is no way.
    pub fn is_sealed(&self) -> bool {
        let near = self.host == "localhost"
            || self.host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            || self.host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
        near || matches!(self.tls, SmtpTls::Required | SmtpTls::Whole)
    }
}

/// The text that `%41` and so on stand for.
fn percent_decoded(text: &str) -> String {
    // A plus and an ampersand stand for themselves here.
    let query = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_how_the_way_is_sealed() {
        for (text, tls, port, sealed) in [
            ("smtps://u:p@mail.example", SmtpTls::Whole, 465, true),
            ("smtps://mail.example:2465", SmtpTls::Whole, 2465, true),
            ("smtp://mail.example?tls=required", SmtpTls::Required, 587, true),
            ("smtp://mail.example:25?tls=opportunistic", SmtpTls::Offered, 25, false),
            ("smtp://mail.example", SmtpTls::Open, 25, false),
            ("smtp://127.0.0.1:1025", SmtpTls::Open, 1025, true),
            ("smtp://[::1]:1025?tls=opportunistic", SmtpTls::Offered, 1025, true),
            ("smtp://localhost", SmtpTls::Open, 25, true),
            // What only looks safe.
            ("smtp://localhost.example", SmtpTls::Open, 25, false),
            ("smtp://127.0.0.1.example", SmtpTls::Open, 25, false),
            ("smtp://tls=required:p@mail.example", SmtpTls::Open, 25, false),
            ("smtp://mail.example/?x=tls=required", SmtpTls::Open, 25, false),
            ("smtp://mail.example?tls=opportunistic&tls=required", SmtpTls::Offered, 587, false),
        ] {
            let read = SmtpAddress::parse(text).unwrap();
            assert_eq!((read.tls, read.port, read.is_sealed()), (tls, port, sealed), "{text}");
        }
        for text in ["", "mail.example", "http://mail.example", "smtp://mail.example?tls=yes", "smtp:///x"] {
            assert!(SmtpAddress::parse(text).is_none(), "{text}");
        }
        let read = SmtpAddress::parse("smtps://a%40b:p%2Bq+r&s=t@[::1]:465/portal.example").unwrap();
        let (user, password) = read.user.unwrap();
        assert_eq!((user.as_str(), password.expose(), read.host.as_str()), ("a@b", "p+q+r&s=t", "::1"));
        assert_eq!(read.hello.as_deref(), Some("portal.example"));
    }
}
