//! Housekeeping: what is over leaves the database, in small batches, so that nobody waits long behind it.
//!
//! | what                                 | when                                    |
//! |--------------------------------------|-----------------------------------------|
//! | tallies                              | their window is over                    |
//! | kept forms                           | 15 min after they were posted           |
//! | numbers that nobody proved           | a day after they were asked for         |
//! | password resets                      | a day after the link stopped working    |
//! | changes of address                   | the same                                |
//! | alerts                               | 30 days after their link's end          |
//! | challenges                           | a day after they could last be answered |
//! | sessions                             | 30 days after their longest span        |
//! | values of a known browser's cookie   | 90 days after the next took their place |
//! | known browsers                       | 30 days after they were forgotten       |
//! | data keys of abandoned registrations | an hour past the registration's end     |
//! | registrations, finished ones too     | the same, once no challenge names them  |
//! | reminders                            | 30 days after they ended                |
//! | money of texts                       | 400 days after                          |
//! | pauses of prefixes                   | a day after they ended                  |
//! | what passkeys were asked             | 10 min after                            |
//! | kinds of lines                       | a day after they were looked up         |
//! | counts of a code's sends             | a day after the code ended              |
//! | addresses and values of dispatches   | 30 days after they ended                |
//! | marks that mail comes back           | 3 days after a mail was taken           |
//! | judgements of sign-ins               | 90 days after                           |
//! | ways back in, and their numbers      | 30 days past their longest wait         |
//!
//! A background task calls [`sweep`] every hour. Several processes may do so at once: each batch is one transaction
//! whose statements choose and remove together, so the same row met twice is removed once.

use crate::auth::factors::passkeys;
use crate::auth::{
    alerts, challenges, email_change, kept_forms, password_reset, recovery, risk, sessions, trusted_devices,
};
use crate::care::reminders;
use crate::error::InternalError;
use crate::identity::{phones, registration};
use crate::limits;
use crate::messaging::brakes::{pauses, spending};
use crate::messaging::{dispatches, lookup, mail_refusals};
use crate::portal::Portal;

/// Rows that one transaction removes, at most.
const BATCH: i64 = 200;

/// How many rows a sweep removed or emptied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Tallies.
    pub tallies: u64,
    /// Kept forms.
    pub kept_forms: u64,
    /// Password resets.
    pub resets: u64,
    /// Challenges.
    pub challenges: u64,
    /// Sessions.
    pub sessions: u64,
    /// Data keys of abandoned registrations.
    pub keys: u64,
    /// Registrations.
    pub registrations: u64,
    /// Reminders.
    pub reminders: u64,
    /// Dispatches emptied of address and values.
    pub dispatches: u64,
    /// Marks that mail comes back.
    pub mail_refusals: u64,
}

/// Calls a step until it finds less than a batch, and answers the sum.
macro_rules! all_of {
    ($step:path, $portal:expr) => {{
        let mut sum = 0;
        loop {
            let swept = $step($portal, BATCH).await?;
            sum += swept;
            if swept < BATCH as u64 {
                break sum;
            }
        }
    }};
}

/// Removes everything that is over, and says how much that was.
///
/// # Errors
/// When the database fails; what was removed before stays removed.
pub async fn sweep(portal: &Portal) -> Result<Swept, InternalError> {
    let tallies = all_of!(limits::sweep, portal);
    let kept_forms = all_of!(kept_forms::sweep, portal);
    let resets = all_of!(password_reset::sweep, portal);
    all_of!(email_change::sweep, portal);
    all_of!(alerts::sweep, portal);
    // Sessions and dispatches name challenges, and challenges name registrations: so in this order.
    let sessions = all_of!(sessions::sweep, portal);
    all_of!(sessions::sweep_challenges, portal);
    all_of!(trusted_devices::sweep, portal);
    all_of!(dispatches::sweep_challenges, portal);
    all_of!(dispatches::sweep_code_sends, portal);
    let challenges = all_of!(challenges::sweep, portal);
    let keys = all_of!(registration::sweep_keys, portal);
    let registrations = all_of!(registration::sweep, portal);
    all_of!(phones::sweep, portal);
    let reminders = all_of!(reminders::sweep, portal);
    let dispatches = all_of!(dispatches::sweep, portal);
    all_of!(spending::sweep, portal);
    all_of!(pauses::sweep, portal);
    all_of!(lookup::sweep, portal);
    all_of!(passkeys::sweep, portal);
    all_of!(risk::sweep, portal);
    all_of!(recovery::sweep, portal);
    let mail_refusals = all_of!(mail_refusals::sweep, portal);
    Ok(Swept {
        tallies,
        kept_forms,
        resets,
        challenges,
        sessions,
        keys,
        registrations,
        reminders,
        dispatches,
        mail_refusals,
    })
}
