//! Pages of doctors and admins alike.

pub mod recoveries;
mod recovery_steps;

use actix_web::web::ServiceConfig;

/// All routes of the folder.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(recoveries::routes).configure(recovery_steps::routes);
}
