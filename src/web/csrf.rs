//! Forms that carry our token, and nothing else.
//!
//! The token is keyed over the browser's cookie, so that another site cannot make one, and masked by fresh bytes on
//! every page, so that a compressed page does not leak it (BREACH). `Sec-Fetch-Site` and `Origin` are looked at
//! before any form is read.

use std::collections::HashSet;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use data_encoding::BASE64URL_NOPAD;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::crypto::clinic_keys::Key;
use crate::crypto::random::{self, Secret};
use crate::portal::Portal;
use crate::web::problem::Problem;
use crate::web::systems::webhooks::is_called;
use crate::web::visit::Visit;

/// The largest form, in bytes.
pub const LARGEST_FORM: usize = 64 * 1024;
/// A form's whole body arrives within this.
const BODY_WAIT: Duration = Duration::from_secs(15);
/// The fresh bytes in front of a token.
const SALT: usize = 16;

fn keyed(key: &Key, browser: &Secret, salt: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes a key of any length");
    mac.update(salt);
    mac.update(browser.expose().as_bytes());
    mac.finalize().into_bytes().into()
}

/// A token for the forms of one page.
pub fn token(key: &Key, browser: &Secret) -> String {
    let salt = random::bytes::<SALT>();
    BASE64URL_NOPAD.encode(&[salt.as_slice(), &keyed(key, browser, &salt)].concat())
}

/// Whether a token was made for this browser.
pub fn is_ours(key: &Key, browser: &Secret, token: &str) -> bool {
    let Ok(bytes) = BASE64URL_NOPAD.decode(token.as_bytes()) else { return false };
    let Some((salt, mac)) = bytes.split_at_checked(SALT) else { return false };
    keyed(key, browser, salt).as_slice().ct_eq(mac).into()
}

/// Whether a changing request comes from a page of ours, as far as the browser tells. `Origin: null` is what older
/// browsers send for our own forms under `Referrer-Policy: no-referrer`, so there the token alone decides.
fn comes_from_us(headers: &HeaderMap, origin: &str) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (header("sec-fetch-site"), header(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some("null") | None) => true,
        (None, Some(said)) => said == origin,
    }
}

/// Turns away what another site posts, before its body is read. Gateways are no site: their calls are signed.
pub async fn same_site_only(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let changes = !matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_called(req.path()) {
        let origin = req.app_data::<Data<Portal>>().map(|portal| portal.config.public_origin()).unwrap_or_default();
        if !comes_from_us(req.headers(), &origin) {
            return Ok(req.error_response(Problem::Foreign).map_into_right_body());
        }
    }
    Ok(next.call(req).await?.map_into_left_body())
}

/// A whole body, of at most as much as a form holds.
///
/// # Errors
/// [`Problem`] when it is too large, too slow, or breaks off.
pub async fn read_body(payload: &mut Payload) -> Result<Vec<u8>, Problem> {
    let read = async {
        let mut body = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Problem::BadForm)?;
            if body.len() + chunk.len() > LARGEST_FORM {
                return Err(Problem::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    tokio::time::timeout(BODY_WAIT, read).await.map_err(|_| Problem::TooSlow)?
}

/// The pairs of a posted form, without the token, after the token was checked.
///
/// # Errors
/// [`Problem`] when it is no form, too large, too slow, names a field twice, or lacks our token.
pub async fn pairs(req: &HttpRequest, payload: &mut Payload) -> Result<Vec<(String, String)>, Problem> {
    let is_form =
        req.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|kind| {
            kind.split(';').next().is_some_and(|k| k.trim() == "application/x-www-form-urlencoded")
        });
    if !is_form {
        return Err(Problem::BadForm);
    }
    let body = read_body(payload).await?;
    let mut pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(&body).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
    let mut seen = HashSet::new();
    // PostgreSQL keeps no NUL in a text, and nobody types one.
    if !pairs.iter().all(|(name, value)| seen.insert(name.as_str()) && !value.contains('\0')) {
        return Err(Problem::BadForm);
    }
    let at = pairs.iter().position(|(name, _)| name == "csrf").ok_or(Problem::Foreign)?;
    let (_, token) = pairs.swap_remove(at);
    let portal = req.app_data::<Data<Portal>>().ok_or(Problem::Foreign)?;
    let ours =
        req.extensions().get::<Visit>().is_some_and(|visit| is_ours(&portal.keys.form, &visit.browser_token, &token));
    if ours { Ok(pairs) } else { Err(Problem::Foreign) }
}

/// Fields of a form from its pairs; an unknown field is refused.
///
/// # Errors
/// [`Problem::BadForm`].
pub fn fields<F: DeserializeOwned>(pairs: &[(String, String)]) -> Result<F, Problem> {
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    serde_urlencoded::from_str(&text).map_err(|_| Problem::BadForm)
}

/// Marks a request whose form is read by the guard, because it came after its session's end.
pub struct ReadByGuard;

/// A form that carries our token. Nothing else makes one.
pub struct Posted<F>(pub F);

impl<F: DeserializeOwned + 'static> FromRequest for Posted<F> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if req.extensions().get::<ReadByGuard>().is_some() {
            // What a handler takes is made side by side and the first refusal is the answer: here that is the guard's.
            return Box::pin(std::future::pending());
        }
        let (req, mut payload) = (req.clone(), payload.take());
        Box::pin(async move { Ok(Self(fields(&pairs(&req, &mut payload).await?)?)) })
    }
}

/// A form with nothing but its token: a button.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pressed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_its_browser_alone_and_looks_different_each_time() {
        let key = Key::new([7; 32]);
        let (mine, other) = (Secret::token(), Secret::token());
        let (first, second) = (token(&key, &mine), token(&key, &mine));
        assert_ne!(first, second);
        assert!(is_ours(&key, &mine, &first) && is_ours(&key, &mine, &second));
        assert!(!is_ours(&key, &other, &first));
        assert!(!is_ours(&Key::new([8; 32]), &mine, &first));
        for odd in ["", "x", "AAAA", &first[1..]] {
            assert!(!is_ours(&key, &mine, odd));
        }
    }
}
