//! Pages of this folder.

use actix_web::web::ServiceConfig;

/// All routes of the folder.
pub fn routes(_: &mut ServiceConfig) {}
