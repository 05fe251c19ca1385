//! A patient's own pages.

pub mod appointments;
pub mod home;
pub mod labs;

use actix_web::web::ServiceConfig;

/// All routes of the folder.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(home::routes).configure(appointments::routes).configure(labs::routes);
}
