//! Breakers: a gateway that fails again and again is left alone, but for a probe now and then.
//!
//! | what                                                      | figure                              |
//! |-----------------------------------------------------------|-------------------------------------|
//! | failures in a row that open it                            | 5                                   |
//! | until the first probe                                     | 30 s; after each failed one doubled |
//! | between probes at most                                    | 10 min                              |
//!
//! A failure is the gateway's own: no answer, no connection, our account there refused, silence after it took a code,
//! or a receipt that says it failed. A refused number is none. One success closes the breaker. It stands in the
//! database, so all processes know alike. Calls have a breaker of their own.

mod sql;

use crate::clock::{SignedDuration, Timestamp};
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::reason::Reason;
use crate::portal::Portal;

/// Failures in a row that open a breaker.
const OPENS_AT: i64 = 5;
/// From opening to the first probe.
const FIRST: SignedDuration = SignedDuration::from_secs(30);
/// The longest pause between two probes.
const LONGEST: SignedDuration = SignedDuration::from_mins(10);

/// A gateway's breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// Of which gateway; with `:call` after it for calls.
    pub gateway: String,
    /// Failures in a row.
    pub failures: i64,
    /// Since when it is open; None while it is closed.
    pub opened_at: Option<Timestamp>,
    /// When the next probe may be made.
    pub probe_at: Option<Timestamp>,
}

/// What a gateway's name ends with in the name of its breaker for calls.
const CALLS: &str = ":call";

/// The name that a gateway's breaker goes by.
pub fn name(gateway: &str, by_call: bool) -> String {
    if by_call { format!("{gateway}{CALLS}") } else { gateway.to_owned() }
}

/// The gateway of a breaker's name, and whether it is about calls.
pub fn of_name(breaker: &str) -> (&str, bool) {
    breaker.strip_suffix(CALLS).map_or((breaker, false), |gateway| (gateway, true))
}

/// Every breaker that has failures, by name.
///
/// # Errors
/// When the database fails.
pub async fn all(portal: &Portal) -> Result<Vec<Breaker>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::all(&mut connection).await?)
}

/// Puts the next probe off: one is made now.
///
/// # Errors
/// When the database fails.
pub async fn probed(portal: &Portal, tx: &mut Tx, breaker: &str) -> Result<(), InternalError> {
    let now = portal.clock.now();
    Ok(sql::put_probe_off(tx, breaker, now, now + FIRST).await?)
}

/// Whether an answer for this reason is a failure of the gateway, or of our account there.
pub fn is_failure(reason: Reason) -> bool {
    matches!(reason, Reason::Unreachable | Reason::AuthFailed | Reason::InsufficientFunds | Reason::ConfigError)
}

/// Counts a failure; at the fifth in a row the breaker opens.
///
/// # Errors
/// When the database fails.
pub async fn failed(portal: &Portal, tx: &mut Tx, breaker: &str) -> Result<(), InternalError> {
    let now = portal.clock.now();
    let failures = sql::count(tx, breaker).await?;
    if failures >= OPENS_AT {
        let doublings = u32::try_from(failures - OPENS_AT).unwrap_or(u32::MAX).min(10);
        let pause = (FIRST * 2i32.pow(doublings)).min(LONGEST);
        sql::open(tx, breaker, now, now + pause).await?;
        if failures == OPENS_AT {
            tracing::warn!(breaker, "a gateway failed again and again and is left alone for a while");
        }
    }
    Ok(())
}

/// The same in a transaction of its own.
///
/// # Errors
/// When the database fails.
pub async fn counted(portal: &Portal, breaker: &str) -> Result<(), InternalError> {
    let mut tx = portal.db.begin().await?;
    failed(portal, &mut tx, breaker).await?;
    tx.commit().await?;
    Ok(())
}

/// Closes the breaker: the gateway works.
///
/// # Errors
/// When the database fails.
pub async fn worked(tx: &mut Tx, breaker: &str) -> Result<(), InternalError> {
    Ok(sql::close(tx, breaker).await?)
}

/// The same in a transaction of its own.
///
/// # Errors
/// When the database fails.
pub async fn closed(portal: &Portal, breaker: &str) -> Result<(), InternalError> {
    let mut tx = portal.db.begin().await?;
    worked(&mut tx, breaker).await?;
    tx.commit().await?;
    Ok(())
}
