//! The doctor's day: who comes when, who is here, and calling an appointment off.

use salus::care::appointments::{self, Mode, Standing};
use salus::types::ids::AppointmentId;

use crate::doctor_story::{story, today_at};
use crate::support::clinic::{network, proof, tomorrow_at};

#[tokio::test]
async fn a_doctor_sees_the_day_in_order_and_starts_a_visit_in_two_presses() {
    let jitsi = [
        ("SALUS_JITSI_URL", "https://meet.clinic.example"),
        ("SALUS_JITSI_APP_ID", "salus"),
        ("SALUS_JITSI_SECRET", "a secret of the video server"),
    ];
    let story = crate::doctor_story::story_with(&jitsi).await;
    let late = story.appointment(&story.chen, &story.noor, today_at(11, 0), Mode::Phone).await;
    let soon = story.appointment(&story.chen, &story.mia, today_at(10, 20), Mode::Video).await;
    let after = story.appointment(&story.chen, &story.mia, today_at(16, 0), Mode::Video).await;
    story.appointment(&story.okafor, &story.noor, today_at(10, 20), Mode::Video).await;
    let mut browser = story.browser(&story.chen).await;

    let page = browser.open("/doctor").await;
    page.says("Today").says("Tuesday 24 November 2026").says("3 appointments, New York time");
    page.says("10:20am").says("A question of Mia Example").says("78").says("Not here yet").says_not("Here now");
    let text = page.text();
    assert!(text.find("10:20am").unwrap() < text.find("11:00am").unwrap(), "{text}");
    assert!(text.find("11:00am").unwrap() < text.find("4:00pm").unwrap());
    assert_eq!(page.links("/visits/"), [format!("/visits/{}", soon.id), format!("/visits/{}", after.id)]);
    assert!(page.body.contains("Start visit with Mia Example") && page.body.contains("Open lobby of the visit with"));
    assert!(page.links("/doctor/patients/").contains(&format!("/doctor/patients/{}", story.noor.patient.unwrap())));
    assert_eq!(page.links("/doctor/appointments/").len(), 3, "each can still be cancelled");

    // The patient comes in: the doctor sees who is here, and since when.
    let mia = story.who(&story.mia);
    let fresh = proof(&story.portal.portal, &mia, soon.id);
    salus::visits::join(&story.portal.portal, &mia, &fresh, soon.id, &network()).await.unwrap();
    story.portal.minutes_later(5);
    let page = browser.open("/doctor").await;
    page.says("Here now").says("Here since 10:00am");
    let page = browser.open(&page.links("/visits/")[0]).await;
    page.says("Mia Example").says("Born 29 February 1948, 78 years old").says("Is this the right person?");
    page.says("Here since 10:00am").says("You can join now, until 11:40am.");
    let page = browser.post(&format!("/visits/{}/join", soon.id), &[]).await;
    assert_eq!(page.location(), "/challenge", "two presses, then a code");

    let page = browser.open("/doctor?day=2026-11-25").await;
    page.says("Wednesday 25 November 2026").says("You have no appointments on this day.");
    assert!(page.links("/doctor?day=").contains(&"/doctor?day=2026-11-26".to_owned()));
    assert!(page.links("/doctor?day=").contains(&"/doctor?day=2026-11-24".to_owned()));
    browser.open("/doctor?day=whenever").await.says("Tuesday 24 November 2026");
    assert_eq!(late.standing(story.portal.clock.now()), Standing::Booked);
}

#[tokio::test]
async fn a_doctor_calls_an_appointment_off_and_the_patient_is_told_without_the_reason() {
    let story = story().await;
    let one = story.appointment(&story.chen, &story.mia, tomorrow_at(9, 0), Mode::Phone).await;
    let path = format!("/doctor/appointments/{}/cancel", one.id);
    let mut browser = story.browser(&story.chen).await;
    browser.open(&path).await.says("Cancel this appointment?").says("Mia Example").says("Keep appointment");

    let long = "x".repeat(501);
    let page = browser.post(&path, &[("reason", &long)]).await;
    assert_eq!(page.status, 422);
    page.says("There is a problem").says("Write a reason of at most 500 characters");
    assert_eq!(page.field("reason"), long, "what was typed is kept");

    let page = browser.post(&path, &[("reason", "A conference")]).await;
    assert_eq!((page.status, page.location()), (303, "/doctor?day=2026-11-25&done=cancelled"));
    browser.open("/doctor?day=2026-11-25&done=cancelled").await.says("The appointment is cancelled.").says("Cancelled");
    let mail = story.portal.message(&story.mia.email, |item| item.text.contains("is cancelled")).await;
    assert!(!mail.text.contains("conference"));
    let mia = story.who(&story.mia);
    let detail = appointments::show(&story.portal.portal, &mia, one.id, &network()).await.unwrap().unwrap();
    assert_eq!(detail.cancel_reason.as_deref(), Some("A conference"));

    // Pressed twice it is the same outcome, and one mail.
    let mails = story.portal.messages(&story.mia.email).await;
    assert_eq!(browser.post(&path, &[("reason", "")]).await.status, 303);
    assert_eq!(story.portal.messages(&story.mia.email).await, mails);
    browser.open(&path).await.says("It cannot be cancelled now.");

    let begun = story.appointment(&story.chen, &story.mia, today_at(10, 10), Mode::Phone).await;
    let path = format!("/doctor/appointments/{}/cancel", begun.id);
    browser.open(&path).await;
    story.portal.minutes_later(10);
    let page = browser.post(&path, &[("reason", "")]).await;
    assert_eq!(page.status, 422);
    page.says("It cannot be cancelled now.");

    let mut other = story.browser(&story.okafor).await;
    for id in [one.id, AppointmentId::new()] {
        let path = format!("/doctor/appointments/{id}/cancel");
        assert_eq!(other.get(&path).await.status, 404);
        other.open("/help/codes").await;
        assert_eq!(other.post(&path, &[("reason", "")]).await.status, 404);
        other.open("/help/codes").await;
    }
}
