//! Records: open to the doctor who cares for the patient, and to nobody else.

use salus::auth::sessions::SignedIn;
use salus::care::appointments::{self, Entry, Kind, Mode, Status};
use salus::care::records;
use salus::care::slots::Span;
use salus::clock::{SignedDuration, Timestamp};
use salus::portal::Portal;
use salus::types::actor::Actor;
use salus::types::ids::PatientId;

use crate::support;
use crate::support::clinic::{self, booking, deeds, network, tomorrow_at};

async fn visit(portal: &Portal, doctor: &SignedIn, patient: &SignedIn, ends_at: Timestamp) {
    let entry = Entry {
        doctor: doctor.account,
        patient: patient.patient.unwrap(),
        span: Span { starts_at: ends_at - SignedDuration::from_mins(20), ends_at },
        mode: Mode::InPerson,
        kind: Kind::FollowUp,
        reason: "Follow-up".into(),
        status: Status::Fulfilled,
        booked_at: ends_at,
    };
    appointments::enter(portal, Actor::Shell, &entry).await.unwrap();
}

#[tokio::test]
async fn an_appointment_makes_somebody_the_doctors_patient() {
    let (portal, _, _database) = support::portal().await;
    let (okafor, chen) = (clinic::doctor(&portal, "okafor").await, clinic::doctor(&portal, "chen").await);
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    let admin = clinic::admin(&portal, "admin").await;
    let record = mia.patient.unwrap();
    assert!(records::open_for(&portal, &okafor, record, &network()).await.unwrap().is_none());
    let booked = appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(10, 0)), &network()).await.unwrap();

    let commits = portal.db.commits();
    let opened = records::open_for(&portal, &okafor, record, &network()).await.unwrap().unwrap();
    assert_eq!(portal.db.commits() - commits, 1);
    assert_eq!((opened.id, opened.account, opened.doctor()), (record, Some(mia.account), okafor.account));
    assert_eq!((opened.name.as_str(), opened.birth_date.date().to_string().as_str()), ("mia", "1984-02-14"));
    assert_eq!(opened.contact.as_ref().unwrap().email.as_str(), "mia@demo.salus.test");
    assert_eq!(deeds(&portal, okafor.account, "record_opened").await, 1);
    for who in [&chen, &noor, &mia, &admin] {
        assert!(records::open_for(&portal, who, record, &network()).await.unwrap().is_none());
        assert_eq!(deeds(&portal, who.account, "record_opened").await, 0);
    }
    assert!(records::open_for(&portal, &okafor, PatientId::new(), &network()).await.unwrap().is_none());
    assert!(records::open_for(&portal, &okafor, noor.patient.unwrap(), &network()).await.unwrap().is_none());

    appointments::cancel(&portal, &mia, booked.id, "", &network()).await.unwrap();
    assert!(records::open_for(&portal, &okafor, record, &network()).await.unwrap().is_none(), "cancelled");
}

#[tokio::test]
async fn care_lasts_a_year_after_the_last_appointment() {
    let (portal, clock, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    visit(&portal, &okafor, &mia, clock.now()).await;
    clock.advance(records::CARE_LASTS - SignedDuration::from_secs(1));
    assert!(records::open_for(&portal, &okafor, mia.patient.unwrap(), &network()).await.unwrap().is_some());
    clock.advance(SignedDuration::from_secs(1));
    assert!(records::open_for(&portal, &okafor, mia.patient.unwrap(), &network()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_patient_has_a_record_of_their_own_and_staff_have_none() {
    let (portal, _, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let own = records::own(&portal, &mia).await.unwrap().unwrap();
    assert_eq!((own.id, own.zone.as_str()), (mia.patient.unwrap(), "America/New_York"));
    assert!(records::own(&portal, &okafor).await.unwrap().is_none());
}
