//! A doctor's pages.

pub mod appointments;
pub mod new_report;
pub mod patients;
mod report_form;
pub mod results;
pub mod schedule;
pub mod today;
mod week_form;

use actix_web::web::ServiceConfig;

/// All routes of the folder.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(today::routes)
        .configure(appointments::routes)
        .configure(schedule::routes)
        .configure(new_report::routes)
        .configure(patients::routes)
        .configure(results::routes);
}
