//! Where a visit takes place: the seam behind which video servers stand.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use crate::clock::{SignedDuration, Timestamp};
use crate::config::{Config, JitsiSettings};
use crate::crypto::random::Secret;
use crate::error::InternalError;
use crate::types::actor::Role;

/// How far the video server's clock may be behind ours.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(10);

/// Who comes in.
pub struct Guest<'a> {
    /// A doctor moderates.
    pub role: Role,
    /// What the other side reads.
    pub name: &'a str,
}

/// A kind of video server.
pub enum VideoProvider<'a> {
    /// Jitsi Meet with token authentication.
    Jitsi(&'a JitsiSettings),
}

impl<'a> VideoProvider<'a> {
    /// The one that is set up.
    pub fn of_settings(config: &'a Config) -> Option<Self> {
        config.jitsi.as_ref().map(Self::Jitsi)
    }

    /// The address that lets a guest into a room until an instant. It carries a token: for one redirect only.
    ///
    /// # Errors
    /// When the token cannot be signed or the server's address takes no path.
    pub fn link(
        &self,
        room: &str,
        guest: &Guest<'_>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Secret, InternalError> {
        match self {
            Self::Jitsi(settings) => jitsi_link(settings, room, guest, now, until),
        }
    }
}

/// A Jitsi token: all of `user` are strings, as its server demands.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    room: &'a str,
    nbf: i64,
    iat: i64,
    exp: i64,
    context: Context<'a>,
}

#[derive(Serialize)]
struct Context<'a> {
    user: User<'a>,
}

/// The role stands in for an id: it is unique in a room of two and says nothing of the account.
#[derive(Serialize)]
struct User<'a> {
    id: &'a str,
    name: &'a str,
    moderator: &'a str,
}

fn jitsi_link(
    settings: &JitsiSettings,
    room: &str,
    guest: &Guest<'_>,
    now: Timestamp,
    until: Timestamp,
) -> Result<Secret, InternalError> {
    let claims = Claims {
        iss: &settings.app_id,
        aud: &settings.audience,
        sub: &settings.subject,
        room,
        nbf: (now - CLOCK_TOLERANCE).as_second(),
        iat: now.as_second(),
        exp: until.as_second(),
        context: Context {
            user: User {
                id: guest.role.as_str(),
                name: guest.name,
                moderator: if guest.role == Role::Doctor { "true" } else { "false" },
            },
        },
    };
    let key = EncodingKey::from_secret(settings.secret.expose().as_bytes());
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .map_err(|error| InternalError::new("signing a video token", error))?;
    let mut url = settings.url.clone();
    url.path_segments_mut()
        .map_err(|()| InternalError::because("SALUS_JITSI_URL takes no path"))?
        .pop_if_empty()
        .push(room);
    url.query_pairs_mut().clear().append_pair("jwt", &token);
    url.set_fragment(Some("config.prejoinConfig.enabled=true"));
    Ok(Secret::new(url.to_string()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;
    use url::Url;

    use super::*;

    fn settings() -> JitsiSettings {
        JitsiSettings {
            url: "https://meet.clinic.example".parse().unwrap(),
            app_id: "salus".into(),
            secret: Secret::new("a secret of the video server"),
            audience: "jitsi".into(),
            subject: "meet.clinic.example".into(),
        }
    }

    /// The claims, after checking the signature without the crate that made it.
    fn claims(token: &str) -> serde_json::Value {
        let decode = |part: &str| data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"a secret of the video server").unwrap();
        mac.update(signed.as_bytes());
        mac.verify_slice(&decode(signature)).unwrap();
        let (header, payload) = signed.split_once('.').unwrap();
        let header: serde_json::Value = serde_json::from_slice(&decode(header)).unwrap();
        assert_eq!(header, serde_json::json!({"typ": "JWT", "alg": "HS256"}));
        serde_json::from_slice(&decode(payload)).unwrap()
    }

    #[test]
    fn a_link_names_the_room_and_carries_a_token_that_ends_with_the_window() {
        let (settings, now) = (settings(), "2026-11-24T15:00:00Z".parse::<Timestamp>().unwrap());
        let until = now + SignedDuration::from_mins(80);
        for (role, moderator) in [(Role::Doctor, "true"), (Role::Patient, "false")] {
            let guest = Guest { role, name: "María Ruiz" };
            let link = VideoProvider::Jitsi(&settings).link("0123456789abcdef", &guest, now, until).unwrap();
            let url: Url = link.expose().parse().unwrap();
            assert_eq!(url.origin().ascii_serialization(), "https://meet.clinic.example");
            assert_eq!(url.path(), "/0123456789abcdef");
            assert_eq!(url.fragment(), Some("config.prejoinConfig.enabled=true"));
            let query: HashMap<_, _> = url.query_pairs().collect();
            assert_eq!(query.len(), 1);
            assert_eq!(
                claims(&query["jwt"]),
                serde_json::json!({
                    "iss": "salus", "aud": "jitsi", "sub": "meet.clinic.example", "room": "0123456789abcdef",
                    "nbf": now.as_second() - 10, "iat": now.as_second(), "exp": now.as_second() + 80 * 60,
                    "context": {"user": {"id": role.as_str(), "name": "María Ruiz", "moderator": moderator}},
                })
            );
        }
    }
}
