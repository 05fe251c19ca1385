//! The clinic's key ring: it wraps every person's data key and the root secret, and lives outside the database.
//!
//! Written as `id:base64` entries, one a line or separated by commas; `#` begins a comment. The last entry is the
//! active one: it wraps, the others only unwrap.

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::random;

/// Keys of 32 bytes with their ids. Does not print.
#[derive(Clone)]
pub struct KeyRing(Vec<(String, Zeroizing<[u8; 32]>)>);

/// A key wrapped by one of the ring's.
pub struct Wrapped {
    /// The ring's key.
    pub key_id: String,
    /// Nonce (12 bytes) and ciphertext with its tag (48 bytes).
    pub bytes: Vec<u8>,
}

/// What is wrong with a ring or a wrapping, in a sentence without a secret.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyRingError {
    /// No entry.
    #[error("the key ring is empty; `salus keys add` makes a key")]
    Empty,
    /// An entry is not `id:base64`.
    #[error("entry {0} of the key ring is not written as id:base64")]
    Malformed(usize),
    /// An id is not 1 to 32 letters, digits, `-` or `_`.
    #[error("entry {0} of the key ring has an id that is not 1 to 32 letters, digits, - or _")]
    BadId(usize),
    /// A key is not 32 bytes.
    #[error("entry {0} of the key ring does not hold 32 bytes")]
    NotAKey(usize),
    /// Two entries share an id.
    #[error("two entries of the key ring have the id {0}")]
    Twice(String),
    /// The ring no longer has a key that is in use.
    #[error("the key ring has no key {0}, which the database still uses")]
    Missing(String),
    /// It does not open: tampered with, or another row's.
    #[error("a wrapped key does not open: it was changed, or belongs elsewhere")]
    Broken,
}

impl KeyRing {
    /// Reads a ring.
    ///
    /// # Errors
    /// As [`KeyRingError`] says.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let mut keys: Vec<(String, Zeroizing<[u8; 32]>)> = Vec::new();
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or(""));
        let entries = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|entry| !entry.is_empty());
        for (index, entry) in entries.enumerate() {
            let (id, key) = entry.split_once(':').ok_or(KeyRingError::Malformed(index + 1))?;
            let (id, key) = (id.trim(), key.trim());
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if id.is_empty() || id.len() > 32 || !id.chars().all(fits) {
                return Err(KeyRingError::BadId(index + 1));
            }
            let bytes = Zeroizing::new(BASE64.decode(key.as_bytes()).map_err(|_| KeyRingError::Malformed(index + 1))?);
            let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyRingError::NotAKey(index + 1))?;
            if keys.iter().any(|(known, _)| known == id) {
                return Err(KeyRingError::Twice(id.to_owned()));
            }
            keys.push((id.to_owned(), Zeroizing::new(bytes)));
        }
        if keys.is_empty() { Err(KeyRingError::Empty) } else { Ok(Self(keys)) }
    }

    /// A fresh entry, to be added to the ring's file.
    pub fn new_line(id: &str) -> Zeroizing<String> {
        let key = Zeroizing::new(random::bytes::<32>());
        Zeroizing::new(format!("{id}:{}", BASE64.encode(key.as_slice())))
    }

    /// The id of the key that wraps.
    pub fn active_id(&self) -> &str {
        self.0.last().map_or("", |(id, _)| id)
    }

    /// All ids, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(id, _)| id.as_str())
    }

    /// Wraps a key with the active one, bound to the place `bound_to`.
    pub fn wrap(&self, key: &[u8; 32], bound_to: &str) -> Wrapped {
        let key_id = self.active_id().to_owned();
        let cipher = self.cipher(&key_id).expect("a ring is never empty");
        let nonce = random::bytes::<12>();
        let aad = format!("{key_id}|{bound_to}");
        let sealed = cipher
            .encrypt(&Nonce::from(nonce), Payload { msg: key, aad: aad.as_bytes() })
            .expect("32 bytes are within the cipher's bounds");
        Wrapped { key_id, bytes: [nonce.as_slice(), &sealed].concat() }
    }

    /// Opens what [`KeyRing::wrap`] made for the same place.
    ///
    /// # Errors
    /// [`KeyRingError::Missing`] or [`KeyRingError::Broken`].
    pub fn unwrap(&self, key_id: &str, bytes: &[u8], bound_to: &str) -> Result<Zeroizing<[u8; 32]>, KeyRingError> {
        let cipher = self.cipher(key_id).ok_or_else(|| KeyRingError::Missing(key_id.to_owned()))?;
        let (nonce, sealed) = bytes.split_first_chunk::<12>().ok_or(KeyRingError::Broken)?;
        let aad = format!("{key_id}|{bound_to}");
        let opened = cipher
            .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: aad.as_bytes() })
            .map_err(|_| KeyRingError::Broken)?;
        let key: [u8; 32] = Zeroizing::new(opened).as_slice().try_into().map_err(|_| KeyRingError::Broken)?;
        Ok(Zeroizing::new(key))
    }

    fn cipher(&self, key_id: &str) -> Option<Aes256GcmSiv> {
        let (_, key) = self.0.iter().find(|(id, _)| id == key_id)?;
        Aes256GcmSiv::new_from_slice(key.as_slice()).ok()
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_only_where_it_was_wrapped() {
        let old = KeyRing::new_line("k1");
        let both = format!("{}\n{}", *old, *KeyRing::new_line("k2"));
        let (one, two) = (KeyRing::parse(&old).unwrap(), KeyRing::parse(&both).unwrap());
        let wrapped = one.wrap(&[7; 32], "row:1");
        assert_eq!(*two.unwrap("k1", &wrapped.bytes, "row:1").unwrap(), [7; 32]);
        assert_eq!(two.unwrap("k1", &wrapped.bytes, "row:2"), Err(KeyRingError::Broken));
        assert_eq!(two.unwrap("k2", &wrapped.bytes, "row:1"), Err(KeyRingError::Broken));
        assert_eq!(two.active_id(), "k2");
        assert_eq!(one.unwrap("k2", &wrapped.bytes, "row:1"), Err(KeyRingError::Missing("k2".into())));
    }

    #[test]
    fn a_malformed_ring_says_which_entry() {
        assert_eq!(KeyRing::parse("# nothing\n").unwrap_err(), KeyRingError::Empty);
        assert_eq!(KeyRing::parse("k1").unwrap_err(), KeyRingError::Malformed(1));
        assert_eq!(KeyRing::parse("k1:AAAA").unwrap_err(), KeyRingError::NotAKey(1));
        let line = KeyRing::new_line("k1");
        assert_eq!(KeyRing::parse(&format!("{0},{0}", *line)).unwrap_err(), KeyRingError::Twice("k1".into()));
        assert!(!format!("{:?}", KeyRing::parse(&line).unwrap()).contains(&line[3..10]));
    }
}
