//! Trusted browsers: each sign-in uses the cookie's value up, and one that comes twice was copied.

use salus::auth::browser::Browser;
use salus::auth::factors::manage_codes;
use salus::auth::sessions::Session;
use salus::auth::sign_in::{SignInRefusal, sign_in};
use salus::auth::step_up;
use salus::clock::SignedDuration;
use salus::crypto::passwords::Password;
use salus::crypto::random::Secret;
use salus::sweep::sweep;
use salus::types::actor::Role;

use crate::door::{Door, PASSWORD, browser, refusal, went_through};

const MIA: &str = "mia@example.org";
const PHONE: &str = "+12125550142";
const KNOWN: &str = "SELECT COUNT(*) FROM devices WHERE forgotten_at IS NULL";
const COPIES: &str = "SELECT COUNT(*) FROM audit_events WHERE deed = 'device_copy_used'";

fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

/// Mia and the browser that she trusts, a minute after she signed in there.
async fn trusting() -> (Door, Browser) {
    let door = Door::open().await;
    door.mia().await;
    let mut owner = browser();
    door.signed_in(&mut owner, MIA, PHONE, true).await;
    door.clock.advance(seconds(61));
    (door, owner)
}

/// The right password: where it leads, the session, and the cookie's next value.
async fn enters(door: &Door, here: &Browser) -> (String, Session, Option<Secret>) {
    let entered = went_through(door.type_password(here, MIA, PASSWORD).await);
    let session = door.session(&entered.token).await.expect("a session");
    (entered.next, session, entered.device)
}

/// Whether a session still runs.
async fn runs(door: &Door, session: &Session) -> bool {
    let mut connection = door.portal.db.read().await.unwrap();
    let open: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sessions WHERE id = $1 AND ended_at IS NULL")
        .bind(session.id.to_string())
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    open == 1
}

async fn alarms(door: &Door) -> usize {
    door.deliver().await;
    let told = |mail: &&String| mail.contains("was used twice") && mail.contains("/account/not-me?token=");
    door.messages(MIA).iter().filter(told).count()
}

#[tokio::test]
async fn each_sign_in_uses_the_value_up_and_brings_the_next() {
    let (door, mut owner) = trusting().await;
    for _ in 0..3 {
        let (next, _, cookie) = enters(&door, &owner).await;
        assert_eq!(next, "/home", "no code is asked for");
        assert_ne!(cookie, owner.device);
        owner.device = cookie;
    }
    assert_eq!(door.number(KNOWN).await, 1, "it is one browser all the time");
    assert_eq!(door.number("SELECT COUNT(*) FROM device_tokens").await, 4);
    assert_eq!(door.number("SELECT COUNT(*) FROM device_tokens WHERE replaced_at IS NULL").await, 1);
    assert_eq!(door.number(COPIES).await, 0);
}

#[tokio::test]
async fn a_value_used_by_the_owner_first_gives_the_thief_away() {
    let (door, mut owner) = trusting().await;
    let thief = Browser { device: owner.device.clone(), ..browser() };
    let (_, session, cookie) = enters(&door, &owner).await;
    owner.device = cookie;
    door.clock.advance(seconds(61));

    assert_eq!(refusal(door.type_password(&thief, MIA, "a guess at it").await), SignInRefusal::Wrong);
    assert_eq!((door.number(KNOWN).await, alarms(&door).await), (1, 0), "nothing without the password");
    assert!(runs(&door, &session).await);

    let (next, pending, _) = enters(&door, &thief).await;
    assert_eq!(next, "/challenge");
    assert_eq!(pending.device, None, "the thief counts as unknown");
    assert_eq!((door.number(KNOWN).await, door.number(COPIES).await, alarms(&door).await), (0, 1, 1));
    assert!(!runs(&door, &session).await, "who holds which session cannot be told: all end");
    assert_eq!(enters(&door, &owner).await.0, "/challenge", "the owner proves who she is once more");
    enters(&door, &thief).await;
    assert_eq!((door.number(COPIES).await, alarms(&door).await), (1, 1), "told once");
}

#[tokio::test]
async fn a_value_used_by_the_thief_first_is_found_out_by_the_owner() {
    let (door, owner) = trusting().await;
    let mut thief = Browser { device: owner.device.clone(), ..browser() };
    let (next, stolen, cookie) = enters(&door, &thief).await;
    assert_eq!(next, "/home", "password and cookie were both stolen");
    thief.device = cookie;
    door.clock.advance(SignedDuration::from_mins(5));

    assert_eq!(enters(&door, &owner).await.0, "/challenge");
    assert!(!runs(&door, &stolen).await, "the thief is out");
    assert_eq!(alarms(&door).await, 1);
    assert_eq!(enters(&door, &thief).await.0, "/challenge");
}

#[tokio::test]
async fn a_lost_answer_is_forgiven_for_a_minute_and_a_code_asked_for() {
    let (door, mut owner) = trusting().await;
    let (_, _, lost) = enters(&door, &owner).await;
    door.clock.advance(seconds(60));
    let (next, pending, _) = enters(&door, &owner).await;
    assert_eq!(next, "/challenge", "one value excuses once");
    assert!(pending.device.is_some(), "the browser is known all the same");
    door.clock.advance(SignedDuration::from_mins(4));
    let code = door.code(PHONE).await;
    let entered = went_through(door.type_code(&owner, &pending, &code).await);
    assert_eq!((door.number(KNOWN).await, door.number(COPIES).await), (1, 0), "reading a text slowly is no theft");
    owner.device = entered.device;
    let (next, session, cookie) = enters(&door, &owner).await;
    assert_eq!(next, "/home", "the trust lasts");
    owner.device = cookie;

    let finder = Browser { device: lost, ..browser() };
    assert_eq!(enters(&door, &finder).await.0, "/challenge");
    assert_eq!((door.number(COPIES).await, runs(&door, &session).await), (1, false), "the lost value was caught");
}

#[tokio::test]
async fn an_old_value_is_a_copy_after_a_minute_or_once_the_next_one_came() {
    let (door, owner) = trusting().await;
    enters(&door, &owner).await;
    door.clock.advance(seconds(61));
    enters(&door, &owner).await;
    assert_eq!(door.number(COPIES).await, 1, "a minute is over");

    let (door, owner) = trusting().await;
    let mut there = owner.clone();
    for _ in 0..2 {
        there.device = enters(&door, &there).await.2;
    }
    enters(&door, &owner).await;
    assert_eq!(door.number(COPIES).await, 1, "the next value arrived, so no answer was lost");
}

#[tokio::test]
async fn of_parallel_sign_ins_with_one_value_one_is_excused() {
    let (door, owner) = trusting().await;
    let twin = door.twin().await;
    let all = (0..8).map(|n| {
        let (portal, here) = (if n % 2 == 0 { door.portal.clone() } else { twin.clone() }, owner.clone());
        tokio::spawn(async move { sign_in(&portal, &here, MIA, Password::typed(PASSWORD), None, None).await })
    });
    let mut nexts = Vec::new();
    for one in futures_util::future::join_all(all).await {
        nexts.push(went_through(one.unwrap()).next);
    }
    assert_eq!(nexts.iter().filter(|next| *next == "/home").count(), 1, "{nexts:?}");
    assert_eq!(nexts.iter().filter(|next| *next == "/challenge").count(), 7, "{nexts:?}");
    assert_eq!((door.number(KNOWN).await, door.number(COPIES).await), (1, 0));
    assert_eq!(door.number("SELECT COUNT(*) FROM device_tokens WHERE replaced_at IS NULL").await, 1);
    twin.db.close().await;
}

#[tokio::test]
async fn staff_are_never_trusted() {
    let door = Door::open().await;
    door.account(Role::Doctor, MIA, PHONE).await;
    let mut doctor = browser();
    door.signed_in(&mut doctor, MIA, PHONE, true).await;
    assert_eq!(door.number("SELECT COUNT(*) FROM devices WHERE trusted_until IS NOT NULL").await, 0);
    door.tamper("UPDATE devices SET trusted_until = 9000000000000").await;
    assert_eq!(enters(&door, &doctor).await.0, "/challenge");
}

#[tokio::test]
async fn trust_lasts_thirty_days_however_often_it_is_used() {
    let (door, mut owner) = trusting().await;
    for _ in 0..29 {
        door.clock.advance(SignedDuration::from_hours(24));
        let (next, _, cookie) = enters(&door, &owner).await;
        assert_eq!(next, "/home");
        owner.device = cookie;
    }
    door.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(enters(&door, &owner).await.0, "/challenge");
}

#[tokio::test]
async fn strangers_guesses_do_not_lock_the_trusted_owner_out() {
    let (door, owner) = trusting().await;
    for _ in 0..10 {
        assert_eq!(refusal(door.type_password(&browser(), MIA, "a guess at it").await), SignInRefusal::Wrong);
    }
    door.until("the lock", "SELECT COUNT(*) FROM lockouts WHERE locked_until IS NOT NULL", 1).await;
    assert!(matches!(refusal(door.type_password(&browser(), MIA, PASSWORD).await), SignInRefusal::Paused(_)));
    assert_eq!(enters(&door, &owner).await.0, "/home");
}

#[tokio::test]
async fn old_values_and_forgotten_browsers_leave_the_database() {
    let (door, mut owner) = trusting().await;
    owner.device = enters(&door, &owner).await.2;
    door.clock.advance(SignedDuration::from_hours(90 * 24));
    sweep(&door.portal).await.unwrap();
    assert_eq!(door.number("SELECT COUNT(*) FROM device_tokens").await, 2, "ninety days and no more");
    door.clock.advance(SignedDuration::from_millis(1));
    sweep(&door.portal).await.unwrap();
    assert_eq!(door.number("SELECT COUNT(*) FROM device_tokens").await, 1);
    let (_, pending, _) = enters(&door, &owner).await;
    assert!(pending.device.is_some(), "the newest value stays");

    door.tamper("UPDATE devices SET forgotten_at = seen_at").await;
    sweep(&door.portal).await.unwrap();
    let left = ["SELECT COUNT(*) FROM devices", "SELECT COUNT(*) FROM device_tokens"];
    for table in left {
        assert_eq!(door.number(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn trust_ends_when_a_factor_comes_or_goes() {
    let door = Door::open().await;
    door.mia().await;
    let (mut owner, here) = (browser(), browser().network);
    let session = door.signed_in(&mut owner, MIA, PHONE, true).await;
    let fresh = step_up::fresh(&door.portal, &session).expect("a fresh proof");
    went_through(manage_codes::make(&door.portal, &fresh, &session, None, &here).await);
    door.clock.advance(seconds(61));
    let (next, pending, _) = enters(&door, &owner).await;
    assert_eq!(next, "/challenge", "a factor was added");
    assert!(pending.device.is_some(), "the browser stays known, so its owner is no stranger");

    let session = door.signed_in(&mut owner, MIA, PHONE, true).await;
    let (next, _, cookie) = enters(&door, &owner).await;
    assert_eq!(next, "/home");
    owner.device = cookie;
    let fresh = step_up::fresh(&door.portal, &session).expect("a fresh proof");
    went_through(manage_codes::remove_all(&door.portal, &fresh, &session, &here).await);
    assert_eq!(enters(&door, &owner).await.0, "/challenge", "a factor was removed");
}
