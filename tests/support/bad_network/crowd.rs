//! People who each ask for one code, at a steady pace, by the product's own rules.

use std::time::{Duration, Instant};

use salus::auth::browser::Browser;
use salus::auth::challenges::{self, Holder, NewChallenge, Purpose, Whose};
use salus::identity::accounts::{self, NewAccount};
use salus::portal::Portal;
use salus::types::actor::Role;
use salus::types::birth_date::BirthDate;
use salus::types::email_address::EmailAddress;
use salus::types::ids::AccountId;
use salus::types::locale::Locale;
use salus::types::network::Network;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;
use salus::types::text_value::TextValue as _;

use super::area_codes;
use super::phones::Phones;

/// Accounts opened in one transaction.
const AT_ONCE: usize = 250;

/// Opens the accounts of so many patients, each with a phone of their own. Nobody of them types a password.
pub async fn gather(portal: &Portal, count: usize) -> Vec<AccountId> {
    assert!(count <= area_codes::MOST, "there are not so many numbers");
    let mut people = Vec::with_capacity(count);
    for from in (0..count).step_by(AT_ONCE) {
        let mut tx = portal.db.begin().await.unwrap();
        for number in from..count.min(from + AT_ONCE) {
            let (data_key_id, key) = portal.make_data_key(&mut tx).await.unwrap();
            let new = NewAccount {
                role: Role::Patient,
                name: &PersonName::parse(&format!("Person {number}")).unwrap(),
                email: &EmailAddress::parse(&format!("person{number}@crowd.salus.test")).unwrap(),
                phone: &PhoneNumber::from_e164(&area_codes::number(number)).unwrap(),
                password_hash: "$argon2id$none",
                locale: Locale::En,
                zone: &portal.config.clinic.zone,
                data_key: (data_key_id, &key),
                birth_date: Some(&BirthDate::from_text("1980-11-03").unwrap()),
                specialty: None,
            };
            let (account, _) =
                accounts::open(portal, &mut tx, new).await.unwrap_or_else(|_| panic!("{number} is taken"));
            people.push(account);
        }
        tx.commit().await.unwrap();
    }
    people
}

/// Asks for a sign-in's code, as the sign-in does once the password was right.
pub async fn ask(portal: &Portal, account: AccountId, phones: &Phones) {
    let asked_at = Instant::now();
    let account = accounts::find(portal, account).await.unwrap().unwrap();
    let browser = Browser {
        network: Network::of([192, 0, 2, 7].into()),
        agent: "Firefox on Linux".into(),
        digest: [7; 32],
        device: None,
    };
    let new = NewChallenge {
        whose: Whose::Account(account.id),
        purpose: Purpose::SignIn,
        browser: &browser,
        device: None,
        holder: Holder::Account(&account),
        stronger: false,
        apart_from: None,
        visit: None,
        reset: None,
        next: None,
    };
    let mut tx = portal.db.begin().await.unwrap();
    let challenge = challenges::open(portal, &mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    let live = challenges::live_code(portal, challenge).await.unwrap().unwrap();
    phones.asks(account.phone.e164(), asked_at, challenge, live.code.reveal().to_string());
}

/// Lets everybody ask, evenly over a span, whether or not those before were answered.
pub async fn ask_all(portal: &Portal, people: &[AccountId], over: Duration, phones: &Phones) {
    let begun = tokio::time::Instant::now();
    let mut asking = tokio::task::JoinSet::new();
    for (number, account) in people.iter().copied().enumerate() {
        tokio::time::sleep_until(begun + over.mul_f64(number as f64 / people.len() as f64)).await;
        let (portal, phones) = (portal.clone(), phones.clone());
        asking.spawn(async move { ask(&portal, account, &phones).await });
    }
    while let Some(asked) = asking.join_next().await {
        asked.unwrap();
    }
}
