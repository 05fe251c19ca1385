//! A form that came after its session's end: kept for the same person, and shown again filled in.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use serde::de::DeserializeOwned;

use crate::auth::browser::Browser;
use crate::auth::kept_forms::{self, Wanted};
use crate::auth::sessions::{self, SignedIn};
use crate::error::Failure;
use crate::portal::Portal;
use crate::web::csrf;
use crate::web::problem::Problem;
use crate::web::session;
use crate::web::visit::Visit;

/// What is never kept.
const SECRET: [&str; 4] = ["password", "new_password", "code", "csrf"];

fn path(address: &str) -> &str {
    address.split('?').next().unwrap_or(address)
}

/// Keeps what was posted, if the session ran out a short while ago and the form is one of our pages.
///
/// # Errors
/// When the form carries no token of ours, or the database fails.
pub async fn keep(portal: &Portal, req: &HttpRequest, visit: &Visit, payload: &mut Payload) -> Result<(), Problem> {
    let Some(token) = session::token_of(req, portal) else { return Ok(()) };
    let Some(account) = sessions::lately(portal, &token).await? else { return Ok(()) };
    let pairs = csrf::pairs(req, payload).await?;
    let fields = pairs.iter().filter(|(name, _)| !SECRET.contains(&name.as_str()));
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    if body.is_empty() {
        return Ok(());
    }
    match kept_forms::keep(portal, account, &visit.browser, path(&visit.address), &body).await {
        Ok(_) | Err(Failure::Refused(_)) => Ok(()),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Takes out the form that was posted to this address: once, by the same person in the same browser.
///
/// # Errors
/// When the database fails.
pub async fn take<F: DeserializeOwned>(
    portal: &Portal,
    who: &SignedIn,
    browser: &Browser,
    address: &str,
) -> Result<Option<F>, Problem> {
    let Some(kept) = kept_forms::take(portal, who, browser, Wanted::Path(path(address))).await? else {
        return Ok(None);
    };
    // A form of an older version of the page is not forced on the newer one.
    Ok(serde_urlencoded::from_str(&kept.body).ok())
}
