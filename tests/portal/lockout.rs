//! The lockout's figures: random walks against a plain model of the limits table, and the deep ends one by one.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use salus::auth::browser::Browser;
use salus::auth::challenges::{self, AnswerRefusal, ResendRefusal};
use salus::auth::lockout::{self, Resetter};
use salus::auth::prove::resend;
use salus::auth::sessions::Session;
use salus::auth::sign_in::SignInRefusal;
use salus::clock::{SignedDuration, Timestamp};
use salus::error::Failure;
use salus::types::actor::Role;
use salus::types::ids::AccountId;

use crate::door::{Door, PASSWORD, browser, refusal, went_through, wrong};
use crate::limits_model::{From, Model, Said};
use crate::support::server::{PASSWORD as PHRASE, TestPortal};

#[derive(Clone, Copy, Debug)]
enum Step {
    Password(From, bool),
    Code(From, bool),
    Resend(From),
    Pass(i64),
    Reset,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let from = prop_oneof![3 => Just(From::Strange), 2 => Just(From::Known)];
    let step = prop_oneof![
        4 => from.clone().prop_map(|from| Step::Password(from, false)),
        5 => from.clone().prop_map(|from| Step::Password(from, true)),
        14 => from.clone().prop_map(|from| Step::Code(from, false)),
        1 => from.clone().prop_map(|from| Step::Code(from, true)),
        2 => from.prop_map(Step::Resend),
        3 => prop::sample::select(vec![1, 31, 61, 121, 240, 360, 960, 1860, 18_000, 90_000]).prop_map(Step::Pass),
        1 => Just(Step::Reset),
    ];
    prop::collection::vec(step, 30..60)
}

/// The portal, walked by the same steps.
struct Walk<'a> {
    door: &'a Door,
    account: AccountId,
    email: String,
    browsers: HashMap<From, Browser>,
    pending: HashMap<From, Session>,
}

fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

impl Walk<'_> {
    /// The same browser in another network, so that only the account's limits are met.
    fn here(&self, from: From) -> Browser {
        Browser { network: browser().network, ..self.browsers[&from].clone() }
    }

    async fn password(&mut self, from: From, right: bool) -> Said {
        let typed = if right { PASSWORD } else { "not the password" };
        match self.door.type_password(&self.here(from), &self.email, typed).await {
            Ok(entered) => {
                self.pending.insert(from, self.door.session(&entered.token).await.unwrap());
                ("asked", 0)
            }
            Err(Failure::Refused(why)) => match why {
                SignInRefusal::Wrong => ("wrong", 0),
                SignInRefusal::Paused(until) => ("paused", ms(until)),
                SignInRefusal::Locked(until) => ("locked", ms(until)),
                SignInRefusal::PasswordSpent => ("spent", 0),
                SignInRefusal::TooMany(until) => ("too many", ms(until)),
                SignInRefusal::Held => ("held", 0),
            },
            Err(Failure::Internal(error)) => panic!("{error:?}"),
        }
    }

    async fn code(&mut self, from: From, right: bool) -> Said {
        let Some(session) = self.pending.get(&from).cloned() else { return ("nothing", 0) };
        let live = challenges::live_code(&self.door.portal, session.challenge.unwrap()).await.unwrap();
        let code = live.map_or("000000".into(), |live| live.code.reveal().to_string());
        let typed = if right { code } else { wrong(&code) };
        match self.door.type_code(&self.here(from), &session, &typed).await {
            Ok(entered) => {
                if from == From::Known {
                    self.browsers.get_mut(&from).unwrap().device = entered.device;
                }
                ("in", 0)
            }
            Err(Failure::Refused(why)) => match why {
                AnswerRefusal::Wrong { left } => ("wrong", left),
                AnswerRefusal::Expired { left } => ("expired", left),
                AnswerRefusal::Ended => ("ended", 0),
                AnswerRefusal::Locked { until } => ("locked", ms(until)),
                AnswerRefusal::PasswordSpent => ("spent", 0),
                AnswerRefusal::FactorOff => ("off", 0),
            },
            Err(Failure::Internal(error)) => panic!("{error:?}"),
        }
    }

    async fn resend(&self, from: From) -> Said {
        let Some(session) = self.pending.get(&from) else { return ("nothing", 0) };
        match resend(&self.door.portal, &self.here(from), session, crate::door::BY_TEXT).await {
            Ok(()) => ("sent", 0),
            Err(Failure::Refused(ResendRefusal::Wait(until))) => ("wait", ms(until)),
            Err(Failure::Refused(ResendRefusal::CannotCall)) => ("no calls", 0),
            Err(Failure::Refused(ResendRefusal::NotTheirs)) => ("not theirs", 0),
            Err(Failure::Refused(ResendRefusal::Held(until))) => ("held", ms(until)),
            Err(Failure::Refused(ResendRefusal::Ended)) => ("ended", 0),
            Err(Failure::Internal(error)) => panic!("{error:?}"),
        }
    }

    async fn sum(&self, sql: &'static str) -> i64 {
        let mut connection = self.door.portal.db.read().await.unwrap();
        sqlx::query_scalar(sql).bind(self.account.to_string()).fetch_one(&mut *connection).await.unwrap()
    }

    /// Waits until a wrong password, counted after its answer, is counted as the model has it.
    async fn settle(&self, model: &Model) -> bool {
        let expected = model.locks.values().map(|lock| lock.in_a_row + 1000 * lock.locks).sum::<i64>();
        for _ in 0..300 {
            let sql =
                "SELECT CAST(COALESCE(SUM(in_a_row + 1000 * locks), 0) AS BIGINT) FROM lockouts WHERE account_id = $1";
            if self.sum(sql).await == expected {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        false
    }
}

async fn walk(door: &Door, number: usize, steps: &[Step]) -> Result<(), TestCaseError> {
    let email = format!("walker{number}@example.org");
    let phone = format!("+1212555{number:04}");
    let account = door.account(Role::Patient, &email, &phone).await;
    let mut owner = browser();
    door.signed_in(&mut owner, &email, &phone, false).await;
    // The owner's sign-in used one text up; a day later nothing is counted any more.
    door.clock.advance(SignedDuration::from_hours(25));
    let browsers = HashMap::from([(From::Known, owner), (From::Strange, browser())]);
    let mut walk = Walk { door, account, email, browsers, pending: HashMap::new() };
    let mut model = Model::default();
    for (at, step) in steps.iter().enumerate() {
        let now = ms(door.clock.now());
        let commits = door.portal.db.commits();
        let (said, expected) = match *step {
            Step::Password(from, right) => (walk.password(from, right).await, model.password(from, right, now)),
            Step::Code(from, right) => (walk.code(from, right).await, model.code(from, right, now)),
            Step::Resend(from) => (walk.resend(from).await, model.resend(from, now)),
            Step::Pass(seconds) => {
                door.clock.advance(SignedDuration::from_secs(seconds));
                continue;
            }
            Step::Reset => {
                went_through(lockout::reset(&door.portal, Resetter::Shell, account, "asked by phone", None).await);
                model.locks.clear();
                model.passwords.remove(&From::Strange);
                model.codes_today.clear();
                model.factor = 0;
                continue;
            }
        };
        prop_assert_eq!(said, expected, "step {} of {:?}", at, steps);
        // A wrong password costs two commits before its answer and one after it, which looks whether the account is
        // locked: time may not pass, nor a reset come, before that.
        let counted = |step: &Step| matches!(step, Step::Password(..)) && said.0 == "wrong";
        while counted(step) && door.portal.db.commits() < commits + 3 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        prop_assert!(walk.settle(&model).await, "after step {} of {:?}", at, steps);
    }
    let told = walk.sum("SELECT COUNT(*) FROM dispatches WHERE account_id = $1 AND template = 'locked'").await;
    prop_assert_eq!(told, 2 * model.times_locked, "each lock is told by mail and by text");
    let warned = walk.sum("SELECT COUNT(*) FROM dispatches WHERE account_id = $1 AND template = 'strange_codes'").await;
    prop_assert_eq!(warned, i64::from(model.strange >= 5));
    Ok(())
}

#[test]
fn the_door_does_what_a_plain_model_of_the_limits_does() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let door = runtime.block_on(Door::open());
    let number = std::cell::Cell::new(0);
    let config = Config { cases: 14, max_shrink_iters: 24, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        number.set(number.get() + 1);
        runtime.block_on(walk(&door, number.get(), &steps))
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

const MIA: &str = "mia@example.org";
const PHONE: &str = "+12125550142";

/// Wrong codes from new strange browsers until something else than "wrong" is said; answers how many were counted.
async fn guess_until_stopped(door: &Door, most: usize) -> (usize, AnswerRefusal) {
    let mut counted = 0;
    loop {
        let here = browser();
        let pending = door.password(&here, MIA).await;
        for _ in 0..5 {
            match refusal(door.type_code(&here, &pending, "000000").await) {
                AnswerRefusal::Wrong { .. } => counted += 1,
                AnswerRefusal::Ended => {
                    counted += 1;
                    break;
                }
                stopped => return (counted, stopped),
            }
        }
        assert!(counted <= most, "never stopped");
    }
}

#[tokio::test]
async fn locks_double_from_a_quarter_of_an_hour_to_a_day() {
    let door = Door::open().await;
    door.mia().await;
    for minutes in [15, 30, 60, 120, 240, 480, 960, 1440, 1440] {
        door.tamper("DELETE FROM tallies").await;
        door.tamper("UPDATE accounts SET strange_codes = 0").await;
        door.tamper("DELETE FROM factor_uses").await;
        let (counted, stopped) = guess_until_stopped(&door, 10).await;
        let until = door.clock.now() + SignedDuration::from_mins(minutes);
        assert_eq!((counted, stopped), (9, AnswerRefusal::Locked { until }), "the tenth in a row locks");
        let refused = refusal(door.type_password(&browser(), MIA, PASSWORD).await);
        assert_eq!(refused, SignInRefusal::Locked(until));
        assert_eq!(
            refusal(door.type_password(&browser(), MIA, "x").await),
            SignInRefusal::Wrong,
            "not told to a guesser"
        );
        // That one is looked at after its answer, while the lock holds: it does not count.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        door.clock.advance(SignedDuration::from_mins(minutes));
    }
    let last = door.number("SELECT COUNT(*) FROM audit_events WHERE deed = 'account_locked'").await;
    assert_eq!(last, 9);
}

#[tokio::test]
async fn forty_wrong_codes_a_day_for_one_account_from_unknown_browsers() {
    let door = Door::open().await;
    door.mia().await;
    let first = door.clock.now();
    let mut counted = 0;
    loop {
        let (more, stopped) = guess_until_stopped(&door, 50).await;
        let AnswerRefusal::Locked { until } = stopped else { panic!("{stopped:?}") };
        if until == first + SignedDuration::from_hours(24) && more < 9 {
            counted += more;
            break;
        }
        counted += 10;
        door.tamper("DELETE FROM lockouts").await;
    }
    assert_eq!(counted, 40);
    door.clock.advance(SignedDuration::from_hours(24));
    let here = browser();
    let pending = door.password(&here, MIA).await;
    let code = door.code(PHONE).await;
    went_through(door.type_code(&here, &pending, &code).await);
}

#[tokio::test]
async fn a_hundred_strange_codes_spend_the_password_everywhere_but_in_known_browsers() {
    let door = Door::open().await;
    door.mia().await;
    let mut known = browser();
    door.signed_in(&mut known, MIA, PHONE, false).await;
    door.tamper("UPDATE accounts SET strange_codes = 99").await;
    let (here, there) = (browser(), browser());
    let pending = door.password(&here, MIA).await;
    let other = door.password(&there, MIA).await;
    let code = door.code(PHONE).await;
    refusal(door.type_code(&here, &pending, &wrong(&code)).await);
    assert_eq!(refusal(door.type_code(&there, &other, &code).await), AnswerRefusal::PasswordSpent);
    assert_eq!(refusal(door.type_password(&browser(), MIA, PASSWORD).await), SignInRefusal::PasswordSpent);
    let pending = door.password(&known, MIA).await;
    let code = door.code(PHONE).await;
    went_through(door.type_code(&known, &pending, &code).await);
    let refused = refusal(door.type_password(&browser(), MIA, PASSWORD).await);
    assert_eq!(refused, SignInRefusal::PasswordSpent, "the owner's success does not forgive it");
    went_through(lockout::reset(&door.portal, Resetter::Shell, door.of_mail(MIA).await, "asked by phone", None).await);
    let refused = refusal(door.type_password(&browser(), MIA, PASSWORD).await);
    assert_eq!(refused, SignInRefusal::PasswordSpent, "nor does a reset: only a new password helps");
}

#[tokio::test]
async fn a_hundred_wrong_codes_in_a_row_from_known_browsers_turn_the_factor_off_until_the_clinic_helps() {
    let door = Door::open().await;
    door.mia().await;
    let mut known = browser();
    door.signed_in(&mut known, MIA, PHONE, false).await;
    door.tamper(
        "INSERT INTO factor_uses (account_id, factor, wrong) SELECT account_id, 'phone:' || id, 99 FROM phones WHERE true
         ON CONFLICT (account_id, factor) DO UPDATE SET wrong = 99",
    )
    .await;
    let pending = door.password(&known, MIA).await;
    let code = door.code(PHONE).await;
    assert_eq!(refusal(door.type_code(&known, &pending, &wrong(&code)).await), AnswerRefusal::Wrong { left: 4 });
    assert_eq!(refusal(door.type_code(&known, &pending, &code).await), AnswerRefusal::FactorOff);
    went_through(lockout::reset(&door.portal, Resetter::Shell, door.of_mail(MIA).await, "asked in person", None).await);
    went_through(door.type_code(&known, &pending, &code).await);
}

#[tokio::test]
async fn of_a_hundred_parallel_wrong_answers_as_many_count_as_may() {
    let door = Door::open().await;
    door.mia().await;
    let here = browser();
    let pending = door.password(&here, MIA).await;
    let code = door.code(PHONE).await;
    let guess = wrong(&code);
    let all = futures_util::future::join_all((0..100).map(|_| door.type_code(&here, &pending, &guess))).await;
    let answers: Vec<AnswerRefusal> = all.into_iter().map(refusal).collect();
    let mut lefts: Vec<i64> =
        answers.iter().filter_map(|a| if let AnswerRefusal::Wrong { left } = a { Some(*left) } else { None }).collect();
    lefts.sort_unstable();
    assert_eq!(lefts, [1, 2, 3, 4]);
    assert_eq!(answers.iter().filter(|answer| **answer == AnswerRefusal::Ended).count(), 96);
    assert_eq!(door.number("SELECT tries FROM challenges").await, 5);
    assert_eq!(door.number("SELECT strange_codes FROM accounts").await, 5);
    assert_eq!(refusal(door.type_code(&here, &pending, &code).await), AnswerRefusal::Ended, "even the right one");
}

#[tokio::test]
async fn of_parallel_right_answers_exactly_one_wins() {
    let door = Door::open().await;
    door.mia().await;
    let here = browser();
    let pending = door.password(&here, MIA).await;
    let code = door.code(PHONE).await;
    let all = futures_util::future::join_all((0..8).map(|_| door.type_code(&here, &pending, &code))).await;
    assert_eq!(all.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(door.number("SELECT COUNT(*) FROM sessions WHERE kind = 'full'").await, 1);
    let others: Vec<_> = all.into_iter().filter(Result::is_err).map(refusal).collect();
    assert!(others.iter().all(|answer| *answer == AnswerRefusal::Ended), "{others:?}");
}

async fn locks(portal: &TestPortal, why: &str) -> i64 {
    let mut connection = portal.portal.db.read().await.unwrap();
    let locks = "SELECT COUNT(*) FROM lockouts WHERE locked_until > $1 AND locked_why = $2";
    let now = portal.clock.now().as_millisecond();
    sqlx::query_scalar(locks).bind(now).bind(why).fetch_one(&mut *connection).await.unwrap()
}

/// Ten wrong passwords from somebody who knows the address and nothing else.
async fn guess_passwords(portal: &TestPortal, email: &str) {
    let mut stranger = portal.browser();
    for _ in 0..10 {
        stranger.open("/login").await;
        stranger.post("/login", &[("email", email), ("password", "not the pass phrase")]).await;
    }
    for _ in 0..200 {
        if locks(portal, "password").await > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("ten wrong passwords did not lock");
}

#[tokio::test]
async fn a_lock_that_wrong_passwords_brought_leaves_the_way_to_a_new_one_open() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    guess_passwords(&portal, &mia.email).await;
    let mut owner = portal.browser();
    owner.open("/login").await;
    let page = owner.send("/login", &[("email", &mia.email), ("password", PHRASE)]).await;
    page.says("You can reset your password");

    owner.open("/password/forgot").await;
    owner.send("/password/forgot", &[("email", &mia.email)]).await;
    let reset = portal.link(&mia.email).await;
    owner.open(&reset).await;
    owner.send("/password/reset", &[]).await;
    let code = portal.code(&mia.phone).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    owner.send("/challenge", &[("code", wrong)]).await.says("The code does not match");
    owner.send("/challenge", &[("code", &code)]).await;
    owner.send("/password/reset", &[("password", "a brand new pass phrase")]).await.says("Your new password works now");
    assert_eq!(locks(&portal, "password").await, 0, "it proved the owner");
    portal.minutes_later(1);
    owner.open("/login").await;
    let page = owner.send("/login", &[("email", &mia.email), ("password", "a brand new pass phrase")]).await;
    assert_eq!(page.address, "/challenge", "{}", page.text());
}
