//! The gateways that call, against doubles that are as strict as the providers.

use salus::clock::{self, Clock};
use salus::config::{Config, Lookup};
use salus::crypto::clinic_keys::Key;
use salus::crypto::codes::{Code, Seed};
use salus::messaging::gateways::plivo::Plivo;
use salus::messaging::gateways::twilio::{CALL_CODES, CODES, Twilio};
use salus::messaging::gateways::vonage::Vonage;
use salus::messaging::gateways::{self, Call, Gateway, SendOutcome, plivo, vonage};
use salus::messaging::reason::{Meaning, Reason, Retry};
use salus::types::phone::PhoneNumber;
use serde_json::{Value, json};

use crate::gateway_double::{Answer, Double, PAUSES, doubtful, with_pause};
use crate::plivo_double;
use crate::twilio_double::{self, classic};
use crate::vonage_double::{self, NOW};

const ANSWER: &str = "https://portal.clinic.example/webhooks/x/voice/AAAAAAAAAAAAAAAAAAAAAA";
const TOLD: &str = "https://portal.clinic.example/webhooks/x/status/AAAAAAAAAAAAAAAAAAAAAA";
const ALL: [&str; 3] = ["twilio", "vonage", "plivo"];

/// What a gateway needs to text by its name and to call with a number, as an operator writes it.
pub fn vars(name: &str, base: &str) -> Vec<(&'static str, String)> {
    let all: &[(&'static str, &str)] = match name {
        "twilio" => &[
            ("SALUS_SMS_GATEWAYS", "twilio"),
            ("SALUS_TWILIO_ACCOUNT_SID", twilio_double::ACCOUNT),
            ("SALUS_TWILIO_AUTH_TOKEN", twilio_double::TOKEN),
            ("SALUS_TWILIO_FROM", "Hill"),
            ("SALUS_TWILIO_CALL_FROM", twilio_double::FROM),
            ("SALUS_TWILIO_BASE_URL", base),
        ],
        "vonage" => &[
            ("SALUS_SMS_GATEWAYS", "vonage"),
            ("SALUS_VONAGE_API_KEY", vonage_double::KEY),
            ("SALUS_VONAGE_API_SECRET", vonage_double::SECRET),
            ("SALUS_VONAGE_APPLICATION_ID", vonage_double::APPLICATION),
            ("SALUS_VONAGE_PRIVATE_KEY", vonage_double::PRIVATE_KEY),
            ("SALUS_VONAGE_SIGNATURE_SECRET", "vonage-signature-secret-at-least-32-bytes"),
            ("SALUS_VONAGE_FROM", "Hill"),
            ("SALUS_VONAGE_CALL_FROM", "+12125557000"),
            ("SALUS_VONAGE_REST_BASE_URL", base),
            ("SALUS_VONAGE_API_BASE_URL", base),
        ],
        _ => &[
            ("SALUS_SMS_GATEWAYS", "plivo"),
            ("SALUS_PLIVO_AUTH_ID", plivo_double::ACCOUNT),
            ("SALUS_PLIVO_AUTH_TOKEN", plivo_double::TOKEN),
            ("SALUS_PLIVO_FROM", "Hill"),
            ("SALUS_PLIVO_CALL_FROM", "+12125557000"),
            ("SALUS_PLIVO_BASE_URL", base),
        ],
    };
    let https = ("SALUS_PUBLIC_URL", "https://portal.example".to_owned());
    all.iter().map(|(name, value)| (*name, (*value).to_owned())).chain([https]).collect()
}

pub async fn double_of(name: &str) -> Double {
    match name {
        "twilio" => twilio_double::start().await,
        "vonage" => vonage_double::voice_api().await,
        _ => plivo_double::plivo().await,
    }
}

fn config(name: &str, base: &str, more: &[(&'static str, &str)]) -> Config {
    let mut all = vars(name, base);
    all.retain(|(known, _)| !more.iter().any(|(name, _)| name == known));
    all.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Config::read(Lookup::from_map(all)).unwrap()
}

fn gateway(name: &str, config: &Config) -> Gateway {
    match name {
        "twilio" => Gateway::Twilio(Twilio::new(config.twilio.clone().unwrap()).unwrap()),
        "vonage" => {
            let clock = Clock::by_hand(clock::from_ms(NOW * 1000));
            Gateway::Vonage(Vonage::new(config.vonage.clone().unwrap(), clock).unwrap())
        }
        _ => Gateway::Plivo(Plivo::new(config.plivo.clone().unwrap()).unwrap()),
    }
}

fn code() -> Code {
    Code::derive(&Key::new([1; 32]), &Seed::from_bytes(&[2; 32]).unwrap(), "c", "w", "p")
}

async fn call_to(gateway: &Gateway, to: &str) -> SendOutcome {
    let code = code();
    let call = Call { answer: ANSWER, told: TOLD, spoken: Some(&format!("Your code is {}.", code.reveal().as_str())) };
    gateway.call(&PhoneNumber::from_e164(to).unwrap(), &call).await
}

async fn call(name: &str, double: &Double) -> SendOutcome {
    call_to(&gateway(name, &config(name, &double.base, &[])), "+12125550142").await
}

fn refused(reason: Reason, code: Option<i64>) -> SendOutcome {
    SendOutcome::Rejected { reason, retry: reason.retry(), provider_code: code }
}

#[tokio::test]
async fn a_call_is_asked_for_with_exactly_the_fields_the_provider_takes_and_never_with_the_code() {
    for (name, id) in [
        ("twilio", "CA00000000000000000000000000000001"),
        ("vonage", "63f61863-4a51-4f6b-86e1-000000000001"),
        ("plivo", "9834029e-58b6-11e1-b8b7-000000000001"),
    ] {
        let double = double_of(name).await;
        let answer = call(name, &double).await;
        assert_eq!(answer, SendOutcome::Accepted { provider_id: id.into(), segments: None }, "{name}");
        let taken = double.taken();
        let expected = match name {
            "twilio" => {
                let events = ["initiated", "ringing", "answered", "completed"].map(|e| ("StatusCallbackEvent", e));
                let mut fields = vec![
                    ("To", "+12125550142"),
                    ("From", twilio_double::FROM),
                    ("Url", ANSWER),
                    ("Method", "POST"),
                    ("StatusCallback", TOLD),
                    ("StatusCallbackMethod", "POST"),
                    ("Timeout", "30"),
                    ("TimeLimit", "120"),
                    ("Record", "false"),
                ];
                fields.extend(events);
                let sent: Vec<(&str, &str)> = taken[0].fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                assert_eq!(sent, fields);
                continue;
            }
            "vonage" => json!({
                "to": [{ "type": "phone", "number": "12125550142" }], "from": { "type": "phone", "number": "12125557000" },
                "answer_url": [ANSWER], "answer_method": "POST", "event_url": [TOLD], "event_method": "POST",
                "ringing_timer": 30, "length_timer": 120,
            }),
            _ => json!({
                "from": "12125557000", "to": "12125550142", "answer_url": ANSWER, "answer_method": "POST",
                "ring_url": TOLD, "hangup_url": TOLD, "hangup_method": "POST", "ring_timeout": 30, "time_limit": 120,
            }),
        };
        assert_eq!(Value::Object(taken[0].json().unwrap()), expected, "{name}");
        assert!(!taken[0].raw().contains(code().reveal().as_str()));
    }
}

#[tokio::test]
async fn twilios_magic_numbers_are_told_apart() {
    let double = double_of("twilio").await;
    let twilio = gateway("twilio", &config("twilio", &double.base, &[]));
    for (to, code, reason) in [
        ("+15005550001", 21217, Reason::InvalidNumber),
        ("+15005550002", 21214, Reason::Unroutable),
        ("+15005550003", 21215, Reason::GeoBlocked),
        ("+15005550004", 21216, Reason::FraudBlocked),
    ] {
        assert_eq!(call_to(&twilio, to).await, refused(reason, Some(code)));
    }
    for (from, code) in [("+15005550001", 21212), ("+12125557000", 21210)] {
        let wrong = config("twilio", &double.base, &[("SALUS_TWILIO_CALL_FROM", from)]);
        let answer = call_to(&gateway("twilio", &wrong), "+12125550142").await;
        assert_eq!(answer, refused(Reason::SenderMisconfigured, Some(code)));
    }
    assert!(double.taken().is_empty());
}

/// Twilio's codes of calls and what each means for us, written down apart from the program's own table.
const TWILIO: [(u16, i64, Reason); 13] = [
    (400, 21217, Reason::InvalidNumber),
    (400, 21202, Reason::Premium),
    (400, 21214, Reason::Unroutable),
    (403, 21215, Reason::GeoBlocked),
    (400, 21203, Reason::GeoBlocked),
    (400, 21216, Reason::FraudBlocked),
    (400, 21210, Reason::SenderMisconfigured),
    (400, 21213, Reason::SenderMisconfigured),
    (400, 21219, Reason::SenderMisconfigured),
    (429, 10004, Reason::RateLimited),
    (403, 10005, Reason::AuthFailed),
    (400, 21201, Reason::ConfigError),
    (400, 21205, Reason::ConfigError),
];

/// The same of Vonage: the status, a parameter that is named, what they mean.
const VONAGE: [(u16, &str, Option<Reason>); 11] = [
    (400, "to[0].number", Some(Reason::InvalidNumber)),
    (400, "to", Some(Reason::InvalidNumber)),
    (400, "from.number", Some(Reason::SenderMisconfigured)),
    (400, "answer_url", Some(Reason::ConfigError)),
    (401, "x", Some(Reason::AuthFailed)),
    (402, "x", Some(Reason::InsufficientFunds)),
    (403, "to", Some(Reason::AuthFailed)),
    (404, "x", Some(Reason::ConfigError)),
    (429, "x", Some(Reason::RateLimited)),
    (418, "to", Some(Reason::ConfigError)),
    (500, "to", None),
];

/// The same of Plivo, with a sentence.
const PLIVO: [(u16, &str, Option<Reason>); 14] = [
    (400, "Insufficient Credit", Some(Reason::InsufficientFunds)),
    (400, "from parameter not present", Some(Reason::SenderMisconfigured)),
    (400, "Caller ID is not valid", Some(Reason::SenderMisconfigured)),
    (400, "Invalid destination number", Some(Reason::InvalidNumber)),
    (400, "to parameter is not valid", Some(Reason::InvalidNumber)),
    (400, "answer_url is not valid", Some(Reason::ConfigError)),
    (401, "could not verify your access level for that URL", Some(Reason::AuthFailed)),
    (402, "pay first", Some(Reason::InsufficientFunds)),
    (403, "insufficient credit", Some(Reason::InsufficientFunds)),
    (403, "calls to that country are off", Some(Reason::GeoBlocked)),
    (404, "not found", Some(Reason::ConfigError)),
    (405, "method not allowed", Some(Reason::ConfigError)),
    (429, "too many requests", Some(Reason::RateLimited)),
    (500, "internal error", None),
];

fn same(answer: SendOutcome, reason: Option<Reason>, what: &str) {
    match reason {
        Some(reason) => assert_eq!(answer, refused(reason, None), "{what}"),
        None => assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{what}: {answer:?}"),
    }
}

#[tokio::test]
async fn every_known_refusal_of_a_call_is_read() {
    let double = double_of("twilio").await;
    for (status, code, reason) in TWILIO {
        double.says(status, classic(status, code).1);
        assert_eq!(call("twilio", &double).await, refused(reason, Some(code)), "{code}");
    }
    for (code, reason) in CODES {
        double.says(400, classic(400, code).1);
        assert_eq!(call("twilio", &double).await, refused(reason, Some(code)), "{code}, as of a text");
    }
    let sorted = |mut all: Vec<i64>| {
        all.sort_unstable();
        all
    };
    let ours = CALL_CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(sorted(ours), sorted(TWILIO.iter().map(|(_, code, _)| *code).collect()));

    let double = double_of("vonage").await;
    for (status, parameter, reason) in VONAGE {
        double.says(status, vonage_double::wrong(parameter));
        same(call("vonage", &double).await, reason, &format!("{status} {parameter}"));
    }
    let met = |(status, start, reason): &(u16, &str, Reason)| {
        VONAGE.iter().any(|(known, name, told)| known == status && name.starts_with(start) && *told == Some(*reason))
    };
    assert!(vonage::CALL_ANSWERS.iter().all(met), "every row was met");
    double.says(400, json!("nothing"));
    same(call("vonage", &double).await, Some(Reason::ConfigError), "no parameter");

    let double = double_of("plivo").await;
    for (status, sentence, reason) in PLIVO {
        double.says(status, plivo_double::error(sentence));
        same(call("plivo", &double).await, reason, sentence);
    }
    let met = |row: &(u16, &str, Meaning)| {
        let reason = if let Meaning::Refused(reason) = row.2 { Some(reason) } else { None };
        PLIVO
            .iter()
            .any(|(status, text, told)| *status == row.0 && text.to_lowercase().contains(row.1) && *told == reason)
    };
    assert!(plivo::CALL_ANSWERS.iter().all(met), "every row was met");
}

#[tokio::test]
async fn a_call_that_may_ring_is_ambiguous_and_one_over_the_rate_waits() {
    for name in ALL {
        let double = double_of(name).await;
        for (what, answer) in doubtful(&double.base) {
            double.script([answer]);
            let before = double.requests();
            let answer = call(name, &double).await;
            assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{name}, {what}: {answer:?}");
            assert_eq!(double.requests() - before, 1, "{name}, {what}: no second request");
        }
        for (header, pause) in PAUSES {
            double.script([with_pause(429, header, &json!({}))]);
            let retry = Retry::TryLater(pause.map(std::time::Duration::from_secs));
            let expected = SendOutcome::Rejected { reason: Reason::RateLimited, retry, provider_code: None };
            assert_eq!(call(name, &double).await, expected, "{name} {header:?}");
        }
        double.script([Answer::Raw(401, vec![], Vec::new())]);
        assert_eq!(call(name, &double).await, refused(Reason::AuthFailed, None));
        assert!(double.taken().is_empty());
        let held = tokio::net::TcpSocket::new_v4().unwrap();
        held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let away = config(name, &format!("http://{}", held.local_addr().unwrap()), &[]);
        let answer = call_to(&gateway(name, &away), "+12125550142").await;
        assert_eq!(answer, refused(Reason::Unreachable, None), "{name}: nothing was asked for");
    }
}

#[tokio::test]
async fn only_who_has_a_number_https_and_a_way_to_be_known_can_call() {
    let base = "http://127.0.0.1:9";
    for (name, more, can) in [
        ("twilio", &[] as &[(&str, &str)], true),
        ("twilio", &[("SALUS_TWILIO_CALL_FROM", "")], false),
        ("twilio", &[("SALUS_TWILIO_CALL_FROM", ""), ("SALUS_TWILIO_FROM", "+12125557000")], true),
        ("twilio", &[("SALUS_TWILIO_CALL_FROM", ""), ("SALUS_TWILIO_FROM", "55501")], false),
        ("twilio", &[("SALUS_PUBLIC_URL", "http://portal.example")], false),
        (
            "twilio",
            &[
                ("SALUS_TWILIO_AUTH_TOKEN", ""),
                ("SALUS_TWILIO_API_KEY_SID", "SK1"),
                ("SALUS_TWILIO_API_KEY_SECRET", "s"),
            ],
            false,
        ),
        ("vonage", &[], true),
        ("vonage", &[("SALUS_VONAGE_API", "messages")], true),
        ("vonage", &[("SALUS_VONAGE_APPLICATION_ID", "")], false),
        ("vonage", &[("SALUS_VONAGE_SIGNATURE_SECRET", "")], false),
        ("vonage", &[("SALUS_VONAGE_CALL_FROM", "")], false),
        ("vonage", &[("SALUS_PUBLIC_URL", "http://portal.example")], false),
        ("plivo", &[], true),
        ("plivo", &[("SALUS_PLIVO_CALL_FROM", ""), ("SALUS_PLIVO_FROM", "12125557000")], true),
        ("plivo", &[("SALUS_PLIVO_CALL_FROM", "")], false),
        ("plivo", &[("SALUS_PUBLIC_URL", "http://portal.example")], false),
    ] {
        let config = config(name, base, more);
        let gateway = gateway(name, &config);
        assert_eq!((gateways::can_call(&config), gateway.can_call()), (can, can), "{name} {more:?}");
        if !can {
            assert_eq!(call_to(&gateway, "+12125550142").await, refused(Reason::ConfigError, None));
        }
    }
    let http = [
        ("SALUS_SMS_GATEWAYS", "http"),
        ("SALUS_PUBLIC_URL", "https://portal.example"),
        ("SALUS_HTTP_GATEWAY_URL", "https://sms.aggregator.example/send"),
        ("SALUS_HTTP_GATEWAY_FIELDS", r#"{"to":"{to_digits}","m":"{text}"}"#),
        ("SALUS_HTTP_GATEWAY_AUTH", "none"),
    ];
    let config = Config::read(Lookup::from_map(http)).unwrap();
    let gateway = Gateway::of_settings(&config, None).unwrap().remove(0);
    assert_eq!((gateways::can_call(&config), gateway.can_call()), (false, false));
    assert_eq!(call_to(&gateway, "+12125550142").await, refused(Reason::ConfigError, None));
}

#[test]
fn a_number_that_is_none_is_named_with_its_cure_and_without_its_value() {
    for (name, setting) in
        [("twilio", "SALUS_TWILIO_CALL_FROM"), ("vonage", "SALUS_VONAGE_CALL_FROM"), ("plivo", "SALUS_PLIVO_CALL_FROM")]
    {
        let mut wrong = vars(name, "http://127.0.0.1:9");
        wrong.retain(|(known, _)| *known != setting);
        wrong.push((setting, "not-shown".into()));
        let problems = Config::read(Lookup::from_map(wrong)).err().unwrap();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].setting == setting && !problems[0].cure.is_empty());
        assert!(!format!("{problems:?}").contains("not-shown"));
    }
    let mut half = vars("vonage", "http://127.0.0.1:9");
    half.retain(|(known, _)| *known != "SALUS_VONAGE_PRIVATE_KEY");
    let problems = Config::read(Lookup::from_map(half)).err().unwrap();
    assert_eq!(problems[0].setting, "SALUS_VONAGE_PRIVATE_KEY", "an application cannot call without its key");
}
