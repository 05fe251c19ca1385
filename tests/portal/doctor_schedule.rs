//! The doctor's weekly hours as a form, days off, and what booking shows of them.

use salus::care::appointments::Mode;
use salus::care::slots::{self, SlotKey};
use salus::clock::SignedDuration;

use crate::doctor_story::story;
use crate::support::clinic::{counted, tomorrow_at};

#[tokio::test]
async fn hours_set_by_form_are_what_booking_shows() {
    let story = story().await;
    let mut browser = story.browser(&story.chen).await;
    let page = browser.open("/doctor/schedule").await;
    page.says("Times are in New York time.").says("No time is free in the next 5 days.").says("Wednesday");
    assert_eq!(page.field("d3s1_from"), "");

    let week = [
        ("d3s1_from", "09:00"),
        ("d3s1_until", "10:00"),
        ("d3s1_slot", "20"),
        ("d3s2_from", "22:00"),
        ("d3s2_until", "00:00"),
        ("d3s2_slot", "30"),
    ];
    let page = browser.send("/doctor/schedule", &week).await;
    assert_eq!(page.address, "/doctor/schedule?saved=1");
    page.says("Your schedule is saved.").says("7 free times, from 9:00am to 11:30pm").says("No free time");
    assert_eq!((page.field("d3s2_until"), page.field("d3s1_slot")), ("00:00".into(), "20".into()));
    let key = SlotKey { doctor: story.chen.account, starts_at: tomorrow_at(23, 30) };
    assert!(slots::at(&story.portal.portal, &key).await.unwrap().is_some());

    // A day off takes its times away, and gives them back.
    let page = browser.send("/doctor/schedule/days-off", &[("day", "2026-11-25")]).await;
    page.says("Your schedule is saved.").says("No time is free in the next 5 days.");
    page.says("The next free time is on Wednesday 2 December 2026.").says("Wednesday 25 November 2026");
    let page = browser.send("/doctor/schedule/days-off/remove", &[("day", "2026-11-25")]).await;
    page.says("You have no days off planned.").says("7 free times");
    for (day, sentence) in [("2026-11-23", "Enter today or a later day"), ("soon", "Enter the day like 2027-01-04")] {
        let page = browser.post("/doctor/schedule/days-off", &[("day", day)]).await;
        assert_eq!(page.status, 422);
        page.says(sentence);
        assert_eq!(page.field("day"), day, "what was typed is kept");
    }
}

#[tokio::test]
async fn what_is_wrong_with_hours_stands_beside_its_row_and_nothing_is_changed() {
    let story = story().await;
    let mut browser = story.browser(&story.chen).await;
    browser.open("/doctor/schedule").await;
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: [Case; 5] = [
        (&[("d1s1_from", "09:00")], "d1s1_until", "Monday: enter when these hours end, or clear the row"),
        (
            &[("d2s1_from", "12:00"), ("d2s1_until", "09:00"), ("d2s1_slot", "20")],
            "d2s1_until",
            "Tuesday: enter an end that is later than the beginning",
        ),
        (
            &[("d2s1_from", "09:00"), ("d2s1_until", "12:00"), ("d2s1_slot", "3")],
            "d2s1_slot",
            "Tuesday: choose 5 to 240 minutes for each appointment",
        ),
        (
            &[("d2s1_from", "09:00"), ("d2s1_until", "10:00"), ("d2s1_slot", "25")],
            "d2s1_slot",
            "Tuesday: choose minutes that fill these hours without a rest",
        ),
        (
            &[
                ("d7s1_from", "09:00"),
                ("d7s1_until", "12:00"),
                ("d7s1_slot", "20"),
                ("d7s2_from", "11:00"),
                ("d7s2_until", "13:00"),
                ("d7s2_slot", "20"),
            ],
            "d7s2_from",
            "Sunday: these hours overlap the others of the day",
        ),
    ];
    for (fields, at, sentence) in cases {
        let page = browser.post("/doctor/schedule", fields).await;
        assert_eq!(page.status, 422, "{sentence}");
        page.says("There is a problem").says(sentence);
        assert!(page.body.contains(&format!("id=\"{at}-err\"")), "beside {at}");
        assert!(page.body.contains(&format!("href=\"#{at}\"")));
        for (name, value) in fields {
            assert_eq!(page.field(name), *value, "what was typed is kept");
        }
    }
    let who = story.who(&story.chen);
    assert!(slots::schedule(&story.portal.portal, &who).await.unwrap().unwrap().hours.is_empty());
    assert_eq!(browser.post("/doctor/schedule", &[("d9s1_from", "09:00")]).await.status, 400, "no such field");
}

#[tokio::test]
async fn hours_typed_before_the_session_ended_come_back_filled_in() {
    let story = story().await;
    let mut browser = story.browser(&story.chen).await;
    browser.open("/doctor/schedule").await;
    story.portal.later(SignedDuration::from_mins(16));
    let page = browser.post("/doctor/schedule", &[("d1s1_from", "09:00"), ("d1s1_slot", "20")]).await;
    assert!(page.location().starts_with("/login?next=%2Fdoctor%2Fschedule"), "{}", page.location());
    browser.open(page.location()).await;
    let fields = [("email", story.chen.email.as_str()), ("password", crate::support::server::PASSWORD)];
    browser.send("/login", &fields).await;
    let code = story.portal.code(&story.chen.phone).await;
    let page = browser.send("/challenge", &[("code", &code)]).await;
    assert_eq!((page.address.as_str(), page.field("d1s1_from")), ("/doctor/schedule", "09:00".to_owned()));
}

#[tokio::test]
async fn a_day_off_says_what_stays_booked_on_it() {
    let story = story().await;
    story.appointment(&story.chen, &story.mia, tomorrow_at(10, 0), Mode::Phone).await;
    let mut browser = story.browser(&story.chen).await;
    browser.open("/doctor/schedule").await;
    let page = browser.send("/doctor/schedule/days-off", &[("day", "2026-11-25")]).await;
    page.says("1 appointment stays booked on Wednesday 25 November 2026.");
    assert_eq!(counted(&story.portal.portal, "SELECT COUNT(*) FROM audit_events WHERE deed = 'today_read'").await, 0);
    assert_eq!(page.links("/doctor?day="), ["/doctor?day=2026-11-25"]);
    let page = browser.send("/doctor/schedule/days-off", &[("day", "2026-11-26")]).await;
    page.says("Your schedule is saved.").says_not("stays booked on");
}
