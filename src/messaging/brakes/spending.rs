//! What texts cost in a day, and the ceilings that hold codes back.
//!
//! A day is the clinic's. A ceiling holds when what is spent, what the codes on their way are expected to cost, and the
//! next one come to more than it, so that codes asked for at one instant do not pass it together. What an attempt costs
//! is written when it ends, refused ones cost nothing. Only codes are held back: reminders and notices, which nobody
//! outside can cause in numbers, are counted. Kept only while a ceiling is set; the figures of delivery stand in the
//! attempts.

use super::{Asked, Brake, Held, prices, sql};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::messaging::dispatches::{self, Leased};
use crate::portal::Portal;
use crate::types::amount::Amount;
use crate::types::phone::PhoneNumber;

/// All countries together, in the table's column for a country.
pub const ALL: &str = "*";
/// From so many of 100 of a ceiling on, the admins are told.
const NEAR: i64 = 80;

/// The clinic's day, and when it ends.
fn today(portal: &Portal, now: Timestamp) -> Result<(String, Timestamp), InternalError> {
    let rules = portal.config.clinic.zone.rules();
    let day = rules.to_datetime(now).date();
    let end = day
        .tomorrow()
        .and_then(|next| rules.to_timestamp(next.at(0, 0, 0, 0)))
        .map_err(|error| InternalError::new("reckoning the end of the day", error))?;
    Ok((day.to_string(), end))
}

/// The alpha-2 code of a number's country; empty where it does not tell.
pub(in crate::messaging) fn country(phone: &PhoneNumber) -> String {
    phone.country().map(|country| country.code().to_owned()).unwrap_or_default()
}

/// The ceiling of all countries together, or of one, by the settings of now.
fn ceiling(portal: &Portal, place: &str) -> Option<Amount> {
    let money = &portal.config.money;
    if place == ALL { money.day } else { money.country_day.of(place) }
}

/// The ceilings of a country's texts: in all first, then its own. Rows are taken in this order everywhere.
fn ceilings<'a>(portal: &Portal, country: &'a str) -> [(Brake, &'a str, Option<Amount>); 2] {
    [(Brake::SpendDay, ALL), (Brake::SpendCountry, country)]
        .map(|(brake, place)| (brake, place, ceiling(portal, place)))
}

/// Whether a ceiling holds the text back. The row of the day makes others wait until this transaction is over.
pub(super) async fn ask(portal: &Portal, tx: &mut Tx, asked: &Asked<'_>) -> Result<Option<Held>, InternalError> {
    let country = country(asked.phone);
    let Some(next) = prices::expected(&portal.config, asked.by_call, &country) else { return Ok(None) };
    let now = portal.clock.now();
    let (day, until) = today(portal, now)?;
    for (brake, place, ceiling) in ceilings(portal, &country) {
        let Some(ceiling) = ceiling else { continue };
        // Half of it is kept for accounts: nobody uses that up by typing numbers.
        let is_typed = asked.standing == super::Standing::Typed;
        let counted = sql::lock_day(tx, &day, place).await?;
        let on_their_way = dispatches::worth::expected(tx, (place != ALL).then_some(place)).await?;
        let with_it = counted.plus(on_their_way).plus(next);
        if with_it > ceiling {
            sql::mark_held(tx, &day, place, now).await?;
        }
        if with_it > if is_typed { ceiling.half() } else { ceiling } {
            return Ok(Some(Held { brake, until }));
        }
    }
    Ok(None)
}

/// Counts what a text would have cost that only looks sent, so that its asker cannot tell.
pub(super) async fn count_decoy(portal: &Portal, tx: &mut Tx, asked: &Asked<'_>) -> Result<(), InternalError> {
    let country = country(asked.phone);
    let Some(cost) = prices::expected(&portal.config, asked.by_call, &country) else { return Ok(()) };
    let (day, _) = today(portal, portal.clock.now())?;
    for (_, place, ceiling) in ceilings(portal, &country) {
        if ceiling.is_some() {
            sql::add(tx, &day, place, Amount::default(), cost).await?;
        }
    }
    Ok(())
}

/// Writes down what a text attempt cost that its gateway took, or may have taken, in the transaction that ends it.
///
/// # Errors
/// When the database fails.
pub async fn charge(portal: &Portal, tx: &mut Tx, leased: &Leased) -> Result<(), InternalError> {
    let Some(segments) = leased.taken() else { return Ok(()) };
    let country = PhoneNumber::from_e164(&leased.to).map(|phone| country(&phone)).unwrap_or_default();
    let cost = prices::cost(&portal.config, leased.gateway, leased.by_call, &country, segments);
    dispatches::worth::price(tx, leased, segments, cost).await?;
    let Some(cost) = cost else { return Ok(()) };
    let (day, _) = today(portal, portal.clock.now())?;
    for (_, place, ceiling) in ceilings(portal, &country) {
        if ceiling.is_some() {
            sql::add(tx, &day, place, cost, Amount::default()).await?;
        }
    }
    Ok(())
}

/// How much of a ceiling is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Less than 80 of 100.
    Free,
    /// 80 of 100 are spent.
    Near,
    /// All is spent, or a code was held back today.
    Reached,
}

impl Level {
    fn of(row: &sql::DayRow, ceiling: Amount) -> Self {
        let hundredths = |amount: Amount, of: i64| i128::from(amount.millionths()) * i128::from(of);
        if row.held_at.is_some() || row.spent >= ceiling {
            Self::Reached
        } else if hundredths(row.spent, 100) >= hundredths(ceiling, NEAR) {
            Self::Near
        } else {
            Self::Free
        }
    }
}

/// How a day's money stands against a ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The country's alpha-2 code, empty where numbers do not tell; None: all countries.
    pub country: Option<String>,
    /// What attempts cost.
    pub spent: Amount,
    /// What is set aside for texts on their way, or that only look sent.
    pub set_aside: Amount,
    /// The ceiling.
    pub ceiling: Amount,
    /// How much of it is used.
    pub level: Level,
}

/// Today's money against every ceiling that anything was spent under; all countries first.
///
/// # Errors
/// When the database fails.
pub async fn standings(portal: &Portal) -> Result<Vec<Standing>, InternalError> {
    let (day, _) = today(portal, portal.clock.now())?;
    let mut connection = portal.db.read().await?;
    let on_their_way = dispatches::worth::expected_by_country(&mut connection).await?;
    let expected = |place: &str| {
        let there = on_their_way.iter().filter(|(country, _)| place == ALL || country == place);
        there.fold(Amount::default(), |sum, (_, amount)| sum.plus(*amount))
    };
    let standing = |row: sql::DayRow| {
        let ceiling = ceiling(portal, &row.country)?;
        Some(Standing {
            level: Level::of(&row, ceiling),
            set_aside: row.decoys.plus(expected(&row.country)),
            spent: row.spent,
            ceiling,
            country: one_country(row.country),
        })
    };
    Ok(sql::days(&mut connection, &day).await?.into_iter().filter_map(standing).collect())
}

/// The country of a row; None for all together.
fn one_country(place: String) -> Option<String> {
    (place != ALL).then_some(place)
}

/// What the admins are to be told of a ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// 80 of 100 are spent.
    Near,
    /// It holds codes back.
    Reached,
}

/// A ceiling that there is something to tell of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What.
    pub news: News,
    /// The country's alpha-2 code, empty where numbers do not tell; None: all countries.
    pub country: Option<String>,
    /// What is spent.
    pub spent: Amount,
    /// The ceiling.
    pub ceiling: Amount,
    /// When the day ends.
    pub until: Timestamp,
    day: String,
}

/// The ceilings that came near or were reached today and of which nobody was told. A ceiling that is reached is not told
/// of as near any more.
///
/// # Errors
/// When the database fails.
pub async fn alarms(portal: &Portal) -> Result<Vec<Alarm>, InternalError> {
    let (day, until) = today(portal, portal.clock.now())?;
    let rows = {
        let mut connection = portal.db.read().await?;
        sql::days(&mut connection, &day).await?
    };
    let alarm = |row: sql::DayRow| {
        let ceiling = ceiling(portal, &row.country)?;
        let news = match Level::of(&row, ceiling) {
            Level::Reached if !row.held_told => News::Reached,
            Level::Near if !row.near_told => News::Near,
            _ => return None,
        };
        Some(Alarm { news, spent: row.spent, ceiling, until, day: day.clone(), country: one_country(row.country) })
    };
    Ok(rows.into_iter().filter_map(alarm).collect())
}

/// Takes it upon this process to tell; false when another did.
///
/// # Errors
/// When the database fails.
pub async fn claim(portal: &Portal, tx: &mut Tx, alarm: &Alarm) -> Result<bool, InternalError> {
    let place = alarm.country.as_deref().unwrap_or(ALL);
    let now = portal.clock.now();
    Ok(match alarm.news {
        News::Near => sql::claim_near(tx, &alarm.day, place, now).await?,
        News::Reached => sql::claim_held(tx, &alarm.day, place, now).await?,
    })
}

/// How long the money of a day is kept.
const REMEMBERED_DAYS: i64 = 400;

/// Removes the money of days more than a year ago; answers how many rows.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let before = portal.clock.now() - crate::clock::SignedDuration::from_hours(24 * REMEMBERED_DAYS);
    let (before, _) = today(portal, before)?;
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep_days(&mut tx, &before, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
