//! What stories about a patient's pages begin with: a clinic with hours, people, appointments and results.

use std::collections::BTreeMap;

use salus::auth::sessions::SignedIn;
use salus::care::appointments::{self, Appointment, Booking, Entry, Kind, Mode, Status};
use salus::care::labs::{self, NewObservation, NewReport, ReportStatus};
use salus::care::records;
use salus::care::slots::Span;
use salus::clock::{SignedDuration, Timestamp};
use salus::types::ids::{BookingKey, LabReportId};
use salus::types::locale::Locale;
use salus::types::person_name::PersonName;
use scraper::{Html, Selector};

use crate::support::browser::{Browser, Page};
use crate::support::clinic::{network, set_slots, slot};
use crate::support::server::{Someone, TestPortal};

/// A portal with Dr Okafor, who works every day from 9:00 to 17:00, and two patients.
pub struct Story {
    pub portal: TestPortal,
    pub maria: Someone,
    pub james: Someone,
    pub okafor: Someone,
}

pub async fn story() -> Story {
    let portal = TestPortal::start().await;
    let (maria, james) = (portal.patient("maria").await, portal.patient("james").await);
    let okafor = portal.doctor("okafor").await;
    let story = Story { portal, maria, james, okafor };
    set_slots(&story.portal.portal, &story.signed(&story.okafor), 540, 1020, 20).await;
    story
}

impl Story {
    /// Somebody as rules know them.
    pub fn signed(&self, who: &Someone) -> SignedIn {
        SignedIn {
            account: who.account,
            role: who.role,
            patient: who.patient,
            name: PersonName::parse(&who.name).unwrap(),
            locale: Locale::En,
            zone: self.portal.portal.config.clinic.zone.clone(),
            frozen: None,
        }
    }

    /// Books a time without the pages.
    pub async fn booked(&self, patient: &Someone, starts_at: Timestamp, mode: Mode) -> Appointment {
        let booking = Booking {
            slot: slot(&self.signed(&self.okafor), starts_at),
            mode,
            kind: Kind::FollowUp,
            reason: "A cough".into(),
            key: BookingKey::new(),
        };
        appointments::book(&self.portal.portal, &self.signed(patient), &booking, &network()).await.ok().unwrap()
    }

    /// An appointment that lies so many days back.
    pub async fn past(&self, patient: &Someone, days: i64, mode: Mode, status: Status) -> Appointment {
        let starts_at = self.portal.clock.now() - SignedDuration::from_hours(24 * days);
        let entry = Entry {
            doctor: self.okafor.account,
            patient: patient.patient.unwrap(),
            span: Span { starts_at, ends_at: starts_at + SignedDuration::from_mins(20) },
            mode,
            kind: Kind::FollowUp,
            reason: "A check".into(),
            status,
            booked_at: starts_at,
        };
        let by = self.signed(&self.okafor).actor();
        appointments::enter(&self.portal.portal, by, &entry).await.ok().unwrap()
    }

    /// Adds a report of a patient of Dr Okafor's, not released yet.
    pub async fn reported(&self, patient: &Someone, new: &NewReport) -> LabReportId {
        let (portal, doctor) = (&self.portal.portal, self.signed(&self.okafor));
        let cared = records::open_for(portal, &doctor, patient.patient.unwrap(), &network()).await.unwrap().unwrap();
        labs::add_by_form(portal, &doctor, &cared, new, &network()).await.unwrap_or_else(|_| panic!("refused")).id
    }

    /// Releases a report with a note; without words in it, there is none.
    pub async fn released(&self, patient: &Someone, id: LabReportId, note: &str) {
        let (portal, doctor) = (&self.portal.portal, self.signed(&self.okafor));
        let cared = records::open_for(portal, &doctor, patient.patient.unwrap(), &network()).await.unwrap().unwrap();
        labs::release(portal, &doctor, &cared, id, note, &network()).await.ok().unwrap();
    }
}

/// A value of a catalogue test with both ends of its range.
pub fn value(loinc: &str, value: &str, unit: &str, ends: (&str, &str), flag: &str) -> NewObservation {
    NewObservation {
        loinc: loinc.into(),
        value: value.into(),
        unit: unit.into(),
        low: ends.0.into(),
        high: ends.1.into(),
        flag: flag.into(),
        ..NewObservation::default()
    }
}

/// A final report of a panel; its sample was taken so many days ago.
pub fn report(portal: &TestPortal, panel: (&str, &str), days: i64, observations: Vec<NewObservation>) -> NewReport {
    let collected_at = portal.clock.now() - SignedDuration::from_hours(24 * days);
    NewReport {
        id: LabReportId::new(),
        panel: panel.0.into(),
        panel_loinc: panel.1.into(),
        performer: "Lakeside Laboratory".into(),
        status: ReportStatus::Final,
        collected_at,
        issued_at: Some(collected_at + SignedDuration::from_hours(5)),
        observations,
    }
}

/// Presses the button of the page's form that asks (GET): its hidden and preset answers, with `fields` over them.
pub async fn go_on(browser: &mut Browser, fields: &[(&str, &str)]) -> Page {
    let body = browser.last.as_ref().unwrap().body.clone();
    let (path, mut answers) = {
        let html = Html::parse_document(&body);
        let form = html.select(&Selector::parse("form[method=get]").unwrap()).next().expect("a form that asks");
        let inputs = Selector::parse("input[type=hidden], input[type=radio][checked]").unwrap();
        let answers: BTreeMap<String, String> = form
            .select(&inputs)
            .filter_map(|i| Some((i.value().attr("name")?.to_owned(), i.value().attr("value")?.to_owned())))
            .collect();
        (form.value().attr("action").unwrap().to_owned(), answers)
    };
    answers.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&answers).finish();
    browser.open(&format!("{path}?{query}")).await
}
