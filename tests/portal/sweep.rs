//! The sweep removes what is over, and nothing that lives.

use salus::auth::{kept_forms, register};
use salus::clock::SignedDuration;
use salus::crypto::passwords::Password;
use salus::identity::accounts::{self, NewAccount};
use salus::identity::registration::{self, Form};
use salus::messaging::dispatches::{self, Outcome};
use salus::portal::Portal;
use salus::sweep::{Swept, sweep};
use salus::types::actor::Role;
use salus::types::birth_date::BirthDate;
use salus::types::email_address::EmailAddress;
use salus::types::ids::AccountId;
use salus::types::locale::Locale;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;

use crate::support::people::{browser, open, sign_in};
use crate::support::portal;

fn form(number: u32) -> Form {
    Form {
        name: PersonName::parse("Noor Haddad").unwrap(),
        birth_date: BirthDate::parse("1990-02-01", "2026-11-24".parse().unwrap()).unwrap(),
        email: EmailAddress::parse(&format!("new{number}@stories.salus.test")).unwrap(),
        phone: PhoneNumber::from_e164(&format!("+1212555{number:04}")).unwrap(),
        locale: Locale::En,
        zone: "America/Chicago".parse().unwrap(),
    }
}

async fn count(portal: &Portal, sql: &'static str) -> i64 {
    let mut connection = portal.db.read().await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
}

async fn start_registration(portal: &Portal, number: u32) {
    let password = Password::typed("correct horse battery staple");
    let started = register::start(portal, &browser(number as u8), form(number), password, None).await;
    assert!(started.is_ok());
}

/// A registration that became an account under the same data key.
async fn finish_registration(portal: &Portal, number: u32) -> AccountId {
    let mut tx = portal.db.begin().await.unwrap();
    let started = registration::start(portal, &mut tx, form(number), "$argon2id$none".into(), false).await.unwrap();
    let new = NewAccount {
        role: Role::Patient,
        name: &started.form.name,
        email: &started.form.email,
        phone: &started.form.phone,
        password_hash: &started.password_hash,
        locale: Locale::En,
        zone: &started.form.zone,
        data_key: (started.data_key_id, &started.key),
        birth_date: Some(&started.form.birth_date),
        specialty: None,
    };
    let Ok((account, _)) = accounts::open(portal, &mut tx, new).await else { panic!("the account did not open") };
    registration::finish(portal, &mut tx, started.id).await.unwrap();
    tx.commit().await.unwrap();
    account
}

async fn send_everything(portal: &Portal) -> usize {
    let leased = crate::support::lease(portal, "outbox").await;
    for one in &leased {
        dispatches::finish(portal, one, &Outcome::Accepted { provider_id: "1".into(), watched_for: None })
            .await
            .unwrap();
    }
    leased.len()
}

async fn add_reset(portal: &Portal, account: AccountId, id: &str) {
    let now = portal.clock.now().as_millisecond();
    let mut tx = portal.db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO password_resets (id, account_id, token_digest, asked_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(account.to_string())
    .bind(id.as_bytes())
    .bind(now)
    .bind(now + 30 * 60_000)
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_is_over_goes_and_what_lives_stays() {
    let (portal, clock, _database) = portal().await;
    let maria = open(&portal, Role::Patient, "Maria Rivera", 142).await;
    let token = sign_in(&portal, &maria, &browser(1)).await;
    kept_forms::keep(&portal, maria.account, &browser(1), "/messages", "body=hello").await.unwrap();
    add_reset(&portal, maria.account, "old").await;
    start_registration(&portal, 501).await;
    let became = finish_registration(&portal, 502).await;
    assert_eq!(send_everything(&portal).await, 1, "the code of the registration");
    let tallies = count(&portal, "SELECT COUNT(*) FROM tallies").await;
    assert!(tallies > 0);

    assert_eq!(sweep(&portal).await.unwrap(), Swept::default(), "all of it lives");
    clock.advance(SignedDuration::from_mins(15));
    assert_eq!(sweep(&portal).await.unwrap().kept_forms, 0, "it can still be taken");
    clock.advance(SignedDuration::from_millis(1));
    assert_eq!(sweep(&portal).await.unwrap().kept_forms, 1);
    assert!(salus::auth::sessions::lately(&portal, &token).await.unwrap().is_some(), "the session is remembered");

    clock.advance(SignedDuration::from_hours(24));
    let swept = sweep(&portal).await.unwrap();
    assert_eq!(
        (swept.resets, swept.challenges, swept.keys, swept.registrations),
        (0, 0, 0, 0),
        "a day, and the hour of grace"
    );
    start_registration(&portal, 503).await;
    add_reset(&portal, maria.account, "new").await;
    assert_eq!(send_everything(&portal).await, 1);
    clock.advance(SignedDuration::from_mins(50));
    let swept = sweep(&portal).await.unwrap();
    assert_eq!((swept.resets, swept.challenges, swept.keys, swept.registrations), (1, 1, 1, 2));
    assert_eq!((swept.sessions, swept.dispatches), (0, 0));
    assert!(accounts::find(&portal, became).await.unwrap().is_some(), "its key is the account's now");
    assert!(accounts::find(&portal, maria.account).await.unwrap().is_some());
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM data_keys WHERE wrapped IS NULL").await, 1);
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM registrations").await, 1, "the one that can be finished");
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM challenges").await, 1);
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM sessions WHERE challenge_id IS NOT NULL").await, 1);
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM sessions").await, 3);
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM password_resets").await, 1);
    assert!(count(&portal, "SELECT COUNT(*) FROM tallies").await > 0, "what is counted now");
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM dispatches WHERE LENGTH(to_sealed) > 0").await, 2);

    clock.advance(SignedDuration::from_hours(29 * 24));
    let later = sign_in(&portal, &maria, &browser(1)).await;
    let swept = sweep(&portal).await.unwrap();
    assert_eq!((swept.sessions, swept.dispatches), (0, 1), "the first text left 30 days and 50 minutes ago");
    clock.advance(SignedDuration::from_hours(13));
    assert_eq!(sweep(&portal).await.unwrap().sessions, 2, "twelve hours at most, and thirty days");
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM dispatches WHERE LENGTH(to_sealed) > 0").await, 1);
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM dispatches WHERE outcome = 'sent'").await, 2, "figures stay");
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM tallies").await, 0);
    assert!(salus::auth::sessions::find(&portal, &later).await.unwrap().is_none(), "idle");
    assert_eq!(count(&portal, "SELECT COUNT(*) FROM sessions").await, 2);
}

#[tokio::test]
async fn several_sweeps_at_once_remove_each_row_once_and_more_than_a_batch() {
    let (portal, clock, _database) = portal().await;
    let maria = open(&portal, Role::Patient, "Maria Rivera", 142).await;
    for number in 0..450 {
        add_reset(&portal, maria.account, &format!("reset-{number}")).await;
    }
    for number in 501..505 {
        start_registration(&portal, number).await;
    }
    assert_eq!(send_everything(&portal).await, 4);
    clock.advance(SignedDuration::from_hours(31 * 24));
    let (one, two, three) = tokio::join!(sweep(&portal), sweep(&portal), sweep(&portal));
    let all = [one.unwrap(), two.unwrap(), three.unwrap()];
    let sum = |of: fn(&Swept) -> u64| all.iter().map(of).sum::<u64>();
    assert_eq!(sum(|swept| swept.resets), 450);
    assert_eq!(sum(|swept| swept.keys), 4);
    assert_eq!(sum(|swept| swept.sessions), 4);
    assert_eq!(sweep(&portal).await.unwrap(), Swept::default(), "nothing is left");
    for (left, sql) in [
        (0, "SELECT COUNT(*) FROM password_resets"),
        (0, "SELECT COUNT(*) FROM challenges"),
        (0, "SELECT COUNT(*) FROM registrations"),
        (0, "SELECT COUNT(*) FROM sessions"),
        (0, "SELECT COUNT(*) FROM dispatches WHERE LENGTH(values_sealed) > 0"),
        (1, "SELECT COUNT(*) FROM data_keys WHERE wrapped IS NOT NULL"),
    ] {
        assert_eq!(count(&portal, sql).await, left, "{sql}");
    }
}
