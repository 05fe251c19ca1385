//! Making dispatches of the reminders that are due.

use super::{LATEST, Reach, due, sql};
use crate::care::appointments::Status;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts;
use crate::messaging::dispatches::{self, Contact, Kind};
use crate::messaging::texts::{Notice, Values};
use crate::messaging::{mail_refusals, opt_outs};
use crate::portal::Portal;
use crate::types::remind_by::RemindBy;
use crate::words::Words;

/// How many are looked at in one read.
const BATCH: i64 = 100;

/// Ends every reminder that is due, each in one transaction with the dispatch it becomes; of several processes one gets
/// each. What is no use any more becomes none. Answers how many became one.
///
/// # Errors
/// When the database fails. One that cannot be read is logged and stays until it is late.
pub async fn turn(portal: &Portal) -> Result<usize, InternalError> {
    let mut sent = 0;
    loop {
        let now = portal.clock.now();
        let rows = {
            let mut connection = portal.db.read().await?;
            sql::due(&mut connection, now, BATCH).await?
        };
        let (mut broken, full) = (false, rows.len() as i64 == BATCH);
        for row in rows {
            match end(portal, &row, now).await {
                Ok(became) => sent += usize::from(became),
                Err(error) => {
                    tracing::error!(%error, "a reminder failed");
                    broken = true;
                }
            }
        }
        // A broken one would be read again and again.
        if broken || !full {
            return Ok(sent);
        }
    }
}

/// What is to become of a reminder.
enum Fate {
    Send(Kind),
    Declined,
    Void,
    Late,
}

impl Fate {
    fn of(row: &sql::DueRow, now: Timestamp) -> Self {
        if now >= row.due_at + LATEST || now >= row.starts_at {
            return Self::Late;
        }
        let Some(person) = &row.person else { return Self::Void };
        if row.status != Status::Booked || row.booked_for != row.starts_at {
            return Self::Void;
        }
        match person.remind_by {
            RemindBy::Mail => Self::Send(Kind::Email),
            RemindBy::Text => Self::Send(Kind::Sms),
            RemindBy::Nothing => Self::Declined,
        }
    }

    fn as_str(&self) -> &'static str {
        match self {
            Self::Send(_) => "sent",
            Self::Declined => "declined",
            Self::Void => "void",
            Self::Late => "late",
        }
    }
}

async fn end(portal: &Portal, row: &sql::DueRow, now: Timestamp) -> Result<bool, InternalError> {
    let fate = Fate::of(row, now);
    let message = match (&fate, &row.person) {
        (Fate::Send(kind), Some(person)) => Some((*kind, person, opened(portal, person)?)),
        _ => None,
    };
    let mut tx = portal.db.begin().await?;
    if !sql::claim(&mut tx, row, now, fate.as_str()).await? {
        return Ok(false);
    }
    if let Some((kind, person, contact)) = &message {
        let kind = way(portal, &mut tx, person.remind_by, *kind, contact).await?;
        let zone = &person.contact.zone;
        let time = Words::new(contact.locale).day_time(row.starts_at, zone);
        let values = Values::from([("time".to_owned(), time)]);
        let until = due::useless_at(row.starts_at, now, zone);
        let dispatch =
            dispatches::queue_until(portal, &mut tx, contact, kind, Notice::Reminder, &values, until).await?;
        sql::name_dispatch(&mut tx, row, dispatch).await?;
    }
    tx.commit().await?;
    Ok(message.is_some())
}

/// How the reminder travels.
async fn way(
    portal: &Portal,
    tx: &mut Tx,
    wanted: RemindBy,
    chosen: Kind,
    contact: &Contact,
) -> Result<Kind, InternalError> {
    let (Some(account), Some(phone)) = (contact.account, &contact.phone) else { return Ok(chosen) };
    let mail_returns = mail_refusals::of_in(portal, tx, account).await?.is_some();
    let has_stopped = opt_outs::has_stopped(portal, tx, phone).await?;
    Ok(match Reach::of(wanted, mail_returns, has_stopped) {
        Reach::ByText => Kind::Sms,
        Reach::ByMail => Kind::Email,
        Reach::AsChosen | Reach::Nowhere => chosen,
    })
}

fn opened(portal: &Portal, person: &sql::Person) -> Result<Contact, InternalError> {
    accounts::open_contact(&person.contact, person.key.id, &portal.data_key(&person.key)?)
}
