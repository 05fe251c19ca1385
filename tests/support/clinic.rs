//! A small clinic for stories about care: doctors with hours, patients, and a proof for a visit.

use std::net::{IpAddr, Ipv4Addr};

use jiff::civil::Weekday;
use salus::audit::{self, Search};
use salus::auth::sessions::{Kind as SessionKind, Session, SignedIn};
use salus::auth::step_up::{self, FreshForVisit};
use salus::care::appointments::{Booking, Kind, Mode};
use salus::care::slots::{self, Hours, SlotKey};
use salus::clock::{SignedDuration, Timestamp};
use salus::identity::accounts::{self, NewAccount};
use salus::portal::Portal;
use salus::types::actor::Role;
use salus::types::birth_date::BirthDate;
use salus::types::email_address::EmailAddress;
use salus::types::ids::{AccountId, AppointmentId, BookingKey, SessionId};
use salus::types::locale::Locale;
use salus::types::network::Network;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;
use salus::types::zone::Zone;

pub fn network() -> Network {
    Network::of(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)))
}

/// An account of its own, with a name and an address made from `word`.
async fn person(portal: &Portal, word: &str, role: Role) -> SignedIn {
    let name = PersonName::parse(word).unwrap();
    let email = EmailAddress::parse(&format!("{word}@demo.salus.test")).unwrap();
    let number = accounts::count(portal, None).await.unwrap() + 200;
    let phone =
        PhoneNumber::parse(&format!("+1 212 555 {:04}", number % 10_000), portal.config.clinic.country).unwrap();
    let birth_date = BirthDate::parse("1984-02-14", jiff::civil::date(2026, 11, 24)).unwrap();
    let zone: Zone = "America/New_York".parse().unwrap();
    let mut tx = portal.db.begin().await.unwrap();
    let (data_key_id, key) = portal.make_data_key(&mut tx).await.unwrap();
    let new = NewAccount {
        role,
        name: &name,
        email: &email,
        phone: &phone,
        password_hash: "nobody signs in with it",
        locale: Locale::En,
        zone: &zone,
        data_key: (data_key_id, &key),
        birth_date: (role == Role::Patient).then_some(&birth_date),
        specialty: (role == Role::Doctor).then_some("General practice"),
    };
    let (account, patient) = accounts::open(portal, &mut tx, new).await.ok().unwrap();
    tx.commit().await.unwrap();
    SignedIn { account, role, patient, name, locale: Locale::En, zone, frozen: None }
}

pub async fn patient(portal: &Portal, word: &str) -> SignedIn {
    person(portal, word, Role::Patient).await
}

pub async fn admin(portal: &Portal, word: &str) -> SignedIn {
    person(portal, word, Role::Admin).await
}

/// A doctor who works every day from 9:00 to 17:00 in slots of 20 minutes.
pub async fn doctor(portal: &Portal, word: &str) -> SignedIn {
    let doctor = person(portal, word, Role::Doctor).await;
    set_slots(portal, &doctor, 540, 1020, 20).await;
    doctor
}

pub async fn set_slots(portal: &Portal, doctor: &SignedIn, from_minute: u16, until_minute: u16, slot_minutes: u16) {
    let week: Vec<Hours> = (1..=7)
        .map(|day| Hours {
            weekday: Weekday::from_monday_one_offset(day).unwrap(),
            from_minute,
            until_minute,
            slot_minutes,
        })
        .collect();
    slots::set_hours(portal, doctor, &week, &network()).await.ok().unwrap();
}

/// Wednesday 25 November 2026 at this time in New York.
pub fn tomorrow_at(hour: i64, minute: i64) -> Timestamp {
    let midnight: Timestamp = "2026-11-25T05:00:00Z".parse().unwrap();
    midnight + SignedDuration::from_hours(hour) + SignedDuration::from_mins(minute)
}

pub fn slot(doctor: &SignedIn, starts_at: Timestamp) -> SlotKey {
    SlotKey { doctor: doctor.account, starts_at }
}

pub fn booking(doctor: &SignedIn, starts_at: Timestamp) -> Booking {
    Booking {
        slot: slot(doctor, starts_at),
        mode: Mode::Video,
        kind: Kind::NewProblem,
        reason: "A sore throat since Monday".into(),
        key: BookingKey::new(),
    }
}

/// A proof by code for a visit, given just now.
pub fn proof(portal: &Portal, who: &SignedIn, visit: AppointmentId) -> FreshForVisit {
    let now = portal.clock.now();
    let session = Session {
        id: SessionId::new(),
        kind: SessionKind::Full,
        who: Some(who.clone()),
        challenge: None,
        device: None,
        started_at: now,
        seen_at: now,
        ends_at: now + SignedDuration::from_hours(12),
        proved_at: Some(now),
        proof: None,
        must_add: false,
        proved_visit: Some((visit, now)),
    };
    step_up::fresh_for_visit(portal, &session, visit).unwrap()
}

/// How many events of a deed this account left.
pub async fn deeds(portal: &Portal, who: AccountId, deed: &str) -> usize {
    let search = Search { actor: Some(who), deed: Some(deed.into()), limit: 1000, ..Search::default() };
    audit::find(portal, &search).await.unwrap().len()
}

/// How many rows a statement counts.
pub async fn counted(portal: &Portal, sql: &'static str) -> i64 {
    let mut connection = portal.db.read().await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
}
