//! Factors: the ways in which a person can prove who they are, besides the password.
//!
//! | factor            | kept as                                     | what is checked                                |
//! |-------------------|---------------------------------------------|------------------------------------------------|
//! | sms, voice        | a proved phone                              | the challenge's code                           |
//! | email             | the account's address                       | the challenge's code                           |
//! | authenticator app | a sealed secret, the newest used time step  | RFC 6238, one step of drift, each step once    |
//! | passkey           | a public key, its counter and backup flags  | WebAuthn level 3, user verification required   |
//! | recovery code     | a keyed digest                              | each once                                      |
//!
//! How it went with each is kept in `factor_uses`: wrong answers in a row over its life, after 100 of which it is off until
//! it is bound again (NIST SP 800-63B-4, 3.2.2), and the last right one.

pub mod choice;
pub mod manage;
pub mod manage_app;
pub mod manage_codes;
pub mod passkeys;
pub mod recovery_codes;
mod since;
mod sql;
pub mod told;
pub mod totp;

use std::collections::HashMap;
use std::fmt;

use sqlx::AnyConnection;

use crate::clock::Timestamp;
use crate::crypto::sealed::Place;
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::{AccountId, AuthenticatorId, PhoneId};

pub(in crate::auth) use since::remove_since;

/// One way of one person to prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// A code texted to this phone.
    Sms(PhoneId),
    /// A code read out to this phone.
    Voice(PhoneId),
    /// A code mailed to the account's address.
    Email,
    /// The code of this authenticator app.
    Totp(AuthenticatorId),
    /// Any of their passkeys.
    Passkey,
    /// One of their recovery codes.
    Recovery,
}

impl Factor {
    /// Its kind.
    pub fn kind(self) -> FactorKind {
        match self {
            Self::Sms(_) => FactorKind::Sms,
            Self::Voice(_) => FactorKind::Voice,
            Self::Email => FactorKind::Email,
            Self::Totp(_) => FactorKind::Totp,
            Self::Passkey => FactorKind::Passkey,
            Self::Recovery => FactorKind::Recovery,
        }
    }

    /// By what it is counted: text and call of one phone are one factor.
    pub fn key(self) -> FactorKey {
        FactorKey(match self {
            Self::Sms(phone) | Self::Voice(phone) => format!("phone:{phone}"),
            Self::Totp(id) => format!("authenticator:{id}"),
            Self::Email | Self::Passkey | Self::Recovery => self.kind().to_string(),
        })
    }
}

/// The name that a factor is counted by: `phone:<id>`, `authenticator:<id>`, `email`, `passkey`, `recovery`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FactorKey(String);

impl FactorKey {
    /// The key of a stored word.
    pub fn stored(word: impl Into<String>) -> Self {
        Self(word.into())
    }

    /// The stored word.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a phone's.
    pub fn is_phone(&self) -> bool {
        self.0.starts_with("phone:")
    }
}

impl fmt::Display for FactorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A factor that was proved: of which kind, and which one, where the account has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Of which kind.
    pub kind: FactorKind,
    /// Which; None for the phone that an account was just opened with.
    pub key: Option<FactorKey>,
}

/// How it went with a factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Wrong answers in a row, over its life.
    pub wrong: i64,
    /// When it was last proved.
    pub proved_at: Option<Timestamp>,
}

/// How it went with each factor of the account that was ever asked for.
///
/// # Errors
/// When the database fails.
pub async fn uses(
    connection: &mut AnyConnection,
    account: AccountId,
) -> Result<HashMap<FactorKey, Use>, InternalError> {
    Ok(sql::uses(connection, account).await?)
}

/// Counts a wrong answer on a factor; answers how many in a row.
///
/// # Errors
/// When the database fails.
pub async fn count_wrong(tx: &mut Tx, account: AccountId, factor: &FactorKey) -> Result<i64, InternalError> {
    Ok(sql::count_wrong(tx, account, factor).await?)
}

/// A factor was proved: its wrong answers in a row start anew.
///
/// # Errors
/// When the database fails.
pub async fn proved(portal: &Portal, tx: &mut Tx, account: AccountId, factor: &FactorKey) -> Result<(), InternalError> {
    Ok(sql::proved(tx, account, factor, portal.clock.now()).await?)
}

/// A reset of the lock: the wrong answers in a row of all factors start anew.
///
/// # Errors
/// When the database fails.
pub async fn forgive_all(tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::forgive_all(tx, account).await?)
}

/// A factor was removed or bound again: nothing is known of it any more.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, account: AccountId, factor: &FactorKey) -> Result<(), InternalError> {
    Ok(sql::forget(tx, account, factor).await?)
}

/// Makes removals of the account's apps and passkeys wait until this transaction is over.
///
/// # Errors
/// When the database fails.
pub(super) async fn hold(tx: &mut Tx, account: AccountId) -> Result<(), InternalError> {
    Ok(sql::hold_authenticators(tx, account).await?)
}

fn place(column: &'static str, id: AuthenticatorId) -> Place {
    Place { table: "authenticators", column, row: id.to_string() }
}
