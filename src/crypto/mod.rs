//! Secrets and what is made with them: keys, sealed fields, blind indexes, passwords, codes.

pub mod blind_index;
pub mod clinic_keys;
pub mod codes;
mod common_passwords;
mod hashing_threads;
pub mod key_ring;
pub mod passwords;
pub mod random;
pub mod rsa_key;
pub mod sealed;
