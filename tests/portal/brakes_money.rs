//! What texts cost: written exactly, held by ceilings at the exact amount, told once, and shown.

use futures_util::future::join_all;

use salus::auth::sessions::Session;
use salus::auth::text_brakes;
use salus::clock::SignedDuration;
use salus::messaging::brakes::{prices, spending};
use salus::messaging::dispatches::{self, Due, Lane, Outcome, Through, worth};
use salus::types::actor::Role;
use salus::types::amount::Amount;

use crate::brakes::{register, was_sent};
use crate::door::{Door, browser};
use crate::gateway_double::Answer;
use crate::receipts::Scene;
use crate::support::server::TestPortal;
use crate::twilio_double::classic;

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

async fn with_admins(more: &[(&str, &str)]) -> Door {
    let door = Door::open_with(more).await;
    for n in 0..2 {
        door.account(Role::Admin, &format!("admin{n}@example.org"), &format!("+1646555000{n}")).await;
    }
    door
}

/// Subjects of the mails to an admin, oldest first.
async fn mails(door: &Door, admin: &str) -> Vec<String> {
    door.deliver().await;
    door.outbox.after(0, Some(admin)).into_iter().filter_map(|item| item.subject).collect()
}

#[tokio::test]
async fn a_ceiling_stops_at_the_exact_money_and_the_next_day_begins_anew() {
    let prices = ("SALUS_SMS_PRICES", "outbox:US=0.0108,outbox:*=0.06");
    let door = Door::open_with(&[prices, ("SALUS_SPEND_DAY", "0.1080")]).await;
    for n in 0..5 {
        assert!(was_sent(&door, &register(&door, &format!("+1212555000{n}")).await).await, "{n}");
        if n == 2 {
            door.deliver().await; // Part is spent, part on its way: both count.
        }
    }
    assert!(
        !was_sent(&door, &register(&door, "+12125550005").await).await,
        "5 times 0.0108 is half of 0.1080, and the rest is kept for accounts"
    );
    door.deliver().await;
    assert!(!was_sent(&door, &register(&door, "+12125550006").await).await);
    let standing = spending::standings(&door.portal).await.unwrap();
    assert_eq!((standing[0].spent, standing[0].set_aside), (amount("0.054"), amount("0")));
    assert_ne!(standing[0].level, spending::Level::Reached, "accounts still get theirs");
    // 10:00 in New York; midnight is 14 hours away.
    door.clock.advance(SignedDuration::from_hours(14));
    assert!(was_sent(&door, &register(&door, "+12125550007").await).await);
}

#[tokio::test]
async fn a_countrys_ceiling_holds_its_numbers_alone_and_known_browsers_too() {
    let door = Door::open_with(&[
        ("SALUS_SMS_PRICES", "outbox:US=1,outbox:*=2"),
        ("SALUS_SPEND_COUNTRY_DAY", "MX=6,*=3"),
        ("SALUS_SMS_COUNTRIES", "US,MX"),
    ])
    .await;
    door.mia().await;
    for (email, phone) in [("noor@example.org", "+16465550001"), ("kim@example.org", "+16465550002")] {
        door.account(Role::Patient, email, phone).await;
    }
    let mut known = browser();
    door.signed_in(&mut known, "mia@example.org", "+12125550142", false).await;
    assert!(!was_sent(&door, &register(&door, "+13035550001").await).await, "half of 3 is kept for accounts");
    for email in ["noor@example.org", "kim@example.org"] {
        assert!(was_sent(&door, &door.password(&browser(), email).await).await, "{email}");
    }
    assert!(!was_sent(&door, &door.password(&known, "mia@example.org").await).await, "3 of 3 to the US");
    assert!(was_sent(&door, &register(&door, "+525512345678").await).await);
    assert!(!was_sent(&door, &register(&door, "+525512345679").await).await, "2 more would be 4 of 3");
}

#[tokio::test]
async fn sign_ins_at_one_instant_do_not_pass_a_ceiling_together() {
    let door = Door::open_with(&[("SALUS_SMS_PRICES", "outbox:*=0.1"), ("SALUS_SPEND_DAY", "1")]).await;
    let mut emails = Vec::new();
    for n in 0..25 {
        let email = format!("p{n}@example.org");
        door.account(Role::Patient, &email, &format!("+1646555{n:04}")).await;
        emails.push(email);
    }
    let sessions = join_all(emails.iter().map(|email| async { door.password(&browser(), email).await })).await;
    let mut sent = 0;
    for session in &sessions {
        sent += usize::from(was_sent(&door, session).await);
    }
    assert_eq!(sent, 10);
    door.deliver().await;
    assert_eq!(door.number("SELECT CAST(SUM(cost) AS BIGINT) FROM attempts").await, 1_000_000);
}

#[tokio::test]
async fn what_never_left_is_not_paid_for_and_makes_room() {
    let door = Door::open_with(&[("SALUS_SMS_PRICES", "outbox:*=0.5"), ("SALUS_SPEND_DAY", "2")]).await;
    for n in 0..2 {
        assert!(was_sent(&door, &register(&door, &format!("+1212555000{n}")).await).await);
    }
    assert!(!was_sent(&door, &register(&door, "+12125550002").await).await);
    let due = dispatches::due(&door.portal, Lane::Codes, 10).await.unwrap();
    let way = |_: &Due<'_>| Some(Through { gateway: "outbox", by_call: false });
    let leased = dispatches::lease(&door.portal, due, way).await.unwrap().leased;
    // One is taken in three segments, the other refused.
    leased[0].note_taken(3);
    dispatches::finish(&door.portal, &leased[0], &Outcome::Unknown { after: None }).await.unwrap();
    dispatches::finish(&door.portal, &leased[1], &Outcome::Never { reason: "landline" }).await.unwrap();
    assert_eq!(door.number("SELECT CAST(SUM(cost) AS BIGINT) FROM attempts").await, 1_500_000);
    assert_eq!(door.number("SELECT CAST(SUM(segments) AS BIGINT) FROM attempts").await, 3);
    assert_eq!(door.number("SELECT COUNT(*) FROM attempts WHERE cost IS NULL").await, 1, "a refused one is free");
    assert_eq!(spending::standings(&door.portal).await.unwrap()[0].spent, amount("1.5"));
}

/// Somebody with an account asks for a code in a strange browser.
async fn sign_in(door: &Door, n: u32) -> Session {
    let email = format!("s{n}@example.org");
    door.account(Role::Patient, &email, &format!("+1917555{n:04}")).await;
    door.password(&browser(), &email).await
}

#[tokio::test]
async fn admins_are_told_once_that_a_ceiling_is_near_and_once_that_it_is_reached() {
    let door = with_admins(&[("SALUS_SMS_PRICES", "outbox:*=0.1"), ("SALUS_SPEND_DAY", "1")]).await;
    let twin = door.twin().await;
    for n in 0..7 {
        sign_in(&door, n).await;
    }
    door.deliver().await;
    assert_eq!(text_brakes::turn(&door.portal).await.unwrap(), 0, "70 of 100");
    sign_in(&door, 7).await;
    door.deliver().await;
    let turns = join_all([text_brakes::turn(&door.portal), text_brakes::turn(&twin), text_brakes::turn(&door.portal)]);
    assert_eq!(turns.await.into_iter().map(Result::unwrap).sum::<usize>(), 1, "one process tells");
    let near = "Salus Clinic: text messages are near the day's ceiling";
    for admin in ["admin0@example.org", "admin1@example.org"] {
        assert_eq!(mails(&door, admin).await, [near]);
    }
    let mail = door.messages("admin0@example.org").pop().unwrap();
    assert!(mail.contains("Text messages cost 0.80 USD today. The day's ceiling is 1.00 USD."), "{mail}");
    for n in 10..13 {
        sign_in(&door, n).await;
    }
    for _ in 0..3 {
        text_brakes::turn(&twin).await.unwrap();
    }
    let reached = "Salus Clinic: the day's ceiling for text messages is reached";
    assert_eq!(mails(&door, "admin1@example.org").await, [near, reached]);
    door.clock.advance(SignedDuration::from_hours(14));
    assert_eq!(text_brakes::turn(&door.portal).await.unwrap(), 0, "nothing was spent on the new day");
}

#[tokio::test]
async fn costs_add_up_by_gateway_and_country_with_the_segments_that_were_taken() {
    let door =
        Door::open_with(&[("SALUS_SMS_PRICES", "outbox:US=0.01,twilio:*=0.5"), ("SALUS_SMS_COUNTRIES", "US,MX")]).await;
    let config = &door.portal.config;
    assert_eq!(prices::cost(config, "outbox", false, "US", 3), Some(amount("0.03")));
    assert_eq!(prices::cost(config, "twilio", false, "", 1), Some(amount("0.5")));
    assert_eq!(prices::cost(config, "outbox", false, "MX", 1), None);
    assert_eq!(prices::cost(config, "smtp", false, "US", 1), None);
    for phone in ["+12125550001", "+12125550002", "+525512345678"] {
        register(&door, phone).await;
    }
    door.deliver().await;
    let code = door.code("+12125550001").await;
    assert_eq!(code.len(), 6);
    let since = door.clock.now() - SignedDuration::from_hours(1);
    let found = worth::since(&door.portal, since).await.unwrap();
    let seen: Vec<_> =
        found.iter().map(|worth| (worth.country.as_str(), worth.codes, worth.entered, worth.cost)).collect();
    assert_eq!(seen, [("MX", 1, 0, None), ("US", 2, 0, Some(amount("0.02")))]);
}

#[tokio::test]
async fn what_a_gateway_refused_costs_nothing_and_what_it_took_costs_its_segments() {
    let scene = Scene::open_with(&[("SALUS_SMS_PRICES", "twilio:US=0.0108")]).await;
    let (mia, noor) = (scene.portal.patient("mia").await, scene.portal.patient("noor").await);
    let (status, body) = classic(400, 21614);
    scene.double.script([Answer::Raw(status, vec![], body.to_string().into_bytes())]);
    scene.waiting(&mia).await;
    scene.portal.deliver().await;
    let mut taken = classic_taken();
    taken["num_segments"] = "2".into();
    scene.double.script([Answer::Raw(201, vec![], taken.to_string().into_bytes())]);
    scene.waiting(&noor).await;
    scene.portal.deliver().await;
    let since = scene.portal.clock.now() - SignedDuration::from_hours(1);
    let found = worth::since(&scene.portal.portal, since).await.unwrap();
    assert_eq!((found[0].codes, found[0].cost), (1, Some(amount("0.0216"))));
}

fn classic_taken() -> serde_json::Value {
    serde_json::json!({ "sid": "SM00000000000000000000000000000001", "num_segments": "1" })
}

#[tokio::test]
async fn the_page_about_delivery_shows_conversion_cost_and_what_is_left() {
    let portal = TestPortal::start_with(&[
        ("SALUS_SMS_PRICES", "outbox:US=0.25"),
        ("SALUS_SPEND_DAY", "1"),
        ("SALUS_CURRENCY", "MXN"),
    ])
    .await;
    let (ada, mia) = (portal.admin("ada").await, portal.patient("mia").await);
    let mut admin = portal.signed_in(&ada).await;
    let mut waiting = portal.browser();
    waiting.open("/login").await;
    waiting.send("/login", &[("email", &mia.email), ("password", crate::support::server::PASSWORD)]).await;
    let page = admin.open("/admin/delivery").await;
    page.says("Money today").says("All countries 0.25 MXN 0.25 MXN 1.00 MXN Below the ceiling");
    portal.deliver().await;
    let page = admin.open("/admin/delivery").await;
    page.says("1 of 2 (50 %) 0.50 MXN").says("All countries 0.50 MXN 0.00 MXN 1.00 MXN Below the ceiling");
    page.says_not("Paused numbers");
    portal.signed_in(&mia).await;
    admin.open("/admin/delivery").await.says("0.75 MXN 0.00 MXN 1.00 MXN Below the ceiling");
    portal.later(SignedDuration::from_mins(1));
    portal.signed_in(&mia).await;
    admin.open("/admin/delivery").await.says("1.00 MXN 0.00 MXN 1.00 MXN No codes are texted today");
}

#[tokio::test]
async fn without_prices_nothing_is_said_of_money() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    let mut admin = portal.signed_in(&ada).await;
    let page = admin.open("/admin/delivery").await;
    page.says("1 of 1 (100 %) Not known").says_not("Money today");
}
