//! A double of three local aggregators, one for each way that fields travel and gateways are entered.
//!
//! | path     | fields              | entered by           | success                          |
//! |----------|---------------------|----------------------|----------------------------------|
//! | `/json`  | nested JSON         | bearer token         | 202, `/state` `queued`           |
//! | `/form`  | form                | HTTP Basic           | 200, `/code` 0                   |
//! | `/query` | query of a GET      | query parameter `key`| 200, plain text                  |
//! | `/head`  | JSON                | header `X-Api-Key`   | 201, nothing                     |
//!
//! Each calls back in any of three ways: [`Signing`] says how it proves who it is.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::gateway_double::{Double, Request, is_digits};

pub const TOKEN: &str = "aggregator&token=1 2";
pub const USER: &str = "hill";

pub async fn aggregator() -> Double {
    Double::start(judge).await
}

/// Pairs of a request's query.
pub fn query(request: &Request) -> Vec<(String, String)> {
    let target = request.line().split(' ').nth(1).unwrap_or_default();
    let query = target.split_once('?').map_or("", |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn judge(request: &Request, taken: &[Request]) -> (u16, Value) {
    let path = request.line().split('?').next().unwrap_or_default();
    let has = |pairs: &[(String, String)], name: &str| pairs.iter().any(|(known, v)| known == name && !v.is_empty());
    match path {
        "POST /json" => {
            if request.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
                return (401, json!({ "code": "E1" }));
            }
            let body = Value::Object(request.json().unwrap_or_default());
            let to = body.pointer("/messages/0/to").and_then(Value::as_str).unwrap_or_default();
            let typed = body["ttl"].is_u64() && body["unicode"].is_boolean() && body["priority"] == 1;
            if !is_digits(to, 15) || !typed || request.header("x-account") != Some("hill") {
                return (400, json!({ "code": "E104" }));
            }
            (202, json!({ "state": "queued", "ids": [format!("m-{}", taken.len() + 1)] }))
        }
        "POST /form" => {
            let fields = request.fields.clone();
            if !request.has_basic(USER, TOKEN) {
                return (403, json!({ "code": 7 }));
            }
            if !["number", "message", "from"].iter().all(|name| has(&fields, name)) {
                return (200, json!({ "code": 104 }));
            }
            (200, json!({ "code": 0, "id": taken.len() + 1 }))
        }
        "GET /query" => {
            let fields = query(request);
            if !fields.contains(&("key".into(), TOKEN.into())) || !request.body.is_empty() {
                return (401, Value::Null);
            }
            if has(&fields, "to") && has(&fields, "msg") { (200, "OK".into()) } else { (400, Value::Null) }
        }
        "PUT /head" => match (request.header("x-api-key"), request.json()) {
            (Some(TOKEN), Some(_)) => (201, Value::Null),
            _ => (401, Value::Null),
        },
        _ => (404, Value::Null),
    }
}

/// How an aggregator proves who it is when it calls back.
#[derive(Clone, Copy)]
pub enum Signing<'a> {
    /// HMAC over time and body, or time and query: the secret, and the time in Unix seconds.
    Hmac(&'a str, i64),
    /// User and password.
    Basic(&'a str, &'a str),
    /// Not at all.
    Nothing,
}

/// What an aggregator tells.
#[derive(Clone, Copy)]
pub enum Tells<'a> {
    Json(&'a str),
    Form(&'a str),
    /// By GET.
    Query(&'a str),
}

/// Calls the portal at a path; answers the status. No answer has a body or sets a cookie.
pub async fn call_back(portal: &str, path: &str, tells: Tells<'_>, signing: Signing<'_>) -> u16 {
    let client = reqwest::Client::new();
    let (request, signed) = match tells {
        Tells::Json(body) => (
            client.post(format!("{portal}{path}")).header("content-type", "application/json").body(body.to_owned()),
            body,
        ),
        Tells::Form(body) => {
            let kind = "application/x-www-form-urlencoded";
            (client.post(format!("{portal}{path}")).header("content-type", kind).body(body.to_owned()), body)
        }
        Tells::Query(query) => (client.get(format!("{portal}{path}?{query}")), query),
    };
    let request = match signing {
        Signing::Nothing => request,
        Signing::Basic(user, password) => request.basic_auth(user, Some(password)),
        Signing::Hmac(secret, at) => {
            request.header("X-Timestamp", at.to_string()).header("X-Signature", sign(secret, at, signed))
        }
    };
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    assert!(!response.headers().contains_key("set-cookie"));
    assert_eq!(response.text().await.unwrap(), "");
    status
}

/// The signature of a text at a time.
pub fn sign(secret: &str, at: i64, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.{text}").as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}
