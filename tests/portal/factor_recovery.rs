//! Recovery codes: ten, shown once, each works once, and the owner hears of it.

use salus::auth::challenges::{Answer, AnswerRefusal};
use salus::auth::factors::recovery_codes::TypedRecoveryCode;
use salus::auth::factors::{manage_codes, recovery_codes};
use salus::auth::password_reset;
use salus::auth::prove::{Wanted, prove, resend};
use salus::auth::sessions::Session;
use salus::auth::step_up::{self, FreshFactor};
use salus::crypto::random::Secret;
use salus::types::actor::Role;
use salus::types::email_address::EmailAddress;
use salus::types::factor_kind::FactorKind;

use crate::door::{Door, browser, refusal, went_through};
use crate::factor_totp::password;
use crate::nothing_leaks::{holds, stored};
use crate::support::browser::Page;
use crate::support::server::TestPortal;

const CODES: &str = "/account/security/recovery-codes";
const REMOVE: &str = "/account/security/recovery-codes/remove";
const MIA: &str = "mia@example.org";
const PHONE: &str = "+12125550142";
const BY_RECOVERY: Wanted = Wanted { kind: FactorKind::Recovery, phone: None };

/// The codes on the page that shows them.
fn codes_on(page: &Page) -> Vec<String> {
    let list = page.body.split("<ol class=\"recovery-codes\">").nth(1).expect("a list of codes");
    let list = list.split("</ol>").next().unwrap();
    list.split("<code dir=\"ltr\">").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

fn typed(code: &str) -> Answer {
    Answer::Recovery(TypedRecoveryCode::parse(code).unwrap())
}

fn fresh(door: &Door, session: &Session) -> FreshFactor {
    step_up::fresh(&door.portal, session).expect("a fresh proof")
}

/// Ten codes of the person who is signed in in a session.
async fn make(door: &Door, session: &Session) -> Vec<String> {
    let made = manage_codes::make(&door.portal, &fresh(door, session), session, None, &browser().network).await;
    went_through(made).iter().map(|code| code.to_string()).collect()
}

#[tokio::test]
async fn ten_codes_are_shown_once_to_who_gave_a_fresh_proof_and_are_kept_as_digests() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    browser.open("/account/security").await.says("Recovery codes None made");
    portal.minutes_later(11);
    browser.open(CODES).await.says("You have no recovery codes.");
    let page = browser.post(CODES, &[]).await;
    assert_eq!((page.status, page.location()), (303, "/step-up?next=%2Faccount%2Fsecurity%2Frecovery-codes"));
    browser.post("/logout", &[]).await;
    portal.sign_in(&mut browser, &mia).await;

    browser.open(CODES).await;
    let page = browser.post(CODES, &[]).await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
    page.says("We show these codes only now.").says("If you leave or reload this page, the codes are no longer shown.");
    let first = codes_on(&page);
    assert_eq!(first.len(), recovery_codes::CODES);
    browser.open(CODES).await.says("10 of 10");
    portal.message(&mia.email, |mail| mail.text.contains("New recovery codes for your account were made")).await;

    let second = codes_on(&browser.post(CODES, &[]).await);
    assert!(second.iter().all(|code| !first.contains(code)));
    portal.deliver().await;
    let kept = stored(&portal).await;
    assert!(holds(&kept, "recovery_codes"), "what is stored is read");
    for code in first.iter().chain(&second) {
        for form in [code.clone(), code.replace('-', "")] {
            assert!(!holds(&kept, &form), "{form} is stored");
            for page in ["/account/security", CODES, "/dev/outbox"] {
                assert!(!browser.open(page).await.body.contains(&form), "{page}");
            }
        }
    }

    browser.post("/logout", &[]).await;
    for (code, opens) in [(&first[0], false), (&second[0], true)] {
        password(&mut browser, &mia).await;
        browser.open("/challenge/method").await;
        browser.send("/challenge/method", &[("method", "recovery")]).await.says("Type one of the codes");
        let page = browser.post("/challenge", &[("code", code)]).await;
        assert_eq!(page.status == 303, opens, "new ones end the old: {}", page.text());
    }
}

#[tokio::test]
async fn a_code_opens_once_however_it_is_typed_and_its_owner_is_told() {
    let portal = TestPortal::start().await;
    let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
    let mut browser = portal.signed_in(&mia).await;
    browser.open(CODES).await;
    let codes = codes_on(&browser.post(CODES, &[]).await);
    let mut other = portal.signed_in(&noor).await;
    other.open(CODES).await;
    let others = codes_on(&other.post(CODES, &[]).await);

    let mut elsewhere = portal.browser();
    password(&mut elsewhere, &mia).await;
    elsewhere.open("/challenge/method").await;
    elsewhere.send("/challenge/method", &[("method", "recovery")]).await;
    for (typed, sentence) in [
        ("", "Enter a recovery code"),
        ("0123-4567", "A recovery code has 12 letters and numbers"),
        (others[0].as_str(), "The code does not match, or was used already."),
    ] {
        let page = elsewhere.post("/challenge", &[("code", typed)]).await;
        assert_eq!(page.status, 422);
        page.says(sentence);
    }
    let sloppy = format!(" {} ", codes[3].replace('-', " ").to_lowercase().replace('0', "o").replace('1', "l"));
    let page = elsewhere.send("/challenge", &[("code", &sloppy)]).await;
    assert_eq!(page.address, "/home", "{}", page.text());
    let mail = portal.message(&mia.email, |mail| mail.text.contains("One of your recovery codes was used")).await;
    assert!(mail.text.contains("You have 9 recovery codes left."), "{}", mail.text);
    elsewhere.open(CODES).await.says("9 of 10");

    let mut again = portal.browser();
    portal.minutes_later(1);
    password(&mut again, &mia).await;
    again.open("/challenge/method").await;
    again.send("/challenge/method", &[("method", "recovery")]).await;
    again.post("/challenge", &[("code", &codes[3])]).await.says("The code does not match, or was used already.");
    assert_eq!(again.post("/challenge", &[("code", &codes[4])]).await.location(), "/home");
    other.open(CODES).await.says("10 of 10");
}

#[tokio::test]
async fn few_codes_left_are_told_and_all_can_be_removed() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    browser.open("/home").await.says_not("recovery code");
    browser.open(CODES).await;
    browser.post(CODES, &[]).await;
    let used = |left: i64| {
        format!(
            "UPDATE recovery_codes SET used_at = 1
             WHERE digest NOT IN (SELECT digest FROM recovery_codes ORDER BY digest LIMIT {left})"
        )
    };
    for (left, said) in [(3, None), (2, Some("You have 2 recovery codes left.")), (0, Some("no recovery codes left"))] {
        let mut tx = portal.portal.db.begin().await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(used(left))).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let page = browser.open("/home").await;
        match said {
            Some(sentence) => {
                page.says(sentence);
                assert_eq!(page.links(CODES), [CODES]);
                browser.open("/account/security").await.says(sentence);
            }
            None => {
                page.says_not("recovery code");
            }
        }
    }
    browser.open(REMOVE).await.says("The codes that you saved then work no more.");
    browser.send(REMOVE, &[]).await.says("All recovery codes are removed.").says("You have no recovery codes.");
    portal.message(&mia.email, |mail| mail.text.contains("was removed") && mail.text.contains("recovery code")).await;
    assert_eq!(browser.get(REMOVE).await.location(), CODES);
    browser.post("/logout", &[]).await;
    portal.minutes_later(1);
    password(&mut browser, &mia).await;
    assert!(!browser.open("/challenge/method").await.values("method").contains(&"recovery".to_owned()));
}

#[tokio::test]
async fn a_new_account_is_led_to_its_codes_first() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let page = browser.open("/account/security/recovery-codes?welcome=1").await;
    page.says("A second way in").says("Text messages are the weaker way").says("Later");
    assert_eq!(page.links("/home"), ["/home"]);
    assert_eq!(page.links("/account/security/passkeys"), ["/account/security/passkeys"]);
    let page = browser.post(CODES, &[]).await;
    assert_eq!(codes_on(&page).len(), 10);
    assert_eq!(page.links("/home"), ["/home"], "and from there to the beginning");
    let page = browser.open("/account/security/recovery-codes?welcome=1").await;
    page.says_not("A second way in").says("10 of 10");
}

#[tokio::test]
async fn of_two_who_use_one_code_at_one_instant_one_gets_in() {
    let door = Door::open().await;
    door.mia().await;
    let mut owner = browser();
    let session = door.signed_in(&mut owner, MIA, PHONE, false).await;
    let codes = make(&door, &session).await;
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let here = browser();
        let pending = door.password(&here, MIA).await;
        went_through(resend(&door.portal, &here, &pending, BY_RECOVERY).await);
        waiting.push((here, pending));
    }
    let answer = typed(&codes[0]);
    let answers =
        waiting.iter().map(|(here, pending)| prove(&door.portal, here, pending, &answer, false)).collect::<Vec<_>>();
    let answers = futures_util::future::join_all(answers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for lost in answers.into_iter().filter(Result::is_err) {
        assert_eq!(refusal(lost), AnswerRefusal::Wrong { left: 4 });
    }
    assert_eq!(door.number("SELECT COUNT(*) FROM recovery_codes WHERE used_at IS NOT NULL").await, 1);
}

#[tokio::test]
async fn of_two_sets_made_at_one_instant_one_remains() {
    let door = Door::open().await;
    door.mia().await;
    let mut owner = browser();
    let session = door.signed_in(&mut owner, MIA, PHONE, false).await;
    make(&door, &session).await;
    let both = futures_util::future::join_all((0..4).map(|_| make(&door, &session))).await;
    assert!(both.iter().all(|codes| codes.len() == 10));
    assert_eq!(door.number("SELECT COUNT(*) FROM recovery_codes").await, 10);
}

#[tokio::test]
async fn a_code_proves_it_for_a_new_password_too_and_for_nobody_else() {
    let door = Door::open().await;
    door.mia().await;
    door.account(Role::Patient, "noor@example.org", "+12125550178").await;
    let (mut owner, mut other) = (browser(), browser());
    let session = door.signed_in(&mut owner, MIA, PHONE, false).await;
    let codes = make(&door, &session).await;
    let session = door.signed_in(&mut other, "noor@example.org", "+12125550178", false).await;
    let others = make(&door, &session).await;

    let email = EmailAddress::parse(MIA).unwrap();
    went_through(password_reset::ask(&door.portal, &browser(), email).await);
    door.until("its mail", "SELECT COUNT(*) FROM dispatches WHERE template = 'reset_link'", 1).await;
    door.deliver().await;
    let mails = door.messages(MIA);
    let mail = mails.iter().find(|mail| mail.contains("/password/reset?token=")).unwrap();
    let link = Secret::new(mail.split("/password/reset?token=").nth(1).unwrap().split_whitespace().next().unwrap());
    let here = browser();
    let opened = password_reset::open(&door.portal, &here, &link, None).await.unwrap().unwrap();
    let pending = door.session(&opened.token).await.unwrap();
    went_through(resend(&door.portal, &here, &pending, BY_RECOVERY).await);
    let wrong = prove(&door.portal, &here, &pending, &typed(&others[0]), false).await;
    assert_eq!(refusal(wrong), AnswerRefusal::Wrong { left: 4 });
    let proved = went_through(prove(&door.portal, &here, &pending, &typed(&codes[0]), false).await);
    assert_eq!(proved.next, "/password/reset");
    assert_eq!(door.number("SELECT COUNT(*) FROM recovery_codes WHERE used_at IS NOT NULL").await, 1);
}
