//! What pages and sign-ins cost in statements and commits. Counted over the whole process, so these stories are a
//! program of their own and wait for each other.

#[path = "../support/statements.rs"]
mod statements;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use futures_util::future::join_all;
use salus::auth::sessions::SignedIn;
use salus::care::appointments;
use salus::types::actor::Role;
use salus::types::locale::Locale;
use salus::types::person_name::PersonName;
use support::browser::Browser;
use support::clinic;
use support::server::{PASSWORD, Someone, TestPortal};
use tokio::sync::{Mutex, MutexGuard};

/// Statements of a page with a list: the session, the list, the read event.
const LIST: usize = 3;

async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    let turn = ALONE.lock().await;
    statements::listen();
    turn
}

/// The statements of one page, sorted and waited for: SQLite's connections tell of theirs from threads of their own, a
/// moment late, and what ran after may be told of before.
async fn page(browser: &mut Browser, path: &str) -> Vec<String> {
    tokio::time::sleep(Duration::from_millis(30)).await;
    statements::taken();
    assert_eq!(browser.get(path).await.status, 200, "{path}");
    let mut seen = Vec::new();
    loop {
        tokio::time::sleep(Duration::from_millis(30)).await;
        let more = statements::taken();
        if more.is_empty() && !seen.is_empty() {
            seen.sort();
            return seen;
        }
        seen.extend(more);
    }
}

fn in_person(portal: &TestPortal, someone: &Someone) -> SignedIn {
    SignedIn {
        account: someone.account,
        role: Role::Patient,
        patient: someone.patient,
        name: PersonName::parse(&someone.name).unwrap(),
        locale: Locale::En,
        zone: portal.portal.config.clinic.zone.clone(),
        frozen: None,
    }
}

/// Books the patient so many appointments tomorrow, from the `from`-th slot on.
async fn book(portal: &TestPortal, patient: &Someone, doctor: &SignedIn, slots: std::ops::Range<i64>) {
    let who = in_person(portal, patient);
    for slot in slots {
        let booking = clinic::booking(doctor, clinic::tomorrow_at(9, 20 * slot));
        appointments::book(&portal.portal, &who, &booking, &clinic::network()).await.ok().unwrap();
    }
}

#[tokio::test]
async fn twenty_appointments_take_as_many_statements_as_one() {
    let _alone = alone().await;
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let doctor = clinic::doctor(&portal.portal, "okafor").await;
    let mut browser = portal.signed_in(&mia).await;

    book(&portal, &mia, &doctor, 0..1).await;
    let (list_of_one, home_of_one) = (page(&mut browser, "/appointments").await, page(&mut browser, "/home").await);
    book(&portal, &mia, &doctor, 1..20).await;
    let (list, home) = (page(&mut browser, "/appointments").await, page(&mut browser, "/home").await);

    assert_eq!(browser.get("/appointments").await.links("/appointments/0").len(), 20, "all of them are on the page");
    assert_eq!(list, list_of_one);
    assert_eq!(list.len(), LIST, "{list:?}");
    assert_eq!(home, home_of_one);
}

#[tokio::test]
async fn a_sign_in_commits_twice_for_the_password_and_once_for_the_code() {
    let _alone = alone().await;
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let commits = || portal.portal.db.commits();
    let mut browser = portal.browser();

    let before = commits();
    browser.open("/login").await;
    assert_eq!(commits() - before, 0, "looking at the door writes nothing");

    let before = commits();
    browser.post("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!(commits() - before, 2, "the try is taken before the hash, the challenge opened after it");

    let before = commits();
    portal.deliver().await;
    assert_eq!(commits() - before, 2, "the text is leased, then done");

    let before = commits();
    browser.open("/challenge").await;
    assert_eq!(commits() - before, 0, "waiting for the text writes nothing");

    let code = portal.code(&mia.phone).await;
    let before = commits();
    let answer = browser.post("/challenge", &[("code", &code)]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(commits() - before, 1, "the code is used up in the session's own transaction");
}

#[tokio::test]
async fn a_session_notes_its_use_once_a_minute() {
    const TOUCH: &str = "UPDATE sessions SET seen_at";
    let touches = |seen: &[String]| seen.iter().filter(|statement| statement.starts_with(TOUCH)).count();
    let _alone = alone().await;
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;

    assert_eq!(touches(&page(&mut browser, "/appointments").await), 0, "it was used when it began");
    portal.minutes_later(2);
    assert_eq!(touches(&page(&mut browser, "/appointments").await), 1);
    let before = portal.portal.db.commits();
    assert_eq!(touches(&page(&mut browser, "/appointments").await), 0);
    assert_eq!(portal.portal.db.commits() - before, 1, "the read event alone");
}

#[tokio::test]
async fn pages_looked_at_together_share_their_commits() {
    let _alone = alone().await;
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let browser = portal.signed_in(&mia).await;
    let mut tabs: Vec<Browser> = (0..40).map(|_| browser.tab()).collect();

    let (before, read) = (portal.portal.db.commits(), reads(&portal, &mia).await);
    let pages = join_all(tabs.iter_mut().map(|tab| tab.get("/appointments"))).await;

    assert!(pages.iter().all(|page| page.status == 200));
    let commits = portal.portal.db.commits() - before;
    assert!(commits < 40, "{commits} commits for 40 pages");
    assert_eq!(reads(&portal, &mia).await - read, 40, "every look is in the trail");
}

async fn reads(portal: &TestPortal, who: &Someone) -> usize {
    clinic::deeds(&portal.portal, who.account, "appointments_read").await
}
