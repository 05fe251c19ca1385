//! By which way a reminder reaches somebody now: the one they chose, or the other while that one does not.
//!
//! | chosen | mail comes back | STOP | it goes                                             |
//! |--------|-----------------|------|-----------------------------------------------------|
//! | mail   | no              |      | by mail                                             |
//! | mail   | yes             | no   | by text                                             |
//! | text   |                 | no   | by text                                             |
//! | text   | no              | yes  | by mail                                             |
//! | either | yes             | yes  | as chosen, and reaches nobody until one is repaired |

use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::messaging::{mail_refusals, opt_outs};
use crate::portal::Portal;
use crate::types::remind_by::RemindBy;

/// How somebody is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The way they chose.
    AsChosen,
    /// By text meanwhile: their mail comes back.
    ByText,
    /// By mail meanwhile: they answered STOP.
    ByMail,
    /// By neither.
    Nowhere,
}

impl Reach {
    /// The rule.
    pub(super) fn of(chosen: RemindBy, mail_returns: bool, has_stopped: bool) -> Self {
        match (chosen, mail_returns, has_stopped) {
            (RemindBy::Nothing, ..) | (RemindBy::Mail, false, _) | (RemindBy::Text, _, false) => Self::AsChosen,
            (RemindBy::Mail, true, false) => Self::ByText,
            (RemindBy::Text, false, true) => Self::ByMail,
            (_, true, true) => Self::Nowhere,
        }
    }
}

/// How a patient is reached by reminders now.
///
/// # Errors
/// When the database fails.
pub async fn reach(portal: &Portal, account: &Account) -> Result<Reach, InternalError> {
    let mail_returns = mail_refusals::of(portal, account.id).await?.is_some();
    let has_stopped = opt_outs::stopped_by(portal, &account.phone).await?.is_some();
    Ok(Reach::of(account.remind_by, mail_returns, has_stopped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_way_is_taken_only_while_the_chosen_one_reaches_nobody() {
        for (chosen, mail_returns, has_stopped, reach) in [
            (RemindBy::Mail, false, true, Reach::AsChosen),
            (RemindBy::Mail, true, false, Reach::ByText),
            (RemindBy::Mail, true, true, Reach::Nowhere),
            (RemindBy::Text, true, false, Reach::AsChosen),
            (RemindBy::Text, false, true, Reach::ByMail),
            (RemindBy::Text, true, true, Reach::Nowhere),
            (RemindBy::Nothing, true, true, Reach::AsChosen),
        ] {
            assert_eq!(Reach::of(chosen, mail_returns, has_stopped), reach, "{chosen:?} {mail_returns} {has_stopped}");
        }
    }
}
