//! The way to a code that is still worth sending. Codes belong to `auth`, which stands above this module, so whoever
//! renders one is handed the way to it.

use std::pin::Pin;

use crate::clock::Timestamp;
use crate::crypto::codes::Code;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::ChallengeId;

/// A code that is still worth sending.
pub struct LiveCode {
    /// The six digits.
    pub code: Code,
    /// Until when they work.
    pub ends_at: Timestamp,
}

/// The future of a [`CodeLookup`].
pub type Looking<'a> = Pin<Box<dyn Future<Output = Result<Option<LiveCode>, InternalError>> + Send + 'a>>;
/// Derives a challenge's code when its text is rendered; None when the challenge is over.
pub type CodeLookup = for<'a> fn(&'a Portal, ChallengeId) -> Looking<'a>;
