//! A clinic for one story, and how many browsers may be open at once.

use std::ops::Deref;

use jiff::SignedDuration;
use salus::auth::sessions::SignedIn;
use salus::care::appointments::{self, Entry, Kind, Mode, Status};
use salus::care::labs::{self, NewObservation, NewReport, ReportStatus};
use salus::care::records;
use salus::care::slots::Span;
use salus::clock::Timestamp;
use salus::types::actor::Role;
use salus::types::ids::LabReportId;
use salus::types::locale::Locale;
use salus::types::person_name::PersonName;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::support::clinic::{network, set_slots};
use crate::support::server::{Someone, TestPortal};

/// Browsers at once, over all stories: each takes a core and some 300 MB.
static BROWSERS: Semaphore = Semaphore::const_new(2);

pub struct Story {
    pub clinic: TestPortal,
    _browsers: SemaphorePermit<'static>,
}

impl Deref for Story {
    type Target = TestPortal;

    fn deref(&self) -> &TestPortal {
        &self.clinic
    }
}

/// Those who work at the clinic and come to it.
pub struct People {
    pub maria: Someone,
    pub chen: Someone,
    pub admin: Someone,
}

impl Story {
    /// An empty clinic, and leave for so many browsers at once.
    pub async fn begin(browsers: u32) -> Self {
        Self::begin_with(browsers, &[]).await
    }

    /// The same with more settings.
    pub async fn begin_with(browsers: u32, more: &[(&str, &str)]) -> Self {
        let permit = BROWSERS.acquire_many(browsers).await.unwrap();
        let settings = [
            ("SALUS_CLINIC_NAME", "Lakeside Clinic"),
            ("SALUS_JITSI_URL", "https://video.lakeside.example"),
            ("SALUS_JITSI_APP_ID", "lakeside"),
            ("SALUS_JITSI_SECRET", "a secret of the video server, of some length"),
        ];
        let clinic = TestPortal::start_in_public(&[&settings, more].concat()).await;
        Self { clinic, _browsers: permit }
    }

    /// Where people go.
    pub fn origin(&self) -> String {
        self.clinic.url.replace("127.0.0.1", "localhost")
    }

    /// Moves people in: Maria meets Dr Chen in 20 minutes and saw her a year ago; two of her results are released, a third
    /// waits for Dr Chen. Two others have their appointment on the same day.
    pub async fn people(&self) -> People {
        let maria =
            self.account_of(Role::Patient, "Maria Rivera", "maria@people.example", "+12125550142", "1979-05-08").await;
        let chen =
            self.account_of(Role::Doctor, "Ada Chen", "ada.chen@clinic.example", "+12125550111", "1971-01-30").await;
        let admin =
            self.account_of(Role::Admin, "Robin Hale", "robin@clinic.example", "+12125550108", "1985-09-12").await;
        let doctor = self.who(&chen);
        set_slots(&self.portal, &doctor, 540, 1020, 20).await;
        let now = self.clock.now();
        let soon = now + SignedDuration::from_mins(20);
        self.meets(&maria, &chen, soon, Status::Booked, "Tired for weeks, and often thirsty").await;
        let (james, aiko) = (
            self.account_of(Role::Patient, "James Lindqvist", "james@people.example", "+12125550178", "1962-11-02")
                .await,
            self.account_of(Role::Patient, "Aiko Tanaka", "aiko@people.example", "+12125550183", "1998-03-17").await,
        );
        let hour = SignedDuration::from_hours(1);
        self.meets(&aiko, &chen, soon - hour, Status::Fulfilled, "A rash on both arms").await;
        self.meets(&james, &chen, soon + hour, Status::Booked, "New glasses, and headaches since").await;
        let last_year = now - SignedDuration::from_hours(24 * 371);
        self.meets(&maria, &chen, last_year, Status::Fulfilled, "The yearly check").await;
        let fats = [
            row("2093-3", "212", "mg/dL", "", "200"),
            row("2085-9", "58", "mg/dL", "40", ""),
            row("2571-8", "118", "mg/dL", "", "150"),
        ];
        let read = self.report(&maria, &chen, "24331-1", last_year, &fats).await;
        self.release(&maria, &chen, read, "A little more fish and a little less cheese, and we look again in a year.")
            .await;
        let long_sugar = [row("4548-4", "5.4", "%", "", "5.7")];
        let unread = self.report(&maria, &chen, "55454-3", now - SignedDuration::from_hours(50), &long_sugar).await;
        self.release(&maria, &chen, unread, "").await;
        let chemistry = [
            row("2345-7", "118", "mg/dL", "70", "99"),
            row("2160-0", "0.8", "mg/dL", "0.5", "1.1"),
            row("2823-3", "4.1", "mmol/L", "3.5", "5.1"),
        ];
        self.report(&maria, &chen, "24323-8", now - SignedDuration::from_hours(26), &chemistry).await;
        People { maria, chen, admin }
    }

    /// A person as the rules know them.
    fn who(&self, who: &Someone) -> SignedIn {
        SignedIn {
            account: who.account,
            role: who.role,
            patient: who.patient,
            name: PersonName::parse(&who.name).unwrap(),
            locale: Locale::En,
            zone: self.portal.config.clinic.zone.clone(),
            frozen: None,
        }
    }

    async fn meets(&self, patient: &Someone, doctor: &Someone, starts_at: Timestamp, status: Status, reason: &str) {
        let entry = Entry {
            doctor: doctor.account,
            patient: patient.patient.unwrap(),
            span: Span { starts_at, ends_at: starts_at + SignedDuration::from_mins(20) },
            mode: Mode::Video,
            kind: Kind::NewProblem,
            reason: reason.to_owned(),
            status,
            booked_at: starts_at - SignedDuration::from_hours(24 * 7),
        };
        appointments::enter(&self.portal, self.who(doctor).actor(), &entry).await.ok().unwrap();
    }

    async fn report(
        &self,
        patient: &Someone,
        doctor: &Someone,
        panel: &str,
        collected_at: Timestamp,
        rows: &[NewObservation],
    ) -> LabReportId {
        let (doctor, from) = (self.who(doctor), network());
        let new = NewReport {
            id: LabReportId::new(),
            panel: String::new(),
            panel_loinc: panel.to_owned(),
            performer: "Lakeside Laboratory".into(),
            status: ReportStatus::Final,
            collected_at,
            issued_at: None,
            observations: rows.to_vec(),
        };
        let theirs = records::open_for(&self.portal, &doctor, patient.patient.unwrap(), &from).await.unwrap().unwrap();
        labs::add_by_form(&self.portal, &doctor, &theirs, &new, &from).await.ok().unwrap().id
    }

    async fn release(&self, patient: &Someone, doctor: &Someone, report: LabReportId, note: &str) {
        let (doctor, from) = (self.who(doctor), network());
        let theirs = records::open_for(&self.portal, &doctor, patient.patient.unwrap(), &from).await.unwrap().unwrap();
        labs::release(&self.portal, &doctor, &theirs, report, note, &from).await.ok().unwrap();
    }
}

fn row(loinc: &str, value: &str, unit: &str, low: &str, high: &str) -> NewObservation {
    NewObservation {
        loinc: loinc.into(),
        value: value.into(),
        unit: unit.into(),
        low: low.into(),
        high: high.into(),
        ..NewObservation::default()
    }
}
