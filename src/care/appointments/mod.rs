//! Appointments: booked times of one patient with one doctor.
//!
//! That neither of them is in two at once is decided by the database itself (the guard of step 8); whatever the code
//! checks before only makes the answer kinder. Reason and room name lie sealed under the patient's data key.

mod book;
mod change;
mod ics;
mod read;
mod sql;

use std::str::FromStr;

use sqlx::AnyConnection;

use crate::care::records;
use crate::care::slots::{Span, Whose};
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::random;
use crate::crypto::sealed::{DataKey, Place, Sealed};
use crate::db::{self, Tx};
use crate::error::InternalError;
use crate::identity::accounts;
use crate::messaging::dispatches;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::birth_date::BirthDate;
use crate::types::ids::{AccountId, AppointmentId, PatientId};
use crate::types::person_name::PersonName;
use crate::words::Words;

pub use book::{BookRefusal, Booking, Entry, book, enter};
pub(in crate::care) use change::cancel_all_of;
pub use change::{ChangeRefusal, cancel, count_coming_of, reschedule};
pub use read::{Listed, PAGE_SIZE, Page, When, booked_on, calendar, list, next, on_day, show, today, with_patient};

pub(crate) use read::find;

/// How long after the planned end a visit may still be going on. The visit's window ends then too.
pub const GRACE: SignedDuration = SignedDuration::from_mins(60);

macro_rules! stored_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$arm:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$arm])* $variant,)+
        }

        impl $name {
            /// All of them, in the order they are offered.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored word, also that of forms and of the families of sentences.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(word: &str) -> Result<Self, ()> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word).ok_or(())
            }
        }
    };
}

stored_words! {
    /// How doctor and patient meet.
    Mode {
        /// By video, in the portal.
        Video = "video",
        /// The doctor calls.
        Phone = "phone",
        /// At the clinic.
        InPerson = "in_person",
    }
}

stored_words! {
    /// What it is for, as coarse as booking asks.
    Kind {
        /// Something new.
        NewProblem = "new_problem",
        /// Something known.
        FollowUp = "follow_up",
        /// Test results.
        Results = "results",
    }
}

stored_words! {
    /// Where it stands, in the words of FHIR's appointmentstatus.
    Status {
        /// Booked.
        Booked = "booked",
        /// The patient is there.
        Arrived = "arrived",
        /// The patient was let in.
        CheckedIn = "checked_in",
        /// It took place.
        Fulfilled = "fulfilled",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// The patient did not come.
        NoShow = "noshow",
    }
}

stored_words! {
    /// Who cancelled.
    By {
        /// The patient.
        Patient = "patient",
        /// The doctor.
        Doctor = "doctor",
    }
}

/// What a page says of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is still to come, or going on.
    Booked,
    /// It took place.
    Done,
    /// The patient did not come.
    Missed,
    /// It was cancelled.
    Cancelled,
}

/// A booked time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// Which.
    pub id: AppointmentId,
    /// The doctor.
    pub doctor: AccountId,
    /// The patient.
    pub patient: PatientId,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it is planned to end.
    pub ends_at: Timestamp,
    /// How they meet.
    pub mode: Mode,
    /// What it is for.
    pub kind: Kind,
    /// Where it stands, as stored.
    pub status: Status,
    /// How many times it was moved or cancelled.
    pub sequence: i64,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// When it was moved last.
    pub moved_at: Option<Timestamp>,
    /// Since when the patient is there.
    pub arrived_at: Option<Timestamp>,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// By whom.
    pub cancelled_by: Option<By>,
}

impl Appointment {
    /// Whether it still takes its time.
    pub fn is_active(&self) -> bool {
        matches!(self.status, Status::Booked | Status::Arrived | Status::CheckedIn)
    }

    /// What to say of it at an instant. One whose time is over counts as done unless staff noted that the patient did not
    /// come: a visit may have been held by phone, and nobody is blamed on a guess.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.status {
            Status::Cancelled => Standing::Cancelled,
            Status::Fulfilled => Standing::Done,
            Status::NoShow => Standing::Missed,
            Status::Booked | Status::Arrived | Status::CheckedIn if now < self.ends_at + GRACE => Standing::Booked,
            Status::Booked | Status::Arrived | Status::CheckedIn => Standing::Done,
        }
    }

    /// Whether it can still be cancelled or moved: until it begins.
    pub fn may_change(&self, now: Timestamp) -> bool {
        self.is_active() && now < self.starts_at
    }
}

/// An appointment with everything its two people may know of it.
pub struct Detail {
    /// The appointment.
    pub appointment: Appointment,
    /// The doctor's name.
    pub doctor_name: PersonName,
    /// What the doctor does.
    pub specialty: String,
    /// The patient's name.
    pub patient_name: PersonName,
    /// The patient's date of birth.
    pub birth_date: BirthDate,
    /// Why the patient comes, in their words.
    pub reason: String,
    /// Why it was cancelled, if somebody said.
    pub cancel_reason: Option<String>,
    /// The video room's name.
    room: Option<String>,
    patient_key: DataKey,
}

impl Detail {
    /// The video room's name, for the one rule that lets people in.
    pub(crate) fn room(&self) -> Option<&str> {
        self.room.as_deref()
    }
}

fn place(column: &'static str, id: AppointmentId) -> Place {
    Place { table: "appointments", column, row: id.to_string() }
}

fn seal(text: &str, key: &DataKey, column: &'static str, id: AppointmentId) -> Vec<u8> {
    Sealed::seal(&text.to_owned(), key, &place(column, id)).as_bytes().to_vec()
}

fn unseal(bytes: Vec<u8>, key: &DataKey, column: &'static str, id: AppointmentId) -> Result<String, InternalError> {
    Sealed::from_bytes(bytes)
        .open(key, &place(column, id))
        .map_err(|error| InternalError::new("opening an appointment", error))
}

/// A fresh room name, sealed; only a video visit has a room. 128 random bits in lowercase hexadecimal.
fn new_room(mode: Mode, key: &DataKey, id: AppointmentId) -> Option<Vec<u8>> {
    let name = || data_encoding::HEXLOWER.encode(&random::bytes::<16>());
    (mode == Mode::Video).then(|| seal(&name(), key, "room_sealed", id))
}

fn opened(portal: &Portal, row: sql::WholeRow) -> Result<Detail, InternalError> {
    let key = portal.data_key(&row.patient_key)?;
    let (id, patient) = (row.appointment.id, row.appointment.patient);
    let broken = |error| InternalError::new("opening a patient's record", error);
    Ok(Detail {
        doctor_name: accounts::open_name(portal, &row.doctor_key, &row.doctor_name_sealed, row.appointment.doctor)?,
        patient_name: Sealed::from_bytes(row.patient_name_sealed)
            .open(&key, &records::place("name_sealed", patient))
            .map_err(broken)?,
        birth_date: Sealed::from_bytes(row.birth_date_sealed)
            .open(&key, &records::place("birth_date_sealed", patient))
            .map_err(broken)?,
        reason: unseal(row.reason_sealed, &key, "reason_sealed", id)?,
        cancel_reason: row
            .cancel_reason_sealed
            .map(|bytes| unseal(bytes, &key, "cancel_reason_sealed", id))
            .transpose()?,
        room: row.room_sealed.map(|bytes| unseal(bytes, &key, "room_sealed", id)).transpose()?,
        specialty: row.specialty,
        appointment: row.appointment,
        patient_key: key,
    })
}

/// Queues the mail about a change: when, and nothing clinical.
async fn tell(
    portal: &Portal,
    tx: &mut Tx,
    patient: &records::Patient,
    notice: Notice,
    starts_at: Timestamp,
) -> Result<(), InternalError> {
    let Some(contact) = &patient.contact else { return Ok(()) };
    let time = Words::new(contact.locale).day_time(starts_at, &patient.zone);
    let values = Values::from([("time".to_owned(), time)]);
    dispatches::queue_mail(portal, tx, contact, notice, &values, dispatches::MAIL_LIFE).await
}

/// When doctors are taken within a span, for the rule that finds free times.
pub(in crate::care) async fn busy(
    connection: &mut AnyConnection,
    whose: &Whose,
    within: &Span,
) -> db::Result<Vec<(AccountId, Span)>> {
    sql::busy(connection, whose, within).await
}

/// Whether an appointment that was not cancelled and ends after `since` links the two.
pub(in crate::care) async fn link(
    portal: &Portal,
    doctor: AccountId,
    patient: PatientId,
    since: Timestamp,
) -> Result<bool, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::links(&mut connection, doctor, patient, since).await? > 0)
}

/// Notes, in the transaction of the visit's rule, that the patient is there.
pub(crate) async fn arrive(portal: &Portal, tx: &mut Tx, id: AppointmentId) -> Result<(), InternalError> {
    Ok(sql::arrive(tx, id, portal.clock.now()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_became_of_an_appointment() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let mut one = Appointment {
            id: AppointmentId::new(),
            doctor: AccountId::new(),
            patient: PatientId::new(),
            starts_at: at("2026-11-24T15:00:00Z"),
            ends_at: at("2026-11-24T15:20:00Z"),
            mode: Mode::Video,
            kind: Kind::FollowUp,
            status: Status::Booked,
            sequence: 0,
            booked_at: at("2026-11-20T15:00:00Z"),
            moved_at: None,
            arrived_at: None,
            cancelled_at: None,
            cancelled_by: None,
        };
        let (during, after) = (at("2026-11-24T16:19:59Z"), at("2026-11-24T16:20:00Z"));
        assert_eq!((one.standing(during), one.standing(after)), (Standing::Booked, Standing::Done));
        one.status = Status::NoShow;
        assert_eq!(one.standing(after), Standing::Missed);
        (one.mode, one.status) = (Mode::Video, Status::Arrived);
        assert_eq!(one.standing(after), Standing::Done);
        one.status = Status::Cancelled;
        assert_eq!(one.standing(during), Standing::Cancelled);
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
        }
    }
}
