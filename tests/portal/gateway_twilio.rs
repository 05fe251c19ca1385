//! Twilio's gateway against a double that is as strict as the provider.

use std::time::{Duration, Instant};

use salus::config::{Config, Lookup, Senders, TwilioSettings};
use salus::crypto::random::Secret;
use salus::messaging::gateways::SendOutcome;
use salus::messaging::gateways::twilio::{CODES, Twilio};
use salus::messaging::reason::{Reason, Retry};
use salus::types::phone::PhoneNumber;

use crate::gateway_double::{Answer, Double};
use crate::twilio_double::{self, ACCOUNT, FROM, TOKEN, classic};

fn settings(base: &str) -> TwilioSettings {
    TwilioSettings {
        answers_within: salus::config::ANSWERS_WITHIN,
        account_sid: ACCOUNT.into(),
        secret: Secret::new(TOKEN),
        api_key_sid: None,
        from: Some(FROM.into()),
        messaging_service_sid: None,
        senders: Senders::default(),
        caller: None,
        base_url: base.parse().unwrap(),
    }
}

fn to() -> PhoneNumber {
    PhoneNumber::from_e164("+12125550142").unwrap()
}

const TEXT: &str = "Lake Clinic: su codigo es 482913. ¿Preguntas & más?\n\n@portal.example #482913";

async fn send(double: &Double) -> SendOutcome {
    Twilio::new(settings(&double.base)).unwrap().send_sms(&to(), TEXT, Duration::from_secs(240), None).await
}

fn refused(reason: Reason, retry: Retry, code: Option<i64>) -> SendOutcome {
    SendOutcome::Rejected { reason, retry, provider_code: code }
}

#[tokio::test]
async fn a_text_is_sent_with_exactly_the_fields_the_provider_takes() {
    let double = twilio_double::start().await;
    let SendOutcome::Accepted { provider_id, segments } = send(&double).await else { panic!("not accepted") };
    assert_eq!((provider_id.len(), segments), (34, Some(1)));
    let taken = double.taken().remove(0);
    let mut fields = taken.fields.clone();
    fields.sort();
    let expected = [("Body", TEXT), ("From", FROM), ("To", "+12125550142"), ("ValidityPeriod", "240")];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(taken.raw().contains("To=%2B12125550142"), "the plus is escaped: a bare one is a space");
    assert!(taken.raw().contains("%0A%0A%40portal.example+%23482913"), "the line that browsers read arrives whole");
}

#[tokio::test]
async fn a_messaging_service_takes_the_place_of_the_sender() {
    let double = twilio_double::start().await;
    let service = "MG0123456789abcdef0123456789abcdef";
    let with = TwilioSettings { messaging_service_sid: Some(service.into()), from: None, ..settings(&double.base) };
    let sent = Twilio::new(with).unwrap().send_sms(&to(), TEXT, Duration::from_secs(1), None).await;
    assert!(matches!(sent, SendOutcome::Accepted { segments: Some(0), .. }));
    let taken = double.taken().remove(0);
    assert_eq!((taken.field("MessagingServiceSid"), taken.field("From")), (Some(service), None));
}

#[tokio::test]
async fn a_countrys_sender_goes_before_a_messaging_service() {
    let double = twilio_double::start().await;
    let service = "MG0123456789abcdef0123456789abcdef";
    let vars = Lookup::from_map([
        ("SALUS_SMS_GATEWAYS", "twilio"),
        ("SALUS_TWILIO_ACCOUNT_SID", ACCOUNT),
        ("SALUS_TWILIO_AUTH_TOKEN", TOKEN),
        ("SALUS_TWILIO_MESSAGING_SERVICE_SID", service),
        ("SALUS_TWILIO_SENDERS", "US=+15005550006, MX=Hill, GB=MGfedcba9876543210fedcba9876543210"),
        ("SALUS_TWILIO_BASE_URL", &double.base),
    ]);
    let twilio = Twilio::new(Config::read(vars).unwrap().twilio.unwrap()).unwrap();
    for (to, from, of_service) in [
        ("+12125550142", Some(FROM), None),
        ("+525512345678", Some("Hill"), None),
        ("+34612345678", None, Some(service)),
        ("+447400123456", None, Some("MGfedcba9876543210fedcba9876543210")),
    ] {
        let sent = twilio.send_sms(&PhoneNumber::from_e164(to).unwrap(), TEXT, Duration::from_secs(60), None).await;
        assert!(matches!(sent, SendOutcome::Accepted { .. }), "{to}: {sent:?}");
        let taken = double.taken().pop().unwrap();
        assert_eq!((taken.field("From"), taken.field("MessagingServiceSid")), (from, of_service), "{to}");
    }
}

#[tokio::test]
async fn the_validity_is_what_is_left_within_what_the_provider_takes() {
    let double = twilio_double::start().await;
    let twilio = Twilio::new(settings(&double.base)).unwrap();
    for (left, expected) in [(0, "1"), (1, "1"), (299, "299"), (36_000, "36000"), (90_000, "36000")] {
        let sent = twilio.send_sms(&to(), TEXT, Duration::from_secs(left), None).await;
        assert!(matches!(sent, SendOutcome::Accepted { .. }), "{left}");
        assert_eq!(double.taken().last().unwrap().field("ValidityPeriod"), Some(expected));
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_apart_and_another_gateway_may_help() {
    let double = twilio_double::start().await;
    let wrong = TwilioSettings { secret: Secret::new("not-the-token"), ..settings(&double.base) };
    let answer = Twilio::new(wrong).unwrap().send_sms(&to(), TEXT, Duration::from_secs(60), None).await;
    assert_eq!(answer, refused(Reason::AuthFailed, Retry::AnotherGateway, Some(20003)));
    let key = TwilioSettings { api_key_sid: Some("SK0123".into()), ..settings(&double.base) };
    let answer = Twilio::new(key).unwrap().send_sms(&to(), TEXT, Duration::from_secs(60), None).await;
    assert_eq!(answer, refused(Reason::AuthFailed, Retry::AnotherGateway, Some(20003)), "a key signs in as itself");
    assert!(double.taken().is_empty());
}

#[tokio::test]
async fn magic_numbers_answer_as_the_provider_does() {
    let double = twilio_double::start().await;
    for (number, code, reason, retry) in [
        ("+15005550001", 21211, Reason::InvalidNumber, Retry::Never),
        ("+15005550002", 21612, Reason::Unroutable, Retry::AnotherGateway),
        ("+15005550003", 21408, Reason::GeoBlocked, Retry::AnotherGateway),
        ("+15005550004", 21610, Reason::OptedOut, Retry::Never),
        ("+15005550009", 21614, Reason::Landline, Retry::Never),
    ] {
        let Some(number) = PhoneNumber::from_e164(number) else { panic!("{number} cannot be written") };
        let answer =
            Twilio::new(settings(&double.base)).unwrap().send_sms(&number, TEXT, Duration::from_secs(60), None).await;
        assert_eq!(answer, refused(reason, retry, Some(code)));
    }
    for (from, code, reason, retry) in [
        ("+15005550001", 21212, Reason::SenderMisconfigured, Retry::AnotherGateway),
        ("+15005550007", 21606, Reason::SenderMisconfigured, Retry::AnotherGateway),
        ("+15005550008", 21611, Reason::RateLimited, Retry::TryLater(None)),
    ] {
        let from = TwilioSettings { from: Some(from.into()), ..settings(&double.base) };
        let answer = Twilio::new(from).unwrap().send_sms(&to(), TEXT, Duration::from_secs(60), None).await;
        assert_eq!(answer, refused(reason, retry, Some(code)));
    }
    assert!(double.taken().is_empty());
}

/// The provider's codes and what each means for us, written down apart from the program's own table.
const DICTIONARY: [(u16, i64, Reason, Retry); 30] = [
    (400, 21211, Reason::InvalidNumber, Retry::Never),
    (400, 21614, Reason::Landline, Retry::Never),
    (400, 21635, Reason::Landline, Retry::Never),
    (400, 30006, Reason::Landline, Retry::Never),
    (400, 21268, Reason::Premium, Retry::Never),
    (400, 21610, Reason::OptedOut, Retry::Never),
    (400, 30005, Reason::UnknownSubscriber, Retry::Never),
    (400, 30007, Reason::CarrierBlocked, Retry::AnotherGateway),
    (400, 30004, Reason::CarrierBlocked, Retry::AnotherGateway),
    (400, 30450, Reason::FraudBlocked, Retry::AnotherGateway),
    (400, 30453, Reason::FraudBlocked, Retry::AnotherGateway),
    (403, 21408, Reason::GeoBlocked, Retry::AnotherGateway),
    (400, 30003, Reason::HandsetUnreachable, Retry::TryLater(None)),
    (400, 21612, Reason::Unroutable, Retry::AnotherGateway),
    (400, 21212, Reason::SenderMisconfigured, Retry::AnotherGateway),
    (400, 21606, Reason::SenderMisconfigured, Retry::AnotherGateway),
    (400, 21659, Reason::SenderMisconfigured, Retry::AnotherGateway),
    (400, 21608, Reason::SenderMisconfigured, Retry::AnotherGateway),
    (429, 20429, Reason::RateLimited, Retry::TryLater(None)),
    (400, 21611, Reason::RateLimited, Retry::TryLater(None)),
    (400, 10001, Reason::InsufficientFunds, Retry::AnotherGateway),
    (403, 20005, Reason::InsufficientFunds, Retry::AnotherGateway),
    (400, 30002, Reason::InsufficientFunds, Retry::AnotherGateway),
    (401, 20003, Reason::AuthFailed, Retry::AnotherGateway),
    (403, 70051, Reason::AuthFailed, Retry::AnotherGateway),
    (400, 30036, Reason::Expired, Retry::AnotherGateway),
    (400, 21603, Reason::ConfigError, Retry::AnotherGateway),
    (400, 21609, Reason::ConfigError, Retry::AnotherGateway),
    (400, 21624, Reason::ConfigError, Retry::AnotherGateway),
    (400, 90007, Reason::ConfigError, Retry::AnotherGateway),
];

#[tokio::test]
async fn every_known_code_is_read_in_both_of_the_providers_error_bodies() {
    let double = twilio_double::start().await;
    for (status, code, reason, retry) in DICTIONARY {
        let problem = serde_json::json!({
            "type": format!("https://www.twilio.com/docs/errors/{code}"), "title": "Refused", "status": status,
            "code": code, "detail": "refused", "instance": "/x", "errors": [],
        });
        double.script([
            Answer::Raw(status, vec![], classic(status, code).1.to_string().into_bytes()),
            Answer::Raw(status, vec![("content-type", "application/problem+json".into())], problem.to_string().into()),
        ]);
        for form in ["classic", "RFC 9457"] {
            assert_eq!(send(&double).await, refused(reason, retry, Some(code)), "{code} {form}");
        }
    }
    let mut ours: Vec<i64> = CODES.iter().map(|(code, _)| *code).collect();
    let mut theirs: Vec<i64> = DICTIONARY.iter().map(|(_, code, ..)| *code).collect();
    ours.sort_unstable();
    theirs.sort_unstable();
    assert_eq!(ours, theirs);
}

#[tokio::test]
async fn an_unknown_code_is_final_for_this_gateway_and_a_status_alone_decides_without_one() {
    let double = twilio_double::start().await;
    for code in [30034, 21617, 99999] {
        double.script([Answer::Raw(400, vec![], classic(400, code).1.to_string().into_bytes())]);
        assert_eq!(send(&double).await, refused(Reason::ConfigError, Retry::AnotherGateway, Some(code)));
    }
    for (status, body) in [(400, "{}"), (404, "<html>"), (422, "null"), (403, "true")] {
        double.script([Answer::Raw(status, vec![], body.into())]);
        assert_eq!(send(&double).await, refused(Reason::ConfigError, Retry::AnotherGateway, None), "{status}");
    }
    double.script([Answer::Raw(401, vec![], "nothing".into())]);
    assert_eq!(send(&double).await, refused(Reason::AuthFailed, Retry::AnotherGateway, None));
}

#[tokio::test]
async fn over_the_rate_the_pause_that_was_asked_for_is_kept_up_to_a_minute() {
    let double = twilio_double::start().await;
    let body = classic(429, 20429).1.to_string().into_bytes();
    for (header, pause) in [
        (None, None),
        (Some("7"), Some(7)),
        (Some("86400"), Some(60)),
        (Some("Wed, 25 Nov 2026 10:00:00 GMT"), None),
        (Some("-3"), None),
    ] {
        let headers = header.map(|value| ("retry-after", value.to_owned())).into_iter().collect();
        double.script([Answer::Raw(429, headers, body.clone())]);
        let pause = pause.map(Duration::from_secs);
        assert_eq!(send(&double).await, refused(Reason::RateLimited, Retry::TryLater(pause), Some(20429)));
    }
    double.script([Answer::Raw(429, vec![], Vec::new())]);
    assert_eq!(send(&double).await, refused(Reason::RateLimited, Retry::TryLater(None), None));
}

#[tokio::test]
async fn whatever_may_have_been_sent_is_ambiguous() {
    let double = twilio_double::start().await;
    let huge = format!("{{\"sid\":\"SM1\",\"pad\":\"{}\"}}", "x".repeat(70_000));
    for (what, answer) in [
        ("500", Answer::Raw(500, vec![], classic(500, 20500).1.to_string().into_bytes())),
        ("503", Answer::Raw(503, vec![], Vec::new())),
        ("reset", Answer::Reset),
        ("cut off", Answer::Truncated),
        ("malformed", Answer::Raw(201, vec![], b"<html>ok</html>".to_vec())),
        ("without an id", Answer::Raw(201, vec![], b"{}".to_vec())),
        ("oversized", Answer::Raw(201, vec![], huge.into_bytes())),
        ("redirected", Answer::Raw(307, vec![("location", format!("{}/elsewhere", double.base))], Vec::new())),
    ] {
        double.script([answer]);
        let before = double.requests();
        let answer = send(&double).await;
        assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{what}: {answer:?}");
        assert_eq!(double.requests() - before, 1, "{what}: no second request");
    }
}

#[tokio::test]
async fn a_provider_that_hangs_or_drips_is_left_after_five_seconds() {
    let double = twilio_double::start().await;
    double.script([Answer::Hang(Duration::from_secs(20)), Answer::Drip]);
    let started = Instant::now();
    let (first, second) = tokio::join!(send(&double), send(&double));
    let took = started.elapsed();
    for answer in [first, second] {
        assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{answer:?}");
    }
    assert!(took < Duration::from_millis(6_500), "{took:?}");
}

#[tokio::test]
async fn an_operator_sets_how_long_it_may_hang() {
    let double = twilio_double::start().await;
    double.script([Answer::Hang(Duration::from_secs(20)), Answer::Hang(Duration::from_secs(20))]);
    let answers_within = Duration::from_secs(2);
    let shorter = Twilio::new(TwilioSettings { answers_within, ..settings(&double.base) }).unwrap();
    let to = to();
    tokio::select! {
        biased;
        answer = send(&double) => panic!("the default was over first: {answer:?}"),
        answer = shorter.send_sms(&to, TEXT, Duration::from_secs(240), None) => {
            assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_has_sent_nothing() {
    let double = twilio_double::start().await;
    let base = double.base.clone();
    drop(double);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let answer = Twilio::new(settings(&base)).unwrap().send_sms(&to(), TEXT, Duration::from_secs(60), None).await;
    assert_eq!(answer, refused(Reason::Unreachable, Retry::TryLater(None), None));
}
