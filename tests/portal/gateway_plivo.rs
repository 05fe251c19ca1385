//! Plivo's gateway against a double that is as strict as the provider.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use salus::config::{Config, Lookup, PlivoSettings};
use salus::crypto::random::Secret;
use salus::messaging::gateways::SendOutcome;
use salus::messaging::gateways::plivo::{ANSWERS, Plivo};
use salus::messaging::reason::{Meaning, Reason, Retry};
use salus::types::phone::PhoneNumber;
use serde_json::{Value, json};

use crate::gateway_double::Answer;
use crate::gateway_double::{Double, PAUSES, doubtful, with_pause};
use crate::plivo_double::{ACCOUNT, POOL, TOKEN, error, plivo};

/// Where receipts are called in.
const CALLBACK: &str = "https://portal.clinic.example/webhooks/x/status/AAAAAAAAAAAAAAAAAAAAAA";
const TEXT: &str = "Lake Clinic: su código es 482913. ¿Preguntas & \"más\"?\n\n@portal.example #482913";

/// What the gateway needs, as an operator writes it.
fn vars(base: &str) -> BTreeMap<String, String> {
    [
        ("SALUS_SMS_GATEWAYS", "plivo"),
        ("SALUS_PLIVO_AUTH_ID", ACCOUNT),
        ("SALUS_PLIVO_AUTH_TOKEN", TOKEN),
        ("SALUS_PLIVO_FROM", "+12125557000"),
        ("SALUS_PLIVO_SENDERS", "MX=Hill,GB=5ec4c8c9-cd74-42b5-9e41-0123456789ab"),
        ("SALUS_PLIVO_BASE_URL", base),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn settings(vars: BTreeMap<String, String>) -> PlivoSettings {
    Config::read(Lookup::from_map(vars)).unwrap().plivo.unwrap()
}

fn client(base: &str) -> Plivo {
    Plivo::new(settings(vars(base))).unwrap()
}

fn number(e164: &str) -> PhoneNumber {
    PhoneNumber::from_e164(e164).unwrap()
}

async fn send(double: &Double) -> SendOutcome {
    client(&double.base).send_sms(&number("+12125550142"), TEXT, Duration::from_secs(240), Some(CALLBACK)).await
}

fn refused(reason: Reason) -> SendOutcome {
    SendOutcome::Rejected { reason, retry: reason.retry(), provider_code: None }
}

#[tokio::test]
async fn a_text_is_sent_with_exactly_the_fields_the_provider_takes() {
    let double = plivo().await;
    let id = "5b40a428-bfc7-4daf-9d06-000000000001".to_owned();
    assert_eq!(send(&double).await, SendOutcome::Accepted { provider_id: id, segments: None });
    let expected = json!({
        "dst": "12125550142", "src": "12125557000", "text": TEXT, "type": "sms", "log": "false", "message_expiry": 240, "url": CALLBACK, "method": "POST",
    });
    assert_eq!(Value::Object(double.taken()[0].json().unwrap()), expected);
}

#[tokio::test]
async fn a_powerpack_or_a_countrys_sender_takes_the_place_of_the_sender() {
    let double = plivo().await;
    let mut pooled = vars(&double.base);
    pooled.remove("SALUS_PLIVO_FROM");
    pooled.insert("SALUS_PLIVO_POWERPACK".into(), POOL.into());
    let pooled = Plivo::new(settings(pooled)).unwrap();
    for (to, src, pool) in
        [("+12125550142", None, Some(POOL)), ("+525512345678", Some("Hill"), None), ("+447400123456", None, Some(POOL))]
    {
        let sent = pooled.send_sms(&number(to), TEXT, Duration::from_secs(60), None).await;
        assert!(matches!(sent, SendOutcome::Accepted { .. }), "{sent:?}");
        let body = double.taken().last().unwrap().json().unwrap();
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        assert_eq!((text("src"), text("powerpack_uuid")), (src, pool));
    }
}

#[tokio::test]
async fn the_expiry_is_what_is_left_within_what_the_provider_takes() {
    let double = plivo().await;
    for (left, expected) in [(0, 5), (5, 5), (299, 299), (10_799, 10_799), (10_800, 10_799), (90_000, 10_799)] {
        let sent = client(&double.base).send_sms(&number("+12125550142"), TEXT, Duration::from_secs(left), None).await;
        assert!(matches!(sent, SendOutcome::Accepted { .. }), "{left}");
        assert_eq!(double.taken().last().unwrap().json().unwrap()["message_expiry"], expected);
    }
}

#[tokio::test]
async fn a_number_too_long_for_this_provider_is_left_to_another() {
    let double = plivo().await;
    let plivo = client(&double.base);
    let answer = plivo.send_sms(&number("+123456789012345"), TEXT, Duration::from_secs(60), None).await;
    assert_eq!((answer, double.requests()), (refused(Reason::Unroutable), 0));
    let longest = plivo.send_sms(&number("+12345678901234"), TEXT, Duration::from_secs(60), None).await;
    assert!(matches!(longest, SendOutcome::Accepted { .. }), "{longest:?}");
}

#[tokio::test]
async fn wrong_credentials_are_told_apart_and_another_gateway_may_help() {
    let double = plivo().await;
    let wrong = PlivoSettings { auth_token: Secret::new("not-the-token"), ..settings(vars(&double.base)) };
    let answer =
        Plivo::new(wrong).unwrap().send_sms(&number("+12125550142"), TEXT, Duration::from_secs(60), None).await;
    assert_eq!(answer, refused(Reason::AuthFailed));
    assert_eq!(Reason::AuthFailed.retry(), Retry::AnotherGateway);
}

/// Statuses with sentences and what each means for us, written down apart from the program's own table.
const DICTIONARY: [(u16, &str, Option<Reason>); 20] = [
    (400, "Insufficient Credit", Some(Reason::InsufficientFunds)),
    (400, "src parameter not present", Some(Reason::SenderMisconfigured)),
    (400, "src and dst cannot be the same", Some(Reason::SenderMisconfigured)),
    (400, "Powerpack has no numbers", Some(Reason::SenderMisconfigured)),
    (400, "DST parameter is not valid", Some(Reason::InvalidNumber)),
    (400, "text is too long", Some(Reason::ConfigError)),
    (401, "could not verify your access level for that URL", Some(Reason::AuthFailed)),
    (402, "pay first", Some(Reason::InsufficientFunds)),
    (403, "geo permission for the dst country is off", Some(Reason::GeoBlocked)),
    (403, "insufficient credit", Some(Reason::InsufficientFunds)),
    (404, "not found", Some(Reason::ConfigError)),
    (405, "method not allowed", Some(Reason::ConfigError)),
    (409, "conflict", Some(Reason::ConfigError)),
    (422, "src is not valid", Some(Reason::SenderMisconfigured)),
    (422, "powerpack_uuid is not valid", Some(Reason::SenderMisconfigured)),
    (422, "dst is not valid", Some(Reason::InvalidNumber)),
    (422, "unprocessable", Some(Reason::ConfigError)),
    (429, "too many requests", Some(Reason::RateLimited)),
    (500, "internal error", None),
    (418, "src and dst of a teapot", Some(Reason::ConfigError)),
];

#[tokio::test]
async fn every_status_is_read_and_its_sentence_where_that_says_more() {
    let double = plivo().await;
    for (status, text, reason) in DICTIONARY {
        double.says(status, error(text));
        match (send(&double).await, reason) {
            (answer, Some(reason)) => assert_eq!(answer, refused(reason), "{status} {text}"),
            (answer, None) => assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{status} {answer:?}"),
        }
    }
    let met = |row: &(u16, &str, Meaning)| {
        let reason = if let Meaning::Refused(reason) = row.2 { Some(reason) } else { None };
        DICTIONARY
            .iter()
            .any(|(status, text, told)| *status == row.0 && text.to_lowercase().contains(row.1) && *told == reason)
    };
    assert!(ANSWERS.iter().all(met), "every row of the program's table was met");
    for (status, body, reason) in [
        (400, b"<html>".to_vec(), Reason::ConfigError),
        (403, b"null".to_vec(), Reason::GeoBlocked),
        (422, b"[]".to_vec(), Reason::ConfigError),
    ] {
        double.script([Answer::Raw(status, vec![], body)]);
        assert_eq!(send(&double).await, refused(reason), "{status} without a sentence");
    }
}

#[tokio::test]
async fn over_the_rate_the_pause_that_was_asked_for_is_kept_up_to_a_minute() {
    let double = plivo().await;
    for (header, pause) in PAUSES {
        double.script([with_pause(429, header, &error("too many requests"))]);
        let retry = Retry::TryLater(pause.map(Duration::from_secs));
        let expected = SendOutcome::Rejected { reason: Reason::RateLimited, retry, provider_code: None };
        assert_eq!(send(&double).await, expected, "{header:?}");
    }
}

#[tokio::test]
async fn whatever_may_have_been_sent_is_ambiguous() {
    let double = plivo().await;
    let mut answers = doubtful(&double.base);
    answers.push(("no ids", Answer::Raw(202, vec![], br#"{"message_uuid":[]}"#.to_vec())));
    for (what, answer) in answers {
        double.script([answer]);
        let before = double.requests();
        let answer = send(&double).await;
        assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{what}: {answer:?}");
        assert_eq!(double.requests() - before, 1, "{what}: no second request");
    }
    double.says(202, json!({ "message_uuid": [], "invalid_number": ["12125550142"] }));
    assert_eq!(send(&double).await, refused(Reason::InvalidNumber), "taken as a request, and not the number");
    assert!(double.taken().is_empty());
}

#[tokio::test]
async fn a_provider_that_hangs_or_drips_is_left_and_one_that_is_away_has_sent_nothing() {
    let double = plivo().await;
    double.script([Answer::Hang(Duration::from_secs(60)), Answer::Drip]);
    let started = Instant::now();
    let (first, second) = tokio::join!(send(&double), send(&double));
    assert!(started.elapsed() < Duration::from_secs(50), "it did not wait for the end");
    for answer in [first, second] {
        assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{answer:?}");
    }
    // A port that is bound and does not listen.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let away = client(&format!("http://{}", held.local_addr().unwrap()));
    let answer = away.send_sms(&number("+12125550142"), TEXT, Duration::from_secs(60), None).await;
    assert_eq!(answer, refused(Reason::Unreachable));
}

#[test]
fn wrong_settings_are_named_with_their_cure_and_without_their_value() {
    for (setting, value) in [
        ("SALUS_PLIVO_AUTH_ID", "MA-not-shown/../../x"),
        ("SALUS_PLIVO_AUTH_ID", ""),
        ("SALUS_PLIVO_AUTH_TOKEN", ""),
        ("SALUS_PLIVO_FROM", ""),
        ("SALUS_PLIVO_FROM", "12125557000<12125557001"),
        ("SALUS_PLIVO_FROM", "Name too long not-shown"),
        ("SALUS_PLIVO_SENDERS", "US=1<2"),
        ("SALUS_PLIVO_SENDERS", "XX=Hill"),
        ("SALUS_PLIVO_BASE_URL", "http://not-shown.example"),
    ] {
        let mut wrong = vars("http://127.0.0.1:9");
        wrong.insert(setting.into(), value.into());
        let problems = Config::read(Lookup::from_map(wrong)).err().unwrap_or_default();
        assert_eq!(problems.len(), 1, "{setting}={value}: {problems:?}");
        assert!(problems[0].setting == setting && !problems[0].cure.is_empty());
        assert!(!format!("{problems:?}").contains("not-shown"));
    }
    let mut both = vars("http://127.0.0.1:9");
    both.insert("SALUS_PLIVO_POWERPACK".into(), POOL.into());
    assert_eq!(Config::read(Lookup::from_map(both)).err().unwrap()[0].setting, "SALUS_PLIVO_FROM");
}
