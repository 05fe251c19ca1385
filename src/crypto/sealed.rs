//! Sealed fields: text under a person's data key, bound to its table, column and row.
//!
//! AES-256-GCM-SIV (RFC 8452), which survives a repeated nonce. Layout: version 1 (1 byte), nonce (12), ciphertext
//! and tag.

use std::fmt;
use std::marker::PhantomData;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use zeroize::Zeroizing;

use super::random;
use crate::types::text_value::TextValue;

const VERSION: u8 = 1;

/// A person's key. Does not print; forgotten when dropped.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A fresh one.
    pub fn random() -> Self {
        Self(Zeroizing::new(random::bytes()))
    }

    /// The key of opened bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to be wrapped.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn cipher(&self) -> Aes256GcmSiv {
        Aes256GcmSiv::new_from_slice(self.0.as_slice()).expect("a data key has 32 bytes")
    }
}

/// Where a sealed value lies; it opens nowhere else.
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's id.
    pub row: String,
}

impl Place {
    fn bound(&self) -> String {
        format!("{}.{}:{}", self.table, self.column, self.row)
    }
}

/// Ciphertext of a `T`.
#[derive(Clone)]
pub struct Sealed<T> {
    bytes: Vec<u8>,
    of: PhantomData<fn() -> T>,
}

/// The value does not open: it was changed, or lies in another row or column, or under another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed field does not open: it was changed, or belongs elsewhere")]
pub struct SealBroken;

impl<T: TextValue> Sealed<T> {
    /// Seals a value for its place.
    pub fn seal(value: &T, key: &DataKey, place: &Place) -> Self {
        let nonce = random::bytes::<12>();
        let text = value.to_text();
        let bound = place.bound();
        let payload = Payload { msg: text.as_bytes(), aad: bound.as_bytes() };
        let sealed = key.cipher().encrypt(&Nonce::from(nonce), payload).expect("fields are within the cipher's bounds");
        Self { bytes: [&[VERSION], nonce.as_slice(), &sealed].concat(), of: PhantomData }
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`SealBroken`].
    pub fn open(&self, key: &DataKey, place: &Place) -> Result<T, SealBroken> {
        let (version, rest) = self.bytes.split_first().ok_or(SealBroken)?;
        let (nonce, sealed) = rest.split_first_chunk::<12>().ok_or(SealBroken)?;
        if *version != VERSION {
            return Err(SealBroken);
        }
        let bound = place.bound();
        let payload = Payload { msg: sealed, aad: bound.as_bytes() };
        let text = Zeroizing::new(key.cipher().decrypt(&Nonce::from(*nonce), payload).map_err(|_| SealBroken)?);
        T::from_text(std::str::from_utf8(&text).map_err(|_| SealBroken)?).ok_or(SealBroken)
    }
}

impl<T> Sealed<T> {
    /// What a column held.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, of: PhantomData }
    }

    /// What a column holds.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(row: &str, column: &'static str) -> Place {
        Place { table: "accounts", column, row: row.into() }
    }

    proptest! {
        #[test]
        fn a_value_opens_in_its_place_with_its_key_and_nowhere_else(text in "\\PC{0,80}", flip in any::<(usize, u8)>()) {
            let (key, other) = (DataKey::random(), DataKey::random());
            let sealed = Sealed::<String>::seal(&text, &key, &place("1", "name"));
            prop_assert_eq!(sealed.open(&key, &place("1", "name")), Ok(text.clone()));
            prop_assert_eq!(sealed.open(&key, &place("2", "name")), Err(SealBroken));
            prop_assert_eq!(sealed.open(&key, &place("1", "email")), Err(SealBroken));
            prop_assert_eq!(sealed.open(&other, &place("1", "name")), Err(SealBroken));
            let mut bytes = sealed.as_bytes().to_vec();
            let at = flip.0 % bytes.len();
            bytes[at] ^= flip.1.max(1);
            prop_assert_eq!(Sealed::<String>::from_bytes(bytes).open(&key, &place("1", "name")), Err(SealBroken));
        }
    }
}
