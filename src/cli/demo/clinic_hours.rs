//! When the doctors of the made-up clinic work: enough that a time is free on whatever day the demo is started.

use jiff::civil::Weekday;

use super::{People, accepted, here};
use crate::care::slots::{self, Hours};
use crate::error::InternalError;
use crate::portal::Portal;

const WORKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
const WEEKEND: [Weekday; 2] = [Weekday::Saturday, Weekday::Sunday];

/// Hours of a day: from and until by the clock, and how many minutes an appointment takes.
type Stretch = (u16, u16, u16);

const CHEN: [Stretch; 2] = [(9, 12, 20), (13, 17, 20)];
const CHEN_WEEKEND: [Stretch; 1] = [(10, 13, 20)];
const OKAFOR: [Stretch; 2] = [(8, 12, 30), (14, 16, 30)];

fn week<'a>(days: &'a [Weekday], stretches: &'a [Stretch]) -> impl Iterator<Item = Hours> + 'a {
    days.iter().flat_map(move |weekday| {
        stretches.iter().map(|(from, until, slot_minutes)| Hours {
            weekday: *weekday,
            from_minute: from * 60,
            until_minute: until * 60,
            slot_minutes: *slot_minutes,
        })
    })
}

/// Sets the weekly hours of both doctors.
///
/// # Errors
/// When the database fails.
pub async fn make(portal: &Portal, people: &People) -> Result<(), InternalError> {
    let chen: Vec<Hours> = week(&WORKDAYS, &CHEN).chain(week(&WEEKEND, &CHEN_WEEKEND)).collect();
    let okafor: Vec<Hours> = week(&WORKDAYS, &OKAFOR).collect();
    accepted(slots::set_hours(portal, &people.chen, &chen, &here()).await)?;
    accepted(slots::set_hours(portal, &people.okafor, &okafor, &here()).await)
}
