//! The door: pages for anybody, and for somebody who is half-way in.

pub mod challenge;
mod challenge_progress;
pub mod help;
pub mod home;
pub mod invitation;
pub mod language;
pub mod login;
mod method;
pub mod not_me;
mod passkey;
pub mod password;
pub mod recovery;
pub mod register;
pub mod step_up;

use actix_web::web::ServiceConfig;

/// All routes of the folder.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(home::routes)
        .configure(register::routes)
        .configure(login::routes)
        .configure(passkey::routes)
        .configure(challenge::routes)
        .configure(challenge_progress::routes)
        .configure(method::routes)
        .configure(password::routes)
        .configure(recovery::routes)
        .configure(invitation::routes)
        .configure(not_me::routes)
        .configure(step_up::routes)
        .configure(language::routes)
        .configure(help::routes);
}
