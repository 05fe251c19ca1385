//! Whether the process lives, and whether it can serve.

use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig, get};

use crate::portal::Portal;

/// `GET /health/live`: the process answers.
async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("live\n")
}

/// `GET /health/ready`: 200 when the database answers within its wait, else 503.
async fn ready(portal: Data<Portal>) -> HttpResponse {
    match portal.db.answers().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            HttpResponse::ServiceUnavailable()
                .insert_header(("Retry-After", "5"))
                .content_type("text/plain")
                .body("the database does not answer\n")
        }
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/health/live", get().to(live)).route("/health/ready", get().to(ready));
}
