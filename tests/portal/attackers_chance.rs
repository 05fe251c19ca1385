//! A stranger who knows a patient's password and never held the phone guesses as fast as the portal lets anybody, until it
//! lets nobody. What that is worth is computed from the limits that hold, and is what `docs/SECURITY.md` says.

use std::path::Path;

use data_encoding::BASE32_NOPAD;
use salus::auth::browser::Browser;
use salus::auth::challenges::{self, Answer, AnswerRefusal};
use salus::auth::factors::recovery_codes::{self, TypedRecoveryCode};
use salus::auth::factors::{choice, totp};
use salus::auth::prove::{Wanted, prove, resend, ways};
use salus::auth::sessions::Session;
use salus::auth::sign_in::SignInRefusal;
use salus::clock::{SignedDuration, Timestamp};
use salus::crypto::codes::TypedCode;
use salus::crypto::random::bytes;
use salus::error::Failure;
use salus::types::factor_kind::FactorKind;
use salus::types::ids::AccountId;

use crate::door::{Door, PASSWORD, browser, refusal, went_through, wrong};

const MIA: &str = "mia@example.org";
const CODES: f64 = 1e6;
const RECOVERY_CODES: f64 = (1u64 << 60) as f64;

/// What the app shows; nothing where the person has none.
type App = Box<dyn Fn(i64) -> String>;

/// Mia, with an app and recovery codes beside her phone.
async fn mia(door: &Door) -> (AccountId, App, String) {
    let id = door.mia().await;
    let (portal, account) = (&door.portal, door.of(id).await);
    let mut tx = portal.db.begin().await.unwrap();
    totp::begin(portal, &mut tx, &account).await.unwrap();
    tx.commit().await.unwrap();
    let secret = totp::waiting(portal, &account).await.unwrap().unwrap().secret.replace(' ', "");
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let app = move |step: i64| totp_lite::totp_custom::<totp_lite::Sha1>(30, 6, &secret, (step * 30).unsigned_abs());
    let typed = TypedCode::parse(&app(door.clock.now().as_second() / 30)).unwrap();
    let mut tx = portal.db.begin().await.unwrap();
    totp::bind(portal, &mut tx, &account, &typed).await.unwrap().unwrap();
    let recovery = recovery_codes::make(portal, &mut tx, id).await.unwrap()[0].to_string();
    tx.commit().await.unwrap();
    door.clock.advance(SignedDuration::from_hours(1));
    (id, Box::new(app), recovery)
}

/// Something that is not right, and what is.
async fn guess(door: &Door, session: &Session, app: &App, recovery: &str) -> (Answer, Answer, FactorKind) {
    let challenge = challenges::find(&door.portal, session.challenge.unwrap()).await.unwrap().unwrap();
    let code = |typed: &str| Answer::Code(TypedCode::parse(typed).unwrap());
    match challenge.factor {
        FactorKind::Recovery => {
            let other = TypedRecoveryCode::parse("0000-0000-0000").unwrap();
            (Answer::Recovery(other), Answer::Recovery(TypedRecoveryCode::parse(recovery).unwrap()), challenge.factor)
        }
        FactorKind::Totp => {
            let step = door.clock.now().as_second() / 30;
            let near: Vec<String> = (step - 2..=step + 2).map(app).collect();
            let other = (0..10).map(|n| format!("00000{n}")).find(|code| !near.contains(code)).unwrap();
            (code(&other), code(&near[2]), challenge.factor)
        }
        kind => {
            let live = challenges::live_code(&door.portal, challenge.id).await.unwrap().expect("a code");
            let right = live.code.reveal().to_string();
            (code(&wrong(&right)), code(&right), kind)
        }
    }
}

/// When each guess was looked at, and the chance that it had.
type Guesses = Vec<(Timestamp, f64)>;

/// Guesses by that factor in one new browser after another, and waits as long as is asked, until the password is spent.
async fn guess_for_life(kind: FactorKind) -> Guesses {
    let door = Door::open().await;
    let (_, app, recovery) = mia(&door).await;
    let limits = &door.portal.config.limits;
    let (mut guesses, mut since_lock): (Guesses, i64) = (Vec::new(), 0);
    loop {
        assert!(guesses.len() <= 1000, "nothing ever stops it");
        let here = browser();
        let pending = match door.type_password(&here, MIA, PASSWORD).await {
            Ok(entered) => door.session(&entered.token).await.unwrap(),
            Err(Failure::Refused(SignInRefusal::Locked(until))) => {
                door.clock.advance(until.duration_since(door.clock.now()));
                continue;
            }
            Err(Failure::Refused(SignInRefusal::PasswordSpent)) => return guesses,
            // It looks like what it is: the clinic must help, or a day without a guess.
            Err(Failure::Refused(other)) => {
                assert_eq!(format!("{other:?}"), "Held");
                door.clock.advance(SignedDuration::from_hours(6));
                continue;
            }
            Err(Failure::Internal(error)) => panic!("{error:?}"),
        };
        let _ = resend(&door.portal, &here, &pending, Wanted { kind, phone: None }).await;
        let challenge = challenges::find(&door.portal, pending.challenge.unwrap()).await.unwrap().unwrap();
        if challenge.factor != kind || (challenge.way().is_some() && challenge.sends == 0) {
            // The number has had its texts: there is no code to guess.
            door.clock.advance(SignedDuration::from_hours(1));
            continue;
        }
        for _ in 0..=limits.challenge_tries {
            let (answer, right, factor) = guess(&door, &pending, &app, &recovery).await;
            assert_eq!(factor, kind);
            let chance = match kind {
                FactorKind::Totp => 3.0 / CODES,
                FactorKind::Recovery => recovery_codes::CODES as f64 / RECOVERY_CODES,
                _ => 1.0 / CODES,
            };
            let refused = refusal(prove(&door.portal, &here, &pending, &answer, false).await);
            since_lock += 1;
            match refused {
                AnswerRefusal::Wrong { .. } => guesses.push((door.clock.now(), chance)),
                AnswerRefusal::Locked { .. } if since_lock == limits.lock_after => {
                    guesses.push((door.clock.now(), chance));
                    since_lock = 0;
                    break;
                }
                AnswerRefusal::Ended if challenge_tries(&door, &pending).await == limits.challenge_tries => {
                    guesses.push((door.clock.now(), chance));
                    let again = refusal(prove(&door.portal, &here, &pending, &right, false).await);
                    assert_eq!(again, AnswerRefusal::Ended, "even the right one, after five");
                    break;
                }
                stopped => {
                    // It was not looked at, as the right one is not.
                    since_lock -= 1;
                    let again = refusal(prove(&door.portal, &here, &pending, &right, false).await);
                    assert!(again == stopped || again == AnswerRefusal::Ended, "{again:?} after {stopped:?}");
                    match stopped {
                        AnswerRefusal::PasswordSpent => return guesses,
                        AnswerRefusal::Locked { until } => {
                            door.clock.advance(until.duration_since(door.clock.now()));
                        }
                        other => panic!("{other:?}"),
                    }
                    break;
                }
            }
        }
    }
}

async fn challenge_tries(door: &Door, session: &Session) -> i64 {
    challenges::find(&door.portal, session.challenge.unwrap()).await.unwrap().unwrap().tries
}

/// The most that any span of that length was worth.
fn most_in(guesses: &Guesses, span: SignedDuration) -> f64 {
    let within = |from: Timestamp| {
        let inside = guesses.iter().filter(move |(at, _)| *at >= from && at.duration_since(from) < span);
        inside.map(|(_, chance)| chance).sum::<f64>()
    };
    guesses.iter().map(|(at, _)| within(*at)).fold(0.0, f64::max)
}

fn percent(chance: f64) -> String {
    if chance < 1e-9 { "less than 0.0000001 %".into() } else { format!("{:.4} %", 100.0 * chance) }
}

#[tokio::test]
async fn a_known_password_gives_a_stranger_one_chance_in_ten_thousand_in_its_life() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SECURITY.md")).unwrap();
    let door = Door::open().await;
    let limits = &door.portal.config.limits;
    let mut missing = Vec::new();
    for (kind, name, weight, chance) in [
        (FactorKind::Sms, "texted or spoken code", 1, 1.0 / CODES),
        (FactorKind::Totp, "authenticator app", totp::VALID_AT_ONCE, totp::VALID_AT_ONCE as f64 / CODES),
        (FactorKind::Recovery, "recovery code", 1, recovery_codes::CODES as f64 / RECOVERY_CODES),
    ] {
        let life = limits.strange_life / weight;
        // At 60 bits it takes no walk to see that it is nothing.
        if kind != FactorKind::Recovery {
            let guesses = guess_for_life(kind).await;
            assert_eq!(i64::try_from(guesses.len()), Ok(life), "{name}");
            let walked: f64 = guesses.iter().map(|(_, chance)| chance).sum();
            assert!(walked <= 0.0001 + 1e-12, "{name}: {walked}");
            let day = most_in(&guesses, SignedDuration::from_hours(24));
            assert!(day <= limits.codes_a_day.min(life) as f64 * chance + 1e-12, "{name}: {day}");
        }
        let worth = |guesses: i64| percent(guesses.min(life) as f64 * chance);
        let (once, day) = (worth(limits.challenge_tries), worth(limits.codes_a_day));
        let row = format!("| {name} | {life} | {once} | {day} | {} |", worth(life));
        missing.extend((!page.contains(&row)).then_some(row));
    }
    assert!(missing.is_empty(), "docs/SECURITY.md does not say\n{}", missing.join("\n"));
}

#[tokio::test]
async fn strangers_who_guess_at_one_instant_in_many_browsers_get_no_guess_more() {
    let door = Door::open().await;
    let (_, app, recovery) = mia(&door).await;
    let mut all = Vec::new();
    for _ in 0..24 {
        let here = browser();
        let pending = door.password(&here, MIA).await;
        let app = Wanted { kind: FactorKind::Totp, phone: None };
        went_through(resend(&door.portal, &here, &pending, app).await);
        all.push((here, pending));
    }
    door.tamper("UPDATE accounts SET strange_codes = 94").await;
    let (answer, ..) = guess(&door, &all[0].1, &app, &recovery).await;
    let tries = all.iter().map(|(here, pending)| prove(&door.portal, here, pending, &answer, false));
    let refused: Vec<_> = futures_util::future::join_all(tries).await.into_iter().map(refusal).collect();
    let looked_at = refused.iter().filter(|why| matches!(why, AnswerRefusal::Wrong { .. })).count();
    assert_eq!(looked_at, 2, "an app's code counts three times, since three are valid: {refused:?}");
    assert_eq!(door.number("SELECT strange_codes FROM accounts").await, 100);
}

#[tokio::test]
async fn whoever_copied_a_known_browser_gets_no_guess_more_at_one_instant_in_many() {
    let door = Door::open().await;
    let (_, app, recovery) = mia(&door).await;
    let totp = Wanted { kind: FactorKind::Totp, phone: None };
    let mut known = browser();
    let pending = door.password(&known, MIA).await;
    went_through(resend(&door.portal, &known, &pending, totp).await);
    let (_, right, _) = guess(&door, &pending, &app, &recovery).await;
    known.device = went_through(prove(&door.portal, &known, &pending, &right, false).await).device;
    assert!(known.device.is_some());
    let mut all = Vec::new();
    for _ in 0..24 {
        let here = Browser { digest: bytes(), ..known.clone() };
        let pending = door.password(&here, MIA).await;
        assert!(pending.device.is_some(), "the copy is known");
        went_through(resend(&door.portal, &here, &pending, totp).await);
        all.push((here, pending));
    }
    let (answer, ..) = guess(&door, &all[0].1, &app, &recovery).await;
    let tries = all.iter().map(|(here, pending)| prove(&door.portal, here, pending, &answer, false));
    let refused: Vec<_> = futures_util::future::join_all(tries).await.into_iter().map(refusal).collect();
    let wrong = refused.iter().filter(|why| matches!(why, AnswerRefusal::Wrong { .. })).count();
    assert_eq!(wrong, 9, "the tenth locks: {refused:?}");
    let looked_at = "SELECT wrong FROM factor_uses WHERE factor LIKE 'authenticator:%'";
    assert_eq!(door.number(looked_at).await, 10);
    assert_eq!(door.number("SELECT 100 * locks + in_a_row FROM lockouts").await, 100);
}

#[tokio::test]
async fn a_stranger_gets_no_code_by_mail() {
    let door = Door::open().await;
    let (id, ..) = mia(&door).await;
    let here = browser();
    let pending = door.password(&here, MIA).await;
    let challenge = challenges::find(&door.portal, pending.challenge.unwrap()).await.unwrap().unwrap();
    assert!(!ways(&door.portal, &challenge).await.unwrap().have(FactorKind::Email));
    let asked = choice::Asked { is_known: true, ..challenge.asked() };
    let mut connection = door.portal.db.read().await.unwrap();
    let account = door.of(id).await;
    let home = choice::choices(&door.portal, &mut connection, &account, asked).await.unwrap();
    assert!(home.iter().any(|choice| choice.factor.kind() == FactorKind::Email), "its owner does, at home");
}

#[tokio::test]
async fn whoever_reads_the_mailbox_gets_no_more_guesses_at_the_phone() {
    let door = Door::open().await;
    door.mia().await;
    let mut guessed = 0;
    for link in 1.. {
        assert!(link < 60, "nothing ever stops it");
        let here = browser();
        let email = salus::types::email_address::EmailAddress::parse(MIA).unwrap();
        went_through(salus::auth::password_reset::ask(&door.portal, &here, email).await);
        door.until("the link", "SELECT COUNT(*) FROM password_resets", link).await;
        door.until("its mail", "SELECT COUNT(*) FROM dispatches WHERE template = 'reset_link'", link).await;
        door.deliver().await;
        let mails = door.messages(MIA);
        let token = mails.iter().rev().find_map(|mail| mail.split("/password/reset?token=").nth(1)).unwrap();
        let token = salus::crypto::random::Secret::new(token.split_whitespace().next().unwrap());
        let opened = salus::auth::password_reset::open(&door.portal, &here, &token, None).await.unwrap().unwrap();
        let pending = door.session(&opened.token).await.unwrap();
        let mut last = None;
        for _ in 0..5 {
            last = Some(refusal(door.type_code(&here, &pending, "000000").await));
            guessed += i64::from(!matches!(last, Some(AnswerRefusal::FactorOff)));
        }
        if last == Some(AnswerRefusal::FactorOff) {
            break;
        }
        // What is left to find out is what no lock and no day's budget stops.
        door.tamper("DELETE FROM lockouts").await;
        door.tamper("DELETE FROM tallies WHERE bucket <> 'resets:year'").await;
        door.clock.advance(SignedDuration::from_hours(25));
    }
    assert_eq!(guessed, 100);
}

#[tokio::test]
async fn the_table_of_limits_says_what_holds() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SECURITY.md")).unwrap();
    let door = Door::open().await;
    let limits = &door.portal.config.limits;
    let minutes = |span: SignedDuration| span.as_mins();
    let [first, second, third] = limits.send_pauses.map(|pause| pause.as_secs());
    for row in [
        format!("| password | {} to 128 characters", limits.password_least),
        format!("| a code | 6 digits, {} minutes, one use |", minutes(limits.code_life)),
        format!("| wrong codes in one challenge | {} |", limits.challenge_tries),
        format!(
            "| wrong answers in a row, all factors | {}, then {} min, doubling to {} h |",
            limits.lock_after,
            minutes(limits.lock_first),
            limits.lock_longest.as_hours()
        ),
        format!("| wrong codes for one account | {} a day;", limits.codes_a_day),
        format!("| wrong answers in a row on one factor, from known browsers | {},", limits.factor_life),
        format!(
            "| wrong codes from unknown browsers over a password's life | {}, told at {}; an app's code counts {} |",
            limits.strange_life,
            limits.strange_told,
            totp::VALID_AT_ONCE
        ),
        format!("| wrong codes from unknown browsers to links for a new password | {} a year,", limits.strange_life),
        format!(
            "| wrong passwords for one typed email | {} in {} min,",
            limits.passwords_wrong,
            minutes(limits.passwords_window)
        ),
        format!("| sign-in tries from one network (IPv6: /64) | {} in 15 min |", limits.network_tries),
        format!(
            "| texts | after {first}, {second}, {third} s; {} in 15 min, {} a day for one number;",
            limits.sends_short, limits.sends_day
        ),
        format!("| registrations from one network | {} an hour |", limits.registrations),
        format!(
            "| session | {} min idle, {} h in all |",
            minutes(limits.session_idle),
            limits.session_longest.as_hours()
        ),
        format!("| step-up proof | {} min |", minutes(limits.step_up)),
    ] {
        assert!(page.contains(&row), "docs/SECURITY.md does not say\n{row}");
    }
}
