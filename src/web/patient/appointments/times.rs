//! Free times to choose from, as booking and moving show them.

use jiff::civil::Date;

use crate::care::appointments::BookRefusal;
use crate::care::doctors::Doctor;
use crate::care::slots::{self, SlotKey, SlotPage, Whose};
use crate::clock::Timestamp;
use crate::types::ids::AccountId;
use crate::web::care::doctor_named;
use crate::web::forms::Choice;
use crate::web::guard::{Ctx, Patient};
use crate::web::layout::Layout;
use crate::web::problem::Problem;

/// One day of a page of times.
pub struct Day {
    /// Which, in words.
    pub heading: String,
    /// Its free times.
    pub times: Vec<Choice>,
}

/// A page of times.
pub struct Times {
    /// Its days in order.
    pub days: Vec<Day>,
    /// The zone of the times, in words.
    pub zone: String,
    /// The clinic's zone, in words, where its clock differs.
    pub clinic_zone: Option<String>,
    /// The first day of the page before.
    pub earlier: Option<Date>,
    /// The first day of the page after.
    pub later: Option<Date>,
    /// When no time is free on these days: the next day with one, and its words.
    pub next_free: Option<(Date, String)>,
    /// Whether no time is free on these days.
    pub is_empty: bool,
}

impl Times {
    /// A page as a person reads it; `names` tells with whom a time is, where that is not the same for all.
    pub fn new(
        layout: &Layout,
        page: &SlotPage,
        chosen: Option<&SlotKey>,
        names: impl Fn(AccountId) -> Option<String>,
    ) -> Self {
        let words = &layout.words;
        let clinic = &layout.clinic.zone;
        let first = page.days.iter().flat_map(|(_, slots)| slots).next().map_or(layout.now, |slot| slot.span.starts_at);
        let differs = clinic.rules().to_offset(first) != layout.zone.rules().to_offset(first);
        let hint = |at: Timestamp, doctor: AccountId| match (names(doctor), differs) {
            (Some(name), true) => {
                Some(words.with("book-hint-both").arg("doctor", name).arg("time", words.time(at, clinic)).to_string())
            }
            (Some(name), false) => Some(name),
            (None, true) => Some(words.with("book-hint-clinic").arg("time", words.time(at, clinic)).to_string()),
            (None, false) => None,
        };
        let days = page.days.iter().map(|(date, slots)| Day {
            heading: words.date(*date),
            times: slots
                .iter()
                .map(|slot| {
                    let (key, at) = (slot.key(), slot.span.starts_at);
                    let choice = Choice::new(key.to_string(), layout.time(&at), chosen == Some(&key));
                    Choice { hint: hint(at, slot.doctor), ..choice }
                })
                .collect(),
        });
        Self {
            days: days.collect(),
            zone: words.zone(&layout.zone),
            clinic_zone: differs.then(|| words.zone(clinic)),
            earlier: page.earlier,
            later: page.later,
            next_free: page.next_free.map(|day| (day, words.date(day))),
            is_empty: page.is_empty(),
        }
    }

    /// The first time's value: it carries the id that an error's link leads to.
    pub fn first(&self) -> &str {
        self.days.iter().flat_map(|day| &day.times).next().map_or("", |time| &time.value)
    }
}

/// Times, and whose they are.
pub struct Offer {
    /// The doctor's name; None for the first free one, who is then named with each time.
    pub doctor: Option<String>,
    /// What they do.
    pub specialty: String,
    /// The times.
    pub times: Times,
}

impl Offer {
    /// The free times of a doctor or a specialty, around the day asked for or the time chosen.
    ///
    /// # Errors
    /// When there is no such doctor, or the database fails.
    pub async fn new(
        ctx: &Ctx<Patient>,
        layout: &Layout,
        doctors: &[Doctor],
        whose: &Whose,
        (day, chosen): (&str, Option<&SlotKey>),
    ) -> Result<Self, Problem> {
        let known = |id: AccountId| doctors.iter().find(|doctor| doctor.id == id).ok_or(Problem::NotFound);
        let named = |doctor: &Doctor| doctor_named(&layout.words, &doctor.name);
        let (doctor, specialty) = match whose {
            Whose::Doctor(id) => known(*id).map(|doctor| (Some(named(doctor)), doctor.specialty.clone()))?,
            Whose::Specialty(specialty) => (None, specialty.clone()),
        };
        let page = slots::page(&ctx.portal, whose, first_day(layout, day, chosen), &layout.zone).await?;
        let times = Times::new(layout, &page, chosen, |id| known(id).ok().filter(|_| doctor.is_none()).map(named));
        Ok(Self { doctor, specialty, times })
    }
}

/// The day to begin with: the one asked for, else that of the chosen time, else today.
pub fn first_day(layout: &Layout, asked: &str, chosen: Option<&SlotKey>) -> Date {
    let rules = layout.zone.rules();
    let day_of = |at: Timestamp| rules.to_datetime(at).date();
    let chosen = chosen.map(|key| key.starts_at).filter(|at| *at > layout.now);
    asked.parse().unwrap_or_else(|_| day_of(chosen.unwrap_or(layout.now)))
}

/// What is wrong with a time, in a sentence; None is for no time chosen at all.
pub fn sentence(layout: &Layout, refusal: Option<BookRefusal>, slot: Option<&SlotKey>) -> String {
    let with_time = |key| {
        let time = slot.map(|slot| layout.day_time(&slot.starts_at)).unwrap_or_default();
        layout.words.with(key).arg("time", time).to_string()
    };
    match refusal {
        Some(BookRefusal::SlotTaken) => with_time("book-taken"),
        Some(BookRefusal::YouAreBusy) => with_time("book-busy"),
        Some(BookRefusal::InThePast) => with_time("book-past"),
        Some(BookRefusal::NotASlot | BookRefusal::TooFar) => with_time("book-not_offered"),
        Some(BookRefusal::NoReason | BookRefusal::ReasonTooLong | BookRefusal::NotAPatient) | None => {
            layout.words.t("book-time-empty")
        }
    }
}
