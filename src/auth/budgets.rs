//! How many wrong answers are taken before somebody must wait, counted in the database. Sign-in and challenges take from
//! them; lifting a lock and a new password give them back.

use crate::clock::SignedDuration;
use crate::config::Limits;
use crate::limits::Limit;

/// Wrong passwords for one typed email, from unknown browsers.
pub fn wrong_passwords(limits: &Limits) -> Limit {
    Limit {
        bucket: "passwords",
        max: limits.passwords_wrong,
        window: limits.passwords_window,
        pause: Some(limits.passwords_window),
    }
}

/// Sign-in tries from one network.
pub fn network_tries(limits: &Limits) -> Limit {
    Limit { bucket: "network:sign_in", max: limits.network_tries, window: SignedDuration::from_mins(15), pause: None }
}

/// Wrong codes in a day for one account, or for one registration or invitation whose phone is not proved yet.
pub fn wrong_codes(limits: &Limits) -> Limit {
    Limit { bucket: "codes:day", max: limits.codes_a_day, window: SignedDuration::from_hours(24), pause: None }
}
