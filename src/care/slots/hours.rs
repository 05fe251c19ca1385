//! A doctor's weekly hours and days off: reading and setting them.

use jiff::civil::{Date, Weekday};

use super::{Whose, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::sessions::SignedIn;
use crate::care::doctors;
use crate::error::{Failure, InternalError};
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::network::Network;
use crate::types::zone::Zone;

/// The shortest and the longest slot, in minutes.
pub const SLOT_MINUTES: std::ops::RangeInclusive<u16> = 5..=240;

/// A stretch of hours on one weekday, in minutes after midnight by the doctor's wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The day of the week.
    pub weekday: Weekday,
    /// When the first slot begins.
    pub from_minute: u16,
    /// When the last slot ends; 1440 is midnight.
    pub until_minute: u16,
    /// How long one slot is.
    pub slot_minutes: u16,
}

/// Why hours were not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoursRefusal {
    /// The stretch with this number (from 0) ends before it begins, or goes past midnight.
    EndsBeforeStart(usize),
    /// The slots of this stretch are shorter than 5 minutes or longer than 240.
    SlotLength(usize),
    /// This stretch is no whole number of slots.
    NotWholeSlots(usize),
    /// This stretch overlaps another of the same weekday.
    Overlap(usize),
    /// The day off has passed.
    InThePast,
    /// Only doctors have hours.
    NotADoctor,
}

/// What a doctor's schedule page shows.
pub struct Schedule {
    /// The zone of the hours.
    pub zone: Zone,
    /// The hours, by weekday and time.
    pub hours: Vec<Hours>,
    /// The days off from today on.
    pub days_off: Vec<Date>,
}

/// The first stretch that cannot be, and why.
pub fn check(hours: &[Hours]) -> Result<(), HoursRefusal> {
    for (number, stretch) in hours.iter().enumerate() {
        if stretch.from_minute >= stretch.until_minute || stretch.until_minute > 1440 {
            return Err(HoursRefusal::EndsBeforeStart(number));
        }
        if !SLOT_MINUTES.contains(&stretch.slot_minutes) {
            return Err(HoursRefusal::SlotLength(number));
        }
        if !(stretch.until_minute - stretch.from_minute).is_multiple_of(stretch.slot_minutes) {
            return Err(HoursRefusal::NotWholeSlots(number));
        }
        let overlaps = |other: &Hours| {
            other.weekday == stretch.weekday
                && other.from_minute < stretch.until_minute
                && stretch.from_minute < other.until_minute
        };
        if hours[..number].iter().any(overlaps) {
            return Err(HoursRefusal::Overlap(number));
        }
    }
    Ok(())
}

async fn zone_of(portal: &Portal, who: &SignedIn) -> Result<Option<Zone>, InternalError> {
    if who.role != Role::Doctor {
        return Ok(None);
    }
    Ok(doctors::find(portal, who.account).await?.map(|doctor| doctor.zone))
}

/// The signed-in doctor's hours and days off; None for everybody else.
///
/// # Errors
/// When the database fails.
pub async fn schedule(portal: &Portal, who: &SignedIn) -> Result<Option<Schedule>, InternalError> {
    let Some(zone) = zone_of(portal, who).await? else { return Ok(None) };
    let today = zone.rules().to_datetime(portal.clock.now()).date();
    let whose = Whose::Doctor(who.account);
    let mut connection = portal.db.read().await?;
    let hours = sql::hours_of(&mut connection, &whose).await?.into_iter().map(|row| row.hours).collect();
    let days_off = sql::days_off(&mut connection, &whose, today).await?.into_iter().map(|(_, day)| day).collect();
    Ok(Some(Schedule { zone, hours, days_off }))
}

/// Sets the signed-in doctor's weekly hours anew. What is booked already stays booked.
///
/// # Errors
/// Refused as [`HoursRefusal`] says.
pub async fn set_hours(
    portal: &Portal,
    who: &SignedIn,
    hours: &[Hours],
    from: &Network,
) -> Result<(), Failure<HoursRefusal>> {
    if who.role != Role::Doctor {
        return Err(Failure::Refused(HoursRefusal::NotADoctor));
    }
    check(hours).map_err(Failure::Refused)?;
    let mut tx = portal.db.begin().await?;
    sql::clear_hours(&mut tx, who.account).await?;
    for stretch in hours {
        sql::insert_hours(&mut tx, who.account, stretch).await?;
    }
    audit::record(portal, &mut tx, Event::new(who.actor(), Deed::HoursChanged).on(who.account).from(from)).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a day off, or (`off` false) works on it again; done twice it changes nothing. What is booked already stays
/// booked.
///
/// # Errors
/// Refused as [`HoursRefusal`] says.
pub async fn set_day_off(
    portal: &Portal,
    who: &SignedIn,
    day: Date,
    off: bool,
    from: &Network,
) -> Result<(), Failure<HoursRefusal>> {
    let Some(zone) = zone_of(portal, who).await? else { return Err(Failure::Refused(HoursRefusal::NotADoctor)) };
    if day < zone.rules().to_datetime(portal.clock.now()).date() {
        return Err(Failure::Refused(HoursRefusal::InThePast));
    }
    let mut tx = portal.db.begin().await?;
    let changed = match off {
        true => sql::take_off(&mut tx, who.account, day).await?,
        false => sql::work_again(&mut tx, who.account, day).await?,
    };
    if changed {
        audit::record(portal, &mut tx, Event::new(who.actor(), Deed::HoursChanged).on(who.account).from(from)).await?;
        tx.commit().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(weekday: Weekday, from_minute: u16, until_minute: u16, slot_minutes: u16) -> Hours {
        Hours { weekday, from_minute, until_minute, slot_minutes }
    }

    #[test]
    fn hours_end_after_they_begin_hold_whole_slots_and_do_not_overlap() {
        use HoursRefusal::*;
        use Weekday::{Monday, Tuesday};
        let morning = stretch(Monday, 540, 720, 20);
        assert_eq!(check(&[morning, stretch(Monday, 720, 780, 30), stretch(Tuesday, 540, 720, 20)]), Ok(()));
        assert_eq!(check(&[stretch(Monday, 720, 720, 20)]), Err(EndsBeforeStart(0)));
        assert_eq!(check(&[stretch(Monday, 1380, 1500, 20)]), Err(EndsBeforeStart(0)));
        assert_eq!(check(&[morning, stretch(Monday, 800, 803, 3)]), Err(SlotLength(1)));
        assert_eq!(check(&[stretch(Monday, 0, 1440, 480)]), Err(SlotLength(0)));
        assert_eq!(check(&[stretch(Monday, 540, 710, 20)]), Err(NotWholeSlots(0)));
        assert_eq!(check(&[morning, stretch(Monday, 700, 800, 20)]), Err(Overlap(1)));
        assert_eq!(check(&[stretch(Monday, 0, 1440, 240)]), Ok(()));
    }
}
