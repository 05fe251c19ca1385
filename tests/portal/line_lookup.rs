//! What kind of line a number is: asked before the first text to one that nobody has proved, and of nobody else.

use std::time::Duration;

use salus::auth::challenges;
use salus::clock::SignedDuration;
use salus::messaging::email::Mailer;
use salus::messaging::gateways::Gateway;
use salus::messaging::lookup::{LineLookups, LineType};
use salus::messaging::reason::Reason;
use salus::messaging::worker::Worker;
use salus::types::actor::Role;
use salus::types::phone::PhoneNumber;

use crate::brakes::register;
use crate::door::{Door, browser};
use crate::gateway_double::{Answer, Double};
use crate::lookup_double::{self, COSTLY, LANDLINE, MOBILE, NO_NUMBER, PAGER, UNTOLD, VOIP};
use crate::support::{TestDatabase, settings};
use crate::{plivo_double, twilio_double, vonage_double};

const TWILIO: [(&str, &str); 5] = [
    ("SALUS_LOOKUP", "twilio"),
    ("SALUS_SMS_GATEWAYS", "outbox,twilio"),
    ("SALUS_TWILIO_ACCOUNT_SID", twilio_double::ACCOUNT),
    ("SALUS_TWILIO_AUTH_TOKEN", twilio_double::TOKEN),
    ("SALUS_TWILIO_FROM", twilio_double::FROM),
];
const PLIVO: [(&str, &str); 5] = [
    ("SALUS_LOOKUP", "plivo"),
    ("SALUS_SMS_GATEWAYS", "plivo"),
    ("SALUS_PLIVO_AUTH_ID", plivo_double::ACCOUNT),
    ("SALUS_PLIVO_AUTH_TOKEN", plivo_double::TOKEN),
    ("SALUS_PLIVO_FROM", "Hill"),
];
const INSIGHTS: [(&str, &str); 6] = [
    ("SALUS_LOOKUP", "vonage"),
    ("SALUS_SMS_GATEWAYS", "vonage"),
    ("SALUS_VONAGE_API", "messages"),
    ("SALUS_VONAGE_APPLICATION_ID", vonage_double::APPLICATION),
    ("SALUS_VONAGE_PRIVATE_KEY", vonage_double::PRIVATE_KEY),
    ("SALUS_VONAGE_FROM", "Hill"),
];
const NUMBER: [(&str, &str); 5] = [
    ("SALUS_LOOKUP", "vonage"),
    ("SALUS_SMS_GATEWAYS", "vonage"),
    ("SALUS_VONAGE_API_KEY", vonage_double::KEY),
    ("SALUS_VONAGE_API_SECRET", vonage_double::SECRET),
    ("SALUS_VONAGE_FROM", "Hill"),
];

/// The client of these settings, which asks the double.
async fn lookups(more: &[(&str, &str)], double: &Double) -> LineLookups {
    let database = TestDatabase::new().await;
    let config = settings(&database, &[more, &[("SALUS_LOOKUP_BASE_URL", double.base.as_str())]].concat());
    LineLookups::of_settings(&config).unwrap().expect("somebody is asked")
}

fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::from_e164(text).unwrap()
}

#[tokio::test]
async fn every_provider_tells_lines_that_take_texts_from_those_that_do_not() {
    let twilio = lookup_double::twilio().await;
    let plivo = lookup_double::plivo().await;
    let insights = lookup_double::insights().await;
    let number = lookup_double::number_insight().await;
    let clients = [
        ("twilio", lookups(&TWILIO, &twilio).await),
        ("plivo", lookups(&PLIVO, &plivo).await),
        ("insights", lookups(&INSIGHTS, &insights).await),
        ("number insight", lookups(&NUMBER, &number).await),
    ];
    for (name, client) in &clients {
        for (number, kind) in [
            (MOBILE, LineType::Open),
            (VOIP, LineType::Open),
            (LANDLINE, LineType::Landline),
            (COSTLY, LineType::Costly),
            (NO_NUMBER, LineType::Nobody),
        ] {
            assert_eq!(client.ask(&phone(number)).await, Some(kind), "{name}: {number}");
        }
        let untold = client.ask(&phone(UNTOLD)).await;
        let expected = if *name == "twilio" { None } else { Some(LineType::Open) };
        assert_eq!(untold, expected, "{name}: a part that failed is not kept");
        if *name != "plivo" {
            assert_eq!(client.ask(&phone(PAGER)).await, Some(LineType::Nobody), "{name}");
        }
    }
    assert_eq!(LineType::Landline.refusal(), Some(Reason::Landline));
    assert_eq!(LineType::Costly.refusal(), Some(Reason::Premium));
    assert_eq!(LineType::Nobody.refusal(), Some(Reason::InvalidNumber));
    assert_eq!(LineType::Open.refusal(), None);
}

#[tokio::test]
async fn a_provider_that_fails_or_answers_oddly_tells_nothing() {
    for (more, double) in [
        (TWILIO.as_slice(), lookup_double::twilio().await),
        (&PLIVO, lookup_double::plivo().await),
        (&INSIGHTS, lookup_double::insights().await),
        (&NUMBER, lookup_double::number_insight().await),
    ] {
        let client = lookups(more, &double).await;
        for (what, answer) in [
            ("500", Answer::Raw(500, vec![], b"{}".to_vec())),
            ("429", Answer::Raw(429, vec![], b"{}".to_vec())),
            ("not found at all", Answer::Raw(404, vec![], b"<html>".to_vec())),
            ("not JSON", Answer::Raw(200, vec![], b"<html>".to_vec())),
            ("empty", Answer::Raw(200, vec![], b"{}".to_vec())),
            ("reset", Answer::Reset),
            ("cut off", Answer::Truncated),
            ("redirected", Answer::Raw(302, vec![("location", double.base.clone())], Vec::new())),
        ] {
            double.script([answer]);
            assert_eq!(client.ask(&phone(LANDLINE)).await, None, "{what}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_hangs_is_left_after_five_seconds() {
    let double = lookup_double::twilio().await;
    let client = lookups(&TWILIO, &double).await;
    double.script([Answer::Hang(Duration::from_secs(60))]);
    let began = std::time::Instant::now();
    assert_eq!(client.ask(&phone(LANDLINE)).await, None);
    let took = began.elapsed();
    assert!(took > Duration::from_secs(4) && took < Duration::from_secs(7), "{took:?}");
}

/// A portal that looks up at the double and texts into the outbox.
async fn open(double: &Double) -> Door {
    let mut door = Door::open_with(&[TWILIO.as_slice(), &[("SALUS_LOOKUP_BASE_URL", &double.base)]].concat()).await;
    door.worker = Worker::new(
        door.portal.clone(),
        vec![Gateway::Outbox(door.outbox.clone())],
        Mailer::Outbox(door.outbox.clone()),
        challenges::live_code,
    );
    door
}

#[tokio::test]
async fn the_first_text_to_a_typed_number_waits_for_its_line_and_an_accounts_does_not() {
    let double = lookup_double::twilio().await;
    let door = open(&double).await;
    door.account(Role::Patient, "mia@example.org", LANDLINE).await;
    door.password(&browser(), "mia@example.org").await;
    door.deliver().await;
    assert_eq!((double.requests(), door.messages(LANDLINE).len()), (0, 1), "a proved number is not looked up");

    for number in [LANDLINE, COSTLY, NO_NUMBER] {
        register(&door, number).await;
        door.deliver().await;
    }
    assert_eq!(double.requests(), 3);
    assert!(door.messages(COSTLY).is_empty() && door.messages(NO_NUMBER).is_empty());
    assert_eq!(door.messages(LANDLINE).len(), 1, "no second text");
    let refused = "SELECT COUNT(*) FROM attempts a JOIN dispatches d ON d.id = a.dispatch_id
                   WHERE d.outcome = 'failed' AND a.outcome = 'never'
                     AND a.reason IN ('landline', 'premium', 'invalid_number')";
    assert_eq!(door.number(refused).await, 3);
    assert_eq!(door.number("SELECT COUNT(*) FROM attempts WHERE reason = 'landline'").await, 1);

    register(&door, MOBILE).await;
    door.deliver().await;
    assert_eq!(door.messages(MOBILE).len(), 1);
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day_and_a_failure_is_not() {
    let double = lookup_double::twilio().await;
    let door = open(&double).await;
    double.script([Answer::Raw(503, vec![], Vec::new())]);
    register(&door, LANDLINE).await;
    door.deliver().await;
    assert_eq!(door.messages(LANDLINE).len(), 1, "a lookup that fails lets the text go");
    for _ in 0..2 {
        register(&door, LANDLINE).await;
        door.deliver().await;
    }
    assert_eq!((double.requests(), door.messages(LANDLINE).len()), (2, 1));
    let mut connection = door.portal.db.read().await.unwrap();
    let kept: Vec<u8> =
        sqlx::query_scalar("SELECT phone_index FROM line_types").fetch_one(&mut *connection).await.unwrap();
    drop(connection);
    assert!(!kept.windows(8).any(|part| part == b"21255501"), "no digits in clear");
    door.clock.advance(SignedDuration::from_hours(24));
    register(&door, LANDLINE).await;
    door.deliver().await;
    assert_eq!(double.requests(), 3, "asked anew");
    salus::sweep::sweep(&door.portal).await.unwrap();
    assert_eq!(door.number("SELECT COUNT(*) FROM line_types").await, 1);
    door.clock.advance(SignedDuration::from_hours(24));
    salus::sweep::sweep(&door.portal).await.unwrap();
    assert_eq!(door.number("SELECT COUNT(*) FROM line_types").await, 0);
}
