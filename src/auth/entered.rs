//! What somebody gets who was let in: the new session's cookies, and where to go.

use crate::crypto::random::Secret;
use crate::types::actor::Role;

/// A new session's cookies and where to go.
pub struct Entered {
    /// The session cookie's value.
    pub token: Secret,
    /// The known-device cookie's new value.
    pub device: Option<Secret>,
    /// A path of ours.
    pub next: String,
}

/// Where somebody with a new account goes first: a second way in before the first is lost.
pub const WELCOME: &str = "/account/security/recovery-codes?welcome=1";

/// Where people of a role begin.
pub fn home_of(role: Role) -> &'static str {
    match role {
        Role::Patient => "/home",
        Role::Doctor => "/doctor",
        Role::Admin => "/admin",
    }
}
