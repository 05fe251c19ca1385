//! Codes for those who need more time, or a call before a text.

use crate::factor_totp::password;
use crate::support::browser::{Browser, Page};
use crate::support::server::{Someone, TestPortal};

/// Somebody who chose this, signed out again.
async fn chosen(portal: &TestPortal, who: &Someone, field: &str, choice: &str) -> Browser {
    let mut browser = portal.signed_in(who).await;
    browser.open("/account").await;
    let fields = [("locale", "en"), ("time_zone", "America/New_York"), (field, choice)];
    browser.send("/account", &fields).await.says("Your changes are saved.");
    browser.open("/account").await;
    browser.post("/logout", &[]).await;
    portal.minutes_later(2);
    browser
}

fn is_checked(page: &Page, field: &str, choice: &str) -> bool {
    let (_, after) = page.body.split_once(&format!("name=\"{field}\" value=\"{choice}\"")).unwrap();
    after.split('>').next().unwrap().contains("checked")
}

#[tokio::test]
async fn a_code_works_for_ten_minutes_for_whom_needs_more_time() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let mut slow = chosen(&portal, &mia, "code_time", "longer").await;
    let mut quick = chosen(&portal, &noor, "code_time", "usual").await;

    password(&mut slow, &mia).await.says("The code works for 10 minutes");
    let said = portal.message(&mia.phone, |item| item.text.contains('#')).await.text;
    assert!(said.contains("works for 10 minutes"), "{said}");
    password(&mut quick, &noor).await.says("The code works for 5 minutes");
    let (long, short) = (portal.code(&mia.phone).await, portal.code(&noor.phone).await);
    portal.minutes_later(9);
    assert_eq!(quick.post("/challenge", &[("code", &short)]).await.status, 422);
    assert_eq!(slow.post("/challenge", &[("code", &long)]).await.location(), "/home");

    slow.open("/home").await;
    slow.post("/logout", &[]).await;
    portal.minutes_later(2);
    password(&mut slow, &mia).await;
    let late = portal.code(&mia.phone).await;
    portal.minutes_later(10);
    let page = slow.post("/challenge", &[("code", &late)]).await;
    assert_eq!(page.status, 422, "ten minutes are the longest");
    slow.open("/challenge").await;
    slow.send("/challenge/resend", &[("channel", "sms")]).await.says("The code works for 10 minutes");
    let fresh = portal.code(&mia.phone).await;
    portal.minutes_later(9);
    assert_eq!(slow.post("/challenge", &[("code", &fresh)]).await.location(), "/home", "a fresh one works as long");
}

#[tokio::test]
async fn whom_calls_suit_better_is_called_first_and_can_still_ask_for_a_text() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = chosen(&portal, &mia, "code_way", "call").await;

    password(&mut browser, &mia).await.says("We are calling the phone ending in");
    let call = portal.message(&mia.phone, |item| item.kind == "voice").await;
    let spoken: String = call.text.chars().filter(char::is_ascii_digit).take(6).collect();
    assert_eq!(browser.open("/challenge/method").await.values("method")[..2], ["voice", "sms"]);
    browser.open("/challenge").await;
    assert_eq!(browser.post("/challenge", &[("code", &spoken)]).await.location(), "/home");

    browser.open("/home").await;
    browser.post("/logout", &[]).await;
    portal.minutes_later(2);
    password(&mut browser, &mia).await.says("We are calling");
    portal.minutes_later(1);
    browser.open("/challenge").await;
    browser.send("/challenge/resend", &[("channel", "sms")]).await.says("We sent a text message");
    let code = portal.code(&mia.phone).await;
    assert_eq!(browser.post("/challenge", &[("code", &code)]).await.location(), "/home");
}

#[tokio::test]
async fn the_choices_are_kept_and_nothing_else_can_be_chosen() {
    let portal = TestPortal::start().await;
    let okafor = portal.doctor("okafor").await;
    let mut browser = portal.signed_in(&okafor).await;
    let page = browser.open("/account").await;
    assert!(is_checked(&page, "code_time", "usual") && is_checked(&page, "code_way", "text"));
    let fields = [("locale", "en"), ("time_zone", "Europe/Madrid"), ("code_time", "hours"), ("code_way", "pigeon")];
    let page = browser.post("/account", &fields).await;
    assert_eq!(page.status, 422);
    page.says("Choose how long a code works.").says("Choose how codes come to your phone.");
    browser.open("/account").await;
    let fields = [("locale", "en"), ("time_zone", "Europe/Madrid"), ("code_time", "longer"), ("code_way", "call")];
    let page = browser.send("/account", &fields).await;
    assert!(is_checked(&page, "code_time", "longer") && is_checked(&page, "code_way", "call"));
    let page = browser.send("/account", &[("locale", "en"), ("time_zone", "Europe/Paris")]).await;
    assert!(is_checked(&page, "code_time", "longer") && is_checked(&page, "code_way", "call"), "left out, left alone");
}
