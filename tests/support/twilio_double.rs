//! A double of Twilio's endpoints for messages and calls: as strict as the provider in what it takes.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::gateway_double::{Double, Request, is_digits};

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "test-auth-token-0123456789";
pub const FROM: &str = "+15005550006";

pub async fn start() -> Double {
    Double::start(judge).await
}

/// The signature of a call to this public address with this form.
pub fn sign(url: &str, form: &[(&str, &str)]) -> String {
    let mut sorted = form.to_vec();
    sorted.sort_unstable();
    let text: String = sorted.iter().map(|(name, value)| format!("{name}{value}")).collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(format!("{url}{text}").as_bytes());
    BASE64.encode(&mac.finalize().into_bytes())
}

/// The settings of a portal that sends through the double.
pub fn settings(double: &Double) -> [(&'static str, &str); 4] {
    [
        ("SALUS_TWILIO_ACCOUNT_SID", ACCOUNT),
        ("SALUS_TWILIO_AUTH_TOKEN", TOKEN),
        ("SALUS_TWILIO_FROM", FROM),
        ("SALUS_TWILIO_BASE_URL", &double.base),
    ]
}

/// Tells of the n-th message that was taken, from 0, at a portal that listens here; answers the status.
pub async fn tell(double: &Double, here: &str, n: usize, state: &str, code: Option<&str>) -> u16 {
    let url = double.taken()[n].field("StatusCallback").expect("a callback is asked for").to_owned();
    let id = format!("SM{:032x}", n + 1);
    let mut form = vec![("MessageSid", id.as_str()), ("MessageStatus", state), ("AccountSid", ACCOUNT)];
    form.extend(code.map(|code| ("ErrorCode", code)));
    let path = url.splitn(4, '/').nth(3).unwrap();
    let call = reqwest::Client::new().post(format!("{here}/{path}")).header("X-Twilio-Signature", sign(&url, &form));
    call.form(&form).send().await.unwrap().status().as_u16()
}

/// The classic error body.
pub fn classic(status: u16, code: i64) -> (u16, serde_json::Value) {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    (status, serde_json::json!({ "code": code, "message": "refused", "more_info": more, "status": status }))
}

pub fn judge(request: &Request, before: &[Request]) -> (u16, serde_json::Value) {
    let is_call = request.line() == format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls.json");
    if !is_call && request.line() != format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json") {
        return classic(404, 20404);
    }
    if !request.has_basic(ACCOUNT, TOKEN) {
        return classic(401, 20003);
    }
    if is_call {
        return judge_call(request, before);
    }
    if request.header("content-type") != Some("application/x-www-form-urlencoded") {
        return classic(415, 20415);
    }
    let mut names: Vec<&str> = request.fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let known = ["Body", "From", "MessagingServiceSid", "StatusCallback", "To", "ValidityPeriod"];
    if names.iter().any(|name| !known.contains(name)) || names.windows(2).any(|two| two[0] == two[1]) {
        return classic(400, 20001);
    }
    let Some(text) = request.field("Body").filter(|text| !text.is_empty()) else { return classic(400, 21602) };
    if text.chars().count() > 1600 {
        return classic(400, 21617);
    }
    match request.field("ValidityPeriod").map(str::parse::<u32>) {
        None => {}
        Some(Ok(1..=36_000)) => {}
        _ => return classic(400, 21624),
    }
    if request
        .field("StatusCallback")
        .is_some_and(|url| !url.starts_with("https://") || url.split('/').nth(2).is_none_or(|host| host.contains('_')))
    {
        return classic(400, 21609);
    }
    match (request.field("From"), request.field("MessagingServiceSid")) {
        (Some("+15005550001"), None) => return classic(400, 21212),
        (Some("+15005550007"), None) => return classic(400, 21606),
        (Some("+15005550008"), None) => return classic(400, 21611),
        (Some(_), None) => {}
        (None, Some(service)) if service.starts_with("MG") && service.len() == 34 => {}
        _ => return classic(400, 21603),
    }
    let Some(to) = request.field("To") else { return classic(400, 21604) };
    let digits = to.strip_prefix('+').unwrap_or_default();
    if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return classic(400, 21211);
    }
    match to {
        "+15005550001" => return classic(400, 21211),
        "+15005550002" => return classic(400, 21612),
        "+15005550003" => return classic(403, 21408),
        "+15005550004" => return classic(400, 21610),
        "+15005550009" => return classic(400, 21614),
        _ => {}
    }
    let sid = format!("SM{:032x}", before.len() + 1);
    let segments = if request.field("MessagingServiceSid").is_some() { "0" } else { "1" };
    let answer = serde_json::json!({
        "sid": sid, "account_sid": ACCOUNT, "messaging_service_sid": request.field("MessagingServiceSid"),
        "status": "queued", "to": to, "from": request.field("From"), "body": text, "num_segments": segments,
        "num_media": "0", "direction": "outbound-api", "price": null, "price_unit": "USD", "error_code": null,
        "error_message": null, "api_version": "2010-04-01", "date_sent": null,
        "date_created": "Tue, 24 Nov 2026 15:00:00 +0000", "date_updated": "Tue, 24 Nov 2026 15:00:00 +0000",
        "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json"),
        "subresource_uris": { "media": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media.json") },
    });
    (201, answer)
}

/// What is told of a call.
const EVENTS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];

fn judge_call(request: &Request, before: &[Request]) -> (u16, serde_json::Value) {
    if request.header("content-type") != Some("application/x-www-form-urlencoded") {
        return classic(415, 20415);
    }
    let mut names: Vec<&str> = request.fields.iter().map(|(name, _)| name.as_str()).collect();
    names.retain(|name| *name != "StatusCallbackEvent");
    names.sort_unstable();
    let known =
        ["From", "Method", "Record", "StatusCallback", "StatusCallbackMethod", "TimeLimit", "Timeout", "To", "Url"];
    if names != known {
        return classic(400, 20001);
    }
    let events =
        request.fields.iter().filter(|(name, _)| name == "StatusCallbackEvent").map(|(_, event)| event.as_str());
    if events.collect::<Vec<_>>() != EVENTS {
        return classic(400, 21626);
    }
    let field = |name: &str| request.field(name).unwrap_or_default();
    let is_number = |text: &str| text.strip_prefix('+').is_some_and(|digits| is_digits(digits, 15));
    if !field("Url").starts_with("https://") || field("Method") != "POST" {
        return classic(400, 21205);
    }
    if !field("StatusCallback").starts_with("https://") || field("StatusCallbackMethod") != "POST" {
        return classic(400, 21609);
    }
    let within = |name: &str, most: u32| field(name).parse().is_ok_and(|seconds: u32| (1..=most).contains(&seconds));
    if !within("Timeout", 600) || !within("TimeLimit", 14_400) || field("Record") != "false" {
        return classic(400, 20001);
    }
    match field("From") {
        "+15005550001" => return classic(400, 21212),
        FROM => {}
        number if is_number(number) => return classic(400, 21210),
        _ => return classic(400, 21213),
    }
    match field("To") {
        "+15005550001" => return classic(400, 21217),
        "+15005550002" => return classic(400, 21214),
        "+15005550003" => return classic(403, 21215),
        "+15005550004" => return classic(400, 21216),
        number if is_number(number) => {}
        _ => return classic(400, 21217),
    }
    let answer = serde_json::json!({
        "sid": format!("CA{:032x}", before.len() + 1), "account_sid": ACCOUNT, "to": field("To"), "from": field("From"),
        "status": "queued", "direction": "outbound-api", "duration": null, "price": null, "answered_by": null,
        "api_version": "2010-04-01",
    });
    (201, answer)
}
