//! What gateways call: receipts of messages, and what people answer to them.
//!
//! | answer | when                                                            |
//! |--------|-----------------------------------------------------------------|
//! | 204    | it was signed, and is kept if it told anything new              |
//! | 403    | it was not signed by the gateway that the address names         |
//! | 404    | no such gateway, or we gave nobody this token                   |
//! | 413    | more than 64 KiB                                                |
//! | 503    | the database is busy: call again                                |
//!
//! What is asked during a call stands in `voice`. Calls are by POST; by GET too where the generic gateway tells all in
//! the address. No answer here has a body, and none sets a cookie: these stand outside the session and the guards of
//! forms. A refusal costs one indexed read and one digest, and writes nothing.

use actix_web::dev::Payload as Stream;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::{Data, Path, Payload, ServiceConfig, get, post, scope, to};
use actix_web::{HttpRequest, HttpResponse};

use crate::crypto::random::Secret;
use crate::identity::help_texts;
use crate::messaging::receipts::{self, Call, Caller, Heard};
use crate::portal::Portal;
use crate::web::csrf::read_body;
use crate::web::problem::{PageResult, Problem};

/// Where these addresses begin.
const ROOM: &str = "/webhooks/";

/// Whether an address is one that gateways call.
pub fn is_called(path: &str) -> bool {
    path.starts_with(ROOM)
}

async fn nothing() -> HttpResponse {
    HttpResponse::NotFound().finish()
}

/// A call that came, whole.
pub(super) struct Came {
    /// Whose it claims to be.
    pub(super) caller: Caller,
    url: String,
    body: Vec<u8>,
    headers: HeaderMap,
}

impl Came {
    /// Reads a call of the gateway that its address names.
    ///
    /// # Errors
    /// When there is no such gateway, or the body is too large, too slow, or breaks off.
    pub(super) async fn read(
        portal: &Portal,
        req: &HttpRequest,
        gateway: &str,
        payload: Payload,
    ) -> Result<Self, Problem> {
        let caller = Caller::from_word(gateway).ok_or(Problem::NotFound)?;
        let mut stream: Stream = payload.into_inner();
        let body = read_body(&mut stream).await?;
        let asked = req.uri().path_and_query().map_or("/", |address| address.as_str());
        // Never from the Host header: what is signed is the address that we gave.
        let url = format!("{}{asked}", portal.config.public_origin());
        Ok(Self { caller, url, body, headers: req.headers().clone() })
    }

    /// One of its headers.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        Some(self.headers.get(name)?.to_str().ok()?.to_owned())
    }

    /// It, for the rule that reads it.
    pub(super) fn call<'a>(&'a self, header: &'a dyn Fn(&str) -> Option<String>) -> Call<'a> {
        let kind = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        Call {
            url: self.url.clone(),
            body: &self.body,
            is_form: kind.split(';').next().is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded"),
            header,
        }
    }
}

/// What a call tells.
enum Told<'a> {
    /// What became of the attempt of this token.
    Of(&'a str),
    /// What became of the attempt that it names.
    Named,
    /// What somebody wrote to us.
    Written,
}

/// Hears what a gateway tells.
async fn heard(
    portal: &Portal,
    req: &HttpRequest,
    gateway: &str,
    told: Told<'_>,
    payload: Payload,
) -> Result<Heard, Problem> {
    let came = Came::read(portal, req, gateway, payload).await?;
    if req.method() == Method::GET && !receipts::may_get(portal, came.caller) {
        return Err(Problem::NotFound);
    }
    let header = |name: &str| came.header(name);
    let call = came.call(&header);
    Ok(match told {
        Told::Of(token) => receipts::take(portal, came.caller, &Secret::new(token), &call).await?,
        Told::Named => receipts::take_named(portal, came.caller, &call).await?,
        Told::Written => help_texts::take_answer(portal, came.caller, &call).await?,
    })
}

pub(super) fn answered(route: &'static str, heard: Result<Heard, Problem>) -> PageResult {
    match heard {
        Ok(Heard::Taken) => Ok(HttpResponse::NoContent().finish()),
        Ok(Heard::Unknown) => Ok(HttpResponse::NotFound().finish()),
        Ok(Heard::Forged) => {
            tracing::warn!(route, "a call from outside was not signed as it should be");
            Ok(HttpResponse::Forbidden().finish())
        }
        Err(problem) => {
            if let Problem::Internal(error) = &problem {
                tracing::error!(route, %error, "a call from outside could not be taken");
            }
            Err(problem)
        }
    }
}

/// `POST /webhooks/{gateway}/status/{token}`: what became of one attempt.
async fn status(portal: Data<Portal>, req: HttpRequest, path: Path<(String, String)>, payload: Payload) -> PageResult {
    let (gateway, token) = path.into_inner();
    answered("status", heard(&portal, &req, &gateway, Told::Of(&token), payload).await)
}

/// `POST /webhooks/{gateway}/status`: what became of the attempt that the call names.
async fn named(portal: Data<Portal>, req: HttpRequest, gateway: Path<String>, payload: Payload) -> PageResult {
    answered("status", heard(&portal, &req, &gateway, Told::Named, payload).await)
}

/// `POST /webhooks/{gateway}/inbound`: what somebody wrote to us.
async fn inbound(portal: Data<Portal>, req: HttpRequest, gateway: Path<String>, payload: Payload) -> PageResult {
    answered("inbound", heard(&portal, &req, &gateway, Told::Written, payload).await)
}

/// Their routes; everything else of the room is nothing, without a page.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/webhooks/{gateway}/status/{token}", post().to(status))
        .route("/webhooks/{gateway}/status/{token}", get().to(status))
        .route("/webhooks/{gateway}/status", post().to(named))
        .route("/webhooks/{gateway}/status", get().to(named))
        .route("/webhooks/{gateway}/inbound", post().to(inbound))
        .route("/webhooks/{gateway}/inbound", get().to(inbound))
        .service(scope("/webhooks").default_service(to(nothing)));
}
