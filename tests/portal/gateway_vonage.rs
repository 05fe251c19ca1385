//! Vonage's two interfaces against doubles that are as strict as the provider.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use salus::clock::{self, Clock};
use salus::config::{Config, Lookup, VonageApi, VonageSettings};
use salus::messaging::gateways::SendOutcome;
use salus::messaging::gateways::vonage::{CODES, STATUSES, Vonage};
use salus::messaging::reason::{Meaning, Reason, Retry};
use salus::types::phone::PhoneNumber;
use serde_json::json;

use crate::gateway_double::Answer;
use crate::gateway_double::{Double, PAUSES, doubtful, with_pause};
use crate::vonage_double::{APPLICATION, KEY, NOW, PRIVATE_KEY, SECRET, messages_api, problem, refusal, sms_api};

/// Where receipts are called in.
const CALLBACK: &str = "https://portal.clinic.example/webhooks/x/status/AAAAAAAAAAAAAAAAAAAAAA";
const TEXT: &str = "Lake Clinic: su codigo es 482913. ¿Preguntas & más? [1]\n\n@portal.example #482913";
const PLAIN: &str = "Lake Clinic: 482913 is your code.\n\n@portal.example #482913";

/// What the gateway needs, as an operator writes it.
fn vars(api: &str, base: &str) -> BTreeMap<String, String> {
    [
        ("SALUS_SMS_GATEWAYS", "vonage"),
        ("SALUS_VONAGE_API", api),
        ("SALUS_VONAGE_FROM", "Hill"),
        ("SALUS_VONAGE_SENDERS", "US=+12125557000"),
        ("SALUS_VONAGE_API_KEY", KEY),
        ("SALUS_VONAGE_API_SECRET", SECRET),
        ("SALUS_VONAGE_APPLICATION_ID", APPLICATION),
        ("SALUS_VONAGE_PRIVATE_KEY", PRIVATE_KEY),
        ("SALUS_VONAGE_REST_BASE_URL", base),
        ("SALUS_VONAGE_API_BASE_URL", base),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn settings(api: &str, base: &str) -> VonageSettings {
    Config::read(Lookup::from_map(vars(api, base))).unwrap().vonage.unwrap()
}

fn client(settings: VonageSettings) -> Vonage {
    Vonage::new(settings, Clock::by_hand(clock::from_ms(NOW * 1000))).unwrap()
}

fn to() -> PhoneNumber {
    PhoneNumber::from_e164("+12125550142").unwrap()
}

async fn send(api: &str, double: &Double) -> SendOutcome {
    client(settings(api, &double.base)).send_sms(&to(), TEXT, Duration::from_secs(240), Some(CALLBACK)).await
}

async fn double_of(api: &str) -> Double {
    if api == "sms" { sms_api().await } else { messages_api().await }
}

fn refused(reason: Reason, code: Option<i64>) -> SendOutcome {
    SendOutcome::Rejected { reason, retry: reason.retry(), provider_code: code }
}

#[tokio::test]
async fn the_sms_api_gets_exactly_its_fields_and_tells_its_segments() {
    let double = sms_api().await;
    let vonage = client(settings("sms", &double.base));
    let first = vonage.send_sms(&to(), PLAIN, Duration::from_secs(240), None).await;
    assert_eq!(first, SendOutcome::Accepted { provider_id: "0A0000000123A0000".into(), segments: Some(1) });
    let mut fields = double.taken()[0].fields.clone();
    fields.sort();
    let expected =
        [("from", "12125557000"), ("text", PLAIN), ("to", "12125550142"), ("ttl", "240000"), ("type", "text")];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let raw = double.taken()[0].raw();
    assert!(raw.contains("%0A%0A%40portal.example+%23482913"), "the line that browsers read arrives whole");

    let two = vonage.send_sms(&to(), TEXT, Duration::from_secs(240), None).await;
    assert!(matches!(two, SendOutcome::Accepted { segments: Some(2), .. }), "{two:?}");
    assert!(double.taken()[1].fields.contains(&("type".into(), "unicode".into())), "á leaves the GSM alphabet");
}

#[tokio::test]
async fn the_messages_api_gets_exactly_its_fields_under_a_token_of_its_own() {
    let double = messages_api().await;
    let vonage = client(settings("messages", &double.base));
    for (text, encoding) in [(PLAIN, "text"), (TEXT, "unicode")] {
        let sent = vonage.send_sms(&to(), text, Duration::from_secs(240), None).await;
        assert!(matches!(&sent, SendOutcome::Accepted { provider_id, segments: None } if provider_id.len() == 36));
        let body = double.taken().last().unwrap().json().unwrap();
        let expected = json!({
            "to": "12125550142", "from": "12125557000", "channel": "sms", "message_type": "text", "text": text,
            "ttl": 240, "sms": { "encoding_type": encoding },
        });
        assert_eq!(serde_json::Value::Object(body), expected);
    }
    assert_eq!(double.taken().len(), 2, "the second token has an id of its own");
}

#[tokio::test]
async fn a_country_without_a_sender_of_its_own_gets_the_name() {
    let double = sms_api().await;
    let mexican = PhoneNumber::from_e164("+525512345678").unwrap();
    let sent = client(settings("sms", &double.base)).send_sms(&mexican, PLAIN, Duration::from_secs(60), None).await;
    assert!(matches!(sent, SendOutcome::Accepted { .. }), "{sent:?}");
    assert!(double.taken()[0].fields.contains(&("from".into(), "Hill".into())));
}

#[tokio::test]
async fn the_life_is_what_is_left_within_what_the_provider_takes() {
    let (sms, messages) = (sms_api().await, messages_api().await);
    for (left, seconds) in [(0, 20), (19, 20), (299, 299), (604_800, 604_800), (900_000, 604_800)] {
        client(settings("sms", &sms.base)).send_sms(&to(), PLAIN, Duration::from_secs(left), None).await;
        client(settings("messages", &messages.base)).send_sms(&to(), PLAIN, Duration::from_secs(left), None).await;
        let milliseconds = (seconds * 1000).to_string();
        assert!(sms.taken().last().unwrap().fields.contains(&("ttl".into(), milliseconds)), "{left}");
        assert_eq!(messages.taken().last().unwrap().json().unwrap()["ttl"], seconds, "{left}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_apart_and_another_gateway_may_help() {
    let double = sms_api().await;
    let mut wrong = settings("sms", &double.base);
    let VonageApi::Sms { key, .. } = &mut wrong.api else { panic!("the other interface") };
    *key = "zzzz1234".into();
    let answer = client(wrong).send_sms(&to(), TEXT, Duration::from_secs(60), None).await;
    assert_eq!(answer, refused(Reason::AuthFailed, Some(4)));

    let double = messages_api().await;
    let mut wrong = settings("messages", &double.base);
    let VonageApi::Messages { application, .. } = &mut wrong.api else { panic!("the other interface") };
    *application = "bbbbbbbb-bbbb-4ccc-8ddd-0123456789ab".into();
    let answer = client(wrong).send_sms(&to(), TEXT, Duration::from_secs(60), None).await;
    assert_eq!(answer, refused(Reason::AuthFailed, Some(1060)));
    let late = Vonage::new(settings("messages", &double.base), Clock::by_hand(clock::from_ms((NOW - 3600) * 1000)));
    let answer = late.unwrap().send_sms(&to(), TEXT, Duration::from_secs(60), None).await;
    assert_eq!(answer, refused(Reason::AuthFailed, Some(1060)), "a clock that is an hour behind");
    assert!(double.taken().is_empty());
}

/// The SMS API's status and what each means for us, written down apart from the program's own table.
const SMS_STATUSES: [(i64, Option<Reason>); 18] = [
    (1, Some(Reason::RateLimited)),
    (2, Some(Reason::ConfigError)),
    (3, Some(Reason::InvalidNumber)),
    (4, Some(Reason::AuthFailed)),
    (5, None),
    (6, Some(Reason::InvalidNumber)),
    (7, Some(Reason::OptedOut)),
    (8, Some(Reason::AuthFailed)),
    (9, Some(Reason::InsufficientFunds)),
    (11, Some(Reason::ConfigError)),
    (12, Some(Reason::ConfigError)),
    (14, Some(Reason::AuthFailed)),
    (15, Some(Reason::SenderMisconfigured)),
    (22, Some(Reason::ConfigError)),
    (23, Some(Reason::ConfigError)),
    (29, Some(Reason::GeoBlocked)),
    (32, Some(Reason::AuthFailed)),
    (33, Some(Reason::UnknownSubscriber)),
];

/// The Messages API's numbers with the status that bears them, likewise.
const MESSAGE_CODES: [(u16, &[i64], Option<Reason>); 17] = [
    (422, &[1170, 1430, 1040], Some(Reason::InvalidNumber)),
    (422, &[1280, 1310], Some(Reason::Landline)),
    (422, &[1050, 1240], Some(Reason::OptedOut)),
    (422, &[1210, 1282], Some(Reason::CarrierBlocked)),
    (422, &[1470, 1472, 1473], Some(Reason::FraudBlocked)),
    (422, &[1160, 1251], Some(Reason::GeoBlocked)),
    (422, &[1190], Some(Reason::UnknownSubscriber)),
    (422, &[1180, 1220, 1230], Some(Reason::HandsetUnreachable)),
    (422, &[1250, 1260, 1200], Some(Reason::Unroutable)),
    (422, &[1120, 1420], Some(Reason::SenderMisconfigured)),
    (429, &[1000, 1241, 1460], Some(Reason::RateLimited)),
    (402, &[1070], Some(Reason::InsufficientFunds)),
    (401, &[1060], Some(Reason::AuthFailed)),
    (422, &[1360], Some(Reason::Expired)),
    (500, &[1030, 1331], None),
    (422, &[1130], Some(Reason::ConfigError)),
    (422, &[1480, 1481, 1482, 1483, 1484], Some(Reason::ConfigError)),
];

fn same(answer: &SendOutcome, reason: Option<Reason>, code: i64) {
    match reason {
        Some(reason) => assert_eq!(*answer, refused(reason, Some(code)), "{code}"),
        None => assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{code}: {answer:?}"),
    }
}

fn sorted(codes: impl IntoIterator<Item = i64>) -> Vec<i64> {
    let mut codes: Vec<i64> = codes.into_iter().collect();
    codes.sort_unstable();
    codes
}

#[tokio::test]
async fn every_status_of_the_sms_api_is_read_though_it_comes_with_200() {
    let double = sms_api().await;
    for (status, reason) in SMS_STATUSES {
        double.says(200, refusal(status));
        same(&send("sms", &double).await, reason, status);
    }
    assert_eq!(sorted(STATUSES.map(|(code, _)| code)), sorted(SMS_STATUSES.map(|(code, _)| code)));
    double.says(200, refusal(99));
    assert_eq!(send("sms", &double).await, refused(Reason::ConfigError, Some(99)), "unknown: final for this gateway");
    double.says(200, json!({ "message-count": "1", "messages": [{ "status": "odd" }] }));
    assert_eq!(send("sms", &double).await, refused(Reason::ConfigError, None));
}

#[tokio::test]
async fn every_number_of_the_messages_api_is_read_behind_its_type() {
    let double = messages_api().await;
    for (status, codes, reason) in MESSAGE_CODES {
        for code in codes {
            double.says(status, problem(*code));
            same(&send("messages", &double).await, reason, *code);
        }
    }
    let theirs = MESSAGE_CODES.iter().flat_map(|(_, codes, _)| codes.iter().copied());
    assert_eq!(sorted(CODES.map(|(code, _)| code)), sorted(theirs));
    let unclear = |table: &[(i64, Meaning)]| table.iter().filter(|(_, says)| *says == Meaning::Unclear).count();
    assert_eq!((unclear(&STATUSES), unclear(&CODES)), (1, 2));
}

#[tokio::test]
async fn a_refusal_without_a_number_goes_by_what_it_names_and_then_by_its_status() {
    let double = messages_api().await;
    let untyped = |title: &str, parameter: &str| json!({ "title": title, "detail": "no", "invalid_parameters": [{ "name": parameter, "reason": "no" }] });
    for (status, body, reason, code) in [
        (422, untyped("Invalid recipient", "x"), Reason::InvalidNumber, None),
        (422, untyped("Invalid params", "to"), Reason::InvalidNumber, None),
        (422, untyped("Invalid params", "ttl"), Reason::ConfigError, None),
        (400, untyped("Invalid params", "to"), Reason::ConfigError, None),
        (422, problem(7777), Reason::ConfigError, Some(7777)),
        (402, json!({ "type": "https://x/#low", "title": "Low balance" }), Reason::InsufficientFunds, None),
        (401, json!({}), Reason::AuthFailed, None),
        (401, problem(110), Reason::AuthFailed, Some(110)),
        (404, json!("nothing"), Reason::ConfigError, None),
    ] {
        double.says(status, body.clone());
        assert_eq!(send("messages", &double).await, refused(reason, code), "{status} {body}");
    }
    let sms = sms_api().await;
    for (status, reason) in [(401, Reason::AuthFailed), (402, Reason::InsufficientFunds), (422, Reason::ConfigError)] {
        sms.says(status, json!("no"));
        assert_eq!(send("sms", &sms).await, refused(reason, None));
    }
}

#[tokio::test]
async fn over_the_rate_the_pause_that_was_asked_for_is_kept_up_to_a_minute() {
    for (api, status, body, code) in
        [("sms", 200, refusal(1), Some(1)), ("sms", 429, json!({}), None), ("messages", 429, problem(1000), Some(1000))]
    {
        let double = double_of(api).await;
        for (header, pause) in PAUSES {
            double.script([with_pause(status, header, &body)]);
            let retry = Retry::TryLater(pause.map(Duration::from_secs));
            let expected = SendOutcome::Rejected { reason: Reason::RateLimited, retry, provider_code: code };
            assert_eq!(send(api, &double).await, expected, "{api} {header:?}");
        }
    }
}

#[tokio::test]
async fn whatever_may_have_been_sent_is_ambiguous() {
    for api in ["sms", "messages"] {
        let double = double_of(api).await;
        let mut answers = doubtful(&double.base);
        let raw = |body: serde_json::Value| Answer::Raw(200, vec![], body.to_string().into_bytes());
        if api == "sms" {
            let taken = json!({ "status": "0", "message-id": "1" });
            answers.push(("a part", raw(json!({ "messages": [taken, { "status": "9" }] }))));
            answers.push(("another part", raw(json!({ "messages": [{ "status": "1" }, taken] }))));
            answers.push(("no segment", raw(json!({ "message-count": "0", "messages": [] }))));
            answers.push(("no id", raw(json!({ "messages": [{ "status": "0" }] }))));
        }
        for (what, answer) in answers {
            double.script([answer]);
            let before = double.requests();
            let answer = send(api, &double).await;
            assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{api}, {what}: {answer:?}");
            assert_eq!(double.requests() - before, 1, "{api}, {what}: no second request");
        }
        assert!(double.taken().is_empty());
    }
}

#[tokio::test]
async fn a_provider_that_hangs_or_drips_is_left_and_one_that_is_away_has_sent_nothing() {
    let (sms, messages) = (sms_api().await, messages_api().await);
    sms.script([Answer::Hang(Duration::from_secs(60))]);
    messages.script([Answer::Drip]);
    let started = Instant::now();
    let (first, second) = tokio::join!(send("sms", &sms), send("messages", &messages));
    assert!(started.elapsed() < Duration::from_secs(50), "it did not wait for the end");
    for answer in [first, second] {
        assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{answer:?}");
    }
    // A port that is bound and does not listen.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let base = format!("http://{}", held.local_addr().unwrap());
    for api in ["sms", "messages"] {
        let answer = client(settings(api, &base)).send_sms(&to(), TEXT, Duration::from_secs(60), None).await;
        assert_eq!(answer, refused(Reason::Unreachable, None));
    }
}

#[test]
fn wrong_settings_are_named_with_their_cure_and_without_their_value() {
    for (api, setting, value) in [
        ("sms", "SALUS_VONAGE_API", "voice-not-shown"),
        ("sms", "SALUS_VONAGE_FROM", ""),
        ("sms", "SALUS_VONAGE_FROM", "not-shown<"),
        ("sms", "SALUS_VONAGE_SENDERS", "US=not-shown-x"),
        ("sms", "SALUS_VONAGE_API_KEY", ""),
        ("sms", "SALUS_VONAGE_API_SECRET", ""),
        ("sms", "SALUS_VONAGE_REST_BASE_URL", "http://not-shown.example"),
        ("messages", "SALUS_VONAGE_API_BASE_URL", "ftp://127.0.0.1"),
        ("messages", "SALUS_VONAGE_APPLICATION_ID", ""),
        ("messages", "SALUS_VONAGE_PRIVATE_KEY", ""),
        ("messages", "SALUS_VONAGE_PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----not-shown"),
    ] {
        let mut wrong = vars(api, "http://127.0.0.1:9");
        wrong.insert(setting.into(), value.into());
        let problems = Config::read(Lookup::from_map(wrong)).err().unwrap_or_default();
        assert_eq!(problems.len(), 1, "{setting}={value}: {problems:?}");
        assert!(problems[0].setting == setting && !problems[0].cure.is_empty());
        assert!(!format!("{problems:?}").contains("not-shown"));
    }
    let unused = Lookup::from_map([("SALUS_VONAGE_FROM", "<"), ("SALUS_VONAGE_API", "odd")]);
    assert!(Config::read(unused).is_ok(), "what is not in use is not asked for");
}
