//! Brakes: what holds the text of a code back before it is queued, so that nobody can make a clinic pay for texts that
//! serve nobody. Asked in the transaction that queues the text; nothing of it costs a text.
//!
//! | brake                                | figure                        | holds back                              |
//! |--------------------------------------|-------------------------------|-----------------------------------------|
//! | a paused prefix                      | 24 h, see [`pauses`]          | numbers that are not proved             |
//! | one network                          | 25 an hour, 100 a day         | the same; apart from them, accounts in unknown browsers |
//! | one range (all but the last 4 digits)| 50 an hour, 200 a day         | numbers that are not proved             |
//! | money, in all and by country         | ceilings a day, see [`spending`] | everybody; numbers that are not proved from half of one on |
//! | all codes                            | 2000 an hour, 20 000 a day    | everybody; of them half to numbers that are not proved |
//!
//! So what strangers use up by typing numbers stops no account: half of everything is kept for those. Whatever holds,
//! the page says the same: no text now, until when, and what else there is. Numbers are counted by keyed digests of
//! their digits. A text that only looks sent, because an email or a phone is taken, is counted like a real one, money
//! included.

pub mod pauses;
pub mod prices;
pub mod spending;
mod sql;

use crate::clock::{SignedDuration, Timestamp};
use crate::crypto::blind_index;
use crate::db::Tx;
use crate::error::InternalError;
use crate::limits::{self, Limit, Taken};
use crate::portal::Portal;
use crate::types::network::Network;
use crate::types::phone::PhoneNumber;

/// What is known of the one who asks for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The number was only typed: a registration's or an invitation's.
    Typed,
    /// The number is an account's, and the browser was never seen.
    Proved,
    /// The number is an account's, and the browser is one of its known ones.
    Known,
}

/// A text that is asked for.
pub struct Asked<'a> {
    /// To which number.
    pub phone: &'a PhoneNumber,
    /// From which network.
    pub network: &'a Network,
    /// By whom.
    pub standing: Standing,
    /// Whether for a call.
    pub by_call: bool,
    /// It only looks sent.
    pub is_decoy: bool,
}

/// Which brake holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brake {
    /// The prefix is paused.
    Prefix,
    /// Too many from this network.
    Network,
    /// Too many to this range.
    Range,
    /// The day's ceiling of all texts.
    SpendDay,
    /// The day's ceiling of the number's country.
    SpendCountry,
    /// Too many in all in this hour.
    Hour,
    /// Too many in all in this day.
    Day,
}

impl Brake {
    /// Its word in the audit trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Network => "network",
            Self::Range => "range",
            Self::SpendDay => "spend_day",
            Self::SpendCountry => "spend_country",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// A text that may not go out now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// What holds it; for the trail, never for the person.
    pub brake: Brake,
    /// Until when.
    pub until: Timestamp,
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn limit(bucket: &'static str, max: i64, window: SignedDuration) -> Limit {
    Limit { bucket, max, window, pause: None }
}

/// Whether a brake holds the text back; None lets it go, and it is counted. Asked once a text, last before it is queued:
/// every process asks the same rows in the same order, so that of a hundred at one instant as many go as may.
///
/// # Errors
/// When the database fails.
pub async fn ask(portal: &Portal, tx: &mut Tx, asked: &Asked<'_>) -> Result<Option<Held>, InternalError> {
    let (limits, index) = (&portal.config.limits, &portal.keys.index);
    let network = asked.network.to_string().into_bytes();
    let mut counted = Vec::new();
    match asked.standing {
        Standing::Typed => {
            if let Some(until) = pauses::ends(portal, tx, asked.phone).await? {
                return Ok(Some(Held { brake: Brake::Prefix, until }));
            }
            counted.push((Brake::Network, limit("texts:network", limits.texts_network, HOUR), network.clone()));
            counted.push((Brake::Network, limit("texts:network:day", limits.texts_network_day, DAY), network));
            let range = blind_index::index_range(index, asked.phone).to_vec();
            counted.push((Brake::Range, limit("texts:range", limits.texts_range, HOUR), range.clone()));
            counted.push((Brake::Range, limit("texts:range:day", limits.texts_range_day, DAY), range));
        }
        Standing::Proved => {
            let day = limit("texts:network:proved:day", limits.texts_network_day, DAY);
            counted.push((Brake::Network, limit("texts:network:proved", limits.texts_network, HOUR), network.clone()));
            counted.push((Brake::Network, day, network));
        }
        Standing::Known => {}
    }
    if let Some(held) = take(portal, tx, &counted).await? {
        return Ok(Some(held));
    }
    if let Some(held) = spending::ask(portal, tx, asked).await? {
        return Ok(Some(held));
    }
    let mut all = Vec::new();
    if asked.standing == Standing::Typed {
        let half = |max: i64| (max + 1) / 2;
        all.push((Brake::Hour, limit("texts:typed:hour", half(limits.texts_hour), HOUR), Vec::new()));
        all.push((Brake::Day, limit("texts:typed:day", half(limits.texts_day), DAY), Vec::new()));
    }
    all.push((Brake::Hour, limit("texts:hour", limits.texts_hour, HOUR), Vec::new()));
    all.push((Brake::Day, limit("texts:day", limits.texts_day, DAY), Vec::new()));
    if let Some(held) = take(portal, tx, &all).await? {
        return Ok(Some(held));
    }
    if asked.is_decoy {
        spending::count_decoy(portal, tx, asked).await?;
    }
    Ok(None)
}

/// Takes one of each budget in order; answers the first that is used up.
async fn take(
    portal: &Portal,
    tx: &mut Tx,
    counted: &[(Brake, Limit, Vec<u8>)],
) -> Result<Option<Held>, InternalError> {
    for (brake, limit, subject) in counted {
        if let Taken::Until(until) = limits::take(portal, tx, *limit, subject).await? {
            return Ok(Some(Held { brake: *brake, until }));
        }
    }
    Ok(None)
}
