//! How long a gateway's silence after it took a code is waited for, learned from its past receipts to a country.
//!
//! | known of the last 3 days                | silence is waited for                            |
//! |-----------------------------------------|--------------------------------------------------|
//! | fewer than 20 texts taken               | 30 s                                             |
//! | of 20 or more less than one in ten told | for ever: it tells nothing                       |
//! | else                                    | 1.5 times the 95th percentile, 10 s to 60 s      |

use std::time::Duration;

use tokio::sync::Mutex;

use crate::clock::{SignedDuration, Timestamp};
use crate::error::InternalError;
use crate::messaging::dispatches::figures::{self, Figure};
use crate::portal::Portal;

/// How far back receipts are looked at.
const WINDOW: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How long what was learned is kept before it is looked up anew.
const KEPT: SignedDuration = SignedDuration::from_mins(1);
/// Texts that say something.
const ENOUGH: i64 = 20;
/// The wait before anything was learned.
const UNLEARNED: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(60);

/// What one text's silence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    /// How long to wait for a receipt; None: silence says nothing.
    pub(super) wait: Option<Duration>,
    /// Whether the gateway has told anything there lately, so that silence is its failure.
    pub(super) is_failure: bool,
}

/// What was learned, for a minute.
#[derive(Default)]
pub(super) struct Silences(Mutex<Option<(Timestamp, Vec<Figure>)>>);

impl Silences {
    /// What silence of a gateway means for a text to a country.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn of(&self, portal: &Portal, gateway: &str, country: &str) -> Result<Silence, InternalError> {
        let now = portal.clock.now();
        let mut learned = self.0.lock().await;
        let figures = match learned.take() {
            Some((at, figures)) if now.duration_since(at) < KEPT => (at, figures),
            _ => (now, figures::since(portal, now - WINDOW).await?),
        };
        let known = figures.1.iter().find(|figure| figure.gateway == gateway && figure.country == country);
        let silence = silence(known);
        *learned = Some(figures);
        Ok(silence)
    }
}

fn silence(known: Option<&Figure>) -> Silence {
    let Some(figure) = known else { return Silence { wait: Some(UNLEARNED), is_failure: false } };
    let is_failure = figure.arrived > 0;
    if figure.sent < ENOUGH {
        return Silence { wait: Some(UNLEARNED), is_failure };
    }
    if figure.arrived * 10 < figure.sent {
        return Silence { wait: None, is_failure };
    }
    let p95 = figure.p95.and_then(|span| Duration::try_from(span).ok()).unwrap_or(UNLEARNED);
    Silence { wait: Some(p95.mul_f64(1.5).clamp(SHORTEST, LONGEST)), is_failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(sent: i64, arrived: i64, p95_ms: i64) -> Figure {
        Figure {
            gateway: "a".into(),
            country: "US".into(),
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
        let wait = |figure: Option<Figure>| silence(figure.as_ref()).wait.map(|wait| wait.as_secs_f64());
        assert_eq!(wait(None), Some(30.0));
        assert_eq!(wait(Some(figure(19, 19, 2_000))), Some(30.0), "too few to learn from");
        assert_eq!(wait(Some(figure(20, 20, 2_000))), Some(10.0));
        assert_eq!(wait(Some(figure(100, 90, 12_000))), Some(18.0));
        assert_eq!(wait(Some(figure(100, 90, 300_000))), Some(60.0));
        assert_eq!(wait(Some(figure(100, 9, 2_000))), None, "a gateway that hardly tells anything");
        assert_eq!(wait(Some(figure(100, 10, 2_000))), Some(10.0));
        assert!(!silence(None).is_failure && !silence(Some(&figure(30, 0, 0))).is_failure);
        assert!(silence(Some(&figure(5, 1, 900))).is_failure);
    }
}
