//! What goes wrong at a gateway, and how often.

use std::time::Duration;

/// A span in milliseconds: at least, at most.
pub type Span = (u64, u64);

/// A wrong answer to a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// 429, come again in a second; the text is not taken.
    Busy,
    /// 500.
    Failed,
    /// 200, and a page instead of JSON.
    Malformed,
    /// No answer.
    Hang,
    /// The connection is reset.
    Reset,
    /// A byte of an answer now and then, for ever.
    Drip,
}

/// How often an answer is wrong, and how often the text is delivered all the same.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub wrong: Wrong,
    /// The share of sends.
    pub share: f64,
    /// The share of these whose text leaves.
    pub leaves: f64,
}

/// How receipts come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipts {
    /// Each state once, after the answer, in order.
    InOrder,
    /// Before the answer, twice each, the last state first.
    Wild,
    /// In order, each after some that somebody forged.
    AmongForged,
    /// None.
    Silent,
}

/// One gateway's weather.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Nobody listens.
    pub refuses: bool,
    /// How long an answer takes.
    pub answer: Span,
    /// The ways in which answers are wrong; their shares add up to at most 1.
    pub faults: &'static [Fault],
    /// The share of texts that never reach the phone.
    pub lost: f64,
    /// Whether the gateway tells that a lost text was not delivered.
    pub tells_loss: bool,
    /// How long a text travels.
    pub travel: Span,
    /// The share of texts that travel slowly, and how long these do.
    pub slow: (f64, Span),
    /// The share of texts that the phone's network shows twice.
    pub copied: f64,
    /// How receipts come.
    pub receipts: Receipts,
}

/// Nothing goes wrong.
pub const CALM: Weather = Weather {
    refuses: false,
    answer: (50, 200),
    faults: &[],
    lost: 0.0,
    tells_loss: false,
    travel: (500, 3000),
    slow: (0.0, (0, 0)),
    copied: 0.0,
    receipts: Receipts::InOrder,
};

/// What is drawn; each question has its own chance.
#[derive(Clone, Copy)]
pub enum Question {
    Fault,
    Leaves,
    Lost,
    Slow,
    Copied,
    Answer,
    Travel,
}

/// The chances of one send.
#[derive(Clone, Copy)]
pub struct Lot(u64);

impl Lot {
    /// The lot of a phone's n-th send through a gateway.
    pub fn of(seed: u64, gateway: &str, phone: &str, send: usize) -> Self {
        let text = gateway.bytes().chain(phone.bytes());
        let mixed = text.fold(seed, |state, byte| mix(state ^ u64::from(byte)));
        Self(mix(mixed ^ send as u64))
    }

    /// From 0 to below 1.
    pub fn draw(self, question: Question) -> f64 {
        (mix(self.0 ^ (question as u64 + 1)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A span between the two.
    pub fn within(self, question: Question, span: Span) -> Duration {
        let width = span.1.saturating_sub(span.0) as f64;
        Duration::from_millis(span.0 + (width * self.draw(question)) as u64)
    }
}

/// SplitMix64, whose every output depends on every bit of the input.
fn mix(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// What becomes of one send.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    /// The wrong answer, if it is one.
    pub wrong: Option<Wrong>,
    /// Whether the gateway sends the text on.
    pub leaves: bool,
    /// Whether it reaches the phone.
    pub arrives: bool,
    /// Whether the phone's network shows it twice.
    pub copied: bool,
    pub answer: Duration,
    pub travel: Duration,
}

impl Weather {
    /// The fate of a send.
    pub fn fate(&self, lot: Lot) -> Fate {
        let mut left = lot.draw(Question::Fault);
        let fault = self.faults.iter().find(|fault| {
            left -= fault.share;
            left < 0.0
        });
        let leaves = fault.is_none_or(|fault| fault.wrong != Wrong::Busy && lot.draw(Question::Leaves) < fault.leaves);
        let is_slow = lot.draw(Question::Slow) < self.slow.0;
        Fate {
            wrong: fault.map(|fault| fault.wrong),
            leaves,
            arrives: leaves && lot.draw(Question::Lost) >= self.lost,
            copied: lot.draw(Question::Copied) < self.copied,
            answer: lot.within(Question::Answer, self.answer),
            travel: lot.within(Question::Travel, if is_slow { self.slow.1 } else { self.travel }),
        }
    }
}
