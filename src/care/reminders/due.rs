//! When a reminder goes out: the one rule, in the zone of the person reminded.
//!
//! | what                                    | when                                                         |
//! |-----------------------------------------|--------------------------------------------------------------|
//! | a reminder                              | 24 h before, and 1 h before                                  |
//! | quiet hours                             | 21:00 to 8:00: nothing is sent                               |
//! | one that falls after 20:45, before 8:00 | at 20:45 before, so that 15 min are left to send it in       |
//! | the same, when that is too early        | left out: the appointment would be more than 24 h 15 min off |
//! | one that is 15 min late                 | dropped                                                      |
//!
//! So an appointment at 8:30 has one reminder a day before, at 8:30, and one on the evening before, at 20:45; one at
//! 7:00 has that of the evening alone. Hours are counted in real time: across a clock change, 24 h before is another
//! time of day. The figures are the clinic's policy.

use jiff::civil::{Time, time};

use super::Kind;
use crate::clock::{SignedDuration, Timestamp};
use crate::types::zone::Zone;

/// How late a reminder may leave.
pub const LATEST: SignedDuration = SignedDuration::from_mins(15);
/// The earliest that one may be moved to, before its appointment.
fn longest() -> SignedDuration {
    Kind::Day.before() + LATEST
}
/// When quiet hours end.
const QUIET_ENDS: Time = time(8, 0, 0, 0);
/// When quiet hours begin.
const QUIET_BEGINS: Time = time(21, 0, 0, 0);
/// The last time of a day for which one is planned: [`LATEST`] before quiet hours.
const LAST_PLANNED: Time = time(20, 45, 0, 0);

/// When the reminder of an appointment is due; None when it is left out.
pub(super) fn due(kind: Kind, starts_at: Timestamp, zone: &Zone) -> Option<Timestamp> {
    let plain = starts_at - kind.before();
    let rules = zone.rules();
    let local = rules.to_datetime(plain);
    if (QUIET_ENDS..=LAST_PLANNED).contains(&local.time()) {
        return Some(plain);
    }
    let evening = if local.time() < QUIET_ENDS { local.date().yesterday().ok()? } else { local.date() };
    let at = rules.to_timestamp(evening.to_datetime(LAST_PLANNED)).ok()?;
    (starts_at.duration_since(at) <= longest()).then_some(at)
}

/// From when on a reminder that leaves now is worth nothing: the appointment has begun, or quiet hours have.
pub(super) fn useless_at(starts_at: Timestamp, now: Timestamp, zone: &Zone) -> Timestamp {
    let rules = zone.rules();
    let quiet = rules.to_datetime(now).date().to_datetime(QUIET_BEGINS);
    rules.to_timestamp(quiet).map_or(starts_at, |quiet| quiet.min(starts_at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONES: [&str; 7] = [
        "America/New_York",
        "America/Chicago",
        "Europe/Madrid",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Kathmandu",
        "UTC",
    ];

    #[test]
    fn each_time_of_day_has_its_reminders() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let on = |day: &str, clock: &str| {
            let local: jiff::civil::DateTime = format!("2026-{day}T{clock}").parse().unwrap();
            zone.rules().to_timestamp(local).unwrap()
        };
        for (starts, day_before, hour_before) in [
            (on("11-25", "10:00"), Some(on("11-24", "10:00")), on("11-25", "09:00")),
            (on("11-25", "09:00"), Some(on("11-24", "09:00")), on("11-25", "08:00")),
            (on("11-25", "08:59"), Some(on("11-24", "08:59")), on("11-24", "20:45")),
            (on("11-25", "08:00"), Some(on("11-24", "08:00")), on("11-24", "20:45")),
            (on("11-25", "07:59"), None, on("11-24", "20:45")),
            (on("11-25", "20:45"), Some(on("11-24", "20:45")), on("11-25", "19:45")),
            (on("11-25", "21:00"), Some(on("11-24", "20:45")), on("11-25", "20:00")),
            (on("11-25", "21:01"), None, on("11-25", "20:01")),
            (on("11-25", "21:46"), None, on("11-25", "20:45")),
            (on("11-25", "23:30"), None, on("11-25", "20:45")),
            // The night of 8 March has 23 hours, that of 1 November 25.
            (on("03-08", "10:00"), Some(on("03-07", "09:00")), on("03-08", "09:00")),
            (on("03-08", "08:30"), None, on("03-07", "20:45")),
            (on("11-01", "08:30"), Some(on("10-31", "09:30")), on("10-31", "20:45")),
            (on("11-01", "07:30"), Some(on("10-31", "08:30")), on("10-31", "20:45")),
        ] {
            assert_eq!(due(Kind::Day, starts, &zone), day_before, "a day before {starts}");
            assert_eq!(due(Kind::Hour, starts, &zone), Some(hour_before), "an hour before {starts}");
        }
    }

    proptest! {
        #[test]
        fn every_appointment_is_reminded_of_in_time_and_nobody_at_night(
            minute in 29_000_000_i64..34_000_000,
            zone in 0..ZONES.len(),
        ) {
            let zone: Zone = ZONES[zone].parse().unwrap();
            let starts_at = crate::clock::from_ms(minute * 60_000);
            let hour = due(Kind::Hour, starts_at, &zone);
            prop_assert!(hour.is_some(), "one is always left");
            for (kind, due) in [(Kind::Day, due(Kind::Day, starts_at, &zone)), (Kind::Hour, hour)] {
                let Some(due) = due else { continue };
                prop_assert!(due <= starts_at - kind.before() && starts_at.duration_since(due) <= longest());
                for late in [SignedDuration::ZERO, LATEST - SignedDuration::from_millis(1)] {
                    let clock = zone.rules().to_datetime(due + late).time();
                    prop_assert!(clock >= QUIET_ENDS && clock < QUIET_BEGINS, "{kind:?} at {clock}");
                    let until = useless_at(starts_at, due + late, &zone);
                    prop_assert!(until > due + late && until <= starts_at, "until {until}");
                    let last = zone.rules().to_datetime(until - SignedDuration::from_millis(1)).time();
                    prop_assert!(last >= QUIET_ENDS && last < QUIET_BEGINS, "{kind:?} still at {last}");
                }
            }
        }
    }
}
