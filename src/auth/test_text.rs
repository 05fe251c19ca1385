//! A text without a code that an admin sends to their own phone, to see whether texts arrive.
//!
//! | what           | figure        |
//! |----------------|---------------|
//! | one admin      | 5 in an hour  |

use crate::audit::{self, Deed, Event};
use crate::auth::step_up::FreshFactor;
use crate::clock::{SignedDuration, Timestamp};
use crate::error::{Failure, InternalError};
use crate::identity::accounts;
use crate::limits::{self, Limit, Taken};
use crate::messaging::dispatches;
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::network::Network;

const SENDS: Limit = Limit { bucket: "sends:test", max: 5, window: SignedDuration::from_hours(1), pause: None };

/// Why no test was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestRefusal {
    /// Too many were; the next goes at this instant.
    Wait(Timestamp),
}

/// Queues a test to the phone of whoever just proved it, and writes that down.
///
/// # Errors
/// Refused as [`TestRefusal`] says.
pub async fn send(portal: &Portal, fresh: &FreshFactor, network: &Network) -> Result<(), Failure<TestRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = accounts::find_in(portal, &mut tx, fresh.account())
        .await?
        .ok_or_else(|| InternalError::because("a proof without its account"))?;
    let taken = limits::take(portal, &mut tx, SENDS, account.id.to_string().as_bytes()).await?;
    if let Taken::Until(until) = taken {
        return Err(Failure::Refused(TestRefusal::Wait(until)));
    }
    dispatches::queue_text(portal, &mut tx, &account.contact(), Notice::Test, &Values::new()).await?;
    let event = Event::new(account.actor(), Deed::TestTextSent).on(account.id).from(network);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}
