//! What a browser, a foreign page and a hostile peer meet at the door.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::server::{PASSWORD, TestPortal};

#[tokio::test]
async fn every_answer_tells_the_browser_to_keep_to_us() {
    let portal = TestPortal::start_with(&[("SALUS_PUBLIC_URL", "https://portal.clinic.example")]).await;
    let mut browser = portal.browser();
    let asset = browser.get("/login").await;
    let css = asset.body.split('"').find(|part| part.ends_with("salus.css")).unwrap().to_owned();
    for path in ["/login", "/nothing", css.as_str(), "/health/live", "/home"] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy").to_owned();
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(page.header("strict-transport-security").contains("max-age=31536000"), "{path}");
        assert!(!page.header("x-request-id").is_empty(), "{path}");
        let cached = page.header("cache-control").to_owned();
        assert_eq!(cached.contains("immutable"), path == css, "{path}: {cached}");
        assert_eq!(cached.contains("no-store"), path != css, "{path}: {cached}");
    }
    let page = portal.browser().get("/login").await;
    let cookie = page.header("set-cookie");
    for part in ["__Host-browser=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn a_form_without_our_token_or_from_another_site_changes_nothing() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.browser();
    browser.open("/login").await;
    let token = browser.csrf();
    let fields = |token: &str| {
        vec![
            ("csrf".to_owned(), token.to_owned()),
            ("email".to_owned(), mia.email.clone()),
            ("password".to_owned(), PASSWORD.to_owned()),
        ]
    };
    let mut stranger = portal.browser();
    stranger.open("/login").await;
    let foreign = stranger.csrf();
    for wrong in ["", "x", &token[1..], &foreign] {
        let page = browser.post_raw("/login", &fields(wrong)).await;
        assert_eq!(page.status, 403, "{wrong}");
    }
    let mut twice = fields(&token);
    twice.push(("email".into(), "other@people.example".into()));
    assert_eq!(browser.post_raw("/login", &twice).await.status, 400, "a field given twice");
    let mut more = fields(&token);
    more.push(("role".into(), "admin".into()));
    assert_eq!(browser.post_raw("/login", &more).await.status, 400, "a field that the form does not have");
    for headers in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", "https://evil.example")],
    ] {
        browser.headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        assert_eq!(browser.post_raw("/login", &fields(&token)).await.status, 403, "{headers:?}");
    }
    browser.headers = vec![("origin".into(), portal.portal.config.public_origin())];
    assert_eq!(browser.post_raw("/login", &fields(&token)).await.status, 303);
}

#[tokio::test]
async fn odd_codes_are_refused_without_a_fault() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    let long = "1".repeat(60_000);
    for odd in ["", "   ", "12345", "1234567", "abcdef", "12 34 5x", "\u{1}\u{2}", "１２３４５", long.as_str()] {
        let page = browser.post("/challenge", &[("code", odd)]).await;
        assert_eq!(page.status, 422, "{}", odd.chars().take(20).collect::<String>());
    }
    assert_eq!(browser.post("/challenge", &[("code", "12\u{0}3456")]).await.status, 400);
    let page = browser.post("/challenge", &[("code", &"1".repeat(70_000))]).await;
    assert_eq!(page.status, 413);
    let code = portal.code(&mia.phone).await;
    browser.open("/challenge").await;
    assert_eq!(browser.post("/challenge", &[("code", &code)]).await.status, 303, "none of these counted as a try");
}

#[tokio::test]
async fn nothing_changes_by_get_and_unknown_spellings_are_not_found() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    for path in ["/logout", "/challenge/resend", "/session/stay", "/language"] {
        assert!(matches!(browser.get(path).await.status, 404 | 405), "{path}");
    }
    for path in ["/Login", "/login/", "//login", "/dev", "/metrics", "/.env", "/admin%2f"] {
        assert!(matches!(browser.get(path).await.status, 404 | 400 | 403), "{path}");
    }
    assert_eq!(browser.get("/").await.location(), "/home", "still signed in");
}

#[tokio::test]
async fn a_slow_head_is_cut_off_and_a_large_one_refused() {
    let portal = TestPortal::start().await;
    let address = portal.url.strip_prefix("http://").unwrap().to_owned();
    let slow = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(&address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let begun = Instant::now();
        socket.write_all(b"GET /login HTTP/1.1\r\nHost: x\r\n").unwrap();
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        (begun.elapsed(), String::from_utf8_lossy(&answer).into_owned())
    });
    let (took, answer) = slow.await.unwrap();
    assert!(took < Duration::from_secs(15), "the socket stayed open for {took:?}");
    assert!(answer.is_empty() || answer.contains("408"), "{answer}");
    let mut browser = portal.browser();
    browser.headers.push(("x-large".into(), "x".repeat(40_000)));
    assert_eq!(browser.get("/login").await.status, 431);
}

#[tokio::test]
async fn a_fault_inside_shows_a_reference_and_nothing_else() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.browser();
    browser.open("/login").await;
    let token = browser.csrf();
    let mut tx = portal.portal.db.begin().await.unwrap();
    sqlx::query("ALTER TABLE tallies RENAME TO tallies_gone").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let client = reqwest::Client::new();
    let cookies: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let answer = client
        .post(format!("{}/login", portal.url))
        .header("cookie", cookies.join("; "))
        .form(&[("csrf", token.as_str()), ("email", &mia.email), ("password", PASSWORD)])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 500);
    let reference = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body = answer.text().await.unwrap();
    assert!(body.contains(&reference) && body.contains("Something went wrong"));
    for told in ["tallies", "sql", "SQL", "src/", &mia.email] {
        assert!(!body.contains(told), "{told}");
    }
}

#[tokio::test]
async fn operators_have_their_numbers_on_a_listener_of_their_own() {
    let portal = TestPortal::start().await;
    portal.browser().open("/login").await;
    let numbers = portal_numbers(&portal).await;
    assert!(numbers.contains("salus_http_answers_total{method=\"GET\",route=\"/login\",status=\"200\"}"), "{numbers}");
    assert!(numbers.contains("salus_database_commits_total"));
    assert!(numbers.trim_end().ends_with("# EOF"));
}

async fn portal_numbers(portal: &TestPortal) -> String {
    reqwest::get(format!("{}/metrics", portal.operators)).await.unwrap().text().await.unwrap()
}
