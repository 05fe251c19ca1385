//! How far the newest message of a challenge got, as the waiting person may know.

use super::Challenge;
use crate::clock::SignedDuration;
use crate::error::InternalError;
use crate::messaging::dispatches::{self, Delivery, Way};
use crate::portal::Portal;

/// How far the newest message of a challenge got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How it goes.
    pub way: Way,
    /// How far it got; None when the send limits held it back.
    pub delivery: Option<Delivery>,
}

impl Progress {
    /// Whether a text is on its way, so that there is nothing to ask for.
    pub fn is_underway(self) -> bool {
        self.way == Way::Text
            && matches!(
                self.delivery,
                Some(
                    Delivery::Queued
                        | Delivery::Sent(_)
                        | Delivery::Turned
                        | Delivery::Rerouted(_)
                        | Delivery::Arrived(_)
                )
            )
    }
}

/// How far the newest message got, as the waiting person may know. A decoy's looks sent a moment after it was asked for,
/// and later delayed. One that hides its delivery looks the same whatever becomes of it.
///
/// # Errors
/// When the database fails.
pub async fn progress(portal: &Portal, challenge: &Challenge) -> Result<Progress, InternalError> {
    let way = challenge.way().unwrap_or(Way::Text);
    if challenge.sends == 0 {
        return Ok(Progress { way, delivery: None });
    }
    let now = portal.clock.now();
    let by_time = |delivery| match delivery {
        Delivery::Sent(at) => dispatches::sent_or_delayed(at, now),
        other => other,
    };
    if !challenge.hides_delivery()
        && let Some(newest) = dispatches::delivery_of(portal, challenge.id).await?
    {
        let answered = by_time(newest.answered);
        return Ok(Progress { way: newest.way, delivery: Some(newest.told.unwrap_or(answered)) });
    }
    let pauses = &portal.config.limits.send_pauses;
    let turn = usize::try_from(challenge.sends - 1).unwrap_or(0).min(pauses.len() - 1);
    // A challenge of an older program does not know when.
    let asked_at = challenge.last_send_at.unwrap_or_else(|| challenge.next_send_at - pauses[turn]);
    let looks_sent = now.duration_since(asked_at) >= SignedDuration::from_millis(300);
    let delivery = if looks_sent { by_time(Delivery::Sent(asked_at)) } else { Delivery::Queued };
    Ok(Progress { way, delivery: Some(delivery) })
}
