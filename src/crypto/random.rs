//! Chance from the operating system, and secrets that do not print.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// `N` random bytes from the operating system.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).expect("without the operating system's randomness nothing here is safe");
    bytes
}

/// A secret text: a session's token, a link's. Prints as `…`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// 256 random bits, in the letters of URLs.
    pub fn token() -> Self {
        Self(Zeroizing::new(BASE64URL_NOPAD.encode(&bytes::<32>())))
    }

    /// 128 random bits, in the letters of URLs: where an address must stay short.
    pub fn short_token() -> Self {
        Self(Zeroizing::new(BASE64URL_NOPAD.encode(&bytes::<16>())))
    }

    /// A secret that came from outside.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored instead of it: SHA-256, enough for so many random bits.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
