//! Mailed links: the token moves from the address into a cookie at once, so that it stands in no history, no log and no
//! page that is copied. Opening a link does nothing else, since mail scanners open links too.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use serde::Deserialize;

use crate::config::Config;
use crate::crypto::random::Secret;
use crate::web::layout::see_other;
use crate::web::problem::{PageResult, Problem};
use crate::web::visit::{cookie, cookie_name};

/// What the address of a mailed link carries.
#[derive(Deserialize)]
pub struct Link {
    /// The token, until it has moved.
    pub token: Option<String>,
}

/// Whether it has the shape of a token that was made here: 256 bits in the letters of URLs.
pub fn fits(token: &str) -> bool {
    token.len() == 43 && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Moves a link's token into the cookie `name` and leads on to the page without it. Something else than a token takes
/// the cookie away, so that no earlier link is met instead.
///
/// # Errors
/// When the cookie cannot be made.
pub fn take_over(config: &Config, name: &str, token: &str, life: Duration, page: &str) -> PageResult {
    let mut response = see_other(page)?;
    let mut given = cookie(config, name, if fits(token) { token } else { "" });
    given.set_max_age(if fits(token) { life } else { Duration::ZERO });
    response.add_cookie(&given).map_err(|_| Problem::BadForm)?;
    Ok(response)
}

/// The token that was moved into the cookie `name`.
pub fn of(req: &HttpRequest, config: &Config, name: &str) -> Option<Secret> {
    req.cookie(&cookie_name(config, name)).map(|cookie| Secret::new(cookie.value()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shape_of_a_token_becomes_a_cookie() {
        assert!(fits(Secret::token().expose()));
        for other in ["", "short", &"a".repeat(44), &"é".repeat(22), &format!("{};", "a".repeat(42))] {
            assert!(!fits(other), "{other}");
        }
    }
}
