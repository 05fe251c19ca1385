//! Any signed-in person's own pages: profile, security, and who opened their record.

pub mod access_log;
pub mod app;
pub mod devices;
pub mod email;
pub(in crate::web) mod frozen;
pub(super) mod history;
pub mod lost_phone;
pub mod new_phone;
pub mod passkeys;
pub mod password;
pub mod phones;
pub mod profile;
pub mod recovery_codes;
pub mod security;
pub mod sessions;

use actix_web::web::ServiceConfig;

use crate::audit::Event;
use crate::clock::Timestamp;
use crate::types::actor::Role;
use crate::types::network::Network;
use crate::web::guard::{Ctx, Person};
use crate::web::layout::Layout;
use crate::words::Words;
use crate::{audit, audit::Deed, error::InternalError};

/// All routes of the folder.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(profile::routes).configure(security::routes).configure(access_log::routes);
    cfg.configure(sessions::routes).configure(devices::routes);
    cfg.configure(password::routes).configure(email::routes).configure(lost_phone::routes);
    cfg.configure(new_phone::routes).configure(phones::routes);
    cfg.configure(app::routes).configure(recovery_codes::routes).configure(passkeys::routes);
}

/// Writes down that somebody read a page about themselves, before it is answered.
async fn read_own(ctx: &Ctx<Person>, deed: Deed) -> Result<(), InternalError> {
    let me = &ctx.who.signed_in;
    let event = Event::new(me.actor(), deed).on(me.account).from(ctx.network());
    let event = match me.patient {
        Some(patient) => event.of(patient),
        None => event,
    };
    audit::record_read(&ctx.portal, vec![event]).await
}

/// What somebody is, in a word.
pub(super) fn role_word(words: &Words, role: Role) -> String {
    words.role(role)
}

/// Day and time of an instant for a table whose page names the zone once.
pub(super) fn when(layout: &Layout, at: Timestamp) -> String {
    let day = layout.words.short_day(at, &layout.zone);
    layout.words.with("when-short").arg("day", day).arg("time", layout.time(&at)).to_string()
}

/// A stored network, masked; a word when none was stored.
pub(super) fn place(words: &Words, network: Option<&str>) -> String {
    network.and_then(|text| text.parse().ok()).map_or_else(|| words.t("place-unknown"), |known: Network| known.masked())
}

/// A browser as it is stored, "Firefox on Windows", in the person's language.
fn browser(words: &Words, agent: &str) -> String {
    words.browser(agent)
}
