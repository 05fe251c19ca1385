//! The one source of the present: the system's clock, or one that a test moves by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub use jiff::{SignedDuration, Timestamp};

/// Tells the time in whole milliseconds, the resolution that is stored.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    ByHand(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until [`Clock::advance`] moves it.
    pub fn by_hand(start: Timestamp) -> Self {
        Self(Source::ByHand(Arc::new(AtomicI64::new(start.as_millisecond()))))
    }

    /// The present instant, cut to milliseconds.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => from_ms(Timestamp::now().as_millisecond()),
            Source::ByHand(ms) => from_ms(ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a clock made by [`Clock::by_hand`]; the system's clock does not move.
    pub fn advance(&self, span: SignedDuration) {
        if let Source::ByHand(ms) = &self.0 {
            ms.fetch_add(span.as_millis() as i64, Ordering::SeqCst);
        }
    }

    /// Whether this clock is moved by hand.
    pub fn is_by_hand(&self) -> bool {
        matches!(self.0, Source::ByHand(_))
    }
}

/// The instant `ms` Unix milliseconds UTC; the ends of time for a number beyond them.
pub fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
