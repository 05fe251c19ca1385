//! Who may be where, as plainly as it can be written: what each browser proved, what uses a proof up, and what ends what
//! was opened by it. The figures of locks and pauses are `limits_model`'s; here a door may always be shut to strangers, and
//! never be opened without proof, nor stay shut to the owner's own browser for longer than is written down.
//!
//! Another way in (a passkey, a recovery by staff) is another method beside [`Model::password`] that says what it asks for
//! and what it uses up, and another step in `ways_in`.

use std::collections::{BTreeMap, BTreeSet};

use salus::types::factor_kind::FactorKind;
use salus::types::ids::ChallengeId;

/// A browser and who sits at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The owner, in the browser that they always use.
    Home,
    /// The owner, somewhere else.
    Away,
    /// Somebody who knows the first password and holds nothing.
    Thief,
    /// Somebody who knows the mail address.
    Guesser,
}

pub const EVERYBODY: [Who; 4] = [Who::Home, Who::Away, Who::Thief, Who::Guesser];

/// What the door answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A full session.
    In,
    /// A session that may answer this challenge, or may choose a password once it is answered.
    Asked(ChallengeId),
    /// A wrong answer that counted; so many are left where that was told.
    Wrong(Option<i64>),
    /// Not before this instant.
    Until(i64),
    /// Anything else.
    No(String),
}

/// What a challenge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    SignIn,
    Reset(usize),
    StepUp,
    /// Proves the number that staff are asked to bind; opens nothing.
    Recover,
}

impl For {
    /// Whether what is asked for is the number's alone, not the owner's.
    pub fn is_staffs(self) -> bool {
        self == Self::Recover
    }

    fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Reset(_) => "reset",
            Self::StepUp => "step-up",
            Self::Recover => "new number",
        }
    }
}

pub struct Asked {
    pub purpose: For,
    pub tries: i64,
    pub expires: i64,
    pub over: bool,
    pub answered: bool,
    /// It was asked in a browser that had proved itself.
    pub known: bool,
    /// The newest code that came for it, and since when it works.
    pub code: Option<(String, i64)>,
    /// The codes that came before.
    pub replaced: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub full: bool,
    pub since: i64,
    pub seen: i64,
    pub proved: Option<i64>,
    pub challenge: Option<ChallengeId>,
}

#[derive(Default)]
pub struct Place {
    pub session: Option<Session>,
    pub known: bool,
    pub trusted_until: i64,
    /// Wrong answers since it was last let in.
    pub wrong: i64,
    /// Wrong codes in all.
    pub wrong_codes: i64,
}

/// A mailed link to a new password.
#[derive(Clone, Copy)]
pub struct Link {
    pub at: i64,
    pub ended: bool,
    pub proved: bool,
}

/// What somebody typed into a challenge, and what the page says of it.
pub struct Given<'a> {
    pub typed: &'a str,
    /// The factor that the page asks for.
    pub factor: FactorKind,
    /// Until when the page says that its code works.
    pub page_ends: i64,
    pub trust: bool,
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// What is asked of a step; the text says what was done that may not be.
pub type Fine = Result<(), String>;

fn must(holds: bool, or: impl FnOnce() -> String) -> Fine {
    if holds { Ok(()) } else { Err(or()) }
}

pub struct Model {
    pub password: String,
    pub is_void: bool,
    pub is_frozen: bool,
    /// Until when changes are paused after staff bound a phone.
    pub frozen_until: i64,
    /// When staff were asked last, by whom, and what proves the number.
    pub staff_ask: Option<(i64, Who, ChallengeId)>,
    /// Until when the phone that staff bound can be taken off again.
    pub undo_until: i64,
    pub places: BTreeMap<Who, Place>,
    pub asked: BTreeMap<ChallengeId, Asked>,
    pub links: Vec<Link>,
    /// The time step of the app that was used last.
    pub last_step: i64,
    /// What the app shows at each step.
    pub app: Box<dyn Fn(i64) -> String>,
    pub recovery: Vec<String>,
    pub used: BTreeSet<String>,
    /// Guesses of strangers over the life of the password that surely were looked at.
    pub strange: i64,
    /// How often what happened, so that a walk that meets nothing shows.
    pub happened: BTreeMap<String, u32>,
}

impl Model {
    pub fn note(&mut self, what: impl Into<String>) {
        *self.happened.entry(what.into()).or_default() += 1;
    }

    pub fn place(&mut self, who: Who) -> &mut Place {
        self.places.entry(who).or_default()
    }

    /// The session of a browser, if it has not run out.
    pub fn session(&self, who: Who, now: i64) -> Option<Session> {
        let session = self.places.get(&who)?.session?;
        let unused = if session.full { 15 * MINUTE } else { 30 * MINUTE };
        (now < session.seen + unused && now < session.since + 12 * HOUR).then_some(session)
    }

    /// Whether a proof inside the session is fresh.
    pub fn is_fresh(&self, who: Who, now: i64) -> bool {
        self.session(who, now).and_then(|session| session.proved).is_some_and(|proved| now - proved <= 10 * MINUTE)
    }

    pub fn ended(&mut self, who: Who) {
        self.place(who).session = None;
    }

    fn end_all(&mut self) {
        for place in self.places.values_mut() {
            (place.session, place.known, place.trusted_until) = (None, false, 0);
        }
    }

    /// Everything is forgotten, and every session over but the one of the browser in which that was wished.
    pub fn forget_devices(&mut self, by: Who) {
        for (who, place) in &mut self.places {
            (place.known, place.trusted_until) = (false, 0);
            place.session = place.session.filter(|_| *who == by);
        }
    }

    /// The owner's own browser, that did nothing wrong, is not shut out; and nobody for longer than a day.
    fn was_refused(&mut self, who: Who, is_known: bool, said: &Said, now: i64) -> Fine {
        self.note(format!("refused, {}", if is_known { "known" } else { "strange" }));
        let place = &self.places[&who];
        match said {
            Said::Until(until) => {
                must(until - now <= 24 * HOUR, || format!("{who:?} is shut out for {} s", (until - now) / 1000))?;
                let by_itself = place.wrong >= 10 || place.wrong_codes >= 40;
                must(!is_known || by_itself, || format!("others shut {who:?} out after {} of its own", place.wrong))
            }
            other => must(!is_known, || format!("{who:?} is known, did everything right, and hears {other:?}")),
        }
    }

    pub fn password(&mut self, who: Who, typed: &str, said: &Said, now: i64) -> Fine {
        let (right, is_void) = (typed == self.password && !self.is_void, self.is_void);
        let place = self.place(who);
        let (known, trusted) = (place.known, place.known && place.trusted_until > now);
        match said {
            Said::In => {
                must(right && trusted, || {
                    format!("{who:?} is in by a password alone (right: {right}, void: {is_void})")
                })?;
                let session = Session { full: true, since: now, seen: now, proved: None, challenge: None };
                (place.session, place.wrong) = (Some(session), 0);
                self.note("in as trusted");
            }
            Said::Asked(challenge) => {
                must(right, || format!("{who:?} is asked for a code after a wrong password"))?;
                let session = Session { full: false, since: now, seen: now, proved: None, challenge: Some(*challenge) };
                place.session = Some(session);
                self.open(*challenge, For::SignIn, known, now)?;
            }
            _ if right => return self.was_refused(who, known, said, now),
            _ => place.wrong += 1,
        }
        Ok(())
    }

    /// A challenge stands behind the browser's session: a new one, or the one that can still be answered.
    pub fn open(&mut self, id: ChallengeId, purpose: For, known: bool, now: i64) -> Fine {
        if let Some(asked) = self.asked.get(&id) {
            let can_be_answered = !asked.over && asked.tries < 5 && asked.expires > now;
            return must(can_be_answered && asked.purpose == purpose, || "what is over is asked for again".into());
        }
        let (expires, code, replaced) = (now + 30 * MINUTE, None, Vec::new());
        self.asked
            .insert(id, Asked { purpose, tries: 0, expires, over: false, answered: false, known, code, replaced });
        Ok(())
    }

    /// A code came for the challenge.
    pub fn came(&mut self, id: ChallengeId, code: String, now: i64) {
        let Some(asked) = self.asked.get_mut(&id) else { return };
        match &asked.code {
            Some((old, _)) if *old == code => {}
            old => {
                asked.replaced.extend(old.iter().map(|(code, _)| code.clone()));
                asked.code = Some((code, now));
            }
        }
    }

    /// The time step that a code of the app proves now.
    fn step_of(&self, typed: &str, now: i64) -> Option<i64> {
        let step = now / (30 * SECOND);
        (step - 1..=step + 1).find(|step| (self.app)(*step) == typed).filter(|step| *step > self.last_step)
    }

    /// Whether what was typed is a proof of what is asked for, and was not used.
    fn proves(&self, asked: &Asked, given: &Given<'_>, now: i64) -> bool {
        match given.factor {
            FactorKind::Sms | FactorKind::Voice | FactorKind::Email => {
                let is_it = |(code, since): &(String, i64)| code == given.typed && now < since + 5 * MINUTE;
                asked.code.as_ref().is_some_and(is_it)
            }
            FactorKind::Totp => self.step_of(given.typed, now).is_some(),
            FactorKind::Recovery => {
                self.recovery.iter().any(|code| code == given.typed) && !self.used.contains(given.typed)
            }
            FactorKind::Passkey => false,
        }
    }

    /// One answer of a browser. `alone`: no other was given at the same instant.
    pub fn answer(&mut self, who: Who, given: &Given<'_>, said: &Said, alone: bool, now: i64) -> Fine {
        let Some(id) = self.places[&who].session.and_then(|session| session.challenge) else {
            return must(*said != Said::In, || format!("{who:?} is in without being asked"));
        };
        let asked = &self.asked[&id];
        let is_open = !asked.over && asked.tries < 5 && asked.expires > now;
        let proves = self.proves(asked, given, now);
        let (known, purpose) = (asked.known, asked.purpose);
        let weight = if given.factor == FactorKind::Totp { 3 } else { 1 };
        let works = proves && (given.factor == FactorKind::Totp || now < given.page_ends);
        let asked = self.asked.get_mut(&id).unwrap();
        asked.tries += i64::from(is_open);
        let left = 5 - asked.tries;
        if !matches!(said, Said::In | Said::Asked(_)) {
            asked.over |= left == 0;
            if matches!(said, Said::Wrong(_)) {
                must(is_open, || format!("{who:?} had an answer looked at in a challenge that is over"))?;
                if let Said::Wrong(Some(told)) = said {
                    must(!alone || *told == left, || format!("{who:?} has {left} tries and is told {told}"))?;
                }
                if !known && purpose == For::SignIn {
                    self.strange += weight;
                    must(self.strange <= 100, || format!("strangers guessed {} times", self.strange))?;
                }
            }
            if !proves {
                self.note(format!("no proof, {}", given.factor));
            }
            self.place(who).wrong += 1;
            self.place(who).wrong_codes += 1;
            return if alone && is_open && works { self.was_refused(who, known, said, now) } else { Ok(()) };
        }
        (asked.over, asked.answered) = (true, true);
        must(is_open, || format!("{who:?} answered a challenge that is over, at try {}", 5 - left + 1))?;
        must(proves, || format!("{who:?} is in by {} as {}", given.typed, given.factor))?;
        must(known || purpose != For::SignIn || self.strange + weight <= 100, || "the password is spent".into())?;
        match given.factor {
            FactorKind::Totp => self.last_step = self.step_of(given.typed, now).unwrap(),
            _ => {
                self.used.insert(given.typed.to_owned());
            }
        }
        self.note(format!("{} by {}", purpose.word(), given.factor));
        let frozen = self.is_frozen || now < self.frozen_until;
        let place = self.place(who);
        (place.wrong, place.known) = (0, place.known || purpose == For::SignIn);
        let session = place.session.as_mut().unwrap();
        match purpose {
            For::SignIn => {
                *session = Session { full: true, since: now, seen: now, proved: Some(now), challenge: None };
                if given.trust && !frozen {
                    place.trusted_until = now + 30 * 24 * HOUR;
                }
            }
            For::StepUp => {
                must(session.full, || "a step-up without a session".into())?;
                (session.proved, session.seen, session.challenge) = (Some(now), now, None);
            }
            For::Recover => {
                *session = Session { full: false, since: now, seen: now, proved: None, challenge: Some(id) };
            }
            For::Reset(link) => {
                *session = Session { full: false, since: now, seen: now, proved: None, challenge: Some(id) };
                self.links[link].proved = true;
            }
        }
        Ok(())
    }

    /// A link to a new password came by mail.
    pub fn link_came(&mut self, now: i64) {
        for link in self.links.iter_mut().filter(|link| !link.proved) {
            link.ended = true;
        }
        self.links.push(Link { at: now, ended: false, proved: false });
    }

    /// A link was opened, and asked for a second factor or not.
    pub fn link_opened(&mut self, who: Who, link: usize, said: &Said, now: i64) -> Fine {
        let works = !self.links[link].ended && now < self.links[link].at + 30 * MINUTE;
        let Said::Asked(challenge) = said else { return must(!works, || "a good link does not open".into()) };
        must(works, || "a link that is over opens".into())?;
        let place = self.place(who);
        let known = place.known;
        place.session = Some(Session { full: false, since: now, seen: now, proved: None, challenge: Some(*challenge) });
        self.open(*challenge, For::Reset(link), known, now)
    }

    /// A new password was chosen, or refused.
    pub fn chosen(&mut self, who: Who, password: &str, done: bool, now: i64) -> Fine {
        let asked = self.session(who, now).and_then(|session| self.asked.get(&session.challenge?));
        let link = asked.filter(|asked| asked.answered).and_then(|asked| match asked.purpose {
            For::Reset(link) => Some(link),
            _ => None,
        });
        let works = |link: &usize| {
            let link = &self.links[*link];
            link.proved && !link.ended && now < link.at + 30 * MINUTE
        };
        let link = link.filter(works);
        if !done {
            return must(link.is_none(), || format!("{who:?} proved link and code, and may not choose a password"));
        }
        let link = link.ok_or_else(|| format!("{who:?} chose a password without link and code"))?;
        self.links[link].ended = true;
        (self.password, self.is_void, self.strange) = (password.to_owned(), false, 0);
        self.end_all();
        self.note("a new password");
        Ok(())
    }

    /// Somebody asks staff to bind a number: only who was half-way in by password or link.
    pub fn staff_asked(&mut self, who: Who, id: ChallengeId, now: i64) -> Fine {
        let session = self.session(who, now).filter(|session| !session.full);
        must(session.is_some(), || format!("{who:?} asks staff without password or link"))?;
        must(who != Who::Guesser, || "somebody who knows nothing asks staff".into())?;
        self.place(who).session.as_mut().unwrap().challenge = Some(id);
        self.place(who).session.as_mut().unwrap().seen = now;
        self.staff_ask = Some((now, who, id));
        self.open(id, For::Recover, false, now)
    }

    /// Staff bound the new phone.
    pub fn approved(&mut self, now: i64) -> Fine {
        let (asked_at, who, id) = self.staff_ask.take().ok_or("staff bound a phone that nobody asked for")?;
        must(self.asked[&id].answered, || "staff bound a number without its code".into())?;
        must(now - asked_at >= 24 * HOUR, || format!("staff bound a phone after {} s", (now - asked_at) / SECOND))?;
        must(matches!(who, Who::Home | Who::Away), || format!("staff bound the phone of {who:?}"))?;
        self.end_all();
        self.undo_until = now + 72 * HOUR;
        self.frozen_until = self.undo_until;
        self.note("staff bound a phone");
        Ok(())
    }

    /// The owner took the new phone off again.
    pub fn undone(&mut self, now: i64) -> Fine {
        must(now < self.undo_until, || "a phone was taken off too late, or twice".into())?;
        self.undo_until = 0;
        self.reported();
        self.note("undone");
        Ok(())
    }

    /// The link that takes it off said no.
    pub fn not_undone(&mut self, now: i64) -> Fine {
        must(now >= self.undo_until, || "a phone was not taken off".into())
    }

    /// The owner said that something was not them.
    pub fn reported(&mut self) {
        (self.is_void, self.is_frozen) = (true, true);
        self.note("reported");
        for link in &mut self.links {
            link.ended = true;
        }
        self.end_all();
    }
}
