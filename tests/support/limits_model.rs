//! The limits table as plainly as it can be written: what the door should answer to each step.

use std::collections::HashMap;

/// From which browser: one that never proves itself, or the owner's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum From {
    Strange,
    Known,
}

/// What a step answered, in words; instants in milliseconds.
pub type Said = (&'static str, i64);

#[derive(Clone, Copy, Default)]
pub struct Tally {
    count: i64,
    ends: i64,
    blocked: Option<i64>,
}

impl Tally {
    /// Takes one; answers until when nothing is left.
    pub fn take(&mut self, now: i64, max: i64, window: i64, pause: Option<i64>) -> Option<i64> {
        if self.ends <= now {
            *self = Self { count: 1, ends: now + window, blocked: None };
        } else {
            self.count += 1;
            if self.count == max {
                self.blocked = pause.map(|pause| now + pause);
                self.ends = self.ends.max(self.blocked.unwrap_or(0));
            }
        }
        (self.count > max).then(|| self.blocked.unwrap_or(self.ends))
    }
}

#[derive(Clone, Copy, Default)]
pub struct Lock {
    pub in_a_row: i64,
    pub locks: i64,
    pub until: i64,
}

#[derive(Clone, Copy)]
pub struct Asked {
    tries: i64,
    sends: i64,
    next: i64,
    code_ends: i64,
    expires: i64,
    over: bool,
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// The limits table of the product, as plainly as it can be written.
#[derive(Default)]
pub struct Model {
    pub passwords: HashMap<From, Tally>,
    pub locks: HashMap<From, Lock>,
    pub asked: HashMap<From, Asked>,
    pub short: HashMap<From, Tally>,
    pub day: HashMap<From, Tally>,
    pub codes_today: HashMap<From, Tally>,
    pub strange: i64,
    pub factor: i64,
    pub times_locked: i64,
}

impl Model {
    fn locked(&self, from: From, now: i64) -> Option<i64> {
        self.locks.get(&from).map(|lock| lock.until).filter(|until| *until > now)
    }

    fn count_wrong(&mut self, from: From, now: i64) -> Option<i64> {
        let lock = self.locks.entry(from).or_default();
        lock.in_a_row += 1;
        if lock.in_a_row < 10 {
            return None;
        }
        lock.until = now + ((15 * MINUTE) << lock.locks.min(16)).min(24 * HOUR);
        *lock = Lock { in_a_row: 0, locks: lock.locks + 1, until: lock.until };
        self.times_locked += 1;
        Some(lock.until)
    }

    fn send(&mut self, from: From, now: i64) -> Option<i64> {
        let asked = self.asked.get_mut(&from).unwrap();
        let earliest = now + [30, 60, 120][asked.sends.min(2) as usize] * SECOND;
        let (short, day) = (self.short.entry(from).or_default(), self.day.entry(from).or_default());
        let refused = short.take(now, 5, 15 * MINUTE, None).or_else(|| day.take(now, 10, 24 * HOUR, None));
        if let Some(until) = refused {
            asked.next = until.max(earliest);
            return Some(asked.next);
        }
        if asked.code_ends - now < 2 * MINUTE {
            asked.code_ends = now + 5 * MINUTE;
        }
        (asked.next, asked.sends) = (earliest, asked.sends + 1);
        None
    }

    pub fn password(&mut self, from: From, right: bool, now: i64) -> Said {
        let tally = self.passwords.entry(from).or_default();
        if let Some(until) = tally.take(now, 10, 15 * MINUTE, Some(15 * MINUTE)) {
            return ("paused", until);
        }
        if !right {
            if self.locked(from, now).is_none() {
                self.count_wrong(from, now);
            }
            return ("wrong", 0);
        }
        (tally.count, tally.blocked) = (tally.count - 1, None);
        if let Some(until) = self.locked(from, now) {
            return ("locked", until);
        }
        if from == From::Strange && self.strange >= 100 {
            return ("spent", 0);
        }
        let live = |asked: &Asked| !asked.over && asked.expires > now && asked.tries < 5 && asked.code_ends > now;
        if !self.asked.get(&from).is_some_and(live) {
            let (code_ends, expires) = (now + 5 * MINUTE, now + 30 * MINUTE);
            self.asked.insert(from, Asked { tries: 0, sends: 0, next: now, code_ends, expires, over: false });
            self.send(from, now);
        }
        ("asked", 0)
    }

    pub fn code(&mut self, from: From, right: bool, now: i64) -> Said {
        let Some(asked) = self.asked.get_mut(&from) else { return ("nothing", 0) };
        if asked.over || asked.expires <= now || asked.tries >= 5 {
            return ("ended", 0);
        }
        asked.tries += 1;
        let asked = *asked;
        if let Some(until) = self.locked(from, now) {
            return ("locked", until);
        }
        if from == From::Strange && self.strange >= 100 {
            return ("spent", 0);
        }
        if self.factor >= 100 {
            return ("off", 0);
        }
        let today = self.codes_today.entry(from).or_default();
        if today.ends > now && today.count >= 40 {
            return ("locked", today.ends);
        }
        if right && asked.code_ends > now && asked.sends > 0 {
            self.factor = 0;
            self.locks.remove(&from);
            self.asked.get_mut(&from).unwrap().over = true;
            self.passwords.remove(&From::Strange);
            self.passwords.remove(&from);
            return ("in", 0);
        }
        self.codes_today.entry(from).or_default().take(now, 40, 24 * HOUR, None);
        self.factor += i64::from(from == From::Known);
        self.strange += i64::from(from == From::Strange);
        let locked = self.count_wrong(from, now);
        let left = 5 - asked.tries;
        if left == 0 {
            self.asked.get_mut(&from).unwrap().over = true;
        }
        match locked {
            Some(until) => ("locked", until),
            None if left == 0 => ("ended", 0),
            None if asked.code_ends <= now => ("expired", left),
            None => ("wrong", left),
        }
    }

    pub fn resend(&mut self, from: From, now: i64) -> Said {
        let Some(asked) = self.asked.get(&from) else { return ("nothing", 0) };
        if asked.over || asked.expires <= now {
            return ("ended", 0);
        }
        if asked.next > now {
            return ("wait", asked.next);
        }
        match self.send(from, now) {
            Some(until) => ("wait", until),
            None => ("sent", 0),
        }
    }
}
