//! The ways of proving who one is, besides the password.

use std::fmt;
use std::str::FromStr;

/// A kind of second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorKind {
    /// A code in a text message.
    Sms,
    /// A code read out in a call.
    Voice,
    /// A code by mail.
    Email,
    /// The code of an authenticator app (TOTP, RFC 6238).
    Totp,
    /// A passkey or security key (WebAuthn).
    Passkey,
    /// A recovery code.
    Recovery,
}

impl FactorKind {
    /// All of them, in the order in which pages list them.
    pub const ALL: [Self; 6] = [Self::Passkey, Self::Totp, Self::Sms, Self::Voice, Self::Email, Self::Recovery];

    /// The stored word, which forms and settings use as well.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Email => "email",
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::Recovery => "recovery",
        }
    }

    /// Whether a page that looks like ours cannot get at it (NIST SP 800-63B-4, 3.2.5).
    pub fn resists_phishing(self) -> bool {
        self == Self::Passkey
    }

    /// Whether it travels through the telephone network, which NIST SP 800-63B-4 (3.2.9) calls restricted.
    pub fn is_by_phone(self) -> bool {
        matches!(self, Self::Sms | Self::Voice)
    }
}

impl fmt::Display for FactorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not the word of a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of factor")]
pub struct NoFactorKind;

impl FromStr for FactorKind {
    type Err = NoFactorKind;

    fn from_str(word: &str) -> Result<Self, NoFactorKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(NoFactorKind)
    }
}
