//! What a rule may know of the browser that asks.

use crate::crypto::random::Secret;
use crate::types::network::Network;

/// The browser at the other end of a request.
#[derive(Clone, Debug)]
pub struct Browser {
    /// From where.
    pub network: Network,
    /// Its name in words, like "Firefox on Windows"; for people, never for decisions.
    pub agent: String,
    /// Digest of the browser cookie: a challenge is answered only where it was asked.
    pub digest: [u8; 32],
    /// The known-device cookie.
    pub device: Option<Secret>,
}
