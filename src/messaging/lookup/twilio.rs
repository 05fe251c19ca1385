//! Twilio's Lookup v2: `GET /v2/PhoneNumbers/{E.164}?Fields=line_type_intelligence`, HTTP Basic. 200 also for a number
//! that does not exist; a part that failed is null, or has an error code of its own.

use reqwest::Client;
use serde::Deserialize;
use url::Url;

use super::LineType;
use crate::config::TwilioSettings;
use crate::messaging::gateways::exchange::exchange;
use crate::types::phone::PhoneNumber;

#[derive(Deserialize)]
struct Found {
    valid: bool,
    line_type_intelligence: Option<Line>,
}

#[derive(Deserialize)]
struct Line {
    r#type: Option<String>,
}

pub(super) async fn ask(
    client: &Client,
    base: &Url,
    settings: &TwilioSettings,
    phone: &PhoneNumber,
) -> Option<LineType> {
    let mut url = base.join(&format!("/v2/PhoneNumbers/{}", phone.e164())).ok()?;
    url.query_pairs_mut().append_pair("Fields", "line_type_intelligence");
    let user = settings.api_key_sid.as_deref().unwrap_or(&settings.account_sid);
    let answer = exchange(client.get(url).basic_auth(user, Some(settings.secret.expose()))).await.ok()?;
    if !answer.status.is_success() {
        return None;
    }
    let found: Found = answer.json()?;
    if !found.valid {
        return Some(LineType::Nobody);
    }
    Some(match found.line_type_intelligence?.r#type?.as_str() {
        "landline" => LineType::Landline,
        "premium" | "tollFree" | "sharedCost" | "uan" => LineType::Costly,
        "pager" | "voicemail" => LineType::Nobody,
        _ => LineType::Open,
    })
}
