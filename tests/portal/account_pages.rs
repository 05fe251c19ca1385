//! A person's own pages: profile, security, and who opened their record.

use salus::audit::{self, Deed, Event, Search};
use salus::identity::accounts;
use salus::types::actor::Actor;
use salus::types::ids::SessionId;
use salus::types::remind_by::RemindBy;

use crate::support::browser::{Browser, Page};
use crate::support::server::{PASSWORD, Someone, TestPortal};

/// Signs in up to the page behind the code, whatever stands there.
async fn enter(portal: &TestPortal, who: &Someone, more: &[(&str, &str)]) -> Browser {
    let mut browser = portal.browser();
    enter_in(portal, &mut browser, who, more).await;
    browser
}

async fn enter_in(portal: &TestPortal, browser: &mut Browser, who: &Someone, more: &[(&str, &str)]) {
    browser.open("/login").await;
    let page = browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
    assert_eq!(page.address, "/challenge");
    let code = portal.code(&who.phone).await;
    let mut fields = vec![("code", code.as_str())];
    fields.extend(more);
    assert_eq!(browser.post("/challenge", &fields).await.status, 303);
}

/// The addresses of the page's forms that end one session.
fn end_forms(page: &Page) -> Vec<String> {
    page.body
        .split("action=\"")
        .skip(1)
        .filter_map(|part| part.split('"').next())
        .filter(|action| action.ends_with("/end"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn language_and_time_zone_are_the_persons_own_choice() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = enter(&portal, &mia, &[]).await;
    let page = browser.open("/account").await;
    page.says(&mia.name).says(&mia.email).says(&format!("ending in {}", &mia.phone[10..]));
    assert!(!page.body.contains(&mia.phone[5..]));
    assert_eq!(page.field("time_zone"), "America/New_York");

    let page = browser.post("/account", &[("locale", "xx"), ("time_zone", "Mars/Olympus")]).await;
    assert_eq!(page.status, 422);
    page.says("Choose a language").says("Choose your time zone");
    browser.open("/account").await;
    let page = browser.send("/account", &[("locale", "es"), ("time_zone", "Europe/Madrid")]).await;
    page.says("Sus cambios están guardados.");
    assert_eq!(page.field("time_zone"), "Europe/Madrid");
    browser.open("/account/security").await.says("Las horas son en hora de Madrid.").says("16:00");
    browser.post("/logout", &[]).await;
    browser.open("/").await.says("Portal del paciente");
}

#[tokio::test]
async fn patients_choose_how_they_are_reminded_and_staff_are_not_asked() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = enter(&portal, &mia, &[]).await;
    let page = browser.open("/account").await;
    page.says("Remind me of appointments").says("never between 9pm and 8am");
    assert!(chosen(&page, "mail"), "by mail, unless they choose");
    let choices = |way| [("locale", "es"), ("time_zone", "Europe/Madrid"), ("remind_by", way)];
    let page = browser.post("/account", &choices("pigeon")).await;
    assert_eq!(page.status, 422);
    page.says("Choose how we remind you.");
    browser.open("/account").await;
    let page = browser.send("/account", &choices("text")).await;
    page.says("Sus cambios están guardados.").says("Recordarme las citas").says("Por mensaje de texto");
    assert!(chosen(&page, "text") && !chosen(&page, "mail"));
    let page = browser.open("/account").await;
    assert!(chosen(&page, "text"), "the choice is kept");
    assert_eq!(page.field("time_zone"), "Europe/Madrid");
    browser.send("/account", &choices("none")).await;
    browser.open("/account").await;
    let page = browser.send("/language", &[("locale", "en"), ("back", "/account")]).await;
    assert!(chosen(&page, "none"), "the language alone changes nothing else");

    let okafor = portal.doctor("okafor").await;
    let mut browser = enter(&portal, &okafor, &[]).await;
    let page = browser.open("/account").await;
    page.says("Language, time zone and codes").says_not("Remind me");
    browser.send("/account", &choices("none")).await.says("Sus cambios están guardados.");
    let account = accounts::find(&portal.portal, okafor.account).await.unwrap().unwrap();
    assert_eq!(account.remind_by, RemindBy::Mail, "what staff are not asked is not stored");
}

/// Whether this way to be reminded is chosen on the page.
fn chosen(page: &Page, way: &str) -> bool {
    let (_, after) = page.body.split_once(&format!("name=\"remind_by\" value=\"{way}\"")).unwrap();
    after.split('>').next().unwrap().contains("checked")
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_alone() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let mut first = enter(&portal, &mia, &[]).await;
    let mut second = portal.browser();
    let firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
    second.headers.push(("user-agent".into(), firefox.into()));
    enter_in(&portal, &mut second, &mia, &[]).await;
    let mut other = enter(&portal, &noor, &[]).await;

    let page = first.open("/account/security").await;
    page.says("Sign out Firefox on Windows").says("This browser").says("127.0.•.•").says("Sign out everywhere else");
    let ends = end_forms(&page);
    assert_eq!(ends.len(), 2, "noor's is not among them");
    other.open("/account/security").await;
    for action in ends.iter().chain([&format!("/account/security/sessions/{}/end", SessionId::new())]) {
        assert_eq!(other.post(action, &[]).await.status, 404, "someone else's looks like a made-up one");
    }
    let page = second.open("/account/security").await;
    let own = end_forms(&page)
        .into_iter()
        .find(|action| {
            page.body.contains(&format!("{action}\"")) && {
                let at = page.body.find(action.as_str()).unwrap();
                page.body[at..].split("</form>").next().unwrap().contains("Sign out here")
            }
        })
        .unwrap();
    first.open("/account/security").await;
    first.send(&own, &[]).await.says("That browser is signed out.").says_not("Firefox on Windows This");
    let again = first.post(&own, &[]).await;
    assert_eq!(again.status, 303, "pressed twice, the first outcome is shown");
    assert!(second.get("/account").await.location().starts_with("/login"));

    enter_in(&portal, &mut second, &mia, &[]).await;
    first.open("/account/security").await;
    first.send("/account/security/sessions/end-others", &[]).await.says("You are signed out everywhere else.");
    assert!(second.get("/account").await.location().starts_with("/login"));
    let page = first.open("/account/security").await;
    page.says_not("Sign out everywhere else").says("Signed out another browser");
    let mine = end_forms(&page)[0].clone();
    let page = first.post(&mine, &[]).await;
    assert_eq!(page.location(), "/?done=signed-out", "ending this session signs out");
    first.open("/?done=signed-out").await.says("You are signed out.");
    first.open("/").await.says_not("You are signed out.");
    assert!(first.get("/account").await.location().starts_with("/login"));
}

#[tokio::test]
async fn forgetting_all_browsers_ends_their_trust() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = enter(&portal, &mia, &[("trust_device", "yes")]).await;
    browser.open("/account/security").await.says("Asks for no code until 24 December 2026, 10:00am");
    browser.post("/logout", &[]).await;
    browser.open("/login").await;
    let page = browser.post("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/home", "a trusted browser is asked for no code");

    browser.open("/account/security").await.says("Signed in on a trusted browser");
    let page = browser.send("/account/security/devices/forget", &[]).await;
    page.says("All browsers are forgotten.").says("No browser is known yet.").says("Forgot all known browsers");
    browser.post("/logout", &[]).await;
    browser.open("/login").await;
    let page = browser.post("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/challenge");
}

#[tokio::test]
async fn the_sign_in_history_tells_good_from_bad_and_nothing_of_others() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let mut stranger = portal.browser();
    stranger.open("/login").await;
    stranger.post("/login", &[("email", &mia.email), ("password", "not this one at all")]).await;
    stranger.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    let code = portal.code(&mia.phone).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    stranger.post("/challenge", &[("code", wrong)]).await;
    portal.minutes_later(1);

    let mut browser = enter(&portal, &mia, &[]).await;
    let page = browser.open("/account/security").await;
    page.says("The password was wrong").says("The code was wrong, too late or already used");
    page.says("Signed in with the password and a code by text").says("24 November 2026, 10:01am");
    let mut other = enter(&portal, &noor, &[]).await;
    let page = other.open("/account/security").await;
    page.says_not("The password was wrong").says("Signed in with the password and a code by text");
    portal.later(salus::clock::SignedDuration::from_hours(31 * 24));
    enter_in(&portal, &mut browser, &mia, &[]).await;
    browser.open("/account/security").await.says_not("The password was wrong");
}

#[tokio::test]
async fn a_patient_sees_who_opened_their_record_and_why() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let (okafor, ada) = (portal.doctor("okafor").await, portal.admin("ada").await);
    let mut browser = enter(&portal, &mia, &[]).await;
    browser.open("/account").await;
    browser.open("/account/access-log").await.says("Nobody else has opened your record.");

    let by = |who: &Someone| Actor::Account { id: who.account, role: who.role };
    let opened = Event::new(by(&okafor), Deed::RecordOpened).of(mia.patient.unwrap()).because("asked by the lab");
    let others = Event::new(by(&okafor), Deed::LabReportRead).of(noor.patient.unwrap());
    audit::record_read(&portal.portal, vec![opened, others]).await.unwrap();
    let mut admin = portal.signed_in(&ada).await;
    admin.open(&format!("/admin/people/{}", mia.account)).await;

    let page = browser.open("/account/access-log").await;
    page.says("2 entries.").says("Okafor Example Doctor Opened the record asked by the lab");
    page.says("Ada Example Admin Looked at account details").says_not("Looked at a test result");
    page.says_not("Looked at their own account");
    let mut doctor = enter(&portal, &okafor, &[]).await;
    doctor.open("/account/access-log").await.says("Your account has no patient record.").says_not("asked by the lab");
    let search = Search { deed: Some("access_log_read".into()), limit: 10, ..Search::default() };
    let found = audit::find(&portal.portal, &search).await.unwrap();
    assert_eq!(found.len(), 2, "reading it is written down too");
}

#[tokio::test]
async fn a_long_access_log_has_pages() {
    let portal = TestPortal::start().await;
    let (mia, okafor) = (portal.patient("mia").await, portal.doctor("okafor").await);
    let by = Actor::Account { id: okafor.account, role: okafor.role };
    let events = (0..60).map(|number| {
        Event::new(by.clone(), Deed::RecordOpened).of(mia.patient.unwrap()).because(format!("number {number}."))
    });
    for event in events {
        audit::record_read(&portal.portal, vec![event]).await.unwrap();
    }
    let mut browser = enter(&portal, &mia, &[]).await;
    browser.open("/account/access-log").await.says("60 entries.").says("number 59.").says_not("number 9.");
    browser.open("/account/access-log?page=2").await.says("number 9.").says("Page 2 of 2");
    for odd in ["0", "-3", "99", "9999999999"] {
        assert_eq!(browser.get(&format!("/account/access-log?page={odd}")).await.status, 200, "{odd}");
    }
}
