//! A proof counts for what it proved: a code for the phone or mailbox that it was sent to, a factor for everything but
//! itself; and whoever is shut out stays out, whatever they left behind.

use salus::auth::alerts::not_me;
use salus::auth::challenges::AnswerRefusal;
use salus::auth::factors::manage::{self, RemoveRefusal};
use salus::auth::factors::passkeys;
use salus::auth::sign_in::SignInRefusal;
use salus::auth::step_up;
use salus::crypto::random::Secret;
use salus::types::actor::Role;
use salus::types::factor_kind::FactorKind;
use salus::types::role_policy::RolePolicy;

use crate::door::{self, Door, refusal, went_through};
use crate::factor_passkey::{adds, asked, enters, mia, says};
use crate::factor_totp::password;
use crate::passkey_device::Device;
use crate::support::server::{PASSWORD, TestPortal};

const MAIL: &str = "mia@example.org";
const CODES: &str = "/account/security/recovery-codes";

#[tokio::test]
async fn a_code_proves_the_phone_or_mailbox_alone_that_it_was_sent_to() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    portal.minutes_later(11);
    browser.open("/step-up?next=/account").await;
    browser.send("/step-up", &[("next", "/account")]).await.says("We sent a text message");
    let texted = portal.code(&mia.phone).await;
    portal.minutes_later(1);
    browser.open("/challenge/method").await;
    browser.send("/challenge/method", &[("method", "email")]).await.says("We sent a mail");
    let mail = portal.message(&mia.email, |item| item.text.contains("Your code for the portal is")).await.text;
    let (_, mailed) = mail.split_once("for the portal is ").unwrap();
    assert_ne!(&mailed[..6], texted, "another factor gets another code");
    assert_eq!(browser.post("/challenge", &[("code", &texted)]).await.status, 422);
    browser.open("/challenge").await;
    assert_eq!(browser.post("/challenge", &[("code", &mailed[..6])]).await.location(), "/account");

    // The mailbox does not vouch for another address in its place.
    let page = browser.open("/account/security/email").await;
    assert_eq!(page.address, "/step-up?next=%2Faccount%2Fsecurity%2Femail&apart=email");
    let page =
        browser.post("/account/security/email", &[("email", "new@people.example"), ("password", PASSWORD)]).await;
    assert!(page.location().contains("apart=email"), "{}", page.location());
}

#[tokio::test]
async fn a_recovery_code_makes_no_new_ones_while_there_is_another_factor() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    browser.open(CODES).await;
    let page = browser.post(CODES, &[("set", "none")]).await.text();
    browser.open(CODES).await;
    let again = browser.post(CODES, &[("set", "none")]).await;
    assert_eq!(again.location(), CODES, "a page that is loaded again makes no other codes");
    let code = page.split_whitespace().find(|word| word.len() == 14 && word.matches('-').count() == 2).unwrap();
    browser.open("/home").await;
    browser.post("/logout", &[]).await;
    portal.minutes_later(2);
    password(&mut browser, &mia).await;
    browser.open("/challenge/method").await;
    browser.send("/challenge/method", &[("method", "recovery")]).await;
    assert_eq!(browser.post("/challenge", &[("code", code)]).await.location(), "/home");
    browser.open(CODES).await;
    let page = browser.post(CODES, &[]).await;
    assert_eq!(page.location(), "/step-up?next=%2Faccount%2Fsecurity%2Frecovery-codes&apart=recovery");
    browser.open(&format!("{CODES}/remove")).await;
    assert!(browser.post(&format!("{CODES}/remove"), &[]).await.location().contains("apart=recovery"));
}

#[tokio::test]
async fn a_passkey_that_somebody_left_behind_opens_nothing_after_the_owner_reported_it() {
    let door = Door::open().await;
    let (_, session, mut device) = mia(&door).await;
    let (mut own, account) = (Device::at(&device.origin), door.of_mail(MAIL).await);
    let mut theirs = door::browser();
    let hijacked = door.signed_in(&mut theirs, MAIL, "+12125550142", false).await;
    went_through(adds(&door, &session, &mut own).await);
    door.tamper("UPDATE authenticators SET added_at = added_at - 950400000, proved_at = proved_at - 950400000").await;
    went_through(adds(&door, &hijacked, &mut device).await);
    door.deliver().await;
    let mail = door.messages(MAIL).into_iter().rev().find(|mail| mail.contains("/account/not-me?token=")).unwrap();
    let token = mail.split("/account/not-me?token=").nth(1).unwrap().split_whitespace().next().unwrap();
    assert!(not_me::report(&door.portal, &Secret::new(token), &door::browser().network).await.unwrap());

    assert_eq!(refusal(enters(&door, &door::browser(), &mut device).await), SignInRefusal::Wrong);
    let left = passkeys::of(&door.portal, &door.of(account).await).await.unwrap();
    assert_eq!(left.len(), 1, "what was added lately is gone, what was there long before stays");
    assert_eq!(
        refusal(enters(&door, &door::browser(), &mut own).await),
        SignInRefusal::Wrong,
        "not before a new password"
    );
    door.tamper("UPDATE accounts SET password_void_at = NULL").await;
    assert_eq!(refusal(enters(&door, &door::browser(), &mut device).await), SignInRefusal::Wrong);
    went_through(enters(&door, &door::browser(), &mut own).await);
}

#[tokio::test]
async fn the_last_factor_that_the_policy_counts_stays() {
    let door = Door::open().await;
    let account = door.account(Role::Admin, MAIL, "+12125550142").await;
    let mut browser = door::browser();
    let session = door.signed_in(&mut browser, MAIL, "+12125550142", false).await;
    let mut device = Device::at(&door.portal.config.public_origin());
    let id = went_through(adds(&door, &session, &mut device).await);
    let mut draft = door.portal.policies.now().of(Role::Admin).draft();
    draft.allowed = [FactorKind::Passkey, FactorKind::Totp, FactorKind::Recovery].into();
    let mut policies = (*door.portal.policies.now()).clone();
    policies.put(Role::Admin, RolePolicy::new(Role::Admin, &draft).unwrap());
    door.portal.policies.learn(policies);
    let entered = went_through(enters(&door, &door::browser(), &mut device).await);
    let by_key = door.session(&entered.token).await.unwrap();
    let fresh = step_up::fresh(&door.portal, &by_key).unwrap();
    let removed = manage::remove_passkey(&door.portal, &fresh, &by_key, id, &browser.network).await;
    assert_eq!(refusal(removed), RemoveRefusal::Last);
    let left = passkeys::of(&door.portal, &door.of(account).await).await.unwrap();
    assert_eq!(left.len(), 1);
}

#[tokio::test]
async fn a_copy_of_a_device_is_found_out_by_a_question_of_before_as_well() {
    let door = Door::open().await;
    let (browser, session, mut device) = mia(&door).await;
    went_through(adds(&door, &session, &mut device).await);
    let mut copy = device.clone();
    let elsewhere = door::browser();
    let (first, second) = (door.password(&browser, MAIL).await, door.password(&elsewhere, MAIL).await);
    let (question, other) = (asked(&door, &first).await, asked(&door, &second).await);
    went_through(says(&door, &browser, &first, &device.proves(&question)).await);
    let answer = copy.proves(&other);
    assert_eq!(refusal(says(&door, &elsewhere, &second, &answer).await), AnswerRefusal::Wrong { left: 4 });
}

#[tokio::test]
async fn whoever_knows_the_password_cannot_stop_the_owners_request_for_a_new_phone() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut owner = portal.browser();
    password(&mut owner, &mia).await;
    owner.open("/recovery").await;
    owner.send("/recovery", &[("country", "US"), ("phone", "+12125550199")]).await;
    let code = portal.code("+12125550199").await;
    owner.send("/challenge", &[("code", &code)]).await.says("The new number ends in 99").says("Stop the request");

    let mut thief = portal.browser();
    password(&mut thief, &mia).await;
    let page = thief.open("/recovery").await;
    page.says("This request came from another browser").says_not("Stop the request");
    assert_eq!(
        thief.post("/recovery/stop", &[]).await.location(),
        "/recovery?stopped=1",
        "the form itself is in order"
    );
    thief.open("/recovery").await.says("The new number ends in 99");
    owner.open("/recovery").await.says("The new number ends in 99");

    owner.send("/recovery/stop", &[]).await.says("What happens");
    portal.message(&mia.email, |item| item.text.contains("was stopped at")).await;
}

#[tokio::test]
async fn who_is_signed_in_sees_and_stops_a_request_for_a_new_phone() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut home = portal.signed_in(&mia).await;
    let mut thief = portal.browser();
    password(&mut thief, &mia).await;
    thief.open("/recovery").await;
    thief.send("/recovery", &[("country", "US"), ("phone", "+12125550199")]).await;
    let code = portal.code("+12125550199").await;
    thief.send("/challenge", &[("code", &code)]).await.says("Your request has reached us");
    home.open("/account/security").await.says("Its number ends in 99").says("Stop the request");
    let page = home.send("/account/security/recovery/stop", &[]).await;
    page.says("The request for a new phone is stopped.").says_not("Its number ends in 99");
    let waits = salus::auth::recovery::open_of(&portal.portal, mia.account).await;
    assert_eq!(waits.unwrap(), None);
}
