//! Where one value of a known browser's cookie stands among the values before and after it.

use crate::clock::{SignedDuration, Timestamp};

/// How long a value that was replaced may still come from the same browser: a second tab, or an answer that was lost.
pub(super) const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// What is stored of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// When the next took its place.
    pub replaced_at: Option<Timestamp>,
    /// Whether a newer one ever came with the right password: then the answer that brought it was not lost.
    pub newer_came: bool,
}

/// What follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It may excuse once.
    Newest,
    /// An old one that may still come from its own browser.
    Late,
    /// Somebody has it who should not.
    Copied,
}

/// Judges a value; `was_known`: the browser answers a code that it was asked for while it was known by this value.
pub(super) fn standing(state: &State, was_known: bool, now: Timestamp) -> Standing {
    match state.replaced_at {
        None => Standing::Newest,
        Some(_) if state.newer_came => Standing::Copied,
        Some(at) if was_known || now.duration_since(at) <= GRACE => Standing::Late,
        Some(_) => Standing::Copied,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_ms;

    #[test]
    fn an_old_value_is_late_for_a_minute_unless_a_newer_one_came() {
        let replaced = State { replaced_at: Some(from_ms(0)), newer_came: false };
        let after = |ms| standing(&replaced, false, from_ms(ms));
        assert_eq!((after(0), after(60_000), after(60_001)), (Standing::Late, Standing::Late, Standing::Copied));
        let answering = standing(&replaced, true, from_ms(240_000));
        assert_eq!(answering, Standing::Late, "whoever reads the text slowly");
        let overtaken = State { newer_came: true, ..replaced };
        assert_eq!(standing(&overtaken, false, from_ms(1)), Standing::Copied);
        assert_eq!(standing(&overtaken, true, from_ms(1)), Standing::Copied);
        let newest = State { replaced_at: None, newer_came: false };
        assert_eq!(standing(&newest, false, from_ms(i64::from(i32::MAX))), Standing::Newest);
    }
}
