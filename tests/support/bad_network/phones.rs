//! Phones: when each was to get its code, and what came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use salus::types::ids::ChallengeId;

/// One phone, of one person who asks for one code.
#[derive(Clone, Debug, Default)]
pub struct Phone {
    asked_at: Option<Instant>,
    /// The challenge, and the code that its text must carry.
    pub asked: Option<(ChallengeId, String)>,
    /// Requests with a text for it that a gateway read.
    pub requests: usize,
    /// Those of them that the gateway said it did not take.
    pub refused: usize,
    arrivals: Vec<(Instant, String)>,
    /// Texts that the phone's network showed once more.
    pub copies: usize,
}

impl Phone {
    /// The texts with its own code, each with how long after asking it came.
    pub fn arrivals(&self) -> Vec<Duration> {
        let Some((asked_at, (_, code))) = self.asked_at.zip(self.asked.as_ref()) else { return Vec::new() };
        let right = self.arrivals.iter().filter(|(_, came)| came == code);
        right.map(|(at, _)| at.saturating_duration_since(asked_at)).collect()
    }

    /// Texts with a code that is not its own.
    pub fn strange(&self) -> usize {
        self.arrivals.len() - self.arrivals().len()
    }

    /// How long after asking the code was in the hand.
    pub fn in_hand(&self) -> Option<Duration> {
        self.arrivals().into_iter().min()
    }
}

/// All phones of a run, by number.
#[derive(Clone, Default)]
pub struct Phones(Arc<Mutex<HashMap<String, Phone>>>);

impl Phones {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Phone>> {
        self.0.lock().unwrap()
    }

    /// Somebody asked for a code at this instant.
    pub fn asks(&self, number: &str, asked_at: Instant, challenge: ChallengeId, code: String) {
        let mut all = self.all();
        let phone = all.entry(number.to_owned()).or_default();
        phone.asked_at = Some(asked_at);
        phone.asked = Some((challenge, code));
    }

    /// A gateway read a request; answers the how manieth for this phone, from 0.
    pub fn requested(&self, number: &str) -> usize {
        let mut all = self.all();
        let phone = all.entry(number.to_owned()).or_default();
        phone.requests += 1;
        phone.requests - 1
    }

    /// The gateway says that it did not take the text.
    pub fn refused(&self, number: &str) {
        self.all().entry(number.to_owned()).or_default().refused += 1;
    }

    /// A text is in the phone.
    pub fn arrives(&self, number: &str, text: &str) {
        let code = text.rsplit('#').next().unwrap_or_default().trim().to_owned();
        self.all().entry(number.to_owned()).or_default().arrivals.push((Instant::now(), code));
    }

    /// The phone's network shows a text once more.
    pub fn copied(&self, number: &str) {
        self.all().entry(number.to_owned()).or_default().copies += 1;
    }

    /// How many have their code.
    pub fn reached(&self) -> usize {
        self.all().values().filter(|phone| !phone.arrivals.is_empty()).count()
    }

    /// Everything so far.
    pub fn taken(&self) -> Vec<Phone> {
        self.all().values().cloned().collect()
    }
}
