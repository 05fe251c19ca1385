//! Passwords that everybody tries first. See README.md beside this file for the list's source.

use sha2::{Digest, Sha256};

const LIST: &[u8] = include_bytes!("list.bin");
const WIDTH: usize = 5;
/// Guesses below which a password falls to a patient stranger: 10^8, zxcvbn's "safely unguessable online" bound.
const GUESSES: u64 = 100_000_000;

/// Whether a password is one of the list, or built so simply that it is guessed nearly as soon.
pub(super) fn is_common(password: &str, words: &[&str]) -> bool {
    let folded = password.to_lowercase();
    let digest = Sha256::digest(folded.as_bytes());
    let entries = LIST.len() / WIDTH;
    let listed = {
        let (mut low, mut high) = (0, entries);
        while low < high {
            let middle = (low + high) / 2;
            if LIST[middle * WIDTH..(middle + 1) * WIDTH] < digest[..WIDTH] { low = middle + 1 } else { high = middle }
        }
        low < entries && LIST[low * WIDTH..(low + 1) * WIDTH] == digest[..WIDTH]
    };
    // The estimate grows with the square of the length; what decides stands in the first hundred characters.
    let start: String = folded.chars().take(100).collect();
    listed || zxcvbn::zxcvbn(&start, words).guesses() < GUESSES
}
