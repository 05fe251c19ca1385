//! Weekly hours to instants: right across clock changes.
//!
//! Hours are local wall time. A slot whose start the clocks jump over does not exist and is left out; of a start that
//! comes twice the first is taken; one that would begin before the slot before it has ended is left out too, as
//! happens after a jump shorter than the slot.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::{Hours, Span};
use crate::clock::{SignedDuration, Timestamp};

/// The instant of a local wall time: None in a gap, the first in a fold.
fn instant(rules: &TimeZone, local: DateTime) -> Option<Timestamp> {
    let ambiguous = rules.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => None,
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
    }
}

/// The slots of one calendar day where the hours hold, in order.
pub fn slots_of_day(hours: &[Hours], rules: &TimeZone, day: Date) -> Vec<Span> {
    let mut spans: Vec<Span> = hours
        .iter()
        .filter(|stretch| stretch.weekday == day.weekday())
        .flat_map(|stretch| {
            let starts = (stretch.from_minute..stretch.until_minute).step_by(usize::from(stretch.slot_minutes));
            starts.filter_map(|minute| {
                let local = day.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
                let starts_at = instant(rules, local)?;
                let ends_at = starts_at + SignedDuration::from_mins(i64::from(stretch.slot_minutes));
                Some(Span { starts_at, ends_at })
            })
        })
        .collect();
    spans.sort_by_key(|span| span.starts_at);
    let mut free_from = Timestamp::MIN;
    spans.retain(|span| {
        let follows = span.starts_at >= free_from;
        if follows {
            free_from = span.ends_at;
        }
        follows
    });
    spans
}

/// The slots that start within a span, in order; `off` are the days left out.
pub fn slots_within(hours: &[Hours], rules: &TimeZone, off: &[Date], within: &Span) -> Vec<Span> {
    let last = rules.to_datetime(within.ends_at).date();
    let mut day = rules.to_datetime(within.starts_at).date();
    let mut slots = Vec::new();
    while day <= last {
        if !off.contains(&day) {
            let of_day = slots_of_day(hours, rules, day);
            slots.extend(
                of_day.into_iter().filter(|slot| within.starts_at <= slot.starts_at && slot.starts_at < within.ends_at),
            );
        }
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    slots
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};
    use proptest::prelude::*;

    use super::*;

    fn all_week(from_minute: u16, until_minute: u16, slot_minutes: u16) -> Vec<Hours> {
        (1..=7)
            .map(|day| Hours {
                weekday: Weekday::from_monday_one_offset(day).unwrap(),
                from_minute,
                until_minute,
                slot_minutes,
            })
            .collect()
    }

    fn starts(zone: &str, day: Date, minute: u16, slot: u16) -> Vec<String> {
        let rules = TimeZone::get(zone).unwrap();
        let slots = slots_of_day(&all_week(minute, minute + slot, slot), &rules, day);
        slots.iter().map(|span| span.starts_at.to_string()).collect()
    }

    #[test]
    fn wall_times_become_the_right_instants_on_the_days_the_clocks_change() {
        let (half_two, half_one, nine) = (150, 90, 540);
        let cases: [(&str, Date, [Option<&str>; 3]); 7] = [
            ("America/New_York", date(2026, 3, 8), [Some("2026-03-08T06:30:00Z"), None, Some("2026-03-08T13:00:00Z")]),
            (
                "America/New_York",
                date(2026, 11, 1),
                [Some("2026-11-01T05:30:00Z"), Some("2026-11-01T07:30:00Z"), Some("2026-11-01T14:00:00Z")],
            ),
            ("Europe/London", date(2026, 3, 29), [None, Some("2026-03-29T01:30:00Z"), Some("2026-03-29T08:00:00Z")]),
            (
                "Europe/London",
                date(2026, 10, 25),
                [Some("2026-10-25T00:30:00Z"), Some("2026-10-25T02:30:00Z"), Some("2026-10-25T09:00:00Z")],
            ),
            (
                "Australia/Lord_Howe",
                date(2026, 4, 5),
                [Some("2026-04-04T14:30:00Z"), Some("2026-04-04T16:00:00Z"), Some("2026-04-04T22:30:00Z")],
            ),
            (
                "Asia/Kathmandu",
                date(2026, 6, 1),
                [Some("2026-05-31T19:45:00Z"), Some("2026-05-31T20:45:00Z"), Some("2026-06-01T03:15:00Z")],
            ),
            (
                "UTC",
                date(2026, 6, 1),
                [Some("2026-06-01T01:30:00Z"), Some("2026-06-01T02:30:00Z"), Some("2026-06-01T09:00:00Z")],
            ),
        ];
        for (zone, day, expected) in cases {
            for (minute, instant) in [half_one, half_two, nine].into_iter().zip(expected) {
                let wanted: Vec<String> = instant.iter().map(|text| (*text).to_owned()).collect();
                assert_eq!(starts(zone, day, minute, 20), wanted, "{zone} {day} minute {minute}");
            }
        }
    }

    #[test]
    fn a_slot_that_runs_into_a_half_hour_jump_does_not_meet_the_next() {
        // Lord Howe springs from 2:00 to 2:30: the hour from 1:30 lasts until 3:00, so there is no slot at 2:30.
        let rules = TimeZone::get("Australia/Lord_Howe").unwrap();
        let slots = slots_of_day(&all_week(90, 270, 60), &rules, date(2026, 10, 4));
        let starts: Vec<String> =
            slots.iter().map(|span| rules.to_datetime(span.starts_at).time().to_string()).collect();
        assert_eq!(starts, ["01:30:00", "03:30:00"]);
    }

    #[test]
    fn a_day_off_has_no_slots_and_its_neighbours_keep_theirs() {
        let rules = TimeZone::get("America/Chicago").unwrap();
        let within = Span {
            starts_at: "2026-11-23T06:00:00Z".parse().unwrap(),
            ends_at: "2026-11-26T06:00:00Z".parse().unwrap(),
        };
        let slots = slots_within(&all_week(540, 600, 30), &rules, &[date(2026, 11, 24)], &within);
        let days: Vec<i8> = slots.iter().map(|slot| rules.to_datetime(slot.starts_at).day()).collect();
        assert_eq!(days, [23, 23, 25, 25]);
    }

    proptest! {
        #[test]
        fn slots_never_meet_lie_on_their_day_and_show_the_hours_own_wall_time(
            zone in prop::sample::select(vec![
                "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo",
                "Africa/Casablanca", "Pacific/Apia", "America/St_Johns",
            ]),
            day in 0_i32..4000,
            first in 0_u16..96,
            count in 1_u16..96,
            slot in prop::sample::select(vec![5_u16, 10, 15, 20, 30, 45, 60, 90]),
        ) {
            let rules = TimeZone::get(zone).unwrap();
            let day = date(2020, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            let from = first * 15;
            let until = (from + count * slot).min(1440);
            let until = until - (until - from) % slot;
            let slots = slots_of_day(&all_week(from, until, slot), &rules, day);
            let whole = usize::from((until - from) / slot);
            prop_assert!(slots.len() <= whole);
            for pair in slots.windows(2) {
                prop_assert!(pair[0].ends_at <= pair[1].starts_at);
            }
            for span in &slots {
                let local = rules.to_datetime(span.starts_at);
                let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
                prop_assert_eq!(local.date(), day);
                prop_assert_eq!((minute - i32::from(from)) % i32::from(slot), 0);
                prop_assert!(minute >= i32::from(from) && minute < i32::from(until));
                prop_assert_eq!(span.ends_at.duration_since(span.starts_at).as_secs(), i64::from(slot) * 60);
            }
            let changes = rules.following(rules.to_timestamp(day.at(0, 0, 0, 0)).unwrap() - SignedDuration::from_secs(1))
                .next()
                .is_some_and(|change| rules.to_datetime(change.timestamp()).date() <= day.tomorrow().unwrap());
            if !changes {
                prop_assert_eq!(slots.len(), whole, "an ordinary day has every slot");
            }
        }
    }
}
