//! How many wrong answers are taken before somebody must wait, counted in the database. Sign-in and challenges take from
//! them; lifting a lock and a new password give them back.

use crate::clock::SignedDuration;
use crate::config::Limits;
use crate::limits::Limit;
use crate::types::ids::AccountId;

/// Wrong passwords for one typed email, from unknown browsers.
pub fn wrong_passwords(limits: &Limits) -> Limit {
    Limit {
        bucket: "passwords",
        max: limits.passwords_wrong,
        window: limits.passwords_window,
        pause: Some(limits.passwords_window),
    }
}

/// Wrong passwords for an email without an account: counted like an account's, and nothing follows.
pub fn nobody(limits: &Limits) -> Limit {
    Limit { bucket: "passwords:nobody", max: i64::MAX, window: limits.passwords_window, pause: None }
}

/// Requests for a new password of an email without an account: written as a link would be, and nothing follows.
pub fn resets_of_nobody() -> Limit {
    Limit { bucket: "resets:nobody", max: i64::MAX, window: SignedDuration::from_mins(15), pause: None }
}

/// Sign-in tries from one network.
pub fn network_tries(limits: &Limits) -> Limit {
    Limit { bucket: "network:sign_in", max: limits.network_tries, window: SignedDuration::from_mins(15), pause: None }
}

/// Wrong codes in a day for one account (its known browsers apart from strange ones), or for one registration or
/// invitation whose phone is not proved yet.
pub fn wrong_codes(limits: &Limits) -> Limit {
    Limit { bucket: "codes:day", max: limits.codes_a_day, window: SignedDuration::from_hours(24), pause: None }
}

/// Wrong answers from unknown browsers to links for a new password, in a year, for one account: whoever reads the mailbox
/// gets no more guesses at the phone than whoever knows the password.
pub fn strange_resets(limits: &Limits) -> Limit {
    Limit { bucket: "resets:year", max: limits.strange_life, window: SignedDuration::from_hours(365 * 24), pause: None }
}

/// Requests for a new phone of one account, its known browsers apart from all others.
pub fn recovery_asks() -> Limit {
    Limit { bucket: "recovery:account", max: 3, window: SignedDuration::from_hours(24), pause: None }
}

/// By what an account's wrong codes of a day are counted: in its known browsers, or in all others together.
pub fn codes_of(account: AccountId, known: bool) -> Vec<u8> {
    format!("{account}:{}", if known { "known" } else { "strange" }).into_bytes()
}
