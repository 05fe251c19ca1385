//! Codes by mail: for patients alone, in browsers that are known, and never where mail has proved something already.

use salus::clock::SignedDuration;

use crate::factor_totp::password;
use crate::support::browser::Browser;
use crate::support::server::{Someone, TestPortal};

/// The newest code that was mailed.
async fn mailed(portal: &TestPortal, who: &Someone) -> String {
    let mail = portal.message(&who.email, |mail| mail.text.contains("Your code for the portal is")).await;
    mail.text.split("portal is ").nth(1).unwrap()[..6].to_owned()
}

fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

async fn mails(portal: &TestPortal, who: &Someone) -> usize {
    portal.deliver().await;
    let all = portal.outbox.after(0, Some(&who.email));
    all.iter().filter(|mail| mail.text.contains("Your code for the portal is")).count()
}

/// A browser that has proved both factors and is signed out.
async fn known(portal: &TestPortal, who: &Someone) -> Browser {
    let mut browser = portal.signed_in(who).await;
    browser.post("/logout", &[]).await;
    browser
}

#[tokio::test]
async fn a_patient_in_a_known_browser_gets_a_code_by_mail() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = known(&portal, &mia).await;
    password(&mut browser, &mia).await;
    browser.open("/challenge/method").await.says("Code by email");
    let page = browser.send("/challenge/method", &[("method", "email")]).await;
    page.says("We sent a mail with a 6-digit code");
    let code = mailed(&portal, &mia).await;
    let page = browser.post("/challenge", &[("code", other_than(&code))]).await;
    page.says("The code does not match. Check the newest mail and try again.");
    assert_eq!(browser.post("/challenge", &[("code", &code)]).await.location(), "/home");
}

#[tokio::test]
async fn no_mail_for_strangers_staff_or_a_new_password() {
    let portal = TestPortal::start().await;
    let (mia, okafor) = (portal.patient("mia").await, portal.doctor("okafor").await);
    let mut strange = portal.browser();
    password(&mut strange, &mia).await;
    let mut staff = known(&portal, &okafor).await;
    password(&mut staff, &okafor).await;
    let mut reset = known(&portal, &mia).await;
    reset.open("/password/forgot").await;
    reset.send("/password/forgot", &[("email", &mia.email)]).await;
    let link = portal.link(&mia.email).await;
    reset.open(&link).await;
    let page = reset.send("/password/reset", &[]).await;
    assert_eq!((page.status, page.address.as_str()), (200, "/challenge"), "{}", page.text());
    for (browser, who) in [(&mut strange, &mia), (&mut staff, &okafor), (&mut reset, &mia)] {
        let page = browser.open("/challenge/method").await;
        assert!(!page.values("method").contains(&"email".to_owned()), "{}", page.text());
        portal.later(SignedDuration::from_secs(31));
        let page = browser.post("/challenge/method", &[("method", "email")]).await;
        assert_eq!(page.status, 422, "nor by asking for it all the same");
        browser.open("/challenge").await;
        let page = browser.post("/challenge/resend", &[("channel", "email")]).await;
        assert_eq!(page.status, 422);
        page.says("We cannot send the code that way.");
        assert_eq!(mails(&portal, who).await, 0);
    }
}

#[tokio::test]
async fn a_mailed_code_is_late_after_five_minutes_and_shares_the_tries() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = known(&portal, &mia).await;
    password(&mut browser, &mia).await;
    let text = portal.code(&mia.phone).await;
    for _ in 0..2 {
        browser.post("/challenge", &[("code", other_than(&text))]).await.says_not("left");
    }
    portal.later(SignedDuration::from_secs(31));
    browser.open("/challenge/method").await;
    browser.send("/challenge/method", &[("method", "email")]).await;
    let code = mailed(&portal, &mia).await;
    browser.post("/challenge", &[("code", other_than(&code))]).await.says("You have 2 tries left.");
    portal.minutes_later(6);
    browser.open("/challenge").await;
    let page = browser.post("/challenge", &[("code", &code)]).await;
    page.says("This code has expired.").says("You have 1 try left.");
    let page = browser.send("/challenge/resend", &[("channel", "email")]).await;
    page.says("We sent a mail").says("You have 1 try left.");
    let fresh = mailed(&portal, &mia).await;
    assert_eq!(browser.post("/challenge", &[("code", &fresh)]).await.location(), "/home");
}

#[tokio::test]
async fn a_mailed_code_that_is_late_does_not_leave() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = known(&portal, &mia).await;
    password(&mut browser, &mia).await;
    browser.open("/challenge/method").await;
    portal.later(SignedDuration::from_secs(31));
    browser.post("/challenge/method", &[("method", "email")]).await;
    portal.minutes_later(6);
    assert_eq!(mails(&portal, &mia).await, 0, "what waited too long is dropped");
}

#[tokio::test]
async fn an_address_gets_five_codes_in_a_quarter_of_an_hour() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = known(&portal, &mia).await;
    let mut sent = 0;
    password(&mut browser, &mia).await;
    browser.open("/challenge/method").await;
    portal.later(SignedDuration::from_secs(31));
    let mut page = browser.post("/challenge/method", &[("method", "email")]).await;
    while page.status == 303 {
        sent += 1;
        assert!(sent < 9, "never held back");
        assert_eq!(mails(&portal, &mia).await, sent);
        portal.later(SignedDuration::from_secs(121));
        browser.open("/challenge").await;
        page = browser.post("/challenge/resend", &[("channel", "email")]).await;
    }
    assert_eq!((sent, page.status), (5, 422));
    page.says("You can ask for");
    assert_eq!(mails(&portal, &mia).await, 5);
}
