//! A form that came after its session's end: kept for the same person, and shown again filled in.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use serde::de::DeserializeOwned;

use crate::auth::sessions::SignedIn;
use crate::portal::Portal;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

pub async fn keep(_: &Portal, _: &HttpRequest, _: &Visit, _: &mut Payload) -> Result<(), Problem> {
    Ok(())
}

pub async fn take<F: DeserializeOwned>(_: &Portal, _: &SignedIn, _: &str) -> Result<Option<F>, Problem> {
    Ok(None)
}
