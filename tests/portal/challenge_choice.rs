//! Which factor a challenge opens with, and in which order the others are offered.

use salus::messaging::opt_outs;
use salus::types::phone::PhoneNumber;

use crate::factor_totp::{bind, password, tamper};
use crate::support::browser::Browser;
use crate::support::server::TestPortal;

const CODES: &str = "/account/security/recovery-codes";

async fn order(browser: &mut Browser) -> Vec<String> {
    browser.open("/challenge/method").await.values("method")
}

#[tokio::test]
async fn the_factor_that_proved_its_person_last_is_asked_first() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    browser.open(CODES).await;
    browser.post(CODES, &[]).await;
    let app = bind(&portal, &mut browser).await;
    browser.post("/logout", &[]).await;
    portal.minutes_later(2);

    password(&mut browser, &mia).await.says("Open your authenticator app");
    assert_eq!(order(&mut browser).await, ["totp", "sms", "voice", "email", "recovery", "none"]);
    let page = browser.send("/challenge/method", &[("method", "sms")]).await;
    page.says("We sent a text message").says_not("We sent a new code");
    let code = portal.code(&mia.phone).await;
    assert_eq!(browser.post("/challenge", &[("code", &code)]).await.location(), "/home");
    browser.open("/home").await;
    browser.post("/logout", &[]).await;

    portal.minutes_later(2);
    password(&mut browser, &mia).await.says("We sent a text message");
    assert_eq!(order(&mut browser).await, ["sms", "voice", "totp", "email", "recovery", "none"]);
    browser.send("/challenge/method", &[("method", "totp")]).await.says("Open your authenticator app");
    assert_eq!(browser.post("/challenge", &[("code", &app.code(&portal, 0))]).await.location(), "/home");
    browser.open("/home").await;
    browser.post("/logout", &[]).await;

    portal.minutes_later(2);
    password(&mut browser, &mia).await.says("Open your authenticator app");
    let mut strange = portal.browser();
    password(&mut strange, &mia).await.says("Open your authenticator app");
    assert_eq!(order(&mut strange).await, ["totp", "sms", "voice", "recovery", "none"], "no mail for strangers");
}

/// The newest texts turn out not to have been delivered.
async fn fail(portal: &TestPortal, newest: &str) {
    let failed = format!(
        "UPDATE dispatches SET outcome = 'failed', arrived_at = NULL, ended_at = COALESCE(ended_at, queued_at)
         WHERE id IN (SELECT id FROM dispatches WHERE phone_id IS NOT NULL ORDER BY queued_at DESC, id DESC LIMIT {newest})"
    );
    let mut tx = portal.portal.db.begin().await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(failed)).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_phone_that_nothing_reaches_stands_behind_what_works() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let app = bind(&portal, &mut browser).await;
    browser.post("/logout", &[]).await;
    portal.minutes_later(2);
    password(&mut browser, &mia).await;
    browser.open("/challenge/method").await;
    browser.send("/challenge/method", &[("method", "sms")]).await;
    let code = portal.code(&mia.phone).await;
    assert_eq!(browser.post("/challenge", &[("code", &code)]).await.location(), "/home");
    browser.open("/home").await;
    browser.post("/logout", &[]).await;
    for newest in ["2", "3"] {
        portal.minutes_later(2);
        password(&mut browser, &mia).await.says("We sent a text message");
        assert_eq!(order(&mut browser).await[0], "sms", "fewer than three failed in a row");
        portal.deliver().await;
        fail(&portal, newest).await;
        tamper(&portal, "UPDATE challenges SET ended_at = 1").await;
    }
    portal.minutes_later(2);
    let before = portal.messages(&mia.phone).await;
    password(&mut browser, &mia).await.says("Open your authenticator app");
    assert_eq!(portal.messages(&mia.phone).await, before);
    let page = browser.open("/challenge/method").await;
    assert_eq!(page.values("method"), ["totp", "email", "sms", "voice", "none"]);
    page.says("The last text messages to this phone did not arrive.");
    browser.open("/challenge").await;
    assert_eq!(browser.post("/challenge", &[("code", &app.code(&portal, 0))]).await.location(), "/home");
}

#[tokio::test]
async fn after_stop_no_text_is_offered_and_what_else_there_is_comes_first() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    browser.open(CODES).await;
    browser.post(CODES, &[]).await;
    browser.post("/logout", &[]).await;
    let mut tx = portal.portal.db.begin().await.unwrap();
    let phone = PhoneNumber::from_e164(&mia.phone).unwrap();
    opt_outs::stop(&portal.portal, &mut tx, "outbox", &phone).await.unwrap();
    tx.commit().await.unwrap();
    portal.minutes_later(2);
    let before = portal.messages(&mia.phone).await;
    password(&mut browser, &mia).await.says("We sent a mail");
    assert_eq!(portal.messages(&mia.phone).await, before);
    assert_eq!(order(&mut browser).await, ["email", "voice", "recovery", "none"]);
    let mut strange = portal.browser();
    password(&mut strange, &mia).await;
    assert_eq!(order(&mut strange).await, ["voice", "recovery", "none"]);
}

#[tokio::test]
async fn a_code_that_has_expired_is_said_to_be_so_and_a_new_one_is_offered() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.browser();
    password(&mut browser, &mia).await.says("The code works for 5 minutes, until 10:05am.");
    portal.minutes_later(6);
    let page = browser.open("/challenge").await;
    page.says("This code has expired. Ask for a new code.").says("The code worked until 10:05am.");
    page.says_not("The code works for").says_not("You can wait").says_not("We sent a text message");
    assert!(page.body.contains("<details class=\"more\" open>"), "where a new one is asked for stands open");
    browser.get("/challenge/status").await.says("\"expired\"");
    browser.open("/challenge").await;
    let page = browser.send("/challenge/resend", &[("channel", "sms")]).await;
    page.says("The code works for 5 minutes, until 10:11am.").says("We sent a new code").says_not("has expired");
}
