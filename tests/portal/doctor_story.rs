//! A served clinic of two doctors and two patients, for stories about a doctor's pages and about visits.

use salus::auth::sessions::SignedIn;
use salus::care::appointments::{self, Appointment, Entry, Kind, Mode, Status};
use salus::care::slots::Span;
use salus::clock::{SignedDuration, Timestamp};
use salus::types::actor::Actor;
use salus::types::locale::Locale;
use salus::types::person_name::PersonName;

use crate::support::browser::Browser;
use crate::support::clinic;
use crate::support::server::{PASSWORD, Someone, TestPortal};

pub struct Story {
    pub portal: TestPortal,
    pub chen: Someone,
    pub okafor: Someone,
    pub mia: Someone,
    pub noor: Someone,
}

pub async fn story() -> Story {
    story_with(&[]).await
}

pub async fn story_with(settings: &[(&str, &str)]) -> Story {
    let portal = TestPortal::start_with(settings).await;
    let (chen, okafor) = (portal.doctor("chen").await, portal.doctor("okafor").await);
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    Story { portal, chen, okafor, mia, noor }
}

/// Today at this time in New York.
pub fn today_at(hour: i64, minute: i64) -> Timestamp {
    clinic::tomorrow_at(hour, minute) - SignedDuration::from_hours(24)
}

impl Story {
    /// What a rule knows of a signed-in person.
    pub fn who(&self, someone: &Someone) -> SignedIn {
        SignedIn {
            account: someone.account,
            role: someone.role,
            patient: someone.patient,
            name: PersonName::parse(&someone.name).unwrap(),
            locale: Locale::En,
            zone: self.portal.portal.config.clinic.zone.clone(),
            frozen: None,
        }
    }

    /// An appointment of 20 minutes.
    pub async fn appointment(&self, doctor: &Someone, patient: &Someone, at: Timestamp, mode: Mode) -> Appointment {
        let entry = Entry {
            doctor: doctor.account,
            patient: patient.patient.unwrap(),
            span: Span { starts_at: at, ends_at: at + SignedDuration::from_mins(20) },
            mode,
            kind: Kind::FollowUp,
            reason: format!("A question of {}", patient.name),
            status: Status::Booked,
            booked_at: at.min(self.portal.clock.now()),
        };
        appointments::enter(&self.portal.portal, Actor::System, &entry).await.ok().unwrap()
    }

    /// A browser in which somebody proved both factors, standing at a page with a form token.
    pub async fn browser(&self, who: &Someone) -> Browser {
        let mut browser = self.half(who).await;
        let code = self.portal.code(&who.phone).await;
        let page = browser.post("/challenge", &[("code", &code)]).await;
        assert_eq!(page.status, 303, "{}", page.body);
        browser.open("/help/codes").await;
        browser
    }

    /// A browser in which only the password was given.
    pub async fn half(&self, who: &Someone) -> Browser {
        let mut browser = self.portal.browser();
        browser.open("/login").await;
        let page = browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
        assert_eq!(page.address, "/challenge", "{}", page.body);
        browser
    }
}
