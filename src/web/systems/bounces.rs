//! `/webhooks/mail/bounce`: mail that came back, from machines that cannot pipe it to `salus mail bounce`.
//!
//! | answer | when                                                                      |
//! |--------|---------------------------------------------------------------------------|
//! | 204    | it was signed; what it told is kept if it was new and of a mail of ours   |
//! | 403    | it was not signed, or more than 300 s ago                                 |
//! | 404    | `SALUS_MAIL_BOUNCE_SECRET` is not set                                     |
//! | 413    | more than 64 KiB                                                          |
//! | 503    | the database is busy: post it again                                       |
//!
//! The body is the notification as it came (message/rfc822). `X-Signature` is the hex of HMAC-SHA-256 over `X-Timestamp`
//! (Unix seconds), a dot, and the body.

use actix_web::dev::Payload as Stream;
use actix_web::web::{Data, Payload, ServiceConfig, post};
use actix_web::{HttpRequest, HttpResponse};

use crate::messaging::bounces;
use crate::portal::Portal;
use crate::web::csrf::read_body;
use crate::web::problem::PageResult;
use crate::web::systems::webhooks::answered;

/// `POST /webhooks/mail/bounce`.
async fn bounce(portal: Data<Portal>, req: HttpRequest, payload: Payload) -> PageResult {
    if portal.config.hooks.bounce_secret.is_none() {
        return Ok(HttpResponse::NotFound().finish());
    }
    let mut stream: Stream = payload.into_inner();
    let mail = read_body(&mut stream).await?;
    let header = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok());
    let heard = bounces::take_posted(&portal, header("x-timestamp"), header("x-signature"), &mail).await;
    answered("bounce", heard.map_err(Into::into))
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/webhooks/mail/bounce", post().to(bounce));
}
