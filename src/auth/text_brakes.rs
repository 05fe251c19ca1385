//! What people do about the brakes on texts: admins are told when a prefix is paused or money runs out, and lift a pause.
//!
//! Every process takes a [`turn`] each 30 s. A conditional update decides which of them pauses and tells, so nobody is
//! told twice.

use crate::audit::{self, Deed, Event};
use crate::auth::step_up::FreshFactor;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account};
use crate::messaging::brakes::pauses::{self, Pause};
use crate::messaging::brakes::spending::{self, Alarm, News};
use crate::messaging::texts::{Notice, Values};
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::amount::Amount;
use crate::types::ids::PauseId;
use crate::types::network::Network;
use crate::words::Words;

/// Pauses the prefixes whose codes hardly anybody enters, and tells the admins of that and of ceilings; answers of how
/// many things.
///
/// # Errors
/// When the database fails.
pub async fn turn(portal: &Portal) -> Result<usize, InternalError> {
    let (judged, alarms) = (pauses::judge(portal).await?, spending::alarms(portal).await?);
    if judged.is_empty() && alarms.is_empty() {
        return Ok(0);
    }
    let admins = accounts::admins(portal).await?;
    let mut told = 0;
    for prefix in judged {
        let mut tx = portal.db.begin().await?;
        let Some(pause) = pauses::pause(portal, &mut tx, &prefix).await? else { continue };
        let event = Event::new(Actor::System, Deed::PrefixPaused).on(pause.id);
        let event = event.because(format!("{} {}: {} of {}", pause.country, pause.tag, pause.entered, pause.codes));
        audit::record(portal, &mut tx, event).await?;
        tell(portal, &mut tx, &admins, Notice::PrefixPaused, pause.ends_at, &paused(&pause)).await?;
        tx.commit().await?;
        told += 1;
    }
    for alarm in alarms {
        let mut tx = portal.db.begin().await?;
        if !spending::claim(portal, &mut tx, &alarm).await? {
            continue;
        }
        let notice = match alarm.news {
            News::Near => Notice::SpendNear,
            News::Reached => Notice::SpendReached,
        };
        tell(portal, &mut tx, &admins, notice, alarm.until, &spent(portal, &alarm)).await?;
        tx.commit().await?;
        told += 1;
    }
    Ok(told)
}

fn paused(pause: &Pause) -> Values {
    Values::from([
        ("country".into(), pause.country.clone()),
        ("tag".into(), pause.tag.clone()),
        ("codes".into(), pause.codes.to_string()),
        ("entered".into(), pause.entered.to_string()),
    ])
}

fn spent(portal: &Portal, alarm: &Alarm) -> Values {
    let money = |amount: Amount| format!("{amount} {}", portal.config.money.currency);
    let mut values = Values::from([("spent".into(), money(alarm.spent)), ("ceiling".into(), money(alarm.ceiling))]);
    values.extend(alarm.country.clone().map(|country| ("country".to_owned(), country)));
    values
}

/// Mails every admin, with the instant in their own words.
async fn tell(
    portal: &Portal,
    tx: &mut Tx,
    admins: &[Account],
    notice: Notice,
    until: Timestamp,
    values: &Values,
) -> Result<(), InternalError> {
    for admin in admins {
        let mut values = values.clone();
        values.insert("time".into(), Words::new(admin.locale).day_time(until, &admin.zone));
        accounts::tell(portal, tx, admin, notice, &values, false).await?;
    }
    Ok(())
}

/// Why a pause stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiftRefusal {
    /// It is over, was lifted, or never was.
    Over,
}

/// Lifts the pause of a prefix. What was counted before is forgotten, so that it is not paused again at once.
///
/// # Errors
/// Refused as [`LiftRefusal`] says.
pub async fn lift(
    portal: &Portal,
    fresh: &FreshFactor,
    id: PauseId,
    network: &Network,
) -> Result<(), Failure<LiftRefusal>> {
    let mut tx = portal.db.begin().await?;
    let account = accounts::find_in(portal, &mut tx, fresh.account())
        .await?
        .ok_or_else(|| InternalError::because("a proof without its account"))?;
    let Some(tag) = pauses::lift(portal, &mut tx, id).await? else {
        return Err(Failure::Refused(LiftRefusal::Over));
    };
    let event = Event::new(account.actor(), Deed::PrefixPauseLifted).on(id).because(tag).from(network);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}
