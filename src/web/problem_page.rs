//! The one plain page of every problem: a status, a sentence, a reference number.
//!
//! It turns what handlers answer, and every bare error of the framework, into the page, and needs no database. What went
//! wrong inside is logged here, once, under the page's reference.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpResponse};
use askama::Template;

use crate::clock::Timestamp;
use crate::error::Kind;
use crate::portal::Portal;
use crate::web::layout::Layout;
use crate::web::log::RequestId;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

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
    let has_body = !matches!(res.response().body().size(), BodySize::None | BodySize::Sized(0));
    let is_bare = !has_body || res.response().error().is_some();
    if !(status.is_client_error() || status.is_server_error()) || !is_bare || head_only {
        return Ok(res);
    }
    let Some(portal) = portal else { return Ok(res) };
    let visit = res.request().extensions().get::<Visit>().cloned();
    let Some(visit) = visit else { return Ok(res) };
    let reference = res.request().extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
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
