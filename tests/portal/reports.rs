//! "This was not me" after somebody was in for a while: one press undoes all of it, whichever mail its owner saw, and what
//! came back by a mailed link alone chooses no password.

use salus::auth::alerts::freeze::{self, Lifter};
use salus::auth::alerts::{self, Alert, Also};
use salus::auth::factors::totp;
use salus::clock::SignedDuration;
use salus::identity::accounts::{self, Account};

use crate::factor_totp::bind;
use crate::support::browser::Browser;
use crate::support::people;
use crate::support::server::{PASSWORD, Someone, TestPortal};

const PHONES: &str = "/account/security/phones";
const EMAIL: &str = "/account/security/email";
const THIEF: &str = "thief@evil.example";
const THEIRS: &str = "+12125550160";

async fn account(portal: &TestPortal, who: &Someone) -> Account {
    accounts::find(&portal.portal, who.account).await.unwrap().unwrap()
}

async fn raise(portal: &TestPortal, who: &Someone, alert: Alert<'_>) {
    let mut tx = portal.portal.db.begin().await.unwrap();
    let account = accounts::find_in(&portal.portal, &mut tx, who.account).await.unwrap().unwrap();
    alerts::raise(&portal.portal, &mut tx, &account, alert, Also::default(), &people::network()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Gives the account another number and another mail address, from a browser that is signed in.
async fn take_over(portal: &TestPortal, thief: &mut Browser) {
    let page = thief.open(PHONES).await;
    let path = page.body.split('"').find(|part| part.ends_with("/replace")).expect("a phone to replace").to_owned();
    thief.open(&path).await;
    thief.send(&path, &[("phone", THEIRS), ("password", PASSWORD)]).await;
    let code = portal.code(THEIRS).await;
    thief.send("/challenge", &[("code", &code)]).await.says("The number is changed.");
    thief.open(EMAIL).await;
    thief.send(EMAIL, &[("email", THIEF), ("password", PASSWORD)]).await;
    let proof = portal.link(THIEF).await;
    thief.open(&proof).await;
    thief.send(&format!("{EMAIL}/confirm"), &[]).await.says("Your email address is changed.");
}

async fn press(portal: &TestPortal, link: &str) -> Browser {
    let mut owner = portal.browser();
    owner.open(link).await.says("Was this not you?");
    owner.send("/account/not-me", &[]).await.says("We shut everybody out");
    owner
}

/// How many mails with a link to a new password an address got.
async fn reset_links(portal: &TestPortal, email: &str) -> usize {
    portal.deliver().await;
    portal.outbox.after(0, Some(email)).iter().filter(|item| item.text.contains("/password/reset?token=")).count()
}

#[tokio::test]
async fn one_press_undoes_every_change_since_and_tells_wherever_the_owner_may_read_it() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    portal.minutes_later(1);
    let mut thief = portal.signed_in(&mia).await;
    let link = portal.not_me_link(&mia.email, "a new browser signed in").await;
    portal.minutes_later(2);
    take_over(&portal, &mut thief).await;
    let taken = account(&portal, &mia).await;
    assert_eq!((taken.email.as_str(), taken.phone.e164()), (THIEF, THEIRS));

    portal.minutes_later(2);
    let mut owner = portal.browser();
    let page = owner.open(&link).await;
    page.says("gets back the email address that it had before");
    page.says("Your account gets back the phone that it had before.");
    owner.send("/account/not-me", &[]).await.says("You can choose a new password once we have talked to you");
    let back = account(&portal, &mia).await;
    assert_eq!((back.email.as_str(), back.phone.e164()), (mia.email.as_str(), mia.phone.as_str()));
    for to in [&mia.email, &mia.phone, THIEF, THEIRS] {
        portal
            .message(to, |item| item.text.contains("signed everybody out") || item.text.contains("ended every"))
            .await;
    }
    let late = portal.not_me_link(&mia.email, "your email address was changed").await;
    portal.browser().open(&late).await.says("We shut everybody out");

    // What came back by a mailed link alone chooses no password.
    for email in [THIEF, &mia.email] {
        owner.open("/password/forgot").await;
        owner.send("/password/forgot", &[("email", email)]).await.says("Look at your email");
    }
    portal.message(&mia.email, |item| item.text.contains("this waits")).await;
    assert_eq!(reset_links(&portal, &mia.email).await + reset_links(&portal, THIEF).await, 0);
    freeze::lift(&portal.portal, Lifter::Shell, mia.account, "met in person", None).await.map_err(|_| ()).unwrap();
    owner.open("/password/forgot").await;
    owner.send("/password/forgot", &[("email", &mia.email)]).await;
    let reset = portal.link(&mia.email).await;
    owner.open(&reset).await;
    owner.send("/password/reset", &[]).await;
    let code = portal.code(&mia.phone).await;
    owner.send("/challenge", &[("code", &code)]).await;
    owner.send("/password/reset", &[("password", "a brand new pass phrase")]).await.says("Your new password works now");
}

#[tokio::test]
async fn phone_and_address_that_are_both_new_choose_no_password() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    portal.minutes_later(1);
    let mut thief = portal.signed_in(&mia).await;
    portal.minutes_later(2);
    take_over(&portal, &mut thief).await;
    portal.minutes_later(30);
    // Told to the present address alone, whoever reads that.
    raise(&portal, &mia, Alert::PasswordChanged).await;
    let link = portal.not_me_link(THIEF, "your password was changed").await;
    let mut owner = press(&portal, &link).await;
    let stays = account(&portal, &mia).await;
    assert_eq!((stays.email.as_str(), stays.phone.e164()), (THIEF, THEIRS), "what was before the alert stays");
    assert!(stays.reset_held_at.is_some());
    portal.message(&mia.email, |item| item.text.contains("We ended every session")).await;
    owner.open("/password/forgot").await;
    owner.send("/password/forgot", &[("email", THIEF)]).await;
    portal.message(THIEF, |item| item.text.contains("this waits")).await;
    assert_eq!(reset_links(&portal, THIEF).await, 0);

    // The mails about phone and address still undo theirs.
    let link = portal.not_me_link(&mia.email, "your main phone was changed").await;
    press(&portal, &link).await;
    let back = account(&portal, &mia).await;
    assert_eq!((back.email.as_str(), back.phone.e164()), (mia.email.as_str(), mia.phone.as_str()));
}

#[tokio::test]
async fn what_was_added_in_the_ten_days_before_goes_whichever_mail_was_seen() {
    for (days, stays) in [(9, false), (11, true)] {
        let portal = TestPortal::start().await;
        let mia = portal.patient("mia").await;
        let mut browser = portal.signed_in(&mia).await;
        bind(&portal, &mut browser).await;
        portal.later(SignedDuration::from_hours(24 * days));
        raise(&portal, &mia, Alert::PasswordChanged).await;
        let link = portal.not_me_link(&mia.email, "your password was changed").await;
        press(&portal, &link).await;
        let account = account(&portal, &mia).await;
        assert_eq!(totp::of(&portal.portal, &account).await.unwrap().is_some(), stays, "{days} days");
        assert!(account.reset_held_at.is_none(), "nothing came back");
    }
}
