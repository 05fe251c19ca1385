//! One request, before anybody looks at it: which browser, from where, in which language, and the session behind it.
//!
//! The facts are gathered once, by a middleware, and kept beside the request; handlers get them through a guard.

use std::cell::RefCell;
use std::net::IpAddr;

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap, USER_AGENT};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::auth::browser::Browser;
use crate::auth::sessions::Session;
use crate::config::Config;
use crate::crypto::random::Secret;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::locale::Locale;
use crate::types::network::Network;
use crate::web::systems::webhooks::is_called;
use crate::web::{agent, link_token};

/// How long a browser is known by its cookies: the longest that browsers allow.
const COOKIE_LIFE: actix_web::cookie::time::Duration = actix_web::cookie::time::Duration::days(400);

/// What a request says of its browser.
#[derive(Clone)]
pub struct Visit {
    /// The browser, as rules know it.
    pub browser: Browser,
    /// The value behind [`Browser::digest`]: form tokens are made from it.
    pub browser_token: Secret,
    /// The language asked for: by cookie, then by header, then the clinic's.
    pub locale: Locale,
    /// Path and query, as they were asked for.
    pub address: String,
}

tokio::task_local! {
    /// The session that the store found for this request, or why it could not look.
    pub(super) static FOUND: RefCell<Result<Option<(Session, Secret)>, InternalError>>;
}

/// The name of a cookie: with `__Host-` over https.
pub fn cookie_name(config: &Config, name: &str) -> String {
    format!("{}{name}", config.cookie_prefix())
}

/// A cookie of ours: HttpOnly, Lax, for the whole host, Secure over https.
pub fn cookie(config: &Config, name: &str, value: &str) -> Cookie<'static> {
    Cookie::build(cookie_name(config, name), value.to_owned())
        .path("/")
        .http_only(true)
        .secure(config.is_secure())
        .same_site(SameSite::Lax)
        .max_age(COOKIE_LIFE)
        .finish()
}

/// The client's address: the socket's peer, or, when the peer is a configured proxy, the right-most hop of
/// `X-Forwarded-For` that is not one.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|known| known.to_canonical() == address.to_canonical());
    if !is_trusted(&peer) {
        return peer;
    }
    let hops: Vec<&str> =
        headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(',')).collect();
    for hop in hops.iter().rev() {
        // What cannot be read was not written by a proxy of ours: the last one that could vouch is the client.
        let Ok(address) = hop.trim().parse::<IpAddr>() else { return peer };
        if !is_trusted(&address) {
            return address;
        }
    }
    peer
}

fn gather(req: &ServiceRequest, config: &Config) -> (Visit, bool) {
    let value = |name: &str| req.cookie(&cookie_name(config, name)).map(|cookie| cookie.value().to_owned());
    // A value of another shape was not made here.
    let fits = |value: &String| link_token::fits(value);
    let known = value("browser").filter(fits).map(Secret::new);
    let is_new = known.is_none();
    let browser_token = known.unwrap_or_else(Secret::token);
    let peer = req.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
    let header = |name| req.headers().get(name).and_then(|value| value.to_str().ok());
    let locale = value("lang")
        .and_then(|code| code.parse().ok())
        .or_else(|| header(ACCEPT_LANGUAGE).and_then(Locale::negotiate))
        .unwrap_or(config.clinic.locale);
    let visit = Visit {
        browser: Browser {
            network: Network::of(client_address(peer, req.headers(), &config.trusted_proxies)),
            agent: agent::in_words(header(USER_AGENT).unwrap_or("")),
            digest: browser_token.digest(),
            device: value("device").filter(fits).map(Secret::new),
        },
        browser_token,
        locale,
        address: req.uri().path_and_query().map_or("/", |address| address.as_str()).to_owned(),
    };
    (visit, is_new)
}

/// Gathers the facts and gives a new browser its cookie.
pub async fn know(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let portal = req.app_data::<Data<Portal>>().cloned();
    let Some(portal) = portal else { return next.call(req).await };
    // Gateways are no browsers: no cookie, and no page for what is wrong.
    if is_called(req.path()) {
        return next.call(req).await;
    }
    let (visit, is_new) = gather(&req, &portal.config);
    let given = is_new.then(|| cookie(&portal.config, "browser", visit.browser_token.expose()));
    req.extensions_mut().insert(visit);
    let mut res = FOUND.scope(RefCell::new(Ok(None)), next.call(req)).await?;
    if let Some(given) = given {
        // A header that actix cannot write would be a fault of ours in the cookie's letters, which are checked above.
        let _ = res.response_mut().add_cookie(&given);
    }
    Ok(res)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn from(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(value).unwrap());
        }
        let trusted: Vec<IpAddr> = trusted.iter().map(|t| t.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_configured_proxy_says_who_the_client_is() {
        assert_eq!(from("203.0.113.9", &["1.2.3.4"], &[]), "203.0.113.9");
        assert_eq!(from("10.0.0.1", &["1.2.3.4"], &["10.0.0.1"]), "1.2.3.4");
        assert_eq!(
            from("10.0.0.1", &["6.6.6.6, 1.2.3.4"], &["10.0.0.1"]),
            "1.2.3.4",
            "the left is the client's own word"
        );
        assert_eq!(from("10.0.0.1", &["6.6.6.6", "1.2.3.4, 10.0.0.2"], &["10.0.0.1", "10.0.0.2"]), "1.2.3.4");
        assert_eq!(from("10.0.0.1", &["nonsense"], &["10.0.0.1"]), "10.0.0.1");
        assert_eq!(from("::ffff:10.0.0.1", &["1.2.3.4"], &["10.0.0.1"]), "1.2.3.4");
    }
}
