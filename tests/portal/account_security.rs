//! `/account/security`: forgetting one browser, signing out everywhere, and a history that says how somebody came in.

use salus::audit::{self, Deed, Event};
use salus::auth::opening::PASSWORD_AND_PASSKEY;
use salus::clock::SignedDuration;
use salus::types::actor::Actor;
use salus::types::factor_kind::FactorKind;
use salus::types::ids::DeviceId;

use crate::support::browser::{Browser, Page};
use crate::support::people;
use crate::support::server::{PASSWORD, Someone, TestPortal};

const PAGE: &str = "/account/security";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Signs in with the box ticked.
async fn trusts(portal: &TestPortal, browser: &mut Browser, who: &Someone) {
    browser.open("/login").await;
    browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
    let code = portal.code(&who.phone).await;
    assert_eq!(browser.post("/challenge", &[("code", &code), ("trust_device", "yes")]).await.status, 303);
}

/// Email and password; where that leads.
async fn password(browser: &mut Browser, who: &Someone) -> String {
    browser.open("/login").await;
    let page = browser.post("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
    page.location().to_owned()
}

/// The address of the form whose button says this.
fn form(page: &Page, button: &str) -> String {
    let says = |form: &&str| form.split("</form>").next().unwrap().contains(&format!(">{button}</button>"));
    let form = page.body.split("<form ").skip(1).find(says).unwrap_or_else(|| panic!("no {button}: {}", page.text()));
    form.split("action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn events(portal: &TestPortal, deed: &str) -> usize {
    let search = audit::Search { deed: Some(deed.into()), limit: 100, ..audit::Search::default() };
    audit::find(&portal.portal, &search).await.unwrap().len()
}

#[tokio::test]
async fn one_browser_is_forgotten_and_signed_out() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let (mut first, mut second) = (portal.browser(), portal.browser());
    second.headers.push(("user-agent".into(), FIREFOX.into()));
    trusts(&portal, &mut first, &mia).await;
    trusts(&portal, &mut second, &mia).await;
    let mut other = portal.signed_in(&noor).await;

    let page = first.open(PAGE).await;
    page.says("A browser that you forget is signed out, but not the one that you use now.");
    let theirs = form(&page, "Forget Firefox on Windows");
    other.open(PAGE).await;
    let (made_up, odd) = (format!("{PAGE}/devices/{}/forget", DeviceId::new()), format!("{PAGE}/devices/odd/forget"));
    for action in [&theirs, &made_up, &odd] {
        assert_eq!(other.post(action, &[]).await.status, 404, "someone else's looks like a made-up one");
    }
    let page = first.send(&theirs, &[]).await;
    page.says("That browser is forgotten.").says("Forgot a known browser").says_not("Forget Firefox on Windows");
    assert_eq!(first.post(&theirs, &[]).await.status, 303, "pressed twice, the first outcome is shown");
    assert_eq!(events(&portal, "device_forgotten").await, 1);
    assert!(second.get("/account").await.location().starts_with("/login"), "its session ended");
    assert_eq!(password(&mut second, &mia).await, "/challenge", "and its trust");

    let page = first.open(PAGE).await;
    first.send(&form(&page, "Forget this browser"), &[]).await.says("No browser is known yet.");
    first.open("/account").await;
    first.post("/logout", &[]).await;
    assert_eq!(password(&mut first, &mia).await, "/challenge");
}

#[tokio::test]
async fn forgetting_every_browser_signs_the_others_out() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let (mut first, mut second) = (portal.signed_in(&mia).await, portal.browser());
    portal.minutes_later(1);
    portal.sign_in(&mut second, &mia).await;
    first.open(PAGE).await;
    first.send("/account/security/devices/forget", &[]).await.says("The others are signed out.");
    assert!(second.get("/account").await.location().starts_with("/login"));
}

#[tokio::test]
async fn signing_out_everywhere_ends_this_session_too() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let (mut first, mut second) = (portal.signed_in(&mia).await, portal.browser());
    portal.minutes_later(1);
    portal.sign_in(&mut second, &mia).await;
    let mut other = portal.signed_in(&noor).await;

    let page = first.open(PAGE).await;
    assert_eq!(form(&page, "Sign out everywhere, here too"), "/account/security/sessions/end-all");
    let page = first.post("/account/security/sessions/end-all", &[]).await;
    assert_eq!((page.status, page.location()), (303, "/?done=signed-out"));
    let taken = page.headers.get_all("set-cookie").iter().any(|cookie| {
        let cookie = cookie.to_str().unwrap();
        cookie.split('=').next().unwrap().ends_with("sid") && cookie.contains("Max-Age=0")
    });
    assert!(taken, "the session's cookie is taken away: {:?}", page.headers);
    for browser in [&mut first, &mut second] {
        assert!(browser.get("/account").await.location().starts_with("/login"));
    }
    assert_eq!(other.get("/account").await.status, 200, "nobody else's");
    portal.minutes_later(1);
    portal.sign_in(&mut first, &mia).await;
    first.open(PAGE).await.says("Signed out everywhere 24 November 2026");
}

#[tokio::test]
async fn the_history_says_by_which_way_and_marks_good_from_bad() {
    let portal = TestPortal::start().await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    let by = Actor::Account { id: mia.account, role: mia.role };
    let note = |event: Event| audit::record_read(&portal.portal, vec![event.from(&people::network())]);
    let mut browser = portal.signed_in(&mia).await;
    for kind in FactorKind::ALL {
        note(Event::new(by.clone(), Deed::SignedIn).on(mia.account).because(kind.as_str())).await.unwrap();
        note(Event::new(by.clone(), Deed::SteppedUp).because(kind.as_str())).await.unwrap();
    }
    for (deed, kind) in [
        (Deed::FactorAdded, FactorKind::Totp),
        (Deed::FactorRemoved, FactorKind::Passkey),
        (Deed::FactorAdded, FactorKind::Recovery),
    ] {
        note(Event::new(by.clone(), deed).on(mia.account).because(kind.as_str())).await.unwrap();
    }
    note(Event::new(by.clone(), Deed::SignedIn).on(mia.account).because(PASSWORD_AND_PASSKEY)).await.unwrap();
    note(Event::new(Actor::Shell, Deed::FactorRemoved).on(mia.account).because("totp")).await.unwrap();
    let page = browser.open(PAGE).await;
    for sentence in [
        "Signed in with the password and a code by text",
        "Signed in with the password and a passkey",
        "A way to confirm who you are was taken away: authenticator app",
        "Signed in with the password and a code by phone call",
        "Signed in with the password and a code by email",
        "Signed in with the password and an authenticator app",
        "Signed in with a passkey",
        "Signed in with the password and a recovery code",
        "Confirmed with a passkey",
        "Confirmed with a new code by text",
        "Added a way to confirm who you are: authenticator app",
        "Removed a way to confirm who you are: passkey or security key",
        "Made new recovery codes",
    ] {
        page.says(sentence);
    }
    page.says_not("[history-");

    let told = [
        (Deed::DeviceCopyUsed, "danger", "A copy of a known browser was used"),
        (Deed::PasskeyRefused, "warn", "A passkey was not accepted"),
        (Deed::PasswordRefused, "warn", "The password was wrong"),
        (Deed::NotMeReported, "danger", "This was not me"),
        (Deed::AccountUnfrozen, "ok", "Changes to the account were allowed again"),
        (Deed::RecoveryAsked, "danger", "Asked staff for a new phone"),
        (Deed::RecoveryApproved, "quiet", "Staff approved the new phone"),
        (Deed::PasswordChanged, "quiet", "Changed the password"),
        (Deed::EmailChanged, "quiet", "Changed the email address"),
    ];
    for (deed, ..) in told {
        note(Event::new(Actor::System, deed).on(mia.account)).await.unwrap();
    }
    let page = browser.open(PAGE).await;
    page.says("A tick marks what went well. A triangle marks a wrong try. A cross marks what you should look at.");
    for (_, kind, sentence) in told {
        let line = page.body.split("<tr>").find(|line| line.contains(sentence)).unwrap_or_else(|| panic!("{sentence}"));
        let is_marked = line.contains(&format!("status-{kind}\"")) && line.contains("<svg");
        assert!(is_marked, "a shape besides the colour: {line}");
    }
    let mut admin = portal.signed_in(&ada).await;
    admin.open("/admin/audit?deed=signed_in").await.says("Signed in").says_not("password and code");
}

#[tokio::test]
async fn a_long_history_has_pages_of_twenty_five() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let mut browser = portal.signed_in(&mia).await;
    for number in 0..70 {
        let deed = if number % 2 == 0 { Deed::PasswordRefused } else { Deed::CodeRefused };
        let events = vec![
            Event::new(Actor::Stranger, deed).on(mia.account),
            Event::new(Actor::Stranger, Deed::PasskeyRefused).on(noor.account),
        ];
        audit::record_read(&portal.portal, events).await.unwrap();
        if number % 3 == 0 {
            portal.later(SignedDuration::from_millis(1));
        }
    }
    let (mut wrong, mut pages) = (0, Vec::new());
    let mut page = browser.open(PAGE).await;
    loop {
        let history = page.body.split("id=\"history\"").nth(1).unwrap();
        pages.push(history.split("<tr>").skip(2).count());
        wrong +=
            ["password was wrong", "code was wrong"].map(|said| history.matches(said).count()).iter().sum::<usize>();
        let older = page.links("/account/security?before=");
        let Some(older) = older.first() else { break };
        page = browser.open(older.split('#').next().unwrap()).await;
        page.says("Back to the newest").says_not("A passkey was not accepted");
    }
    assert_eq!(wrong, 70, "each once: {pages:?}");
    assert_eq!(pages, [25, 25, 22], "and the two lines of the sign-in");
    for odd in ["", "x", "1_", "-1_0", "99999999999999999999_0"] {
        assert_eq!(browser.get(&format!("{PAGE}?before={odd}")).await.status, 200, "{odd}");
    }
}
