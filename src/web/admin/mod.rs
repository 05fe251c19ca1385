//! Pages of admins: lockouts, people, delivery, the audit trail. Nothing clinical is on them.

pub mod audit;
mod checks;
pub mod delivery;
mod delivery_gateways;
pub mod delivery_person;
mod delivery_rows;
pub mod delivery_worth;
pub mod invitations;
pub mod lockouts;
pub mod overview;
pub mod people;
pub mod policy;
pub mod policy_change;
mod policy_form;
pub mod policy_sms;
pub mod unfreeze;

use actix_web::web::ServiceConfig;

use crate::audit::{self as trail, Deed, Event};
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::web::guard::{Admin, Ctx};
use crate::words::Words;

/// A reason of more characters is refused: the trail keeps sentences, not stories.
const LONGEST_REASON: usize = 200;

/// All routes of the folder.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(overview::routes)
        .configure(lockouts::routes)
        .configure(invitations::routes)
        .configure(people::routes)
        .configure(unfreeze::routes)
        .configure(delivery::routes)
        .configure(delivery_person::routes)
        .configure(delivery_worth::routes)
        .configure(audit::routes)
        .configure(policy::routes)
        .configure(policy_sms::routes)
        .configure(policy_change::routes);
}

/// Writes down that the admin read a page, before it is answered. A page about one person names them, and counts as
/// an opening of their record when they are a patient; a list names nobody.
async fn read(ctx: &Ctx<Admin>, deed: Deed, about: Option<&Account>) -> Result<(), InternalError> {
    let mut event = Event::new(ctx.who.signed_in.actor(), deed).from(ctx.network());
    if let Some(account) = about {
        event = event.on(account.id);
        if let Some(patient) = account.patient {
            event = event.of(patient);
        }
    }
    trail::record_read(&ctx.portal, vec![event]).await
}

/// What is wrong with a typed reason; None when it can be kept.
pub(super) fn reason_wrong(words: &Words, typed: &str) -> Option<String> {
    if typed.trim().is_empty() {
        return Some(words.t("reason-empty"));
    }
    let long = typed.trim().chars().count() > LONGEST_REASON;
    long.then(|| words.with("reason-long").arg("most", LONGEST_REASON).to_string())
}
