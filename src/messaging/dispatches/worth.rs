//! What texts cost and whether their codes were entered.

use sqlx::AnyConnection;

use super::Leased;
use super::sql::worth as sql;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::amount::Amount;

/// Codes to one prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The keyed index of the prefix.
    pub prefix_index: Vec<u8>,
    /// The country's alpha-2 code; empty where the numbers do not tell.
    pub country: String,
    /// Codes that were sent and whose time is over.
    pub codes: i64,
    /// Of them, entered.
    pub entered: i64,
}

/// Codes sent since an instant (or since the prefix's last pause ended) by prefix, of prefixes that a code was queued to
/// `lately`. One that still can be entered is not counted yet, and where receipts reach us only what arrived: a gateway's
/// outage is nobody's fraud.
///
/// # Errors
/// When the database fails.
pub async fn by_prefix(
    connection: &mut AnyConnection,
    since: Timestamp,
    lately: Timestamp,
    now: Timestamp,
) -> Result<Vec<Conversion>, InternalError> {
    let arrived_only = super::sql::figures::told(connection, since).await? > 0;
    Ok(sql::by_prefix(connection, since, lately, now, arrived_only).await?)
}

/// What the codes on their way are expected to cost, in a country or in all.
///
/// # Errors
/// When the database fails.
pub async fn expected(connection: &mut AnyConnection, country: Option<&str>) -> Result<Amount, InternalError> {
    Ok(match country {
        None => sql::expected(connection).await?,
        Some(country) => sql::expected_in(connection, country).await?,
    })
}

/// The same by country, where there are any; empty where numbers do not tell.
///
/// # Errors
/// When the database fails.
pub async fn expected_by_country(connection: &mut AnyConnection) -> Result<Vec<(String, Amount)>, InternalError> {
    Ok(sql::expected_by_country(connection).await?)
}

/// Writes down what an attempt took and cost. A code that is watched after it was taken is expected to cost no more.
///
/// # Errors
/// When the database fails.
pub async fn price(tx: &mut Tx, leased: &Leased, segments: i64, cost: Option<Amount>) -> Result<(), InternalError> {
    sql::price(tx, leased.id, leased.attempt, segments, cost).await?;
    Ok(sql::settle(tx, leased.id).await?)
}

/// Codes and costs of one gateway in one country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worth {
    /// The gateway's name.
    pub gateway: String,
    /// Whether it called.
    pub by_call: bool,
    /// The country's alpha-2 code; empty where the numbers do not tell.
    pub country: String,
    /// Codes that the gateway took.
    pub codes: i64,
    /// Of them, entered.
    pub entered: i64,
    /// What its attempts cost, as far as prices are set; None where none is.
    pub cost: Option<Amount>,
}

/// Codes and costs of the attempts that began since an instant, by gateway and country.
///
/// # Errors
/// When the database fails.
pub async fn since(portal: &Portal, since: Timestamp) -> Result<Vec<Worth>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::since(&mut connection, since).await?)
}
