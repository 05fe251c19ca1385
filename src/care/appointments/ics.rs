//! Calendar files (RFC 5545, 5546): one appointment each, saying when and nothing of why.

use icalendar::{Alarm, Calendar, Class, Component, Event, EventLike, EventStatus, Property, Trigger};

use super::Appointment;
use crate::clock::Timestamp;

/// What a file says beside the appointment.
pub(super) struct Sheet<'a> {
    /// Its only sentence.
    pub summary: &'a str,
    /// Scheme, host and port of the portal.
    pub origin: &'a str,
    /// The portal's host, which makes the event's id the world's only one.
    pub host: &'a str,
    /// The clinic's name.
    pub clinic: &'a str,
    /// The clinic's mail address.
    pub organizer: &'a str,
    /// The patient's own mail address.
    pub attendee: Option<&'a str>,
    /// When the file is made.
    pub made_at: Timestamp,
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The file. Its event keeps one id for life and its sequence rises with every move and the cancellation, so a
/// calendar that holds a copy replaces or removes it. The address is the page behind sign-in, never a room.
pub(super) fn file(appointment: &Appointment, sheet: &Sheet<'_>) -> String {
    let cancelled = !appointment.is_active() && appointment.cancelled_at.is_some();
    let mut event = Event::with_uid(&format!("{}@{}", appointment.id, sheet.host));
    event
        .summary(sheet.summary)
        .class(Class::Private)
        .sequence(u32::try_from(appointment.sequence).unwrap_or(u32::MAX))
        .status(if cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed })
        .url(&format!("{}/appointments/{}", sheet.origin, appointment.id))
        .add_property("DTSTAMP", utc(sheet.made_at))
        .add_property("DTSTART", utc(appointment.starts_at))
        .add_property("DTEND", utc(appointment.ends_at));
    let clinic = format!("\"{}\"", sheet.clinic.replace(['"', '\r', '\n'], " "));
    let mut organizer = Property::new("ORGANIZER", format!("mailto:{}", sheet.organizer));
    event.append_property(organizer.add_parameter("CN", &clinic).done());
    if let Some(address) = sheet.attendee {
        let mut attendee = Property::new("ATTENDEE", format!("mailto:{address}"));
        event.append_property(attendee.add_parameter("PARTSTAT", "ACCEPTED").done());
    }
    // The crate reads spans, but not negative ones: 15 minutes, then that long before the start.
    if !cancelled && let Ok(Trigger::Duration(span, _)) = Trigger::try_from(&Property::new("TRIGGER", "PT15M")) {
        event.alarm(Alarm::display(sheet.summary, Trigger::before_start(span)));
    }
    let mut calendar = Calendar::empty();
    calendar
        .append_property(Property::new("VERSION", "2.0"))
        .append_property(Property::new("PRODID", "-//Salus//Patient portal//EN"))
        .append_property(Property::new("METHOD", if cancelled { "CANCEL" } else { "REQUEST" }))
        .push(event.done());
    folded(&calendar.to_string())
}

/// The same lines, none longer than 75 octets with its leading space (RFC 5545 3.1).
fn folded(text: &str) -> String {
    const MOST: usize = 75;
    let mut out = String::with_capacity(text.len() + 32);
    for line in text.replace("\r\n ", "").split("\r\n").filter(|line| !line.is_empty()) {
        let mut length = 0;
        for letter in line.chars() {
            if length + letter.len_utf8() > MOST {
                out.push_str("\r\n ");
                length = 1;
            }
            out.push(letter);
            length += letter.len_utf8();
        }
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{By, Kind, Mode, Status};
    use super::*;
    use crate::types::ids::{AccountId, AppointmentId, PatientId};

    fn appointment() -> Appointment {
        Appointment {
            id: AppointmentId::new(),
            doctor: AccountId::new(),
            patient: PatientId::new(),
            starts_at: "2026-11-24T15:00:00Z".parse().unwrap(),
            ends_at: "2026-11-24T15:20:00Z".parse().unwrap(),
            mode: Mode::Video,
            kind: Kind::FollowUp,
            status: Status::Booked,
            sequence: 0,
            booked_at: "2026-11-20T15:00:00Z".parse().unwrap(),
            moved_at: None,
            arrived_at: None,
            cancelled_at: None,
            cancelled_by: None,
        }
    }

    fn made(appointment: &Appointment, attendee: &str) -> String {
        file(
            appointment,
            &Sheet {
                summary: "Appointment, Clínica; Norte, Sur\\Este",
                origin: "https://portal.clinic.example",
                host: "portal.clinic.example",
                clinic: "Clínica \"Norte\"",
                organizer: "portal@clinic.example",
                attendee: Some(attendee),
                made_at: "2026-11-21T08:00:00Z".parse().unwrap(),
            },
        )
    }

    fn lines(file: &str) -> Vec<String> {
        file.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_booked_appointment_is_a_private_request_with_an_alarm() {
        let appointment = appointment();
        let text = made(&appointment, "maria@example.org");
        let lines = lines(&text);
        let id = appointment.id;
        for expected in [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Salus//Patient portal//EN",
            "METHOD:REQUEST",
            &format!("UID:{id}@portal.clinic.example"),
            &format!("URL:https://portal.clinic.example/appointments/{id}"),
            "DTSTAMP:20261121T080000Z",
            "DTSTART:20261124T150000Z",
            "DTEND:20261124T152000Z",
            "SEQUENCE:0",
            "STATUS:CONFIRMED",
            "CLASS:PRIVATE",
            "SUMMARY:Appointment\\, Clínica\\; Norte\\, Sur\\\\Este",
            "ORGANIZER;CN=\"Clínica  Norte \":mailto:portal@clinic.example",
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:maria@example.org",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "END:VALARM",
            "END:VEVENT",
            "END:VCALENDAR",
        ] {
            assert_eq!(lines.iter().filter(|line| *line == expected).count(), 1, "{expected}\n{text}");
        }
        assert!(lines.iter().any(|line| line == "TRIGGER;RELATED=START:-PT900S"), "{text}");
    }

    #[test]
    fn a_cancelled_one_says_so_under_the_same_id_with_a_higher_sequence() {
        let mut appointment = appointment();
        let before = lines(&made(&appointment, "maria@example.org"));
        appointment.status = Status::Cancelled;
        appointment.sequence = 2;
        appointment.cancelled_at = Some(appointment.booked_at);
        appointment.cancelled_by = Some(By::Patient);
        let after = lines(&made(&appointment, "maria@example.org"));
        for expected in ["METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:2"] {
            assert!(after.iter().any(|line| line == expected), "{expected}");
        }
        let uid = |lines: &[String]| lines.iter().find(|line| line.starts_with("UID:")).cloned();
        assert_eq!(uid(&before), uid(&after));
        assert!(!after.iter().any(|line| line.contains("VALARM")));
    }

    #[test]
    fn every_line_ends_in_crlf_and_is_at_most_75_octets() {
        let long = format!("{}@{}.example", "m".repeat(64), "d".repeat(180));
        let text = made(&appointment(), &long);
        assert!(text.ends_with("END:VCALENDAR\r\n"));
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        for line in text.split("\r\n") {
            assert!(line.len() <= 75, "{line}");
        }
        assert!(lines(&text).iter().any(|line| line.ends_with(&long)), "unfolding gives the address back");
    }
}
