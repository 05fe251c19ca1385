//! The people of the measured clinic: many who sign in, and one patient with twenty appointments ahead.

use jiff::civil::Weekday;
use salus::auth::sessions::SignedIn;
use salus::care::appointments::{self, Booking, Kind, Mode};
use salus::care::slots::{self, Hours, SlotKey, Whose};
use salus::clock::SignedDuration;
use salus::crypto::passwords::Password;
use salus::identity::accounts::{self, NewAccount};
use salus::portal::Portal;
use salus::types::actor::Role;
use salus::types::birth_date::BirthDate;
use salus::types::email_address::EmailAddress;
use salus::types::ids::BookingKey;
use salus::types::locale::Locale;
use salus::types::network::Network;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;
use salus::types::text_value::TextValue as _;
use salus::types::zone::Zone;

/// Everybody's password.
pub const PASSWORD: &str = "correct-horse-battery-staple";
/// Appointments of person 0.
pub const ROWS: usize = 20;

/// The mail address of the n-th person.
pub fn email(number: u32) -> String {
    format!("person{number}@bench.salus.test")
}

/// The phone of the n-th person; nothing is sent to it.
pub fn phone(number: u32) -> String {
    format!("+1212{:07}", 2_000_000 + number)
}

/// Opens the accounts of `count` patients and books person 0 their appointments.
pub async fn fill(portal: &Portal, count: u32) {
    // One hash for all: what a check costs does not depend on the salt.
    let hash = portal.hasher.hash(Password::typed(PASSWORD)).await.expect("a free pool");
    let mut first = None;
    for from in (0..count).step_by(250) {
        let mut tx = portal.db.begin().await.expect("a transaction");
        for number in from..count.min(from + 250) {
            let person = open(portal, &mut tx, Role::Patient, number, &hash).await;
            first.get_or_insert(person);
        }
        tx.commit().await.expect("a commit");
    }
    let mut tx = portal.db.begin().await.expect("a transaction");
    let doctor = open(portal, &mut tx, Role::Doctor, count, &hash).await;
    tx.commit().await.expect("a commit");
    book(portal, &first.expect("somebody"), &doctor).await;
}

async fn open(portal: &Portal, tx: &mut salus::db::Tx, role: Role, number: u32, hash: &str) -> SignedIn {
    let name = PersonName::parse(&format!("Person {number}")).expect("a name");
    let zone: Zone = "America/New_York".parse().expect("a zone");
    let birth_date = BirthDate::from_text("1980-11-03").expect("a date");
    let (key_id, key) = portal.make_data_key(tx).await.expect("a key");
    let new = NewAccount {
        role,
        name: &name,
        email: &EmailAddress::parse(&email(number)).expect("an address"),
        phone: &PhoneNumber::from_e164(&phone(number)).expect("a number"),
        password_hash: hash,
        locale: Locale::En,
        zone: &zone,
        data_key: (key_id, &key),
        birth_date: (role == Role::Patient).then_some(&birth_date),
        specialty: (role == Role::Doctor).then_some("Family medicine"),
    };
    let (account, patient) = accounts::open(portal, tx, new).await.expect("a new account");
    SignedIn { account, role, patient, name, locale: Locale::En, zone, frozen: None }
}

async fn book(portal: &Portal, patient: &SignedIn, doctor: &SignedIn) {
    let network = Network::of([192, 0, 2, 7].into());
    let week: Vec<Hours> = (1..=7)
        .map(|day| Hours {
            weekday: Weekday::from_monday_one_offset(day).expect("a day of the week"),
            from_minute: 540,
            until_minute: 1020,
            slot_minutes: 20,
        })
        .collect();
    slots::set_hours(portal, doctor, &week, &network).await.expect("hours");
    let tomorrow = doctor.zone.rules().to_datetime(portal.clock.now() + SignedDuration::from_hours(24)).date();
    let page = slots::page(portal, &Whose::Doctor(doctor.account), tomorrow, &doctor.zone).await.expect("free times");
    for slot in page.days.iter().flat_map(|(_, slots)| slots).take(ROWS) {
        let booking = Booking {
            slot: SlotKey { doctor: doctor.account, starts_at: slot.span.starts_at },
            mode: Mode::Video,
            kind: Kind::NewProblem,
            reason: "A sore throat since Monday".into(),
            key: BookingKey::new(),
        };
        appointments::book(portal, patient, &booking, &network).await.expect("a free time");
    }
}
