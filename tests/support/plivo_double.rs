//! A double of Plivo's message endpoint, as strict as the provider.

use serde_json::{Value, json};

use crate::gateway_double::{Double, Request, is_digits, is_sender};

pub const ACCOUNT: &str = "MA0123456789ABCDEF01";
pub const TOKEN: &str = "plivo_auth_token_0123456789";
pub const POOL: &str = "5ec4c8c9-cd74-42b5-9e41-0123456789ab";

pub async fn plivo() -> Double {
    Double::start(judge).await
}

/// The error body.
pub fn error(text: &str) -> Value {
    json!({ "api_id": "5a9fcb68-523d-11e1-86da-6ff39efcb949", "error": text })
}

pub fn judge(request: &Request, taken: &[Request]) -> (u16, Value) {
    if request.line() != format!("POST /v1/Account/{ACCOUNT}/Message/") {
        return (404, error("not found"));
    }
    if !request.has_basic(ACCOUNT, TOKEN) {
        return (401, error("could not verify your access level for that URL"));
    }
    let Some(body) = request.json() else { return (400, error("malformed JSON")) };
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
    let uuid = format!("5b40a428-bfc7-4daf-9d06-{:012}", taken.len() + 1);
    (202, json!({ "api_id": "api", "message": "message(s) queued", "message_uuid": [uuid] }))
}
