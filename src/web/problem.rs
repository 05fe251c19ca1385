//! What a visitor gets when a request cannot be answered: one plain page, a status, a reference number.
//!
//! A handler answers `Err(Problem)`; [`show`] turns it, and every bare error of the framework, into the page. It
//! needs no database. What went wrong inside is logged here, once, under the page's reference.

use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpResponse, ResponseError};
use askama::Template;

use crate::clock::Timestamp;
use crate::error::{Failure, InternalError, Kind};
use crate::portal::Portal;
use crate::web::layout::Layout;
use crate::web::visit::Visit;

/// What a handler answers.
pub type PageResult = Result<HttpResponse, Problem>;

/// Why a request is not answered.
#[derive(Debug)]
pub enum Problem {
    /// No such page, or nothing of yours: both look the same.
    NotFound,
    /// Signed in, but as somebody who does not open this page.
    NotYours,
    /// A form without our token, or from another site.
    Foreign,
    /// A form that no page of ours has.
    BadForm,
    /// More than a form holds.
    TooLarge,
    /// A body that did not arrive in time.
    TooSlow,
    /// Too many requests; the next goes through at this instant.
    TooMany(Timestamp),
    /// Go there first: the guard's answer, not a page.
    Elsewhere(String),
    /// Something inside went wrong.
    Internal(InternalError),
}

impl From<InternalError> for Problem {
    fn from(error: InternalError) -> Self {
        Self::Internal(error)
    }
}

impl From<Failure<std::convert::Infallible>> for Problem {
    fn from(failure: Failure<std::convert::Infallible>) -> Self {
        match failure {
            Failure::Refused(never) => match never {},
            Failure::Internal(error) => Self::Internal(error),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internal(error) => error.fmt(f),
            other => write!(f, "{other:?}"),
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotYours | Self::Foreign => StatusCode::FORBIDDEN,
            Self::BadForm => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Elsewhere(_) => StatusCode::SEE_OTHER,
            Self::Internal(error) if error.kind() == Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        if let Self::Elsewhere(path) = self {
            response.insert_header(("Location", path.as_str()));
        }
        response.finish()
    }
}

/// Which sentences the page has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    NotFound,
    NotYours,
    Foreign,
    BadForm,
    TooMany,
    Busy,
    Fault,
}

#[derive(Template)]
#[template(path = "system/problem.html")]
struct ProblemPage {
    layout: Layout,
    said: Said,
    until: Option<Timestamp>,
    reference: String,
}

/// Gives every error its page, and logs what went wrong inside.
pub async fn show(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let portal = req.app_data::<Data<Portal>>().cloned();
    let head_only = *req.method() == Method::HEAD;
    let res = next.call(req).await?.map_into_boxed_body();
    let status = res.status();
    // A page of ours that says 422 has its own words; so has everything that is not a bare error.
    let has_body =
        !matches!(res.response().body().size(), actix_web::body::BodySize::None | actix_web::body::BodySize::Sized(0));
    let is_bare = !has_body || res.response().error().is_some();
    if !(status.is_client_error() || status.is_server_error()) || !is_bare || head_only {
        return Ok(res);
    }
    let Some(portal) = portal else { return Ok(res) };
    let visit = res.request().extensions().get::<Visit>().cloned();
    let Some(visit) = visit else { return Ok(res) };
    let reference =
        res.request().extensions().get::<super::log::RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let now = portal.clock.now();
    let problem = res.response().error().and_then(|error| error.as_error::<Problem>());
    let (said, until) = match problem {
        Some(Problem::NotYours) => (Said::NotYours, None),
        Some(Problem::Foreign) => (Said::Foreign, None),
        Some(Problem::TooMany(until)) => (Said::TooMany, Some(*until)),
        Some(Problem::Internal(error)) => {
            if error.kind() == Kind::Busy {
                tracing::warn!(reference, %error, "too busy to answer");
                (Said::Busy, None)
            } else {
                tracing::error!(reference, %error, "a request failed");
                (Said::Fault, None)
            }
        }
        _ if status.is_server_error() => {
            tracing::error!(reference, status = status.as_u16(), "a request failed");
            (Said::Fault, None)
        }
        _ if matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) => (Said::NotFound, None),
        _ => (Said::BadForm, None),
    };
    let mut response = HttpResponse::build(status);
    // Headers that belong to the status: which methods there are, cookies that were set on the way.
    for (name, value) in res.headers() {
        response.append_header((name.clone(), value.clone()));
    }
    let wait = match said {
        Said::TooMany => until.map(|until| until.duration_since(now).as_secs().max(1)),
        Said::Busy => Some(5),
        _ => None,
    };
    if let Some(wait) = wait {
        response.insert_header((RETRY_AFTER, wait.to_string()));
    }
    let page = ProblemPage { layout: Layout::bare(&portal, &visit), said, until, reference };
    let body = page.render().unwrap_or_else(|_| status.to_string());
    let response =
        response.insert_header((CACHE_CONTROL, "no-store")).content_type("text/html; charset=utf-8").body(body);
    let (request, _) = res.into_parts();
    Ok(ServiceResponse::new(request, response))
}
