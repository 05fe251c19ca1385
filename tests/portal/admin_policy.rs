//! Policy: what is asked of each role at sign-in, changed by admins who saw whom it touches.

use salus::audit::{self, Deed, Search};
use salus::auth::lockout::{self, Resetter};
use salus::auth::policy;
use salus::portal::Portal;
use salus::types::actor::Role;

use crate::factor_totp::{bind, password, tamper};
use crate::recovery;
use crate::support::browser::{Browser, Page};
use crate::support::server::{PASSWORD, Someone, TestPortal};

const DOCTOR: &str = "/admin/policy/doctor";
const ADMIN: &str = "/admin/policy/admin";
const PATIENT: &str = "/admin/policy/patient";

/// What the form of a role posts as long as nobody changed it.
const DEFAULTS: [(&str, &str); 9] = [
    ("passkey", "yes"),
    ("totp", "yes"),
    ("sms", "yes"),
    ("voice", "yes"),
    ("recovery", "yes"),
    ("required", "any"),
    ("idle_minutes", "15"),
    ("longest_hours", "12"),
    ("step_up_minutes", "10"),
];

/// The same with other values; an empty one is a box that is not ticked.
fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = DEFAULTS.to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

/// Opens the form of a role and posts it: the page that asks "are you sure", or the form again.
async fn check(browser: &mut Browser, form: &str, changes: &[(&str, &str)]) -> Page {
    let page = browser.open(form).await;
    assert_eq!((page.status, page.address.as_str()), (200, form), "{}", page.text());
    browser.post(form, &with(changes)).await
}

/// Confirms what the last page asks.
async fn confirm(browser: &mut Browser, form: &str, more: &[(&str, &str)]) -> Page {
    let fields = [&[("reason", "Board of 3 November")], more].concat();
    browser.send(&format!("{form}/confirm"), &fields).await
}

async fn change(browser: &mut Browser, form: &str, changes: &[(&str, &str)]) {
    let page = check(browser, form, changes).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = confirm(browser, form, &[("acknowledged", "yes")]).await;
    page.says("The policy changed for this role");
}

async fn changes_in_the_trail(portal: &TestPortal) -> Vec<String> {
    let search = Search { deed: Some(Deed::PolicyChanged.as_str().into()), limit: 50, ..Search::default() };
    let found = audit::find(&portal.portal, &search).await.unwrap();
    found.into_iter().map(|event| event.why.unwrap()).collect()
}

async fn sign_in_by_text(portal: &TestPortal, browser: &mut Browser, who: &Someone) -> Page {
    password(browser, who).await.says("We sent a text message");
    let code = portal.code(&who.phone).await;
    browser.send("/challenge", &[("code", &code)]).await
}

#[tokio::test]
async fn a_change_is_shown_with_whom_it_touches_before_it_is_made_and_holds_at_once() {
    let portal = TestPortal::start().await;
    let (ada, okafor, chen) = (portal.admin("ada").await, portal.doctor("okafor").await, portal.doctor("chen").await);
    let mut doctor = portal.signed_in(&okafor).await;
    portal.minutes_later(6);
    let mut other = portal.signed_in(&chen).await;
    let mut admin = portal.signed_in(&ada).await;

    let page = admin.open("/admin").await;
    assert_eq!(page.links("/admin/policy"), ["/admin/policy", "/admin/policy", "/admin/policy/sms"]);
    let page = admin.open("/admin/policy").await;
    page.says("Sign out without use 15 minutes 15 minutes").says("Trusted browsers 30 days 30 days");
    page.says("Nobody changed it. The defaults hold.").says_not("Changed on");

    let page = check(&mut admin, DOCTOR, &[("idle_minutes", " 5 ")]).await;
    page.says("Sign out without use 15 minutes 5 minutes").says_not("Longest session");
    page.says("2 people have this role and can sign in.").says("Nobody has to add a way to sign in.");
    page.says("1 signed-in browser is signed out at once.");
    page.says("2 signed-in browsers are signed out after 5 minutes without use.");
    assert!(changes_in_the_trail(&portal).await.is_empty(), "nothing was changed yet");
    let page = admin.post(&format!("{DOCTOR}/confirm"), &[("reason", " ")]).await;
    assert_eq!(page.status, 422);
    page.says("Enter a reason").says("Sign out without use 15 minutes 5 minutes");

    let page = confirm(&mut admin, DOCTOR, &[]).await;
    assert_eq!(page.address, "/admin/policy?done=doctor");
    page.says("The policy changed for this role: Doctor.").says("Sign out without use 5 minutes 15 minutes");
    page.says("by Ada Example.").says("Reason: Board of 3 November");
    assert_eq!(
        changes_in_the_trail(&portal).await,
        ["doctor: idle_minutes 5 instead of 15. Board of 3 November"],
        "the trail says in words what changed"
    );

    assert!(doctor.get("/doctor").await.location().starts_with("/login?next="), "signed out at once");
    portal.minutes_later(4);
    assert_eq!(other.get("/doctor").await.status, 200);
    portal.minutes_later(6);
    assert!(other.get("/doctor").await.location().starts_with("/login?next="), "five minutes without use are over");
    assert_eq!(admin.get("/admin").await.status, 200, "admins have their own policy");
}

#[tokio::test]
async fn a_longer_idle_time_brings_no_session_back_that_had_run_out() {
    let portal = TestPortal::start().await;
    let (ada, okafor) = (portal.admin("ada").await, portal.doctor("okafor").await);
    let mut admin = portal.signed_in(&ada).await;
    change(&mut admin, DOCTOR, &[("idle_minutes", "5"), ("longest_hours", "1")]).await;
    let mut doctor = portal.signed_in(&okafor).await;
    portal.minutes_later(7);
    change(&mut admin, DOCTOR, &[]).await;
    assert!(doctor.get("/doctor").await.location().starts_with("/login"), "what had run out stays so");
    let mut again = portal.signed_in(&okafor).await;
    portal.minutes_later(7);
    assert_eq!(again.get("/doctor").await.status, 200, "and new sessions have the longer time");
}

#[tokio::test]
async fn what_is_out_of_bounds_is_refused_beside_its_field() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    let mut admin = portal.signed_in(&ada).await;
    let refused = async |admin: &mut Browser, form: &str, changes: &[(&str, &str)], sentence: &str| {
        let page = check(admin, form, changes).await;
        assert_eq!(page.status, 422, "{changes:?}");
        page.says(sentence);
        page
    };

    for minutes in ["1", "31", "soon", ""] {
        let page = refused(&mut admin, DOCTOR, &[("idle_minutes", minutes)], "Enter a number from 2 to 30").await;
        assert_eq!(page.field("idle_minutes"), minutes, "what was typed is kept");
        assert_eq!(page.links("#"), ["#main", "#idle_minutes"]);
    }
    refused(&mut admin, DOCTOR, &[("longest_hours", "13")], "Enter a number from 1 to 12").await;
    refused(&mut admin, DOCTOR, &[("step_up_minutes", "11")], "Enter a number from 1 to 10").await;
    refused(&mut admin, DOCTOR, &[("email", "yes")], "Codes by email cannot count for staff.").await;
    refused(&mut admin, DOCTOR, &[("trust_days", "1")], "Enter a number from 0 to 30").await;
    refused(&mut admin, DOCTOR, &[("sms", "")], "Calls go to the same phones as texts.").await;
    refused(&mut admin, DOCTOR, &[("required", "fax")], "Choose what one way of everybody must be").await;
    refused(&mut admin, DOCTOR, &[], "Nothing is different.").await;
    let nothing = [("sms", ""), ("voice", ""), ("totp", ""), ("passkey", "")];
    let page = refused(&mut admin, DOCTOR, &nothing, "Tick at least one way that people can use every day.").await;
    page.says_not("No way that counts fits this.");
    let unmet = [("passkey", ""), ("required", "resists_phishing")];
    refused(&mut admin, DOCTOR, &unmet, "No way that counts fits this.").await;
    let days = [("email", "yes"), ("trust_days", "31")];
    refused(&mut admin, PATIENT, &days, "Enter a number from 0 to 30").await;
    let texts = [("email", "yes"), ("trust_days", "30"), ("sms", ""), ("voice", "")];
    refused(&mut admin, PATIENT, &texts, "Text messages always count for patients.").await;
    let page = admin.open(PATIENT).await;
    page.says_not("Code by text message");
    admin.open(DOCTOR).await.says("Code by text message").says_not("Code by email");
    assert!(changes_in_the_trail(&portal).await.is_empty());
}

#[tokio::test]
async fn staff_who_hold_nothing_that_counts_sign_in_once_more_to_add_it() {
    let portal = TestPortal::start().await;
    let (ada, okafor, chen) = (portal.admin("ada").await, portal.doctor("okafor").await, portal.doctor("chen").await);
    let mut admin = portal.signed_in(&ada).await;
    let mut browser = portal.signed_in(&chen).await;
    let app = bind(&portal, &mut browser).await;
    browser.post("/logout", &[]).await;

    let no_phone = [("sms", ""), ("voice", "")];
    let page = check(&mut admin, DOCTOR, &no_phone).await;
    page.says("Code by text message Counts Does not count").says("Code by phone call Counts Does not count");
    page.says("1 person holds nothing that counts then. They must add a way at their next sign-in.");
    page.says("Who must add a way Okafor Example").says_not("Chen Example");
    page.says_not("before this change too");
    let page = confirm(&mut admin, DOCTOR, &[("reason", "")]).await;
    assert_eq!(page.links("#"), ["#main", "#acknowledged", "#reason"], "all that is missing is said at once");
    let page = confirm(&mut admin, DOCTOR, &[]).await;
    assert_eq!(page.status, 422, "the admin says first that they know");
    page.says("Tick the box: people will have to add a way.");
    assert_eq!(page.field("reason"), "Board of 3 November", "what was typed is kept");
    confirm(&mut admin, DOCTOR, &[("acknowledged", "yes")]).await.says("The policy changed for this role: Doctor.");
    let page = check(&mut admin, DOCTOR, &[("sms", ""), ("voice", ""), ("idle_minutes", "20")]).await;
    page.says("1 person holds nothing that counts then.")
        .says("Of them 1 person had to add one before this change too.");
    page.says("Who must add a way Okafor Example").says_not("I know that");

    portal.minutes_later(1);
    password(&mut browser, &chen).await.says("Open your authenticator app");
    let page = browser.open("/challenge/method").await;
    assert!(!page.values("method").iter().any(|way| way == "sms" || way == "voice"), "{:?}", page.values("method"));
    browser.open("/challenge").await;
    assert_eq!(browser.post("/challenge", &[("code", &app.code(&portal, 0))]).await.location(), "/doctor");
    assert_eq!(browser.open("/doctor").await.status, 200);

    let mut narrow = portal.browser();
    let page = sign_in_by_text(&portal, &mut narrow, &okafor).await;
    assert_eq!(page.address, "/account/security?done=add");
    page.says("The clinic asks for a stronger way to sign in. Add one here.");
    assert_eq!(narrow.get("/doctor/results").await.location(), "/account/security?done=add");
    bind(&portal, &mut narrow).await;
    assert_eq!(narrow.open("/doctor").await.status, 200, "with the app all pages open again");
    let page = narrow.open("/account/security/phones").await;
    page.says("does not count codes by phone when you sign in").says_not("A code can go to each of them");
    page.says_not("codes go there first").says_not("the weaker way");
}

#[tokio::test]
async fn who_had_to_add_something_goes_on_when_the_policy_is_taken_back() {
    let portal = TestPortal::start().await;
    let (ada, okafor) = (portal.admin("ada").await, portal.doctor("okafor").await);
    let mut admin = portal.signed_in(&ada).await;
    change(&mut admin, DOCTOR, &[("required", "not_by_phone")]).await;
    let mut doctor = portal.browser();
    assert_eq!(sign_in_by_text(&portal, &mut doctor, &okafor).await.address, "/account/security?done=add");
    change(&mut admin, DOCTOR, &[("idle_minutes", "20"), ("required", "not_by_phone")]).await;
    assert_eq!(doctor.get("/doctor").await.location(), "/account/security?done=add");
    change(&mut admin, DOCTOR, &[]).await;
    assert_eq!(doctor.get("/doctor").await.status, 200);
}

#[tokio::test]
async fn an_app_that_is_off_after_wrong_answers_leaves_no_way_around_it() {
    let portal = TestPortal::start().await;
    let (ada, okafor) = (portal.admin("ada").await, portal.doctor("okafor").await);
    let mut admin = portal.signed_in(&ada).await;
    let mut doctor = portal.signed_in(&okafor).await;
    let app = bind(&portal, &mut doctor).await;
    doctor.post("/logout", &[]).await;
    change(&mut admin, DOCTOR, &[("sms", ""), ("voice", "")]).await;
    tamper(&portal, "UPDATE factor_uses SET wrong = 100 WHERE factor LIKE 'authenticator:%'").await;

    let texts = portal.messages(&okafor.phone).await;
    doctor.open("/login").await;
    let page = doctor.post("/login", &[("email", &okafor.email), ("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/challenge");
    let page = doctor.get("/challenge").await;
    assert_eq!(page.status, 422, "no text takes the place of the app");
    page.says("Call us to sign in").says(&portal.portal.config.clinic.phone);
    assert_eq!(page.links("/recovery"), ["/recovery"]);
    doctor.open("/challenge/method").await.says_not("Text message");
    let page = doctor.post("/challenge/method", &[("method", "sms")]).await;
    assert_eq!(page.status, 422, "nor does asking for one");
    doctor.open("/challenge/method").await;
    assert_eq!(doctor.post("/challenge/method", &[("method", "none")]).await.location(), "/recovery");
    doctor.open("/recovery").await;
    assert_eq!(doctor.post("/challenge", &[("code", "123456")]).await.status, 422);
    assert_eq!(portal.messages(&okafor.phone).await, texts);

    let unlocked = lockout::reset(&portal.portal, Resetter::Shell, okafor.account, "asked in person", None).await;
    assert!(unlocked.is_ok());
    let page = doctor.open("/challenge").await;
    page.says("Code of your authenticator app").says_not("Text message");
    portal.minutes_later(2);
    doctor.open("/challenge/method").await;
    doctor.send("/challenge/method", &[("method", "totp")]).await;
    doctor.send("/challenge", &[("code", &app.code(&portal, 0))]).await;
    assert_eq!(doctor.open("/doctor").await.status, 200, "the clinic helped");
}

#[tokio::test]
async fn who_wore_out_the_app_gets_in_by_a_recovery_code_and_adds_another() {
    let portal = TestPortal::start().await;
    let (ada, okafor) = (portal.admin("ada").await, portal.doctor("okafor").await);
    let mut admin = portal.signed_in(&ada).await;
    let mut doctor = portal.signed_in(&okafor).await;
    bind(&portal, &mut doctor).await;
    let codes = "/account/security/recovery-codes";
    doctor.open(codes).await;
    let page = doctor.post(codes, &[("set", "none")]).await.text();
    let code = page.split_whitespace().find(|word| word.len() == 14 && word.matches('-').count() == 2).unwrap();
    doctor.open("/doctor").await;
    doctor.post("/logout", &[]).await;
    change(&mut admin, DOCTOR, &[("sms", ""), ("voice", "")]).await;
    tamper(&portal, "UPDATE factor_uses SET wrong = 100 WHERE factor LIKE 'authenticator:%'").await;

    password(&mut doctor, &okafor).await.says_not("We sent a text message");
    let page = doctor.send("/challenge", &[("code", code)]).await;
    assert_eq!(page.address, "/account/security?done=add");
    bind(&portal, &mut doctor).await;
    assert_eq!(doctor.open("/doctor").await.status, 200);
}

#[tokio::test]
async fn what_was_asked_before_the_change_cannot_be_answered_by_what_no_longer_counts() {
    let portal = TestPortal::start().await;
    let (ada, okafor, mia) = (portal.admin("ada").await, portal.doctor("okafor").await, portal.patient("mia").await);
    let mut admin = portal.signed_in(&ada).await;
    let (mut doctor, mut patient) = (portal.browser(), portal.browser());
    password(&mut doctor, &okafor).await.says("We sent a text message");
    password(&mut patient, &mia).await.says("We sent a text message");
    let (code, theirs) = (portal.code(&okafor.phone).await, portal.code(&mia.phone).await);
    change(&mut admin, DOCTOR, &[("sms", ""), ("voice", "")]).await;

    let page = doctor.post("/challenge", &[("code", &code)]).await;
    assert_eq!(page.status, 422, "the code opens nothing any more");
    page.says_not("We sent a text message");
    assert_eq!(doctor.get("/doctor").await.location(), "/challenge");
    assert_eq!(patient.post("/challenge", &[("code", &theirs)]).await.location(), "/home", "another role's still does");
}

#[tokio::test]
async fn who_lost_all_that_counts_gets_a_new_phone_by_staff_and_adds_another_way() {
    let portal = TestPortal::start().await;
    let (ada, robin, okafor) = (portal.admin("ada").await, portal.admin("robin").await, portal.doctor("okafor").await);
    let mut doctor = portal.signed_in(&okafor).await;
    bind(&portal, &mut doctor).await;
    doctor.post("/logout", &[]).await;
    change(&mut portal.signed_in(&ada).await, DOCTOR, &[("sms", ""), ("voice", "")]).await;
    portal.minutes_later(2);

    let (_, request) = recovery::asked(&portal, &okafor).await;
    recovery::check(&mut portal.signed_in(&robin).await, &request).await.says("Your check is written down");
    portal.minutes_later(24 * 60);
    recovery::approve(&mut portal.signed_in(&ada).await, &request).await.says("The new phone was approved");

    let holder = Someone { phone: recovery::NEW.into(), ..okafor.clone() };
    let mut again = portal.browser();
    let page = sign_in_by_text(&portal, &mut again, &holder).await;
    assert_eq!(page.address, "/account/security?done=add", "the app that was lost is asked for no more");
    assert_eq!(again.get("/account/security/password").await.status, 422, "other changes are paused");
    bind(&portal, &mut again).await;
    assert_eq!(again.open("/doctor").await.status, 200);
}

#[tokio::test]
async fn no_admin_shuts_the_admins_out() {
    let portal = TestPortal::start().await;
    let (ada, bea) = (portal.admin("ada").await, portal.admin("bea").await);
    let mut admin = portal.signed_in(&ada).await;

    let page = check(&mut admin, ADMIN, &[("required", "not_by_phone")]).await;
    assert_eq!(page.status, 422);
    page.says("You hold nothing that would count then. First add this to your own account:");
    page.says("Passkey or security key, Authenticator app.");
    assert!(page.links("/account/security").contains(&"/account/security".to_owned()));
    let forced = [with(&[("required", "not_by_phone")]), vec![("reason", "x"), ("acknowledged", "yes")]].concat();
    let page = admin.post(&format!("{ADMIN}/confirm"), &forced).await;
    assert_eq!(page.status, 422, "nor past the page that asks");
    page.says("You hold nothing that would count then.");
    assert!(changes_in_the_trail(&portal).await.is_empty());

    bind(&portal, &mut admin).await;
    let page = check(&mut admin, ADMIN, &[("required", "not_by_phone")]).await;
    page.says("1 person holds nothing that counts then.").says("Who must add a way Bea Example I know");
    confirm(&mut admin, ADMIN, &[("acknowledged", "yes")]).await.says("The policy changed for this role: Admin.");
    let page = check(&mut admin, ADMIN, &[("required", "resists_phishing")]).await;
    assert_eq!(page.status, 422);
    page.says("First add this to your own account: Passkey or security key.");
    let mut other = portal.browser();
    assert_eq!(sign_in_by_text(&portal, &mut other, &bea).await.address, "/account/security?done=add");
    assert_eq!(other.get("/admin/policy").await.location(), "/account/security?done=add");
}

#[tokio::test]
async fn of_two_admins_at_once_the_second_is_told() {
    let portal = TestPortal::start().await;
    let (ada, bea) = (portal.admin("ada").await, portal.admin("bea").await);
    let (mut first, mut second) = (portal.signed_in(&ada).await, portal.signed_in(&bea).await);
    check(&mut first, DOCTOR, &[("idle_minutes", "5")]).await.says("5 minutes");
    check(&mut second, DOCTOR, &[("idle_minutes", "20")]).await.says("20 minutes");
    let mut third = second.tab();
    third.open(DOCTOR).await;

    confirm(&mut first, DOCTOR, &[]).await.says("The policy changed for this role: Doctor.");
    let page = confirm(&mut second, DOCTOR, &[]).await;
    assert_eq!(page.status, 422);
    page.says("Another admin changed this policy meanwhile. Below is what holds now.");
    assert_eq!(page.field("idle_minutes"), "5", "the form shows what holds");
    let page = third.post(DOCTOR, &with(&[("idle_minutes", "7")])).await;
    assert_eq!(page.status, 422, "a form from before is not checked against what it never saw");
    page.says("Another admin changed this policy meanwhile.");

    assert_eq!(changes_in_the_trail(&portal).await.len(), 1);
    let page = second.post(DOCTOR, &with(&[("idle_minutes", "20")])).await;
    page.says("Sign out without use 5 minutes 20 minutes");
    confirm(&mut second, DOCTOR, &[]).await.says("by Bea Example.");
}

#[tokio::test]
async fn a_change_asks_for_a_fresh_code_and_keeps_the_figures() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    let mut admin = portal.signed_in(&ada).await;
    change(&mut admin, ADMIN, &[("step_up_minutes", "3")]).await;
    check(&mut admin, DOCTOR, &[("idle_minutes", "5")]).await;
    portal.minutes_later(4);
    let page = admin.post(&format!("{DOCTOR}/confirm"), &[("reason", "x")]).await;
    assert!(page.location().starts_with("/step-up?next=%2Fadmin%2Fpolicy%2Fdoctor"), "{}", page.location());
    let location = page.location().to_owned();
    admin.open(&location).await.says("We need to know it is you");
    admin.send("/step-up", &[]).await;
    let code = portal.code(&ada.phone).await;
    let page = admin.send("/challenge", &[("code", &code)]).await;
    assert!(page.address.starts_with(&format!("{DOCTOR}?draft=")), "{}", page.address);
    assert_eq!(page.field("idle_minutes"), "5");
    assert_eq!(changes_in_the_trail(&portal).await.len(), 1, "and nothing was changed meanwhile");
    portal.minutes_later(4);
    let page = admin.get(PATIENT).await;
    assert!(page.location().starts_with("/step-up?next="), "the shorter window is the admin's own");
}

#[tokio::test]
async fn who_asked_for_calls_first_is_counted_before_calls_end() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    portal.patient("mia").await;
    tamper(&portal, "UPDATE accounts SET code_way = 'call' WHERE role = 'patient'").await;
    portal.patient("noor").await;
    let mut admin = portal.signed_in(&ada).await;
    let page = check(&mut admin, PATIENT, &[("email", "yes"), ("trust_days", "30"), ("voice", "")]).await;
    page.says("Code by phone call Counts Does not count").says("1 person asked for calls first.");
    let page = check(&mut admin, PATIENT, &[("email", "yes"), ("trust_days", "30"), ("idle_minutes", "5")]).await;
    page.says_not("asked for calls first");
}

#[tokio::test]
async fn trust_ends_with_the_policy_that_allowed_it() {
    let portal = TestPortal::start().await;
    let (ada, mia) = (portal.admin("ada").await, portal.patient("mia").await);
    let mut browser = portal.browser();
    password(&mut browser, &mia).await.says("Do not ask on this browser for 30 days");
    let code = portal.code(&mia.phone).await;
    browser.send("/challenge", &[("code", &code), ("trust_device", "yes")]).await;
    browser.post("/logout", &[]).await;
    browser.open("/login").await;
    let page = browser.post("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/home");
    browser.open("/home").await;
    browser.post("/logout", &[]).await;

    let mut admin = portal.signed_in(&ada).await;
    let page = check(&mut admin, PATIENT, &[("email", "yes"), ("trust_days", "0")]).await;
    page.says("Trusted browsers 30 days None");
    page.says("1 trusted browser is trusted for a shorter time, or no longer.");
    confirm(&mut admin, PATIENT, &[]).await.says("The policy changed for this role: Patient.");

    portal.minutes_later(1);
    password(&mut browser, &mia).await.says_not("Do not ask on this browser");
    let code = portal.code(&mia.phone).await;
    browser.send("/challenge", &[("code", &code), ("trust_device", "yes")]).await;
    browser.post("/logout", &[]).await;
    password(&mut browser, &mia).await;
}

#[tokio::test]
async fn one_page_counts_who_depends_on_text_messages_alone() {
    let portal = TestPortal::start().await;
    let (ada, okafor) = (portal.admin("ada").await, portal.doctor("okafor").await);
    let (chen, mia) = (portal.doctor("chen").await, portal.patient("mia").await);
    portal.patient("noor").await;
    let mut browser = portal.signed_in(&chen).await;
    bind(&portal, &mut browser).await;
    let mut browser = portal.signed_in(&mia).await;
    browser.open("/account/security/recovery-codes").await;
    browser.post("/account/security/recovery-codes", &[]).await;

    let mut admin = portal.signed_in(&ada).await;
    let page = admin.open("/admin/policy/sms").await;
    page.says("Patients 1 1 0 0").says("Doctors 1 0 1 0").says("Admins 1 0 0 0");
    page.says("2 members of staff sign in by phone only.");
    page.says("Ada Example Admin Okafor Example Doctor").says_not("Chen Example").says_not("Mia Example");
    assert_eq!(
        page.links("/admin/people/0"),
        [format!("/admin/people/{}", ada.account), format!("/admin/people/{}", okafor.account)]
    );

    bind(&portal, &mut admin).await;
    let mut browser = portal.signed_in(&okafor).await;
    bind(&portal, &mut browser).await;
    admin.open("/admin/policy/sms?page=7").await.says("All staff have an app or a passkey.");
}

#[tokio::test]
async fn other_processes_learn_what_holds() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    let mut admin = portal.signed_in(&ada).await;
    let idle = || portal.portal.policies.now().of(Role::Doctor).idle().as_mins();
    change(&mut admin, DOCTOR, &[("idle_minutes", "5")]).await;
    assert_eq!(idle(), 5, "the process that changed it knows at once");
    let other = Portal::open(portal.portal.config.clone(), portal.clock.clone(), false).await.unwrap();
    assert_eq!(other.policies.now().of(Role::Doctor).idle().as_mins(), 15);
    policy::refresh(&other).await.unwrap();
    assert_eq!(other.policies.now().of(Role::Doctor).idle().as_mins(), 5);
}
