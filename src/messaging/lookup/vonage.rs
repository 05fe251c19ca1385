//! Vonage, by what its settings have: Identity Insights (an application's token), or Number Insight (key and secret),
//! which the provider ends in February 2027. Numbers go without `+`.
//!
//! | interface | request                                                   | no such number                |
//! |-----------|-----------------------------------------------------------|-------------------------------|
//! | Insights  | `POST /identity-insights/v1/requests`, JSON, bearer token | `format.is_format_valid` false, or `INVALID_NUMBER_FORMAT` |
//! | Number    | `GET /ni/standard/json?number=…`, HTTP Basic              | `status` 3                    |

use reqwest::Client;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::LineType;
use crate::clock::Clock;
use crate::config::{VonageApi, VonageSettings};
use crate::messaging::gateways::exchange::exchange;
use crate::messaging::gateways::vonage::application_token;
use crate::types::phone::PhoneNumber;

#[derive(Deserialize)]
struct Answered {
    insights: Insights,
}

#[derive(Deserialize)]
struct Insights {
    format: Option<Format>,
    current_carrier: Option<Carrier>,
}

#[derive(Deserialize)]
struct Format {
    is_format_valid: Option<bool>,
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    code: String,
}

#[derive(Deserialize)]
struct Carrier {
    network_type: Option<String>,
}

#[derive(Deserialize)]
struct Number {
    status: i64,
    current_carrier: Option<Carrier>,
}

pub(super) async fn ask(
    client: &Client,
    base: &Url,
    settings: &VonageSettings,
    phone: &PhoneNumber,
) -> Option<LineType> {
    match &settings.api {
        VonageApi::Messages { application, key } => {
            let url = base.join("/identity-insights/v1/requests").ok()?;
            let token = application_token(&Clock::system(), application, key).await.ok()?;
            let body = json!({ "phone_number": phone.digits(), "insights": { "format": {}, "current_carrier": {} } });
            let answer = exchange(client.post(url).bearer_auth(token).json(&body)).await.ok()?;
            if !answer.status.is_success() {
                return None;
            }
            let Insights { format, current_carrier } = answer.json::<Answered>()?.insights;
            let is_wrong = |format: Format| {
                format.is_format_valid == Some(false)
                    || format.status.is_some_and(|status| status.code == "INVALID_NUMBER_FORMAT")
            };
            if format.is_some_and(is_wrong) {
                return Some(LineType::Nobody);
            }
            line(current_carrier)
        }
        VonageApi::Sms { key, secret } => {
            let mut url = base.join("/ni/standard/json").ok()?;
            url.query_pairs_mut().append_pair("number", phone.digits());
            let answer = exchange(client.get(url).basic_auth(key, Some(secret.expose()))).await.ok()?;
            if !answer.status.is_success() {
                return None;
            }
            let number: Number = answer.json()?;
            match number.status {
                0 => line(number.current_carrier),
                3 => Some(LineType::Nobody),
                _ => None,
            }
        }
    }
}

/// Both interfaces have the same words, in letters of their own case.
fn line(carrier: Option<Carrier>) -> Option<LineType> {
    Some(match carrier?.network_type?.to_lowercase().as_str() {
        "landline" => LineType::Landline,
        "landline_premium" | "landline_tollfree" => LineType::Costly,
        "pager" => LineType::Nobody,
        _ => LineType::Open,
    })
}
