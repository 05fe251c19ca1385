//! Any gateway that takes one HTTP request for a message, as the operator's settings describe it.
//!
//! An answer is read in this order: a known error code; then the success rule; then the status. A success status whose
//! body says neither is ambiguous.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use super::SendOutcome;
use super::exchange::{self, Answer, UNREADABLE, exchange};
use crate::config::{BodyFormat, Field, HttpAuth, HttpGatewaySettings, HttpMethod, Piece, Placeholder};
use crate::crypto::random::Secret;
use crate::error::InternalError;
use crate::messaging::reason::Reason;
use crate::messaging::sms;
use crate::types::phone::PhoneNumber;

/// How long a reference is, in bytes.
const REFERENCE: usize = 16;

/// A client of the gateway.
pub struct Http {
    settings: HttpGatewaySettings,
    errors: Vec<(String, Reason)>,
    headers: HeaderMap,
    client: Client,
}

/// What the places of a message become.
struct Values<'a> {
    to: &'a PhoneNumber,
    text: &'a str,
    reference: &'a str,
    ttl: u64,
    unicode: bool,
    sender: &'a str,
    callback: &'a str,
}

impl Http {
    /// A client of the gateway that these settings describe.
    ///
    /// # Errors
    /// When no TLS client can be made, or a setting that was not checked cannot be used.
    pub fn new(settings: HttpGatewaySettings) -> Result<Self, InternalError> {
        let reason = |(code, word): &(String, String)| {
            let reason = Reason::from_word(word).ok_or_else(|| InternalError::because("an unknown reason"))?;
            Ok((code.clone(), reason))
        };
        let errors = settings.errors.iter().map(reason).collect::<Result<_, InternalError>>()?;
        let mut headers = HeaderMap::new();
        for (name, value) in &settings.headers {
            headers.insert(header_name(name)?, header_value(value)?);
        }
        if let HttpAuth::Header(name, secret) = &settings.auth {
            headers.insert(header_name(name)?, header_value(secret.expose())?);
        }
        let client = exchange::client(settings.answers_within)?;
        Ok(Self { settings, errors, headers, client })
    }

    /// Sends one text; what becomes of it is told at `callback`, or by our reference of the attempt, which is made from
    /// the token that this address ends with.
    pub async fn send_sms(&self, to: &PhoneNumber, text: &str, ttl: Duration, callback: Option<&str>) -> SendOutcome {
        let s = &self.settings;
        let token = callback.and_then(|address| address.rsplit_once('/'));
        let reference = reference(&token.map_or_else(Secret::short_token, |(_, token)| Secret::new(token)));
        let values = Values {
            to,
            text,
            reference: &reference,
            ttl: ttl.as_secs().max(1),
            unicode: !sms::is_gsm(text),
            sender: s.senders.of(to).or(s.from.as_deref()).unwrap_or_default(),
            callback: callback.unwrap_or_default(),
        };
        exchange(self.request(&values))
            .await
            .map_or_else(|outcome| outcome, |answer| self.read(&answer, values.reference))
    }

    fn request(&self, values: &Values<'_>) -> RequestBuilder {
        let s = &self.settings;
        let flat = || s.fields.iter().map(|(name, field)| (name.as_str(), words(&filled(field, values))));
        let mut url = s.url.clone();
        if s.body == BodyFormat::Query {
            url.query_pairs_mut().extend_pairs(flat());
        }
        if let HttpAuth::Query(name, secret) = &s.auth {
            url.query_pairs_mut().append_pair(name, secret.expose());
        }
        let request = self.client.request(method(s.method), url).headers(self.headers.clone());
        let request = match &s.auth {
            HttpAuth::Basic(user, password) => request.basic_auth(user, Some(password.expose())),
            HttpAuth::Bearer(token) => request.bearer_auth(token.expose()),
            HttpAuth::None | HttpAuth::Header(..) | HttpAuth::Query(..) => request,
        };
        match s.body {
            BodyFormat::Json => request.json(&object(&s.fields, values)),
            BodyFormat::Form => request.form(&flat().collect::<Vec<_>>()),
            BodyFormat::Query => request,
        }
    }

    fn read(&self, answer: &Answer, reference: &str) -> SendOutcome {
        let body: Value = answer.json().unwrap_or_default();
        let at = |pointer: &Option<String>| body.pointer(pointer.as_deref()?).map(words);
        let code = at(&self.settings.error_pointer);
        let known = code.as_ref().and_then(|code| self.errors.iter().find(|(known, _)| known == code));
        // It may be logged: what is longer than a code is none, a wrong setting may point at the number.
        let number = code.as_ref().filter(|code| code.len() < 8).and_then(|code| code.parse().ok());
        if let Some((_, reason)) = known {
            return answer.refused(Some(*reason), number);
        }
        let rule = &self.settings.success;
        if !rule.statuses.contains(&answer.status.as_u16()) {
            return answer.refused(None, number);
        }
        if rule.pointer.is_some() && !at(&rule.pointer).is_some_and(|word| rule.equals.contains(&word)) {
            return SendOutcome::Ambiguous { why: "the answer is neither the success nor an error that is known" };
        }
        // Without an id of its own, the message goes by ours.
        let id = if rule.id_pointer.is_some() { at(&rule.id_pointer) } else { Some(reference.to_owned()) };
        match id.filter(|id| !id.is_empty()) {
            Some(provider_id) => SendOutcome::Accepted { provider_id, segments: None },
            None => UNREADABLE,
        }
    }
}

/// Our reference of the attempt of a token: half of the digest that is stored. It finds the attempt and does not tell the
/// token.
pub fn reference(token: &Secret) -> String {
    BASE64URL_NOPAD.encode(&token.digest()[..REFERENCE])
}

/// The half of a digest that a reference tells.
pub fn referred(reference: &str) -> Option<[u8; REFERENCE]> {
    BASE64URL_NOPAD.decode(reference.as_bytes()).ok()?.try_into().ok()
}

fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
    }
}

fn header_name(name: &str) -> Result<HeaderName, InternalError> {
    name.parse().map_err(|error| InternalError::new("reading a header's name", error))
}

fn header_value(value: &str) -> Result<HeaderValue, InternalError> {
    let mut value = HeaderValue::from_str(value).map_err(|error| InternalError::new("reading a header", error))?;
    value.set_sensitive(true);
    Ok(value)
}

fn object(fields: &[(String, Field)], values: &Values<'_>) -> Value {
    Value::Object(fields.iter().map(|(name, field)| (name.clone(), filled(field, values))).collect())
}

/// A field's value. What fills a place is not looked through for places again.
fn filled(field: &Field, values: &Values<'_>) -> Value {
    match field {
        Field::Fixed(value) => value.clone(),
        Field::List(fields) => Value::Array(fields.iter().map(|field| filled(field, values)).collect()),
        Field::Object(fields) => object(fields, values),
        Field::Template(pieces) => match pieces.as_slice() {
            [Piece::Place(Placeholder::TtlSecs)] => values.ttl.into(),
            [Piece::Place(Placeholder::Unicode)] => values.unicode.into(),
            pieces => pieces.iter().map(|piece| place(piece, values)).collect::<String>().into(),
        },
    }
}

fn place(piece: &Piece, values: &Values<'_>) -> String {
    match piece {
        Piece::Fixed(text) => text.clone(),
        Piece::Place(Placeholder::ToDigits) => values.to.digits().to_owned(),
        Piece::Place(Placeholder::ToE164) => values.to.e164().to_owned(),
        Piece::Place(Placeholder::Text) => values.text.to_owned(),
        Piece::Place(Placeholder::Ref) => values.reference.to_owned(),
        Piece::Place(Placeholder::TtlSecs) => values.ttl.to_string(),
        Piece::Place(Placeholder::Unicode) => values.unicode.to_string(),
        Piece::Place(Placeholder::Sender) => values.sender.to_owned(),
        Piece::Place(Placeholder::Callback) => values.callback.to_owned(),
    }
}

/// A plain value as forms write it: texts without quotation marks.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::REASON_WORDS;

    #[test]
    fn the_settings_know_every_reason_and_no_other() {
        assert!(REASON_WORDS.iter().all(|word| Reason::from_word(word).is_some_and(|r| r.as_str() == *word)));
        let known: std::collections::BTreeSet<_> = REASON_WORDS.into_iter().collect();
        assert_eq!(known, Reason::ALL.iter().map(|reason| reason.as_str()).collect());
        assert_eq!(Reason::from_word("nonsense"), None);
    }
}
