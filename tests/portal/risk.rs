//! Sign-ins are judged by what is known of them, and admins see why.

use std::path::PathBuf;

use salus::auth::browser::Browser;
use salus::auth::lockout::{self, Resetter};
use salus::auth::risk::{self, Checked, Ended, NetworkSeen, Outcome, Reason, Travel};
use salus::auth::sign_in::SignInRefusal;
use salus::clock::SignedDuration;
use salus::places::Places;
use salus::sweep::sweep;
use salus::types::actor::Role;
use salus::types::ids::AccountId;
use salus::types::network::Network;

use crate::door::{Door, PASSWORD, browser, refusal, went_through};
use crate::factor_passkey;
use crate::passkey_device::Device;
use crate::places_file::{PlacesFile, world};
use crate::shell::Shell;
use crate::support::server::{PASSWORD as TYPED, TestPortal};

const MIA: &str = "mia@example.org";
const PHONE: &str = "+12125550142";
const NEW_YORK: &str = "198.18.1.7";
const MADRID: &str = "198.18.8.7";

fn network(address: &str) -> Network {
    address.parse().unwrap()
}

/// A browser at an address.
fn at(address: &str) -> Browser {
    Browser { network: network(address), ..browser() }
}

/// The file of the small world, in a folder that goes with the story.
fn places() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("places.mmdb");
    world().write(&file);
    (folder, file)
}

async fn door(more: &[(&str, &str)]) -> Door {
    let (_folder, file) = places();
    let mut settings = vec![("SALUS_GEO_DATABASE", file.to_str().unwrap())];
    settings.extend(more);
    Door::open_with(&settings).await
}

async fn newest(door: &Door, account: AccountId) -> Checked {
    risk::of(&door.portal, account).await.unwrap().into_iter().next().expect("a judgement")
}

/// Types wrong passwords from so many addresses of a network, three a network, until all are counted.
async fn guess(door: &Door, email: &str, start: &str, count: i64) {
    let before = door.number("SELECT COUNT(*) FROM audit_events WHERE deed = 'password_refused'").await;
    let tallied = "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM tallies WHERE bucket = 'door:wrong'";
    let counted = door.number(tallied).await;
    for number in 0..count {
        if number % 9 == 8 {
            door.tamper("DELETE FROM tallies WHERE bucket = 'passwords'").await;
        }
        let there = at(&format!("{start}.{}", 20 + number % 200));
        assert_eq!(refusal(door.type_password(&there, email, "a wrong password").await), SignInRefusal::Wrong);
    }
    assert_eq!(door.number("SELECT COUNT(*) FROM audit_events WHERE deed = 'password_refused'").await, before + count);
    door.until("the guesses are counted", tallied, counted + count).await;
    door.tamper("DELETE FROM tallies WHERE bucket = 'passwords'").await;
    door.tamper("DELETE FROM lockouts").await;
}

#[test]
fn a_database_in_maxminds_format_tells_countries_and_points() {
    let (folder, file) = places();
    let places = Places::open(&file).unwrap();
    assert_eq!(places.kind(), Some("Salus-Test-City"));
    assert_eq!(places.made_at(), Some(1_790_000_000));
    assert_eq!(places.country_of(&network(NEW_YORK)).as_deref(), Some("US"));
    assert_eq!(places.country_of(&network("2001:db8:1:2::/64")).as_deref(), Some("US"));
    assert_eq!(places.country_of(&network("2001:db8:2:2::/64")), None);
    let point = places.of(&network(MADRID)).point.unwrap();
    assert_eq!((point.latitude, point.longitude), (40.42, -3.70));
    assert_eq!(places.country_of(&network("203.0.113.9")), None, "not in the file");

    let private = PlacesFile::new().with("10.0.0.0/8", "US", None).with("127.0.0.0/8", "US", None);
    private.write(&file);
    let places = Places::open(&file).unwrap();
    assert_eq!(places.country_of(&network("10.1.2.3")), None);
    assert_eq!(places.country_of(&network("127.0.0.1")), None);

    let other = folder.path().join("asn.mmdb");
    std::fs::write(&other, private.bytes("Salus-Test-ASN")).unwrap();
    assert_eq!(Places::open(&other).unwrap_err(), "names a database that tells no countries");
    let whole = private.bytes("Salus-Test-City");
    std::fs::write(&other, &whole[..whole.len() / 3]).unwrap();
    assert_eq!(Places::open(&other).unwrap_err(), "names a file that is no MaxMind database");
}

#[tokio::test]
async fn a_trusted_browser_in_a_new_country_is_asked_for_a_code_again() {
    let door = door(&[]).await;
    let mia = door.mia().await;
    let mut owner = at(NEW_YORK);
    door.signed_in(&mut owner, MIA, PHONE, true).await;
    let first = newest(&door, mia).await;
    assert_eq!((first.facts.network, first.facts.country.as_deref()), (NetworkSeen::First, Some("US")));
    assert_eq!(first.ended, Some(Ended::SignedIn));
    assert!(!first.facts.country_is_new, "there was nothing to compare with");

    // A month without a sign-in would end the trust; three weeks do not.
    door.clock.advance(SignedDuration::from_hours(21 * 24));
    owner.network = network("198.18.1.99");
    let entered = went_through(door.type_password(&owner, MIA, PASSWORD).await);
    assert_eq!(entered.next, "/home", "a trusted browser at home");
    owner.device = entered.device;
    let home = newest(&door, mia).await;
    assert_eq!((home.judgement.outcome, home.judgement.reasons.as_slice()), (Outcome::Allow, [].as_slice()));
    assert_eq!((home.facts.network, home.ended), (NetworkSeen::Near, Some(Ended::SignedIn)));

    door.clock.advance(SignedDuration::from_hours(24));
    owner.network = network(MADRID);
    let entered = went_through(door.type_password(&owner, MIA, PASSWORD).await);
    assert_eq!(entered.next, "/challenge");
    let abroad = newest(&door, mia).await;
    assert_eq!(abroad.judgement.outcome, Outcome::Code);
    assert_eq!(abroad.judgement.reasons, [Reason::NewNetwork, Reason::NewCountry]);
    assert_eq!(abroad.facts.last_country.as_deref(), Some("US"));
    assert_eq!(abroad.ended, None, "nobody has answered");
    assert_eq!(abroad.policy, risk::RiskPolicy::default().digest());

    let pending = door.session(&entered.token).await.unwrap();
    let code = door.code(PHONE).await;
    let entered = went_through(door.type_code(&owner, &pending, &code).await);
    owner.device = entered.device;
    assert_eq!(newest(&door, mia).await.ended, Some(Ended::SignedIn));
    door.deliver().await;
    let told = door.messages(MIA).pop().unwrap();
    assert!(
        told.contains("from a place that was not used before") && told.contains("/account/not-me?token="),
        "{told}"
    );
    let entered = went_through(door.type_password(&owner, MIA, PASSWORD).await);
    assert_eq!(entered.next, "/home", "the country is known now");
}

#[tokio::test]
async fn nobody_travels_from_new_york_to_madrid_in_an_hour() {
    let door = door(&[]).await;
    let mia = door.mia().await;
    door.clock.advance(SignedDuration::from_hours(24 * 8));
    let mut owner = at(NEW_YORK);
    door.signed_in(&mut owner, MIA, PHONE, true).await;
    door.clock.advance(SignedDuration::from_hours(24));
    owner.network = network(MADRID);
    door.signed_in(&mut owner, MIA, PHONE, true).await;
    door.clock.advance(SignedDuration::from_hours(24));
    owner.network = network(NEW_YORK);
    let entered = went_through(door.type_password(&owner, MIA, PASSWORD).await);
    assert_eq!(entered.next, "/home", "a day is enough, and both countries are known");
    owner.device = entered.device;

    door.clock.advance(SignedDuration::from_mins(60));
    owner.network = network(MADRID);
    let entered = went_through(door.type_password(&owner, MIA, PASSWORD).await);
    assert_eq!(entered.next, "/challenge", "a copied cookie travels faster than its owner");
    let check = newest(&door, mia).await;
    assert_eq!(check.judgement.reasons, [Reason::TooFast]);
    let Some(Travel { km, kmh }) = check.facts.travel else { panic!("no travel") };
    assert!((5700..5850).contains(&km) && kmh == km, "{km} km at {kmh} km/h");
}

#[tokio::test]
async fn stuffing_is_seen_by_all_processes_and_ends_with_its_quarter_of_an_hour() {
    let door = door(&[]).await;
    let mia = door.mia().await;
    guess(&door, "nobody@example.org", "198.18.9", 50).await;
    let here = at(NEW_YORK);
    // Another process over the same database.
    let twin = door.twin().await;
    let password = salus::crypto::passwords::Password::typed(PASSWORD);
    went_through(salus::auth::sign_in::sign_in(&twin, &here, MIA, password, None, None).await);
    let check = newest(&door, mia).await;
    assert_eq!((check.facts.all_wrong, check.facts.all_through), (50, 0));
    assert!(check.judgement.reasons.contains(&Reason::Stuffing), "{:?}", check.judgement.reasons);

    door.clock.advance(SignedDuration::from_mins(16));
    door.password(&here, MIA).await;
    let check = newest(&door, mia).await;
    assert_eq!(check.facts.all_wrong, 0);
    assert!(!check.judgement.reasons.contains(&Reason::Stuffing));
}

#[tokio::test]
async fn strangers_who_guess_are_held_while_the_owners_browser_signs_in() {
    let door = door(&[]).await;
    let mia = door.mia().await;
    let mut owner = at(NEW_YORK);
    door.signed_in(&mut owner, MIA, PHONE, true).await;
    door.clock.advance(SignedDuration::from_hours(24 * 8));
    guess(&door, MIA, "198.18.9", 10).await;
    door.deliver().await;
    let (texts, mails) = (door.messages(PHONE).len(), door.messages(MIA).len());

    // The password is right at last.
    assert_eq!(refusal(door.type_password(&at("198.18.9.20"), MIA, PASSWORD).await), SignInRefusal::Held);
    assert_eq!(refusal(door.type_password(&at("198.18.9.21"), MIA, PASSWORD).await), SignInRefusal::Held);
    door.deliver().await;
    assert_eq!(door.messages(PHONE).len(), texts, "no code was sent");
    let told = &door.messages(MIA)[mails..];
    assert_eq!(told.len(), 1, "told once a day: {told:?}");
    assert!(told[0].contains("It did not look like you"), "{told:?}");
    assert_eq!(door.number("SELECT COUNT(*) FROM audit_events WHERE deed = 'sign_in_held'").await, 2);
    let check = newest(&door, mia).await;
    assert_eq!((check.judgement.outcome, check.ended), (Outcome::Hold, Some(Ended::Refused)));
    assert!(check.judgement.reasons.contains(&Reason::ManyFailures));

    let entered = went_through(door.type_password(&owner, MIA, PASSWORD).await);
    assert_eq!(entered.next, "/home", "not even a code is asked of the owner at home");
    owner.device = entered.device;
    owner.network = network("198.18.9.30");
    let entered = went_through(door.type_password(&owner, MIA, PASSWORD).await);
    assert_eq!(entered.next, "/challenge", "not held there either");

    // The owner, on a new phone abroad, calls the clinic.
    let new_phone = at("198.18.9.40");
    assert_eq!(refusal(door.type_password(&new_phone, MIA, PASSWORD).await), SignInRefusal::Held);
    went_through(lockout::reset(&door.portal, Resetter::Shell, mia, "asked by phone", None).await);
    // The code asked for before leaves first: two to one phone in one batch come in any order.
    door.deliver().await;
    let pending = door.password(&new_phone, MIA).await;
    let check = newest(&door, mia).await;
    assert_eq!((check.judgement.outcome, check.facts.pardoned), (Outcome::Stronger, true));
    let code = door.code(PHONE).await;
    went_through(door.type_code(&new_phone, &pending, &code).await);
    let refused = refusal(door.type_password(&at(MADRID), MIA, PASSWORD).await);
    assert_eq!(refused, SignInRefusal::Held, "one sign-in uses it up");
    went_through(lockout::reset(&door.portal, Resetter::Shell, mia, "asked by phone", None).await);
    door.clock.advance(SignedDuration::from_hours(25));
    guess(&door, MIA, "198.18.8", 10).await;
    let refused = refusal(door.type_password(&at(MADRID), MIA, PASSWORD).await);
    assert_eq!(refused, SignInRefusal::Held, "a day ends it too");
}

#[tokio::test]
async fn a_policy_of_ones_own_is_what_sign_ins_are_judged_by() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, "[points]\nnew_network = 20\n").unwrap();
    let door = door(&[("SALUS_RISK_POLICY", file.to_str().unwrap())]).await;
    let mia = door.mia().await;
    let mut owner = at(NEW_YORK);
    door.signed_in(&mut owner, MIA, PHONE, true).await;
    door.clock.advance(SignedDuration::from_hours(24 * 8));
    owner.network = network("198.18.2.7");
    let entered = went_through(door.type_password(&owner, MIA, PASSWORD).await);
    assert_eq!(entered.next, "/challenge");
    assert_eq!(newest(&door, mia).await.judgement.reasons, [Reason::NewNetwork]);
}

#[tokio::test]
async fn codes_that_did_not_arrive_tell_of_the_number() {
    let door = door(&[]).await;
    let mia = door.mia().await;
    for _ in 0..3 {
        door.password(&browser(), MIA).await;
        door.deliver().await;
    }
    door.tamper("UPDATE dispatches SET outcome = 'failed', sent_at = NULL WHERE template = 'code_sign_in'").await;
    door.password(&browser(), MIA).await;
    let check = newest(&door, mia).await;
    assert_eq!((check.facts.codes_failed, check.facts.codes_arrived, check.facts.number_days), (3, 0, Some(0)));
    assert!(check.judgement.reasons.contains(&Reason::FailingNumber));
    assert!(check.judgement.reasons.contains(&Reason::NewNumber));
}

#[tokio::test]
async fn judgements_are_kept_for_ninety_days() {
    let door = door(&[]).await;
    let mia = door.mia().await;
    door.password(&at(NEW_YORK), MIA).await;
    door.clock.advance(SignedDuration::from_hours(24 * 90));
    sweep(&door.portal).await.unwrap();
    assert_eq!(risk::of(&door.portal, mia).await.unwrap().len(), 1);
    door.clock.advance(SignedDuration::from_hours(1));
    sweep(&door.portal).await.unwrap();
    assert_eq!(risk::of(&door.portal, mia).await.unwrap().len(), 0);
}

#[tokio::test]
async fn admins_see_what_sign_ins_were_asked_and_why() {
    let (_folder, file) = places();
    let settings = [("SALUS_GEO_DATABASE", file.to_str().unwrap()), ("SALUS_TRUSTED_PROXIES", "127.0.0.1")];
    let portal = TestPortal::start_with(&settings).await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    let mut owner = portal.browser();
    owner.headers.push(("x-forwarded-for".into(), NEW_YORK.into()));
    portal.sign_in(&mut owner, &mia).await;
    let mut admin = portal.signed_in(&ada).await;
    let address = format!("/admin/people/{}", mia.account);
    let page = admin.open(&address).await;
    page.says("Recent sign-in checks").says("198.18.•.•, US").says("A code").says("Unknown browser");
    page.says("The phone number is new").says("25 points").says("Signed in").says_not(NEW_YORK);

    let mut stranger = portal.browser();
    stranger.headers.push(("x-forwarded-for".into(), "198.18.9.7".into()));
    for _ in 0..9 {
        stranger.open("/login").await;
        assert_eq!(stranger.post("/login", &[("email", &mia.email), ("password", "wrong")]).await.status, 422);
    }
    let page = stranger.send("/login", &[("email", &mia.email), ("password", TYPED)]).await;
    assert_eq!(page.address, "/challenge", "nine are not many");
    let wrong = crate::door::wrong(&portal.code(&mia.phone).await);
    stranger.post("/challenge", &[("code", &wrong)]).await;
    let mut another = portal.browser();
    another.headers.push(("x-forwarded-for".into(), "198.18.9.8".into()));
    another.open("/login").await;
    let page = another.post("/login", &[("email", &mia.email), ("password", TYPED)]).await;
    assert_eq!(page.status, 422);
    // Ten wrong answers in a row lock as well; what is held is told once that lock is over.
    page.says("Too many wrong codes");
    portal.minutes_later(16);
    another.open("/login").await;
    let page = another.post("/login", &[("email", &mia.email), ("password", TYPED)]).await;
    assert_eq!(page.status, 422);
    page.says("Call us to sign in").says(&portal.portal.config.clinic.phone);

    let review = format!("/admin/lockouts/{}", mia.account);
    let mut admin = portal.signed_in(&ada).await;
    let page = admin.open(&review).await;
    page.says("Held").says("198.18.•.•, AU").says("Not let in").says("New country").says("Not finished");
    page.says("Many wrong passwords or codes in 24 hours");
    page.says("A sign-in from an unknown browser was held");
}

#[tokio::test]
async fn a_replay_prints_what_another_policy_would_have_asked() {
    let mut shell = Shell::new().await;
    let (_folder, file) = places();
    shell.set("SALUS_GEO_DATABASE", file.to_str().unwrap());
    shell.run(&["check"]).says("ok      places: Salus-Test-City of 2026-09-21");
    let portal = shell.portal().await;
    let account = crate::shell::account(&portal, Role::Doctor, "robin@example.org").await;
    for address in [NEW_YORK, MADRID] {
        let mut tx = portal.db.begin().await.unwrap();
        let here = at(address);
        let check = risk::check(&portal, &mut tx, &here, &account, None).await.unwrap();
        risk::excused(&portal, &mut tx, &here, &account, &check).await.unwrap();
        tx.commit().await.unwrap();
    }
    portal.db.close().await;

    let policy = shell.path("policy.toml");
    let run = |text: &str, shell: &Shell| {
        std::fs::write(&policy, text).unwrap();
        shell.run(&["risk", "replay", "--policy", policy.to_str().unwrap(), "--days", "7"])
    };
    let same = run("", &shell).ends_with(0).says("2 sign-ins in 7 days").says("Nothing would change.");
    assert!(same.out.contains("code             1       1\nstronger         1       1\n"), "{}", same.out);
    let stricter = run("[thresholds]\nstronger = 25\n", &shell).ends_with(0).says("1 would change:");
    assert!(stricter.out.contains("code             1       0\nstronger         1       2\n"), "{}", stricter.out);
    let id = account.id.to_string();
    let end = &id[id.len() - 6..];
    assert!(
        stricter.out.contains(&format!("…{end}  code -> stronger  unknown_browser,new_number")),
        "{}",
        stricter.out
    );
    assert!(!stricter.out.contains(&id) && !stricter.out.contains("198.18"), "{}", stricter.out);

    run("[points]\nnew_contry = 1\n", &shell).ends_with(2).says("cannot be used. Line 2: unknown field `new_contry`");
    shell.run(&["risk", "replay", "--policy", "/nowhere.toml"]).ends_with(2).says("cannot be used. It cannot be read");
    run("", &shell).ends_with(0);
    shell.run(&["risk", "replay", "--policy", policy.to_str().unwrap(), "--days", "91"]).ends_with(2);
}

#[tokio::test]
async fn a_policy_or_a_database_that_cannot_be_used_is_told_with_its_cure() {
    let mut shell = Shell::embedded();
    shell
        .run(&["check"])
        .says("ok      risk policy: is the built-in one")
        .says("warn    SALUS_GEO_DATABASE: is not set");
    let file = shell.path("policy.toml");
    std::fs::write(&file, "[thresholds]\ncode = 90\n").unwrap();
    shell.set("SALUS_RISK_POLICY", file.to_str().unwrap());
    shell.set("SALUS_GEO_DATABASE", "/nowhere/places.mmdb");
    let answer = shell.run(&["check"]).ends_with(2);
    for found in [
        "fails   SALUS_RISK_POLICY: names a policy that cannot be used. thresholds.code is 90",
        "fails   SALUS_GEO_DATABASE: names a file that cannot be read: entity not found; cure: ",
    ] {
        assert!(answer.out.contains(found), "{found:?} is not in:\n{}", answer.out);
    }
    shell.run(&["serve"]).ends_with(2).says("SALUS_RISK_POLICY names a policy that cannot be used");
    std::fs::write(&file, "[thresholds]\ncode = 30\n").unwrap();
    shell.set("SALUS_GEO_DATABASE", "");
    shell.run(&["check"]).says("ok      risk policy: is the one of SALUS_RISK_POLICY").says("a code from 30 points");
}

#[tokio::test]
async fn a_passkey_alone_is_noted_told_and_never_held() {
    let door = door(&[]).await;
    let mia = door.mia().await;
    let mut owner = at(NEW_YORK);
    let session = door.signed_in(&mut owner, MIA, PHONE, false).await;
    let mut key = Device::at(&door.portal.config.public_origin());
    went_through(factor_passkey::adds(&door, &session, &mut key).await);

    door.clock.advance(SignedDuration::from_hours(24));
    owner.network = network(MADRID);
    owner.device = went_through(factor_passkey::enters(&door, &owner, &mut key).await).device;
    let abroad = newest(&door, mia).await;
    assert!(abroad.facts.passkey && abroad.facts.known_browser);
    assert_eq!((abroad.judgement.outcome, abroad.ended), (Outcome::Allow, Some(Ended::SignedIn)));
    assert!(abroad.judgement.reasons.contains(&Reason::NewCountry));
    door.deliver().await;
    let place = network(MADRID).masked();
    let told = |mail: &String| mail.contains("/account/not-me?token=") && mail.contains(&place);
    assert!(door.messages(MIA).iter().any(told), "{:?}", door.messages(MIA));

    guess(&door, MIA, "203.0.113", 12).await;
    let stranger = Browser { network: network("203.0.113.9"), ..browser() };
    went_through(factor_passkey::enters(&door, &stranger, &mut key).await);
    let guessed = newest(&door, mia).await;
    assert_eq!((guessed.judgement.outcome, guessed.ended), (Outcome::Allow, Some(Ended::SignedIn)));
    assert!(guessed.judgement.reasons.contains(&Reason::ManyFailures), "what it looked like is kept");
}
