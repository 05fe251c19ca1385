//! Blind indexes: what must be found by value is found by a keyed digest of it (HMAC-SHA-256).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::clinic_keys::Key;
use crate::types::email_address::{self, EmailAddress};
use crate::types::phone::PhoneNumber;

fn index(key: &Key, kind: &str, value: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes a key of any length");
    mac.update(kind.as_bytes());
    mac.update(&[0]);
    mac.update(value.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The index of a mail address, the same however it is capitalised.
pub fn index_email(key: &Key, email: &EmailAddress) -> [u8; 32] {
    index(key, "email", &email.folded())
}

/// The index of anything typed into an email field, an address or not.
pub fn index_typed_email(key: &Key, typed: &str) -> [u8; 32] {
    index(key, "email", &email_address::fold(typed))
}

/// The index of a number's range: all but its last four digits.
pub fn index_range(key: &Key, phone: &PhoneNumber) -> [u8; 32] {
    index(key, "range", phone.range())
}

/// The index of a number's prefix: its first seven digits.
pub fn index_prefix(key: &Key, phone: &PhoneNumber) -> [u8; 32] {
    index(key, "prefix", phone.prefix())
}

/// The index of a phone number.
pub fn index_phone(key: &Key, phone: &PhoneNumber) -> [u8; 32] {
    index(key, "phone", phone.e164())
}
