//! Pages of the two whom something concerns: the patient and the doctor.

pub mod report;
pub mod visits;

use actix_web::web::ServiceConfig;

/// All routes of the folder.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(visits::routes);
}
