//! Statements on `weekly_hours` and `days_off`.

use jiff::civil::{Date, Weekday};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{Hours, Whose};
use crate::db::{self, parse};
use crate::types::ids::{AccountId, HoursId};
use crate::types::zone::Zone;

/// A doctor's stretch of hours, with the zone it is told in.
pub(super) struct HoursRow {
    pub doctor: AccountId,
    pub zone: Zone,
    pub hours: Hours,
}

fn hours(row: &AnyRow) -> db::Result<HoursRow> {
    let broken = |_| sqlx::Error::Decode("weekly hours hold a number out of bounds".into());
    let small = |column: &str| -> db::Result<u16> { row.try_get::<i64, _>(column)?.try_into().map_err(|_| broken(())) };
    Ok(HoursRow {
        doctor: parse("doctor_id", row.try_get("doctor_id")?)?,
        zone: parse("time_zone", row.try_get("time_zone")?)?,
        hours: Hours {
            weekday: Weekday::from_monday_one_offset(small("weekday")? as i8).map_err(|_| broken(()))?,
            from_minute: small("from_minute")?,
            until_minute: small("until_minute")?,
            slot_minutes: small("slot_minutes")?,
        },
    })
}

/// The hours of one doctor who is on, or of all of a specialty.
pub(super) async fn hours_of(connection: &mut AnyConnection, whose: &Whose) -> db::Result<Vec<HoursRow>> {
    let query = match whose {
        Whose::Doctor(id) => sqlx::query(
            "SELECT h.doctor_id, d.time_zone, h.weekday, h.from_minute, h.until_minute, h.slot_minutes
             FROM weekly_hours h
             JOIN doctors d ON d.account_id = h.doctor_id
             JOIN accounts a ON a.id = h.doctor_id AND a.turned_off_at IS NULL
             WHERE h.doctor_id = $1
             ORDER BY h.doctor_id, h.weekday, h.from_minute",
        )
        .bind(id.to_string()),
        Whose::Specialty(specialty) => sqlx::query(
            "SELECT h.doctor_id, d.time_zone, h.weekday, h.from_minute, h.until_minute, h.slot_minutes
             FROM weekly_hours h
             JOIN doctors d ON d.account_id = h.doctor_id
             JOIN accounts a ON a.id = h.doctor_id AND a.turned_off_at IS NULL
             WHERE d.specialty = $1
             ORDER BY h.doctor_id, h.weekday, h.from_minute",
        )
        .bind(specialty.clone()),
    };
    query.fetch_all(connection).await?.iter().map(hours).collect()
}

/// Days off from a day on.
pub(super) async fn days_off(
    connection: &mut AnyConnection,
    whose: &Whose,
    from: Date,
) -> db::Result<Vec<(AccountId, Date)>> {
    let query = match whose {
        Whose::Doctor(id) => {
            sqlx::query("SELECT doctor_id, off_on FROM days_off WHERE doctor_id = $1 AND off_on >= $2 ORDER BY off_on")
                .bind(id.to_string())
        }
        Whose::Specialty(specialty) => sqlx::query(
            "SELECT o.doctor_id, o.off_on
             FROM days_off o
             JOIN doctors d ON d.account_id = o.doctor_id
             WHERE d.specialty = $1 AND o.off_on >= $2
             ORDER BY o.off_on",
        )
        .bind(specialty.clone()),
    };
    query
        .bind(from.to_string())
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| Ok((parse("doctor_id", row.try_get("doctor_id")?)?, parse("off_on", row.try_get("off_on")?)?)))
        .collect()
}

/// Takes all of a doctor's hours away.
pub(super) async fn clear_hours(connection: &mut AnyConnection, doctor: AccountId) -> db::Result<()> {
    sqlx::query("DELETE FROM weekly_hours WHERE doctor_id = $1").bind(doctor.to_string()).execute(connection).await?;
    Ok(())
}

/// Adds a stretch of hours.
pub(super) async fn insert_hours(connection: &mut AnyConnection, doctor: AccountId, hours: &Hours) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO weekly_hours (id, doctor_id, weekday, from_minute, until_minute, slot_minutes)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(HoursId::new().to_string())
    .bind(doctor.to_string())
    .bind(i64::from(hours.weekday.to_monday_one_offset()))
    .bind(i64::from(hours.from_minute))
    .bind(i64::from(hours.until_minute))
    .bind(i64::from(hours.slot_minutes))
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes a day off; false when it is off already.
pub(super) async fn take_off(connection: &mut AnyConnection, doctor: AccountId, day: Date) -> db::Result<bool> {
    let taken = sqlx::query("INSERT INTO days_off (doctor_id, off_on) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(doctor.to_string())
        .bind(day.to_string())
        .execute(connection)
        .await?;
    Ok(taken.rows_affected() == 1)
}

/// Works on a day again; false when it was not off.
pub(super) async fn work_again(connection: &mut AnyConnection, doctor: AccountId, day: Date) -> db::Result<bool> {
    let gone = sqlx::query("DELETE FROM days_off WHERE doctor_id = $1 AND off_on = $2")
        .bind(doctor.to_string())
        .bind(day.to_string())
        .execute(connection)
        .await?;
    Ok(gone.rows_affected() == 1)
}
