//! Recovery codes: ten, shown once, each works once.
//!
//! | what    | figure                                   | source                                     |
//! |---------|------------------------------------------|--------------------------------------------|
//! | codes   | 10                                       |                                            |
//! | chance  | 60 bits each, twelve letters of base 32  | NIST SP 800-63B-4 3.1.2.2 asks for 20 bits |
//! | kept as | HMAC-SHA-256 under a server key          | the database alone cannot be searched      |
//!
//! The letters are Crockford's: no I, L, O, U; what people write instead is read as meant.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Factor, sql};
use crate::clock::Timestamp;
use crate::crypto::random;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::portal::Portal;
use crate::types::ids::AccountId;

/// Codes of a set.
pub const CODES: usize = 10;
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code.
const LENGTH: usize = 12;

/// A code that somebody typed, tidied. Does not print.
pub struct TypedRecoveryCode(Zeroizing<[u8; LENGTH]>);

/// Why something typed is no recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryCodeRefusal {
    /// Nothing was typed.
    Empty,
    /// Not twelve letters and digits.
    Malformed,
}

impl TypedRecoveryCode {
    /// Reads a code as people type it: any case, spaces and dashes anywhere, O for 0, I and L for 1.
    ///
    /// # Errors
    /// As [`RecoveryCodeRefusal`] says.
    pub fn parse(typed: &str) -> Result<Self, RecoveryCodeRefusal> {
        if typed.trim().is_empty() {
            return Err(RecoveryCodeRefusal::Empty);
        }
        let mut letters = Zeroizing::new([0; LENGTH]);
        let mut count = 0;
        for c in typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}')) {
            let letter = match c.to_ascii_uppercase() {
                'O' => b'0',
                'I' | 'L' => b'1',
                c if c.is_ascii() && LETTERS.contains(&(c as u8)) => c as u8,
                _ => return Err(RecoveryCodeRefusal::Malformed),
            };
            *letters.get_mut(count).ok_or(RecoveryCodeRefusal::Malformed)? = letter;
            count += 1;
        }
        if count == LENGTH { Ok(Self(letters)) } else { Err(RecoveryCodeRefusal::Malformed) }
    }

    fn random() -> Self {
        // 32 divides 256, so every letter is as likely as the others.
        Self(Zeroizing::new(random::bytes::<LENGTH>().map(|byte| LETTERS[usize::from(byte % 32)])))
    }

    /// The letters in groups of four, for the one page that shows them.
    fn shown(&self) -> String {
        let groups: Vec<&str> = self.0.chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        groups.join("-")
    }

    fn digest(&self, portal: &Portal, account: AccountId) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(portal.keys.recovery.as_slice()).expect("HMAC takes a key of any length");
        mac.update(account.to_string().as_bytes());
        mac.update(b":");
        mac.update(self.0.as_slice());
        mac.finalize().into_bytes().into()
    }
}

/// A person's set, without the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set {
    /// How many were not used yet.
    pub left: i64,
    /// When they were made.
    pub made_at: Timestamp,
}

/// The account's set; None when none was made.
///
/// # Errors
/// When the database fails.
pub async fn of(portal: &Portal, account: AccountId) -> Result<Option<Set>, InternalError> {
    let mut connection = portal.db.read().await?;
    let Some(made_at) = sql::codes_made_at(&mut connection, account).await? else { return Ok(None) };
    Ok(Some(Set { left: sql::codes_left(&mut connection, account).await?, made_at }))
}

/// Makes ten new codes in the place of all earlier ones; they are answered this once and cannot be read again.
///
/// # Errors
/// When the database fails.
pub async fn make(portal: &Portal, tx: &mut Tx, account: AccountId) -> Result<Vec<Zeroizing<String>>, InternalError> {
    // The account's row of this factor: of two that make codes at one instant the second waits here, and then replaces
    // what the first made.
    super::count_wrong(tx, account, &Factor::Recovery.key()).await?;
    let codes: Vec<_> = (0..CODES).map(|_| TypedRecoveryCode::random()).collect();
    let digests: Vec<_> = codes.iter().map(|code| code.digest(portal, account)).collect();
    sql::replace_codes(tx, account, &digests, portal.clock.now()).await?;
    super::forget(tx, account, &Factor::Recovery.key()).await?;
    Ok(codes.iter().map(|code| Zeroizing::new(code.shown())).collect())
}

/// Removes all of them; false when there are none.
///
/// # Errors
/// When the database fails.
pub async fn remove_all(tx: &mut Tx, account: AccountId) -> Result<bool, InternalError> {
    let removed = sql::drop_codes(tx, account).await?;
    super::forget(tx, account, &Factor::Recovery.key()).await?;
    Ok(removed)
}

/// Whether the code is one of the account's that was not used; uses it up.
///
/// # Errors
/// When the database fails.
pub(in crate::auth) async fn check(
    portal: &Portal,
    tx: &mut Tx,
    account: &Account,
    typed: &TypedRecoveryCode,
) -> Result<bool, InternalError> {
    Ok(sql::use_code(tx, account.id, &typed.digest(portal, account.id), portal.clock.now()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = TypedRecoveryCode(Zeroizing::new(*b"0123ABCDWXYZ"));
        for typed in ["0123-ABCD-WXYZ", "0123 abcd wxyz", "O1 23–abcd wxyz", "oi23abcdwxyz", "ol23-abcd-wxyz\n"] {
            let read = TypedRecoveryCode::parse(typed).map(|read| read.shown());
            assert_eq!(read.as_deref(), Ok("0123-ABCD-WXYZ"), "{typed}");
        }
        assert_eq!(code.shown(), "0123-ABCD-WXYZ");
        for typed in ["0123-ABCD-WXY", "0123-ABCD-WXYZ1", "0123-ABCD-WXYU", "ñ123-ABCD-WXYZ"] {
            assert_eq!(TypedRecoveryCode::parse(typed).err(), Some(RecoveryCodeRefusal::Malformed), "{typed}");
        }
        assert_eq!(TypedRecoveryCode::parse(" ").err(), Some(RecoveryCodeRefusal::Empty));
    }

    #[test]
    fn codes_use_every_letter_and_none_twice() {
        let codes: std::collections::BTreeSet<String> = (0..500).map(|_| TypedRecoveryCode::random().shown()).collect();
        assert_eq!(codes.len(), 500);
        let letters: std::collections::BTreeSet<char> = codes.iter().flat_map(|code| code.chars()).collect();
        assert_eq!(letters.len(), 33, "32 letters and the dash");
    }
}
