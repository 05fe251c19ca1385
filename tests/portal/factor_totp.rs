//! Authenticator apps: bound, asked for, replaced and removed. Their codes are made by another library than the portal's.

use data_encoding::BASE32_NOPAD;
use salus::clock::SignedDuration;

use crate::support::browser::{Browser, Page};
use crate::support::server::{PASSWORD, Someone, TestPortal};

const STATE: &str = "/account/security/app";
const BEGIN: &str = "/account/security/app/begin";
const NEW: &str = "/account/security/app/new";
const REMOVE: &str = "/account/security/app/remove";

/// The secret of an app.
pub struct App(Vec<u8>);

impl App {
    /// The code that it shows so many seconds from now.
    pub fn code(&self, portal: &TestPortal, seconds: i64) -> String {
        let at = portal.clock.now().as_second() + seconds;
        totp_lite::totp_custom::<totp_lite::Sha1>(30, 6, &self.0, at.unsigned_abs())
    }

    /// Six digits that it does not show about now.
    pub fn wrong(&self, portal: &TestPortal) -> String {
        let near: Vec<String> = (-2..=2).map(|step| self.code(portal, 30 * step)).collect();
        (0..10).map(|n| format!("00000{n}")).find(|code| !near.contains(code)).unwrap()
    }
}

/// The secret on the page that sets an app up.
fn secret_on(page: &Page) -> App {
    let text = page.body.split("class=\"secret\"").nth(1).unwrap().split('>').nth(1).unwrap();
    let text = text.split('<').next().unwrap();
    assert!(text.split(' ').all(|group| group.len() == 4), "groups of four: {text}");
    App(BASE32_NOPAD.decode(text.replace(' ', "").as_bytes()).unwrap())
}

/// Sets an app up in a browser that is signed in and has a fresh proof. A minute passes, as it does for people.
pub async fn bind(portal: &TestPortal, browser: &mut Browser) -> App {
    portal.minutes_later(1);
    browser.open(STATE).await;
    let page = browser.send(BEGIN, &[]).await;
    assert_eq!((page.status, page.address.as_str()), (200, NEW));
    let app = secret_on(&page);
    let code = app.code(portal, 0);
    browser.send(NEW, &[("code", &code)]).await.says("Your app is set up.");
    app
}

/// Email and password, up to the challenge.
pub async fn password(browser: &mut Browser, who: &Someone) -> Page {
    browser.open("/login").await;
    let page = browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
    assert_eq!(page.address, "/challenge", "{}", page.text());
    page
}

pub async fn tamper(portal: &TestPortal, sql: &'static str) {
    let mut tx = portal.portal.db.begin().await.unwrap();
    sqlx::query(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_app_is_bound_by_a_code_of_it_and_asked_for_from_then_on() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let page = browser.open("/account/security").await;
    page.says("Text messages are the weaker way").says("Authenticator app Not set up");
    assert_eq!(page.links(STATE), [STATE, STATE]);
    portal.minutes_later(11);
    browser.open(STATE).await.says("You have no app set up");
    let page = browser.post(BEGIN, &[]).await;
    assert_eq!((page.status, page.location()), (303, "/step-up?next=%2Faccount%2Fsecurity%2Fapp"));
    assert!(browser.get(NEW).await.location().starts_with("/step-up"), "the secret is shown to a fresh proof alone");

    browser.post("/logout", &[]).await;
    portal.sign_in(&mut browser, &mia).await;
    portal.minutes_later(1);
    assert_eq!(browser.get(NEW).await.location(), STATE, "nothing was begun");
    browser.open(STATE).await;
    let page = browser.send(BEGIN, &[]).await;
    let svg = page.body.split("<div class=\"qr\" role=\"img\" aria-label=\"").nth(1).unwrap().split("</div>").next();
    let svg = svg.unwrap();
    assert!(svg.contains("<svg") && !svg.contains("style") && !svg.contains("<script"), "{svg}");
    assert_eq!(page.links("otpauth://totp/").len(), 1, "for an app on the same device");
    let app = secret_on(&page);
    for (typed, sentence) in [
        ("", "Enter the 6-digit code"),
        ("12345", "The code must be 6 numbers"),
        (app.wrong(&portal).as_str(), "The code does not match."),
    ] {
        let page = browser.post(NEW, &[("code", typed)]).await;
        assert_eq!(page.status, 422);
        page.says(sentence);
        assert_eq!(secret_on(&page).0, app.0, "the same secret is shown again");
    }
    let code = app.code(&portal, 0);
    let page = browser.send(NEW, &[("code", &format!(" {} {}", &code[..3], &code[3..]))]).await;
    page.says("Your app is set up.");
    let mail = portal.message(&mia.email, |mail| mail.text.contains("authenticator app")).await;
    assert!(mail.text.contains("A way to prove that it is you was added"), "{}", mail.text);
    let page = browser.open("/account/security").await;
    page.says_not("the weaker way").says("Authenticator app Set up").says("Added a way to prove who they are");

    browser.post("/logout", &[]).await;
    portal.later(SignedDuration::from_secs(90));
    let before = portal.messages(&mia.phone).await;
    password(&mut browser, &mia).await.says("Open your authenticator app");
    assert_eq!(portal.messages(&mia.phone).await, before, "no text is sent");
    let page = browser.send("/challenge", &[("code", &app.code(&portal, 0))]).await;
    assert_eq!(page.address, "/home");
}

#[tokio::test]
async fn a_code_works_once_and_one_step_around_the_present() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let app = bind(&portal, &mut browser).await;
    let signs_in = |outcome: &Page| outcome.status == 303;
    // What is typed, by its distance from the present; whether it opens.
    for (pause, seconds, opens) in [
        (0, 0, false),     // bound with it a moment ago
        (600, -60, false), // two steps old
        (0, 60, false),    // two steps early
        (0, -30, true),    // one step of drift
        (0, -30, false),   // replayed
        (0, 0, true),      // a later step than the one used
        (0, -30, false),   // older than the newest one used
        (0, 0, false),     // replayed within its step
        (0, 30, true),     // the app's clock is ahead
        (29, 0, false),    // its step has become the present: it stays used
        (31, 0, true),
    ] {
        portal.later(SignedDuration::from_secs(pause));
        password(&mut browser, &mia).await.says("Open your authenticator app");
        let page = browser.post("/challenge", &[("code", &app.code(&portal, seconds))]).await;
        assert_eq!(signs_in(&page), opens, "{pause} {seconds}: {}", page.text());
        if opens {
            browser.open("/home").await;
            browser.post("/logout", &[]).await;
        } else {
            page.says("The code does not match. Wait for the next one and try again.");
        }
    }
}

#[tokio::test]
async fn another_way_gives_no_new_tries() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let app = bind(&portal, &mut portal.signed_in(&mia).await).await;
    portal.minutes_later(2);
    let mut browser = portal.browser();
    password(&mut browser, &mia).await;
    for _ in 0..2 {
        browser.post("/challenge", &[("code", &app.wrong(&portal))]).await.says_not("left");
    }
    let page = browser.open("/challenge/method").await;
    assert_eq!(page.values("method"), ["totp", "sms", "none"]);
    let page = browser.send("/challenge/method", &[("method", "sms")]).await;
    page.says("We sent a text message");
    let code = portal.code(&mia.phone).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    browser.post("/challenge", &[("code", wrong)]).await.says("You have 2 tries left.");
    let here = app.code(&portal, 0);
    if here != code {
        browser.post("/challenge", &[("code", &here)]).await.says("You have 1 try left.");
    } else {
        browser.post("/challenge", &[("code", wrong)]).await.says("You have 1 try left.");
    }
    browser.open("/challenge/method").await;
    browser.send("/challenge/method", &[("method", "totp")]).await.says("You have 1 try left.");
    browser.post("/challenge", &[("code", &app.wrong(&portal))]).await.says("This code is over");
    assert_eq!(browser.get("/challenge").await.location(), "/login?over=1");
}

#[tokio::test]
async fn ten_wrong_codes_of_an_app_lock_like_any_others() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let app = bind(&portal, &mut browser).await;
    browser.post("/logout", &[]).await;
    portal.minutes_later(2);
    for round in 0..2 {
        password(&mut browser, &mia).await;
        for answer in 0..5 {
            let page = browser.post("/challenge", &[("code", &app.wrong(&portal))]).await;
            match (round, answer) {
                (0, 4) => page.says("This code is over"),
                (1, 4) => page.says("Too many wrong codes"),
                _ => page.says("The code does not match."),
            };
        }
    }
    browser.open("/login").await;
    let page = browser.post("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!(page.status, 422, "the right code does not help now");
    portal.minutes_later(16);
    password(&mut browser, &mia).await;
    assert_eq!(browser.send("/challenge", &[("code", &app.code(&portal, 0))]).await.address, "/home");
}

#[tokio::test]
async fn the_code_of_somebody_elses_app_opens_nothing() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let own = bind(&portal, &mut portal.signed_in(&mia).await).await;
    let others = bind(&portal, &mut portal.signed_in(&noor).await).await;
    portal.minutes_later(2);
    let mut browser = portal.browser();
    password(&mut browser, &mia).await;
    assert_ne!(own.code(&portal, 0), others.code(&portal, 0), "but for one chance in a million");
    let page = browser.post("/challenge", &[("code", &others.code(&portal, 0))]).await;
    assert_eq!(page.status, 422);
    assert_eq!(browser.post("/challenge", &[("code", &own.code(&portal, 0))]).await.location(), "/home");
}

/// Goes where a change leads: to a proof that is not by the app, which a text gives.
async fn proves_by_text(portal: &TestPortal, browser: &mut Browser, who: &Someone, location: &str) -> Page {
    assert!(location.contains("apart=authenticator"), "{location}");
    let apart = browser.open(location).await.field("apart");
    let next = browser.last.as_ref().unwrap().field("next");
    let page = browser.send("/step-up", &[("next", &next), ("apart", &apart)]).await;
    page.says("We sent a text message");
    browser.open("/challenge/method").await.says_not("authenticator app");
    browser.open("/challenge").await;
    let code = portal.code(&who.phone).await;
    browser.send("/challenge", &[("code", &code)]).await
}

#[tokio::test]
async fn a_new_app_takes_the_place_of_the_old_once_another_factor_was_proved() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let old = bind(&portal, &mut browser).await;
    browser.post("/logout", &[]).await;
    portal.minutes_later(2);
    password(&mut browser, &mia).await;
    browser.send("/challenge", &[("code", &old.code(&portal, 0))]).await;

    browser.open(STATE).await.says("Set up another app");
    let page = browser.post(BEGIN, &[]).await;
    assert_eq!(page.status, 303);
    let page = proves_by_text(&portal, &mut browser, &mia, page.location()).await;
    assert_eq!(page.address, STATE);
    let page = browser.send(BEGIN, &[]).await;
    let new = secret_on(&page);
    assert_ne!(new.0, old.0);
    let page = browser.post(NEW, &[("code", &old.code(&portal, 30))]).await;
    assert_eq!(page.status, 422, "the old one's code does not bind the new");
    browser.send(NEW, &[("code", &new.code(&portal, 0))]).await.says("Your app is set up.");
    browser.post("/logout", &[]).await;
    portal.minutes_later(2);
    password(&mut browser, &mia).await;
    let page = browser.send("/challenge", &[("code", &old.code(&portal, 0))]).await;
    assert_eq!(page.status, 422, "the old app is gone");
    assert_eq!(browser.send("/challenge", &[("code", &new.code(&portal, 0))]).await.address, "/home");
}

#[tokio::test]
async fn an_app_is_removed_by_another_factor_and_never_as_the_last() {
    let portal = TestPortal::start().await;
    let okafor = portal.doctor("okafor").await;
    let mut browser = portal.signed_in(&okafor).await;
    let app = bind(&portal, &mut browser).await;
    browser.post("/logout", &[]).await;
    portal.minutes_later(2);
    password(&mut browser, &okafor).await;
    browser.send("/challenge", &[("code", &app.code(&portal, 0))]).await;
    browser.open(STATE).await;
    assert_eq!(browser.post(REMOVE, &[]).await.status, 303, "the app's own proof will not do");
    let location = browser.get(REMOVE).await.location().to_owned();
    let page = proves_by_text(&portal, &mut browser, &okafor, &location).await;
    assert_eq!(page.address, REMOVE);

    let phone_off =
        "INSERT INTO factor_uses (account_id, factor, wrong) SELECT account_id, 'phone:' || id, 100 FROM phones
         WHERE true ON CONFLICT (account_id, factor) DO UPDATE SET wrong = 100";
    tamper(&portal, phone_off).await;
    let page = browser.post(REMOVE, &[]).await;
    assert_eq!(page.status, 422);
    page.says("You cannot remove the app now: nothing else that works would be left.");
    tamper(&portal, "UPDATE factor_uses SET wrong = 0").await;
    browser.open(REMOVE).await.says("Its codes then work no more.");
    browser.send(REMOVE, &[]).await.says("Your app is removed.").says("You have no app set up");
    portal.message(&okafor.email, |mail| mail.text.contains("was removed") && mail.text.contains("app")).await;
    assert_eq!(browser.get(REMOVE).await.location(), STATE);
    browser.post("/logout", &[]).await;
    portal.minutes_later(2);
    password(&mut browser, &okafor).await.says("We sent a text message");
    let page = browser.post("/challenge", &[("code", &app.code(&portal, 0))]).await;
    assert_eq!(page.status, 422);
}

#[tokio::test]
async fn ten_wrong_codes_throw_a_waiting_secret_away() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    browser.open(STATE).await;
    let app = secret_on(&browser.send(BEGIN, &[]).await);
    for _ in 0..9 {
        browser.post(NEW, &[("code", &app.wrong(&portal))]).await.says("The code does not match.");
    }
    let page = browser.post(NEW, &[("code", &app.wrong(&portal))]).await;
    assert_eq!(page.status, 422);
    page.says("There were too many wrong codes").says("You have no app set up");
    let page = browser.post(NEW, &[("code", &app.code(&portal, 0))]).await;
    assert_eq!((page.status, page.location()), (303, STATE), "the right one comes too late");
    browser.open(STATE).await.says("You have no app set up");
    bind(&portal, &mut browser).await;
}

#[tokio::test]
async fn nothing_is_changed_while_changes_are_paused() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    browser.open(STATE).await;
    tamper(&portal, "UPDATE accounts SET frozen_at = 1").await;
    for path in [BEGIN, REMOVE, "/account/security/recovery-codes", "/account/security/recovery-codes/remove"] {
        let page = browser.post(path, &[]).await;
        assert_eq!(page.status, 422, "{path}");
        assert!(!page.body.contains("class=\"recovery-codes\""), "{path}");
    }
    tamper(&portal, "UPDATE accounts SET frozen_at = NULL").await;
    browser.open("/account/security/recovery-codes").await.says("You have no recovery codes.");
}
