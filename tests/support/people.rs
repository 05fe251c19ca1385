//! People whose accounts are opened directly, for stories about rules rather than pages.

use std::net::{IpAddr, Ipv4Addr};

use salus::auth::browser::Browser;
use salus::auth::factors::Proof;
use salus::auth::sessions::{self, Kind, NewSession, Session, SignedIn};
use salus::auth::step_up::{self, FreshFactor};
use salus::crypto::random::Secret;
use salus::identity::accounts::{self, NewAccount};
use salus::portal::Portal;
use salus::types::actor::Role;
use salus::types::birth_date::BirthDate;
use salus::types::email_address::EmailAddress;
use salus::types::factor_kind::FactorKind;
use salus::types::ids::SessionId;
use salus::types::locale::Locale;
use salus::types::network::Network;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;
use salus::types::zone::Zone;

/// A network to come from.
pub fn network() -> Network {
    Network::of(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)))
}

/// A browser, told apart by a number.
pub fn browser(number: u8) -> Browser {
    Browser { network: network(), agent: "Firefox on Linux".into(), digest: [number; 32], device: None }
}

/// Opens an account; the phone is made of `number`.
pub async fn open(portal: &Portal, role: Role, name: &str, number: u32) -> SignedIn {
    let name = PersonName::parse(name).unwrap();
    let email = EmailAddress::parse(&format!("person{number}@stories.salus.test")).unwrap();
    let phone = PhoneNumber::from_e164(&format!("+1212555{number:04}")).unwrap();
    let zone: Zone = "America/Chicago".parse().unwrap();
    let birth = BirthDate::parse("1980-11-03", "2026-11-24".parse().unwrap()).unwrap();
    let mut tx = portal.db.begin().await.unwrap();
    let (key_id, key) = portal.make_data_key(&mut tx).await.unwrap();
    let new = NewAccount {
        role,
        name: &name,
        email: &email,
        phone: &phone,
        password_hash: "$argon2id$none",
        locale: Locale::En,
        zone: &zone,
        data_key: (key_id, &key),
        birth_date: (role == Role::Patient).then_some(&birth),
        specialty: (role == Role::Doctor).then_some("Family medicine"),
    };
    let (account, patient) = accounts::open(portal, &mut tx, new).await.unwrap_or_else(|_| panic!("{number} is taken"));
    tx.commit().await.unwrap();
    SignedIn { account, role, patient, name, locale: Locale::En, zone, frozen: None }
}

/// A signed-in session in a browser: the cookie's value.
pub async fn sign_in(portal: &Portal, who: &SignedIn, browser: &Browser) -> Secret {
    let account = accounts::find(portal, who.account).await.unwrap().unwrap();
    let mut tx = portal.db.begin().await.unwrap();
    let new = NewSession {
        browser,
        kind: Kind::Full,
        account: Some(&account),
        challenge: None,
        device: None,
        proof: Some(proof()),
        replaces: None,
    };
    let token = sessions::begin(portal, &mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    token
}

/// A code that was texted.
fn proof() -> Proof {
    Proof { kind: FactorKind::Sms, key: None }
}

/// Proof of a code given just now.
pub fn fresh(portal: &Portal, who: &SignedIn) -> FreshFactor {
    let now = portal.clock.now();
    let session = Session {
        id: SessionId::new(),
        kind: Kind::Full,
        who: Some(who.clone()),
        challenge: None,
        device: None,
        started_at: now,
        seen_at: now,
        ends_at: now,
        proved_at: Some(now),
        proof: Some(proof()),
        must_add: false,
        proved_visit: None,
    };
    step_up::fresh(portal, &session).unwrap()
}
