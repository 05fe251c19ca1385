//! Brakes on texts: each holds at its number and not before, tells nobody which it was, and leaves another way.

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;

use salus::auth::browser::Browser;
use salus::auth::challenges::{self, ResendRefusal};
use salus::auth::prove::resend;
use salus::auth::register;
use salus::auth::sessions::Session;
use salus::clock::SignedDuration;
use salus::crypto::passwords::Password;
use salus::identity::registration::Form;
use salus::messaging::brakes::{self, Asked, Brake, Held, Standing};
use salus::portal::Portal;
use salus::types::actor::Role;
use salus::types::birth_date::BirthDate;
use salus::types::email_address::EmailAddress;
use salus::types::locale::Locale;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;

use crate::door::{Door, PASSWORD, browser, refusal};
use crate::entry_register::fill_in;
use crate::support::server::TestPortal;

/// Registers an email and a phone in a browser of its own network; the pending session.
pub async fn register_in(door: &Door, here: &Browser, email: &str, phone: &str) -> Session {
    let form = Form {
        name: PersonName::parse("Noor Haddad").unwrap(),
        birth_date: BirthDate::parse("1990-02-01", "2026-11-24".parse().unwrap()).unwrap(),
        email: EmailAddress::parse(email).unwrap(),
        phone: PhoneNumber::from_e164(phone).unwrap(),
        locale: Locale::En,
        zone: "America/New_York".parse().unwrap(),
    };
    let started = register::start(&door.portal, here, form, Password::typed(PASSWORD), None).await;
    let Ok(entered) = started else { panic!("no registration was started") };
    door.session(&entered.token).await.unwrap()
}

/// Registers somebody new with this phone.
pub async fn register(door: &Door, phone: &str) -> Session {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let email = format!("new{}@example.org", NEXT.fetch_add(1, Ordering::Relaxed));
    register_in(door, &browser(), &email, phone).await
}

/// Whether a text went out for the session's challenge.
pub async fn was_sent(door: &Door, session: &Session) -> bool {
    challenges::find(&door.portal, session.challenge.unwrap()).await.unwrap().unwrap().sends > 0
}

/// The brakes that the trail names, oldest first.
async fn held(door: &Door) -> Vec<String> {
    let mut connection = door.portal.db.read().await.unwrap();
    sqlx::query_scalar("SELECT why FROM audit_events WHERE deed = 'code_held' ORDER BY at, id")
        .fetch_all(&mut *connection)
        .await
        .unwrap()
}

async fn accounts(door: &Door, count: u32) -> Vec<String> {
    let mut emails = Vec::new();
    for n in 0..count {
        let email = format!("p{n}@example.org");
        door.account(Role::Patient, &email, &format!("+1646555{n:04}")).await;
        emails.push(email);
    }
    emails
}

fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

#[tokio::test]
async fn fifty_codes_an_hour_go_to_one_range_of_typed_numbers_and_accounts_go_on() {
    let door = Door::open().await;
    door.account(Role::Patient, "mia@example.org", "+12125559999").await;
    for n in 0..50 {
        let session = register(&door, &format!("+1212555{n:04}")).await;
        assert!(was_sent(&door, &session).await, "{n}");
    }
    let session = register(&door, "+12125550051").await;
    assert!(!was_sent(&door, &session).await, "one too many");
    let next_range = register(&door, "+12125560051").await;
    assert!(was_sent(&door, &next_range).await);
    let owner = door.password(&browser(), "mia@example.org").await;
    assert!(was_sent(&door, &owner).await, "an account's number is known to be somebody's");
    assert_eq!(held(&door).await, ["range"]);
    assert_eq!(door.deliver().await, 52, "what was held back never left");
    door.clock.advance(hours(1));
    assert!(was_sent(&door, &register(&door, "+12125550052").await).await);
}

#[tokio::test]
async fn a_network_asks_for_25_codes_an_hour_and_known_browsers_are_not_stopped() {
    let door = Door::open().await;
    let emails = accounts(&door, 28).await;
    let mut known = browser();
    door.signed_in(&mut known, "p27@example.org", "+16465550027", false).await;
    let strange = || Browser { network: known.network.clone(), ..browser() };
    // The known browser's first code was asked for while it was strange.
    for (n, email) in emails.iter().take(24).enumerate() {
        assert!(was_sent(&door, &door.password(&strange(), email).await).await, "{n}");
    }
    assert!(!was_sent(&door, &door.password(&strange(), "p24@example.org").await).await);
    assert!(was_sent(&door, &door.password(&browser(), "p25@example.org").await).await, "another network");
    assert!(was_sent(&door, &door.password(&known, "p27@example.org").await).await);
    let typed = register_in(&door, &strange(), "typed@example.org", "+12125550001").await;
    assert!(was_sent(&door, &typed).await, "numbers that are not proved are counted apart");
    assert_eq!(held(&door).await, ["network"]);
    door.clock.advance(hours(1));
    assert!(was_sent(&door, &door.password(&strange(), "p24@example.org").await).await);
}

#[tokio::test]
async fn the_figures_of_networks_and_ranges_are_the_operators() {
    let door = Door::open_with(&[("SALUS_TEXTS_NETWORK_HOUR", "2"), ("SALUS_TEXTS_RANGE_HOUR", "3")]).await;
    let here = browser();
    for (n, sent) in [(0, true), (1, true), (2, false)] {
        let email = format!("n{n}@example.org");
        let session = register_in(&door, &here, &email, &format!("+121255600{n:02}")).await;
        assert_eq!(was_sent(&door, &session).await, sent, "{n}");
    }
    for (n, sent) in [(10, true), (11, false)] {
        assert_eq!(was_sent(&door, &register(&door, &format!("+121255600{n}")).await).await, sent, "{n}");
    }
    assert_eq!(held(&door).await, ["network", "range"], "what a network is refused is not counted of its range");
}

#[tokio::test]
async fn networks_and_ranges_have_an_end_in_a_day_too() {
    let door = Door::open_with(&[("SALUS_TEXTS_NETWORK_DAY", "2"), ("SALUS_TEXTS_RANGE_DAY", "3")]).await;
    let here = browser();
    for (n, sent) in [(0, true), (1, true), (2, false)] {
        let session = register_in(&door, &here, &format!("d{n}@example.org"), &format!("+121255600{n:02}")).await;
        assert_eq!(was_sent(&door, &session).await, sent, "{n}");
        door.clock.advance(hours(2));
    }
    for (n, sent) in [(10, true), (11, false)] {
        assert_eq!(was_sent(&door, &register(&door, &format!("+121255600{n}")).await).await, sent, "{n}");
        door.clock.advance(hours(2));
    }
    assert_eq!(held(&door).await, ["network", "range"]);
    door.clock.advance(hours(24));
    let session = register_in(&door, &here, "d9@example.org", "+12125560099").await;
    assert!(was_sent(&door, &session).await, "the next day begins anew");
}

#[tokio::test]
async fn all_codes_of_an_hour_and_a_day_have_an_end_for_everybody() {
    let door = Door::open_with(&[("SALUS_TEXTS_HOUR", "8"), ("SALUS_TEXTS_DAY", "10")]).await;
    let emails = accounts(&door, 4).await;
    let mut known = browser();
    door.signed_in(&mut known, &emails[0], "+16465550000", false).await;
    for phone in ["+12125550001", "+13035550002", "+16175550003", "+17025550004"] {
        assert!(was_sent(&door, &register(&door, phone).await).await);
    }
    assert!(!was_sent(&door, &register(&door, "+13035550005").await).await, "half is kept for accounts");
    for email in &emails[1..] {
        assert!(was_sent(&door, &door.password(&browser(), email).await).await);
    }
    assert!(!was_sent(&door, &door.password(&known, &emails[0]).await).await, "known browsers too");
    door.clock.advance(hours(1));
    for email in &emails[1..3] {
        assert!(was_sent(&door, &door.password(&browser(), email).await).await);
    }
    assert!(!was_sent(&door, &door.password(&browser(), &emails[3]).await).await);
    assert_eq!(held(&door).await, ["hour", "hour", "day"]);
    door.clock.advance(hours(23));
    assert!(was_sent(&door, &door.password(&browser(), &emails[3]).await).await);
}

#[tokio::test]
async fn what_a_brake_holds_back_is_not_counted_against_the_number() {
    let door = Door::open_with(&[("SALUS_TEXTS_HOUR", "1")]).await;
    door.mia().await;
    assert!(was_sent(&door, &door.password(&browser(), "mia@example.org").await).await);
    for _ in 0..9 {
        assert!(!was_sent(&door, &door.password(&browser(), "mia@example.org").await).await);
    }
    let counted = "SELECT CAST(SUM(count) AS BIGINT) FROM tallies WHERE bucket LIKE 'sends:%'";
    assert_eq!(door.number(counted).await, 2, "one text, in the short span and in the day");
}

/// Of so many asked for at one instant through two processes, how many go.
async fn rush(portals: &[Portal], count: usize, is_decoy: bool) -> (usize, Vec<Held>) {
    let one = async |n: usize| {
        let portal = &portals[n % portals.len()];
        let phone = PhoneNumber::from_e164(&format!("+1212{:07}", 5_550_000 + n * 10_000)).unwrap();
        let network = &browser().network;
        let asked = Asked { phone: &phone, network, standing: Standing::Typed, by_call: false, is_decoy };
        let mut tx = portal.db.begin().await.unwrap();
        let held = brakes::ask(portal, &mut tx, &asked).await.unwrap();
        tx.commit().await.unwrap();
        held
    };
    let answers = join_all((0..count).map(one)).await;
    let held: Vec<Held> = answers.into_iter().flatten().collect();
    (count - held.len(), held)
}

#[tokio::test]
async fn of_a_hundred_at_one_instant_ten_pass_a_limit_of_ten_over_two_processes() {
    let door = Door::open_with(&[("SALUS_TEXTS_HOUR", "20")]).await;
    let portals = [door.portal.clone(), door.twin().await];
    let (went, held) = rush(&portals, 100, false).await;
    assert_eq!(went, 10);
    let until = door.clock.now() + hours(1);
    assert!(held.iter().all(|held| *held == Held { brake: Brake::Hour, until }));
}

#[tokio::test]
async fn of_a_hundred_at_one_instant_no_more_pass_than_the_money_is_enough_for() {
    let door = Door::open_with(&[("SALUS_SMS_PRICES", "outbox:*=0.07"), ("SALUS_SPEND_DAY", "1.50")]).await;
    let portals = [door.portal.clone(), door.twin().await];
    let (went, held) = rush(&portals, 100, true).await;
    assert_eq!(went, 10, "ten cost 0.70, eleven 0.77; half of 1.50 is kept for accounts");
    // The clinic's day ends at midnight in New York.
    let until = "2026-11-25T05:00:00Z".parse().unwrap();
    assert!(held.iter().all(|held| *held == Held { brake: Brake::SpendDay, until }));
}

#[tokio::test]
async fn a_resend_that_is_held_back_says_until_when_and_the_old_code_works_on() {
    let door = Door::open_with(&[("SALUS_TEXTS_HOUR", "1")]).await;
    door.mia().await;
    let here = browser();
    let pending = door.password(&here, "mia@example.org").await;
    let code = door.code("+12125550142").await;
    let until = door.clock.now() + hours(1);
    door.clock.advance(SignedDuration::from_secs(30));
    assert_eq!(refusal(resend(&door.portal, &here, &pending, crate::door::BY_TEXT).await), ResendRefusal::Held(until));
    assert!(door.type_code(&here, &pending, &code).await.is_ok());
}

/// Fills in the form in a new browser, which then waits for the code.
async fn at_the_door(portal: &TestPortal, email: &str, phone: &str) -> crate::support::browser::Browser {
    let mut browser = portal.browser();
    let page = fill_in(&mut browser, &[("email", email), ("phone", phone), ("time_zone", "America/New_York")]).await;
    assert_eq!(page.address, "/challenge", "{}", page.text());
    browser
}

#[tokio::test]
async fn a_brake_is_no_dead_end_and_a_decoy_meets_the_same() {
    let portal = TestPortal::start_with(&[("SALUS_TEXTS_RANGE_HOUR", "1")]).await;
    let mia = portal.patient("mia").await;
    at_the_door(&portal, "first@example.org", "+12125551000").await;
    let mut pages = Vec::new();
    for email in ["second@example.org", mia.email.as_str()] {
        let mut browser = at_the_door(&portal, email, "+12125551001").await;
        let page = browser.open("/challenge").await;
        page.says("We cannot text you a code before 11:00am. Sign in again then.")
            .says("Or choose another way to get in, or call +1 212 555 0100.")
            .says("Choose another way to get in")
            .says_not("We sent a text message")
            .says_not("You asked for many codes");
        assert!(!page.links("/challenge/method").is_empty() && !page.links("/help/codes").is_empty());
        let json: serde_json::Value = serde_json::from_str(&browser.get("/challenge/status").await.body).unwrap();
        assert_eq!(json["state"], "held");
        browser.open("/challenge").await;
        let again = browser.post("/challenge/resend", &[("channel", "sms")]).await;
        assert_eq!(again.status, 422);
        again.says("You can ask for another code at 11:00am.").says("or call +1 212 555 0100");
        let help = browser.send("/challenge/method", &[("method", "none")]).await;
        assert_eq!(help.address, "/help/codes");
        help.says("+1 212 555 0100");
        pages.push((page.text(), json, again.text()));
    }
    assert_eq!(pages[0], pages[1], "a taken email looks the same");
    portal.minutes_later(31);
    // The challenge is over by now; its successor is texted once the hour is over.
    portal.minutes_later(30);
    let mut browser = at_the_door(&portal, "third@example.org", "+12125551001").await;
    browser.open("/challenge").await.says("phone number ending in 01");
}

#[tokio::test]
async fn until_tomorrow_is_said_with_its_day() {
    let portal = TestPortal::start_with(&[("SALUS_SMS_PRICES", "outbox:*=1"), ("SALUS_SPEND_DAY", "2")]).await;
    at_the_door(&portal, "first@example.org", "+12125551000").await;
    let mut browser = at_the_door(&portal, "second@example.org", "+12125551001").await;
    let page = browser.open("/challenge").await;
    let told = "We cannot text you a code before Wednesday 25 November 2026, 12:00am, New York time. \
                Sign in again then. Or choose another way to get in, or call +1 212 555 0100.";
    page.says(told).says_not("You can ask for");
    let again = browser.post("/challenge/resend", &[("channel", "sms")]).await;
    assert_eq!(again.status, 422);
    again.says(told).says_not("You can ask for");
}

#[tokio::test]
async fn after_a_resend_that_was_held_back_a_decoy_still_looks_sent() {
    let portal = TestPortal::start_with(&[("SALUS_TEXTS_RANGE_HOUR", "2")]).await;
    let mia = portal.patient("mia").await;
    let mut real = at_the_door(&portal, "new@example.org", "+12125551001").await;
    let mut decoy = at_the_door(&portal, &mia.email, "+12125551002").await;
    portal.deliver().await;
    portal.later(SignedDuration::from_secs(31));
    for browser in [&mut real, &mut decoy] {
        browser.open("/challenge").await;
        let held = browser.post("/challenge/resend", &[("channel", "sms")]).await;
        assert_eq!(held.status, 422);
        held.says("We cannot text you a code before 11:00am.");
        browser.open("/challenge").await.says("Sent at 10:00am.");
    }
}
