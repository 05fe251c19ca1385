//! Passkeys: right, wrong, replayed, copied, removed, someone else's; as second factor and without a password.

use salus::auth::browser::Browser;
use salus::auth::challenges::{Answer, AnswerRefusal};
use salus::auth::entered::Entered;
use salus::auth::factors::manage::{self, RemoveRefusal};
use salus::auth::factors::passkeys::{self, AddRefusal};
use salus::auth::passkey_sign_in;
use salus::auth::prove::prove;
use salus::auth::sessions::Session;
use salus::auth::sign_in::SignInRefusal;
use salus::auth::step_up;
use salus::clock::SignedDuration;
use salus::error::Failure;
use salus::identity::accounts;
use salus::types::actor::Role;
use salus::types::factor_kind::FactorKind;
use salus::types::ids::AuthenticatorId;

use crate::door::{self, BY_TEXT, Door, PASSWORD, refusal, went_through};
use crate::passkey_device::Device;
use crate::support::server::TestPortal;

const MAIL: &str = "mia@example.org";
const PHONE: &str = "+12125550142";

/// Mia, signed in with her phone in a browser that is known since, and a device of hers without a passkey.
pub async fn mia(door: &Door) -> (Browser, Session, Device) {
    door.mia().await;
    let mut browser = door::browser();
    let session = door.signed_in(&mut browser, MAIL, PHONE, false).await;
    (browser, session, Device::at(&door.portal.config.public_origin()))
}

pub async fn adds(door: &Door, session: &Session, device: &mut Device) -> Result<AuthenticatorId, Failure<AddRefusal>> {
    let fresh = step_up::fresh(&door.portal, session).expect("a fresh proof");
    manage::begin_passkey(&door.portal, &fresh, session).await?;
    let options = passkeys::adding(&door.portal, session.id).await?.expect("a question");
    let answer = device.makes(&options);
    manage::add_passkey(&door.portal, &fresh, session, " Blue   key ", &answer, &door::browser().network).await
}

/// What the pending session's passkeys are asked.
pub async fn asked(door: &Door, pending: &Session) -> String {
    passkeys::asked(&door.portal, pending.challenge.unwrap()).await.unwrap().expect("a passkey is asked for")
}

pub async fn says(
    door: &Door,
    browser: &Browser,
    pending: &Session,
    answer: &str,
) -> Result<Entered, Failure<AnswerRefusal>> {
    let answer = Answer::Passkey(passkeys::Answer::read(answer).expect("an answer"));
    prove(&door.portal, browser, pending, &answer, false).await
}

/// Without a password, by what the browser was asked.
pub async fn enters(door: &Door, browser: &Browser, device: &mut Device) -> Result<Entered, Failure<SignInRefusal>> {
    passkey_sign_in::begin(&door.portal, browser).await?;
    let options = passkeys::sign_in_options(&door.portal, browser).await?.expect("a question");
    let answer = passkeys::Answer::read(&device.proves(&options)).expect("an answer");
    passkey_sign_in::sign_in(&door.portal, browser, &answer, None, None).await
}

async fn listed(door: &Door) -> Vec<passkeys::Listed> {
    let account = door.of(door.of_mail(MAIL).await).await;
    passkeys::of(&door.portal, &account).await.unwrap()
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_from_then_on_and_signs_in_alone() {
    let door = Door::open().await;
    let (mut browser, session, mut device) = mia(&door).await;
    went_through(adds(&door, &session, &mut device).await);
    door.deliver().await;
    let mails = door.messages(MAIL);
    assert!(
        mails.iter().any(|mail| mail.contains("was added") && mail.contains("passkey or security key")),
        "{mails:?}"
    );
    let all = listed(&door).await;
    assert_eq!((all.len(), all[0].name.as_str(), all[0].used_at), (1, "Blue key", None));

    door.clock.advance(SignedDuration::from_mins(30));
    let texts = door.messages(PHONE).len();
    let pending = door.password(&browser, MAIL).await;
    let answer = device.proves(&asked(&door, &pending).await);
    let entered = went_through(says(&door, &browser, &pending, &answer).await);
    browser.device = entered.device;
    let session = door.session(&entered.token).await.unwrap();
    assert_eq!(session.proof.unwrap().kind, FactorKind::Passkey);
    door.deliver().await;
    assert_eq!(door.messages(PHONE).len(), texts, "nothing was texted");
    assert_eq!(listed(&door).await[0].used_at, Some(door.portal.clock.now()));

    let stranger = door::browser();
    let entered = went_through(enters(&door, &stranger, &mut device).await);
    let session = door.session(&entered.token).await.unwrap();
    assert_eq!(session.who.unwrap().account, door.of_mail(MAIL).await);
    assert_eq!(
        door.number("SELECT COUNT(*) FROM audit_events WHERE deed = 'factor_added' AND why = 'passkey'").await,
        1
    );
}

#[tokio::test]
async fn what_is_not_the_devices_answer_to_this_question_is_refused_and_five_end_the_challenge() {
    let door = Door::open().await;
    let (browser, session, mut device) = mia(&door).await;
    went_through(adds(&door, &session, &mut device).await);
    let pending = door.password(&browser, MAIL).await;
    let options = asked(&door, &pending).await;
    let other_question = options.replace("\"challenge\":\"", "\"challenge\":\"AAAA");
    let other_host = options.replace("\"rpId\":\"localhost\"", "\"rpId\":\"evil.example\"");
    assert!(other_question != options && other_host != options);

    let elsewhere = Device { origin: "https://evil.example".into(), ..device.clone() }.proves(&options);
    let careless = Device { verifies: false, ..device.clone() }.proves(&options);
    let not_asked = Device::at(&device.origin).proves(&options);
    let answers = [elsewhere, careless, not_asked, device.proves(&other_question), device.proves(&other_host)];
    for (n, answer) in answers.iter().enumerate() {
        let expected = match n {
            4 => AnswerRefusal::Ended,
            n => AnswerRefusal::Wrong { left: 4 - i64::try_from(n).unwrap() },
        };
        assert_eq!(refusal(says(&door, &browser, &pending, answer).await), expected, "{n}: {answer}");
    }
    let right = device.proves(&options);
    assert_eq!(refusal(says(&door, &browser, &pending, &right).await), AnswerRefusal::Ended);
}

#[tokio::test]
async fn an_answer_works_once_and_a_copy_of_the_device_is_found_out() {
    let door = Door::open().await;
    let (browser, session, mut device) = mia(&door).await;
    went_through(adds(&door, &session, &mut device).await);
    let mut copy = device.clone();
    let pending = door.password(&browser, MAIL).await;
    let answer = device.proves(&asked(&door, &pending).await);
    went_through(says(&door, &browser, &pending, &answer).await);
    assert_eq!(refusal(says(&door, &browser, &pending, &answer).await), AnswerRefusal::Ended);

    let pending = door.password(&browser, MAIL).await;
    let options = asked(&door, &pending).await;
    assert_eq!(refusal(says(&door, &browser, &pending, &answer).await), AnswerRefusal::Wrong { left: 4 });
    let behind = copy.proves(&options);
    assert_eq!(copy.counter, device.counter, "the copy has not heard of the last signature");
    assert_eq!(refusal(says(&door, &browser, &pending, &behind).await), AnswerRefusal::Wrong { left: 3 });
    let ahead = device.proves(&options);
    went_through(says(&door, &browser, &pending, &ahead).await);

    assert_eq!(refusal(enters(&door, &door::browser(), &mut copy).await), SignInRefusal::Wrong);
}

#[tokio::test]
async fn a_device_that_does_not_count_signs_in_again_and_again_and_its_copies_are_noted() {
    let door = Door::open().await;
    let (browser, session, mut device) = mia(&door).await;
    device.counts = false;
    went_through(adds(&door, &session, &mut device).await);
    assert!(!listed(&door).await[0].is_backed_up);
    device.is_copied = true;
    for _ in 0..2 {
        let pending = door.password(&browser, MAIL).await;
        let answer = device.proves(&asked(&door, &pending).await);
        went_through(says(&door, &browser, &pending, &answer).await);
        assert!(listed(&door).await[0].is_backed_up);
    }
    device.is_copied = false;
    went_through(enters(&door, &door::browser(), &mut device).await);
    assert!(!listed(&door).await[0].is_backed_up);
}

#[tokio::test]
async fn somebody_elses_passkey_and_a_removed_one_prove_nothing() {
    let door = Door::open().await;
    let (browser, session, mut device) = mia(&door).await;
    let id = went_through(adds(&door, &session, &mut device).await);
    door.account(Role::Patient, "noor@example.org", "+12125550143").await;
    let mut hers = door::browser();
    let noor = door.signed_in(&mut hers, "noor@example.org", "+12125550143", false).await;
    let mut other = Device::at(&device.origin);
    went_through(adds(&door, &noor, &mut other).await);

    let pending = door.password(&browser, MAIL).await;
    let options = asked(&door, &pending).await;
    let answer = other.proves(&options);
    assert_eq!(refusal(says(&door, &browser, &pending, &answer).await), AnswerRefusal::Wrong { left: 4 });
    // Her own passkey that calls itself Mia's.
    let liar = &mut Device { user: device.user.clone(), ..other.clone() };
    assert_eq!(refusal(enters(&door, &door::browser(), liar).await), SignInRefusal::Wrong);

    let fresh = step_up::fresh(&door.portal, &session).unwrap();
    went_through(manage::remove_passkey(&door.portal, &fresh, &session, id, &browser.network).await);
    let answer = device.proves(&options);
    assert_eq!(refusal(says(&door, &browser, &pending, &answer).await), AnswerRefusal::Wrong { left: 3 });
    assert_eq!(refusal(enters(&door, &door::browser(), &mut device).await), SignInRefusal::Wrong);
    door.deliver().await;
    assert!(
        door.messages(MAIL).iter().any(|mail| mail.contains("was removed") && mail.contains("passkey or security key"))
    );
}

#[tokio::test]
async fn ten_passkeys_are_the_most_and_none_is_bound_twice() {
    let door = Door::open().await;
    let (_, session, mut device) = mia(&door).await;
    went_through(adds(&door, &session, &mut device).await);
    assert_eq!(refusal(adds(&door, &session, &mut device.clone()).await), AddRefusal::NotTaken);
    let new = || Device::at(&device.origin);
    assert_eq!(refusal(adds(&door, &session, &mut Device { verifies: false, ..new() }).await), AddRefusal::NotTaken);
    let elsewhere = &mut Device { origin: "https://evil.example".into(), ..new() };
    assert_eq!(refusal(adds(&door, &session, elsewhere).await), AddRefusal::NotTaken);
    for _ in 1..passkeys::MOST {
        went_through(adds(&door, &session, &mut new()).await);
    }
    assert_eq!(refusal(adds(&door, &session, &mut new()).await), AddRefusal::TooMany);
    assert_eq!(listed(&door).await.len(), 10);
}

#[tokio::test]
async fn a_question_is_answered_by_the_session_that_asked_it_and_within_ten_minutes() {
    let door = Door::open().await;
    let (browser, session, mut device) = mia(&door).await;
    let fresh = step_up::fresh(&door.portal, &session).unwrap();
    went_through(manage::begin_passkey(&door.portal, &fresh, &session).await);
    let options = passkeys::adding(&door.portal, session.id).await.unwrap().unwrap();
    let answer = device.makes(&options);
    let other = door.signed_in(&mut door::browser(), MAIL, PHONE, false).await;
    let add = |session: Session, name: &'static str, answer: String| {
        let (portal, fresh, network) = (door.portal.clone(), fresh.clone(), browser.network.clone());
        async move { manage::add_passkey(&portal, &fresh, &session, name, &answer, &network).await }
    };
    assert_eq!(refusal(add(other, "Key", answer.clone()).await), AddRefusal::NotTaken);
    assert_eq!(refusal(add(session.clone(), "  ", answer.clone()).await), AddRefusal::NoName);
    assert_eq!(refusal(add(session.clone(), &"x".repeat(41).leak()[..], answer.clone()).await), AddRefusal::LongName);
    door.clock.advance(SignedDuration::from_mins(11));
    assert_eq!(refusal(add(session, "Key", answer).await), AddRefusal::NotTaken);
    assert!(listed(&door).await.is_empty());
}

#[tokio::test]
async fn signing_in_without_a_password_minds_no_strangers_but_a_turned_off_account() {
    let door = Door::open().await;
    let (_, session, mut device) = mia(&door).await;
    went_through(adds(&door, &session, &mut device).await);
    let strangers = door::browser();
    for _ in 0..10 {
        let _ = door.type_password(&strangers, MAIL, "not this one").await;
    }
    door.until("the lock", "SELECT COUNT(*) FROM audit_events WHERE deed = 'account_locked'", 1).await;
    let shut = refusal(door.type_password(&door::browser(), MAIL, PASSWORD).await);
    assert!(matches!(shut, SignInRefusal::Paused(_)), "neither does the pause of the typed email: {shut:?}");
    went_through(enters(&door, &door::browser(), &mut device).await);

    // What one browser was asked is not answered in another, nor twice.
    let (first, second) = (door::browser(), door::browser());
    went_through(passkey_sign_in::begin(&door.portal, &first).await);
    let options = passkeys::sign_in_options(&door.portal, &first).await.unwrap().unwrap();
    let answer = passkeys::Answer::read(&device.proves(&options)).unwrap();
    let enter = async |browser: &Browser| passkey_sign_in::sign_in(&door.portal, browser, &answer, None, None).await;
    assert_eq!(refusal(enter(&second).await), SignInRefusal::Wrong);
    went_through(enter(&first).await);
    assert_eq!(refusal(enter(&first).await), SignInRefusal::Wrong);

    for careless in [Device { verifies: false, ..device.clone() }, Device { user: vec![7; 16], ..device.clone() }] {
        assert_eq!(refusal(enters(&door, &door::browser(), &mut careless.clone()).await), SignInRefusal::Wrong);
    }
    device.counter += 2;
    door.tamper("UPDATE accounts SET turned_off_at = 1").await;
    assert_eq!(refusal(enters(&door, &door::browser(), &mut device).await), SignInRefusal::Wrong);
    let refused = "SELECT COUNT(*) FROM audit_events WHERE deed = 'passkey_refused'";
    assert_eq!(door.number(refused).await, 5);
}

#[tokio::test]
async fn a_passkey_is_removed_by_another_factor_and_the_last_factor_never() {
    let door = Door::open().await;
    let (browser, session, mut device) = mia(&door).await;
    let id = went_through(adds(&door, &session, &mut device).await);
    let entered = went_through(enters(&door, &door::browser(), &mut device).await);
    let by_key = door.session(&entered.token).await.unwrap();
    let remove = async |session: &Session, id| {
        let fresh = step_up::fresh(&door.portal, session).unwrap();
        manage::remove_passkey(&door.portal, &fresh, session, id, &browser.network).await
    };
    assert_eq!(refusal(remove(&by_key, id).await), RemoveRefusal::NotApart);
    assert_eq!(refusal(remove(&session, AuthenticatorId::new()).await), RemoveRefusal::NotFound);

    // Without a proved phone only passkeys are left: of two that go at once, one stays.
    let second = went_through(adds(&door, &session, &mut Device::at(&device.origin)).await);
    door.tamper("UPDATE phones SET proved_at = NULL").await;
    let (one, two) = tokio::join!(remove(&session, id), remove(&session, second));
    let refused: Vec<RemoveRefusal> = [one, two].into_iter().filter(Result::is_err).map(refusal).collect();
    assert_eq!(refused, [RemoveRefusal::Last]);
    assert_eq!(listed(&door).await.len(), 1);
}

#[tokio::test]
async fn no_passkey_gets_another_name_while_changes_are_paused() {
    let door = Door::open().await;
    let (browser, session, mut device) = mia(&door).await;
    let id = went_through(adds(&door, &session, &mut device).await);
    let who = session.who.clone().unwrap();
    let mut tx = door.portal.db.begin().await.unwrap();
    let until = door.portal.clock.now() + SignedDuration::from_hours(72);
    accounts::freeze_until(&door.portal, &mut tx, who.account, until).await.unwrap();
    tx.commit().await.unwrap();

    let renamed = manage::rename_passkey(&door.portal, &who, id, "Yours", &browser.network).await;

    assert!(matches!(refusal(renamed), AddRefusal::Frozen(_)));
    assert_eq!(listed(&door).await[0].name, "Blue key");
}

#[tokio::test]
async fn the_pages_add_rename_and_remove_a_passkey_and_sign_in_with_it() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let mut device = Device::at(&portal.portal.config.public_origin());
    browser.open("/account/security").await.says("Passkeys and security keys");
    portal.minutes_later(11);
    browser.open("/account/security/passkeys").await.says("You have no passkey yet.");
    let page = browser.post("/account/security/passkeys/begin", &[]).await;
    assert!(page.location().starts_with("/step-up?next="), "{}", page.location());
    browser.open(page.location()).await;
    browser.send("/step-up", &[]).await;
    let code = portal.code(&mia.phone).await;
    let page = browser.send("/challenge", &[("code", &code)]).await;
    assert_eq!(page.address, "/account/security/passkeys");
    let page = browser.send("/account/security/passkeys/begin", &[]).await;
    page.says("Give it a name");
    let answer = device.makes(&page.data("options"));
    let page = browser.post("/account/security/passkeys/new", &[("name", " "), ("passkey", "")]).await;
    assert_eq!(page.status, 422);
    page.says("Enter a name");
    let page = browser.post("/account/security/passkeys/new", &[("name", "Key"), ("passkey", "{}")]).await;
    assert_eq!(page.status, 422);
    page.says("The passkey was not added");
    assert_eq!(page.field("name"), "Key");
    let page = browser.send("/account/security/passkeys/new", &[("name", "Key"), ("passkey", &answer)]).await;
    page.says("Your passkey is added.").says("Rename Key").says("Only on this device").says("Not yet");

    let rename = page.links("/account/security/passkeys/")[0].clone();
    assert_eq!(browser.open(&rename).await.field("name"), "Key");
    let page = browser.post(&rename, &[("name", "")]).await;
    assert_eq!(page.status, 422);
    let page = browser.send(&rename, &[("name", "Blue & round")]).await;
    page.says("The new name is saved.").says("Remove Blue & round");
    let mut tx = portal.portal.db.begin().await.unwrap();
    let until = portal.clock.now() + SignedDuration::from_hours(72);
    accounts::freeze_until(&portal.portal, &mut tx, mia.account, until).await.unwrap();
    tx.commit().await.unwrap();
    let page = browser.get(&rename).await;
    assert_eq!(page.status, 422);
    page.says("Changes to your account are paused");
    browser.open("/account/security/passkeys").await;
    let page = browser.post(&rename, &[("name", "Another")]).await;
    assert_eq!(page.status, 422);
    page.says("Changes to your account are paused");
    let mut tx = portal.portal.db.begin().await.unwrap();
    accounts::unfreeze(&mut tx, mia.account).await.unwrap();
    tx.commit().await.unwrap();

    // Signed in by the passkey alone, the phone must agree to its removal.
    browser.post("/logout", &[]).await;
    browser.open("/login?next=/account/security/passkeys").await;
    let page = browser.send("/login/passkey/begin", &[]).await;
    page.says("You need no password.");
    let wrong = Device::at(&device.origin).proves(&page.data("options"));
    let page = browser.post("/login/passkey", &[("passkey", &wrong)]).await;
    assert_eq!(page.status, 422);
    page.says("This passkey opens no account here.").says("Sign in with your password");
    let page = browser.send("/login/passkey/begin", &[]).await;
    let page = browser.send("/login/passkey", &[("passkey", &device.proves(&page.data("options")))]).await;
    assert_eq!(page.address, "/account/security/passkeys");
    let remove = rename.replace("/rename", "/remove");
    let page = browser.get(&remove).await;
    assert!(page.location().contains("apart=passkey"), "{}", page.location());
    browser.open(page.location()).await;
    let page = browser.send("/step-up", &[]).await;
    page.says("Enter your code");
    let code = portal.code(&mia.phone).await;
    let page = browser.send("/challenge", &[("code", &code)]).await;
    assert_eq!(page.address, remove);
    browser.send(&remove, &[]).await.says("The passkey is removed.").says("You have no passkey yet.");
    assert_eq!(browser.get(&remove).await.status, 404);
}

#[tokio::test]
async fn where_browsers_bind_no_passkey_none_is_offered() {
    let portal = TestPortal::start_with(&[("SALUS_PUBLIC_URL", "http://127.0.0.1:8080")]).await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.browser();
    browser.open("/login").await.says_not("Sign in with a passkey");
    portal.sign_in(&mut browser, &mia).await;
    browser.open("/account/security/passkeys").await.says("Passkeys cannot be used").says_not("Add a passkey");
}

#[tokio::test]
async fn the_phone_still_answers_where_a_passkey_is_asked_for() {
    let door = Door::open().await;
    let (browser, session, mut device) = mia(&door).await;
    went_through(adds(&door, &session, &mut device).await);
    let pending = door.password(&browser, MAIL).await;
    asked(&door, &pending).await;
    door.clock.advance(SignedDuration::from_mins(1));
    went_through(salus::auth::prove::resend(&door.portal, &browser, &pending, BY_TEXT).await);
    let code = door.code(PHONE).await;
    went_through(door.type_code(&browser, &pending, &code).await);
}
