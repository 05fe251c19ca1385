//! Without a mouse: every stop can be seen and comes in the order of reading, and no stop holds one fast.

use serde_json::{Value, json};

use crate::checks::Look;
use crate::person::Person;
use crate::story::Story;
use crate::support::server::PASSWORD;

/// The focused element: its place among all stops, what it says, and whether it shows and can be told to be focused.
const STOP: &str = "const at = document.activeElement;
    if (!at || at === document.body || at === document.documentElement) return null;
    const stops = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')];
    const box = at.getBoundingClientRect(), look = getComputedStyle(at);
    const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const label = at.closest('label') ?? at.labels?.[0];
    return { place: stops.indexOf(at), says: (at.innerText || at.name || at.id).trim(),
        shows: box.width > 0 && box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && box.left >= 0
            && box.right <= innerWidth && !!over && (at.contains(over) || over.contains(at) || !!label?.contains(over)),
        marked: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2 };";

/// How many stops the page has now: what is shown and can be focused; of a group of round buttons one.
const STOPS: &str = "const groups = new Set();
    return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
        .filter((stop) => stop.checkVisibility() && !stop.disabled)
        .filter((stop) => stop.type !== 'radio' || (!groups.has(stop.name) && groups.add(stop.name))).length";

/// Goes through the page by the tab key, from its first stop on until it comes round; says what it came by.
async fn goes_round(person: &Person, page: &str) -> Vec<String> {
    let expected = person.asks(STOPS).await.as_u64().unwrap();
    let (mut said, mut last) = (Vec::new(), -1);
    for _ in 0..300 {
        person.presses_the_key("Tab").await;
        let stop = person.asks(STOP).await;
        let place = stop["place"].as_i64().unwrap_or(0);
        if said.is_empty() && place > 0 {
            continue;
        }
        if !said.is_empty() && place == 0 {
            assert_eq!(said.len() as u64, expected, "{page}: stops reached: {said:?}");
            return said;
        }
        // Day, month and year of a date are stops in one field.
        if stop == Value::Null || place == last {
            continue;
        }
        let says = stop["says"].as_str().unwrap().to_owned();
        assert!(place > last, "{page}: {says:?} comes out of order, after {said:?}");
        assert_eq!(stop["shows"], json!(true), "{page}: {says:?} cannot be seen");
        assert_eq!(stop["marked"], json!(true), "{page}: {says:?} does not look focused");
        last = place;
        said.push(says);
    }
    panic!("{page}: the tab key never comes round: {said:?}");
}

/// Presses the tab key until this has the focus.
async fn tabs_to(person: &Person, id: &str) {
    for _ in 0..50 {
        if person.asks("return document.activeElement?.id").await == json!(id) {
            return;
        }
        person.presses_the_key("Tab").await;
    }
    panic!("the tab key does not come to {id}");
}

#[tokio::test]
async fn the_door_can_be_walked_without_a_mouse() {
    let story = Story::begin(1).await;
    let mia = story.patient("mia").await;
    let mut person = Person::arrives(&story, "mia").await;
    person.opens("/login").await;
    person.sees("Sign in").await;
    let stops = goes_round(&person, "sign in").await;
    assert_eq!(stops[0], "Skip to the main part");

    person.opens("/login").await;
    person.presses_the_key("Tab").await;
    person.presses_the_key("Enter").await;
    person.until("return document.activeElement.id", json!("main")).await;
    tabs_to(&person, "email").await;
    person.types_blindly(&mia.email).await;
    tabs_to(&person, "password").await;
    person.types_blindly(PASSWORD).await;
    person.presses_the_key("Enter").await;

    person.sees("Enter your code").await;
    person.until("return document.activeElement.id", json!("code")).await;
    goes_round(&person, "code").await;
    let code = story.code(&mia.phone).await;
    tabs_to(&person, "code").await;
    person.types_blindly(&code).await;
    person.presses_the_key("Enter").await;
    person.comes_to("/home").await;
}

#[tokio::test]
async fn the_rooms_can_be_walked_without_a_mouse() {
    let story = Story::begin(1).await;
    let people = story.people().await;
    let mut person = Person::arrives(&story, "maria").await;
    person.signs_in(&story, &people.maria).await;
    person.sees("Hello, Maria").await;
    let times = "/appointments/new?step=3&kind=follow_up&mode=video";
    let times = format!("{times}&doctor={}", people.chen.account);
    for path in ["/home", "/appointments", "/appointments/new", &times, "/labs"] {
        person.opens(path).await;
        person.until("return document.readyState", json!("complete")).await;
        goes_round(&person, path).await;
    }

    person.opens("/home").await;
    person.looks(Look::PHONE).await;
    let closed = goes_round(&person, "home on a phone").await;
    assert!(closed.contains(&"Menu".to_owned()) && !closed.contains(&"Appointments".to_owned()), "{closed:?}");
    while person.asks("return document.activeElement.innerText").await != json!("Menu") {
        person.presses_the_key("Tab").await;
    }
    person.presses_the_key("Enter").await;
    let open = goes_round(&person, "home on a phone, the menu open").await;
    assert!(open.contains(&"Appointments".to_owned()), "{open:?}");
    person.examine("Hello, Maria, the menu open").await;
    person.presses("Sign out").await;

    person.signs_in(&story, &people.chen).await;
    person.sees("Today").await;
    for path in ["/doctor", "/doctor/schedule", "/doctor/results"] {
        person.opens(path).await;
        person.until("return document.readyState", json!("complete")).await;
        goes_round(&person, path).await;
    }
}
