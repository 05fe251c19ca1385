//! A patient's appointments: the lists, one in full, cancelling, moving, the calendar file.

use salus::care::appointments::{Mode, Status};

use crate::patient_story::{go_on, story};
use crate::support::clinic::{counted, slot, tomorrow_at};
use crate::support::server::PASSWORD;

#[tokio::test]
async fn the_lists_say_what_became_of_each() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    maria.open("/appointments").await.says("You have no appointments booked.");
    maria.open("/appointments/past").await.says("You have no past appointments.");
    story.booked(&story.maria, tomorrow_at(11, 0), Mode::InPerson).await;
    story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    story.past(&story.maria, 3, Mode::Video, Status::NoShow).await;
    story.past(&story.maria, 2, Mode::Phone, Status::Fulfilled).await;
    story.booked(&story.james, tomorrow_at(16, 0), Mode::Video).await;

    let page = maria.open("/appointments").await;
    page.says("Booked").says("Video visit").says("Visit at the clinic").says_not("4:00pm").says_not("You missed this");
    let text = page.text();
    assert!(text.find("9:20am").unwrap() < text.find("11:00am").unwrap(), "the nearest first");
    let page = maria.open("/appointments/past").await;
    page.says("Done").says("You missed this");
    let text = page.text();
    assert!(text.find("22 November").unwrap() < text.find("21 November").unwrap(), "the newest first");
}

#[tokio::test]
async fn a_long_list_has_pages_of_twenty() {
    let story = story().await;
    for day in 1..=21 {
        story.past(&story.maria, day, Mode::Phone, Status::Fulfilled).await;
    }
    let mut maria = story.portal.signed_in(&story.maria).await;
    let page = maria.open("/appointments/past").await;
    page.says("Page 1 of 2");
    let appointments = |page: &crate::support::browser::Page| {
        page.links("/appointments/").iter().filter(|link| link.len() > 40).count()
    };
    assert_eq!(appointments(&page), 20);
    let page = maria.open("/appointments/past?page=2").await;
    assert_eq!(appointments(&page), 1);
    assert_eq!(maria.open("/appointments/past?page=9").await.address, "/appointments/past");
    assert_eq!(maria.open("/appointments/past?page=x").await.status, 200);
}

#[tokio::test]
async fn how_to_join_is_always_a_sentence() {
    let story = story().await;
    let video = story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    let phone = story.booked(&story.maria, tomorrow_at(11, 0), Mode::Phone).await;
    let clinic = story.booked(&story.maria, tomorrow_at(14, 0), Mode::InPerson).await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let path = format!("/appointments/{}", video.id);
    maria
        .open(&path)
        .await
        .says("You can join from 8:50am on Wednesday 25 November 2026.")
        .says_not("Join video visit");
    maria.open(&format!("/appointments/{}", phone.id)).await.says("We call you at the time of your appointment.");
    let page = maria.open(&format!("/appointments/{}", clinic.id)).await;
    page.says("Come to Salus Clinic 10 minutes before.");

    story.portal.later(tomorrow_at(8, 50).duration_since(story.portal.clock.now()));
    let mut maria = story.portal.signed_in(&story.maria).await;
    let lobby = format!("/visits/{}", video.id);
    assert!(maria.open(&path).await.says("Join video visit").links("/visits/").contains(&lobby));
    assert!(
        maria
            .open("/home")
            .await
            .says("Join your video visit with Dr Okafor Example")
            .links("/visits/")
            .contains(&lobby)
    );
    assert!(maria.open("/appointments").await.links("/visits/").contains(&lobby));

    story.portal.minutes_later(31);
    let mut maria = story.portal.signed_in(&story.maria).await;
    maria.open(&path).await.says("It has begun or is over.").says_not("Cancel appointment");
    story.portal.minutes_later(80);
    let mut maria = story.portal.signed_in(&story.maria).await;
    maria
        .open(&path)
        .await
        .says("This visit has ended.")
        .says("Done")
        .says_not("You missed this")
        .says("Book another appointment");
    story.portal.minutes_later(60 * 6);
    let mut maria = story.portal.signed_in(&story.maria).await;
    maria.open(&format!("/appointments/{}", phone.id)).await.says("This appointment is over.").says("Done");
}

#[tokio::test]
async fn cancelling_asks_first_and_says_the_same_when_pressed_again() {
    let story = story().await;
    let one = story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let (path, cancel) = (format!("/appointments/{}", one.id), format!("/appointments/{}/cancel", one.id));
    assert!(maria.open(&path).await.links("/appointments/").contains(&cancel));
    maria.open(&cancel).await.says("Cancel this appointment?").says("Keep appointment").says("9:20am");
    let long = "x".repeat(501);
    let page = maria.post(&cancel, &[("reason", &long)]).await;
    assert_eq!((page.status, page.field("reason")), (422, long));
    page.says("Write at most 500 characters");

    let mut tab = maria.tab();
    let page = maria.send(&cancel, &[("reason", "I feel better")]).await;
    page.says("Your appointment is cancelled.")
        .says("This visit was cancelled.")
        .says("You cancelled this appointment.");
    page.says("I feel better").says("Book another appointment").says_not("Change the time");
    let page = tab.send(&cancel, &[("reason", "Again")]).await;
    page.says("Your appointment is cancelled.").says("I feel better");
    maria.open(&cancel).await.says("This appointment can no longer be changed").says("It was cancelled.");
    maria.open(&format!("{path}?booked")).await.says_not("Your appointment is booked.");
    maria.open("/appointments").await.says("Cancelled").says_not("Booked");
    maria.open("/home").await.says("You have no appointments booked.");
}

#[tokio::test]
async fn moving_keeps_the_old_time_until_the_new_one_is_booked() {
    let story = story().await;
    let one = story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let okafor = story.signed(&story.okafor);
    let (path, moving) = (format!("/appointments/{}", one.id), format!("/appointments/{}/reschedule", one.id));
    let page = maria.open(&moving).await;
    page.says("Step 1 of 2").says("Your appointment with Dr Okafor Example is on Wednesday 25 November 2026, 9:20am");
    let page = go_on(&mut maria, &[]).await;
    assert_eq!(page.status, 422);
    page.says("Choose a time");
    let wanted = slot(&okafor, tomorrow_at(10, 0)).to_string();
    let page = go_on(&mut maria, &[("slot", &wanted)]).await;
    page.says("Step 2 of 2").says("New time Wednesday 25 November 2026, 10:00am").says("Old time");

    story.booked(&story.james, tomorrow_at(10, 0), Mode::Video).await;
    let page = maria.post(&moving, &[]).await;
    assert_eq!(page.status, 422);
    page.says("Someone else just booked Wednesday 25 November 2026, 10:00am");
    maria.open(&path).await.says("9:20am to 9:40am");

    let other = slot(&okafor, tomorrow_at(11, 40)).to_string();
    maria.open(&format!("{moving}?step=2&slot={other}")).await;
    let page = maria.send(&moving, &[]).await;
    page.says("Your appointment has a new time.").says("11:40am to 12:00pm").says_not("9:20am");
    assert_eq!(counted(&story.portal.portal, "SELECT COUNT(*) FROM appointments").await, 2);
    let csrf = maria.csrf();
    let page = maria.post(&moving, &[("csrf", &csrf), ("slot", "none")]).await;
    assert_eq!(page.status, 422);
    let chen = slot(&story.signed(&story.portal.doctor("chen").await), tomorrow_at(9, 0)).to_string();
    let bare = [("csrf".to_owned(), maria.csrf()), ("slot".to_owned(), chen)];
    let page = maria.post_raw(&moving, &bare).await;
    assert_eq!(page.status, 422, "another doctor's time is not offered");

    story.portal.later(tomorrow_at(11, 41).duration_since(story.portal.clock.now()));
    let mut maria = story.portal.signed_in(&story.maria).await;
    maria.open(&moving).await.says("This appointment can no longer be changed");
    let page = maria.post(&moving, &[("slot", &slot(&okafor, tomorrow_at(16, 0)).to_string())]).await;
    assert_eq!(page.status, 422);
    page.says("It has begun or is over.");
    let page = maria.post(&format!("{path}/cancel"), &[]).await;
    assert_eq!(page.status, 422);
}

#[tokio::test]
async fn the_calendar_file_follows_the_appointment_and_says_nothing_of_why() {
    let story = story().await;
    let one = story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let okafor = story.signed(&story.okafor);
    let (moving, file) =
        (format!("/appointments/{}/reschedule", one.id), format!("/appointments/{}/calendar.ics", one.id));
    let page = maria.get(&file).await;
    assert!(page.header("content-type").starts_with("text/calendar"));
    assert!(page.header("content-disposition").starts_with("attachment"));
    assert!(page.body.contains("SUMMARY:Appointment\\, Salus Clinic\r\n"), "{}", page.body);
    assert!(page.body.contains("SEQUENCE:0\r\n") && page.body.contains("DTSTART:20261125T142000Z\r\n"));
    assert!(!page.body.contains("cough") && !page.body.contains("Okafor"));

    let wanted = slot(&okafor, tomorrow_at(10, 0)).to_string();
    maria.open(&format!("{moving}?step=2&slot={wanted}")).await;
    maria.send(&moving, &[]).await;
    let page = maria.get(&file).await;
    assert!(page.body.contains("SEQUENCE:1\r\n") && page.body.contains("DTSTART:20261125T150000Z\r\n"));
    let cancel = format!("/appointments/{}/cancel", one.id);
    maria.open(&cancel).await;
    maria.send(&cancel, &[("reason", "")]).await;
    let page = maria.get(&file).await;
    assert!(page.body.contains("SEQUENCE:2\r\n") && page.body.contains("STATUS:CANCELLED\r\n"));

    maria.open("/home").await;
    maria.post("/language", &[("locale", "es"), ("back", "/home")]).await;
    assert!(maria.get(&file).await.body.contains("SUMMARY:Cita\\, Salus Clinic\r\n"));
}

#[tokio::test]
async fn a_reason_sent_after_the_sessions_end_comes_back() {
    let story = story().await;
    let one = story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let cancel = format!("/appointments/{}/cancel", one.id);
    maria.open(&cancel).await;
    story.portal.minutes_later(16);
    let page = maria.post(&cancel, &[("reason", "I feel better")]).await;
    let next = page.location().to_owned();
    maria.open(&next).await;
    maria.send("/login", &[("email", &story.maria.email), ("password", PASSWORD)]).await;
    let code = story.portal.code(&story.maria.phone).await;
    let page = maria.send("/challenge", &[("code", &code)]).await;
    assert_eq!(page.address, cancel);
    assert_eq!(page.field("reason"), "I feel better");
}

#[tokio::test]
async fn the_person_reads_their_own_zone_and_the_clinics() {
    let story = story().await;
    let one = story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    {
        let mut tx = story.portal.portal.db.begin().await.unwrap();
        sqlx::query("UPDATE accounts SET time_zone = $1 WHERE id = $2")
            .bind("America/Chicago")
            .bind(story.maria.account.to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let mut maria = story.portal.signed_in(&story.maria).await;
    let page = maria.open(&format!("/appointments/{}", one.id)).await;
    page.says("8:20am to 8:40am, Chicago time");
    page.says("At the clinic it is Wednesday 25 November 2026, 9:20am, New York time then.");
    let page = maria.open(&format!("/appointments/new?doctor={}", story.okafor.account)).await;
    page.says("Times are in Chicago time. The clinic is in New York time.").says("8:00am 9:00am at the clinic");
}
