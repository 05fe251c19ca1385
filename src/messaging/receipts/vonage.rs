//! Vonage's calls: the signed form of its SMS API, and the signed webhooks (JWT) of its Messages API.
//!
//! | call     | signed by                                                                  | fresh for | once by |
//! |----------|----------------------------------------------------------------------------|-----------|---------|
//! | SMS      | `sig` over the sorted parameters, `&` and `=` in values replaced by `_`    | 24 h      | `nonce` |
//! | Messages | HS256 in `Authorization`, with the body's SHA-256 among the claims         | 5 min     | `jti`   |

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

use super::twilio::hmac_sha256;
use super::{Call, Caller, Receipt, Signed, State, meaning, number, value};
use crate::clock::{SignedDuration, Timestamp};
use crate::config::{HookSecrets, VonageSignature};
use crate::messaging::gateways::vonage::CODES;
use crate::messaging::reason::{Meaning, Reason};
use crate::types::phone::PhoneNumber;

/// The SMS API's `err-code` in a receipt, from its guide to delivery receipts. Its Messages API uses the numbers of its
/// answers in receipts too.
pub const ERRORS: [(i64, Reason); 16] = [
    (12, Reason::InvalidNumber),
    (14, Reason::Landline),
    // 9: the person asked for no more of these; 4: they had texts barred.
    (9, Reason::OptedOut),
    (4, Reason::OptedOut),
    (6, Reason::CarrierBlocked),
    (3, Reason::UnknownSubscriber),
    (2, Reason::HandsetUnreachable),
    (7, Reason::HandsetUnreachable),
    (8, Reason::HandsetUnreachable),
    (11, Reason::Unroutable),
    (5, Reason::Unroutable),
    (51, Reason::SenderMisconfigured),
    (50, Reason::ConfigError),
    (52, Reason::ConfigError),
    (53, Reason::ConfigError),
    (54, Reason::ConfigError),
];

/// How old a signed form may be: Vonage tries a call again for a day.
const FORM_FRESH: SignedDuration = SignedDuration::from_hours(24);
/// How far a token's time may lie from ours.
const TOKEN_FRESH: SignedDuration = SignedDuration::from_mins(5);

/// The signature, if it is Vonage's.
pub(super) fn check(secrets: &HookSecrets, call: &Call<'_>, now: Timestamp) -> Option<Signed> {
    match call.header("authorization") {
        Some(header) => check_token(secrets, call, header.strip_prefix("Bearer ")?, now),
        None => check_form(secrets, &told(call), now),
    }
}

/// What the call tells, by name: the form, the top of a JSON object, or the query.
fn told(call: &Call<'_>) -> Vec<(String, String)> {
    if call.is_form {
        return call.form();
    }
    let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(call.body) else { return call.query() };
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Object(inner) => Some(inner.get("title")?.as_str()?.to_owned()),
        _ => None,
    };
    object.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

fn hmac<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Option<String> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(text);
    Some(HEXLOWER.encode(&mac.finalize().into_bytes()))
}

fn check_form(secrets: &HookSecrets, pairs: &[(String, String)], now: Timestamp) -> Option<Signed> {
    let secret = secrets.vonage_secret.as_ref()?.expose();
    let said = value(pairs, "sig")?.to_ascii_lowercase();
    // A name that comes twice would be read by its first value and signed by its last.
    let names: BTreeSet<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    (names.len() == pairs.len()).then_some(())?;
    let sorted: BTreeMap<&str, String> =
        pairs.iter().filter(|(name, _)| name != "sig").map(|(k, v)| (k.as_str(), v.replace(['&', '='], "_"))).collect();
    let text: String = sorted.iter().map(|(name, value)| format!("&{name}={value}")).collect();
    let (key, bytes) = (secret.as_bytes(), text.as_bytes());
    let ours = match secrets.vonage_signature {
        VonageSignature::Md5Hash => HEXLOWER.encode(&Md5::digest(format!("{text}{secret}"))),
        VonageSignature::Md5Hmac => hmac::<Hmac<Md5>>(key, bytes)?,
        VonageSignature::Sha1Hmac => hmac::<Hmac<Sha1>>(key, bytes)?,
        VonageSignature::Sha256Hmac => hmac::<Hmac<Sha256>>(key, bytes)?,
        VonageSignature::Sha512Hmac => hmac::<Hmac<Sha512>>(key, bytes)?,
    };
    bool::from(ours.as_bytes().ct_eq(said.as_bytes())).then_some(())?;
    is_near(value(pairs, "timestamp")?.parse().ok()?, now, FORM_FRESH).then_some(())?;
    Some(Signed { nonce: Some(format!("vonage:{}", value(pairs, "nonce")?)) })
}

fn is_near(seconds: i64, now: Timestamp, within: SignedDuration) -> bool {
    Timestamp::from_second(seconds).is_ok_and(|at| now.duration_since(at).abs() <= within)
}

#[derive(Deserialize)]
struct Head {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iat: i64,
    jti: String,
    iss: String,
    payload_hash: String,
    api_key: String,
}

fn check_token(secrets: &HookSecrets, call: &Call<'_>, token: &str, now: Timestamp) -> Option<Signed> {
    let secret = secrets.vonage_secret.as_ref()?.expose();
    let (text, said) = token.rsplit_once('.')?;
    let (head, claims) = text.split_once('.')?;
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
    let head: Head = serde_json::from_slice(&decode(head)?).ok()?;
    // The algorithm is ours to choose, not the caller's.
    (head.alg == "HS256").then_some(())?;
    let ours = hmac_sha256(secret.as_bytes(), text.as_bytes());
    bool::from(ours.as_slice().ct_eq(&decode(said)?)).then_some(())?;
    let claims: Claims = serde_json::from_slice(&decode(claims)?).ok()?;
    let body = HEXLOWER.encode(&Sha256::digest(call.body));
    let is_ours = claims.iss == "Vonage"
        && secrets.vonage_api_key.as_ref().is_none_or(|key| *key == claims.api_key)
        && is_near(claims.iat, now, TOKEN_FRESH)
        && bool::from(body.as_bytes().ct_eq(claims.payload_hash.to_ascii_lowercase().as_bytes()));
    is_ours.then(|| Signed { nonce: Some(format!("vonage:{}", claims.jti)) })
}

/// What a receipt of either API tells; None for a status that says nothing of the way to a phone.
pub(super) fn receipt(call: &Call<'_>) -> Option<Receipt> {
    let told = told(call);
    let word = value(&told, "status")?;
    let state = match word {
        "accepted" | "buffered" | "submitted" | "unknown" => State::Sent,
        "delivered" | "read" => State::Delivered,
        "expired" | "undeliverable" => State::Undelivered,
        "failed" | "rejected" => State::Failed,
        _ => return None,
    };
    let fits = |code: &&str| *code != "0" && code.len() < 8 && code.bytes().all(|b| b.is_ascii_digit());
    let messages: Vec<_> = CODES
        .iter()
        .filter_map(|(code, meaning)| match meaning {
            Meaning::Refused(reason) => Some((*code, *reason)),
            Meaning::Unclear => None,
        })
        .collect();
    let (code, table) = match value(&told, "err-code") {
        Some(code) => (Some(code), ERRORS.as_slice()),
        None => (value(&told, "error"), messages.as_slice()),
    };
    let code = code.filter(fits);
    let reason = meaning(Caller::Vonage, state, code, table);
    Some(Receipt {
        provider_id: Some(value(&told, "message_uuid").or_else(|| value(&told, "messageId"))?.to_owned()),
        state,
        code: code.map(str::to_owned),
        // It waited too long, whatever kept it from the phone.
        reason: if word == "expired" { Some(Reason::Expired) } else { reason },
    })
}

/// Who wrote what.
pub(super) fn answer(call: &Call<'_>) -> Option<(PhoneNumber, String)> {
    let told = told(call);
    let from = value(&told, "msisdn").or_else(|| value(&told, "from"))?;
    Some((number(from)?, value(&told, "text")?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::random::Secret;

    const FORM: &str = "msisdn=14155552671&to=Riverside&network-code=310090&messageId=0A0000000123ABCD1&price=0.00750000\
        &status=failed&scts=2611240015&err-code=14&api-key=abcd1234&client-ref=otp%3D42%26n%3D1\
        &message-timestamp=2026-11-24+00%3A15%3A00&timestamp=1795479300&nonce=ec11dd3e-1e7f-4db5-9467-82b02cd223b9";
    const BODY: &str = r#"{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab","to":"14155552671","from":"Riverside","timestamp":"2026-11-24T00:15:02Z","status":"delivered","channel":"sms","client_ref":"d-8f14e45f","destination":{"network_code":"310090"},"sms":{"count_total":"1"},"usage":{"currency":"EUR","price":"0.0333"}}"#;
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3OTU0NzkzMDIsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiNSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjZjYmUzYjYwYjIzMTk4ODI2ZDlmNWEwYjg0MzI1Yjc1MWExMmQ4YjE5NWU1MzQyNTliMGM4NjhlNTZmNTg1MGIiLCJhcGlfa2V5IjoiYWJjZDEyMzQiLCJhcHBsaWNhdGlvbl9pZCI6ImFhYWFhYWFhLWJiYmItY2NjYy1kZGRkLTAxMjM0NTY3ODlhYiJ9.BqD_ZwuxTP7vNsMwFoZrHOy9Ji864_Sqe3GHiyBWvh4";
    const TOKEN_SECRET: &str = "vonage-signature-secret-at-least-32-bytes";
    const ISSUED: i64 = 1_795_479_302;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn form(signature: VonageSignature, body: &str, now: i64) -> Option<Signed> {
        let secrets = HookSecrets {
            vonage_secret: Some(Secret::new("my_signature_secret_0123")),
            vonage_signature: signature,
            ..HookSecrets::default()
        };
        let call = Call { url: "https://x/".into(), body: body.as_bytes(), is_form: true, header: &|_| None };
        check(&secrets, &call, at(now))
    }

    fn token(secret: &str, key: &str, token: &str, body: &str, now: i64) -> Option<Signed> {
        let secrets = HookSecrets {
            vonage_secret: Some(Secret::new(secret)),
            vonage_api_key: Some(key.into()),
            ..HookSecrets::default()
        };
        let header = |name: &str| (name == "authorization").then(|| format!("Bearer {token}"));
        let call = Call { url: "https://x/".into(), body: body.as_bytes(), is_form: false, header: &header };
        check(&secrets, &call, at(now))
    }

    #[test]
    fn every_way_of_signing_a_form_fits_its_own_vector_alone() {
        use VonageSignature as By;
        let all = [
            (By::Md5Hash, "06c0b3790065f273bd68bb27cdbcdbb0"),
            (By::Md5Hmac, "fa2f66b78eddf81df2dcbd4de522f231"),
            (By::Sha1Hmac, "eaf5967acc4f395160fbefba28ac2e6e18eb7930"),
            (By::Sha256Hmac, "204e9ab093683a5dc75617553a7da1a1c2e111747fbb58890e2a619e7173e73c"),
            (
                By::Sha512Hmac,
                "5696d4685dfbe01fb3efc0d661eb420b0321dd392be0211cd8225e769fbcd70b7c4424a3156430867495975fdad844428c395c9ecdfb36e942472f88598cdf3f",
            ),
        ];
        for (by, _) in all {
            for (signer, signature) in all {
                let body = format!("{FORM}&sig={}", signature.to_uppercase());
                assert_eq!(form(by, &body, 1_795_479_400).is_some(), by == signer, "{by:?} {signer:?}");
            }
        }
        let body = format!("{FORM}&sig={}", all[3].1);
        assert!(form(By::Sha256Hmac, &body.replace("status=failed", "status=delivered"), 1_795_479_400).is_none());
        for twice in ["msisdn=1&text=STOP", "status=delivered"] {
            assert!(form(By::Sha256Hmac, &format!("{twice}&{body}"), 1_795_479_400).is_none(), "{twice} and again");
        }
        assert!(form(By::Sha256Hmac, &body, 1_795_479_300 + 90_000).is_none(), "a day old");
        assert!(form(By::Sha256Hmac, FORM, 1_795_479_400).is_none(), "unsigned");
        let nonce = form(By::Sha256Hmac, &body, 1_795_479_400).unwrap().nonce;
        assert_eq!(nonce.as_deref(), Some("vonage:ec11dd3e-1e7f-4db5-9467-82b02cd223b9"));
    }

    #[test]
    fn a_token_fits_its_body_its_secret_its_account_and_its_time() {
        let fits = |secret, key, body: &str, now| token(secret, key, TOKEN, body, now).is_some();
        assert!(fits(TOKEN_SECRET, "abcd1234", BODY, ISSUED));
        assert!(fits(TOKEN_SECRET, "abcd1234", BODY, ISSUED + 299));
        assert!(!fits(TOKEN_SECRET, "abcd1234", BODY, ISSUED + 301));
        assert!(!fits(TOKEN_SECRET, "abcd1234", BODY, ISSUED - 301));
        assert!(!fits(TOKEN_SECRET, "abcd1234", &BODY.replace("0.0333", "0.0334"), ISSUED));
        assert!(!fits("another-secret-of-at-least-32-bytes", "abcd1234", BODY, ISSUED));
        assert!(!fits(TOKEN_SECRET, "dcba4321", BODY, ISSUED));
    }

    #[test]
    fn a_token_does_not_choose_its_algorithm() {
        let (_, rest) = TOKEN.split_once('.').unwrap();
        let (claims, signature) = rest.split_once('.').unwrap();
        for head in [r#"{"alg":"none"}"#, r#"{"alg":"RS256","typ":"JWT"}"#, r#"{"alg":"HS512"}"#] {
            let text = format!("{}.{claims}", BASE64URL_NOPAD.encode(head.as_bytes()));
            let signed = BASE64URL_NOPAD.encode(&hmac_sha256(TOKEN_SECRET.as_bytes(), text.as_bytes()));
            for signature in ["", signature, &signed] {
                let forged = format!("{text}.{signature}");
                assert!(token(TOKEN_SECRET, "abcd1234", &forged, BODY, ISSUED).is_none(), "{head}");
            }
        }
    }

    #[test]
    fn both_apis_tell_the_same_things() {
        let call = Call { url: "https://x/".into(), body: BODY.as_bytes(), is_form: false, header: &|_| None };
        let told = receipt(&call).unwrap();
        assert_eq!(
            (told.provider_id.as_deref(), told.state),
            (Some("aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"), State::Delivered)
        );
        let call = Call { url: "https://x/".into(), body: FORM.as_bytes(), is_form: true, header: &|_| None };
        let told = receipt(&call).unwrap();
        assert_eq!((told.provider_id.as_deref(), told.state), (Some("0A0000000123ABCD1"), State::Failed));
        assert_eq!(told.code.as_deref(), Some("14"));
    }

    fn reason(body: &str, is_form: bool) -> Option<Reason> {
        let call = Call { url: "https://x/".into(), body: body.as_bytes(), is_form, header: &|_| None };
        receipt(&call).unwrap().reason
    }

    #[test]
    fn each_error_of_a_failed_text_says_why_and_none_says_so_of_a_success() {
        let rows = [
            (2, Some(Reason::HandsetUnreachable)),
            (3, Some(Reason::UnknownSubscriber)),
            (4, Some(Reason::OptedOut)),
            (5, Some(Reason::Unroutable)),
            (6, Some(Reason::CarrierBlocked)),
            (7, Some(Reason::HandsetUnreachable)),
            (8, Some(Reason::HandsetUnreachable)),
            (9, Some(Reason::OptedOut)),
            (11, Some(Reason::Unroutable)),
            (12, Some(Reason::InvalidNumber)),
            (14, Some(Reason::Landline)),
            (50, Some(Reason::ConfigError)),
            (51, Some(Reason::SenderMisconfigured)),
            (52, Some(Reason::ConfigError)),
            (53, Some(Reason::ConfigError)),
            (54, Some(Reason::ConfigError)),
            // 1 and 99: Vonage does not know either; 10, 13, 15 are of one text and one plan, not of a way there.
            (1, None),
            (10, None),
            (13, None),
            (15, None),
            (99, None),
        ];
        for (code, expected) in rows {
            let told = |state| reason(&format!("messageId=1&status={state}&err-code={code}"), true);
            assert_eq!((told("failed"), told("rejected"), told("delivered")), (expected, expected, None), "{code}");
            assert_eq!(told("expired"), Some(Reason::Expired), "{code}");
        }
        assert_eq!(
            ERRORS.len(),
            rows.iter().filter(|(_, reason)| reason.is_some()).count(),
            "each stands in this test"
        );
    }

    #[test]
    fn each_error_of_a_failed_message_says_why() {
        let told = |state: &str, code: &str| {
            reason(&format!(r#"{{"message_uuid":"1","status":"{state}","error":{{"title":"{code}"}}}}"#), false)
        };
        for (code, meaning) in CODES {
            let expected = match meaning {
                Meaning::Refused(reason) => Some(reason),
                Meaning::Unclear => None,
            };
            for state in ["rejected", "undeliverable"] {
                assert_eq!(told(state, &code.to_string()), expected, "{state} {code}");
            }
            assert_eq!(told("submitted", &code.to_string()), None, "{code}");
        }
        assert_eq!(told("rejected", "1180"), Some(Reason::HandsetUnreachable));
        assert_eq!((told("rejected", "9999"), told("rejected", "none")), (None, None));
    }
}
