//! What owners are told of, and what the link "this was not me" does: once, for ten days, for whoever holds it.

use salus::auth::alerts::{self, Alert, Also};
use salus::auth::password_reset;
use salus::clock::SignedDuration;
use salus::crypto::random::Secret;
use salus::identity::accounts;
use salus::messaging::gateways::outbox::Item;
use salus::sweep::sweep;
use salus::types::email_address::EmailAddress;
use salus::types::factor_kind::FactorKind;
use salus::types::phone::PhoneNumber;

use crate::support::browser::{Browser, Page};
use crate::support::people;
use crate::support::server::{PASSWORD, Someone, TestPortal};

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn raise(portal: &TestPortal, who: &Someone, alert: Alert<'_>, also: Also<'_>) {
    let mut tx = portal.portal.db.begin().await.unwrap();
    let account = accounts::find_in(&portal.portal, &mut tx, who.account).await.unwrap().unwrap();
    alerts::raise(&portal.portal, &mut tx, &account, alert, also, &people::network()).await.unwrap();
    tx.commit().await.unwrap();
}

fn mails(portal: &TestPortal, to: &str, subject: &str) -> Vec<Item> {
    let all = portal.outbox.after(0, Some(to));
    all.into_iter().filter(|item| item.subject.as_deref().is_some_and(|said| said.contains(subject))).collect()
}

/// Opens a link as somebody who was never here, and presses its button.
async fn press(portal: &TestPortal, link: &str) -> (Browser, Page) {
    let mut browser = portal.browser();
    browser.open(link).await.says("Was this not you?");
    let page = browser.send("/account/not-me", &[]).await;
    (browser, page)
}

async fn number(portal: &TestPortal, sql: &'static str) -> i64 {
    let mut connection = portal.portal.db.read().await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
}

#[tokio::test]
async fn each_alert_goes_to_the_right_addresses() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let (old_email, old_phone) = ("old@people.example", "+12125550199");
    let (email, phone) = (EmailAddress::parse(old_email).unwrap(), PhoneNumber::from_e164(old_phone).unwrap());
    let until = portal.clock.now() + SignedDuration::from_mins(15);
    let texted = [
        (Alert::PhoneAdded(&phone), "a phone was added", "ends in 99"),
        (Alert::PhoneChanged, "your main phone was changed", "Codes for your account go to another phone since"),
        (Alert::PhoneRemoved(&phone), "a phone was removed", "ends in 99"),
        (Alert::EmailChanged, "your email address was changed", "go to the new address"),
        (Alert::PasswordChanged, "your password was changed", "The password of your account was changed at"),
        (Alert::FactorAdded(FactorKind::Passkey), "a new way to sign in", "passkey or security key"),
        (Alert::FactorRemoved(FactorKind::Totp), "a way to sign in was removed", "authenticator app"),
        (Alert::RecoveryCodesMade, "new recovery codes were made", "Only these codes work from now on"),
        (Alert::Locked(until), "locked for now", "is locked until 10:15am"),
    ];
    for (alert, subject, sentence) in texted {
        let (before, old) = (portal.messages(&mia.phone).await, portal.messages(old_phone).await);
        raise(&portal, &mia, alert, Also { old_email: Some(&email), ..Also::default() }).await;
        assert_eq!(portal.messages(&mia.phone).await, before + 1, "{alert:?} is texted");
        let text = portal.outbox.after(0, Some(&mia.phone)).pop().unwrap().text;
        assert!(!text.contains("http") && !text.contains("token"), "no link in a text: {text}");
        raise(&portal, &mia, alert, Also { old_phone: Some(&phone), ..Also::default() }).await;
        assert_eq!(portal.messages(&mia.phone).await, before + 1, "{alert:?}: the text goes to the phone before");
        assert_eq!(portal.messages(old_phone).await, old + 1);
        let (now, then) = (mails(&portal, &mia.email, subject), mails(&portal, old_email, subject));
        assert_eq!((now.len(), then.len()), (2, 1), "{alert:?} is mailed to both");
        assert!(now[0].text.contains(sentence), "{}", now[0].text);
        assert!(now[0].text.contains("If this was you, there is nothing to do."));
        let has_place = now[0].text.contains("192.0.•.•");
        assert!(has_place, "roughly where: {}", now[0].text);
        let link =
            |item: &Item| item.text.lines().find(|line| line.contains("/account/not-me?token=")).map(str::to_owned);
        assert!(link(&now[0]).is_some() && link(&then[0]).is_some());
        assert_ne!(link(&now[0]), link(&then[0]), "each has a link of its own");
    }
    let before = portal.messages(&mia.phone).await;
    for (alert, subject, sentence) in [
        (Alert::NewDevice("Firefox on Windows"), "a new browser signed in", "Firefox on Windows"),
        (Alert::NewPlace("Edge on Mac"), "a sign-in from a new place", "Edge on Mac"),
        (Alert::StrangeCodes, "somebody typed wrong codes", "your password is known to someone else"),
        (Alert::TrustedCopyUsed("Firefox on Linux"), "may be copied", "Firefox on Linux"),
        (Alert::RecoveryCodeUsed(1), "a recovery code was used", "You have 1 recovery code left."),
    ] {
        raise(&portal, &mia, alert, Also::default()).await;
        portal.deliver().await;
        let told = mails(&portal, &mia.email, subject);
        assert_eq!(told.len(), 1, "{alert:?}");
        assert!(told[0].text.contains(sentence), "{}", told[0].text);
    }
    assert_eq!(portal.messages(&mia.phone).await, before, "these are mailed alone");
}

#[tokio::test]
async fn new_browsers_are_told_once_an_hour_each_and_three_times_a_day() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let told = async || {
        portal.deliver().await;
        let (each, more) = ("a new browser signed in", "more new browsers signed in");
        (mails(&portal, &mia.email, each).len(), mails(&portal, &mia.email, more).len())
    };
    for _ in 0..3 {
        raise(&portal, &mia, Alert::NewDevice("Firefox on Linux"), Also::default()).await;
    }
    assert_eq!(told().await, (1, 0), "the first at once, the same again not");
    raise(&portal, &mia, Alert::NewDevice("Edge on Windows"), Also::default()).await;
    assert_eq!(told().await, (2, 0), "another browser is news");
    portal.minutes_later(60);
    raise(&portal, &mia, Alert::NewDevice("Firefox on Linux"), Also::default()).await;
    assert_eq!(told().await, (3, 0));
    for agent in ["Safari on Mac", "Safari on iPhone", "Opera on Linux"] {
        raise(&portal, &mia, Alert::NewPlace(agent), Also::default()).await;
    }
    assert_eq!(told().await, (3, 1), "after three a day one mail says that there were more");
    portal.minutes_later(24 * 60);
    raise(&portal, &mia, Alert::NewDevice("Safari on Mac"), Also::default()).await;
    assert_eq!(told().await, (4, 1), "a day later each is told again");
}

#[tokio::test]
async fn of_many_new_browsers_at_one_instant_one_mail_comes() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let all = (0..8).map(|_| raise(&portal, &mia, Alert::NewDevice("Firefox on Linux"), Also::default()));
    futures_util::future::join_all(all).await;
    portal.deliver().await;
    assert_eq!(mails(&portal, &mia.email, "a new browser signed in").len(), 1);
}

#[tokio::test]
async fn this_was_not_me_shuts_everybody_out_and_says_what_happens_next() {
    let portal = TestPortal::start().await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    let mut thief = portal.browser();
    thief.headers.push(("user-agent".into(), FIREFOX.into()));
    portal.sign_in(&mut thief, &mia).await;
    let link = portal.not_me_link(&mia.email, "a new browser signed in").await;

    let mut scanner = portal.browser();
    let page = scanner.open(&link).await;
    assert_eq!((page.status, page.address.as_str()), (200, "/account/not-me"), "the token left the address");
    assert!(!page.body.contains(link.split("token=").nth(1).unwrap()));
    page.says("Everybody is signed out of your account").says_not("gets back the email address");
    assert_eq!(thief.open("/account").await.status, 200, "looking changes nothing");
    assert_eq!(number(&portal, "SELECT COUNT(*) FROM accounts WHERE frozen_at IS NOT NULL").await, 0);

    let (mut owner, page) = press(&portal, &link).await;
    page.says("We shut everybody out").says("Now choose a new password");
    assert_eq!(page.links("/password/forgot"), ["/password/forgot"]);
    assert!(thief.open("/account").await.address.starts_with("/login"), "every session ended");
    assert_eq!(number(&portal, "SELECT COUNT(*) FROM devices WHERE forgotten_at IS NULL").await, 0);
    thief.open("/login").await;
    let page = thief.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    page.says("Your password may be known to somebody else");
    assert_eq!(page.address, "/login", "the password opens nothing, not even here");

    let mine = portal.message(&mia.email, |item| item.text.contains("your password works no more")).await;
    assert!(mine.text.contains("/password/forgot") && mine.text.contains("are paused"));
    let staff = portal.message(&ada.email, |item| item.text.contains("something in their account was not them")).await;
    assert!(staff.text.contains("M. E.") && !staff.text.contains("Mia"), "by initials alone: {}", staff.text);
    assert!(staff.text.contains(&format!("/admin/people/{}", mia.account)));

    owner.open(&link).await.says("We shut everybody out");
    owner.send("/account/not-me", &[]).await.says("We shut everybody out");
    let reported = "SELECT COUNT(*) FROM audit_events WHERE deed = 'not_me_reported'";
    assert_eq!(number(&portal, reported).await, 1, "pressed again it shows what was done");
}

#[tokio::test]
async fn of_two_presses_at_one_instant_one_reports() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    raise(&portal, &mia, Alert::StrangeCodes, Also::default()).await;
    let link = portal.not_me_link(&mia.email, "somebody typed wrong codes").await;
    let token = Secret::new(link.split("token=").nth(1).unwrap());
    let from = people::network();
    let presses = (0..6).map(|_| alerts::not_me::report(&portal.portal, &token, &from));
    for pressed in futures_util::future::join_all(presses).await {
        assert!(pressed.unwrap());
    }
    assert_eq!(number(&portal, "SELECT COUNT(*) FROM audit_events WHERE deed = 'not_me_reported'").await, 1);
}

#[tokio::test]
async fn a_link_works_for_ten_days_and_a_made_up_one_looks_like_an_old_one() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    raise(&portal, &mia, Alert::PasswordChanged, Also::default()).await;
    let link = portal.not_me_link(&mia.email, "your password was changed").await;
    let mut browser = portal.browser();
    portal.later(SignedDuration::from_hours(10 * 24) - SignedDuration::from_secs(1));
    assert_eq!(browser.open(&link).await.status, 200);
    portal.later(SignedDuration::from_secs(1));
    let old = browser.open(&link).await;
    assert_eq!(old.status, 404);
    old.says("This link has stopped working").says("Links like this work for 10 days");
    let pressed = browser.post("/account/not-me", &[]).await;
    assert_eq!(pressed.status, 404);
    let made_up = format!("/account/not-me?token={}", Secret::token().expose());
    let mut other = portal.browser();
    assert_eq!(other.open(&made_up).await.text(), old.text());
    let page = browser.open("/account/not-me?token=short").await;
    assert_eq!((page.status, page.text()), (404, old.text()));
    assert_eq!(number(&portal, "SELECT COUNT(*) FROM accounts WHERE frozen_at IS NOT NULL").await, 0);
}

#[tokio::test]
async fn the_old_mailbox_gets_its_address_back() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut thief = portal.signed_in(&mia).await;
    thief.open("/account/security/email").await;
    thief.send("/account/security/email", &[("email", "thief@evil.example"), ("password", PASSWORD)]).await;
    let proof = portal.link("thief@evil.example").await;
    thief.open(&proof).await;
    thief.send("/account/security/email/confirm", &[]).await.says("Your email address is changed.");
    let theirs = portal.not_me_link("thief@evil.example", "your email address was changed").await;
    let link = portal.not_me_link(&mia.email, "your email address was changed").await;

    let mut owner = portal.browser();
    owner.open(&link).await.says("gets back the email address that it had before");
    owner.send("/account/not-me", &[]).await.says("We shut everybody out");
    let account = accounts::find(&portal.portal, mia.account).await.unwrap().unwrap();
    assert_eq!(account.email.as_str(), mia.email);
    assert!(thief.open("/account").await.address.starts_with("/login"));
    portal.message(&mia.email, |item| item.text.contains("your password works no more")).await;
    assert_eq!(number(&portal, "SELECT COUNT(*) FROM audit_events WHERE deed = 'email_restored'").await, 1);
    let mut thief = portal.browser();
    thief.open(&theirs).await.says("We shut everybody out");
    assert_eq!(
        number(&portal, "SELECT COUNT(*) FROM alerts WHERE used_at IS NULL AND kind = 'email_changed'").await,
        0
    );

    // The owner goes on by mail and code.
    owner.open("/password/forgot").await;
    owner.send("/password/forgot", &[("email", &mia.email)]).await.says("Look at your email");
    let reset = portal.link(&mia.email).await;
    owner.open(&reset).await;
    portal.minutes_later(1);
    owner.send("/password/reset", &[]).await;
    let code = portal.code(&mia.phone).await;
    owner.send("/challenge", &[("code", &code)]).await;
    owner.send("/password/reset", &[("password", "a brand new pass phrase")]).await.says("Your new password works now");
    portal.minutes_later(1);
    owner.open("/login").await;
    owner.send("/login", &[("email", &mia.email), ("password", "a brand new pass phrase")]).await;
    let code = portal.code(&mia.phone).await;
    owner.send("/challenge", &[("code", &code)]).await;
    owner.open("/home").await.says("Changes to your account are paused until you have talked to us.");
    let account = accounts::find(&portal.portal, mia.account).await.unwrap().unwrap();
    assert!(account.password_void_at.is_none());
    assert!(accounts::is_frozen(&account, portal.clock.now()), "a new password lifts no pause");
}

#[tokio::test]
async fn an_address_that_somebody_else_took_stays_theirs_and_the_rest_happens() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let former = EmailAddress::parse("former@people.example").unwrap();
    raise(&portal, &mia, Alert::EmailChanged, Also { old_email: Some(&former), ..Also::default() }).await;
    let kim = salus::types::actor::Role::Patient;
    portal.account_of(kim, "Kim Example", former.as_str(), "+12125550188", "1980-11-03").await;
    let link = portal.not_me_link(former.as_str(), "your email address was changed").await;
    press(&portal, &link).await.1.says("We shut everybody out");
    let account = accounts::find(&portal.portal, mia.account).await.unwrap().unwrap();
    assert_eq!(account.email.as_str(), mia.email);
    assert!(accounts::is_frozen(&account, portal.clock.now()));
}

#[tokio::test]
async fn links_that_wait_open_nothing_after_a_report() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut thief = portal.browser();
    thief.open("/password/forgot").await;
    thief.send("/password/forgot", &[("email", &mia.email)]).await;
    let reset = portal.link(&mia.email).await;
    let token = Secret::new(reset.split("token=").nth(1).unwrap());
    assert!(password_reset::is_open(&portal.portal, &token).await.unwrap());
    raise(&portal, &mia, Alert::StrangeCodes, Also::default()).await;
    let link = portal.not_me_link(&mia.email, "somebody typed wrong codes").await;
    press(&portal, &link).await.1.says("We shut everybody out");
    assert!(!password_reset::is_open(&portal.portal, &token).await.unwrap());
}

#[tokio::test]
async fn changes_are_paused_until_an_admin_lifts_it_with_a_reason() {
    let portal = TestPortal::start().await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    raise(&portal, &mia, Alert::StrangeCodes, Also::default()).await;
    let link = portal.not_me_link(&mia.email, "somebody typed wrong codes").await;
    press(&portal, &link).await;
    // Mia has chosen a new password; the pause holds.
    let hash = accounts::find(&portal.portal, mia.account).await.unwrap().unwrap().password_hash;
    let mut tx = portal.portal.db.begin().await.unwrap();
    accounts::set_password(&portal.portal, &mut tx, mia.account, &hash).await.unwrap();
    tx.commit().await.unwrap();
    let mut browser = portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    let code = portal.code(&mia.phone).await;
    browser.send("/challenge", &[("code", &code), ("trust_device", "yes")]).await;
    assert_eq!(number(&portal, "SELECT COUNT(*) FROM devices WHERE trusted_until IS NOT NULL").await, 0);
    for path in ["/account/security/email", "/account/security/password"] {
        let page = browser.open(path).await;
        assert_eq!(page.status, 422);
        page.says("Changes to your account are paused until you have talked to us.");
    }
    let page =
        browser.post("/account/security/email", &[("email", "new@people.example"), ("password", PASSWORD)]).await;
    assert_eq!(page.status, 422);
    page.says("Changes are paused");
    assert_eq!(number(&portal, "SELECT COUNT(*) FROM email_changes").await, 0);

    let mut admin = portal.signed_in(&ada).await;
    let person = format!("/admin/people/{}", mia.account);
    admin.open(&person).await.says("Paused since").says("reported as not theirs").says("Allow changes again");
    let unfreeze = format!("{person}/unfreeze");
    admin.open(&unfreeze).await;
    let page = admin.post(&unfreeze, &[("reason", " ")]).await;
    assert_eq!(page.status, 422);
    let page = admin.send(&unfreeze, &[("reason", "called her back, ticket 12")]).await;
    page.says("Changes are possible again.").says_not("Paused since");
    portal.message(&mia.email, |item| item.text.contains("Your care team ended the pause")).await;
    assert_eq!(browser.open("/account/security/email").await.status, 200);
    browser.open("/account/security").await.says("Reported by a mailed link").says("allowed again");
    let lifted = "SELECT COUNT(*) FROM audit_events WHERE deed = 'account_unfrozen'";
    assert_eq!(number(&portal, lifted).await, 1);
}

#[tokio::test]
async fn nobody_lifts_their_own_pause() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    let mut browser = portal.signed_in(&ada).await;
    let mut tx = portal.portal.db.begin().await.unwrap();
    let until = portal.clock.now() + SignedDuration::from_hours(72);
    accounts::freeze_until(&portal.portal, &mut tx, ada.account, until).await.unwrap();
    accounts::freeze_until(&portal.portal, &mut tx, ada.account, portal.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    let unfreeze = format!("/admin/people/{}/unfreeze", ada.account);
    browser.open(&unfreeze).await.says("Paused until");
    let page = browser.post(&unfreeze, &[("reason", "it was me")]).await;
    assert_eq!(page.status, 422);
    page.says("Nobody can lift their own pause.");
    let account = accounts::find(&portal.portal, ada.account).await.unwrap().unwrap();
    assert!(accounts::is_frozen(&account, until - SignedDuration::from_millis(1)), "a shorter pause shortens nothing");
    assert!(!accounts::is_frozen(&account, until), "it ends by itself");
}

#[tokio::test]
async fn alerts_and_changes_of_address_that_are_over_are_swept() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    browser.open("/account/security/email").await;
    browser.send("/account/security/email", &[("email", "new@people.example"), ("password", PASSWORD)]).await;
    let rows = async || {
        sweep(&portal.portal).await.unwrap();
        let alerts = number(&portal, "SELECT COUNT(*) FROM alerts").await;
        (alerts, number(&portal, "SELECT COUNT(*) FROM email_changes").await)
    };
    portal.later(SignedDuration::from_hours(25));
    assert_eq!(rows().await, (1, 1));
    portal.later(SignedDuration::from_millis(1));
    assert_eq!(rows().await, (1, 0), "a day after the link's hour");
    portal.later(SignedDuration::from_hours(40 * 24 - 25) - SignedDuration::from_millis(1));
    assert_eq!(rows().await, (1, 0));
    portal.later(SignedDuration::from_millis(1));
    assert_eq!(rows().await, (0, 0), "30 days after the ten");
}
