//! The way back in for who lost their phone: a request, one member of staff who checks, another who approves, and the
//! links that stop or undo it.

use futures_util::future::join;
use salus::audit::{self, Search};
use salus::auth::alerts::freeze::{self, Lifter};
use salus::auth::recovery::{self, Approver, CheckRefusal};
use salus::clock::SignedDuration;
use salus::error::Failure;
use salus::identity::{accounts, phones};
use salus::types::actor::Role;
use salus::types::ids::RecoveryId;

use crate::support::browser::{Browser, Page};
use crate::support::server::{PASSWORD, Someone, TestPortal};

/// A number that nobody has yet.
pub const NEW: &str = "+12125550199";

/// A mailbox that is not the owner's.
const THIEF: &str = "thief@people.example";

/// A browser in which somebody has given their password and nothing else.
async fn half_way(portal: &TestPortal, who: &Someone) -> Browser {
    let mut browser = portal.browser();
    browser.open("/login").await;
    let page = browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
    assert_eq!(page.address, "/challenge");
    browser
}

/// Asks for a way back in with a new number, which is not proved yet.
async fn ask(portal: &TestPortal, who: &Someone) -> Browser {
    let mut browser = half_way(portal, who).await;
    browser.open("/challenge/method").await;
    let page = browser.send("/challenge/method", &[("method", "none")]).await;
    assert_eq!(page.address, "/recovery");
    page.says("possible 24 hours after you ask");
    let page = browser.send("/recovery", &[("country", "US"), ("phone", NEW)]).await;
    assert_eq!(page.address, "/challenge", "{}", page.body);
    browser
}

/// Asks, and proves the number.
pub async fn asked(portal: &TestPortal, who: &Someone) -> (Browser, String) {
    let mut browser = ask(portal, who).await;
    let code = portal.code(NEW).await;
    let page = browser.send("/challenge", &[("code", &code)]).await;
    assert_eq!(page.address, "/recovery", "{}", page.body);
    page.says("Your request has reached us").says("Now call us").says("25 November");
    let id = recovery::open_of(&portal.portal, who.account).await.unwrap().unwrap();
    (browser, format!("/staff/recoveries/{id}"))
}

const WHOLE: [(&str, &str); 7] = [
    ("met", "in_person"),
    ("saw", "yes"),
    ("photo_id", "yes"),
    ("birth_date", "yes"),
    ("asked", "yes"),
    ("number", "yes"),
    ("note", "Passport seen"),
];

pub async fn check(staff: &mut Browser, request: &str) -> Page {
    staff.open(&format!("{request}/check")).await;
    staff.send(&format!("{request}/check"), &WHOLE).await
}

pub async fn approve(staff: &mut Browser, request: &str) -> Page {
    staff.open(&format!("{request}/approve")).await;
    staff.send(&format!("{request}/approve"), &[]).await
}

/// Checked by a doctor, and approved by an admin a day later.
async fn bound(portal: &TestPortal, who: &Someone) -> Browser {
    let (okafor, ada) = (portal.doctor("okafor").await, portal.admin("ada").await);
    let (_, request) = asked(portal, who).await;
    check(&mut portal.signed_in(&okafor).await, &request).await.says("Your check is written down");
    portal.later(SignedDuration::from_hours(25));
    let mut admin = portal.signed_in(&ada).await;
    approve(&mut admin, &request).await.says("The new phone was approved");
    admin
}

async fn phone_of(portal: &TestPortal, who: &Someone) -> String {
    accounts::find(&portal.portal, who.account).await.unwrap().unwrap().phone.e164().to_owned()
}

async fn email_of(portal: &TestPortal, who: &Someone) -> String {
    accounts::find(&portal.portal, who.account).await.unwrap().unwrap().email.as_str().to_owned()
}

/// A second admin's account that answers on somebody's phone.
async fn second_of(portal: &TestPortal, who: &Someone) -> Someone {
    portal.account_of(Role::Admin, "Sock Two", "sock@people.example", &who.phone, "1970-01-01").await
}

/// An admin lets changes happen before the 72 hours are over, and the new phone's holder changes the mail address.
async fn address_taken(portal: &TestPortal, who: &Someone) {
    let mut admin = portal.signed_in(&portal.admin("bob").await).await;
    let unfreeze = format!("/admin/people/{}/unfreeze", who.account);
    admin.open(&unfreeze).await;
    admin.send(&unfreeze, &[("reason", "called, it is her")]).await.says("Changes are possible again.");
    let mut thief = portal.signed_in(&Someone { phone: NEW.into(), ..who.clone() }).await;
    let fields = [("email", THIEF), ("password", PASSWORD)];
    thief.open("/account/security/email").await;
    thief.send("/account/security/email", &fields).await.says("Look at your new mailbox");
    thief.open(&portal.link(THIEF).await).await;
    thief.send("/account/security/email/confirm", &[]).await.says("Your email address is changed.");
    assert_eq!(email_of(portal, who).await, THIEF);
}

async fn deeds(portal: &TestPortal, deed: &str) -> Vec<audit::Recorded> {
    audit::find(&portal.portal, &Search { deed: Some(deed.into()), limit: 9, ..Search::default() }).await.unwrap()
}

#[tokio::test]
async fn a_lost_phone_is_replaced_by_two_members_of_staff_a_day_later() {
    let portal = TestPortal::start().await;
    let (mia, okafor, ada) = (portal.patient("mia").await, portal.doctor("okafor").await, portal.admin("ada").await);
    let mut before = portal.signed_in(&mia).await;

    let (mut browser, request) = asked(&portal, &mia).await;
    portal.message(&mia.phone, |item| item.text.contains("somebody asked us to connect a new phone")).await;
    portal.message(&mia.email, |item| item.text.contains("/recovery/cancel?token=")).await;
    for staff in [&okafor, &ada] {
        portal.message(&staff.email, |item| item.text.contains("/staff/recoveries")).await;
    }
    assert_eq!(browser.get("/home").await.location(), "/challenge", "the code to the new number opened nothing");
    assert_eq!(before.get("/home").await.status, 200, "nothing has changed for the owner");

    let mut doctor = portal.signed_in(&okafor).await;
    doctor.open("/doctor").await.says("1 patient lost their phone and waits for staff");
    let page = doctor.open("/staff/recoveries").await;
    page.says("Mia Example").says("Waits for the check").says_not("5550199");
    assert_eq!(page.links("/staff/recoveries/"), std::slice::from_ref(&request));
    let page = doctor.open(&request).await;
    page.says("29 February 1948").says("ending in 99").says_not("5550199").says_not("555 0199");
    let left_out: Vec<_> = WHOLE.into_iter().filter(|(name, _)| *name != "photo_id").collect();
    doctor.open(&format!("{request}/check")).await;
    let page = doctor.post(&format!("{request}/check"), &left_out).await;
    assert_eq!(page.status, 422, "everything on the list is asked for");
    page.says("Tick that you compared a photo ID, or refuse the request");
    assert!(deeds(&portal, "recovery_checked").await.is_empty());
    check(&mut doctor, &request).await.says("Your check is written down").says("You checked this person.");

    let mut admin = portal.signed_in(&ada).await;
    admin.open("/admin").await.says("Lost phones 1 Waiting for staff");
    admin.open(&format!("/admin/people/{}", mia.account)).await.says("A request for a new phone waits");
    admin.open(&request).await.says("By Okafor Example").says("Passport seen").says("It can be approved from");
    let page = approve(&mut admin, &request).await;
    assert_eq!(page.status, 422, "not before the waiting time");
    page.says("It can be approved from");
    assert_eq!(phone_of(&portal, &mia).await, mia.phone);

    portal.later(SignedDuration::from_hours(24));
    let mut admin = portal.signed_in(&ada).await;
    approve(&mut admin, &request).await.says("The new phone was approved").says("Nobody waits for a new phone");
    assert_eq!(phone_of(&portal, &mia).await, NEW);
    portal.message(&mia.phone, |item| item.text.contains("our staff connected a new phone")).await;
    portal.message(&mia.email, |item| item.text.contains("/recovery/undo?token=")).await;
    assert_eq!(admin.get(&request).await.status, 404, "it is over");

    let holder = Someone { phone: NEW.into(), ..mia.clone() };
    let mut owner = portal.signed_in(&holder).await;
    owner.open("/home").await.says("Mia");
    for path in ["/account/security/password", "/account/security/email", "/account/security/app/new"] {
        let page = owner.get(path).await;
        assert_eq!(page.status, 422, "{path}: what the old phone may still undo stays paused for 72 hours");
        page.says("Changes to your account are paused until");
    }
    let steps = ["recovery_asked", "recovery_phone_proved", "recovery_checked", "recovery_approved"];
    for step in steps {
        let found = deeds(&portal, step).await;
        assert_eq!(found.len(), 1, "{step}");
        assert_eq!(found[0].subject, Some(mia.account.to_string()), "{step}");
    }
    let mine = deeds(&portal, "recovery_read").await;
    assert!(mine.iter().any(|event| event.patient == mia.patient), "whose data was read is written down");
}

#[tokio::test]
async fn a_bound_number_ends_every_session_and_forgets_every_browser() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let (okafor, ada) = (portal.doctor("okafor").await, portal.admin("ada").await);
    let (_, request) = asked(&portal, &mia).await;
    check(&mut portal.signed_in(&okafor).await, &request).await;
    portal.later(SignedDuration::from_hours(25));
    let mut browser = half_way(&portal, &mia).await;
    let code = portal.code(&mia.phone).await;
    browser.send("/challenge", &[("code", &code), ("trust_device", "yes")]).await;
    assert_eq!(browser.get("/home").await.status, 200);

    approve(&mut portal.signed_in(&ada).await, &request).await.says("The new phone was approved");

    assert!(browser.get("/home").await.location().starts_with("/login"));
    browser.open("/login").await;
    let page = browser.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!(page.address, "/challenge", "a browser that was trusted is asked again");
    page.says("99");
}

#[tokio::test]
async fn nobody_takes_both_steps() {
    let portal = TestPortal::start_with(&[("SALUS_RECOVERY_WAIT_HOURS", "0")]).await;
    let (mia, ada, bob) = (portal.patient("mia").await, portal.admin("ada").await, portal.admin("bob").await);
    let mut browser = half_way(&portal, &mia).await;
    browser.open("/recovery").await.says_not("hours after you ask");
    browser.send("/recovery", &[("country", "US"), ("phone", NEW)]).await;
    let code = portal.code(NEW).await;
    browser.send("/challenge", &[("code", &code)]).await.says("No waiting time is left");
    let id = recovery::open_of(&portal.portal, mia.account).await.unwrap().unwrap();
    let request = format!("/staff/recoveries/{id}");

    let mut first = portal.signed_in(&ada).await;
    let page = approve(&mut first, &request).await;
    assert_eq!(page.status, 422);
    page.says("Somebody must check the person first");
    check(&mut first, &request).await;
    let page = approve(&mut first, &request).await;
    assert_eq!(page.status, 422);
    page.says("You checked this person. Somebody else must approve.");
    assert_eq!(check(&mut first, &request).await.status, 422, "nor is it checked twice");
    assert_eq!(phone_of(&portal, &mia).await, mia.phone);

    approve(&mut portal.signed_in(&bob).await, &request).await.says("The new phone was approved");
    assert_eq!(phone_of(&portal, &mia).await, NEW);
}

#[tokio::test]
async fn an_account_younger_than_the_request_takes_no_step() {
    let portal = TestPortal::start().await;
    let (mia, robin, bob) = (portal.patient("mia").await, portal.admin("robin").await, portal.admin("bob").await);
    let (_, request) = asked(&portal, &mia).await;
    portal.minutes_later(2);
    let sock = portal.account_of(Role::Admin, "Sock Two", "sock@people.example", "+12125550160", "1970-01-01").await;
    let page = check(&mut portal.signed_in(&sock).await, &request).await;
    assert_eq!(page.status, 422, "nor the first step, which would leave the second to who made the account");
    page.says("Your account was opened after this request was made.");
    check(&mut portal.signed_in(&robin).await, &request).await.says("Your check is written down");
    portal.later(SignedDuration::from_hours(25));

    let page = approve(&mut portal.signed_in(&sock).await, &request).await;

    assert_eq!(page.status, 422);
    page.says("Your account was opened after this request was made.");
    assert_eq!(phone_of(&portal, &mia).await, mia.phone);
    approve(&mut portal.signed_in(&bob).await, &request).await.says("The new phone was approved");
}

#[tokio::test]
async fn nobody_of_the_staff_connects_a_phone_of_their_own() {
    let portal = TestPortal::start().await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    let robin = portal.account_of(Role::Admin, "Robin Example", "robin@people.example", NEW, "1970-01-01").await;
    portal.minutes_later(2);
    let (_, request) = asked(&portal, &mia).await;
    portal.minutes_later(2);
    let mut own = portal.signed_in(&robin).await;
    let page = check(&mut own, &request).await;
    assert_eq!(page.status, 422);
    page.says("The new number is a phone of your own account.");
    check(&mut portal.signed_in(&ada).await, &request).await.says("Your check is written down");
    portal.later(SignedDuration::from_hours(25));
    let page = approve(&mut portal.signed_in(&robin).await, &request).await;
    assert_eq!(page.status, 422);
    page.says("The new number is a phone of your own account.");
    assert_eq!(phone_of(&portal, &mia).await, mia.phone);
}

#[tokio::test]
async fn who_shares_a_phone_with_the_checker_does_not_approve() {
    let portal = TestPortal::start().await;
    let (mia, robin, bob) = (portal.patient("mia").await, portal.admin("robin").await, portal.admin("bob").await);
    let sock = second_of(&portal, &robin).await;
    portal.minutes_later(2);
    let (_, request) = asked(&portal, &mia).await;
    check(&mut portal.signed_in(&robin).await, &request).await.says("Your check is written down");
    portal.later(SignedDuration::from_hours(25));
    let mut second = portal.signed_in(&sock).await;
    let page = approve(&mut second, &request).await;
    assert_eq!(page.status, 422);
    page.says("have a phone number in common");

    // Another number since the request was made tells no other person.
    let other = accounts::find(&portal.portal, bob.account).await.unwrap().unwrap().phone_index;
    let mut tx = portal.portal.db.begin().await.unwrap();
    phones::replace_all(&mut tx, robin.account, &other.map(|byte| !byte), portal.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(approve(&mut second, &request).await.status, 422);
    assert_eq!(phone_of(&portal, &mia).await, mia.phone);
    approve(&mut portal.signed_in(&bob).await, &request).await.says("The new phone was approved");
}

#[tokio::test]
async fn who_bound_a_phone_does_not_lift_the_pause_that_came_with_it() {
    let portal = TestPortal::start().await;
    let (mia, ada, bob) = (portal.patient("mia").await, portal.admin("ada").await, portal.admin("bob").await);
    let (cleo, sock) = (portal.admin("cleo").await, second_of(&portal, &ada).await);
    let (_, request) = asked(&portal, &mia).await;
    check(&mut portal.signed_in(&ada).await, &request).await.says("Your check is written down");
    portal.later(SignedDuration::from_hours(25));
    approve(&mut portal.signed_in(&bob).await, &request).await.says("The new phone was approved");
    let is_paused = async || {
        let account = accounts::find(&portal.portal, mia.account).await.unwrap().unwrap();
        accounts::is_frozen(&account, portal.clock.now())
    };

    let (person, told) = (format!("/admin/people/{}", mia.account), "another admin must allow changes");
    let unfreeze = format!("{person}/unfreeze");
    for who in [&ada, &bob, &sock] {
        portal.minutes_later(2);
        let mut admin = portal.signed_in(who).await;
        let page = admin.open(&person).await;
        page.says(told);
        assert!(page.links(&unfreeze).is_empty());
        admin.open(&unfreeze).await.says(told).says_not("Reason");
        let page = admin.post(&unfreeze, &[("reason", "called, it is her")]).await;
        assert_eq!(page.status, 422);
        page.says(told);
    }
    assert!(is_paused().await);

    let mut other = portal.signed_in(&cleo).await;
    assert_eq!(other.open(&person).await.links(&unfreeze), std::slice::from_ref(&unfreeze));
    other.open(&unfreeze).await;
    other.send(&unfreeze, &[("reason", "called, it is her")]).await.says("Changes are possible again.");
    assert!(!is_paused().await);
    let mut tx = portal.portal.db.begin().await.unwrap();
    let until = portal.clock.now() + SignedDuration::from_hours(24 * 9);
    accounts::freeze_until(&portal.portal, &mut tx, mia.account, until).await.unwrap();
    tx.commit().await.unwrap();
    freeze::lift(&portal.portal, Lifter::Shell, mia.account, "one admin here", None).await.ok().unwrap();

    let mut tx = portal.portal.db.begin().await.unwrap();
    accounts::freeze_until(&portal.portal, &mut tx, mia.account, until).await.unwrap();
    tx.commit().await.unwrap();
    portal.later(SignedDuration::from_hours(72));
    let mut admin = portal.signed_in(&ada).await;
    admin.open(&unfreeze).await;
    admin.send(&unfreeze, &[("reason", "another matter")]).await.says("Changes are possible again.");
}

#[tokio::test]
async fn the_only_admin_is_told_who_can_approve() {
    let portal = TestPortal::start_with(&[("SALUS_RECOVERY_WAIT_HOURS", "0")]).await;
    let (okafor, mia, ada) = (portal.doctor("okafor").await, portal.patient("mia").await, portal.admin("ada").await);
    let mut browser = half_way(&portal, &okafor).await;
    let page = browser.open("/recovery").await;
    page.says("A second admin approves.").says_not("A second member of staff approves");
    assert_eq!(page.links("/challenge/method"), ["/challenge/method"], "there is a way back");
    browser.send("/recovery", &[("country", "US"), ("phone", NEW)]).await;
    let code = portal.code(NEW).await;
    browser.send("/challenge", &[("code", &code)]).await.says("A second admin approves after the check.");
    let id = recovery::open_of(&portal.portal, okafor.account).await.unwrap().unwrap();
    let request = format!("/staff/recoveries/{id}");

    let mut only = portal.signed_in(&ada).await;
    let page = check(&mut only, &request).await;
    page.says("You checked this person. Another admin must approve.").says("you are the only one");
    page.says("salus admin approve-recovery");
    assert_eq!(page.links("/admin/people/invite"), ["/admin/people/invite"]);
    browser.open("/recovery").await.says("Now a second one must approve.").says("An admin has checked who you are.");
    portal.minutes_later(1);
    portal.admin("bob").await;
    only.open(&request).await.says("you are the only one");
    let page = browser.send("/recovery/stop", &[]).await;
    page.says("The request was stopped").says("Sign in");
    assert!(!page.links("/login").is_empty());

    // Asked again, there is another who had an account by then.
    portal.minutes_later(1);
    let mut browser = half_way(&portal, &okafor).await;
    browser.open("/recovery").await;
    browser.send("/recovery", &[("country", "US"), ("phone", NEW)]).await;
    let code = portal.code(NEW).await;
    browser.send("/challenge", &[("code", &code)]).await;
    let id = recovery::open_of(&portal.portal, okafor.account).await.unwrap().unwrap();
    check(&mut only, &format!("/staff/recoveries/{id}")).await.says_not("you are the only one");
    let page = half_way(&portal, &mia).await.open("/recovery").await;
    page.says("A second member of staff approves.");
    let calls = page.links("tel:");
    assert!(
        calls.len() == 2 && calls.iter().all(|call| call == "tel:+12125550100"),
        "the clinic is called by a tap: {calls:?}"
    );
}

#[tokio::test]
async fn a_request_of_staff_is_for_two_other_admins() {
    let portal = TestPortal::start_with(&[("SALUS_RECOVERY_WAIT_HOURS", "0")]).await;
    let (okafor, ada, bob) = (portal.doctor("okafor").await, portal.admin("ada").await, portal.admin("bob").await);
    let mut own = portal.signed_in(&ada).await;
    let mut doctor = portal.signed_in(&okafor).await;
    let mut browser = half_way(&portal, &ada).await;
    browser.open("/recovery").await;
    browser.send("/recovery", &[("country", "US"), ("phone", NEW)]).await;
    let code = portal.code(NEW).await;
    browser.send("/challenge", &[("code", &code)]).await;
    let id = recovery::open_of(&portal.portal, ada.account).await.unwrap().unwrap();
    let request = format!("/staff/recoveries/{id}");

    doctor.open("/staff/recoveries").await.says("Nobody waits for a new phone");
    for page in ["", "/check", "/approve", "/refuse"] {
        assert_eq!(doctor.get(&format!("{request}{page}")).await.status, 404, "{page}");
    }
    own.open(&request).await.says("This is your own request.");
    let page = check(&mut own, &request).await;
    assert_eq!(page.status, 422);
    page.says("This is your own request.");
    let mut other = portal.signed_in(&bob).await;
    other.open(&request).await.says("Not in the portal");
    let page = check(&mut other, &request).await;
    page.says("Your check is written down").says("you are the only one who could");
    assert_eq!(approve(&mut own, &request).await.status, 422);
    assert_eq!(phone_of(&portal, &ada).await, ada.phone);
}

#[tokio::test]
async fn only_who_has_the_password_or_the_mailed_link_sees_the_form() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut stranger = portal.browser();
    stranger.open("/login").await;
    assert!(stranger.get("/recovery").await.location().starts_with("/login"));
    assert!(stranger.post("/recovery", &[("country", "US"), ("phone", NEW)]).await.location().starts_with("/login"));
    let mut inside = portal.signed_in(&mia).await;
    assert!(inside.get("/recovery").await.location().starts_with("/login"), "who is in changes the phone there");
    inside.open("/step-up?next=/account").await;
    inside.send("/step-up", &[("next", "/account")]).await;
    assert_eq!(inside.get("/recovery").await.status, 303, "a question inside a session is no way to it");

    let mut mailed = portal.browser();
    mailed.open("/password/forgot").await;
    mailed.post("/password/forgot", &[("email", &mia.email)]).await;
    let link = portal.link(&mia.email).await;
    mailed.open(&link).await;
    mailed.send("/password/reset", &[]).await;
    mailed.open("/recovery").await.says("A new phone number");
    let page = mailed.post("/recovery", &[("country", "US"), ("phone", "12")]).await;
    assert_eq!(page.status, 422);
    let page = mailed.send("/recovery", &[("country", "US"), ("phone", NEW)]).await;
    assert_eq!(page.address, "/challenge");
}

#[tokio::test]
async fn a_number_without_its_code_waits_for_nobody() {
    let portal = TestPortal::start().await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    let mut browser = ask(&portal, &mia).await;
    let first = portal.code(NEW).await;
    let mut admin = portal.signed_in(&ada).await;
    admin.open("/staff/recoveries").await.says("Nobody waits for a new phone");
    assert!(recovery::open_of(&portal.portal, mia.account).await.unwrap().is_none());

    browser.open("/recovery").await.says("not confirmed yet");
    let other = "+12125550198";
    let page = browser.send("/recovery", &[("country", "US"), ("phone", other)]).await;
    page.says("98");
    let page = browser.post("/challenge", &[("code", &first)]).await;
    assert_eq!(page.status, 422, "the code of one number proves no other");
    let code = portal.code(other).await;
    browser.send("/challenge", &[("code", &code)]).await.says("Your request has reached us");
    let page = browser.send("/recovery", &[("country", "US"), ("phone", NEW)]).await;
    page.says("Your request has reached us");

    browser.open("/recovery").await;
    browser.send("/recovery/stop", &[]).await.says("The request was stopped");
    assert!(recovery::open_of(&portal.portal, mia.account).await.unwrap().is_none());
    browser.send("/recovery", &[("country", "US"), ("phone", NEW)]).await;
    browser.open("/recovery").await;
    let page = browser.send("/recovery", &[("country", "US"), ("phone", NEW)]).await;
    assert_eq!(page.status, 429, "three a day");
}

#[tokio::test]
async fn the_owner_stops_it_by_mailed_link_or_by_a_new_password() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    asked(&portal, &mia).await;
    let mail = portal.message(&mia.email, |item| item.text.contains("/recovery/cancel?token=")).await;
    let link = mail.text.lines().find(|line| line.contains("token=")).unwrap().to_owned();
    let link = link.strip_prefix(&portal.portal.config.public_origin()).unwrap().to_owned();
    let mut owner = portal.browser();
    let page = owner.get(&link).await;
    assert_eq!(page.location(), "/recovery/cancel", "the token leaves the address");
    owner.open("/recovery/cancel").await.says("If it was not you, stop the request.");
    assert!(recovery::open_of(&portal.portal, mia.account).await.unwrap().is_some(), "looking changes nothing");
    owner.send("/recovery/cancel", &[]).await.says("The request was stopped");
    assert!(recovery::open_of(&portal.portal, mia.account).await.unwrap().is_none());
    assert_eq!(deeds(&portal, "recovery_cancelled").await.len(), 1);
    portal.message(&mia.email, |item| item.text.contains("was stopped at")).await;
    owner.open("/recovery/cancel").await.says("This link no longer works");

    asked(&portal, &mia).await;
    let mut browser = portal.browser();
    browser.open("/password/forgot").await;
    browser.post("/password/forgot", &[("email", &mia.email)]).await;
    let mail = portal.message(&mia.email, |item| item.text.contains("/password/reset?token=")).await;
    let link = mail.text.lines().find(|line| line.contains("token=")).unwrap().to_owned();
    browser.open(link.strip_prefix(&portal.portal.config.public_origin()).unwrap()).await;
    browser.send("/password/reset", &[]).await;
    let code = portal.code(&mia.phone).await;
    browser.send("/challenge", &[("code", &code)]).await;
    browser.send("/password/reset", &[("password", "another long enough phrase")]).await;
    assert!(recovery::open_of(&portal.portal, mia.account).await.unwrap().is_none(), "who chose it holds a factor");
}

#[tokio::test]
async fn the_undo_brings_the_old_phone_back_for_72_hours() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut admin = bound(&portal, &mia).await;
    assert_eq!(phone_of(&portal, &mia).await, NEW);
    let holder = Someone { phone: NEW.into(), ..mia.clone() };
    let mut thief = portal.signed_in(&holder).await;
    let link = portal.link(&mia.email).await;
    assert!(link.starts_with("/recovery/undo?token="));

    let mut owner = portal.browser();
    owner.open(&link).await.says("Take the new phone off");
    assert_eq!(phone_of(&portal, &mia).await, NEW, "looking changes nothing");
    owner.send("/recovery/undo", &[]).await.says("The new phone was taken off");
    assert_eq!(phone_of(&portal, &mia).await, mia.phone);
    assert!(thief.get("/home").await.location().starts_with("/login"), "sessions end");
    portal.message("ada@people.example", |item| item.text.contains(&format!("/admin/people/{}", mia.account))).await;
    assert_eq!(deeds(&portal, "recovery_undone").await.len(), 1);
    assert_eq!(owner.open("/recovery/undo").await.status, 422, "once");
    assert_eq!(admin.get("/staff/recoveries").await.status, 200);
}

#[tokio::test]
async fn the_undo_also_brings_back_the_mail_address_from_before() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    bound(&portal, &mia).await;
    let link = portal.link(&mia.email).await;
    portal.minutes_later(2);
    address_taken(&portal, &mia).await;
    let not_me = portal.not_me_link(THIEF, "your email address was changed").await;

    let mut owner = portal.browser();
    owner.open(&link).await;
    owner.send("/recovery/undo", &[]).await.says("The new phone was taken off");

    assert_eq!(phone_of(&portal, &mia).await, mia.phone);
    assert_eq!(email_of(&portal, &mia).await, mia.email);
    portal.message(&mia.email, |item| item.text.contains("has the email address from before again")).await;
    let thiefs = portal.outbox.after(0, Some(THIEF));
    assert!(!thiefs.iter().any(|item| item.text.contains("The new phone was taken off")), "not told there");
    assert_eq!(deeds(&portal, "email_restored").await.len(), 1);
    let reported = deeds(&portal, "not_me_reported").await.len();
    let mut thief = portal.browser();
    thief.open(&not_me).await;
    assert_eq!(deeds(&portal, "not_me_reported").await.len(), reported);
    assert_eq!(thief.post("/account/not-me", &[]).await.status, 303);
    assert_eq!(deeds(&portal, "not_me_reported").await.len(), reported, "links mailed there since do nothing");
}

#[tokio::test]
async fn an_address_that_somebody_else_took_stays_theirs_and_its_mailbox_is_told_of_the_undo() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    bound(&portal, &mia).await;
    let link = portal.link(&mia.email).await;
    portal.minutes_later(2);
    address_taken(&portal, &mia).await;
    portal.account_of(Role::Patient, "Mia Second", &mia.email, "+12125550161", "1948-02-29").await;

    let mut owner = portal.browser();
    owner.open(&link).await;
    owner.send("/recovery/undo", &[]).await.says("The new phone was taken off");

    assert_eq!(phone_of(&portal, &mia).await, mia.phone);
    assert_eq!(email_of(&portal, &mia).await, THIEF);
    for to in [mia.email.as_str(), THIEF] {
        let told = portal.message(to, |item| item.text.contains("The new phone was taken off")).await;
        assert!(!told.text.contains("from before again") && !told.text.contains("people.example"), "{}", told.text);
    }
    let account = accounts::find(&portal.portal, mia.account).await.unwrap().unwrap();
    assert!(accounts::is_frozen(&account, portal.clock.now()) && account.password_void_at.is_some());
}

#[tokio::test]
async fn no_link_from_before_puts_a_lost_phone_in_the_place_of_the_bound_one() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let (new, second) = ("/account/security/phones/new", "+12125550160");
    browser.open(new).await;
    browser.send(new, &[("phone", second), ("password", PASSWORD)]).await;
    let code = portal.code(second).await;
    browser.send("/challenge", &[("code", &code)]).await.says("The phone is added.");
    let link = portal.not_me_link(&mia.email, "a phone was added").await;
    portal.minutes_later(2);
    bound(&portal, &mia).await;
    let mut owner = portal.browser();
    owner.open(&link).await.says_not("gets back the phone");
    owner.send("/account/not-me", &[]).await.says("We shut everybody out");
    assert_eq!(phone_of(&portal, &mia).await, NEW);
}

#[tokio::test]
async fn after_72_hours_the_new_number_stays() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    bound(&portal, &mia).await;
    let link = portal.link(&mia.email).await;
    let mut owner = portal.browser();
    owner.open(&link).await;
    portal.later(SignedDuration::from_hours(73));
    let page = owner.post("/recovery/undo", &[]).await;
    assert_eq!(page.status, 422);
    page.says("This link no longer works");
    assert_eq!(phone_of(&portal, &mia).await, NEW);
}

#[tokio::test]
async fn of_two_approvals_at_once_one_wins() {
    let portal = TestPortal::start_with(&[("SALUS_RECOVERY_WAIT_HOURS", "0")]).await;
    let mia = portal.patient("mia").await;
    let (okafor, ada, bob) = (portal.doctor("okafor").await, portal.admin("ada").await, portal.admin("bob").await);
    let mut browser = half_way(&portal, &mia).await;
    browser.open("/recovery").await;
    browser.send("/recovery", &[("country", "US"), ("phone", NEW)]).await;
    let code = portal.code(NEW).await;
    browser.send("/challenge", &[("code", &code)]).await;
    let id = recovery::open_of(&portal.portal, mia.account).await.unwrap().unwrap();
    let request = format!("/staff/recoveries/{id}");
    check(&mut portal.signed_in(&okafor).await, &request).await;
    let (mut one, mut other) = (portal.signed_in(&ada).await, portal.signed_in(&bob).await);
    let form = format!("{request}/approve");
    one.open(&form).await;
    other.open(&form).await;

    let (a, b) = join(one.post(&form, &[]), other.post(&form, &[])).await;

    let mut answers = [a.status, b.status];
    answers.sort_unstable();
    assert_eq!(answers, [303, 404]);
    assert_eq!(deeds(&portal, "recovery_approved").await.len(), 1);
    assert_eq!(phone_of(&portal, &mia).await, NEW);
}

#[tokio::test]
async fn a_refused_and_an_expired_request_change_nothing() {
    let portal = TestPortal::start().await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    let (_, request) = asked(&portal, &mia).await;
    let mut admin = portal.signed_in(&ada).await;
    admin.open(&format!("{request}/refuse")).await;
    let page = admin.post(&format!("{request}/refuse"), &[("reason", " ")]).await;
    assert_eq!(page.status, 422);
    let page = admin.send(&format!("{request}/refuse"), &[("reason", "Another face")]).await;
    page.says("The request was refused");
    portal.message(&mia.email, |item| item.text.contains("refused the request for a new phone")).await;
    assert_eq!(deeds(&portal, "recovery_refused").await[0].why.as_deref(), Some("Another face"));
    assert_eq!(admin.get(&request).await.status, 404);

    let (_, request) = asked(&portal, &mia).await;
    check(&mut portal.signed_in(&ada).await, &request).await;
    portal.later(SignedDuration::from_hours(24 * 14));
    let bob = portal.admin("bob").await;
    assert_eq!(portal.signed_in(&bob).await.get(&format!("{request}/approve")).await.status, 404);
    assert_eq!(phone_of(&portal, &mia).await, mia.phone);
    portal.later(SignedDuration::from_hours(24 * 31));
    assert_eq!(recovery::sweep(&portal.portal, 100).await.unwrap(), 2, "and leaves the database in the end");
}

#[tokio::test]
async fn the_shell_is_the_second_step_and_never_the_first() {
    let portal = TestPortal::start().await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    let (_, request) = asked(&portal, &mia).await;
    let id: RecoveryId = request.rsplit('/').next().unwrap().parse().unwrap();
    let shell = |reason: &'static str| recovery::approve(&portal.portal, Approver::Shell(reason), id, None);
    portal.later(SignedDuration::from_hours(25));

    assert!(matches!(shell("seen").await, Err(Failure::Refused(CheckRefusal::NotChecked))));
    check(&mut portal.signed_in(&ada).await, &request).await;
    assert!(matches!(shell(" ").await, Err(Failure::Refused(CheckRefusal::NoReason))));
    shell("One admin here; I saw the passport too").await.ok().unwrap();
    assert_eq!(phone_of(&portal, &mia).await, NEW);
    let trail = deeds(&portal, "recovery_approved").await;
    assert_eq!(trail[0].actor, "shell");
}
