//! How long a gateway's silence after it took a code is waited for, learned from its past receipts to a country.
//!
//! | known of the last 24 hours                            | silence is waited for                       |
//! |-------------------------------------------------------|---------------------------------------------|
//! | fewer than 20 texts taken                             | 20 s                                        |
//! | of 20 or more, less than one in ten told of, and …    |                                             |
//! | … other gateways or countries are told of             | 20 s: this one is dead                      |
//! | … nobody tells anything                               | for ever: receipts do not reach us          |
//! | else                                                  | 1.5 times the 95th percentile, 10 s to 60 s |
//!
//! Silence is a failure of the gateway once anybody has told of anything: before, nobody knows whether receipts reach us.

use std::time::Duration;

use tokio::sync::Mutex;

use crate::clock::{SignedDuration, Timestamp};
use crate::error::InternalError;
use crate::messaging::dispatches::figures::{self, Figure};
use crate::portal::Portal;

/// How far back receipts are looked at.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// How long what was learned is kept before it is looked up anew.
const KEPT: SignedDuration = SignedDuration::from_mins(1);
/// Texts that say something.
const ENOUGH: i64 = 20;
/// The wait before anything was learned.
const UNLEARNED: Duration = Duration::from_secs(20);
const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(60);

/// What was learned, for a minute.
#[derive(Default)]
pub(super) struct Silences(Mutex<Option<(Timestamp, Vec<Figure>)>>);

impl Silences {
    /// How long to wait for a receipt of a code that a gateway took; None: silence says nothing. Where nothing can be
    /// looked up, what was learned before holds.
    pub(super) async fn wait(&self, portal: &Portal, gateway: &str, country: &str) -> Option<Duration> {
        let now = portal.clock.now();
        let mut learned = self.0.lock().await;
        let is_fresh = learned.as_ref().is_some_and(|(at, _)| now.duration_since(*at).abs() < KEPT);
        if !is_fresh {
            match figures::since(portal, now - WINDOW).await {
                Ok(figures) => *learned = Some((now, figures)),
                Err(error) => tracing::warn!(%error, "what silence means could not be looked up"),
            }
        }
        wait(learned.as_ref().map_or(&[], |(_, figures)| figures.as_slice()), gateway, country)
    }
}

/// Whether silence is a gateway's failure: receipts do reach us.
///
/// # Errors
/// When the database fails.
pub(super) async fn is_failure(portal: &Portal) -> Result<bool, InternalError> {
    figures::anything_told_since(portal, portal.clock.now() - WINDOW).await
}

fn wait(figures: &[Figure], gateway: &str, country: &str) -> Option<Duration> {
    let known = figures.iter().find(|known| known.gateway == gateway && known.country == country && !known.by_call);
    let Some(figure) = known.filter(|figure| figure.sent >= ENOUGH) else { return Some(UNLEARNED) };
    if figure.arrived * 10 < figure.sent {
        return figures.iter().any(|known| known.arrived > 0).then_some(UNLEARNED);
    }
    let p95 = figure.p95.and_then(|span| Duration::try_from(span).ok()).unwrap_or(UNLEARNED);
    Some(p95.mul_f64(1.5).clamp(SHORTEST, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(sent: i64, arrived: i64, p95_ms: i64) -> Figure {
        Figure {
            gateway: "a".into(),
            country: "US".into(),
            by_call: false,
            tried: sent,
            sent,
            arrived,
            failed: 0,
            median: None,
            p95: (arrived > 0).then(|| SignedDuration::from_millis(p95_ms)),
        }
    }

    #[test]
    fn silence_is_learned_within_bounds() {
        let wait = |figure: Figure| super::wait(&[figure], "a", "US").map(|wait| wait.as_secs_f64());
        assert_eq!(super::wait(&[], "a", "US"), Some(UNLEARNED));
        assert_eq!(wait(figure(19, 19, 2_000)), Some(20.0), "too few to learn from");
        assert_eq!(wait(figure(20, 20, 2_000)), Some(10.0));
        assert_eq!(wait(figure(100, 90, 12_000)), Some(18.0));
        assert_eq!(wait(figure(100, 90, 300_000)), Some(60.0));
        assert_eq!(wait(figure(100, 10, 2_000)), Some(10.0));
        assert_eq!(wait(figure(100, 9, 2_000)), Some(20.0), "something is told, so it is dead");
        assert_eq!(wait(figure(100, 0, 0)), None, "receipts do not reach us");
        let other = Figure { gateway: "b".into(), ..figure(5, 4, 900) };
        assert_eq!(super::wait(&[figure(100, 0, 0), other], "a", "US"), Some(UNLEARNED));
    }
}
