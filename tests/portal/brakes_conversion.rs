//! Prefixes whose codes hardly anybody enters: paused once, told once, and lifted by an admin who proves it.

use futures_util::future::join_all;

use salus::audit::{self, Deed, Search};
use salus::auth::text_brakes;
use salus::clock::SignedDuration;
use salus::messaging::brakes::pauses;
use salus::portal::Portal;
use salus::types::actor::Role;

use crate::brakes::{register, register_in, was_sent};
use crate::door::{Door, PASSWORD, browser};
use crate::entry_register::fill_in;
use crate::support::browser::Browser;
use crate::support::server::TestPortal;

/// Numbers of one prefix, each of a range of its own … of the last four digits.
fn phone(prefix: &str, n: usize) -> String {
    format!("+{prefix}{n:04}")
}

const PREFIX: &str = "1212555";

/// So many codes to a prefix, the first of them entered; their time is over afterwards.
async fn codes(door: &Door, from: usize, count: usize, entered: usize) {
    for n in from..from + count {
        let (here, phone) = (browser(), phone(PREFIX, n));
        let session = register_in(door, &here, &format!("c{n}@example.org"), &phone).await;
        assert!(was_sent(door, &session).await, "{n}");
        let code = door.code(&phone).await;
        if n < from + entered {
            assert!(door.type_code(&here, &session, &code).await.is_ok());
        }
    }
    door.clock.advance(SignedDuration::from_mins(6));
}

async fn deeds(portal: &Portal, deed: Deed) -> Vec<audit::Recorded> {
    let search = Search { deed: Some(deed.as_str().into()), limit: 20, ..Search::default() };
    audit::find(portal, &search).await.unwrap()
}

async fn turn(portal: &Portal) -> usize {
    text_brakes::turn(portal).await.unwrap()
}

#[tokio::test]
async fn under_the_floor_a_prefix_is_paused_for_a_day_and_every_admin_is_told_once() {
    let door = Door::open().await;
    for n in 0..2 {
        door.account(Role::Admin, &format!("admin{n}@example.org"), &format!("+1646555000{n}")).await;
    }
    door.account(Role::Patient, "mia@example.org", "+12125559999").await;
    let twin = door.twin().await;
    codes(&door, 0, 19, 0).await;
    assert_eq!(turn(&door.portal).await, 0, "19 codes tell nothing");
    let session = register(&door, &phone(PREFIX, 19)).await;
    door.deliver().await;
    assert!(was_sent(&door, &session).await);
    assert_eq!(turn(&door.portal).await, 0, "the twentieth can still be entered");
    door.clock.advance(SignedDuration::from_mins(5));

    let turns = join_all([turn(&door.portal), turn(&twin), turn(&door.portal), turn(&twin)]).await;
    assert_eq!(turns.iter().sum::<usize>(), 1, "one process pauses: {turns:?}");
    assert_eq!(turn(&door.portal).await, 0);
    let events = deeds(&door.portal, Deed::PrefixPaused).await;
    let pause = pauses::list(&door.portal).await.unwrap().pop().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].why.as_deref(), Some(format!("US {}: 0 of 20", pause.tag).as_str()));
    door.deliver().await;
    for n in 0..2 {
        let mails = door.messages(&format!("admin{n}@example.org"));
        assert_eq!(mails.len(), 1);
        assert!(mails[0].contains("0 of 20 in a day. Country: US.") && mails[0].contains(&pause.tag), "{}", mails[0]);
        assert!(!mails[0].contains(PREFIX), "no digits of the prefix");
    }

    assert!(!was_sent(&door, &register(&door, &phone(PREFIX, 30)).await).await);
    assert!(was_sent(&door, &register(&door, &phone("1212556", 30)).await).await, "another prefix");
    let owner = door.password(&browser(), "mia@example.org").await;
    assert!(was_sent(&door, &owner).await, "an account's number goes on");
    door.clock.advance(SignedDuration::from_hours(24));
    assert!(was_sent(&door, &register(&door, &phone(PREFIX, 31)).await).await);
    assert_eq!(turn(&door.portal).await, 0, "what was counted before the pause is forgotten");
}

#[tokio::test]
async fn at_the_floor_and_above_nothing_is_paused() {
    let door = Door::open().await;
    codes(&door, 0, 20, 4).await;
    assert_eq!(turn(&door.portal).await, 0, "4 of 20 are 20 of 100");
    codes(&door, 20, 1, 0).await;
    assert_eq!(turn(&door.portal).await, 1, "4 of 21 are fewer");
}

#[tokio::test]
async fn the_floor_is_the_operators_and_nothing_turns_it_off() {
    for (floor, paused) in [("0", 0), ("1", 1), ("100", 1)] {
        let door = Door::open_with(&[("SALUS_CONVERSION_FLOOR", floor)]).await;
        codes(&door, 0, 20, 0).await;
        assert_eq!(turn(&door.portal).await, paused, "{floor}");
    }
}

/// Twenty registrations whose codes nobody enters, then a turn.
async fn pump(portal: &TestPortal) {
    for n in 0..20 {
        // One network registers ten times an hour.
        if n == 10 {
            portal.minutes_later(61);
        }
        let (email, phone) = (format!("pumped{n}@people.example"), format!("+1303555{n:04}"));
        let page = fill_in(&mut portal.browser(), &[("email", &email), ("phone", &phone)]).await;
        assert_eq!(page.address, "/challenge", "{}", page.text());
        portal.deliver().await;
    }
    portal.minutes_later(6);
    assert_eq!(turn(&portal.portal).await, 1);
}

async fn lift(admin: &mut Browser, page: &crate::support::browser::Page) -> crate::support::browser::Page {
    let start = page.body.find("/admin/delivery/pauses/").expect("a button");
    let action = page.body[start..].split('"').next().unwrap().to_owned();
    admin.post(&action, &[]).await
}

#[tokio::test]
async fn an_admin_lifts_the_pause_with_a_fresh_code() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    pump(&portal).await;
    let mut admin = portal.signed_in(&ada).await;
    portal.minutes_later(11);
    let page = admin.open("/admin/delivery").await;
    let pause = pauses::list(&portal.portal).await.unwrap().pop().unwrap();
    page.says("Paused numbers").says(&format!("{} US 0 of 20 (0 %)", pause.tag)).says("Lift the pause");
    assert!(!page.text().contains("1303555") && !page.body.contains("303555"));

    let asked = lift(&mut admin, &page).await;
    assert_eq!(asked.location(), "/step-up?next=%2Fadmin%2Fdelivery", "not without a fresh code");
    assert_eq!(pauses::list(&portal.portal).await.unwrap().len(), 1);
    admin.open("/step-up?next=%2Fadmin%2Fdelivery").await;
    admin.send("/step-up", &[]).await;
    let code = portal.code(&ada.phone).await;
    let page = admin.send("/challenge", &[("code", &code)]).await;
    assert_eq!(page.address, "/admin/delivery");

    let lifted = lift(&mut admin, &page).await;
    assert_eq!(lifted.location(), "/admin/delivery?lifted=1");
    let page = admin.open("/admin/delivery?lifted=1").await;
    page.says("The pause is lifted.").says_not("Paused numbers");
    let events = deeds(&portal.portal, Deed::PrefixPauseLifted).await;
    assert_eq!(events[0].actor, format!("account:{}", ada.account));
    assert_eq!(events[0].why.as_deref(), Some(pause.tag.as_str()));
    assert_eq!(turn(&portal.portal).await, 0, "it is not paused again at once");
    portal.minutes_later(61);
    let mut browser = portal.browser();
    fill_in(&mut browser, &[("email", "next@people.example"), ("phone", "+13035550099"), ("password", PASSWORD)]).await;
    browser.open("/challenge").await.says("ending in 99");
}
