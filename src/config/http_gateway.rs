//! The generic gateway's settings: an aggregator's interface, described by the operator.
//!
//! What a message says stands in fields, as JSON with placeholders. They are filled value by value and encoded by a
//! serializer, so no text can break out of its field.
//!
//! | placeholder  | becomes                                                  |
//! |--------------|----------------------------------------------------------|
//! | `{to_digits}`| the number without `+`                                   |
//! | `{to_e164}`  | the number with `+`                                      |
//! | `{text}`     | the text                                                 |
//! | `{ref}`      | our random reference of this attempt                     |
//! | `{ttl_secs}` | how long it is worth sending; alone in JSON: a number    |
//! | `{unicode}`  | whether it leaves the GSM alphabet; alone in JSON: a bool|
//! | `{sender}`   | the sender for the number's country                      |
//! | `{callback}` | the address at which it tells of this attempt; empty without https |

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::Lookup;
use super::http_receipts::HttpReceipts;
use super::sms::{Senders, answers_within, check_scheme};
use crate::crypto::random::Secret;

/// The words of the reasons that an error may be told to mean, as `Reason` stores them.
pub const REASON_WORDS: [&str; 17] = [
    "invalid_number",
    "landline",
    "premium",
    "opted_out",
    "unknown_subscriber",
    "carrier_blocked",
    "fraud_blocked",
    "geo_blocked",
    "unroutable",
    "sender_misconfigured",
    "insufficient_funds",
    "auth_failed",
    "expired",
    "config_error",
    "rate_limited",
    "handset_unreachable",
    "unreachable",
];

/// What a template's place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// The number without `+`.
    ToDigits,
    /// The number with `+`.
    ToE164,
    /// The text.
    Text,
    /// Our reference.
    Ref,
    /// Seconds that it is worth sending.
    TtlSecs,
    /// Whether it leaves the GSM alphabet.
    Unicode,
    /// The sender.
    Sender,
    /// Where the gateway tells of the attempt.
    Callback,
}

const PLACEHOLDERS: [(&str, Placeholder); 8] = [
    ("to_digits", Placeholder::ToDigits),
    ("to_e164", Placeholder::ToE164),
    ("text", Placeholder::Text),
    ("ref", Placeholder::Ref),
    ("ttl_secs", Placeholder::TtlSecs),
    ("unicode", Placeholder::Unicode),
    ("sender", Placeholder::Sender),
    ("callback", Placeholder::Callback),
];

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Fixed(String),
    /// To be filled.
    Place(Placeholder),
}

/// A field's value, with places to fill.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// Text.
    Template(Vec<Piece>),
    /// A number, true, false or null.
    Fixed(Value),
    /// Values in order; JSON only.
    List(Vec<Field>),
    /// Values by name; JSON only.
    Object(Vec<(String, Field)>),
}

impl Field {
    /// None where a brace opens no known placeholder.
    fn read(value: Value) -> Option<Self> {
        Some(match value {
            Value::String(text) => Self::Template(pieces(&text)?),
            Value::Array(values) => Self::List(values.into_iter().map(Self::read).collect::<Option<_>>()?),
            Value::Object(values) => {
                Self::Object(values.into_iter().map(|(name, v)| Some((name, Self::read(v)?))).collect::<Option<_>>()?)
            }
            fixed => Self::Fixed(fixed),
        })
    }

    fn holds(&self, wanted: &[Placeholder]) -> bool {
        match self {
            Self::Template(pieces) => pieces.iter().any(|p| matches!(p, Piece::Place(place) if wanted.contains(place))),
            Self::Fixed(_) => false,
            Self::List(fields) => fields.iter().any(|field| field.holds(wanted)),
            Self::Object(fields) => fields.iter().any(|(_, field)| field.holds(wanted)),
        }
    }

    fn is_flat(&self) -> bool {
        matches!(self, Self::Template(_) | Self::Fixed(_))
    }
}

fn pieces(text: &str) -> Option<Vec<Piece>> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        let place = PLACEHOLDERS.iter().find(|(known, _)| *known == name)?.1;
        if !before.is_empty() {
            found.push(Piece::Fixed(before.to_owned()));
        }
        found.push(Piece::Place(place));
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece::Fixed(rest.to_owned()));
    }
    Some(found)
}

/// The request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
}

/// Where the fields go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    /// A JSON body.
    Json,
    /// A form-encoded body.
    Form,
    /// The address's query.
    Query,
}

/// How the gateway is entered.
#[derive(Clone, Debug)]
pub enum HttpAuth {
    /// Not at all.
    None,
    /// User and password.
    Basic(String, Secret),
    /// A bearer token.
    Bearer(Secret),
    /// The secret in a header of this name.
    Header(String, Secret),
    /// The secret in a query parameter of this name.
    Query(String, Secret),
}

/// What answer means that the message was taken.
#[derive(Clone, Debug)]
pub struct SuccessRule {
    /// `SALUS_HTTP_GATEWAY_SUCCESS_STATUSES`: 200, 201 and 202 unless set.
    pub statuses: Vec<u16>,
    /// `SALUS_HTTP_GATEWAY_SUCCESS_POINTER`: the JSON Pointer of the answer's own word.
    pub pointer: Option<String>,
    /// `SALUS_HTTP_GATEWAY_SUCCESS_EQUALS`: what stands there then.
    pub equals: Vec<String>,
    /// `SALUS_HTTP_GATEWAY_ID_POINTER`: the JSON Pointer of the message's id.
    pub id_pointer: Option<String>,
}

/// The generic gateway's settings.
#[derive(Clone, Debug)]
pub struct HttpGatewaySettings {
    /// `SALUS_HTTP_GATEWAY_URL`: where messages go.
    pub url: Url,
    /// `SALUS_HTTP_GATEWAY_TIMEOUT`: seconds that an answer may take, 2 to 10; 5 unless set.
    pub answers_within: Duration,
    /// `SALUS_HTTP_GATEWAY_METHOD`: `POST` unless set.
    pub method: HttpMethod,
    /// `SALUS_HTTP_GATEWAY_BODY`: `json` unless set.
    pub body: BodyFormat,
    /// `SALUS_HTTP_GATEWAY_FIELDS`: a JSON object with placeholders.
    pub fields: Vec<(String, Field)>,
    /// `SALUS_HTTP_GATEWAY_HEADERS`: a JSON object of fixed headers.
    pub headers: Vec<(String, String)>,
    /// `SALUS_HTTP_GATEWAY_AUTH`, `SALUS_HTTP_GATEWAY_AUTH_NAME` and `SALUS_HTTP_GATEWAY_SECRET`.
    pub auth: HttpAuth,
    /// `SALUS_HTTP_GATEWAY_FROM`: the sender.
    pub from: Option<String>,
    /// `SALUS_HTTP_GATEWAY_SENDERS`: senders for some countries.
    pub senders: Senders,
    /// What means yes.
    pub success: SuccessRule,
    /// `SALUS_HTTP_GATEWAY_ERROR_POINTER`: the JSON Pointer of the error's code.
    pub error_pointer: Option<String>,
    /// `SALUS_HTTP_GATEWAY_ERRORS`: codes and the words of the reasons that they mean.
    pub errors: Vec<(String, String)>,
    /// How it calls back; None when it does not.
    pub receipts: Option<HttpReceipts>,
}

/// Codes and the words of the reasons that they mean, like `12=unroutable,40=no_money`.
pub(super) fn errors(vars: &mut Lookup, name: &str) -> Vec<(String, String)> {
    let one = |word: &str| {
        let (code, reason) = word.rsplit_once('=')?;
        let reason = REASON_WORDS.contains(&reason.trim()).then(|| reason.trim().to_owned())?;
        Some((code.trim().to_owned(), reason))
    };
    vars.list(name, one, &format!("write code=reason, separated by commas; reasons: {}", REASON_WORDS.join(", ")))
}

impl HttpGatewaySettings {
    pub(super) fn read(vars: &mut Lookup) -> Option<Self> {
        let url: Option<Url> = vars.optional_parsed("SALUS_HTTP_GATEWAY_URL", "write an https address");
        match &url {
            Some(url) => check_scheme(vars, "SALUS_HTTP_GATEWAY_URL", url),
            None => vars.problem("SALUS_HTTP_GATEWAY_URL", "is not set", "name the address that takes messages"),
        }
        let method = match vars.choice("SALUS_HTTP_GATEWAY_METHOD", "POST", &["GET", "POST", "PUT"]).as_str() {
            "GET" => HttpMethod::Get,
            "PUT" => HttpMethod::Put,
            _ => HttpMethod::Post,
        };
        let body = match vars.choice("SALUS_HTTP_GATEWAY_BODY", "json", &["json", "form", "query"]).as_str() {
            "form" => BodyFormat::Form,
            "query" => BodyFormat::Query,
            _ => BodyFormat::Json,
        };
        if method == HttpMethod::Get && body != BodyFormat::Query {
            vars.problem("SALUS_HTTP_GATEWAY_BODY", "goes with no GET", "write query, or set the method to POST");
        }
        let from = vars.optional("SALUS_HTTP_GATEWAY_FROM");
        let receipts = HttpReceipts::read(vars);
        let fields = fields(vars, body, from.is_some());
        let asks = fields.iter().any(|(_, field)| field.holds(&[Placeholder::Callback]));
        if asks && vars.optional("SALUS_HTTP_GATEWAY_RECEIPT_STATUS").is_none() {
            let cure = "say in SALUS_HTTP_GATEWAY_RECEIPT_STATUS where a receipt's status stands";
            vars.problem("SALUS_HTTP_GATEWAY_FIELDS", "asks for receipts that nothing reads", cure);
        }
        let success = success(vars);
        let error_pointer = pointer(vars, "SALUS_HTTP_GATEWAY_ERROR_POINTER");
        let errors = errors(vars, "SALUS_HTTP_GATEWAY_ERRORS");
        if errors.is_empty() != error_pointer.is_none() {
            let cure = "set both or neither of the two";
            vars.problem("SALUS_HTTP_GATEWAY_ERRORS", "goes with SALUS_HTTP_GATEWAY_ERROR_POINTER", cure);
        }
        Some(Self {
            answers_within: answers_within(vars, "SALUS_HTTP_GATEWAY_TIMEOUT"),
            method,
            body,
            fields,
            headers: headers(vars),
            auth: auth(vars)?,
            from,
            senders: Senders::read(vars, "SALUS_HTTP_GATEWAY_SENDERS", |_| false),
            success,
            error_pointer,
            errors,
            receipts,
            url: url?,
        })
    }
}

fn fields(vars: &mut Lookup, body: BodyFormat, has_sender: bool) -> Vec<(String, Field)> {
    const NAME: &str = "SALUS_HTTP_GATEWAY_FIELDS";
    let cure = r#"write a JSON object like {"to":"{to_digits}","message":"{text}"}"#;
    let Some(text) = vars.optional(NAME) else {
        vars.problem(NAME, "is not set", cure);
        return Vec::new();
    };
    let Some(fields) = serde_json::from_str::<Value>(&text).ok().filter(Value::is_object).and_then(Field::read) else {
        let known = PLACEHOLDERS.map(|(name, _)| format!("{{{name}}}")).join(" ");
        vars.problem(NAME, "is no JSON object or has an unknown placeholder", &format!("{cure}; known: {known}"));
        return Vec::new();
    };
    if !fields.holds(&[Placeholder::ToDigits, Placeholder::ToE164]) || !fields.holds(&[Placeholder::Text]) {
        vars.problem(NAME, "does not say to whom or what", "use {to_digits} or {to_e164}, and {text}");
    }
    if fields.holds(&[Placeholder::Sender]) && !has_sender {
        vars.problem(NAME, "names a sender that is not set", "set SALUS_HTTP_GATEWAY_FROM");
    }
    let Field::Object(fields) = fields else { return Vec::new() };
    if body != BodyFormat::Json && !fields.iter().all(|(_, field)| field.is_flat()) {
        vars.problem(NAME, "nests values, which only JSON can", "write one text for each name");
    }
    fields
}

fn headers(vars: &mut Lookup) -> Vec<(String, String)> {
    const NAME: &str = "SALUS_HTTP_GATEWAY_HEADERS";
    let Some(text) = vars.optional(NAME) else { return Vec::new() };
    let read = serde_json::from_str::<std::collections::BTreeMap<String, String>>(&text).ok();
    match read.filter(|headers| headers.iter().all(|(name, value)| is_header_name(name) && is_header_value(value))) {
        Some(headers) => headers.into_iter().collect(),
        None => {
            let cure = r#"write a JSON object of texts like {"X-Account":"hill"}"#;
            vars.problem(NAME, "holds what cannot be a header", cure);
            Vec::new()
        }
    }
}

pub(super) fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

pub(super) fn is_header_value(value: &str) -> bool {
    value.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

fn auth(vars: &mut Lookup) -> Option<HttpAuth> {
    const NAME: &str = "SALUS_HTTP_GATEWAY_AUTH_NAME";
    const SECRET: &str = "SALUS_HTTP_GATEWAY_SECRET";
    let kind = vars.choice("SALUS_HTTP_GATEWAY_AUTH", "bearer", &["none", "basic", "bearer", "header", "query"]);
    if kind == "none" {
        return Some(HttpAuth::None);
    }
    let (name, secret) = (vars.optional(NAME), vars.secret(SECRET));
    if !secret.as_ref().is_some_and(|secret| is_header_value(secret.expose())) {
        vars.problem(SECRET, "is not set, or holds more than plain letters", "set it, or SALUS_HTTP_GATEWAY_AUTH=none");
    }
    let secret = secret?;
    if kind == "bearer" {
        return Some(HttpAuth::Bearer(secret));
    }
    if !name.as_deref().is_some_and(|name| kind != "header" || is_header_name(name)) {
        let cure = "set the user of basic, or the name of the header or of the query parameter";
        vars.problem(NAME, "is not set, or is no name for it", cure);
    }
    Some(match kind.as_str() {
        "basic" => HttpAuth::Basic(name?, secret),
        "header" => HttpAuth::Header(name?, secret),
        _ => HttpAuth::Query(name?, secret),
    })
}

fn pointer(vars: &mut Lookup, name: &str) -> Option<String> {
    let pointer = vars.optional(name)?;
    if !pointer.starts_with('/') {
        vars.problem(name, "is no JSON Pointer", "begin it with a slash, like /messages/0/status");
    }
    Some(pointer)
}

fn success(vars: &mut Lookup) -> SuccessRule {
    let statuses = vars.list(
        "SALUS_HTTP_GATEWAY_SUCCESS_STATUSES",
        |word| word.parse().ok().filter(|status| (200..300).contains(status)),
        "write numbers from 200 to 299 separated by commas",
    );
    let pointer = pointer(vars, "SALUS_HTTP_GATEWAY_SUCCESS_POINTER");
    let equals = vars.list("SALUS_HTTP_GATEWAY_SUCCESS_EQUALS", |word| Some(word.to_owned()), "");
    if pointer.is_some() == equals.is_empty() {
        let cure = "set both or neither of the two";
        vars.problem("SALUS_HTTP_GATEWAY_SUCCESS_EQUALS", "goes with SALUS_HTTP_GATEWAY_SUCCESS_POINTER", cure);
    }
    let id_pointer = self::pointer(vars, "SALUS_HTTP_GATEWAY_ID_POINTER");
    SuccessRule {
        statuses: if statuses.is_empty() { vec![200, 201, 202] } else { statuses },
        pointer,
        equals,
        id_pointer,
    }
}
