//! Plivo's Lookup: `GET /v1/Number/{E.164}?type=carrier`, HTTP Basic. A number that does not exist is a 404 with its own
//! error code in the body.

use reqwest::{Client, StatusCode};
use serde::Deserialize;
use url::Url;

use super::LineType;
use crate::config::PlivoSettings;
use crate::messaging::gateways::exchange::exchange;
use crate::types::phone::PhoneNumber;

#[derive(Deserialize)]
struct Found {
    carrier: Carrier,
}

#[derive(Deserialize)]
struct Carrier {
    r#type: String,
}

#[derive(Deserialize)]
struct Missing {
    error_code: i64,
}

pub(super) async fn ask(
    client: &Client,
    base: &Url,
    settings: &PlivoSettings,
    phone: &PhoneNumber,
) -> Option<LineType> {
    let mut url = base.join(&format!("/v1/Number/{}", phone.e164())).ok()?;
    url.query_pairs_mut().append_pair("type", "carrier");
    let request = client.get(url).basic_auth(&settings.auth_id, Some(settings.auth_token.expose()));
    let answer = exchange(request).await.ok()?;
    if answer.status == StatusCode::NOT_FOUND {
        // A wrong address is a 404 too, and says nothing of the number.
        return (answer.json::<Missing>()?.error_code == 404).then_some(LineType::Nobody);
    }
    if !answer.status.is_success() {
        return None;
    }
    Some(match answer.json::<Found>()?.carrier.r#type.as_str() {
        "fixed" => LineType::Landline,
        "toll-free" => LineType::Costly,
        _ => LineType::Open,
    })
}
