//! The dialog that asks before a session ends for want of use.

use salus::clock::SignedDuration;
use serde_json::{Value, json};

use crate::person::Person;
use crate::story::Story;

/// Gives a page a clock that stands until it is put forward, as a sleeping computer does to it, so that a slow machine
/// loses no time; and tells whether the page looked at it since.
const CLOCK: &str =
    "{ let ahead = 0; const start = Date.now(); Date.now = () => { window.looked = true; return start + ahead; };
    window.sleep = (seconds) => { ahead += seconds * 1000; window.looked = false; }; }";

async fn give_a_clock(person: &Person) {
    person.browser.tell("Page.addScriptToEvaluateOnNewDocument", json!({ "source": CLOCK })).await;
}

/// Time passes for the clinic and for the page, which has begun to count before.
async fn sleep(story: &Story, person: &Person, span: SignedDuration) {
    person.until("return window.looked", json!(true)).await;
    story.later(span);
    person.asks(&format!("window.sleep({})", span.as_secs())).await;
}

/// Time passes, and the page has looked at its clock since.
async fn pass(story: &Story, person: &Person, span: SignedDuration) {
    sleep(story, person, span).await;
    person.until("return window.looked", json!(true)).await;
}

async fn dialog(person: &Person) -> Value {
    person.asks("return document.querySelector('dialog').open").await
}

#[tokio::test]
async fn a_person_is_asked_before_the_session_ends_and_may_stay() {
    let story = Story::begin(1).await;
    let mia = story.patient("mia").await;
    let mut person = Person::arrives(&story, "mia").await;
    give_a_clock(&person).await;
    person.signs_in(&story, &mia).await;
    person.comes_to("/home").await;

    pass(&story, &person, SignedDuration::from_mins(12)).await;
    assert_eq!(dialog(&person).await, json!(false), "three minutes are left");
    pass(&story, &person, SignedDuration::from_mins(1)).await;
    person.until("return document.querySelector('dialog').open", json!(true)).await;
    person.reads("Do you need more time?").await;
    assert_eq!(person.asks("return document.activeElement.innerText").await, json!("Stay signed in"));
    person.examine("Do you need more time?").await;
    pass(&story, &person, SignedDuration::from_secs(65)).await;
    person.reads("We will sign you out in 1 minute.").await;

    person.presses_here("Stay signed in").await;
    person.until("return document.querySelector('dialog').open", json!(false)).await;
    pass(&story, &person, SignedDuration::from_mins(10)).await;
    person.opens("/home").await;
    person.comes_to("/home").await;

    pass(&story, &person, SignedDuration::from_mins(13)).await;
    person.presses_the_key("Escape").await;
    person.until("return document.querySelector('dialog').open", json!(false)).await;
    pass(&story, &person, SignedDuration::from_mins(10)).await;
    person.opens("/home").await;
    person.comes_to("/home").await;

    sleep(&story, &person, SignedDuration::from_mins(16)).await;
    person.sees("Sign in").await;
    person.reads("We signed you out after 15 minutes without use.").await;
    person.opens("/home").await;
    person.sees("Sign in").await;
}
