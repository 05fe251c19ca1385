//! Booking through the pages: four steps, at most 7 presses, and what can come between.

use salus::care::appointments::Mode;
use salus::clock::SignedDuration;

use crate::patient_story::{go_on, story};
use crate::support::clinic::{counted, slot, tomorrow_at};
use crate::support::server::{PASSWORD, TestPortal};

async fn booked(portal: &TestPortal) -> i64 {
    counted(&portal.portal, "SELECT COUNT(*) FROM appointments").await
}

#[tokio::test]
async fn an_appointment_is_booked_in_four_steps() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let home = maria.open("/home").await;
    home.says("You have no appointments booked.");
    assert_eq!(home.links("/appointments/new"), ["/appointments/new"]);

    let page = maria.open("/appointments/new").await;
    page.says("Step 1 of 4").says("If this is an emergency, call 911 now.").says_not("Test results");
    let page = go_on(&mut maria, &[("kind", "follow_up"), ("mode", "phone")]).await;
    page.says("Step 2 of 4").says("Dr Okafor Example");
    assert_eq!(page.values("doctor")[0], "General practice", "the first free doctor comes first");
    let page = go_on(&mut maria, &[]).await;
    assert_eq!(page.status, 422);
    page.says("Step 2 of 4").says("There is a problem").says("Choose a doctor");
    let page = go_on(&mut maria, &[("doctor", "General practice")]).await;
    page.says("Step 3 of 4").says("First free doctor, General practice").says("Times are in New York time.");
    page.says("Wednesday 25 November 2026").says("Later days").says_not("Earlier days");
    let page = go_on(&mut maria, &[]).await;
    assert_eq!(page.status, 422);
    page.says("There is a problem").says("Choose a time");

    let wanted = slot(&story.signed(&story.okafor), tomorrow_at(9, 20)).to_string();
    assert!(page.values("slot").contains(&wanted));
    let page = go_on(&mut maria, &[("slot", &wanted)]).await;
    page.says("Step 4 of 4").says("Wednesday 25 November 2026, 9:20am, New York time");
    page.says("Follow-up of something known").says("Phone call").says("Dr Okafor Example");
    let page = maria.post("/appointments/new", &[("reason", "  ")]).await;
    assert_eq!(page.status, 422);
    page.says("Write in a few words why you would like to see the doctor").says("9:20am");
    let long = "x".repeat(501);
    let page = maria.post("/appointments/new", &[("reason", &long)]).await;
    page.says("Write at most 500 characters");
    assert_eq!(page.field("reason"), long, "what was typed is kept");

    let page = maria.send("/appointments/new", &[("reason", "My knee hurts\nagain")]).await;
    assert_eq!(page.status, 200);
    page.says("Your appointment is booked.").says("Wednesday 25 November 2026, 9:20am to 9:40am, New York time");
    page.says("We call you at the time of your appointment.").says("My knee hurts again");
    page.says("You can change or cancel until the appointment begins.");
    assert_eq!(page.header("cache-control"), "no-store");
    maria.open("/home").await.says("Wednesday 25 November 2026, 9:20am").says_not("You have no appointments");
}

#[tokio::test]
async fn the_reason_is_in_no_address_and_a_changed_answer_keeps_the_others() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let wanted = slot(&story.signed(&story.okafor), tomorrow_at(9, 20)).to_string();
    let doctor = story.okafor.account.to_string();
    maria.open(&format!("/appointments/new?kind=results&mode=in_person&doctor={doctor}&slot={wanted}")).await;
    let page = maria.last.clone().unwrap();
    assert!(page.body.contains("<form class=\"form\" method=\"post\""), "the reason is posted");
    let back: Vec<String> = page.links("/appointments/new?step=1");
    maria.open(&back[0]).await.says("Step 1 of 4");
    let page = go_on(&mut maria, &[("mode", "video")]).await;
    page.says("Step 2 of 4");
    let page = go_on(&mut maria, &[]).await;
    page.says("Dr Okafor Example");
    let page = go_on(&mut maria, &[]).await;
    page.says("Step 4 of 4").says("Talk about test results").says("Video visit").says("9:20am");
}

#[tokio::test]
async fn a_doctors_link_leads_to_their_times_and_a_bare_form_books() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let page = maria.open(&format!("/appointments/new?doctor={}", story.okafor.account)).await;
    page.says("Step 3 of 4").says("Dr Okafor Example, General practice");
    let times = page.values("slot");
    assert!(times.len() > 50, "5 days of 20-minute slots");

    let csrf = maria.csrf();
    let form = [("csrf", csrf), ("slot", times[3].clone()), ("reason", "A rash".into())];
    let pairs: Vec<(String, String)> = form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let page = maria.post_raw("/appointments/new", &pairs).await;
    assert_eq!(page.status, 303);
    let id = page.location().trim_start_matches("/appointments/").trim_end_matches("?booked").to_owned();
    maria.open(&format!("/appointments/{id}")).await.says("Something new").says("You can join");
    assert_eq!(booked(&story.portal).await, 1);
    assert_eq!(
        maria.open("/appointments/new?doctor=nobody").await.status,
        200,
        "an answer that is none is asked again"
    );
}

#[tokio::test]
async fn a_time_taken_meanwhile_keeps_every_other_answer() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let wanted = slot(&story.signed(&story.okafor), tomorrow_at(9, 20)).to_string();
    maria.open(&format!("/appointments/new?kind=results&mode=phone&doctor=General+practice&slot={wanted}")).await;
    story.booked(&story.james, tomorrow_at(9, 20), Mode::Video).await;

    let page = maria.post("/appointments/new", &[("reason", "A cough")]).await;
    assert_eq!(page.status, 422);
    page.says("Someone else just booked Wednesday 25 November 2026, 9:20am, New York time. Choose another time.");
    page.says("First free doctor, General practice");
    page.says("We kept your answers: Talk about test results, Phone call.").says("Error: Choose a time");
    assert_eq!((page.field("reason").as_str(), page.field("mode").as_str()), ("A cough", "phone"));
    let times = page.values("slot");
    assert!(!times.contains(&wanted) && !times.is_empty());

    let page = maria.post("/appointments/new", &[("reason", "A cough, and"), ("show", "2026-12-07")]).await;
    assert_eq!(page.status, 200);
    page.says("Monday 7 December 2026").says_not("Wednesday 25 November 2026, 9:20am");
    assert_eq!(page.field("reason"), "A cough, and", "other days keep what was typed");
    let other = page.values("slot")[0].clone();
    let page = maria.send("/appointments/new", &[("reason", "A cough, and"), ("slot", &other)]).await;
    page.says("Your appointment is booked.").says("Talk about test results").says("A cough, and");
}

#[tokio::test]
async fn times_that_cannot_be_had_say_why() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let okafor = story.signed(&story.okafor);
    story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    let now = story.portal.clock.now();
    for (starts_at, sentence) in [
        (tomorrow_at(9, 20), "You already have an appointment on"),
        (now - SignedDuration::from_hours(1), "has passed. Choose another time."),
        (tomorrow_at(9, 25), "is not offered. Choose another time."),
        (tomorrow_at(9, 20) + SignedDuration::from_hours(24 * 120), "is not offered. Choose another time."),
    ] {
        let wanted = slot(&okafor, starts_at).to_string();
        maria.open(&format!("/appointments/new?slot={wanted}")).await;
        let page = maria.post("/appointments/new", &[("reason", "A cough")]).await;
        assert_eq!(page.status, 422);
        page.says(sentence);
        assert_eq!(page.field("reason"), "A cough");
    }
    let page = maria.post("/appointments/new", &[("slot", "tomorrow"), ("reason", "A cough")]).await;
    assert_eq!(page.status, 422);
    page.says("Choose a time");
    assert_eq!(booked(&story.portal).await, 1);
}

#[tokio::test]
async fn pressed_twice_or_again_after_going_back_it_books_once() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let wanted = slot(&story.signed(&story.okafor), tomorrow_at(9, 20)).to_string();
    maria.open(&format!("/appointments/new?doctor={}", story.okafor.account)).await;
    let check = go_on(&mut maria, &[("slot", &wanted)]).await;
    assert!(check.address.contains("key="));

    let mut tab = maria.tab();
    let (first, second) = tokio::join!(
        maria.post("/appointments/new", &[("reason", "A cough")]),
        tab.post("/appointments/new", &[("reason", "A cough")]),
    );
    assert_eq!((first.status, second.status), (303, 303));
    assert_eq!(first.location(), second.location(), "the second press is led to the first outcome");

    maria.open(&check.address).await.says("Step 4 of 4");
    let again = maria.post("/appointments/new", &[("reason", "A cough")]).await;
    assert_eq!(again.location(), first.location(), "so is somebody who went back");
    assert_eq!(booked(&story.portal).await, 1);

    maria.open(&format!("/appointments/new?doctor={}", story.okafor.account)).await;
    let other = slot(&story.signed(&story.okafor), tomorrow_at(11, 0)).to_string();
    go_on(&mut maria, &[("slot", &other)]).await;
    let page = maria.send("/appointments/new", &[("reason", "My knee")]).await;
    page.says("Your appointment is booked.").says("11:00am");
    assert_eq!(booked(&story.portal).await, 2, "another time is another appointment");
}

#[tokio::test]
async fn days_without_times_name_the_next_that_has_one() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let okafor = story.signed(&story.okafor);
    let today: jiff::civil::Date = "2026-11-24".parse().unwrap();
    for day in 0..6 {
        let day = today.saturating_add(jiff::Span::new().days(day));
        salus::care::slots::set_day_off(&story.portal.portal, &okafor, day, true, &crate::support::clinic::network())
            .await
            .ok()
            .unwrap();
    }
    let page = maria.open(&format!("/appointments/new?doctor={}", story.okafor.account)).await;
    page.says("No times in these 5 days.").says("Next free day: Monday 30 November 2026");
    let next = page.links("/appointments/new").into_iter().find(|link| link.contains("from=2026-11-30")).unwrap();
    let page = maria.open(&next).await;
    page.says("Monday 30 November 2026").says("9:00am").says("Earlier days");
}

#[tokio::test]
async fn a_booking_sent_after_the_sessions_end_comes_back_filled_in() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let wanted = slot(&story.signed(&story.okafor), tomorrow_at(9, 20)).to_string();
    maria.open(&format!("/appointments/new?kind=follow_up&mode=phone&slot={wanted}")).await;
    story.portal.minutes_later(16);
    let page = maria.post("/appointments/new", &[("reason", "My knee hurts")]).await;
    assert_eq!(page.status, 303);
    assert!(page.location().starts_with("/login?next=%2Fappointments%2Fnew"), "{}", page.location());
    let next = page.location().to_owned();
    let page = maria.open(&next).await;
    page.says("We signed you out after 15 minutes without use.");
    maria.send("/login", &[("email", &story.maria.email), ("password", PASSWORD)]).await;
    let code = story.portal.code(&story.maria.phone).await;
    let page = maria.send("/challenge", &[("code", &code)]).await;
    assert_eq!((page.status, page.address.as_str()), (200, "/appointments/new"));
    page.says("Step 4 of 4").says("9:20am").says("Phone call").says("Follow-up of something known");
    assert_eq!(page.field("reason"), "My knee hurts");
    assert_eq!(booked(&story.portal).await, 0, "nothing is booked unasked");
    let page = maria.send("/appointments/new", &[("reason", "My knee hurts")]).await;
    page.says("Your appointment is booked.");
}

#[tokio::test]
async fn every_step_speaks_spanish() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    maria.open("/home").await;
    maria.send("/language", &[("locale", "es"), ("back", "/home")]).await.says("No tiene citas reservadas.");
    maria.open("/appointments/new").await.says("Paso 1 de 4").says("Si es una emergencia, llame ahora al 911.");
    go_on(&mut maria, &[]).await.says("Primer médico disponible");
    let page = go_on(&mut maria, &[("doctor", "General practice")]).await;
    page.says("miércoles 25 de noviembre de 2026").says("Las horas están en hora de New York.");
    let wanted = slot(&story.signed(&story.okafor), tomorrow_at(14, 20)).to_string();
    go_on(&mut maria, &[("slot", &wanted)]).await.says("14:20").says("Revise y reserve");
    let page = maria.send("/appointments/new", &[("reason", "Me duele la rodilla")]).await;
    page.says("Su cita está reservada.").says("Puede entrar desde las 13:50 del miércoles 25 de noviembre de 2026.");
}
