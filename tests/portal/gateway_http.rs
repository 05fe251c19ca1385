//! The generic gateway against doubles of aggregators, each with ways of its own; and fail-over from one to the next.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use salus::auth::challenges;
use salus::config::{Config, HttpGatewaySettings, Lookup};
use salus::messaging::email::Mailer;
use salus::messaging::gateways::http::Http;
use salus::messaging::gateways::plivo::Plivo;
use salus::messaging::gateways::{Gateway, SendOutcome};
use salus::messaging::reason::{Reason, Retry};
use salus::messaging::worker::Worker;
use salus::types::phone::PhoneNumber;
use serde_json::{Value, json};
use sqlx::Row;

use crate::aggregator_double::{TOKEN, USER, aggregator, query};
use crate::door::{Door, browser, went_through};
use crate::gateway_double::Answer;
use crate::gateway_double::{Double, PAUSES, doubtful, with_pause};
use crate::plivo_double::{self, error, plivo};

const TEXT: &str = "Lake Clinic: su código es 482913. ¿Preguntas & \"más\"?\n\n@portal.example #482913";
/// A text that would break out of anything it is pasted into.
const HOSTILE: &str = "\"},{\"to\":\"1\"&to=1\r\nX-Header: 1 {ref} {to_digits} %26 \\u0022 <b>+é😀";

/// What the aggregator at `/json` needs, as an operator writes it.
pub fn nested(base: &str) -> BTreeMap<String, String> {
    [
        ("SALUS_SMS_GATEWAYS", "http"),
        ("SALUS_HTTP_GATEWAY_URL", &format!("{base}/json")),
        (
            "SALUS_HTTP_GATEWAY_FIELDS",
            r#"{"messages":[{"to":"{to_digits}","body":"{text}"}],"sender":"from {sender}","ref":"{ref}",
                "ttl":"{ttl_secs}","unicode":"{unicode}","priority":1}"#,
        ),
        ("SALUS_HTTP_GATEWAY_HEADERS", r#"{"X-Account":"hill"}"#),
        ("SALUS_HTTP_GATEWAY_SECRET", TOKEN),
        ("SALUS_HTTP_GATEWAY_FROM", "Hill"),
        ("SALUS_HTTP_GATEWAY_SENDERS", "US=+12125557000"),
        ("SALUS_HTTP_GATEWAY_SUCCESS_STATUSES", "200,202"),
        ("SALUS_HTTP_GATEWAY_SUCCESS_POINTER", "/state"),
        ("SALUS_HTTP_GATEWAY_SUCCESS_EQUALS", "queued, sent"),
        ("SALUS_HTTP_GATEWAY_ID_POINTER", "/ids/0"),
        ("SALUS_HTTP_GATEWAY_ERROR_POINTER", "/code"),
        ("SALUS_HTTP_GATEWAY_ERRORS", "E104=invalid_number, 7=opted_out, E9=rate_limited"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

pub fn with(mut vars: BTreeMap<String, String>, changes: &[(&str, &str)]) -> BTreeMap<String, String> {
    vars.extend(changes.iter().map(|(name, value)| (format!("SALUS_HTTP_GATEWAY_{name}"), (*value).to_owned())));
    vars
}

pub fn form(base: &str) -> BTreeMap<String, String> {
    with(
        nested(base),
        &[
            ("URL", &format!("{base}/form")),
            ("BODY", "form"),
            (
                "FIELDS",
                r#"{"number":"{to_e164}","message":"{text}","from":"{sender}","life":"{ttl_secs}","u":"{unicode}"}"#,
            ),
            ("AUTH", "basic"),
            ("AUTH_NAME", USER),
            ("SUCCESS_POINTER", "/code"),
            ("SUCCESS_EQUALS", "0"),
            ("ID_POINTER", "/id"),
        ],
    )
}

fn in_query(base: &str) -> BTreeMap<String, String> {
    with(
        nested(base),
        &[
            ("URL", &format!("{base}/query?v=2")),
            ("METHOD", "GET"),
            ("BODY", "query"),
            ("FIELDS", r#"{"to":"{to_digits}","msg":"{text}","note":"no code: {ref}"}"#),
            ("AUTH", "query"),
            ("AUTH_NAME", "key"),
            ("SUCCESS_STATUSES", ""),
            ("SUCCESS_POINTER", ""),
            ("SUCCESS_EQUALS", ""),
            ("ID_POINTER", ""),
        ],
    )
}

fn settings(vars: BTreeMap<String, String>) -> HttpGatewaySettings {
    Config::read(Lookup::from_map(vars)).unwrap().http_gateway.unwrap()
}

fn to() -> PhoneNumber {
    PhoneNumber::from_e164("+12125550142").unwrap()
}

async fn send(vars: BTreeMap<String, String>, text: &str) -> SendOutcome {
    Http::new(settings(vars)).unwrap().send_sms(&to(), text, Duration::from_secs(240), None).await
}

fn refused(reason: Reason, code: Option<i64>) -> SendOutcome {
    SendOutcome::Rejected { reason, retry: reason.retry(), provider_code: code }
}

#[tokio::test]
async fn fields_travel_as_nested_json_with_numbers_and_flags() {
    let double = aggregator().await;
    let sent = send(nested(&double.base), TEXT).await;
    assert_eq!(sent, SendOutcome::Accepted { provider_id: "m-1".into(), segments: None });
    let body = Value::Object(double.taken()[0].json().unwrap());
    let reference = body["ref"].as_str().unwrap().to_owned();
    assert_eq!(reference.len(), 22, "128 random bits and more");
    let expected = json!({
        "messages": [{ "to": "12125550142", "body": TEXT }], "sender": "from +12125557000", "ref": reference,
        "ttl": 240, "unicode": true, "priority": 1,
    });
    assert_eq!(body, expected);
    send(nested(&double.base), "plain").await;
    let second = double.taken()[1].json().unwrap();
    assert!(second["unicode"] == false && second["ref"] != reference.as_str());
}

#[tokio::test]
async fn fields_travel_as_a_form_or_in_the_query_or_under_a_header() {
    let double = aggregator().await;
    let sent = send(form(&double.base), TEXT).await;
    assert_eq!(sent, SendOutcome::Accepted { provider_id: "1".into(), segments: None });
    let mut fields = double.taken()[0].fields.clone();
    fields.sort();
    let expected =
        [("from", "+12125557000"), ("life", "240"), ("message", TEXT), ("number", "+12125550142"), ("u", "true")];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));

    let SendOutcome::Accepted { provider_id, .. } = send(in_query(&double.base), TEXT).await else { panic!("refused") };
    let fields: BTreeMap<_, _> = query(&double.taken()[1]).into_iter().collect();
    assert_eq!((fields["v"].as_str(), fields["msg"].as_str()), ("2", TEXT), "the address's own query stays");
    assert_eq!(fields["note"], format!("no code: {provider_id}"), "without an id of its own it goes by ours");

    let under = with(
        in_query(&double.base),
        &[
            ("URL", &format!("{}/head", double.base)),
            ("METHOD", "PUT"),
            ("BODY", "json"),
            ("AUTH", "header"),
            ("AUTH_NAME", "X-Api-Key"),
        ],
    );
    assert!(matches!(send(under, TEXT).await, SendOutcome::Accepted { .. }), "201 is a success unless set otherwise");
}

#[tokio::test]
async fn no_text_breaks_out_of_its_field() {
    let double = aggregator().await;
    for vars in [nested(&double.base), form(&double.base), in_query(&double.base)] {
        let sent = send(vars, HOSTILE).await;
        assert!(matches!(sent, SendOutcome::Accepted { .. }), "{sent:?}");
    }
    let taken = double.taken();
    assert_eq!(taken[0].json().unwrap()["messages"], json!([{ "to": "12125550142", "body": HOSTILE }]));
    assert_eq!(taken[0].json().unwrap().len(), 6);
    let form = &taken[1].fields;
    assert!(form.contains(&("message".into(), HOSTILE.into())) && form.len() == 5);
    let query = query(&taken[2]);
    assert!(query.contains(&("msg".into(), HOSTILE.into())) && query.len() == 5);
    assert!(taken.iter().all(|request| request.header("x-header").is_none()));
}

#[tokio::test]
async fn answers_are_read_as_the_settings_say() {
    let double = aggregator().await;
    for (status, body, reason, code) in [
        (400, json!({ "code": "E104" }), Reason::InvalidNumber, None),
        (200, json!({ "code": 7, "state": "queued", "ids": ["1"] }), Reason::OptedOut, Some(7)),
        (422, json!({ "code": "7" }), Reason::OptedOut, Some(7)),
        (422, json!({ "code": "E99" }), Reason::ConfigError, None),
        (404, json!({ "code": 12 }), Reason::ConfigError, Some(12)),
        (401, json!({}), Reason::AuthFailed, None),
        (402, json!("pay"), Reason::InsufficientFunds, None),
        (503, json!({ "code": "E9" }), Reason::RateLimited, None),
    ] {
        double.says(status, body.clone());
        assert_eq!(send(nested(&double.base), TEXT).await, refused(reason, code), "{status} {body}");
    }
    double.says(202, json!({ "state": "sent", "ids": [17] }));
    let sent = send(nested(&double.base), TEXT).await;
    assert_eq!(sent, SendOutcome::Accepted { provider_id: "17".into(), segments: None });
    let wrong = with(nested(&double.base), &[("SECRET", "not-the-token")]);
    assert_eq!(send(wrong, TEXT).await, refused(Reason::AuthFailed, None));
}

#[tokio::test]
async fn every_reason_can_be_told_by_its_word() {
    let double = aggregator().await;
    for reason in Reason::ALL {
        let told = with(nested(&double.base), &[("ERRORS", &format!("no way={}", reason.as_str()))]);
        double.says(400, json!({ "code": "no way" }));
        assert_eq!(send(told, TEXT).await, refused(*reason, None));
    }
}

#[tokio::test]
async fn over_the_rate_the_pause_that_was_asked_for_is_kept_up_to_a_minute() {
    let double = aggregator().await;
    for (status, body) in [(429, json!({})), (400, json!({ "code": "E9" }))] {
        for (header, pause) in PAUSES {
            double.script([with_pause(status, header, &body)]);
            let retry = Retry::TryLater(pause.map(Duration::from_secs));
            let expected = SendOutcome::Rejected { reason: Reason::RateLimited, retry, provider_code: None };
            assert_eq!(send(nested(&double.base), TEXT).await, expected, "{header:?}");
        }
    }
}

#[tokio::test]
async fn whatever_may_have_been_sent_is_ambiguous() {
    let double = aggregator().await;
    let raw = |body: Value| Answer::Raw(200, vec![], body.to_string().into_bytes());
    let mut answers = doubtful(&double.base);
    answers.push(("an unknown word", raw(json!({ "state": "held", "ids": ["1"] }))));
    answers.push(("an unknown code", raw(json!({ "code": "E55" }))));
    answers.push(("an empty id", raw(json!({ "state": "queued", "ids": [""] }))));
    for (what, answer) in answers {
        double.script([answer]);
        let before = double.requests();
        let answer = send(nested(&double.base), TEXT).await;
        assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{what}: {answer:?}");
        assert_eq!(double.requests() - before, 1, "{what}: no second request");
    }
}

#[tokio::test]
async fn a_gateway_that_hangs_or_drips_is_left_and_one_that_is_away_has_sent_nothing() {
    let double = aggregator().await;
    double.script([Answer::Hang(Duration::from_secs(60)), Answer::Drip]);
    let started = Instant::now();
    let (first, second) = tokio::join!(send(nested(&double.base), TEXT), send(nested(&double.base), TEXT));
    assert!(started.elapsed() < Duration::from_secs(50), "it did not wait for the end");
    for answer in [first, second] {
        assert!(matches!(answer, SendOutcome::Ambiguous { .. }), "{answer:?}");
    }
    // A port that is bound and does not listen.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let answer = send(nested(&format!("http://{}", held.local_addr().unwrap())), TEXT).await;
    assert_eq!(answer, refused(Reason::Unreachable, None));
}

#[test]
fn wrong_settings_are_named_with_their_cure_and_without_their_value() {
    for (setting, value) in [
        ("URL", ""),
        ("URL", "http://not-shown.example/send"),
        ("METHOD", "DELETE"),
        ("BODY", "xml"),
        ("FIELDS", ""),
        ("FIELDS", r#"{"to":"{to_digits}","m":"{text}","x":"{not-shown}"}"#),
        ("FIELDS", r#"{"to":"{to_digits}","m":"{text"}"#),
        ("FIELDS", r#"["{to_digits}","{text}"]"#),
        ("FIELDS", r#"{"to":"{to_digits}","m":"not-shown"}"#),
        ("FIELDS", r#"{"to":"not-shown","m":"{text}"}"#),
        ("HEADERS", r#"{"X-Not-Shown":"a\r\nb"}"#),
        ("HEADERS", r#"{"X Y":"not-shown"}"#),
        ("AUTH", "digest"),
        ("SECRET", ""),
        ("SECRET", "not-shown\nX: 1"),
        ("SENDERS", "Hill"),
        ("SUCCESS_STATUSES", "200,404"),
        ("SUCCESS_EQUALS", ""),
        ("ID_POINTER", "ids"),
        ("ERRORS", "E104=nonsense"),
    ] {
        let problems = problems(with(nested("http://127.0.0.1:9"), &[(setting, value)]));
        // Errors that cannot be read leave their pointer alone, which is told as well.
        let expected = format!("SALUS_HTTP_GATEWAY_{setting}");
        assert!(problems.iter().any(|(name, _)| *name == expected), "{setting}={value}: {problems:?}");
        assert!(problems.iter().all(|(_, told)| !told.contains("not-shown") && told.contains("cure: ")));
    }
    for (vars, expected) in [
        (with(form("http://127.0.0.1:9"), &[("METHOD", "GET")]), "SALUS_HTTP_GATEWAY_BODY"),
        (
            with(form("http://127.0.0.1:9"), &[("FIELDS", r#"{"a":{"to":"{to_digits}","m":"{text}"}}"#)]),
            "SALUS_HTTP_GATEWAY_FIELDS",
        ),
        (with(form("http://127.0.0.1:9"), &[("AUTH_NAME", "")]), "SALUS_HTTP_GATEWAY_AUTH_NAME"),
        (
            with(nested("http://127.0.0.1:9"), &[("AUTH", "header"), ("AUTH_NAME", "a b")]),
            "SALUS_HTTP_GATEWAY_AUTH_NAME",
        ),
        (with(nested("http://127.0.0.1:9"), &[("ERROR_POINTER", "")]), "SALUS_HTTP_GATEWAY_ERRORS"),
        (with(nested("http://127.0.0.1:9"), &[("FROM", "")]), "SALUS_HTTP_GATEWAY_FIELDS"),
    ] {
        let problems = problems(vars);
        assert_eq!(problems.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), [expected], "{problems:?}");
    }
}

pub fn problems(vars: BTreeMap<String, String>) -> Vec<(String, String)> {
    let problems = Config::read(Lookup::from_map(vars)).err().unwrap_or_default();
    problems.into_iter().map(|p| (p.setting, format!("{}; cure: {}", p.problem, p.cure))).collect()
}

/// A log that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_text_of_several_segments_is_sent_and_the_log_says_so_without_the_text() {
    let double = aggregator().await;
    let gateway = Gateway::Http(Box::new(Http::new(settings(nested(&double.base))).unwrap()));
    let log = Kept::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let long = TEXT.repeat(2);
    for text in ["one segment", &long] {
        let sent = gateway.send_sms(&to(), text, Duration::from_secs(60), None).await;
        assert!(matches!(sent, SendOutcome::Accepted { .. }), "none is refused for its length");
    }
    drop(guard);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.matches("more than one segment").count(), 1, "{log}");
    assert!(log.contains("segments=3") && log.contains("gateway=\"http\""), "{log}");
    assert!(!["482913", "Clinic", "2125550142", TOKEN].iter().any(|secret| log.contains(secret)), "{log}");
}

fn two(door: &Door, first: &Double, second: &Double) -> Worker {
    let vars: BTreeMap<String, String> = [
        ("SALUS_SMS_GATEWAYS", "plivo"),
        ("SALUS_PLIVO_AUTH_ID", plivo_double::ACCOUNT),
        ("SALUS_PLIVO_AUTH_TOKEN", plivo_double::TOKEN),
        ("SALUS_PLIVO_FROM", "+12125557000"),
        ("SALUS_PLIVO_BASE_URL", &first.base),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let plivo = Config::read(Lookup::from_map(vars)).unwrap().plivo.unwrap();
    let gateways = vec![
        Gateway::Plivo(Plivo::new(plivo).unwrap()),
        Gateway::Http(Box::new(Http::new(settings(nested(&second.base))).unwrap())),
    ];
    Worker::new(door.portal.clone(), gateways, Mailer::Outbox(door.outbox.clone()), challenges::live_code)
}

async fn attempts(door: &Door) -> Vec<(i64, String, String)> {
    let mut connection = door.portal.db.read().await.unwrap();
    let rows = sqlx::query("SELECT number, gateway, outcome FROM attempts ORDER BY number")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    rows.iter().map(|row| (row.get("number"), row.get("gateway"), row.get("outcome"))).collect()
}

#[tokio::test]
async fn the_same_code_goes_by_the_second_gateway_when_the_first_does_not_take_it() {
    for (answer, wait, outcome) in [
        (with_pause(402, None, &error("pay")), 0, "later"),
        (with_pause(403, None, &error("geo permission")), 0, "later"),
        (with_pause(429, Some("7"), &error("too many requests")), 7, "later"),
        (Answer::Reset, 2, "unknown"),
        (with_pause(500, None, &error("internal")), 2, "unknown"),
    ] {
        let door = Door::open().await;
        door.mia().await;
        let (first, second) = (plivo().await, aggregator().await);
        let worker = two(&door, &first, &second);
        first.script([answer]);
        let here = browser();
        let pending = door.password(&here, "mia@example.org").await;
        worker.turn().await.unwrap();
        assert_eq!((first.requests(), second.requests()), (1, 0));
        door.clock.advance(salus::clock::SignedDuration::from_secs(wait));
        worker.turn().await.unwrap();
        assert_eq!((first.requests(), second.taken().len()), (1, 1), "{outcome} after {wait} s");
        let tried = attempts(&door).await;
        let expected = [(1, "plivo", outcome), (2, "http", "accepted")];
        assert_eq!(tried, expected.map(|(n, gateway, outcome)| (n, gateway.to_owned(), outcome.to_owned())));

        let body = second.taken()[0].json().unwrap();
        let text = body["messages"][0]["body"].as_str().unwrap();
        let code = text.rsplit_once('#').unwrap().1.to_owned();
        went_through(door.type_code(&here, &pending, &code).await);
    }
}

#[tokio::test]
async fn what_one_gateway_says_will_never_work_is_asked_of_no_other() {
    let door = Door::open().await;
    door.mia().await;
    let (first, second) = (plivo().await, aggregator().await);
    let worker = two(&door, &first, &second);
    first.says(400, error("dst is not valid"));
    door.password(&browser(), "mia@example.org").await;
    for _ in 0..20 {
        worker.turn().await.unwrap();
        door.clock.advance(salus::clock::SignedDuration::from_secs(5));
    }
    assert_eq!((first.requests(), second.requests()), (1, 0), "never means never, whoever says it");
}
