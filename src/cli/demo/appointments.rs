//! Past and coming appointments of the made-up clinic. They are entered as they stand, so nobody is mailed.

use jiff::civil::{Date, Weekday};

use super::{People, accepted};
use crate::auth::sessions::SignedIn;
use crate::care::appointments::{self, Entry, Kind, Mode, Status};
use crate::care::slots::Span;
use crate::clock::{SignedDuration, Timestamp};
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::Actor;

/// An appointment at a day's distance from today, at a time of the doctor's clock.
struct Planned<'a> {
    doctor: &'a SignedIn,
    patient: &'a SignedIn,
    days: i32,
    at: (i8, i8),
    minutes: i64,
    mode: Mode,
    kind: Kind,
    status: Status,
    reason: &'a str,
}

/// The day so many days from today, or the next that is no weekend.
fn workday(today: Date, days: i32) -> Date {
    let day = today.saturating_add(jiff::Span::new().days(days));
    match day.weekday() {
        Weekday::Saturday => day.saturating_add(jiff::Span::new().days(2)),
        Weekday::Sunday => day.saturating_add(jiff::Span::new().days(1)),
        _ => day,
    }
}

/// A start soon enough that the visit can be joined at once, on a full five minutes.
fn soon(now: Timestamp) -> Timestamp {
    let five = SignedDuration::from_mins(5).as_millis() as i64;
    crate::clock::from_ms((now.as_millisecond() / five + 3) * five)
}

impl Planned<'_> {
    fn span(&self, now: Timestamp) -> Span {
        let rules = self.doctor.zone.rules();
        let day = workday(rules.to_datetime(now).date(), self.days);
        let starts_at = rules.to_timestamp(day.at(self.at.0, self.at.1, 0, 0)).unwrap_or(now);
        Span { starts_at, ends_at: starts_at + SignedDuration::from_mins(self.minutes) }
    }
}

/// Enters what Maria and James had and will have.
///
/// # Errors
/// When the database fails.
pub async fn make(portal: &Portal, people: &People) -> Result<(), InternalError> {
    let People { maria, james, chen, okafor } = people;
    let past = |doctor, patient, days, at, mode, reason| Planned {
        doctor,
        patient,
        days,
        at,
        minutes: 20,
        mode,
        kind: Kind::FollowUp,
        status: Status::Fulfilled,
        reason,
    };
    let coming = |doctor, patient, days, at, mode, reason| Planned {
        status: Status::Booked,
        ..past(doctor, patient, days, at, mode, reason)
    };
    let planned = [
        past(chen, maria, -705, (9, 20), Mode::InPerson, "Yearly check"),
        past(chen, maria, -340, (10, 0), Mode::InPerson, "Yearly check"),
        past(okafor, maria, -160, (8, 30), Mode::InPerson, "A fast heartbeat at night"),
        Planned { status: Status::NoShow, ..past(chen, maria, -75, (15, 0), Mode::Video, "A rash on my left arm") },
        Planned {
            kind: Kind::Results,
            ..past(chen, maria, -21, (11, 20), Mode::Video, "To talk about my cholesterol")
        },
        coming(chen, maria, 9, (9, 40), Mode::Phone, "My new tablets give me a dry cough"),
        coming(okafor, maria, 23, (14, 30), Mode::InPerson, "Check after the 24-hour recording"),
        past(okafor, james, -190, (9, 0), Mode::InPerson, "First visit after the stent"),
        past(okafor, james, -14, (10, 30), Mode::Video, "Short of breath on the stairs"),
        coming(okafor, james, 12, (8, 0), Mode::Video, "Blood pressure check"),
    ];
    let now = portal.clock.now();
    for one in &planned {
        enter(portal, one, one.span(now)).await?;
    }
    let start = soon(now);
    let video = |minutes| Span { starts_at: start, ends_at: start + SignedDuration::from_mins(minutes) };
    let visit = coming(chen, maria, 0, (0, 0), Mode::Video, "Headaches since last week");
    enter(portal, &visit, video(20)).await?;
    let visit = coming(okafor, james, 0, (0, 0), Mode::Video, "Swollen ankles in the evening");
    enter(portal, &visit, video(30)).await
}

async fn enter(portal: &Portal, one: &Planned<'_>, span: Span) -> Result<(), InternalError> {
    let patient = one.patient.patient.ok_or_else(|| InternalError::because("the demo's patient has no record"))?;
    let entry = Entry {
        doctor: one.doctor.account,
        patient,
        span,
        mode: one.mode,
        kind: one.kind,
        reason: one.reason.to_owned(),
        status: one.status,
        // Booked a week ahead, and never later than now.
        booked_at: (span.starts_at - SignedDuration::from_hours(7 * 24)).min(portal.clock.now()),
    };
    accepted(appointments::enter(portal, Actor::System, &entry).await).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_on_workdays_and_the_next_visit_can_be_joined_at_once() {
        let friday: Date = "2026-11-27".parse().unwrap();
        assert_eq!(workday(friday, 0), friday);
        assert_eq!(workday(friday, 1).to_string(), "2026-11-30");
        assert_eq!(workday(friday, 2).to_string(), "2026-11-30");
        for now in ["2026-11-24T15:00:00Z", "2026-11-24T15:04:59Z"] {
            let now: Timestamp = now.parse().unwrap();
            let wait = soon(now).duration_since(now).as_mins();
            assert!((10..=15).contains(&wait), "{wait}");
        }
    }
}
