//! A person's phones: added, changed, chosen as the main one and removed, each with a code of its own; and put back by the
//! link "this was not me".

use salus::auth::phone_changes::{self, ChangeRefusal};
use salus::clock::SignedDuration;
use salus::error::Failure;
use salus::identity::accounts::{self, Account};
use salus::identity::phones::{self, Phone};
use salus::messaging::live_code::LiveCode;
use salus::sweep::sweep;
use salus::types::actor::Role;

use crate::factor_totp::{bind, tamper};
use crate::support::browser::{Browser, Page};
use crate::support::people;
use crate::support::server::{PASSWORD, Someone, TestPortal};

const PHONES: &str = "/account/security/phones";
const NEW: &str = "/account/security/phones/new";
const SECOND: &str = "+12125550160";
const THIRD: &str = "+12125550161";

async fn account(portal: &TestPortal, who: &Someone) -> Account {
    accounts::find(&portal.portal, who.account).await.unwrap().unwrap()
}

/// The proved phones, the main one first.
async fn proved(portal: &TestPortal, who: &Someone) -> Vec<Phone> {
    let account = account(portal, who).await;
    let all = phones::of(&portal.portal, &account.phone_owner()).await.unwrap();
    all.into_iter().filter(|phone| phone.proved_at.is_some()).collect()
}

async fn numbers(portal: &TestPortal, who: &Someone) -> Vec<String> {
    proved(portal, who).await.iter().map(|phone| phone.number.e164().to_owned()).collect()
}

async fn id_of(portal: &TestPortal, who: &Someone, number: &str) -> String {
    let all = proved(portal, who).await;
    all.iter().find(|phone| phone.number.e164() == number).unwrap().id.to_string()
}

async fn count(portal: &TestPortal, sql: &'static str) -> i64 {
    let mut connection = portal.portal.db.read().await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
}

async fn ask(browser: &mut Browser, path: &str, number: &str) -> Page {
    let page = browser.open(path).await;
    assert_eq!((page.status, page.address.as_str()), (200, path), "{}", page.text());
    browser.send(path, &[("phone", number), ("password", PASSWORD)]).await
}

/// Asks for a code to a number and enters it.
async fn give(portal: &TestPortal, browser: &mut Browser, path: &str, number: &str) -> Page {
    let page = ask(browser, path, number).await;
    assert_eq!(page.address, "/challenge", "{}", page.text());
    let code = portal.code(number).await;
    browser.send("/challenge", &[("code", &code)]).await
}

async fn add(portal: &TestPortal, browser: &mut Browser, number: &str) {
    give(portal, browser, NEW, number).await.says("The phone is added.");
}

/// The same person with another main phone.
fn with(who: &Someone, number: &str) -> Someone {
    Someone { phone: number.into(), ..who.clone() }
}

/// Opens a link as somebody who was never here, and presses its button.
async fn press(portal: &TestPortal, link: &str) {
    let mut browser = portal.browser();
    browser.open(link).await.says("Your account gets back the phone that it had before.");
    browser.send("/account/not-me", &[]).await.says("We shut everybody out");
}

#[tokio::test]
async fn a_second_phone_counts_once_a_code_to_it_came_back() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut other = portal.signed_in(&mia).await;
    portal.minutes_later(11);
    assert_eq!(other.get(NEW).await.location(), "/step-up?next=%2Faccount%2Fsecurity%2Fphones%2Fnew");
    let page = other.post(NEW, &[("phone", SECOND), ("password", PASSWORD)]).await;
    assert_eq!((page.status, page.location()), (303, "/step-up?next=%2Faccount%2Fsecurity%2Fphones%2Fnew"));
    let mut browser = portal.signed_in(&mia).await;
    let page = browser.open("/account/security").await;
    assert_eq!(page.links(PHONES), [PHONES]);
    page.says("1 phone, the main one ending in");
    assert_eq!(browser.open("/account").await.links(PHONES), [PHONES]);
    browser.open(PHONES).await.says("Main phone").says("Text messages are the weaker way").says_not("Remove");

    for (number, password, sentence) in [
        ("", PASSWORD, "Enter your mobile phone number"),
        ("900 555 0142", PASSWORD, "We cannot text this kind of number."),
        (mia.phone.as_str(), PASSWORD, "You have this phone already."),
        (SECOND, "not it", "This is not your password."),
        (SECOND, "", "Enter your password"),
        ("", "", "Enter your password"),
    ] {
        browser.open(NEW).await.says("Text messages are the weaker way");
        let page = browser.post(NEW, &[("phone", number), ("password", password)]).await;
        assert_eq!(page.status, 422, "{number}");
        page.says(sentence);
        assert_eq!(page.field("phone"), number, "what was typed is kept");
    }
    assert_eq!(portal.messages(SECOND).await, 0);

    let page = ask(&mut browser, NEW, SECOND).await;
    page.says("Enter the code that we sent to the new number.").says("ending in 60");
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str()], "nothing is added yet");
    let code = portal.code(SECOND).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let page = browser.post("/challenge", &[("code", wrong)]).await;
    assert_eq!(page.status, 422);
    page.says("The code does not match.");
    let old_cookie = browser.cookies["sid"].clone();
    let page = browser.send("/challenge", &[("code", &code)]).await;
    page.says("The phone is added. You are signed out everywhere else.").says("Ending in 60");
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str(), SECOND]);
    assert_ne!(browser.cookies["sid"], old_cookie, "the session goes on under a new cookie");
    assert!(other.open("/home").await.address.starts_with("/login"), "all others end");
    let told = portal.message(&mia.email, |item| item.text.contains("A phone was added to your account")).await;
    assert!(told.text.contains("ends in 60") && told.text.contains("/account/not-me?token="));
    portal.message(&mia.phone, |item| item.text.contains("a phone was added to your portal account")).await;
    assert_eq!(portal.messages(SECOND).await, 1, "the new phone had its code and nothing else");
    browser.open("/account/security").await.says("Added a phone").says("2 phones, the main one ending in");

    // Each has its own history.
    let (first, second) = (id_of(&portal, &mia, &mia.phone).await, id_of(&portal, &mia, SECOND).await);
    let page = browser.open(&format!("{PHONES}/{second}")).await;
    page.says("Code to show that the phone is yours").says("Sent").says_not("Code to sign in").says_not(&code);
    let page = browser.open(&format!("{PHONES}/{first}")).await;
    page.says("Code to sign in").says_not("Code to show that the phone is yours");

    // Its code is asked for where the main phone is not at hand.
    let mut later = portal.browser();
    portal.minutes_later(2);
    crate::factor_totp::password(&mut later, &mia).await.says("ending in");
    let before = portal.messages(SECOND).await;
    portal.minutes_later(1);
    later.open("/challenge/method").await;
    later.send("/challenge/method", &[("method", &format!("sms:{second}"))]).await.says("ending in 60");
    assert_eq!(portal.messages(SECOND).await, before + 1);
    let code = portal.code(SECOND).await;
    assert_eq!(later.post("/challenge", &[("code", &code)]).await.location(), "/home");
    later.post("/logout", &[]).await;
    portal.minutes_later(2);
    let before = portal.messages(&mia.phone).await;
    crate::factor_totp::password(&mut later, &mia).await;
    assert_eq!(portal.messages(&mia.phone).await, before + 1, "the main phone comes first all the same");
}

#[tokio::test]
async fn the_code_of_one_number_proves_no_other() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    ask(&mut browser, NEW, SECOND).await;
    let of_second = portal.code(SECOND).await;
    ask(&mut browser, NEW, THIRD).await.says("ending in 61");
    let of_third = portal.code(THIRD).await;
    if of_second != of_third {
        browser.post("/challenge", &[("code", &of_second)]).await.says("The code does not match.");
    }
    browser.send("/challenge", &[("code", &of_third)]).await.says("The phone is added.");
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str(), THIRD]);
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM phones WHERE proved_at IS NULL").await, 1);
    portal.later(SignedDuration::from_hours(25));
    sweep(&portal.portal).await.unwrap();
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM phones WHERE proved_at IS NULL").await, 0);
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str(), THIRD]);
}

#[tokio::test]
async fn another_main_phone_gets_the_codes_and_the_old_one_is_told_and_can_take_it_back() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    portal.minutes_later(1);
    add(&portal, &mut browser, SECOND).await;
    let second = id_of(&portal, &mia, SECOND).await;
    portal.minutes_later(2);
    browser.open(PHONES).await;
    let page = browser.send(&format!("{PHONES}/{second}/primary"), &[]).await;
    page.says("You have another main phone now.");
    assert_eq!(numbers(&portal, &mia).await, [SECOND, mia.phone.as_str()]);
    assert_eq!(account(&portal, &mia).await.phone.e164(), SECOND);
    portal.message(&mia.phone, |item| item.text.contains("go to another phone now")).await;
    let link = portal.not_me_link(&mia.email, "your main phone was changed").await;
    browser.open(PHONES).await;
    let again = browser.post(&format!("{PHONES}/{second}/primary"), &[]).await;
    assert_eq!(again.location(), PHONES, "pressed twice, nothing more happens");
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM audit_events WHERE deed = 'phone_changed'").await, 1);

    portal.minutes_later(2);
    portal.signed_in(&with(&mia, SECOND)).await;

    press(&portal, &link).await;
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str()], "what was added in the days before went");
    assert_eq!(account(&portal, &mia).await.phone.e164(), mia.phone);
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM audit_events WHERE deed = 'phones_restored'").await, 1);
}

#[tokio::test]
async fn who_has_one_phone_changes_its_number_by_it_and_the_old_number_holds_until_then() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let first = id_of(&portal, &mia, &mia.phone).await;
    let path = format!("{PHONES}/{first}/replace");
    ask(&mut browser, &path, SECOND).await.says("ending in 60");
    assert_eq!(account(&portal, &mia).await.phone.e164(), mia.phone, "nothing has changed yet");
    let code = portal.code(SECOND).await;
    browser.send("/challenge", &[("code", &code)]).await.says("The number is changed.");
    assert_eq!(numbers(&portal, &mia).await, [SECOND]);
    assert_eq!(account(&portal, &mia).await.phone.e164(), SECOND);
    portal.message(&mia.phone, |item| item.text.contains("go to another phone now")).await;
    let link = portal.not_me_link(&mia.email, "your main phone was changed").await;
    assert_eq!(browser.get(&path).await.status, 404, "the old one is gone");

    portal.minutes_later(2);
    let before = portal.messages(&mia.phone).await;
    let mut thief = portal.signed_in(&with(&mia, SECOND)).await;
    assert_eq!(portal.messages(&mia.phone).await, before, "no code goes to the old number");
    add(&portal, &mut thief, THIRD).await;

    press(&portal, &link).await;
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str()], "what was proved since went with it");
    assert_eq!(account(&portal, &mia).await.phone.e164(), mia.phone);
    assert!(thief.open("/account").await.address.starts_with("/login"));
}

#[tokio::test]
async fn a_former_number_that_three_others_took_stays_theirs_and_the_rest_happens() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let first = id_of(&portal, &mia, &mia.phone).await;
    give(&portal, &mut browser, &format!("{PHONES}/{first}/replace"), SECOND).await.says("The number is changed.");
    let link = portal.not_me_link(&mia.email, "your main phone was changed").await;
    family(&portal, &mia.phone).await;
    press(&portal, &link).await;
    assert_eq!(numbers(&portal, &mia).await, [SECOND]);
    assert!(accounts::is_frozen(&account(&portal, &mia).await, portal.clock.now()));
}

#[tokio::test]
async fn an_added_phone_goes_when_it_was_not_the_owner_even_as_the_main_one() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut thief = portal.signed_in(&mia).await;
    add(&portal, &mut thief, SECOND).await;
    let link = portal.not_me_link(&mia.email, "a phone was added").await;
    let (first, second) = (id_of(&portal, &mia, &mia.phone).await, id_of(&portal, &mia, SECOND).await);
    thief.open(PHONES).await;
    thief.send(&format!("{PHONES}/{second}/primary"), &[]).await.says("You have another main phone now.");
    // Proved by the first phone at sign-in: the new one is asked before that goes.
    let page = thief.open(&format!("{PHONES}/{first}/remove")).await;
    assert!(page.address.starts_with("/step-up"), "{}", page.address);
    portal.minutes_later(1);
    thief.send("/step-up", &[]).await;
    let code = portal.code(SECOND).await;
    thief.send("/challenge", &[("code", &code)]).await.says("Remove the phone ending in");
    thief.send(&format!("{PHONES}/{first}/remove"), &[]).await.says("The phone is removed.");
    assert_eq!(numbers(&portal, &mia).await, [SECOND]);
    press(&portal, &link).await;
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str()]);
    assert_eq!(account(&portal, &mia).await.phone.e164(), mia.phone);
}

#[tokio::test]
async fn a_number_is_changed_by_another_factor_where_there_is_one() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let app = bind(&portal, &mut browser).await;
    let first = id_of(&portal, &mia, &mia.phone).await;
    let path = format!("{PHONES}/{first}/replace");
    let page = browser.get(&path).await;
    assert!(
        page.location().starts_with("/step-up?next=") && page.location().contains("apart=phone"),
        "proved by itself"
    );
    browser.open(PHONES).await;
    let page = browser.post(&path, &[("phone", SECOND), ("password", PASSWORD)]).await;
    assert!(page.location().contains("apart=phone"), "{}", page.location());
    assert_eq!(portal.messages(SECOND).await, 0);

    portal.minutes_later(1);
    browser.open(&path).await;
    browser.send("/step-up", &[]).await.says("Open your authenticator app");
    let page = browser.send("/challenge", &[("code", &app.code(&portal, 0))]).await;
    assert_eq!(page.address, path);
    give(&portal, &mut browser, &path, SECOND).await.says("The number is changed.");
    assert_eq!(numbers(&portal, &mia).await, [SECOND]);
}

#[tokio::test]
async fn the_proof_from_opening_the_account_is_apart_from_no_phone() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    add(&portal, &mut browser, SECOND).await;
    let fresh = people::fresh(&portal.portal, &portal.signed(&mia).await);
    for phone in proved(&portal, &mia).await {
        let refused = phone_changes::may_go(&portal.portal, &fresh, phone.id).await;
        assert!(matches!(refused, Err(Failure::Refused(ChangeRefusal::NotApart(_)))), "{}", phone.number.last2());
    }
}

#[tokio::test]
async fn there_are_three_phones_at_most() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    add(&portal, &mut browser, SECOND).await;
    browser.open(NEW).await;
    add(&portal, &mut browser, THIRD).await;
    let page = browser.open(PHONES).await;
    page.says("You have 3 phones, which is the most.");
    assert!(page.links(NEW).is_empty());
    let fourth = "+12125550162";
    let page = browser.post(NEW, &[("phone", fourth), ("password", PASSWORD)]).await;
    assert_eq!(page.status, 422);
    page.says("You have 3 phones, which is the most.");
    let third = id_of(&portal, &mia, THIRD).await;
    give(&portal, &mut browser, &format!("{PHONES}/{third}/replace"), fourth).await.says("The number is changed.");
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str(), SECOND, fourth]);
    portal.message(THIRD, |item| item.text.contains("this phone was removed from your portal account")).await;
}

/// Three accounts that share a number.
async fn family(portal: &TestPortal, number: &str) {
    for name in ["ana", "ben", "cat"] {
        let email = format!("{name}@family.example");
        portal.account_of(Role::Patient, &format!("{name} Family"), &email, number, "1980-11-03").await;
    }
}

#[tokio::test]
async fn a_number_with_its_three_accounts_looks_like_any_other_and_gets_no_code() {
    let (full, free) = ("+12125550260", SECOND);
    let portal = TestPortal::start().await;
    family(&portal, full).await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let commits = || portal.portal.db.commits();
    let before = commits();
    let of_free = ask(&mut browser, NEW, free).await;
    let cost = commits() - before;
    let before = commits();
    let of_full = ask(&mut browser, NEW, full).await;
    assert_eq!((of_full.status, of_full.text()), (of_free.status, of_free.text()));
    assert_eq!(commits() - before, cost);
    let told = portal.message(full, |item| item.text.contains("It has 3 already")).await;
    assert!(!told.text.contains('#'));
    assert_eq!(portal.messages(full).await, 1);

    portal.minutes_later(1);
    browser.open("/challenge").await;
    browser.send("/challenge/resend", &[("channel", "sms")]).await.says("We sent a new code");
    assert_eq!(portal.messages(full).await, 1, "nor when it is asked for again");

    // Not even who guesses the code of the decoy gets the number.
    let newest = "SELECT id FROM challenges WHERE purpose = 'change_phone' ORDER BY started_at DESC, id DESC LIMIT 1";
    let id: String = {
        let mut connection = portal.portal.db.read().await.unwrap();
        sqlx::query_scalar(newest).fetch_one(&mut *connection).await.unwrap()
    };
    let LiveCode { code, .. } =
        salus::auth::challenges::live_code(&portal.portal, id.parse().unwrap()).await.unwrap().unwrap();
    let page = browser.post("/challenge", &[("code", &code.reveal())]).await;
    assert_eq!(page.status, 422);
    page.says("This code is over");
    assert_eq!(page.links(PHONES), [PHONES]);
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str()]);
}

#[tokio::test]
async fn the_last_place_of_a_number_goes_to_one_account() {
    let portal = TestPortal::start().await;
    for name in ["ana", "ben"] {
        let email = format!("{name}@family.example");
        portal.account_of(Role::Patient, "Some Family", &email, SECOND, "1980-11-03").await;
    }
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let (mut one, mut two) = (portal.signed_in(&mia).await, portal.signed_in(&noor).await);
    ask(&mut one, NEW, SECOND).await;
    let first = portal.code(SECOND).await;
    ask(&mut two, NEW, SECOND).await;
    let second = loop {
        let code = portal.code(SECOND).await;
        if code != first {
            break code;
        }
    };
    let (of_one, of_two) = ([("code", first.as_str())], [("code", second.as_str())]);
    let (first, second) = tokio::join!(one.post("/challenge", &of_one), two.post("/challenge", &of_two));
    let mut answers = [first.status, second.status];
    answers.sort_unstable();
    assert_eq!(answers, [303, 422]);
    assert_eq!(numbers(&portal, &mia).await.len() + numbers(&portal, &noor).await.len(), 3);
}

#[tokio::test]
async fn the_main_phone_stays_and_so_does_what_nothing_would_be_left_without() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let first = id_of(&portal, &mia, &mia.phone).await;
    let remove = format!("{PHONES}/{first}/remove");
    browser.open(&remove).await.says("It is your only phone. You can change its number.");
    let page = browser.post(&remove, &[]).await;
    assert_eq!(page.status, 422);
    page.says("This is your main phone.");
    add(&portal, &mut browser, SECOND).await;
    browser.open(&remove).await.says("Make another phone the main one first.");

    let second = format!("{PHONES}/{}/remove", id_of(&portal, &mia, SECOND).await);
    tamper(&portal, "UPDATE factor_uses SET wrong = 100").await;
    tamper(
        &portal,
        "DELETE FROM factor_uses WHERE factor <> (SELECT 'phone:' || id FROM phones WHERE primary_at IS NOT NULL)",
    )
    .await;
    browser.open(PHONES).await;
    let page = browser.post(&second, &[]).await;
    assert_eq!(page.status, 422);
    page.says("nothing else that works would be left");
    tamper(&portal, "UPDATE factor_uses SET wrong = 0").await;

    // Long before, so that its owner added it.
    portal.minutes_later(2);
    browser.open(&second).await.says("No code goes to this phone any more.");
    browser.send(&second, &[]).await.says("The phone is removed. You are signed out everywhere else.");
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str()]);
    portal.message(SECOND, |item| item.text.contains("this phone was removed from your portal account")).await;
    let link = portal.not_me_link(&mia.email, "a phone was removed").await;
    press(&portal, &link).await;
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str(), SECOND], "it comes back");
}

#[tokio::test]
async fn of_two_removals_at_once_one_happens() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    add(&portal, &mut browser, SECOND).await;
    add(&portal, &mut browser, THIRD).await;
    browser.open(PHONES).await;
    let second = format!("{PHONES}/{}/remove", id_of(&portal, &mia, SECOND).await);
    let (mut one, mut two) = (browser.tab(), browser.tab());
    let (first, last) = tokio::join!(one.post(&second, &[]), two.post(&second, &[]));
    let done = format!("{PHONES}?done=removed");
    assert_eq!([first, last].iter().filter(|page| page.location() == done).count(), 1);
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str(), THIRD]);
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM audit_events WHERE deed = 'phone_removed'").await, 1);
}

#[tokio::test]
async fn nothing_changes_while_changes_are_paused() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    add(&portal, &mut browser, SECOND).await;
    let second = id_of(&portal, &mia, SECOND).await;
    ask(&mut browser, NEW, THIRD).await;
    let code = portal.code(THIRD).await;
    let mut tx = portal.portal.db.begin().await.unwrap();
    let until = portal.clock.now() + SignedDuration::from_hours(72);
    accounts::freeze_until(&portal.portal, &mut tx, mia.account, until).await.unwrap();
    tx.commit().await.unwrap();

    let page = browser.post("/challenge", &[("code", &code)]).await;
    assert_eq!(page.status, 422);
    page.says("This code is over");
    browser.open(PHONES).await;
    let (replace, remove) = (format!("{PHONES}/{second}/replace"), format!("{PHONES}/{second}/remove"));
    for path in [NEW, &replace, &remove] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 422, "{path}");
        page.says("Changes to your account are paused");
    }
    let (primary, typed) = (format!("{PHONES}/{second}/primary"), [("phone", THIRD), ("password", PASSWORD)]);
    for (path, fields) in [(NEW, &typed[..]), (&replace, &typed[..]), (&remove, &[]), (&primary, &[])] {
        browser.open(PHONES).await;
        let page = browser.post(path, fields).await;
        assert_eq!(page.status, 422, "{path}");
        page.says("Changes to your account are paused");
    }
    assert_eq!(numbers(&portal, &mia).await, [mia.phone.as_str(), SECOND]);
}

#[tokio::test]
async fn somebody_elses_phone_is_no_page() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let mut browser = portal.signed_in(&mia).await;
    let theirs = id_of(&portal, &noor, &noor.phone).await;
    browser.open(PHONES).await;
    for path in ["", "/replace", "/remove"] {
        assert_eq!(browser.get(&format!("{PHONES}/{theirs}{path}")).await.status, 404, "{path}");
    }
    for path in ["replace", "remove", "primary"] {
        browser.open(PHONES).await;
        let fields: &[_] = if path == "replace" { &[("phone", SECOND), ("password", PASSWORD)] } else { &[] };
        assert_eq!(browser.post(&format!("{PHONES}/{theirs}/{path}"), fields).await.status, 404, "{path}");
    }
    assert_eq!(numbers(&portal, &noor).await, [noor.phone.as_str()]);
}

#[tokio::test]
async fn an_account_asks_to_prove_five_numbers_a_day() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    for number in 0..5 {
        let page = ask(&mut browser, NEW, &format!("+1212555017{number}")).await;
        assert_eq!(page.address, "/challenge");
    }
    let page = ask(&mut browser, NEW, "+12125550179").await;
    assert_eq!(page.status, 422);
    page.says("You asked for this often today.");
    assert_eq!(portal.messages("+12125550179").await, 0);
}

#[tokio::test]
async fn a_phone_that_is_gone_is_not_asked_for_by_a_sign_in_that_began_before() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut waits = portal.browser();
    waits.open("/login").await;
    waits.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await.says("ending in 38");
    portal.minutes_later(1);
    let mut other = portal.signed_in(&mia).await;
    let page = other.open("/account/security/phones").await;
    let replace = page.body.split('"').find(|part| part.ends_with("/replace")).unwrap().to_owned();
    other.open(&replace).await;
    other.send(&replace, &[("phone", "+12125550160"), ("password", PASSWORD)]).await;
    let code = portal.code("+12125550160").await;
    other.send("/challenge", &[("code", &code)]).await.says("The number is changed.");

    waits.open("/login").await;
    let page = waits.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!((page.status, page.address.as_str()), (200, "/challenge"), "{}", page.text());
    page.says("ending in 60");
    portal.minutes_later(1);
    let code = portal.code("+12125550160").await;
    assert_eq!(waits.send("/challenge", &[("code", &code)]).await.address, "/home");
}
