//! Doubles of Vonage's SMS API, Messages API and Voice API, as strict as the provider.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use salus::messaging::sms::{is_gsm, segments};

use crate::gateway_double::{Double, Request, is_digits, is_sender};

pub const KEY: &str = "abcd1234";
pub const SECRET: &str = "test-api-secret-01";
pub const APPLICATION: &str = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab";
pub const PRIVATE_KEY: &str = include_str!("vonage_key.pem");
pub const PUBLIC_KEY: &str = include_str!("vonage_key.pub.pem");
/// What the provider's clock shows, in Unix seconds.
pub const NOW: i64 = 1_795_479_302;

/// The SMS API.
pub async fn sms_api() -> Double {
    Double::start(judge_sms).await
}

/// The Messages API.
pub async fn messages_api() -> Double {
    Double::start(judge_message).await
}

/// The Voice API, and the SMS API beside it.
pub async fn voice_api() -> Double {
    Double::start(|request, taken| match request.line() {
        "POST /sms/json" => judge_sms(request, taken),
        _ => judge_call(request, taken),
    })
    .await
}

/// The SMS API's no: with 200, and everything a text.
pub fn refusal(status: i64) -> Value {
    json!({ "message-count": "1", "messages": [{ "status": status.to_string(), "error-text": "refused" }] })
}

/// The Messages API's no.
pub fn problem(code: i64) -> Value {
    json!({
        "type": format!("https://developer.vonage.com/api-errors/messages#{code}"), "title": "Refused",
        "detail": "refused", "instance": "bf0ca0bf-1111-4222-8333-0123456789ab",
    })
}

fn judge_sms(request: &Request, taken: &[Request]) -> (u16, Value) {
    if request.line() != "POST /sms/json" {
        return (404, Value::Null);
    }
    if !request.has_basic(KEY, SECRET) {
        return (200, refusal(4));
    }
    let mut fields = request.fields.clone();
    fields.sort();
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    if names.iter().filter(|name| **name != "callback").copied().collect::<Vec<_>>()
        != ["from", "text", "to", "ttl", "type"]
    {
        return (200, refusal(2));
    }
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let (to, text) = (field("to"), field("text"));
    if !is_digits(to, 15) || to.starts_with("00") || text.is_empty() {
        return (200, refusal(3));
    }
    if !is_sender(field("from")) {
        return (200, refusal(15));
    }
    if names.contains(&"callback") && !(field("callback").starts_with("https://") && field("callback").len() <= 100) {
        return (200, refusal(3));
    }
    if !field("ttl").parse().is_ok_and(|ttl: u64| (20_000..=604_800_000).contains(&ttl)) {
        return (200, refusal(3));
    }
    // Sent as text, other letters would arrive as question marks.
    if field("type") != if is_gsm(text) { "text" } else { "unicode" } {
        return (200, refusal(6));
    }
    let count = segments(text);
    let messages: Vec<Value> = (0..count)
        .map(|part| {
            json!({
                "to": to, "message-id": format!("0A0000000123A{:03}{part}", taken.len()), "status": "0",
                "remaining-balance": "12.50", "message-price": "0.0075", "network": "310090",
            })
        })
        .collect();
    (200, json!({ "message-count": count.to_string(), "messages": messages }))
}

/// The claims of a token that the provider takes at the double's own time.
fn claims(request: &Request) -> Option<serde_json::Map<String, Value>> {
    claims_at(request, NOW)
}

/// The claims of a token that the provider takes.
fn claims_at(request: &Request, now: i64) -> Option<serde_json::Map<String, Value>> {
    let token = request.header("authorization")?.strip_prefix("Bearer ")?;
    let der: String = PUBLIC_KEY.lines().filter(|line| !line.starts_with("--")).collect();
    let key = DecodingKey::from_rsa_der(&data_encoding::BASE64.decode(der.as_bytes()).unwrap());
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_exp = false; // By the double's own clock below.
    rules.set_required_spec_claims(&["exp"]);
    let token = jsonwebtoken::decode::<serde_json::Map<String, Value>>(token, &key, &rules).ok()?;
    let (claims, number) = (token.claims, |value: &Value| value.as_i64());
    let (iat, exp) = (number(claims.get("iat")?)?, number(claims.get("exp")?)?);
    let jti = uuid::Uuid::parse_str(claims.get("jti")?.as_str()?).ok()?;
    let fits = token.header.typ.as_deref() == Some("JWT")
        && claims.get("application_id")? == APPLICATION
        && (iat - now).abs() <= 300
        && exp > now
        && exp - iat <= 86_400
        && jti.get_version_num() == 4;
    fits.then_some(claims)
}

fn judge_message(request: &Request, taken: &[Request]) -> (u16, Value) {
    if request.line() != "POST /v1/messages" {
        return (404, Value::Null);
    }
    let Some(ours) = claims(request) else { return (401, problem(1060)) };
    if taken.iter().filter_map(claims).any(|earlier| earlier["jti"] == ours["jti"]) {
        return (401, problem(1060));
    }
    let invalid = |name: &str| {
        let mut told = problem(0);
        told["type"] = "https://developer.vonage.com/api-errors/messages".into();
        told["invalid_parameters"] = json!([{ "name": name, "reason": "invalid" }]);
        (422, told)
    };
    let Some(body) = request.json() else { return invalid("body") };
    let hooks = ["webhook_url", "webhook_version"];
    let mut names: Vec<&str> = body.keys().map(String::as_str).filter(|name| !hooks.contains(name)).collect();
    names.sort_unstable();
    let called = body.get("webhook_url").and_then(Value::as_str).is_none_or(|url| url.starts_with("https://"));
    if !called || (body.contains_key("webhook_url") && body.get("webhook_version") != Some(&json!("v1"))) {
        return invalid("webhook_url");
    }
    if names != ["channel", "from", "message_type", "sms", "text", "to", "ttl"] {
        return invalid("body");
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    if !is_digits(text("to"), 15) {
        return invalid("to");
    }
    if !is_sender(text("from")) {
        return (422, problem(1120));
    }
    if (text("channel"), text("message_type")) != ("sms", "text") || text("text").is_empty() {
        return invalid("text");
    }
    if !body["ttl"].as_u64().is_some_and(|ttl| (20..=604_800).contains(&ttl)) {
        return invalid("ttl");
    }
    if body["sms"] != json!({ "encoding_type": if is_gsm(text("text")) { "text" } else { "unicode" } }) {
        return invalid("sms");
    }
    (202, json!({ "message_uuid": format!("aaaaaaaa-bbbb-4ccc-8ddd-{:012}", taken.len() + 1) }))
}

/// The Voice API's no, naming what is wrong.
pub fn wrong(name: &str) -> Value {
    json!({
        "type": "https://developer.vonage.com/api-errors", "title": "Bad Request", "detail": "refused",
        "instance": "bf0ca0bf-1111-4222-8333-0123456789ab", "invalid_parameters": [{ "name": name, "reason": "invalid" }],
    })
}

fn judge_call(request: &Request, taken: &[Request]) -> (u16, Value) {
    if request.line() != "POST /v1/calls" {
        return (404, Value::Null);
    }
    // By the machine's clock, where a whole portal calls.
    let machine = salus::clock::Timestamp::now().as_second();
    let known = |request: &Request| claims(request).or_else(|| claims_at(request, machine));
    let Some(ours) = known(request) else { return (401, problem(0)) };
    if taken.iter().filter_map(known).any(|earlier| earlier["jti"] == ours["jti"]) {
        return (401, problem(0));
    }
    let Some(body) = request.json() else { return (400, wrong("body")) };
    let mut names: Vec<&str> = body.keys().map(String::as_str).collect();
    names.sort_unstable();
    let known =
        ["answer_method", "answer_url", "event_method", "event_url", "from", "length_timer", "ringing_timer", "to"];
    if names != known {
        return (400, wrong("body"));
    }
    let is_phone = |phone: &Value| {
        let fields = phone.as_object().is_some_and(|fields| fields.len() == 2);
        fields && phone["type"] == "phone" && phone["number"].as_str().is_some_and(|digits| is_digits(digits, 15))
    };
    if !body["to"].as_array().is_some_and(|to| to.len() == 1 && is_phone(&to[0])) {
        return (400, wrong("to[0].number"));
    }
    if !is_phone(&body["from"]) {
        return (400, wrong("from.number"));
    }
    for (url, method) in [("answer_url", "answer_method"), ("event_url", "event_method")] {
        let one = body[url].as_array().filter(|all| all.len() == 1).and_then(|all| all[0].as_str());
        if !one.is_some_and(|url| url.starts_with("https://")) || body[method] != "POST" {
            return (400, wrong(url));
        }
    }
    for (timer, most) in [("ringing_timer", 120), ("length_timer", 86_400)] {
        if !body[timer].as_u64().is_some_and(|seconds| (1..=most).contains(&seconds)) {
            return (400, wrong(timer));
        }
    }
    let answer = json!({
        "uuid": format!("63f61863-4a51-4f6b-86e1-{:012}", taken.len() + 1), "status": "started", "direction": "outbound",
        "conversation_uuid": "CON-f972836a-550f-45fa-956c-12a2ab5b7d22",
    });
    (201, answer)
}
