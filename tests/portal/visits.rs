//! Visits: open in their window, to their two people, with a proof for this visit.

use salus::auth::sessions::SignedIn;
use salus::care::appointments::{self, Appointment, Booking, Mode, Status};
use salus::clock::{Clock, SignedDuration};
use salus::error::Failure;
use salus::portal::Portal;
use salus::types::ids::AppointmentId;
use salus::visits::{self, JoinRefusal, JoinState};

use crate::support::clinic::{self, booking, counted, deeds, network, proof, slot, tomorrow_at};
use crate::support::{self, TestDatabase};

const JITSI: [(&str, &str); 3] = [
    ("SALUS_JITSI_URL", "https://meet.clinic.example"),
    ("SALUS_JITSI_APP_ID", "salus"),
    ("SALUS_JITSI_SECRET", "a secret of the video server"),
];

async fn with_video() -> (Portal, Clock, TestDatabase) {
    let database = TestDatabase::new().await;
    let clock = Clock::by_hand(support::start_of_story());
    let portal = Portal::open(support::settings(&database, &JITSI), clock.clone(), true).await.unwrap();
    (portal, clock, database)
}

/// What joining says, with a proof of this moment.
async fn press(portal: &Portal, who: &SignedIn, id: AppointmentId) -> Result<String, JoinRefusal> {
    match visits::join(portal, who, &proof(portal, who, id), id, &network()).await {
        Ok(joined) => Ok(joined.link.expose().to_owned()),
        Err(Failure::Refused(why)) => Err(why),
        Err(Failure::Internal(error)) => panic!("{error}"),
    }
}

async fn state(portal: &Portal, who: &SignedIn, id: AppointmentId) -> JoinState {
    visits::lobby(portal, who, id, &network()).await.unwrap().unwrap().join
}

fn room(link: &str) -> String {
    link.strip_prefix("https://meet.clinic.example/").unwrap().split('?').next().unwrap().to_owned()
}

async fn booked(portal: &Portal, who: &SignedIn, doctor: &SignedIn, mode: Mode) -> Appointment {
    let form = Booking { mode, ..booking(doctor, tomorrow_at(10, 0)) };
    appointments::book(portal, who, &form, &network()).await.unwrap()
}

#[tokio::test]
async fn the_window_opens_30_minutes_before_and_closes_60_after_the_planned_end() {
    let (portal, clock, _database) = with_video().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let visit = booked(&portal, &mia, &okafor, Mode::Video).await;
    let (from, until) = (tomorrow_at(9, 30), tomorrow_at(11, 20));
    let second = SignedDuration::from_secs(1);
    for (at, expected) in [
        (from - second, JoinState::Early { from }),
        (from, JoinState::Open { until }),
        (until - second, JoinState::Open { until }),
        (until, JoinState::Late),
        (until + second, JoinState::Late),
    ] {
        clock.advance(at.duration_since(clock.now()));
        for who in [&mia, &okafor] {
            assert_eq!(state(&portal, who, visit.id).await, expected, "{at}");
            match (press(&portal, who, visit.id).await, expected) {
                (Ok(_), JoinState::Open { .. }) => {}
                (Err(JoinRefusal::Early { from: told }), JoinState::Early { from }) => assert_eq!(told, from),
                (Err(JoinRefusal::Late), JoinState::Late) => {}
                (outcome, _) => panic!("{outcome:?} at {at}"),
            }
        }
    }
    assert_eq!(deeds(&portal, mia.account, "visit_joined").await, 2);
    assert_eq!(deeds(&portal, mia.account, "lobby_opened").await, 5);
}

#[tokio::test]
async fn joining_marks_the_patient_as_there_and_leads_both_into_one_room() {
    let (portal, clock, _database) = with_video().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let visit = booked(&portal, &mia, &okafor, Mode::Video).await;
    clock.advance(tomorrow_at(9, 50).duration_since(clock.now()));
    let arrived = |detail: &appointments::Detail| (detail.appointment.status, detail.appointment.arrived_at);

    let doctors_link = press(&portal, &okafor, visit.id).await.unwrap();
    let lobby = visits::lobby(&portal, &okafor, visit.id, &network()).await.unwrap().unwrap();
    assert_eq!((arrived(&lobby.detail), lobby.has_video), ((Status::Booked, None), true));
    let commits = portal.db.commits();
    let first = press(&portal, &mia, visit.id).await.unwrap();
    assert_eq!(portal.db.commits() - commits, 1);
    let there_since = clock.now();
    clock.advance(SignedDuration::from_mins(4));
    let second = press(&portal, &mia, visit.id).await.unwrap();
    let lobby = visits::lobby(&portal, &okafor, visit.id, &network()).await.unwrap().unwrap();
    assert_eq!(arrived(&lobby.detail), (Status::Arrived, Some(there_since)), "the first joining counts");
    assert_eq!(room(&doctors_link), room(&first));
    assert_eq!(room(&first), room(&second));
    assert_ne!(first, second, "a token is made at each press");
    let name = room(&first);
    assert!(name.len() == 32 && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{name}");
}

#[tokio::test]
async fn another_persons_visit_is_not_there_and_another_proof_is_none() {
    let (portal, clock, _database) = with_video().await;
    let (okafor, chen) = (clinic::doctor(&portal, "okafor").await, clinic::doctor(&portal, "chen").await);
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    let visit = booked(&portal, &mia, &okafor, Mode::Video).await;
    clock.advance(tomorrow_at(10, 0).duration_since(clock.now()));
    for who in [&chen, &noor, &clinic::admin(&portal, "admin").await] {
        assert!(visits::lobby(&portal, who, visit.id, &network()).await.unwrap().is_none());
        assert_eq!(press(&portal, who, visit.id).await, Err(JoinRefusal::NotFound));
        assert_eq!(deeds(&portal, who.account, "lobby_opened").await, 0);
    }
    assert_eq!(press(&portal, &mia, AppointmentId::new()).await, Err(JoinRefusal::NotFound));
    for fresh in [proof(&portal, &noor, visit.id), proof(&portal, &mia, AppointmentId::new())] {
        let outcome = visits::join(&portal, &mia, &fresh, visit.id, &network()).await;
        assert!(matches!(outcome, Err(Failure::Refused(JoinRefusal::NotProved))));
    }
    assert_eq!(counted(&portal, "SELECT COUNT(*) FROM appointments WHERE arrived_at IS NOT NULL").await, 0);
}

#[tokio::test]
async fn a_cancelled_visit_a_call_and_a_clinic_without_video_open_no_room() {
    let (portal, clock, _database) = with_video().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let video = booked(&portal, &mia, &okafor, Mode::Video).await;
    appointments::cancel(&portal, &mia, video.id, "", &network()).await.unwrap();
    let phone = booked(&portal, &mia, &okafor, Mode::Phone).await;
    clock.advance(tomorrow_at(10, 0).duration_since(clock.now()));
    assert_eq!(state(&portal, &mia, video.id).await, JoinState::Cancelled);
    assert_eq!(press(&portal, &mia, video.id).await, Err(JoinRefusal::Cancelled));
    assert_eq!(state(&portal, &mia, phone.id).await, JoinState::NotVideo);
    assert_eq!(press(&portal, &mia, phone.id).await, Err(JoinRefusal::NotVideo));

    let (portal, clock, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let video = booked(&portal, &mia, &okafor, Mode::Video).await;
    clock.advance(tomorrow_at(10, 0).duration_since(clock.now()));
    let lobby = visits::lobby(&portal, &mia, video.id, &network()).await.unwrap().unwrap();
    assert!(matches!(lobby.join, JoinState::Open { .. }) && !lobby.has_video);
    assert_eq!(press(&portal, &mia, video.id).await, Err(JoinRefusal::NoVideo));
}

#[tokio::test]
async fn a_moved_visit_meets_in_another_room() {
    let (portal, clock, _database) = with_video().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let visit = booked(&portal, &mia, &okafor, Mode::Video).await;
    clock.advance(tomorrow_at(9, 40).duration_since(clock.now()));
    let before = room(&press(&portal, &mia, visit.id).await.unwrap());
    let later = slot(&okafor, tomorrow_at(10, 20));
    let moved = appointments::reschedule(&portal, &mia, visit.id, &later, &network()).await.unwrap();
    assert_eq!((moved.status, moved.arrived_at), (Status::Booked, None), "nobody is there yet");
    clock.advance(SignedDuration::from_mins(15));
    let after = room(&press(&portal, &mia, visit.id).await.unwrap());
    assert_ne!(before, after, "a link of the old time opens nothing");
}
