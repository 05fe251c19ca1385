//! A simulator of bad networks: gateways that fail in every way known, phones that keep when a code was in the hand, and
//! a crowd of people who ask for one. What is between is the real product, over real HTTP and by the real clock.
//!
//! A gateway here speaks its provider's protocol as strictly as the provider (the judges of the doubles). What goes
//! wrong is drawn by a generator with a seed from the phone and the number of the send, so that the same seed loses the
//! same texts whatever order they come in.
#![allow(dead_code, reason = "each test target uses its own part")]

pub mod area_codes;
pub mod callbacks;
pub mod crowd;
pub mod gateway;
pub mod phones;
pub mod process;
pub mod run;
pub mod tally;
pub mod weather;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use phones::Phones;

/// At most so many sends of one code: the default of `SALUS_CODE_SENDS`.
pub const MOST_SENDS: i64 = 4;
/// The public address that gateways are told to call.
pub const ORIGIN: &str = "https://portal.example";

/// Asked when a gateway has taken its n-th text and has not answered: what else is to happen now.
pub type OnTaken = Arc<dyn Fn(usize) + Send + Sync>;

/// What all gateways of a run share.
#[derive(Clone)]
pub struct Network {
    pub phones: Phones,
    pub seed: u64,
    pub callbacks: callbacks::Callbacks,
    on_taken: Arc<Mutex<Option<OnTaken>>>,
}

impl Network {
    /// A network whose receipts are called in at these addresses, in turns.
    pub fn new(seed: u64, portals: Vec<SocketAddr>) -> Self {
        let callbacks = callbacks::Callbacks::new(portals);
        Self { phones: Phones::default(), seed, callbacks, on_taken: Arc::default() }
    }

    /// Lets something happen between a text's taking and its answer.
    pub fn when_taken(&self, act: OnTaken) {
        *self.on_taken.lock().unwrap() = Some(act);
    }

    fn taken(&self, number: usize) {
        let act = self.on_taken.lock().unwrap().clone();
        if let Some(act) = act {
            act(number);
        }
    }
}
