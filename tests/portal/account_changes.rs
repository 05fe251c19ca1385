//! A person's own changes of password and mail address: the present password, a fresh code, and the new mailbox proved.

use salus::identity::accounts;

use crate::support::browser::{Browser, Page};
use crate::support::server::{PASSWORD, Someone, TestPortal};

const NEW: &str = "a brand new pass phrase";
const EMAIL: &str = "/account/security/email";
const CHANGE: &str = "/account/security/password";

async fn email_of(portal: &TestPortal, who: &Someone) -> String {
    accounts::find(&portal.portal, who.account).await.unwrap().unwrap().email.as_str().to_owned()
}

async fn ask(browser: &mut Browser, email: &str, password: &str) -> Page {
    browser.open(EMAIL).await;
    browser.send(EMAIL, &[("email", email), ("password", password)]).await
}

#[tokio::test]
async fn a_new_password_needs_the_present_one_and_a_fresh_code() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut other = portal.signed_in(&mia).await;
    portal.minutes_later(11);
    let mut browser = portal.signed_in(&mia).await;
    assert_eq!(other.get(CHANGE).await.location(), "/step-up?next=%2Faccount%2Fsecurity%2Fpassword");
    let page = other.post(CHANGE, &[("password", PASSWORD), ("new_password", NEW)]).await;
    assert_eq!((page.status, page.location()), (303, "/step-up?next=%2Faccount%2Fsecurity%2Fpassword"));

    browser.open("/account/security").await;
    assert_eq!(browser.last.as_ref().unwrap().links(CHANGE), [CHANGE]);
    browser.open(CHANGE).await;
    for (present, new, sentence) in [
        ("not the password", NEW, "This is not your password."),
        ("", NEW, "Enter your password"),
        (PASSWORD, "short", "at least 12"),
        (PASSWORD, PASSWORD, "This is the password you have now."),
    ] {
        let page = browser.post(CHANGE, &[("password", present), ("new_password", new)]).await;
        assert_eq!(page.status, 422);
        page.says(sentence);
        assert!(!page.body.contains(NEW), "passwords are never given back");
    }
    let old_cookie = browser.cookies["sid"].clone();
    let page = browser.send(CHANGE, &[("password", PASSWORD), ("new_password", NEW)]).await;
    page.says("Your password is changed. You are signed out everywhere else.");
    assert_ne!(browser.cookies["sid"], old_cookie, "the session goes on under a new cookie");
    assert_eq!(browser.open("/home").await.status, 200);
    assert!(other.open("/home").await.address.starts_with("/login"), "all others end");
    let mut stale = portal.browser();
    stale.cookies = browser.cookies.clone();
    stale.cookies.insert("sid".into(), old_cookie);
    assert!(stale.open("/home").await.address.starts_with("/login"));
    portal.message(&mia.email, |item| item.text.contains("The password of your account was changed")).await;
    portal.message(&mia.phone, |item| item.text.contains("password of your portal account was changed")).await;

    let mut later = portal.browser();
    later.open("/login").await;
    let page = later.post("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!(page.status, 422, "the old one is wrong now");
    let page = later.send("/login", &[("email", &mia.email), ("password", NEW)]).await;
    assert_eq!(page.address, "/challenge");
}

#[tokio::test]
async fn a_changed_password_ends_the_trust_in_every_browser() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    let code = portal.code(&mia.phone).await;
    browser.send("/challenge", &[("code", &code), ("trust_device", "yes")]).await;
    browser.open(CHANGE).await;
    browser.send(CHANGE, &[("password", PASSWORD), ("new_password", NEW)]).await.says("Your password is changed.");
    browser.open("/account").await;
    browser.send("/logout", &[]).await;
    browser.open("/login").await;
    portal.minutes_later(3);
    let page = browser.send("/login", &[("email", &mia.email), ("password", NEW)]).await;
    assert_eq!(page.address, "/challenge", "a code is asked for again");
}

#[tokio::test]
async fn wrong_present_passwords_count_like_wrong_passwords() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    browser.open(CHANGE).await;
    let mut last = None;
    for _ in 0..11 {
        last = Some(browser.post(CHANGE, &[("password", "not it"), ("new_password", NEW)]).await);
    }
    last.unwrap().says("There were too many wrong passwords. Try again at");
    let page = browser.post(CHANGE, &[("password", PASSWORD), ("new_password", NEW)]).await;
    assert_eq!(page.status, 422, "not even the right one is looked at");
    page.says("There were too many wrong passwords.");
    portal.message(&mia.email, |item| item.subject.as_deref().unwrap_or("").contains("locked for now")).await;
}

#[tokio::test]
async fn an_address_changes_only_once_its_mailbox_is_proved() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let (mut browser, mut other) = (portal.signed_in(&mia).await, portal.signed_in(&noor).await);
    let mut second = portal.browser();
    portal.minutes_later(2);
    portal.sign_in(&mut second, &mia).await;
    browser.open("/account/security").await;
    assert_eq!(browser.last.as_ref().unwrap().links(EMAIL), [EMAIL]);

    for (email, password, sentence) in [
        ("not an address", PASSWORD, "email"),
        (mia.email.as_str(), PASSWORD, "This is your address already."),
        ("new@people.example", "not it", "This is not your password."),
        ("new@people.example", "", "Enter your password"),
    ] {
        let page = ask(&mut browser, email, password).await;
        assert_eq!(page.status, 422);
        page.says(sentence);
        assert_eq!(page.field("email"), email, "what was typed is kept");
    }
    let page = ask(&mut browser, "new@people.example", PASSWORD).await;
    assert_eq!(page.status, 200);
    page.says("Look at your new mailbox").says("We sent a message to new@people.example.");
    assert_eq!(email_of(&portal, &mia).await, mia.email, "nothing has changed yet");
    let link = portal.link("new@people.example").await;

    // A scanner and somebody else who got the link change nothing.
    let page = portal.browser().open(&link).await;
    assert_eq!(page.address, "/login?next=%2Faccount%2Fsecurity%2Femail%2Fconfirm");
    let page = other.open(&link).await;
    assert_eq!(page.status, 422);
    page.says("This link is over");
    assert_eq!(other.post("/account/security/email/confirm", &[]).await.status, 422);
    assert_eq!(email_of(&portal, &noor).await, noor.email);

    let page = browser.open(&link).await;
    assert_eq!(page.address, "/account/security/email/confirm");
    page.says("new@people.example");
    assert_eq!(email_of(&portal, &mia).await, mia.email, "looking changes nothing");
    browser.send("/account/security/email/confirm", &[]).await.says("Your email address is changed.");
    assert_eq!(email_of(&portal, &mia).await, "new@people.example");
    assert!(second.open("/home").await.address.starts_with("/login"), "all other sessions end");
    for to in [mia.email.as_str(), "new@people.example"] {
        let told = portal.message(to, |item| item.text.contains("was changed at")).await;
        assert!(told.text.contains("/account/not-me?token="));
        assert!(!told.text.contains("people.example"), "neither mailbox learns of the other");
    }
    portal.message(&mia.phone, |item| item.text.contains("email address of your portal account was changed")).await;

    browser.open(&link).await.says("This link is over");
    let mut later = portal.browser();
    later.open("/login").await;
    let page = later.post("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!(page.status, 422, "the old address is nobody's");
    let page = later.send("/login", &[("email", "new@people.example"), ("password", PASSWORD)]).await;
    assert_eq!(page.address, "/challenge");
}

#[tokio::test]
async fn only_the_newest_link_works_and_for_an_hour() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    ask(&mut browser, "first@people.example", PASSWORD).await;
    let first = portal.link("first@people.example").await;
    ask(&mut browser, "second@people.example", PASSWORD).await;
    let second = portal.link("second@people.example").await;
    browser.open(&first).await.says("This link is over");
    browser.open(&second).await.says("second@people.example");
    for _ in 0..6 {
        portal.minutes_later(10);
        browser.open("/home").await;
    }
    browser.open(&second).await.says("This link is over");
    assert_eq!(email_of(&portal, &mia).await, mia.email);
}

#[tokio::test]
async fn nothing_tells_whether_an_address_has_an_account() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let mut browser = portal.signed_in(&mia).await;
    let commits = || portal.portal.db.commits();
    let before = commits();
    let free = ask(&mut browser, "free@people.example", PASSWORD).await;
    let cost = commits() - before;
    let before = commits();
    let taken = ask(&mut browser, &noor.email, PASSWORD).await;
    let but_the_address = taken.text().replace(&noor.email, "free@people.example");
    assert_eq!((taken.status, but_the_address), (free.status, free.text()));
    assert_eq!(commits() - before, cost);
    let told = portal.message(&noor.email, |item| item.text.contains("has an account already")).await;
    assert!(!told.text.contains("token="), "its owner gets a notice and no link");
    let proof = portal.message("free@people.example", |item| item.text.contains("token=")).await;
    assert!(proof.text.contains("If it was not you, there is nothing to do."));
    assert_eq!(email_of(&portal, &noor).await, noor.email);
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_stays_its_owners() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    ask(&mut browser, "kim@people.example", PASSWORD).await;
    let link = portal.link("kim@people.example").await;
    let kim = portal.patient("kim").await;
    assert_eq!(kim.email, "kim@people.example");
    browser.open(&link).await;
    let page = browser.post("/account/security/email/confirm", &[]).await;
    assert_eq!(page.status, 422);
    page.says("This link is over");
    assert_eq!(email_of(&portal, &mia).await, mia.email);
    assert_eq!(browser.open("/home").await.status, 200, "nothing else happened");
}

#[tokio::test]
async fn an_account_asks_five_times_a_day() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    for number in 0..5 {
        let page = ask(&mut browser, &format!("new{number}@people.example"), PASSWORD).await;
        assert_eq!(page.status, 200);
    }
    let page = ask(&mut browser, "new5@people.example", PASSWORD).await;
    assert_eq!(page.status, 422);
    page.says("You asked for this often today.");
    assert_eq!(portal.messages("new5@people.example").await, 0);
}
