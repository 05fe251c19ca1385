//! RSA private keys as providers hand them out (PEM), for tokens signed with RS256.

use std::fmt;

use data_encoding::BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::InternalError;

/// A private key that can sign. Prints as `…`.
#[derive(Clone)]
pub struct RsaKey(EncodingKey);

impl RsaKey {
    /// The key of a PEM text, PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`); None when it cannot sign. Line
    /// ends may be written as `\n`, as environment files do.
    pub fn parse(pem: &str) -> Option<Self> {
        let pem = Zeroizing::new(pem.replace("\\n", "\n"));
        let body = |label: &str| {
            let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
            let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
            let letters = Zeroizing::new(body.split_whitespace().collect::<String>());
            BASE64.decode(letters.as_bytes()).ok().map(Zeroizing::new)
        };
        let key = match body("RSA PRIVATE KEY") {
            Some(der) => EncodingKey::from_rsa_der(&der),
            None => EncodingKey::from_rsa_der(unwrapped(&body("PRIVATE KEY")?)?),
        };
        // Only a signature shows that the key is whole.
        jsonwebtoken::crypto::sign(b"", &key, Algorithm::RS256).ok()?;
        Some(Self(key))
    }

    /// A token with these claims, signed with RS256.
    ///
    /// # Errors
    /// When the claims cannot be written.
    pub fn token(&self, claims: &impl Serialize) -> Result<String, InternalError> {
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &self.0)
            .map_err(|error| InternalError::new("signing a token", error))
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;

/// The RSA key inside a PKCS#8 wrapper: a sequence of version, algorithm and key (RFC 5208).
fn unwrapped(der: &[u8]) -> Option<&[u8]> {
    let (inside, _) = element(der, SEQUENCE)?;
    let (_, rest) = element(inside, INTEGER)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    Some(element(rest, OCTETS)?.0)
}

/// The content of the DER element of this tag that `input` begins with, and what follows it.
fn element(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = input.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        short if *short < 0x80 => (usize::from(*short), rest),
        long => {
            let (bytes, rest) =
                rest.split_at_checked(usize::from(long & 0x7f)).filter(|(bytes, _)| bytes.len() <= 4)?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    (*found == tag).then(|| rest.split_at_checked(length))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const PKCS8: &str = include_str!("../../tests/support/vonage_key.pem");
    const PKCS1: &str = include_str!("../../tests/support/vonage_key.pkcs1.pem");

    #[test]
    fn a_key_is_read_in_each_form_that_providers_hand_out() {
        let signed = |pem: &str| RsaKey::parse(pem).map(|key| key.token(&["claim"]).unwrap());
        let token = signed(PKCS8).unwrap();
        assert_eq!(token.split('.').count(), 3);
        for same in [PKCS1.to_owned(), PKCS8.replace('\n', "\\n"), PKCS8.replace('\n', "\r\n")] {
            assert_eq!(signed(&same).as_ref(), Some(&token), "RS256 signs alike with the same key");
        }
    }

    #[test]
    fn what_cannot_sign_is_no_key() {
        let public = include_str!("../../tests/support/vonage_key.pub.pem");
        let cut: String = PKCS8.lines().filter(|line| !line.starts_with("MII")).collect::<Vec<_>>().join("\n");
        let relabelled = PKCS8.replace("PRIVATE KEY", "RSA PRIVATE KEY");
        for broken in ["", "a secret", public, &cut, &relabelled, &PKCS8[..900]] {
            assert!(RsaKey::parse(broken).is_none());
        }
        assert_eq!(format!("{:?}", RsaKey::parse(PKCS8).unwrap()), "…");
    }
}
