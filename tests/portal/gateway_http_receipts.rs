//! An aggregator calls back: by its own address for each text or by one for all, signed in its own way.

use std::collections::BTreeMap;

use salus::messaging::gateways::http::reference;

use crate::aggregator_double::{Signing, Tells, aggregator, call_back};
use crate::gateway_double::Double;
use crate::gateway_http::{form, nested, problems, with};
use crate::support::browser::Browser;
use crate::support::server::{PASSWORD, Someone, TestPortal};

const ORIGIN: &str = "https://portal.example";
const SECRET: &str = "generic-shared-secret-0123456789abcdef";
const MAP: &str =
    r#"{"DELIVRD":"delivered","UNDELIV":"undelivered","REJECTD":"failed","EXPIRED":"expired","ENROUTE":"sent"}"#;

/// Receipts as JSON, signed by HMAC, at an address for each text.
fn json(base: &str) -> BTreeMap<String, String> {
    with(
        nested(base),
        &[
            (
                "FIELDS",
                r#"{"messages":[{"to":"{to_digits}","body":"{text}"}],"ref":"{ref}","ttl":"{ttl_secs}",
                    "unicode":"{unicode}","priority":1,"notify":{"url":"{callback}"}}"#,
            ),
            ("RECEIPT_ID", "/id"),
            ("RECEIPT_STATUS", "/status"),
            ("RECEIPT_MAP", MAP),
            ("RECEIPT_CODE", "/error"),
            ("RECEIPT_ERRORS", "7=opted_out,12=handset_unreachable"),
            ("RECEIPT_SECRET", SECRET),
            ("INBOUND_FROM", "/from"),
            ("INBOUND_TEXT", "/text"),
        ],
    )
}

struct Scene {
    portal: TestPortal,
    double: Double,
}

impl Scene {
    async fn open(settings: impl Fn(&str) -> BTreeMap<String, String>) -> Self {
        let double = aggregator().await;
        let mut vars = settings(&double.base);
        vars.insert("SALUS_PUBLIC_URL".into(), ORIGIN.into());
        let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Self { portal: TestPortal::start_with(&vars).await, double }
    }

    /// Somebody waits for a code that the gateway has taken.
    async fn waiting(&self, who: &Someone) -> Browser {
        let mut browser = self.portal.browser();
        browser.open("/login").await;
        browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
        self.portal.deliver().await;
        browser
    }

    async fn state(&self, browser: &mut Browser) -> String {
        let page = browser.get("/challenge/status").await;
        serde_json::from_str::<serde_json::Value>(&page.body).unwrap()["state"].as_str().unwrap().to_owned()
    }

    fn now(&self) -> i64 {
        self.portal.clock.now().as_second()
    }

    async fn tell(&self, path: &str, body: &str) -> u16 {
        call_back(&self.portal.url, path, Tells::Json(body), Signing::Hmac(SECRET, self.now())).await
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.portal.portal.db.read().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
    }
}

/// The path of the address in the newest text's request.
fn callback(double: &Double) -> String {
    let body = double.taken().last().unwrap().json().unwrap();
    let address = body["notify"]["url"].as_str().unwrap().to_owned();
    let path = address.strip_prefix(ORIGIN).expect("the public address").to_owned();
    assert!(path.starts_with("/webhooks/http/status/") && path.rsplit('/').next().unwrap().len() == 22, "{path}");
    path
}

#[tokio::test]
async fn a_signed_receipt_at_the_texts_own_address_tells_the_waiting_person() {
    let scene = Scene::open(json).await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.waiting(&mia).await;
    let path = callback(&scene.double);
    let body = r#"{"id":"m-1","status":"DELIVRD"}"#;
    let (portal, now) = (scene.portal.url.as_str(), scene.now());
    for (signing, why) in [
        (Signing::Nothing, "unsigned"),
        (Signing::Hmac("another-secret-0123456789", now), "another's signature"),
        (Signing::Hmac(SECRET, now - 301), "too old"),
        (Signing::Hmac(SECRET, now + 301), "from the future"),
        (Signing::Basic("hill", SECRET), "not by the way that is set"),
    ] {
        assert_eq!(call_back(portal, &path, Tells::Json(body), signing).await, 403, "{why}");
    }
    assert_eq!(scene.tell(&path, r#"{"id":"m-2","status":"DELIVRD"}"#).await, 403, "another message's");
    let unknown = path.replace(&path[path.len() - 6..], "AAAAAA");
    assert_eq!(scene.tell(&unknown, body).await, 404);
    let signed = Signing::Hmac(SECRET, now);
    assert_eq!(call_back(portal, &path, Tells::Query("id=m-1&status=DELIVRD"), signed).await, 404, "no GET here");
    assert_eq!(scene.tell(&path, r#"{"id":"m-1","status":"PENDING"}"#).await, 204, "a word that is not known");
    assert_eq!(scene.number("SELECT COUNT(*) FROM receipts").await, 0);
    assert_eq!(scene.state(&mut browser).await, "sent");
    assert_eq!(call_back(portal, &path, Tells::Json(body), Signing::Hmac(SECRET, now - 300)).await, 204);
    assert_eq!(scene.tell(&path, body).await, 204, "twice is once");
    assert_eq!(scene.state(&mut browser).await, "arrived");
    assert_eq!(scene.number("SELECT COUNT(*) FROM receipts WHERE state = 'delivered'").await, 1);
}

#[tokio::test]
async fn what_failed_says_why_in_our_words() {
    let scene = Scene::open(json).await;
    let mia = scene.portal.patient("mia").await;
    for (n, body, reason) in [
        (1, r#"{"id":"m-1","status":"UNDELIV","error":12}"#, "handset_unreachable"),
        (2, r#"{"id":"m-2","status":"EXPIRED"}"#, "expired"),
        (3, r#"{"id":"m-3","status":"REJECTD","error":"7"}"#, "opted_out"),
    ] {
        scene.portal.minutes_later(20);
        let mut browser = scene.waiting(&mia).await;
        assert_eq!(scene.double.taken().len(), n);
        assert_eq!(scene.tell(&callback(&scene.double), body).await, 204);
        assert_eq!(scene.state(&mut browser).await, "failed", "{reason}");
        let mut connection = scene.portal.portal.db.read().await.unwrap();
        let kept: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM attempts WHERE reason = $1 AND receipt_rank = 3")
            .bind(reason)
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        assert_eq!(kept, 1, "{reason}");
    }
    assert_eq!(scene.number("SELECT COUNT(*) FROM opt_outs WHERE gateway = 'http'").await, 1);
}

#[tokio::test]
async fn a_gateway_with_one_address_for_all_names_the_text_by_its_id_or_by_our_reference() {
    let settings = |base: &str| {
        with(
            form(base),
            &[
                ("FIELDS", r#"{"number":"{to_e164}","message":"{text}","from":"{sender}","mark":"{ref}"}"#),
                ("RECEIPT_FORMAT", "form"),
                ("RECEIPT_ID", "about"),
                ("RECEIPT_STATUS", "stat"),
                ("RECEIPT_MAP", MAP),
                ("RECEIPT_VERIFY", "basic"),
                ("RECEIPT_USER", "hill"),
                ("RECEIPT_SECRET", SECRET),
            ],
        )
    };
    let scene = Scene::open(settings).await;
    let (mia, noor) = (scene.portal.patient("mia").await, scene.portal.patient("noor").await);
    let (mut hers, mut theirs) = (scene.waiting(&mia).await, scene.waiting(&noor).await);
    let path = "/webhooks/http/status";
    let tell = async |body: &str, signing| call_back(&scene.portal.url, path, Tells::Form(body), signing).await;
    let basic = Signing::Basic("hill", SECRET);
    assert_eq!(tell("about=1&stat=DELIVRD", Signing::Nothing).await, 403);
    assert_eq!(tell("about=1&stat=DELIVRD", Signing::Basic("hill", "wrong-password-0123")).await, 403);
    assert_eq!(tell("about=99&stat=DELIVRD", basic).await, 404);
    assert_eq!(tell("stat=DELIVRD", basic).await, 404);
    assert_eq!(scene.number("SELECT COUNT(*) FROM receipts").await, 0);

    assert_eq!(tell("about=1&stat=DELIVRD", basic).await, 204, "the gateway's own id");
    assert_eq!((scene.state(&mut hers).await, scene.state(&mut theirs).await), ("arrived".into(), "sent".into()));
    let mark = scene.double.taken()[1].field("mark").unwrap().to_owned();
    assert_eq!(mark.len(), 22);
    let own = format!("/webhooks/http/status/{mark}");
    let body = Tells::Form("about=2&stat=UNDELIV");
    assert_eq!(call_back(&scene.portal.url, &own, body, basic).await, 404, "the reference does not tell the token");
    assert_eq!(tell(&format!("about={mark}&stat=UNDELIV"), basic).await, 204, "our reference");
    assert_eq!(scene.state(&mut theirs).await, "failed");
}

#[tokio::test]
async fn a_reference_is_known_before_the_gateways_answer_is_written_down() {
    let scene = Scene::open(json).await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    let leased = crate::support::lease(&scene.portal.portal, "http").await;
    let body = format!(r#"{{"id":"{}","status":"DELIVRD"}}"#, reference(&leased[0].token));
    assert_eq!(scene.tell("/webhooks/http/status", &body).await, 204);
    assert_eq!(scene.state(&mut browser).await, "arrived");
}

#[tokio::test]
async fn receipts_come_by_get_too_where_all_is_told_in_the_address() {
    let settings = |base: &str| {
        let places = [
            ("RECEIPT_FORMAT", "query"),
            ("RECEIPT_ID", "id"),
            ("RECEIPT_STATUS", "status"),
            ("RECEIPT_CODE", "error"),
            ("INBOUND_FROM", "from"),
            ("INBOUND_TEXT", "text"),
        ];
        with(json(base), &places)
    };
    let scene = Scene::open(settings).await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.waiting(&mia).await;
    let (path, query) = (callback(&scene.double), "id=m-1&status=DELIVRD");
    let tell = async |query: &str, signing| call_back(&scene.portal.url, &path, Tells::Query(query), signing).await;
    let signed = Signing::Hmac(SECRET, scene.now());
    assert_eq!(tell(query, Signing::Nothing).await, 403);
    let client = reqwest::Client::new();
    let other = client
        .get(format!("{}{path}?id=m-1&status=UNDELIV", scene.portal.url))
        .header("X-Timestamp", scene.now().to_string())
        .header("X-Signature", crate::aggregator_double::sign(SECRET, scene.now(), query));
    assert_eq!(other.send().await.unwrap().status(), 403, "the query is what is signed");
    assert_eq!(tell(query, signed).await, 204);
    assert_eq!(scene.state(&mut browser).await, "arrived");
    let stop = format!("from={}&text=stop", &mia.phone[1..]);
    let inbound = "/webhooks/http/inbound";
    assert_eq!(call_back(&scene.portal.url, inbound, Tells::Query(&stop), signed).await, 204);
    assert_eq!(scene.number("SELECT COUNT(*) FROM opt_outs").await, 1);
}

#[tokio::test]
async fn a_token_alone_is_believed_at_the_texts_own_address_and_nowhere_else() {
    let without = [("RECEIPT_VERIFY", "token"), ("RECEIPT_SECRET", ""), ("INBOUND_FROM", ""), ("INBOUND_TEXT", "")];
    let scene = Scene::open(|base| with(json(base), &without)).await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.waiting(&mia).await;
    let body = r#"{"id":"m-1","status":"DELIVRD"}"#;
    let tell =
        async |path: &str, body: &str| call_back(&scene.portal.url, path, Tells::Json(body), Signing::Nothing).await;
    assert_eq!(tell("/webhooks/http/status", body).await, 403);
    assert_eq!(tell("/webhooks/http/inbound", r#"{"from":"12125550142","text":"STOP"}"#).await, 404);
    assert_eq!(tell("/webhooks/http/status/AAAAAAAAAAAAAAAAAAAAAA", body).await, 404);
    assert_eq!(scene.state(&mut browser).await, "sent");
    assert_eq!(tell(&callback(&scene.double), body).await, 204);
    assert_eq!(scene.state(&mut browser).await, "arrived");
}

#[tokio::test]
async fn stop_and_start_are_heeded_when_they_are_signed() {
    let scene = Scene::open(json).await;
    let mia = scene.portal.patient("mia").await;
    let wrote = |text: &str| format!(r#"{{"from":"{}","text":"{text}"}}"#, mia.phone);
    let inbound = "/webhooks/http/inbound";
    let forged = call_back(&scene.portal.url, inbound, Tells::Json(&wrote("STOP")), Signing::Nothing).await;
    assert_eq!(forged, 403);
    for (text, expected) in [("hello", 0), ("Stop", 1), ("START", 0)] {
        assert_eq!(scene.tell(inbound, &wrote(text)).await, 204);
        assert_eq!(scene.number("SELECT COUNT(*) FROM opt_outs").await, expected, "{text}");
    }
}

#[tokio::test]
async fn a_gateway_without_a_described_receipt_is_not_called_back_by_anybody() {
    let scene = Scene::open(nested).await;
    let mia = scene.portal.patient("mia").await;
    scene.waiting(&mia).await;
    for path in ["/webhooks/http/status", "/webhooks/http/inbound", "/webhooks/http/status/AAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(scene.tell(path, r#"{"id":"m-1","status":"DELIVRD"}"#).await, 404, "{path}");
    }
}

#[test]
fn wrong_settings_of_receipts_are_named_with_their_cure_and_without_their_value() {
    for (setting, value) in [
        ("RECEIPT_FORMAT", "xml"),
        ("RECEIPT_STATUS", "not-shown"),
        ("RECEIPT_ID", "not-shown"),
        ("RECEIPT_MAP", ""),
        ("RECEIPT_MAP", r#"{"X":"not-shown"}"#),
        ("RECEIPT_MAP", "not-shown"),
        ("RECEIPT_ERRORS", "7=not-shown"),
        ("RECEIPT_ERRORS", ""),
        ("RECEIPT_VERIFY", "not-shown"),
        ("RECEIPT_SECRET", ""),
        ("RECEIPT_SECRET", "short"),
        ("RECEIPT_HEADER", "not shown"),
        ("RECEIPT_TIMESTAMP_HEADER", "not:shown"),
        ("INBOUND_FROM", ""),
        ("RECEIPT_VERIFY", "token"),
    ] {
        let problems = problems(with(json("http://127.0.0.1:9"), &[(setting, value)]));
        let expected = format!("SALUS_HTTP_GATEWAY_{setting}");
        assert!(problems.iter().any(|(name, _)| *name == expected), "{setting}={value}: {problems:?}");
        assert!(
            problems.iter().all(|(_, told)| !told.contains("not-shown") && told.contains("cure: ")),
            "{problems:?}"
        );
    }
    let basic = with(json("http://127.0.0.1:9"), &[("RECEIPT_VERIFY", "basic")]);
    assert_eq!(problems(basic)[0].0, "SALUS_HTTP_GATEWAY_RECEIPT_USER");
    let none = with(json("http://127.0.0.1:9"), &[("RECEIPT_STATUS", "")]);
    let names: Vec<String> = problems(none).into_iter().map(|(name, _)| name).collect();
    for name in ["FIELDS", "RECEIPT_ID", "RECEIPT_CODE", "RECEIPT_ERRORS", "INBOUND_FROM", "INBOUND_TEXT"] {
        assert!(names.contains(&format!("SALUS_HTTP_GATEWAY_{name}")), "{name}: {names:?}");
    }
}
