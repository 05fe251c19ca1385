//! The generic gateway's calls, as the operator's settings describe them.
//!
//! What is signed is the time in Unix seconds, a dot, and the body byte by byte; where all is told in the query, the
//! query as it came. The signature is the lower or upper case hex of HMAC-SHA-256, and good for 300 seconds.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::twilio::hmac_sha256;
use super::{Call, Receipt, Signed, State, number, value};
use crate::clock::{SignedDuration, Timestamp};
use crate::config::{HttpReceipts, ReceiptFormat, ReceiptVerify};
use crate::crypto::random::Secret;
use crate::messaging::reason::Reason;
use crate::types::phone::PhoneNumber;

/// How far the time of a signature may lie from ours.
const FRESH: SignedDuration = SignedDuration::from_secs(300);
/// The longest id and code that is looked for.
const LONGEST: usize = 128;

/// Whether the signature fits text and time.
pub fn is_signed(secret: &Secret, timestamp: &str, text: &[u8], said: &str, now: Timestamp) -> bool {
    let Some(at) = timestamp.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()) else {
        return false;
    };
    let signed = [timestamp.as_bytes(), b".", text].concat();
    let ours = HEXLOWER.encode(&hmac_sha256(secret.expose().as_bytes(), &signed));
    let fits = bool::from(ours.as_bytes().ct_eq(said.trim().to_ascii_lowercase().as_bytes()));
    fits && now.duration_since(at).abs() <= FRESH
}

/// The signature, if it is the gateway's. With `token`, the attempt's own address says enough; one that everybody may
/// know says nothing.
pub(super) fn check(rules: &HttpReceipts, call: &Call<'_>, has_token: bool, now: Timestamp) -> Option<Signed> {
    let fits = match &rules.verify {
        ReceiptVerify::Token => has_token,
        ReceiptVerify::Basic(user, password) => {
            let said = call.header("authorization")?;
            let said = said.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("basic"))?.1.trim().to_owned();
            let ours = BASE64.encode(format!("{user}:{}", password.expose()).as_bytes());
            ours.as_bytes().ct_eq(said.as_bytes()).into()
        }
        ReceiptVerify::Hmac { header, timestamp_header, secret } => {
            let (said, timestamp) = (call.header(header)?, call.header(timestamp_header)?);
            let text = if rules.format == ReceiptFormat::Query { call.parts().1.as_bytes() } else { call.body };
            is_signed(secret, timestamp.trim(), text, &said, now)
        }
    };
    fits.then_some(Signed { nonce: None })
}

/// What stands at a place of the call: a text as it is, a number or a flag as JSON writes it.
struct Told {
    json: Value,
    pairs: Vec<(String, String)>,
}

impl Told {
    fn of(rules: &HttpReceipts, call: &Call<'_>) -> Self {
        let (json, pairs) = match rules.format {
            ReceiptFormat::Json => (serde_json::from_slice(call.body).unwrap_or_default(), Vec::new()),
            ReceiptFormat::Form => (Value::Null, call.form()),
            ReceiptFormat::Query => (Value::Null, call.query()),
        };
        Self { json, pairs }
    }

    fn at(&self, place: &str) -> Option<String> {
        let word = match self.json.pointer(place) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(flag)) => flag.to_string(),
            Some(_) => return None,
            None => value(&self.pairs, place)?.to_owned(),
        };
        Some(word.trim().to_owned()).filter(|word| !word.is_empty())
    }
}

/// The name of one call about what somebody wrote: a repetition within [`FRESH`] has the same, the same word at another
/// time has another.
pub(super) fn written(rules: &HttpReceipts, call: &Call<'_>, now: Timestamp) -> String {
    let time = match &rules.verify {
        ReceiptVerify::Hmac { timestamp_header, .. } => call.header(timestamp_header).unwrap_or_default(),
        // Nothing in it says when it was made.
        ReceiptVerify::Basic(..) | ReceiptVerify::Token => (now.as_second() / FRESH.as_secs()).to_string(),
    };
    let parts = [time.trim().as_bytes(), call.parts().1.as_bytes(), call.body];
    HEXLOWER.encode(&Sha256::digest(parts.join(&b'\n')))
}

/// By which name the call speaks of a message: the gateway's id, or our reference.
pub(super) fn name(rules: &HttpReceipts, call: &Call<'_>) -> Option<String> {
    Told::of(rules, call).at(rules.id.as_deref()?).filter(|name| name.len() <= LONGEST)
}

/// What a receipt tells; None for a word that the settings do not know.
pub(super) fn receipt(rules: &HttpReceipts, call: &Call<'_>) -> Option<Receipt> {
    let told = Told::of(rules, call);
    let word = told.at(&rules.status)?;
    let (state, expired) = match rules.map.get(&word).map(String::as_str) {
        Some("queued") => (State::Queued, false),
        Some("sent") => (State::Sent, false),
        Some("delivered") => (State::Delivered, false),
        Some("undelivered") => (State::Undelivered, false),
        Some("failed") => (State::Failed, false),
        Some("expired") => (State::Undelivered, true),
        _ => {
            tracing::warn!(gateway = "http", "a receipt's status is not in SALUS_HTTP_GATEWAY_RECEIPT_MAP");
            return None;
        }
    };
    let plain = |code: &String| code.len() <= 32 && code.bytes().all(|b| b.is_ascii_graphic());
    let code = rules.code.as_deref().and_then(|place| told.at(place)).filter(plain);
    let known = code.as_ref().filter(|_| state.is_failure());
    let known = known.and_then(|code| rules.errors.iter().find(|(known, _)| known == code));
    let meant = known.and_then(|(_, word)| Reason::from_word(word));
    Some(Receipt {
        provider_id: None,
        state,
        code: code.filter(|_| state.is_failure()),
        reason: if expired { Some(Reason::Expired) } else { meant },
    })
}

/// Who wrote what.
pub(super) fn answer(rules: &HttpReceipts, call: &Call<'_>) -> Option<(PhoneNumber, String)> {
    let (places, told) = (rules.inbound.as_ref()?, Told::of(rules, call));
    Some((number(&told.at(&places.from)?)?, told.at(&places.text)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Lookup};

    const SECRET: &str = "generic-shared-secret-0123456789abcdef";
    const BODY: &str = r#"{"id":"d-8f14e45f","status":"delivered"}"#;
    const SIGNATURE: &str = "6f0f8b6e8356b190cc51e825873e139c7e0888bf73489649624a68b6a79dc125";
    const AT: i64 = 1_795_479_302;

    fn rules(more: &[(&str, &str)]) -> HttpReceipts {
        let mut vars = vec![
            ("SALUS_SMS_GATEWAYS", "http"),
            ("SALUS_HTTP_GATEWAY_URL", "https://sms.example/send"),
            ("SALUS_HTTP_GATEWAY_FIELDS", r#"{"to":"{to_digits}","m":"{text}"}"#),
            ("SALUS_HTTP_GATEWAY_AUTH", "none"),
            ("SALUS_HTTP_GATEWAY_RECEIPT_ID", "/id"),
            ("SALUS_HTTP_GATEWAY_RECEIPT_STATUS", "/status"),
            ("SALUS_HTTP_GATEWAY_RECEIPT_SECRET", SECRET),
            (
                "SALUS_HTTP_GATEWAY_RECEIPT_MAP",
                r#"{"delivered":"delivered","UNDELIV":"undelivered","REJECTD":"failed","EXPIRED":"expired","1":"sent"}"#,
            ),
        ];
        vars.extend(more);
        let config = Config::read(Lookup::from_map(vars)).unwrap();
        config.http_gateway.unwrap().receipts.unwrap()
    }

    fn fits(timestamp: &str, body: &str, signature: &str, now: i64) -> bool {
        let header = |name: &str| match name {
            "x-signature" => Some(signature.to_owned()),
            "x-timestamp" => Some(timestamp.to_owned()),
            _ => None,
        };
        let call = Call { url: "https://x/y".into(), body: body.as_bytes(), is_form: false, header: &header };
        check(&rules(&[]), &call, true, Timestamp::from_second(now).unwrap()).is_some()
    }

    #[test]
    fn a_signature_fits_its_body_and_its_time_for_five_minutes() {
        let at = AT.to_string();
        assert!(fits(&at, BODY, SIGNATURE, AT));
        assert!(fits(&at, BODY, &SIGNATURE.to_uppercase(), AT));
        for now in [AT + 300, AT - 300] {
            assert!(fits(&at, BODY, SIGNATURE, now), "{now}");
        }
        for now in [AT + 301, AT - 301] {
            assert!(!fits(&at, BODY, SIGNATURE, now), "{now}");
        }
        assert!(!fits(&(AT + 1).to_string(), BODY, SIGNATURE, AT));
        assert!(!fits(&at, &BODY.replace("delivered", "failed"), SIGNATURE, AT));
        assert!(!fits(&at, BODY, &SIGNATURE[1..], AT));
        assert!(!fits("", BODY, SIGNATURE, AT) && !fits("soon", BODY, SIGNATURE, AT) && !fits(&at, BODY, "", AT));
    }

    fn told(rules: &HttpReceipts, body: &str, is_form: bool) -> Option<(State, Option<String>, Option<Reason>)> {
        let call = Call { url: "https://x/y".into(), body: body.as_bytes(), is_form, header: &|_| None };
        receipt(rules, &call).map(|receipt| (receipt.state, receipt.code, receipt.reason))
    }

    #[test]
    fn words_and_codes_mean_what_the_settings_say() {
        let json = rules(&[
            ("SALUS_HTTP_GATEWAY_RECEIPT_CODE", "/error/code"),
            ("SALUS_HTTP_GATEWAY_RECEIPT_ERRORS", "E7=opted_out, 12=handset_unreachable"),
        ]);
        let with = |status: &str, code: &str| format!(r#"{{"id":"1","status":{status},"error":{{"code":{code}}}}}"#);
        for (body, expected) in [
            (with("\"delivered\"", "null"), Some((State::Delivered, None, None))),
            (with("\"delivered\"", "\"E7\""), Some((State::Delivered, None, None))),
            (with("1", "0"), Some((State::Sent, None, None))),
            (
                with("\"UNDELIV\"", "12"),
                Some((State::Undelivered, Some("12".into()), Some(Reason::HandsetUnreachable))),
            ),
            (with("\"REJECTD\"", "\"E7\""), Some((State::Failed, Some("E7".into()), Some(Reason::OptedOut)))),
            (with("\"REJECTD\"", "\"E9\""), Some((State::Failed, Some("E9".into()), None))),
            (with("\"EXPIRED\"", "12"), Some((State::Undelivered, Some("12".into()), Some(Reason::Expired)))),
            (with("\"ENROUTE\"", "12"), None),
            (with("[]", "12"), None),
            ("not json".to_owned(), None),
        ] {
            assert_eq!(told(&json, &body, false), expected, "{body}");
        }
        let form = rules(&[
            ("SALUS_HTTP_GATEWAY_RECEIPT_FORMAT", "form"),
            ("SALUS_HTTP_GATEWAY_RECEIPT_ID", "id"),
            ("SALUS_HTTP_GATEWAY_RECEIPT_STATUS", "stat"),
        ]);
        assert_eq!(told(&form, "id=1&stat=UNDELIV", true), Some((State::Undelivered, None, None)));
        assert_eq!(told(&form, "id=1&stat=UNDELIV", false), None, "a body that is declared as no form");
    }

    #[test]
    fn user_and_password_are_compared_whole() {
        let rules =
            rules(&[("SALUS_HTTP_GATEWAY_RECEIPT_VERIFY", "basic"), ("SALUS_HTTP_GATEWAY_RECEIPT_USER", "hill")]);
        let fits = |said: Option<String>| {
            let header = |name: &str| said.clone().filter(|_| name == "authorization");
            let call = Call { url: "https://x/y".into(), body: b"", is_form: false, header: &header };
            check(&rules, &call, false, Timestamp::from_second(AT).unwrap()).is_some()
        };
        let basic =
            |user: &str, word: &str| Some(format!("Basic {}", BASE64.encode(format!("{user}:{word}").as_bytes())));
        assert!(fits(basic("hill", SECRET)));
        assert!(!fits(basic("hill", "x")) && !fits(basic("", SECRET)) && !fits(None) && !fits(Some("Basic".into())));
        assert!(!fits(Some(format!("Bearer {SECRET}"))));
    }
}
