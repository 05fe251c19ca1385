//! Six-digit codes: derived from a challenge's random bytes with a server key, never stored.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::clinic_keys::Key;
use super::random;

/// The 32 random bytes of a challenge. Alone they give nobody a code.
#[derive(Clone)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Fresh bytes.
    pub fn new() -> Self {
        Self(random::bytes())
    }

    /// What a column held; None when it is not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// What a column holds.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Default for Seed {
    fn default() -> Self {
        Self::new()
    }
}

/// Six digits that neither print nor compare but in constant time.
pub struct Code(Zeroizing<[u8; 6]>);

impl Code {
    /// The code of a challenge: HMAC-SHA-256 over seed, challenge, whose it is and purpose, as six digits. 64 bits
    /// reduced to a million leave a bias below 10^-13.
    pub fn derive(key: &Key, seed: &Seed, challenge: &str, whose: &str, purpose: &str) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes a key of any length");
        mac.update(&seed.0);
        for part in [challenge, whose, purpose] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let digest = mac.finalize().into_bytes();
        let mut number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte)) % 1_000_000;
        let mut digits = Zeroizing::new([b'0'; 6]);
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
        Self(digits)
    }

    /// The digits, for the message alone.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|digit| char::from(*digit)).collect())
    }

    /// Whether somebody typed this code, in constant time.
    pub fn matches(&self, typed: &TypedCode) -> bool {
        self.0.as_slice().ct_eq(typed.0.as_slice()).into()
    }
}

/// Six digits that somebody typed. Does not print.
pub struct TypedCode(Zeroizing<[u8; 6]>);

/// Why something typed is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRefusal {
    /// Nothing was typed.
    Empty,
    /// Not exactly six digits.
    NotSixDigits,
}

impl TypedCode {
    /// Reads a code as people type and paste it: "123 456", "#123456", full-width and Arabic-Indic digits, or a
    /// sentence of the message with one group of six digits in it.
    ///
    /// # Errors
    /// As [`CodeRefusal`] says.
    pub fn parse(typed: &str) -> Result<Self, CodeRefusal> {
        if typed.trim().is_empty() {
            return Err(CodeRefusal::Empty);
        }
        if typed.chars().count() > 400 {
            return Err(CodeRefusal::NotSixDigits);
        }
        // Groups of digits; spaces and dashes inside a number do not end it, letters and other marks do.
        let mut groups: Vec<Vec<u8>> = vec![Vec::new()];
        for c in typed.chars() {
            match digit(c) {
                Some(d) => groups.last_mut().expect("never empty").push(d),
                None if c.is_whitespace()
                    || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{feff}') =>
                    {}
                None => groups.push(Vec::new()),
            }
        }
        groups.retain(|group| !group.is_empty());
        let mut sixes = groups.iter().filter(|group| group.len() == 6);
        let found = sixes.next().ok_or(CodeRefusal::NotSixDigits)?;
        // A pasted message names its code twice; two different codes are not one.
        if sixes.any(|other| other != found) || (groups.len() > 1 && groups.iter().any(|group| group.len() > 6)) {
            return Err(CodeRefusal::NotSixDigits);
        }
        let digits: [u8; 6] = found.as_slice().try_into().map_err(|_| CodeRefusal::NotSixDigits)?;
        Ok(Self(Zeroizing::new(digits)))
    }

    /// The digits, for a check that is made elsewhere.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|digit| char::from(*digit)).collect())
    }
}

fn digit(c: char) -> Option<u8> {
    let value = match c {
        '0'..='9' => c as u32 - '0' as u32,
        '０'..='９' => c as u32 - '０' as u32,
        '٠'..='٩' => c as u32 - '٠' as u32,
        '۰'..='۹' => c as u32 - '۰' as u32,
        _ => return None,
    };
    Some(b'0' + value as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digits(typed: &str) -> Result<String, CodeRefusal> {
        TypedCode::parse(typed).map(|code| String::from_utf8(code.0.to_vec()).unwrap())
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for typed in [
            "123456",
            " 123 456 ",
            "123-456",
            "#123456",
            "１２３４５６",
            "١٢٣٤٥٦",
            "۱۲۳۴۵۶",
            "your code is 123456",
            "Clinic: your sign-in code is 123456. It works for 5 minutes.\n\n@portal.example #123456",
        ] {
            assert_eq!(digits(typed).as_deref(), Ok("123456"), "{typed}");
        }
        for typed in ["12345", "1234567", "12345a", "abc", "123456 or, 654321", "#", "１２３"] {
            assert_eq!(digits(typed), Err(CodeRefusal::NotSixDigits), "{typed}");
        }
        assert_eq!(digits(" \u{3000} "), Err(CodeRefusal::Empty));
    }

    #[test]
    fn a_code_is_bound_to_all_that_it_is_derived_from() {
        let (key, other) = (Key::new([1; 32]), Key::new([2; 32]));
        let seed = Seed::new();
        let code = |key: &Key, seed: &Seed, a, b, c| Code::derive(key, seed, a, b, c).reveal().to_string();
        let right = code(&key, &seed, "c", "w", "p");
        let others = [
            code(&other, &seed, "c", "w", "p"),
            code(&key, &Seed::new(), "c", "w", "p"),
            code(&key, &seed, "x", "w", "p"),
            code(&key, &seed, "c", "x", "p"),
            code(&key, &seed, "c", "w", "x"),
            code(&key, &seed, "cw", "", "p"),
        ];
        assert_eq!(right, code(&key, &seed, "c", "w", "p"));
        assert!(others.iter().filter(|other| **other == right).count() < 2);
    }

    proptest! {
        #[test]
        fn every_derived_code_is_six_digits_and_matches_itself(seed in any::<[u8; 32]>(), spaces in "[ -]{0,3}") {
            let code = Code::derive(&Key::new([3; 32]), &Seed(seed), "c", "w", "p");
            let text = code.reveal();
            prop_assert_eq!(text.len(), 6);
            let typed = format!("#{}{}{}", &text[..3], spaces, &text[3..]);
            prop_assert!(code.matches(&TypedCode::parse(&typed).unwrap()));
        }

        #[test]
        fn anything_typed_is_a_code_or_a_refusal(typed in "\\PC{0,60}") {
            let _ = digits(&typed);
        }
    }
}
