//! Why a request is not answered. A handler says `Err(Problem)`; `problem_page` makes the page of it.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::clock::Timestamp;
use crate::error::{InternalError, Kind};

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
