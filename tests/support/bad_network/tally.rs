//! What became of the codes of a run: what the phones saw, and what the portal wrote down.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use salus::portal::Portal;

use super::Network;
use super::callbacks::FORGED_CODE;

/// The figures of a run.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub codes: usize,
    /// How long each took that arrived, shortest first.
    pub took: Vec<Duration>,
    /// Codes that never came.
    pub lost: usize,
    /// Codes whose text was sent, and came, more than once.
    pub doubled: usize,
    /// Those of them with an attempt whose end nobody could know: a kill, no clear answer, or a gateway's silence.
    pub unknowable: usize,
    /// Those of them over which a process died.
    pub by_kill: usize,
    /// Those of the others whose gateway took the text and told nothing for as long as it is waited for.
    pub by_silence: usize,
    /// How often a server was killed.
    pub kills: usize,
    /// The most sends of one code, by the gateways' count or the portal's, whichever is more: requests that were read
    /// and not refused, or attempts that did not end with a no.
    pub most_sends: i64,
    /// The most attempts of one code, refused ones too.
    pub most_tries: i64,
    /// Attempts in all, and those of them whose end is unknown.
    pub attempts: i64,
    pub unknown: i64,
    /// Texts with somebody else's code.
    pub strange: usize,
    /// True receipts: taken, turned away, and those that met nobody.
    pub receipts: (usize, usize, usize),
    /// How many forged receipts were answered with each status; None is no answer.
    pub forged: BTreeMap<Option<u16>, usize>,
    /// What forged receipts left in the tables.
    pub forged_traces: i64,
}

impl Tally {
    pub async fn count(portal: &Portal, network: &Network) -> Self {
        let phones = network.phones.taken();
        let asked = phones.iter().filter(|phone| phone.asked.is_some());
        let (killed, unclear) = (challenges(portal, OPEN).await, challenges(portal, UNCLEAR).await);
        let silent = challenges(portal, SILENT).await;
        let doubled: Vec<String> = asked
            .clone()
            .filter(|phone| phone.arrivals().len() > 1)
            .filter_map(|phone| phone.asked.as_ref())
            .map(|(challenge, _)| challenge.to_string())
            .collect();
        let was_silent = |challenge: &&String| silent.contains(*challenge) && !killed.contains(*challenge);
        let is_unknowable =
            |challenge: &&String| [&killed, &unclear, &silent].into_iter().any(|known| known.contains(*challenge));
        let mut took: Vec<Duration> = asked.clone().filter_map(|phone| phone.in_hand()).collect();
        took.sort_unstable();
        let sends = phones.iter().map(|phone| (phone.requests - phone.refused) as i64).max().unwrap_or(0);
        let callbacks = &network.callbacks;
        let traces = format!("SELECT COUNT(*) FROM receipts WHERE code = '{FORGED_CODE}'");
        Self {
            codes: asked.clone().count(),
            lost: asked.clone().count() - took.len(),
            took,
            unknowable: doubled.iter().filter(is_unknowable).count(),
            by_kill: doubled.iter().filter(|challenge| killed.contains(*challenge)).count(),
            by_silence: doubled.iter().filter(was_silent).count(),
            doubled: doubled.len(),
            kills: 0,
            most_sends: sends.max(number(portal, &most_attempts(NOT_REFUSED)).await),
            most_tries: number(portal, &most_attempts("")).await,
            attempts: number(portal, "SELECT COUNT(*) FROM attempts").await,
            unknown: number(portal, UNKNOWN_ATTEMPTS).await,
            strange: phones.iter().map(super::phones::Phone::strange).sum(),
            receipts: (callbacks.told(), callbacks.turned_away(), callbacks.unheard()),
            forged: callbacks.forged(),
            forged_traces: number(portal, &traces).await,
        }
    }

    /// Forged receipts in all, and those that were believed: answered with a yes, or found in the tables.
    pub fn forgeries(&self) -> (usize, usize) {
        let yes = self.forged.iter().filter(|(status, _)| matches!(status, Some(200..300)));
        let yes: usize = yes.map(|(_, count)| count).sum();
        (self.forged.values().sum(), yes.max(usize::try_from(self.forged_traces).unwrap_or(usize::MAX)))
    }

    /// The share of codes that were in the hand within so many seconds.
    pub fn within(&self, seconds: u64) -> f64 {
        let there = self.took.iter().filter(|took| **took <= Duration::from_secs(seconds)).count();
        there as f64 / self.codes.max(1) as f64
    }

    /// The time within which this share of the codes that came was in the hand.
    pub fn part(&self, share: f64) -> Duration {
        let place = (self.took.len().saturating_sub(1) as f64 * share) as usize;
        self.took.get(place).copied().unwrap_or_default()
    }
}

/// The attempts of the code that has most of them.
fn most_attempts(only: &str) -> String {
    format!(
        "SELECT COALESCE(MAX(tried), 0)
         FROM (SELECT COUNT(*) AS tried
               FROM attempts a
               JOIN dispatches d ON d.id = a.dispatch_id
               WHERE d.challenge_id IS NOT NULL {only}
               GROUP BY d.challenge_id) AS each_code"
    )
}

/// Attempts that did not end with a no, after which nothing can have been sent.
const NOT_REFUSED: &str = "AND COALESCE(a.outcome, '') NOT IN ('later', 'never', 'dropped')";
const UNKNOWN_ATTEMPTS: &str = "SELECT COUNT(*) FROM attempts WHERE ended_at IS NULL OR outcome = 'unknown'";

pub async fn number(portal: &Portal, sql: &str) -> i64 {
    let mut connection = portal.db.read().await.unwrap();
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&mut *connection).await.unwrap()
}

/// An attempt whose process died before it wrote down the end.
const OPEN: &str = "a.ended_at IS NULL";
/// An attempt whose answer said neither yes nor no.
const UNCLEAR: &str = "a.outcome = 'unknown'";

/// An attempt whose gateway took it and told nothing in time.
const SILENT: &str = "a.reason = 'silence'";

/// The challenges with such an attempt.
async fn challenges(portal: &Portal, attempt: &str) -> HashSet<String> {
    let sql = format!(
        "SELECT DISTINCT d.challenge_id
         FROM attempts a
         JOIN dispatches d ON d.id = a.dispatch_id
         WHERE d.challenge_id IS NOT NULL AND {attempt}"
    );
    let mut connection = portal.db.read().await.unwrap();
    let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *connection).await.unwrap();
    rows.into_iter().collect()
}
