//! Reminders of appointments: a day and an hour before, by mail or text as the patient chose, never at night.
//!
//! A reminder is planned in the transaction that books or moves, and gone in the one that cancels; [`turn`] makes a
//! dispatch of each that is due. Who cannot be reached as they chose is reminded the other way. What it says is the clinic, the
//! day and the time: nothing clinical, no doctor.

mod due;
mod reach;
mod sql;
mod turn;

use std::str::FromStr;

use crate::auth::sessions::SignedIn;
use crate::care::appointments::Appointment;
use crate::clock::{SignedDuration, Timestamp};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::{self, Profile};
use crate::messaging::dispatches;
use crate::portal::Portal;
use crate::types::ids::AppointmentId;
use crate::types::network::Network;
use crate::types::zone::Zone;

pub use due::LATEST;
pub use reach::{Reach, reach};
pub use turn::turn;

/// How long a reminder is kept after it ended.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Which of the two reminders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Day,
    Hour,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Day, Self::Hour];

    fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Hour => "1h",
        }
    }

    /// How long before the appointment, unless that is at night.
    fn before(self) -> SignedDuration {
        match self {
            Self::Day => SignedDuration::from_hours(24),
            Self::Hour => SignedDuration::from_hours(1),
        }
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|known| known.as_str() == word).ok_or(())
    }
}

/// Plans the reminders of an appointment that was just booked, or moved and forgotten before. One that would be due by now
/// is left out: the person has just been told.
pub(in crate::care) async fn plan(
    portal: &Portal,
    tx: &mut Tx,
    appointment: &Appointment,
    zone: &Zone,
) -> Result<(), InternalError> {
    if appointment.is_active() {
        add(tx, appointment.id, appointment.starts_at, zone, portal.clock.now()).await?;
    }
    Ok(())
}

async fn add(
    tx: &mut Tx,
    id: AppointmentId,
    starts_at: Timestamp,
    zone: &Zone,
    now: Timestamp,
) -> Result<(), InternalError> {
    for kind in Kind::ALL {
        if let Some(due_at) = due::due(kind, starts_at, zone).filter(|due_at| *due_at > now) {
            sql::insert(tx, id, kind, starts_at, due_at).await?;
        }
    }
    Ok(())
}

/// Drops the reminders of an appointment that is cancelled or moved, those too that wait to be sent.
pub(in crate::care) async fn forget(portal: &Portal, tx: &mut Tx, id: AppointmentId) -> Result<(), InternalError> {
    for dispatch in sql::remove(tx, id).await? {
        dispatches::withdraw(portal, tx, dispatch).await?;
    }
    Ok(())
}

/// Changes what a person chose of their own account. A patient's reminders are planned anew, for their hours hang on
/// the zone.
///
/// # Errors
/// When the database fails.
pub async fn set_profile(
    portal: &Portal,
    who: &SignedIn,
    profile: &Profile,
    from: &Network,
) -> Result<(), InternalError> {
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    accounts::change_profile(portal, &mut tx, &who.actor(), who.account, profile, from).await?;
    if let Some(patient) = who.patient {
        let coming = sql::coming(&mut tx, patient, now).await?;
        sql::remove_planned(&mut tx, patient).await?;
        for (id, starts_at) in coming {
            add(&mut tx, id, starts_at, &profile.zone, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Removes up to `batch` reminders that ended 30 days ago; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - REMEMBERED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
