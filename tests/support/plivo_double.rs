//! A double of Plivo's endpoints for messages and calls, as strict as the provider.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::gateway_double::{Double, Request, is_digits, is_sender};

pub const ACCOUNT: &str = "MA0123456789ABCDEF01";
pub const TOKEN: &str = "plivo_auth_token_0123456789";
pub const POOL: &str = "5ec4c8c9-cd74-42b5-9e41-0123456789ab";

pub async fn plivo() -> Double {
    Double::start(judge).await
}

/// The settings of a portal that sends through the double.
pub fn settings(double: &Double) -> [(&'static str, &str); 4] {
    [
        ("SALUS_PLIVO_AUTH_ID", ACCOUNT),
        ("SALUS_PLIVO_AUTH_TOKEN", TOKEN),
        ("SALUS_PLIVO_FROM", "15005550006"),
        ("SALUS_PLIVO_BASE_URL", &double.base),
    ]
}

/// Tells of the n-th message that was taken, from 0, at a portal that listens here; answers the status.
pub async fn tell(double: &Double, here: &str, n: usize, state: &str) -> u16 {
    let url = double.taken()[n].json().unwrap()["url"].as_str().expect("a callback is asked for").to_owned();
    let nonce = format!("{n}{state}");
    let mut mac = Hmac::<Sha256>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(format!("{url}{nonce}").as_bytes());
    let signature = BASE64.encode(&mac.finalize().into_bytes());
    let path = url.splitn(4, '/').nth(3).unwrap();
    let call = reqwest::Client::new()
        .post(format!("{here}/{path}"))
        .header("X-Plivo-Signature-V2", signature)
        .header("X-Plivo-Signature-V2-Nonce", nonce)
        .form(&[("MessageUUID", uuid(n).as_str()), ("Status", state)]);
    call.send().await.unwrap().status().as_u16()
}

/// The id of the n-th message, from 0.
fn uuid(n: usize) -> String {
    format!("5b40a428-bfc7-4daf-9d06-{:012}", n + 1)
}

/// The error body.
pub fn error(text: &str) -> Value {
    json!({ "api_id": "5a9fcb68-523d-11e1-86da-6ff39efcb949", "error": text })
}

pub fn judge(request: &Request, taken: &[Request]) -> (u16, Value) {
    let is_call = request.line() == format!("POST /v1/Account/{ACCOUNT}/Call/");
    if !is_call && request.line() != format!("POST /v1/Account/{ACCOUNT}/Message/") {
        return (404, error("not found"));
    }
    if !request.has_basic(ACCOUNT, TOKEN) {
        return (401, error("could not verify your access level for that URL"));
    }
    let Some(body) = request.json() else { return (400, error("malformed JSON")) };
    if is_call {
        return judge_call(&body, taken.len() + 1);
    }
    let known = ["dst", "log", "message_expiry", "method", "powerpack_uuid", "src", "text", "type", "url"];
    if body.keys().any(|name| !known.contains(&name.as_str())) {
        return (400, error("unknown parameter"));
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    // Its own reading: punctuation is dropped, and `<` joins several recipients.
    let dst: String = text("dst").chars().filter(|c| !"/-.+() ".contains(*c)).collect();
    if text("dst") != dst || !is_digits(&dst, 14) {
        return (400, error("dst is not valid"));
    }
    match (body.get("src"), body.get("powerpack_uuid")) {
        (Some(Value::String(src)), None) if is_sender(src) => {}
        (None, Some(Value::String(pool))) if pool == POOL => {}
        _ => return (400, error("src or powerpack_uuid is needed")),
    }
    if text("text").is_empty() || text("text").chars().count() > 1600 || text("type") != "sms" {
        return (400, error("text is not valid"));
    }
    // A text, not a boolean; anything but this keeps the code in the provider's log.
    if body.get("log") != Some(&json!("false")) {
        return (400, error("log is not valid"));
    }
    if !body.get("message_expiry").and_then(Value::as_u64).is_some_and(|ttl| (5..=10_799).contains(&ttl)) {
        return (400, error("message_expiry is not valid"));
    }
    if body.contains_key("url") && !(text("url").starts_with("https://") && text("method") == "POST") {
        return (400, error("url is not valid"));
    }
    let uuid = uuid(taken.len());
    (202, json!({ "api_id": "api", "message": "message(s) queued", "message_uuid": [uuid] }))
}

fn judge_call(body: &serde_json::Map<String, Value>, number: usize) -> (u16, Value) {
    let mut names: Vec<&str> = body.keys().map(String::as_str).collect();
    names.sort_unstable();
    let known = [
        "answer_method",
        "answer_url",
        "from",
        "hangup_method",
        "hangup_url",
        "ring_timeout",
        "ring_url",
        "time_limit",
        "to",
    ];
    if names != known {
        return (400, error("unknown parameter"));
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    if !is_digits(text("from"), 15) {
        return (400, error("from parameter is not valid"));
    }
    if !is_digits(text("to"), 15) {
        return (400, error("to parameter is not valid"));
    }
    if ["answer_url", "hangup_url", "ring_url"].into_iter().any(|name| !text(name).starts_with("https://")) {
        return (400, error("answer_url is not valid"));
    }
    if (text("answer_method"), text("hangup_method")) != ("POST", "POST") {
        return (400, error("answer_method is not valid"));
    }
    if ["ring_timeout", "time_limit"].into_iter().any(|name| body[name].as_u64().is_none_or(|seconds| seconds == 0)) {
        return (400, error("ring_timeout is not valid"));
    }
    let id = format!("9834029e-58b6-11e1-b8b7-{number:012}");
    (201, json!({ "api_id": "api", "message": "call fired", "request_uuid": id }))
}
