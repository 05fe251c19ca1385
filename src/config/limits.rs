//! The limits' figures. Defaults and bounds are the clinic's policy; sources stand beside each.

use crate::clock::SignedDuration;

use super::Lookup;

/// Every figure that a rule counts against.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `SALUS_PASSWORD_LEAST`: characters of a password, 8 to 64; 12 unless set (NIST asks 8 with a second factor).
    pub password_least: usize,
    /// How long a code works: 5 min.
    pub code_life: SignedDuration,
    /// With less than this left, asking again makes a fresh code: 2 min.
    pub code_fresh_under: SignedDuration,
    /// Wrong codes in one challenge before it ends: 5.
    pub challenge_tries: i64,
    /// How long a challenge can be answered at all, over several codes: 30 min.
    pub challenge_life: SignedDuration,
    /// Wrong answers in a row before the first lock: 10 (ASVS 6.3).
    pub lock_after: i64,
    /// The first lock: 15 min; each further one doubles.
    pub lock_first: SignedDuration,
    /// The longest lock: 24 h.
    pub lock_longest: SignedDuration,
    /// Wrong codes for one account in a day: 40.
    pub codes_a_day: i64,
    /// Wrong answers in a row on one factor over its life: 100 (NIST SP 800-63B 3.2.2).
    pub factor_life: i64,
    /// Wrong codes from browsers that never proved themselves over the life of a password: 100.
    pub strange_life: i64,
    /// … told to the owner at: 5.
    pub strange_told: i64,
    /// Wrong passwords for one typed email in 15 min: 10, then paused 15 min.
    pub passwords_wrong: i64,
    /// The window and the pause of wrong passwords: 15 min.
    pub passwords_window: SignedDuration,
    /// Sign-in tries from one network in 15 min: 60.
    pub network_tries: i64,
    /// Pauses before the next send of one challenge: 30 s, 60 s, 120 s and so on.
    pub send_pauses: [SignedDuration; 3],
    /// Sends to one number in 15 min: 5.
    pub sends_short: i64,
    /// Sends to one number in a day: 10.
    pub sends_day: i64,
    /// `SALUS_TEXTS_NETWORK_HOUR`: codes that one network may ask for in an hour, 1 to 100 000; 25 unless set. Numbers
    /// that are not proved count apart from accounts in unknown browsers; known browsers are not counted.
    pub texts_network: i64,
    /// `SALUS_TEXTS_NETWORK_DAY`: the same in a day; 100 unless set.
    pub texts_network_day: i64,
    /// `SALUS_TEXTS_RANGE_HOUR`: codes to numbers that are not proved and differ in the last four digits only, in an
    /// hour, 1 to 100 000; 50 unless set.
    pub texts_range: i64,
    /// `SALUS_TEXTS_RANGE_DAY`: the same in a day; 200 unless set.
    pub texts_range_day: i64,
    /// `SALUS_TEXTS_HOUR`: codes by text in all in an hour, 1 to 10 000 000; 2000 unless set.
    pub texts_hour: i64,
    /// `SALUS_TEXTS_DAY`: the same in a day; 20 000 unless set.
    pub texts_day: i64,
    /// `SALUS_CODE_SENDS`: how often one code is sent at most, by texts and calls of all gateways: 2 to 8; 4 unless set.
    pub code_sends: i64,
    /// Registrations from one network in an hour: 10.
    pub registrations: i64,
    /// How long an abandoned registration can be resumed: 24 h.
    pub registration_life: SignedDuration,
    /// `SALUS_SESSION_IDLE_MINUTES`: a session without use ends after 2 to 30 minutes; 15 unless set.
    pub session_idle: SignedDuration,
    /// The idle end is warned of before: 150 s.
    pub session_warn: SignedDuration,
    /// A session ends whatever happens after: 12 h.
    pub session_longest: SignedDuration,
    /// How old a proof may be for what asks for one: 10 min.
    pub step_up: SignedDuration,
    /// How long a browser is trusted: 30 days.
    pub trust: SignedDuration,
    /// How long a reset link works: 30 min.
    pub reset_life: SignedDuration,
    /// How long an invitation works: 7 days.
    pub invitation_life: SignedDuration,
    /// `SALUS_RECOVERY_WAIT_HOURS`: hours from asking for a way back in until staff may approve it, 0 to 168; 24 unless
    /// set. 0 is for a clinic that sees everybody in person.
    pub recovery_wait: SignedDuration,
    /// How long such a request waits for staff: 14 days.
    pub recovery_life: SignedDuration,
    /// How long a new number can be undone by mailed link, and sensitive acts are paused: 72 h.
    pub recovery_undo: SignedDuration,
}

impl Limits {
    pub(super) fn read(vars: &mut Lookup) -> Self {
        let (s, m, h) = (SignedDuration::from_secs, SignedDuration::from_mins, SignedDuration::from_hours);
        Self {
            password_least: vars.number("SALUS_PASSWORD_LEAST", 12, 8..=64) as usize,
            code_life: m(5),
            code_fresh_under: m(2),
            challenge_tries: 5,
            challenge_life: m(30),
            lock_after: 10,
            lock_first: m(15),
            lock_longest: h(24),
            codes_a_day: 40,
            factor_life: 100,
            strange_life: 100,
            strange_told: 5,
            passwords_wrong: 10,
            passwords_window: m(15),
            network_tries: 60,
            send_pauses: [s(30), s(60), s(120)],
            sends_short: 5,
            sends_day: 10,
            texts_network: vars.number("SALUS_TEXTS_NETWORK_HOUR", 25, 1..=100_000),
            texts_network_day: vars.number("SALUS_TEXTS_NETWORK_DAY", 100, 1..=1_000_000),
            texts_range_day: vars.number("SALUS_TEXTS_RANGE_DAY", 200, 1..=1_000_000),
            texts_range: vars.number("SALUS_TEXTS_RANGE_HOUR", 50, 1..=100_000),
            texts_hour: vars.number("SALUS_TEXTS_HOUR", 2_000, 1..=10_000_000),
            texts_day: vars.number("SALUS_TEXTS_DAY", 20_000, 1..=10_000_000),
            code_sends: vars.number("SALUS_CODE_SENDS", 4, 2..=8),
            registrations: 10,
            registration_life: h(24),
            session_idle: m(vars.number("SALUS_SESSION_IDLE_MINUTES", 15, 2..=30)),
            session_warn: s(150),
            session_longest: h(12),
            step_up: m(10),
            trust: h(24 * 30),
            reset_life: m(30),
            invitation_life: h(24 * 7),
            recovery_wait: h(vars.number("SALUS_RECOVERY_WAIT_HOURS", 24, 0..=168)),
            recovery_life: h(24 * 14),
            recovery_undo: h(72),
        }
    }
}
