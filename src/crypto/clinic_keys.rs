//! The clinic's secrets, all derived from one root by HKDF-SHA-256.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// A derived key of 32 bytes.
pub type Key = Zeroizing<[u8; 32]>;

/// One key for each use, so that none serves two.
pub struct ClinicKeys {
    /// Blind indexes.
    pub index: Key,
    /// Mixed into every password hash.
    pub pepper: Key,
    /// Codes.
    pub code: Key,
    /// Recovery codes.
    pub recovery: Key,
    /// The audit trail.
    pub audit: Key,
    /// Form tokens.
    pub form: Key,
    /// Forms kept past a session's end.
    pub kept: Key,
    /// The session cookie's jar.
    pub cookie: Zeroizing<[u8; 64]>,
}

impl ClinicKeys {
    /// Derives all of them.
    pub fn from_root(root: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(b"salus clinic keys v1"), root);
        let key = |name: &str| {
            let mut bytes = Zeroizing::new([0; 32]);
            hkdf.expand(name.as_bytes(), bytes.as_mut_slice()).expect("32 bytes are within HKDF's bounds");
            bytes
        };
        let mut cookie = Zeroizing::new([0; 64]);
        hkdf.expand(b"cookie", cookie.as_mut_slice()).expect("64 bytes are within HKDF's bounds");
        Self {
            index: key("index"),
            pepper: key("pepper"),
            code: key("code"),
            recovery: key("recovery"),
            audit: key("audit"),
            form: key("form"),
            kept: key("kept"),
            cookie,
        }
    }
}
