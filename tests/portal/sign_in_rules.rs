//! The rules at the door, beside the lockout's: what strangers learn, what a code opens, how often one is sent.

use salus::auth::challenges::{AnswerRefusal, ResendRefusal};
use salus::auth::prove::resend;
use salus::auth::register::{self, RegisterRefusal};
use salus::auth::sessions::Session;
use salus::auth::sign_in::SignInRefusal;
use salus::auth::step_up;
use salus::clock::SignedDuration;
use salus::crypto::passwords::Password;
use salus::identity::registration::Form;
use salus::types::actor::Role;
use salus::types::birth_date::BirthDate;
use salus::types::email_address::EmailAddress;
use salus::types::locale::Locale;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;

use crate::door::{Door, PASSWORD, browser, refusal, went_through, wrong};

const MIA: &str = "mia@example.org";
const PHONE: &str = "+12125550142";
const OTHER_PHONE: &str = "+12125550178";

fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

fn form(email: &str, phone: &str) -> Form {
    Form {
        name: PersonName::parse("Noor Haddad").unwrap(),
        birth_date: BirthDate::parse("1990-02-01", "2026-11-24".parse().unwrap()).unwrap(),
        email: EmailAddress::parse(email).unwrap(),
        phone: PhoneNumber::from_e164(phone).unwrap(),
        locale: Locale::En,
        zone: "America/New_York".parse().unwrap(),
    }
}

async fn register(door: &Door, here: &salus::auth::browser::Browser, email: &str, phone: &str) -> Session {
    let started = register::start(&door.portal, here, form(email, phone), Password::typed(PASSWORD), None).await;
    door.session(&went_through(started).token).await.unwrap()
}

#[tokio::test]
async fn an_unknown_email_costs_and_answers_what_a_wrong_password_does() {
    let door = Door::open().await;
    door.mia().await;
    let mut seen = Vec::new();
    for (typed, count) in [(MIA, 1), ("nobody@example.org", 2), ("not an email", 3), (" MIA@example.org ", 4)] {
        let before = door.portal.db.commits();
        assert_eq!(refusal(door.type_password(&browser(), typed, "not my password").await), SignInRefusal::Wrong);
        // What a known account costs beyond that happens after the answer; it is let happen before the next.
        seen.push(door.portal.db.commits() - before);
        door.until("the event", "SELECT COUNT(*) FROM audit_events WHERE deed = 'password_refused'", count).await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(seen.iter().all(|commits| *commits == 2), "{seen:?}");
    door.tamper("UPDATE accounts SET turned_off_at = 1").await;
    assert_eq!(refusal(door.type_password(&browser(), MIA, PASSWORD).await), SignInRefusal::Wrong);
    assert_eq!(door.number("SELECT COUNT(*) FROM dispatches").await, 0);
}

#[tokio::test]
async fn a_stranger_pauses_a_typed_email_alike_and_never_the_owners_known_browser() {
    let door = Door::open().await;
    door.mia().await;
    let mut known = browser();
    door.signed_in(&mut known, MIA, PHONE, false).await;
    for email in [MIA, "nobody@example.org"] {
        for _ in 0..10 {
            assert_eq!(refusal(door.type_password(&browser(), email, "guess").await), SignInRefusal::Wrong);
        }
        let until = door.clock.now() + seconds(900);
        assert_eq!(refusal(door.type_password(&browser(), email, PASSWORD).await), SignInRefusal::Paused(until));
    }
    door.until("the lock", "SELECT COUNT(*) FROM lockouts WHERE locked_until IS NOT NULL", 1).await;
    let pending = door.password(&known, MIA).await;
    let code = door.code(PHONE).await;
    went_through(door.type_code(&known, &pending, &code).await);
}

#[tokio::test]
async fn one_network_gets_sixty_tries_in_a_quarter_of_an_hour() {
    let door = Door::open().await;
    let here = browser();
    for n in 0..60 {
        let refused = refusal(door.type_password(&here, &format!("a{n}@example.org"), "x").await);
        assert_eq!(refused, SignInRefusal::Wrong);
    }
    let until = door.clock.now() + seconds(900);
    assert_eq!(refusal(door.type_password(&here, "b@example.org", "x").await), SignInRefusal::TooMany(until));
    assert_eq!(refusal(door.type_password(&browser(), "b@example.org", "x").await), SignInRefusal::Wrong);
    door.clock.advance(seconds(900));
    assert_eq!(refusal(door.type_password(&here, "b@example.org", "x").await), SignInRefusal::Wrong);
}

#[tokio::test]
async fn texts_are_sent_after_thirty_sixty_and_a_hundred_and_twenty_seconds() {
    let door = Door::open().await;
    door.mia().await;
    let here = browser();
    let pending = door.password(&here, MIA).await;
    for (pause, texts) in [(30, 1), (60, 2), (120, 3), (120, 4)] {
        door.deliver().await;
        assert_eq!(door.messages(PHONE).len(), texts);
        let next = door.clock.now() + seconds(pause);
        assert_eq!(
            refusal(resend(&door.portal, &here, &pending, crate::door::BY_TEXT).await),
            ResendRefusal::Wait(next)
        );
        door.clock.advance(seconds(pause));
        went_through(resend(&door.portal, &here, &pending, crate::door::BY_TEXT).await);
    }
}

#[tokio::test]
async fn a_number_gets_five_texts_in_a_quarter_of_an_hour_and_ten_a_day() {
    let door = Door::open().await;
    door.mia().await;
    let start = door.clock.now();
    for _ in 0..7 {
        door.password(&browser(), MIA).await;
    }
    door.deliver().await;
    assert_eq!(door.messages(PHONE).len(), 5);
    for _ in 0..4 {
        door.clock.advance(seconds(901));
        for _ in 0..3 {
            door.password(&browser(), MIA).await;
        }
        door.deliver().await;
    }
    assert_eq!(door.messages(PHONE).len(), 10, "what the short limit refused did not use up the day's");
    // Somebody who only types the number has a budget of their own, and leaves the owner's alone.
    register(&door, &browser(), "new@example.org", PHONE).await;
    door.deliver().await;
    assert_eq!(door.messages(PHONE).len(), 11);
    door.clock.advance(start + SignedDuration::from_hours(24) - door.clock.now());
    door.password(&browser(), MIA).await;
    door.deliver().await;
    assert_eq!(door.messages(PHONE).len(), 12);
}

#[tokio::test]
async fn when_the_limits_keep_a_text_back_the_person_is_told_until_when_and_the_old_code_stays() {
    let door = Door::open().await;
    door.mia().await;
    let here = browser();
    let pending = door.password(&here, MIA).await;
    let code = door.code(PHONE).await;
    for _ in 0..4 {
        door.password(&browser(), MIA).await;
    }
    door.clock.advance(seconds(200));
    let until = door.clock.now() + seconds(700);
    assert_eq!(refusal(resend(&door.portal, &here, &pending, crate::door::BY_TEXT).await), ResendRefusal::Wait(until));
    assert_eq!(
        refusal(resend(&door.portal, &here, &pending, crate::door::BY_TEXT).await),
        ResendRefusal::Wait(until),
        "and again"
    );
    went_through(door.type_code(&here, &pending, &code).await);
}

#[tokio::test]
async fn a_code_that_was_never_texted_opens_nothing() {
    let door = Door::open().await;
    door.mia().await;
    for _ in 0..5 {
        door.password(&browser(), MIA).await;
    }
    let here = browser();
    let pending = door.password(&here, MIA).await;
    let id = pending.challenge.unwrap();
    // The seventh challenge has a code, told to nobody; even who could derive it is refused.
    door.tamper("UPDATE challenges SET sends = 1 WHERE sends = 0").await;
    let live = salus::auth::challenges::live_code(&door.portal, id).await.unwrap().unwrap();
    door.tamper("UPDATE challenges SET sends = 0 WHERE started_at = (SELECT MAX(started_at) FROM challenges)").await;
    let typed = live.code.reveal().to_string();
    assert_eq!(refusal(door.type_code(&here, &pending, &typed).await), AnswerRefusal::Wrong { left: 4 });
}

#[tokio::test]
async fn asked_again_the_code_is_the_same_until_two_minutes_are_left() {
    let door = Door::open().await;
    door.mia().await;
    let here = browser();
    let pending = door.password(&here, MIA).await;
    let first = door.code(PHONE).await;
    door.clock.advance(seconds(180));
    went_through(resend(&door.portal, &here, &pending, crate::door::BY_TEXT).await);
    assert_eq!(door.code(PHONE).await, first, "exactly two minutes are left");
    door.clock.advance(seconds(60));
    went_through(resend(&door.portal, &here, &pending, crate::door::BY_TEXT).await);
    let second = door.code(PHONE).await;
    assert_ne!(second, first);
    assert!(matches!(refusal(door.type_code(&here, &pending, &first).await), AnswerRefusal::Wrong { left: 4 }));
    went_through(door.type_code(&here, &pending, &second).await);
}

#[tokio::test]
async fn a_late_used_or_foreign_code_opens_nothing() {
    let door = Door::open().await;
    door.mia().await;
    door.account(Role::Patient, "noor@example.org", OTHER_PHONE).await;
    let (here, there) = (browser(), browser());
    let mine = door.password(&here, MIA).await;
    let code = door.code(PHONE).await;
    let theirs = door.password(&there, "noor@example.org").await;
    let their_code = door.code(OTHER_PHONE).await;
    assert_ne!(code, their_code, "one chance in a million");
    assert_eq!(refusal(door.type_code(&here, &mine, &their_code).await), AnswerRefusal::Wrong { left: 4 });
    assert_eq!(refusal(door.type_code(&there, &mine, &code).await), AnswerRefusal::Ended, "another browser");
    assert_eq!(refusal(door.type_code(&there, &theirs, &code).await), AnswerRefusal::Wrong { left: 4 });
    door.clock.advance(seconds(300));
    assert_eq!(refusal(door.type_code(&here, &mine, &code).await), AnswerRefusal::Expired { left: 3 });
    went_through(resend(&door.portal, &here, &mine, crate::door::BY_TEXT).await);
    let fresh = door.code(PHONE).await;
    let entered = went_through(door.type_code(&here, &mine, &fresh).await);
    assert_eq!(refusal(door.type_code(&here, &mine, &fresh).await), AnswerRefusal::Ended, "used");
    let inside = door.session(&entered.token).await.unwrap();
    went_through(step_up::begin(&door.portal, &here, &inside, None, None, "/labs").await.map_err(internal));
    let inside = door.session(&entered.token).await.unwrap();
    let step = door.code(PHONE).await;
    assert_eq!(refusal(door.type_code(&here, &inside, &wrong(&step)).await), AnswerRefusal::Wrong { left: 4 });
    if fresh != step {
        assert_eq!(refusal(door.type_code(&here, &inside, &fresh).await), AnswerRefusal::Wrong { left: 3 });
    }
    let stepped = went_through(door.type_code(&here, &inside, &step).await);
    assert!(door.session(&entered.token).await.is_none(), "a step-up ends the old cookie value");
    assert_eq!(stepped.next, "/labs");
}

fn internal(error: salus::error::InternalError) -> salus::error::Failure<AnswerRefusal> {
    error.into()
}

/// Rows of every table that a registration writes, and commits so far.
async fn footprint(door: &Door) -> Vec<i64> {
    let mut counts = vec![i64::try_from(door.portal.db.commits()).unwrap()];
    for sql in [
        "SELECT COUNT(*) FROM registrations",
        "SELECT COUNT(*) FROM challenges",
        "SELECT COUNT(*) FROM sessions",
        "SELECT COUNT(*) FROM dispatches",
        "SELECT COUNT(*) FROM audit_events",
        "SELECT COUNT(*) FROM data_keys",
    ] {
        counts.push(door.number(sql).await);
    }
    counts
}

async fn cost(door: &Door, email: &str, phone: &str) -> Vec<i64> {
    let before = footprint(door).await;
    register(door, &browser(), email, phone).await;
    footprint(door).await.iter().zip(before).map(|(after, before)| after - before).collect()
}

#[tokio::test]
async fn registering_what_is_taken_looks_the_same_and_its_owner_is_told_three_times_a_day() {
    let door = Door::open().await;
    door.mia().await;
    for n in 0..3 {
        door.account(Role::Patient, &format!("family{n}@example.org"), OTHER_PHONE).await;
    }
    let free = cost(&door, "free@example.org", "+12125550111").await;
    assert_eq!(cost(&door, MIA, "+12125550112").await, free, "a taken email");
    assert_eq!(cost(&door, "free2@example.org", OTHER_PHONE).await, free, "a phone that three accounts share");
    for _ in 0..5 {
        register(&door, &browser(), MIA, "+12125550112").await;
    }
    door.deliver().await;
    assert_eq!(door.messages(MIA).len(), 3);
    assert_eq!(door.messages(OTHER_PHONE).len(), 1);
    assert!(!door.messages(OTHER_PHONE)[0].contains('#'), "no code for a phone over its limit");
    assert!(door.messages("+12125550112").is_empty(), "no text for the typed phone of a taken email");
}

#[tokio::test]
async fn a_decoys_code_opens_nothing_even_when_it_is_guessed() {
    let door = Door::open().await;
    door.mia().await;
    let here = browser();
    let pending = register(&door, &here, MIA, "+12125550112").await;
    let live = salus::auth::challenges::live_code(&door.portal, pending.challenge.unwrap()).await.unwrap().unwrap();
    let typed = live.code.reveal().to_string();
    assert_eq!(refusal(door.type_code(&here, &pending, &typed).await), AnswerRefusal::Ended);
    assert_eq!(door.number("SELECT COUNT(*) FROM accounts").await, 1);
    assert_eq!(refusal(door.type_password(&browser(), MIA, "another").await), SignInRefusal::Wrong);
}

#[tokio::test]
async fn an_abandoned_registration_is_resumed_by_signing_in_and_gives_no_new_tries() {
    let door = Door::open().await;
    let here = browser();
    let first = register(&door, &here, "noor@example.org", PHONE).await;
    let code = door.code(PHONE).await;
    for left in [4, 3] {
        assert_eq!(refusal(door.type_code(&here, &first, &wrong(&code)).await), AnswerRefusal::Wrong { left });
    }
    assert_eq!(refusal(door.type_password(&here, "noor@example.org", "wrong").await), SignInRefusal::Wrong);
    let again = door.password(&here, "noor@example.org").await;
    assert_eq!(again.challenge, first.challenge, "the live challenge is rejoined");
    assert_eq!(refusal(door.type_code(&here, &again, &wrong(&code)).await), AnswerRefusal::Wrong { left: 2 });
    let entered = went_through(door.type_code(&here, &again, &code).await);
    assert_eq!(entered.next, "/account/security/recovery-codes?welcome=1");
    assert_eq!(door.number("SELECT COUNT(*) FROM patients").await, 1);

    let late = browser();
    register(&door, &late, "late@example.org", OTHER_PHONE).await;
    door.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(refusal(door.type_password(&late, "late@example.org", PASSWORD).await), SignInRefusal::Wrong);
}

#[tokio::test]
async fn a_code_proves_for_a_registration_the_number_alone_that_it_was_sent_to() {
    let door = Door::open().await;
    let (here, other) = (browser(), "+12125550178");
    let first = register(&door, &here, "noor@example.org", PHONE).await;
    let code = door.code(PHONE).await;
    door.clock.advance(seconds(1));
    let second = register(&door, &here, "noor@example.org", other).await;
    assert_eq!(refusal(door.type_code(&here, &second, &code).await), AnswerRefusal::Wrong { left: 4 });
    went_through(door.type_code(&here, &first, &code).await);
    let opened = door.of(door.of_mail("noor@example.org").await).await;
    let proved = salus::types::phone::PhoneNumber::from_e164(PHONE).unwrap();
    assert_eq!(opened.phone, proved, "each opens with its own number");
}

#[tokio::test]
async fn wrong_codes_for_one_registration_are_counted_over_all_its_challenges() {
    let door = Door::open().await;
    register(&door, &browser(), "noor@example.org", PHONE).await;
    let mut wrong_ones = 0;
    let locked = 'all: loop {
        let here = browser();
        let pending = door.password(&here, "noor@example.org").await;
        loop {
            match refusal(door.type_code(&here, &pending, "000000").await) {
                AnswerRefusal::Wrong { .. } => wrong_ones += 1,
                AnswerRefusal::Ended => break,
                AnswerRefusal::Locked { until } => break 'all until,
                other => panic!("{other:?}"),
            }
        }
        wrong_ones += 1;
        assert!(wrong_ones <= 45, "never ends");
        door.clock.advance(seconds(60));
    };
    assert!((38..=41).contains(&wrong_ones), "{wrong_ones}");
    assert!(locked > door.clock.now() + SignedDuration::from_hours(20));
}

#[tokio::test]
async fn one_network_registers_ten_times_an_hour() {
    let door = Door::open().await;
    let here = browser();
    for n in 0..10 {
        register(&door, &here, &format!("n{n}@example.org"), PHONE).await;
    }
    let refused = register::start(&door.portal, &here, form("n@example.org", PHONE), Password::typed(PASSWORD), None);
    assert_eq!(refusal(refused.await), RegisterRefusal::TooMany(door.clock.now() + SignedDuration::from_hours(1)));
}
