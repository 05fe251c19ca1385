//! Prefixes whose codes hardly anybody enters: texts to them are paused.
//!
//! | what      | figure                                                                       |
//! |-----------|------------------------------------------------------------------------------|
//! | a prefix  | a number's first seven digits, known by a keyed digest                       |
//! | counted   | codes of the last 24 h, one a challenge; entered ones against all whose time is over |
//! | too few   | at least 20 sent, and fewer than `SALUS_CONVERSION_FLOOR` of 100 entered     |
//! | the pause | 24 h, or until an admin lifts it; what was counted before is then forgotten  |
//!
//! Texts that are pumped into a network that pays for them are entered by nobody. Judged in the background, never while
//! somebody waits; only prefixes that were texted lately are looked at.

use super::sql;
use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::blind_index;
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::dispatches::worth::{self, Conversion};
use crate::portal::Portal;
use crate::types::ids::PauseId;
use crate::types::phone::PhoneNumber;

/// How far back codes are counted.
const COUNTED: SignedDuration = SignedDuration::from_hours(24);
/// A prefix is looked at while a code went there in this span: longer than a code works, and than a turn may be late.
const LATELY: SignedDuration = SignedDuration::from_mins(30);
/// Fewer codes tell nothing.
const LEAST: i64 = 20;
/// How long a pause lasts.
const PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// A paused prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Which.
    pub id: PauseId,
    /// The first of its keyed digest, as hexadecimal digits: the same prefix has the same.
    pub tag: String,
    /// The country's alpha-2 code; empty where the numbers do not tell.
    pub country: String,
    /// Codes sent that it was judged by.
    pub codes: i64,
    /// Of them, entered.
    pub entered: i64,
    /// Since when.
    pub paused_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
}

fn tag(index: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&index[..index.len().min(4)])
}

/// Until when the prefix of a number is paused.
pub(super) async fn ends(
    portal: &Portal,
    tx: &mut Tx,
    phone: &PhoneNumber,
) -> Result<Option<Timestamp>, InternalError> {
    let index = blind_index::index_prefix(&portal.keys.index, phone);
    Ok(sql::pause_ends(tx, &index, portal.clock.now()).await?)
}

/// The prefixes that are to be paused now.
///
/// # Errors
/// When the database fails.
pub async fn judge(portal: &Portal) -> Result<Vec<Conversion>, InternalError> {
    let floor = portal.config.money.conversion_floor;
    if floor == 0 {
        return Ok(Vec::new());
    }
    let now = portal.clock.now();
    let mut connection = portal.db.read().await?;
    let found = worth::by_prefix(&mut connection, now - COUNTED, now - LATELY, now).await?;
    Ok(found.into_iter().filter(|found| found.codes >= LEAST && found.entered * 100 < floor * found.codes).collect())
}

/// Pauses a prefix; None when another process did, or it is paused.
///
/// # Errors
/// When the database fails.
pub async fn pause(portal: &Portal, tx: &mut Tx, judged: &Conversion) -> Result<Option<Pause>, InternalError> {
    let now = portal.clock.now();
    let pause = Pause {
        id: PauseId::new(),
        tag: tag(&judged.prefix_index),
        country: judged.country.clone(),
        codes: judged.codes,
        entered: judged.entered,
        paused_at: now,
        ends_at: now + PAUSE,
    };
    Ok(sql::insert_pause(tx, &judged.prefix_index, &pause).await?.then_some(pause))
}

/// Ends a pause now; its tag, or None when it is over.
///
/// # Errors
/// When the database fails.
pub async fn lift(portal: &Portal, tx: &mut Tx, id: PauseId) -> Result<Option<String>, InternalError> {
    Ok(sql::end_pause(tx, id, portal.clock.now()).await?.map(|index| tag(&index)))
}

/// The prefixes that are paused, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(portal: &Portal) -> Result<Vec<Pause>, InternalError> {
    let mut connection = portal.db.read().await?;
    let rows = sql::pauses(&mut connection, portal.clock.now()).await?;
    Ok(rows.into_iter().map(|(index, pause)| Pause { tag: tag(&index), ..pause }).collect())
}

/// Removes up to `batch` pauses that ended so long ago that nothing is counted from their end; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep_pauses(&mut tx, portal.clock.now() - COUNTED, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
