//! The session cookie: actix-session carries it, our own table stands behind it.
//!
//! The rules make, renew and end sessions in their own transactions (`auth::sessions`). This store only lets the
//! middleware find the row of a cookie's value, and put the value that a rule made into the next cookie.

use std::collections::HashMap;

use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session as Cookie, SessionMiddleware};
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{CookieJar, Key, SameSite};

use crate::auth::sessions;
use crate::crypto::random::Secret;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::web::visit::{FOUND, cookie_name};

/// Under which name the new value travels from a handler to [`Store::save`].
const TOKEN: &str = "token";

/// Finds sessions by the digest of their cookie's value.
pub struct Store(Portal);

/// The middleware over our table.
pub fn middleware(portal: &Portal) -> SessionMiddleware<Store> {
    SessionMiddleware::builder(Store(portal.clone()), Key::from(portal.keys.cookie.as_slice()))
        .cookie_name(cookie_name(&portal.config, "sid"))
        .cookie_secure(portal.config.is_secure())
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".into())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(BrowserSession::default())
        .build()
}

/// Puts the value of a session that a rule made into the cookie; the old value goes.
pub fn put(cookie: &Cookie, token: &Secret) -> Result<(), InternalError> {
    cookie.renew();
    cookie.insert(TOKEN, token.expose()).map_err(|error| InternalError::because(error.to_string()))
}

/// Takes the cookie away; the row was ended by the rule.
pub fn take_away(cookie: &Cookie) {
    cookie.purge();
}

/// The value in the request's cookie, whether its session still runs or not.
pub fn token_of(req: &HttpRequest, portal: &Portal) -> Option<Secret> {
    let cookie = req.cookie(&cookie_name(&portal.config, "sid"))?;
    let name = cookie.name().to_owned();
    let mut jar = CookieJar::new();
    jar.add_original(cookie);
    let key = Key::from(portal.keys.cookie.as_slice());
    jar.signed(&key).get(&name).map(|cookie| Secret::new(cookie.value()))
}

impl SessionStore for Store {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let token = Secret::new(key.as_ref());
        let found = sessions::find(&self.0, &token).await;
        // What went wrong is told by the guard, which can answer 503 with a page; this trait could only answer 500.
        let is_there = matches!(found, Ok(Some(_)));
        let _ = FOUND.try_with(|slot| *slot.borrow_mut() = found.map(|found| found.map(|session| (session, token))));
        Ok(is_there.then(HashMap::new))
    }

    async fn save(&self, state: HashMap<String, String>, _: &Duration) -> Result<SessionKey, SaveError> {
        let token = state.get(TOKEN).and_then(|json| serde_json::from_str::<String>(json).ok());
        token
            .and_then(|token| token.try_into().ok())
            .ok_or_else(|| SaveError::Other(anyhow::anyhow!("a session is made by a rule, not by its cookie")))
    }

    async fn update(
        &self,
        key: SessionKey,
        _: HashMap<String, String>,
        _: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    // Renewed or signed out: the rule that did it ended the row in its own transaction.
    async fn delete(&self, _: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(())
    }
}
