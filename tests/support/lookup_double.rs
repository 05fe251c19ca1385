//! Doubles of the providers' lookups, as strict as they are. What kind of line a number is stands in its last digit.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::gateway_double::{Double, Request};
use crate::{plivo_double, twilio_double, vonage_double};

/// Numbers of the doubles.
pub const MOBILE: &str = "+12125550100";
pub const LANDLINE: &str = "+12125550101";
pub const COSTLY: &str = "+12125550102";
pub const NO_NUMBER: &str = "+12125550103";
pub const VOIP: &str = "+12125550104";
pub const UNTOLD: &str = "+12125550105";
pub const PAGER: &str = "+12125550106";

const NUMBERS: [&str; 7] = [MOBILE, LANDLINE, COSTLY, NO_NUMBER, VOIP, UNTOLD, PAGER];

/// Twilio's Lookup v2.
pub async fn twilio() -> Double {
    Double::start(judge_twilio).await
}

/// Plivo's Lookup.
pub async fn plivo() -> Double {
    Double::start(judge_plivo).await
}

/// Vonage's Identity Insights.
pub async fn insights() -> Double {
    Double::start(judge_insights).await
}

/// Vonage's Number Insight.
pub async fn number_insight() -> Double {
    Double::start(judge_number).await
}

/// The number that a request line holds between its start and its end.
fn number(line: &str, start: &str, end: &str) -> Option<&'static str> {
    let found = line.strip_prefix(start)?.strip_suffix(end)?;
    NUMBERS.into_iter().find(|known| *known == found || &known[1..] == found)
}

fn judge_twilio(request: &Request, _: &[Request]) -> (u16, Value) {
    if !request.has_basic(twilio_double::ACCOUNT, twilio_double::TOKEN) {
        return twilio_double::classic(401, 20003);
    }
    let (start, end) = ("GET /v2/PhoneNumbers/+", "?Fields=line_type_intelligence");
    let Some(phone) = number(request.line(), start, end) else { return twilio_double::classic(404, 20404) };
    let line = match phone {
        LANDLINE => json!("landline"),
        COSTLY => json!("premium"),
        VOIP => json!("nonFixedVoip"),
        UNTOLD => Value::Null,
        PAGER => json!("pager"),
        _ => json!("mobile"),
    };
    let valid = phone != NO_NUMBER;
    let part = json!({ "type": line, "carrier_name": "Hill Mobile", "mobile_country_code": "310",
        "mobile_network_code": "260", "error_code": if phone == UNTOLD { json!(60600) } else { Value::Null } });
    let answer = json!({
        "calling_country_code": "1", "country_code": "US", "phone_number": phone, "national_format": "(212) 555-0100",
        "valid": valid, "validation_errors": if valid { json!([]) } else { json!(["TOO_LONG"]) },
        "line_type_intelligence": if valid { part } else { Value::Null }, "caller_name": null, "sim_swap": null,
        "url": format!("https://lookups.twilio.com/v2/PhoneNumbers/{phone}"),
    });
    (200, answer)
}

fn judge_plivo(request: &Request, _: &[Request]) -> (u16, Value) {
    if !request.has_basic(plivo_double::ACCOUNT, plivo_double::TOKEN) {
        return (401, plivo_double::error("could not verify your access level"));
    }
    let missing = json!({ "api_id": "api", "error_code": 404, "message": "number is not valid" });
    let Some(phone) = number(request.line(), "GET /v1/Number/+", "?type=carrier") else { return (404, Value::Null) };
    let line = match phone {
        NO_NUMBER => return (404, missing),
        LANDLINE => "fixed",
        COSTLY => "toll-free",
        VOIP => "voip",
        UNTOLD => "unknown",
        _ => "mobile",
    };
    let answer = json!({
        "api_id": "api", "phone_number": phone, "country": { "name": "United States", "iso2": "US", "iso3": "USA" },
        "format": { "e164": phone, "national": "(212) 555-0100" },
        "carrier": { "type": line, "name": "Hill Mobile", "mobile_country_code": "310", "ported": false },
        "resource_uri": format!("/v1/Number/{phone}?type=carrier"),
    });
    (200, answer)
}

/// The network types of both interfaces, in capital letters.
fn network_type(phone: &str) -> &'static str {
    match phone {
        LANDLINE => "LANDLINE",
        COSTLY => "LANDLINE_PREMIUM",
        VOIP => "VIRTUAL",
        UNTOLD => "UNKNOWN",
        PAGER => "PAGER",
        _ => "MOBILE",
    }
}

fn judge_insights(request: &Request, _: &[Request]) -> (u16, Value) {
    let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let der: String = vonage_double::PUBLIC_KEY.lines().filter(|line| !line.starts_with("--")).collect();
    let key = DecodingKey::from_rsa_der(&data_encoding::BASE64.decode(der.as_bytes()).unwrap());
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_required_spec_claims(&["exp"]);
    let claims = jsonwebtoken::decode::<Value>(token, &key, &rules);
    if !claims.is_ok_and(|token| token.claims["application_id"] == vonage_double::APPLICATION) {
        return (401, vonage_double::problem(1060));
    }
    if request.line() != "POST /identity-insights/v1/requests" {
        return (404, Value::Null);
    }
    let Some(body) = request.json() else { return (400, vonage_double::problem(1130)) };
    if body.get("insights") != Some(&json!({ "format": {}, "current_carrier": {} })) || body.len() != 2 {
        return (422, vonage_double::problem(1130));
    }
    let digits = body.get("phone_number").and_then(Value::as_str).unwrap_or_default();
    let Some(phone) = number(digits, "", "") else { return (422, vonage_double::problem(1130)) };
    if digits.starts_with('+') {
        return (422, vonage_double::problem(1130));
    }
    let ok = json!({ "code": "OK", "message": "Success" });
    let answer = match phone {
        NO_NUMBER => json!({
            "format": { "is_format_valid": false, "status": { "code": "INVALID_NUMBER_FORMAT", "message": "no number" } },
            "current_carrier": { "status": { "code": "NOT_FOUND", "message": "no number" } },
        }),
        _ => json!({
            "format": { "country_code": "US", "is_format_valid": true, "status": ok },
            "current_carrier": { "name": "Hill", "network_type": network_type(phone), "network_code": "310260",
                                 "country_code": "US", "status": ok },
        }),
    };
    (200, json!({ "request_id": "aaaaaaaa-bbbb-4ccc-8ddd-000000000001", "insights": answer }))
}

fn judge_number(request: &Request, _: &[Request]) -> (u16, Value) {
    if !request.has_basic(vonage_double::KEY, vonage_double::SECRET) {
        return (200, json!({ "status": 4, "status_message": "Invalid credentials" }));
    }
    let Some(phone) = number(request.line(), "GET /ni/standard/json?number=", "") else { return (404, Value::Null) };
    if phone == NO_NUMBER {
        return (200, json!({ "status": 3, "status_message": "Invalid request :: Not valid number format detected" }));
    }
    let network = network_type(phone).to_lowercase();
    let carrier = json!({ "network_code": "310260", "name": "Hill", "country": "US", "network_type": network });
    (
        200,
        json!({ "status": 0, "status_message": "Success", "request_id": "r", "current_carrier": carrier,
        "original_carrier": carrier, "ported": "not_ported" }),
    )
}
