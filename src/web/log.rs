//! One line a request: which route, how it was answered, how long it took; never an address with its values.

use std::time::Instant;

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::web::systems::metrics::Metrics;

/// The request's reference: on its log lines, in its answer's header, and on a page that tells of a failure.
#[derive(Clone)]
pub struct RequestId(pub String);

/// Gives the request its reference and writes its line.
pub async fn requests(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let id = uuid::Uuid::now_v7().simple().to_string();
    req.extensions_mut().insert(RequestId(id.clone()));
    let metrics = req.app_data::<Data<Metrics>>().cloned();
    let begun = Instant::now();
    let mut res = next.call(req).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        res.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let took = begun.elapsed();
    let route = res.request().match_pattern().unwrap_or_else(|| "none".into());
    let (method, status) = (res.request().method().as_str(), res.status().as_u16());
    if let Some(metrics) = metrics {
        metrics.answered(method, &route, status, took);
    }
    let ms = took.as_secs_f64() * 1000.0;
    tracing::info!(request = id, method, route, status, ms, "answered");
    Ok(res)
}
