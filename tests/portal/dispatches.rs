//! Dispatches: written with their cause, sent once, and never lost.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use salus::auth::challenges;
use salus::clock::SignedDuration;
use salus::config::{PlivoSender, PlivoSettings, Senders, TwilioSettings};
use salus::crypto::random::Secret;
use salus::identity::accounts;
use salus::messaging::dispatches::{self, LEASE};
use salus::messaging::email::Mailer;
use salus::messaging::gateways::Gateway;
use salus::messaging::gateways::plivo::Plivo;
use salus::messaging::gateways::twilio::Twilio;
use salus::messaging::texts::{Notice, Values};
use salus::messaging::worker::Worker;
use sqlx::Row;

use crate::door::{Door, browser, went_through};
use crate::gateway_double::{Answer, Double};
use crate::plivo_double;
use crate::twilio_double::{self, ACCOUNT, FROM, TOKEN, classic};

const MAIL: &str = "mia@example.org";
const PHONE: &str = "+12125550142";

fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

fn twilio(double: &Double) -> Gateway {
    let settings = TwilioSettings {
        answers_within: salus::config::ANSWERS_WITHIN,
        account_sid: ACCOUNT.into(),
        secret: Secret::new(TOKEN),
        api_key_sid: None,
        from: Some(FROM.into()),
        messaging_service_sid: None,
        senders: Senders::default(),
        caller: None,
        base_url: double.base.parse().unwrap(),
    };
    Gateway::Twilio(Twilio::new(settings).unwrap())
}

fn plivo(double: &Double) -> Gateway {
    let settings = PlivoSettings {
        answers_within: salus::config::ANSWERS_WITHIN,
        auth_id: plivo_double::ACCOUNT.into(),
        auth_token: Secret::new(plivo_double::TOKEN),
        sender: PlivoSender::From("15005550006".into()),
        senders: Senders::default(),
        caller: None,
        base_url: double.base.parse().unwrap(),
    };
    Gateway::Plivo(Plivo::new(settings).unwrap())
}

fn worker(door: &Door, gateways: Vec<Gateway>) -> Worker {
    Worker::new(door.portal.clone(), gateways, Mailer::Outbox(door.outbox.clone()), challenges::live_code)
}

async fn notice(door: &Door, by_text: bool) {
    let id = door.number("SELECT COUNT(*) FROM accounts").await;
    assert_eq!(id, 1, "one person is enough here");
    let account = accounts::find_by_email(&door.portal, &MAIL.parse_mail()).await.unwrap().unwrap();
    let mut tx = door.portal.db.begin().await.unwrap();
    if by_text {
        let values = Values::from([("time".to_owned(), "9:20am".to_owned())]);
        dispatches::queue_text(&door.portal, &mut tx, &account.contact(), Notice::Locked, &values).await.unwrap();
    } else {
        accounts::tell(&door.portal, &mut tx, &account, Notice::News, &Values::new(), false).await.unwrap();
    }
    tx.commit().await.unwrap();
}

trait ParseMail {
    fn parse_mail(&self) -> salus::types::email_address::EmailAddress;
}

impl ParseMail for str {
    fn parse_mail(&self) -> salus::types::email_address::EmailAddress {
        salus::types::email_address::EmailAddress::parse(self).unwrap()
    }
}

async fn outcomes(door: &Door) -> BTreeMap<String, i64> {
    let mut connection = door.portal.db.read().await.unwrap();
    sqlx::query(
        "SELECT COALESCE(outcome, 'open') AS o, COUNT(*) AS n FROM dispatches GROUP BY COALESCE(outcome, 'open')",
    )
    .fetch_all(&mut *connection)
    .await
    .unwrap()
    .iter()
    .map(|row| (row.get::<String, _>(0), row.get::<i64, _>(1)))
    .collect()
}

async fn attempts(door: &Door) -> Vec<(i64, String, String, String)> {
    let mut connection = door.portal.db.read().await.unwrap();
    sqlx::query(
        "SELECT number, gateway, COALESCE(outcome, 'open') AS o, COALESCE(reason, '') AS r FROM attempts ORDER BY dispatch_id, number",
    )
    .fetch_all(&mut *connection)
    .await
    .unwrap()
    .iter()
    .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3)))
    .collect()
}

fn found(all: &[(&str, i64)]) -> BTreeMap<String, i64> {
    all.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect()
}

#[tokio::test]
async fn a_dispatch_exists_exactly_when_its_cause_was_committed() {
    let door = Door::open().await;
    let mia = door.of(door.mia().await).await;
    let mut tx = door.portal.db.begin().await.unwrap();
    accounts::tell(&door.portal, &mut tx, &mia, Notice::News, &Values::new(), false).await.unwrap();
    drop(tx);
    assert_eq!(door.deliver().await, 0, "what was rolled back is not sent");
    notice(&door, false).await;
    assert_eq!(door.deliver().await, 1);
    assert_eq!(door.messages(MAIL).len(), 1);
    assert_eq!(door.deliver().await, 0, "and not again");
}

#[tokio::test]
async fn a_worker_is_woken_by_what_is_committed_and_not_before() {
    let door = Door::open().await;
    let mia = door.of(door.mia().await).await;
    let woken = || door.portal.wake.texts.notified().now_or_never().is_some();
    let queued = async || {
        let mut tx = door.portal.db.begin().await.unwrap();
        let values = Values::from([("time".to_owned(), "9:20am".to_owned())]);
        dispatches::queue_text(&door.portal, &mut tx, &mia.contact(), Notice::Locked, &values).await.unwrap();
        tx
    };
    drop(queued().await);
    assert!(!woken(), "what is rolled back wakes nobody");
    let tx = queued().await;
    assert!(!woken());
    tx.commit().await.unwrap();
    assert!(woken());
}

#[tokio::test]
async fn two_workers_over_one_database_send_each_message_once() {
    let door = Door::open().await;
    door.mia().await;
    for _ in 0..40 {
        notice(&door, false).await;
    }
    let other = worker(&door, vec![Gateway::Outbox(door.outbox.clone())]);
    let drain = async |worker: &Worker| {
        // A turn that got nothing may have lost a race; the other worker is still sending.
        for _ in 0..12 {
            worker.turn().await.unwrap();
        }
    };
    tokio::join!(drain(&door.worker), drain(&other));
    assert_eq!(door.messages(MAIL).len(), 40);
    assert_eq!(outcomes(&door).await, found(&[("sent", 40)]));
    assert_eq!(door.number("SELECT COUNT(*) FROM attempts").await, 40);
}

#[tokio::test]
async fn a_worker_killed_between_send_and_record_is_followed_once_and_no_more() {
    let door = Door::open().await;
    door.mia().await;
    door.password(&browser(), MAIL).await;
    let killed = async || crate::support::lease(&door.portal, "outbox").await.len();
    assert_eq!(killed().await, 1);
    assert_eq!(door.deliver().await, 0, "another worker waits for the lease");
    door.clock.advance(LEASE + seconds(1));
    assert_eq!(killed().await, 1, "taken up once more");
    door.clock.advance(LEASE + seconds(1));
    assert_eq!(door.deliver().await, 0, "and not a third time");
    assert!(door.messages(PHONE).is_empty());
    assert_eq!(outcomes(&door).await, found(&[("unknown", 1)]));
    let attempts = attempts(&door).await;
    assert_eq!(
        attempts.iter().map(|(number, _, outcome, _)| (*number, outcome.as_str())).collect::<Vec<_>>(),
        [(1, "open"), (2, "open")]
    );
}

#[tokio::test]
async fn a_code_is_delivered_by_the_worker_that_follows_a_killed_one() {
    let door = Door::open().await;
    door.mia().await;
    let here = browser();
    let pending = door.password(&here, MAIL).await;
    assert_eq!(crate::support::lease(&door.portal, "outbox").await.len(), 1);
    door.clock.advance(LEASE + seconds(1));
    let code = door.code(PHONE).await;
    went_through(door.type_code(&here, &pending, &code).await);
    let attempts = attempts(&door).await;
    assert_eq!((attempts[0].2.as_str(), attempts[1].2.as_str()), ("open", "accepted"), "both are on record");
}

#[tokio::test]
async fn a_worker_that_wakes_up_late_does_not_take_the_message_from_its_follower() {
    let door = Door::open().await;
    door.mia().await;
    notice(&door, true).await;
    let slow = crate::support::lease(&door.portal, "outbox").await.remove(0);
    door.clock.advance(LEASE + seconds(1));
    let follower = crate::support::lease(&door.portal, "outbox").await.remove(0);
    let later = dispatches::Outcome::Later { reason: "rate_limited", after: std::time::Duration::ZERO };
    dispatches::finish(&door.portal, &slow, &later).await.unwrap();
    assert_eq!(door.deliver().await, 0, "the follower still holds it");
    let accepted = dispatches::Outcome::Accepted { provider_id: "1".into(), watched_for: None };
    dispatches::finish(&door.portal, &follower, &accepted).await.unwrap();
    assert_eq!(outcomes(&door).await, found(&[("sent", 1)]));
}

#[tokio::test]
async fn a_code_that_is_late_or_used_is_dropped() {
    let door = Door::open().await;
    door.mia().await;
    door.password(&browser(), MAIL).await;
    door.clock.advance(seconds(301));
    door.deliver().await;
    assert!(door.messages(PHONE).is_empty(), "a stale code is not delivered");
    assert_eq!(outcomes(&door).await, found(&[("late", 1)]));

    let here = browser();
    let pending = door.password(&here, MAIL).await;
    let code = door.code(PHONE).await;
    door.clock.advance(seconds(31));
    went_through(salus::auth::prove::resend(&door.portal, &here, &pending, crate::door::BY_TEXT).await);
    went_through(door.type_code(&here, &pending, &code).await);
    let texts = door.messages(PHONE).len();
    door.deliver().await;
    assert_eq!(door.messages(PHONE).len(), texts, "the code was used before its second text left");
    assert_eq!(outcomes(&door).await.get("dropped"), Some(&1));
}

#[tokio::test]
async fn retries_wait_and_end_with_the_use_of_the_message() {
    let door = Door::open().await;
    door.mia().await;
    let double = twilio_double::start().await;
    let worker = worker(&door, vec![twilio(&double)]);
    let busy = || Answer::Raw(429, vec![], classic(429, 20429).1.to_string().into_bytes());
    double.script(std::iter::repeat_with(busy).take(60));
    door.password(&browser(), MAIL).await;
    let mut tries = Vec::new();
    for second in 0..400 {
        let before = double.requests();
        worker.turn().await.unwrap();
        if double.requests() > before {
            tries.push(second);
        }
        door.clock.advance(seconds(1));
    }
    assert!((6..=12).contains(&tries.len()), "{tries:?}");
    assert!(tries.iter().all(|second| *second < 300), "nothing is asked after the code's end: {tries:?}");
    let pauses: Vec<i64> = tries.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(pauses[..6].windows(2).all(|two| two[1] >= two[0]) && pauses[5] > 10, "pauses grow: {pauses:?}");
    assert_eq!(outcomes(&door).await, found(&[("late", 1)]));
}

#[tokio::test]
async fn a_pause_that_the_provider_asks_for_is_kept() {
    let door = Door::open().await;
    door.mia().await;
    let double = twilio_double::start().await;
    let worker = worker(&door, vec![twilio(&double)]);
    double.script([Answer::Raw(429, vec![("retry-after", "20".into())], Vec::new())]);
    door.password(&browser(), MAIL).await;
    worker.turn().await.unwrap();
    door.clock.advance(seconds(19));
    assert_eq!(worker.turn().await.unwrap(), 0);
    door.clock.advance(seconds(1));
    assert_eq!((worker.turn().await.unwrap(), double.taken().len()), (1, 1));
}

#[tokio::test]
async fn the_provider_is_told_how_long_the_code_still_works() {
    let door = Door::open().await;
    door.mia().await;
    let double = twilio_double::start().await;
    let worker = worker(&door, vec![twilio(&double)]);
    door.password(&browser(), MAIL).await;
    door.clock.advance(seconds(100));
    worker.turn().await.unwrap();
    assert_eq!(double.taken()[0].field("ValidityPeriod"), Some("200"));
}

#[tokio::test]
async fn what_can_never_be_sent_does_not_hold_up_the_others() {
    let door = Door::open().await;
    door.mia().await;
    let double = twilio_double::start().await;
    let worker = worker(&door, vec![twilio(&double)]);
    double.script([Answer::Raw(400, vec![], classic(400, 21211).1.to_string().into_bytes())]);
    notice(&door, true).await;
    worker.turn().await.unwrap();
    notice(&door, true).await;
    notice(&door, false).await;
    door.tamper("UPDATE dispatches SET values_sealed = to_sealed WHERE kind = 'email'").await;
    notice(&door, false).await;
    worker.turn().await.unwrap();
    assert_eq!(outcomes(&door).await, found(&[("failed", 1), ("sent", 2), ("unreadable", 1)]));
    assert_eq!(double.taken().len(), 1);
    assert_eq!(door.messages(MAIL).len(), 1);
}

#[tokio::test]
async fn gateways_are_asked_in_their_order_and_not_for_ever() {
    let door = Door::open().await;
    door.mia().await;
    let double = twilio_double::start().await;
    let worker = worker(&door, vec![twilio(&double), Gateway::Outbox(door.outbox.clone())]);
    double.script([Answer::Raw(400, vec![], classic(400, 21612).1.to_string().into_bytes())]);
    notice(&door, true).await;
    worker.turn().await.unwrap();
    worker.turn().await.unwrap();
    assert_eq!(door.messages(PHONE).len(), 1, "the second gateway took it");
    notice(&door, true).await;
    worker.turn().await.unwrap();
    assert_eq!((double.taken().len(), door.messages(PHONE).len()), (1, 1), "the next begins with the first again");
    let order: Vec<_> = attempts(&door).await.into_iter().map(|(number, gateway, ..)| (number, gateway)).collect();
    assert_eq!(order, [(1, "twilio".into()), (2, "outbox".into()), (1, "twilio".into())]);
}

#[tokio::test]
async fn a_message_that_no_gateway_takes_is_given_up() {
    let door = Door::open().await;
    door.mia().await;
    let (one, two) = (twilio_double::start().await, plivo_double::plivo().await);
    let no = |body: String| Answer::Raw(400, vec![], body.into_bytes());
    one.script(std::iter::repeat_with(|| no(classic(400, 21612).1.to_string())).take(50));
    two.script(std::iter::repeat_with(|| no(plivo_double::error("src is not yours").to_string())).take(50));
    let worker = worker(&door, vec![twilio(&one), plivo(&two)]);
    notice(&door, true).await;
    for _ in 0..60 {
        worker.turn().await.unwrap();
        door.clock.advance(seconds(5));
    }
    assert_eq!((one.requests(), two.requests()), (2, 2));
    assert_eq!(outcomes(&door).await, found(&[("failed", 1)]));
}

#[tokio::test]
async fn after_no_answer_a_code_is_tried_once_more_and_a_notice_is_not() {
    let door = Door::open().await;
    door.mia().await;
    let double = twilio_double::start().await;
    let worker = worker(&door, vec![twilio(&double)]);
    double.script([Answer::Reset, Answer::Reset, Answer::Real]);
    door.password(&browser(), MAIL).await;
    for _ in 0..30 {
        worker.turn().await.unwrap();
        door.clock.advance(seconds(2));
    }
    assert_eq!(double.requests(), 2);
    assert_eq!(outcomes(&door).await, found(&[("unknown", 1)]));

    let busy = Answer::Raw(429, vec![], Vec::new());
    let fresh = twilio_double::start().await;
    fresh.script([busy, Answer::Reset]);
    let worker = self::worker(&door, vec![twilio(&fresh)]);
    door.password(&browser(), MAIL).await;
    for _ in 0..30 {
        worker.turn().await.unwrap();
        door.clock.advance(seconds(2));
    }
    assert_eq!((fresh.requests(), fresh.taken().len()), (3, 1), "a busy answer is no unknown one");

    let notices = twilio_double::start().await;
    notices.script([Answer::Reset]);
    let worker = self::worker(&door, vec![twilio(&notices)]);
    notice(&door, true).await;
    for _ in 0..30 {
        worker.turn().await.unwrap();
        door.clock.advance(seconds(2));
    }
    assert_eq!(notices.requests(), 1);
}

#[tokio::test]
async fn raw_rows_hold_no_code_phone_or_address() {
    let door = Door::open().await;
    door.mia().await;
    door.password(&browser(), MAIL).await;
    let code = door.code(PHONE).await;
    notice(&door, false).await;
    door.deliver().await;
    let mut connection = door.portal.db.read().await.unwrap();
    let rows = sqlx::query("SELECT * FROM dispatches").fetch_all(&mut *connection).await.unwrap();
    let tries = sqlx::query("SELECT * FROM attempts").fetch_all(&mut *connection).await.unwrap();
    assert_eq!((rows.len(), tries.len()), (2, 2));
    for row in rows.iter().chain(&tries) {
        for column in 0..row.len() {
            let bytes = row
                .try_get::<Vec<u8>, _>(column)
                .or_else(|_| row.try_get::<String, _>(column).map(String::into_bytes))
                .or_else(|_| row.try_get::<i64, _>(column).map(|n| n.to_string().into_bytes()))
                .unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            // A number of milliseconds or an id may hold any six digits; a code stands in text that is neither.
            let is_machine = text.bytes().all(|b| b.is_ascii_digit()) || text.len() == 36;
            for secret in [PHONE, "2125550142", MAIL, "mia", "Mia", "Moreno"] {
                assert!(!text.contains(secret), "column {column} holds {secret}");
            }
            assert!(is_machine || !text.contains(&code), "column {column} holds the code");
        }
    }
}
