//! What every answer carries, so that a browser keeps to it: no foreign code, no frames, no sniffing, no caches.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpResponse, http::StatusCode};

use crate::config::Config;

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 32 * 1024;

/// Names and values, made once at the start.
pub struct Headers(Vec<(HeaderName, HeaderValue)>);

impl Headers {
    /// The headers of the settings. A press on "join" leads to the video server, so forms may end there.
    pub fn of_settings(config: &Config) -> Self {
        let video = config.jitsi.as_ref().map(|jitsi| jitsi.url.origin().ascii_serialization());
        let forms = video.map_or_else(String::new, |origin| format!(" {origin}"));
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'{forms}; frame-ancestors 'none'"
        );
        let mut named = vec![
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff".to_owned()),
            ("referrer-policy", "no-referrer".to_owned()),
            (
                "permissions-policy",
                "camera=(), microphone=(), geolocation=(), payment=(), usb=(), otp-credentials=(self)".to_owned(),
            ),
            ("cross-origin-opener-policy", "same-origin".to_owned()),
            ("cross-origin-resource-policy", "same-origin".to_owned()),
            ("x-frame-options", "DENY".to_owned()),
        ];
        if config.is_secure() {
            named.push(("strict-transport-security", "max-age=31536000; includeSubDomains".to_owned()));
        }
        Self(
            named
                .into_iter()
                .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?)))
                .collect(),
        )
    }
}

fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

/// Adds them; what is not said to be cacheable is not cached.
pub async fn add(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let headers = req.app_data::<Data<Headers>>().cloned();
    let mut res = if size(req.headers()) > LARGEST_HEAD {
        req.into_response(HttpResponse::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)).map_into_right_body()
    } else {
        next.call(req).await?.map_into_left_body()
    };
    let into = res.headers_mut();
    for (name, value) in headers.iter().flat_map(|headers| headers.0.iter()) {
        into.insert(name.clone(), value.clone());
    }
    if !into.contains_key(CACHE_CONTROL) {
        into.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(res)
}
