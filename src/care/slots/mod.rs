//! Slots: the times a doctor can be booked, made from weekly hours, less what is booked and days off.

mod expand;
mod hours;
mod sql;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::care::appointments;
use crate::clock::{SignedDuration, Timestamp, from_ms};
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::ids::AccountId;
use crate::types::zone::Zone;

pub use expand::{slots_of_day, slots_within};
pub use hours::{Hours, HoursRefusal, SLOT_MINUTES, Schedule, check, schedule, set_day_off, set_hours};

/// How far ahead a time can be booked.
pub const HORIZON: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How many days one page of times shows.
pub const DAYS_A_PAGE: i32 = 5;

/// From an instant until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first instant in it.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
}

impl Span {
    fn meets(&self, other: &Span) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }
}

/// Whose times are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// One doctor's.
    Doctor(AccountId),
    /// The first free doctor of a specialty.
    Specialty(String),
}

/// A time that can be booked. Its text form goes into forms: see [`SlotKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// With whom.
    pub doctor: AccountId,
    /// When.
    pub span: Span,
}

impl Slot {
    /// What names it in a form.
    pub fn key(&self) -> SlotKey {
        SlotKey { doctor: self.doctor, starts_at: self.span.starts_at }
    }
}

/// What a form says of a slot: the doctor and the start, `{doctor}_{Unix milliseconds}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotKey {
    /// With whom.
    pub doctor: AccountId,
    /// From when.
    pub starts_at: Timestamp,
}

impl fmt::Display for SlotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.doctor, self.starts_at.as_millisecond())
    }
}

impl FromStr for SlotKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (doctor, ms) = text.split_once('_').ok_or(())?;
        Ok(Self { doctor: doctor.parse().map_err(|_| ())?, starts_at: from_ms(ms.parse().map_err(|_| ())?) })
    }
}

/// Five days of free times, in the asking person's zone.
pub struct SlotPage {
    /// Each day with its free times in order; a day without any is there too.
    pub days: Vec<(Date, Vec<Slot>)>,
    /// The first day of the page before; None when this is the first.
    pub earlier: Option<Date>,
    /// The first day of the page after; None past the horizon.
    pub later: Option<Date>,
    /// When no time is free on these days: the next day that has one.
    pub next_free: Option<Date>,
}

impl SlotPage {
    /// Whether no time is free on these days.
    pub fn is_empty(&self) -> bool {
        self.days.iter().all(|(_, slots)| slots.is_empty())
    }
}

/// Free times from `first` (a day in `zone`; before today means today) on. Three statements, six when none is free.
///
/// # Errors
/// When the database fails.
pub async fn page(portal: &Portal, whose: &Whose, first: Date, zone: &Zone) -> Result<SlotPage, InternalError> {
    let now = portal.clock.now();
    let rules = zone.rules();
    let day_of = |at: Timestamp| rules.to_datetime(at).date();
    let midnight = |day: Date| rules.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX);
    let days_on = |day: Date, days: i32| day.saturating_add(jiff::Span::new().days(days));
    let (today, last) = (day_of(now), day_of(now + HORIZON));
    let first = first.clamp(today, last);
    let after = days_on(first, DAYS_A_PAGE);

    let slots = free(portal, whose, Span { starts_at: midnight(first), ends_at: midnight(after) }).await?;
    let next_free = match slots.is_empty() {
        true => {
            let rest = Span { starts_at: midnight(after), ends_at: now + HORIZON };
            free(portal, whose, rest).await?.first().map(|slot| day_of(slot.span.starts_at))
        }
        false => None,
    };
    let mut days: BTreeMap<Date, Vec<Slot>> = (0..DAYS_A_PAGE).map(|n| (days_on(first, n), Vec::new())).collect();
    for slot in slots {
        days.entry(day_of(slot.span.starts_at)).or_default().push(slot);
    }
    Ok(SlotPage {
        days: days.into_iter().collect(),
        earlier: (first > today).then(|| days_on(first, -DAYS_A_PAGE).max(today)),
        later: (after <= last).then_some(after),
        next_free,
    })
}

/// The free times that start within a span, in the future and before the horizon, in order. Of several doctors free
/// at one time the one with the fewest appointments in the span gets it.
async fn free(portal: &Portal, whose: &Whose, within: Span) -> Result<Vec<Slot>, InternalError> {
    let now = portal.clock.now();
    // A slot that starts this very moment can no longer be booked.
    let soonest = now + SignedDuration::from_millis(1);
    let within = Span { starts_at: within.starts_at.max(soonest), ends_at: within.ends_at.min(now + HORIZON) };
    if within.starts_at >= within.ends_at {
        return Ok(Vec::new());
    }
    // The day before in any zone: days off are told in the doctor's.
    let off_from = jiff::tz::TimeZone::UTC.to_datetime(within.starts_at - SignedDuration::from_hours(24)).date();
    let (hours, off, busy) = {
        let mut connection = portal.db.read().await?;
        let hours = sql::hours_of(&mut connection, whose).await?;
        let off = sql::days_off(&mut connection, whose, off_from).await?;
        (hours, off, appointments::busy(&mut connection, whose, &within).await?)
    };
    let mut doctors: HashMap<AccountId, (Zone, Vec<Hours>)> = HashMap::new();
    for row in hours {
        doctors.entry(row.doctor).or_insert_with(|| (row.zone, Vec::new())).1.push(row.hours);
    }
    let mut first_free: BTreeMap<Timestamp, (usize, Slot)> = BTreeMap::new();
    for (doctor, (zone, hours)) in doctors {
        let off: Vec<Date> = off.iter().filter(|(id, _)| *id == doctor).map(|(_, day)| *day).collect();
        let busy: Vec<Span> = busy.iter().filter(|(id, _)| *id == doctor).map(|(_, span)| *span).collect();
        for span in slots_within(&hours, &zone.rules(), &off, &within) {
            if busy.iter().any(|taken| taken.meets(&span)) {
                continue;
            }
            let candidate = (busy.len(), Slot { doctor, span });
            let best = first_free.entry(span.starts_at).or_insert(candidate);
            if (candidate.0, doctor) < (best.0, best.1.doctor) {
                *best = candidate;
            }
        }
    }
    Ok(first_free.into_values().map(|(_, slot)| slot).collect())
}

/// The doctor's slot that starts at this instant, booked or not; None when the hours hold none. Two statements.
///
/// # Errors
/// When the database fails.
pub async fn at(portal: &Portal, key: &SlotKey) -> Result<Option<Slot>, InternalError> {
    let whose = Whose::Doctor(key.doctor);
    let mut connection = portal.db.read().await?;
    let rows = sql::hours_of(&mut connection, &whose).await?;
    let Some(zone) = rows.first().map(|row| row.zone.clone()) else { return Ok(None) };
    let rules = zone.rules();
    let day = rules.to_datetime(key.starts_at).date();
    let off = sql::days_off(&mut connection, &whose, day).await?;
    if off.iter().any(|(_, off_on)| *off_on == day) {
        return Ok(None);
    }
    let hours: Vec<Hours> = rows.into_iter().map(|row| row.hours).collect();
    let span = slots_of_day(&hours, &rules, day).into_iter().find(|span| span.starts_at == key.starts_at);
    Ok(span.map(|span| Slot { doctor: key.doctor, span }))
}
