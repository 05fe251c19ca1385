//! The people of the made-up clinic. Their numbers are of the range that belongs to nobody.

use futures_util::future::try_join_all;

use crate::audit::{self, Deed, Event};
use crate::cli::Stop;
use crate::crypto::passwords::Password;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, NewAccount};
use crate::portal::Portal;
use crate::types::actor::{Actor, Role};
use crate::types::birth_date::BirthDate;
use crate::types::email_address::EmailAddress;
use crate::types::locale::Locale;
use crate::types::person_name::PersonName;
use crate::types::phone::PhoneNumber;
use crate::types::zone::Zone;

/// Everybody's password.
pub(super) const PASSWORD: &str = "demo-portal-2026!";
const ZONE: &str = "America/New_York";

/// Somebody who can sign in.
pub(super) struct Person {
    /// What they sign in with.
    pub email: &'static str,
    /// Their name.
    pub name: &'static str,
    phone: &'static str,
    what: What,
}

enum What {
    Patient { born: &'static str },
    Doctor { specialty: &'static str },
    Admin,
}

/// All of them.
pub(super) const PEOPLE: [Person; 5] = [
    Person {
        email: "maria@demo.salus.test",
        name: "Maria Alvarez",
        phone: "+12125550142",
        what: What::Patient { born: "1984-03-12" },
    },
    Person {
        email: "james@demo.salus.test",
        name: "James Whitfield",
        phone: "+12125550178",
        what: What::Patient { born: "1957-09-30" },
    },
    Person {
        email: "dr.chen@demo.salus.test",
        name: "Dr. Lin Chen",
        phone: "+12125550111",
        what: What::Doctor { specialty: "Family medicine" },
    },
    Person {
        email: "dr.okafor@demo.salus.test",
        name: "Dr. Ada Okafor",
        phone: "+12125550112",
        what: What::Doctor { specialty: "Cardiology" },
    },
    Person { email: "admin@demo.salus.test", name: "Robin Hale", phone: "+12125550100", what: What::Admin },
];

impl Person {
    /// What they are, for the terminal.
    pub(super) fn about(&self) -> String {
        match self.what {
            What::Patient { .. } => "(patient)".into(),
            What::Doctor { specialty } => format!("(doctor, {specialty})"),
            What::Admin => "(admin)".into(),
        }
    }

    fn role(&self) -> Role {
        match self.what {
            What::Patient { .. } => Role::Patient,
            What::Doctor { .. } => Role::Doctor,
            What::Admin => Role::Admin,
        }
    }
}

/// Opens the accounts, all in one transaction, unless the folder has them already; true when it did.
pub(super) async fn make(portal: &Portal) -> Result<bool, Stop> {
    if accounts::count(portal, None).await? > 0 {
        return Ok(false);
    }
    // Every account has a salt of its own, so there is nothing to share between the five.
    let hashes = PEOPLE.iter().map(|_| portal.hasher.hash(Password::typed(PASSWORD)));
    let hashes =
        try_join_all(hashes).await.map_err(|error| InternalError::new("hashing the demo's password", error))?;
    let mut tx = portal.db.begin().await.map_err(InternalError::from)?;
    for (person, hash) in PEOPLE.iter().zip(&hashes) {
        let read = read(portal, person)?;
        let (id, key) = portal.make_data_key(&mut tx).await?;
        let specialty = match person.what {
            What::Doctor { specialty } => Some(specialty),
            _ => None,
        };
        let new = NewAccount {
            role: person.role(),
            name: &read.name,
            email: &read.email,
            phone: &read.phone,
            password_hash: hash,
            locale: Locale::En,
            zone: &read.zone,
            data_key: (id, &key),
            birth_date: read.birth_date.as_ref(),
            specialty,
        };
        let (account, patient) = accounts::open(portal, &mut tx, new).await.map_err(|failure| match failure {
            Failure::Internal(error) => Stop::from(error),
            Failure::Refused(why) => Stop::Failed(format!("opening the account {}: {why:?}", person.email)),
        })?;
        let mut event = Event::new(Actor::System, Deed::AccountOpened).on(account);
        if let Some(patient) = patient {
            event = event.of(patient);
        }
        audit::record(portal, &mut tx, event).await?;
    }
    tx.commit().await.map_err(InternalError::from)?;
    Ok(true)
}

struct Read {
    name: PersonName,
    email: EmailAddress,
    phone: PhoneNumber,
    birth_date: Option<BirthDate>,
    zone: Zone,
}

fn read(portal: &Portal, person: &Person) -> Result<Read, InternalError> {
    let wrong = |what: &str| InternalError::because(format!("the demo's {} has no right {what}", person.email));
    let zone: Zone = ZONE.parse().map_err(|_| wrong("zone"))?;
    let today = portal.clock.now().to_zoned_datetime(zone.rules()).date();
    Ok(Read {
        name: PersonName::parse(person.name).map_err(|_| wrong("name"))?,
        email: EmailAddress::parse(person.email).map_err(|_| wrong("email"))?,
        // Reading a number as people write it would load the phone plans of the world before the first page.
        phone: PhoneNumber::from_e164(person.phone).ok_or_else(|| wrong("phone"))?,
        birth_date: match person.what {
            What::Patient { born } => Some(BirthDate::parse(born, today).map_err(|_| wrong("date of birth"))?),
            _ => None,
        },
        zone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_could_have_registered_like_this() {
        for person in &PEOPLE {
            let phone = PhoneNumber::parse(person.phone, "US".parse().unwrap()).unwrap();
            assert_eq!(phone.e164(), person.phone);
            assert!(Password::chosen(PASSWORD, &[person.name, person.email], 12).is_ok());
        }
    }
}
