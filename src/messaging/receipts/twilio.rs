//! Twilio's calls: `X-Twilio-Signature`, status callbacks and incoming texts.
//!
//! What is signed is the address, then each decoded form parameter's name and value, sorted by name, a repeated name's
//! values once each and sorted; the signature is base64 of HMAC-SHA-1 under the account's token. A body that is no form
//! is named in the address by its SHA-256. With a shared key the same text is signed by HMAC-SHA-256, as a header says.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use super::{Call, Caller, Receipt, Signed, State, meaning, number, value};
use crate::config::HookSecrets;
use crate::messaging::gateways::twilio::CODES;
use crate::types::phone::PhoneNumber;

/// The header in which a shared key's algorithm is named.
const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

/// The signature, if it is Twilio's.
pub(super) fn check(secrets: &HookSecrets, call: &Call<'_>) -> Option<Signed> {
    let said = call.header("x-twilio-signature")?;
    let shared = match call.header(SETTINGS) {
        Some(settings) => {
            // Only what is set up counts: a caller does not choose how it is checked.
            let algorithm = settings.split(',').find_map(|part| part.trim().strip_prefix("algorithm="))?.to_owned();
            (algorithm == "HMAC_SHA256").then_some(())?;
            Some(secrets.twilio_shared_key.as_ref()?)
        }
        None => None,
    };
    let token = secrets.twilio_token.as_ref();
    let tail = if call.is_form {
        form_tail(&call.form())
    } else if call.body.is_empty() {
        String::new()
    } else {
        let query = call.query();
        let named = value(&query, "bodySHA256")?;
        let body = HEXLOWER.encode(&Sha256::digest(call.body));
        bool::from(body.as_bytes().ct_eq(named.to_ascii_lowercase().as_bytes())).then_some(())?;
        String::new()
    };
    let mut fits = false;
    for url in spellings(&call.url) {
        let text = format!("{url}{tail}");
        let ours = match shared {
            Some(key) => BASE64.encode(&hmac_sha256(key.expose().as_bytes(), text.as_bytes())),
            None => {
                let mut mac = Hmac::<Sha1>::new_from_slice(token?.expose().as_bytes()).ok()?;
                mac.update(text.as_bytes());
                BASE64.encode(&mac.finalize().into_bytes())
            }
        };
        fits |= bool::from(ours.as_bytes().ct_eq(said.trim().as_bytes()));
    }
    fits.then_some(Signed { nonce: None })
}

pub(super) fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

fn form_tail(form: &[(String, String)]) -> String {
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in form {
        sorted.entry(name).or_default().insert(value);
    }
    sorted.iter().flat_map(|(name, values)| values.iter().map(move |value| format!("{name}{value}"))).collect()
}

/// The address as it is, and with the port of its scheme written out: the provider signs one or the other.
fn spellings(address: &str) -> Vec<String> {
    let mut all = vec![address.to_owned()];
    if let Ok(url) = Url::parse(address)
        && let (Some(host), None, Some(port)) = (url.host_str(), url.port(), url.port_or_known_default())
        && let Some(rest) = address.strip_prefix(&format!("{}://{host}", url.scheme()))
    {
        all.push(format!("{}://{host}:{port}{rest}", url.scheme()));
    }
    all
}

/// What a status callback tells; None for a status that says nothing of the way to a phone.
pub(super) fn receipt(call: &Call<'_>) -> Option<Receipt> {
    let form = call.form();
    let state = match value(&form, "MessageStatus").or_else(|| value(&form, "SmsStatus"))? {
        "accepted" | "scheduled" | "queued" | "sending" => State::Queued,
        "sent" => State::Sent,
        "delivered" | "read" => State::Delivered,
        "undelivered" => State::Undelivered,
        "failed" | "canceled" => State::Failed,
        _ => return None,
    };
    let code = value(&form, "ErrorCode").filter(|code| code.bytes().all(|b| b.is_ascii_digit()) && code.len() < 8);
    let code = code.filter(|code| !code.is_empty());
    Some(Receipt {
        provider_id: Some(value(&form, "MessageSid").or_else(|| value(&form, "SmsSid"))?.to_owned()),
        state,
        code: code.map(str::to_owned),
        // Twilio numbers what it finds at once and what networks tell later in one dictionary.
        reason: meaning(Caller::Twilio, state, code, &CODES),
    })
}

/// Who wrote what. Where the provider has recognised a STOP or START itself, it says so beside the text; a HELP that it
/// recognised it has answered.
pub(super) fn answer(call: &Call<'_>) -> Option<(PhoneNumber, String)> {
    let form = call.form();
    let known = value(&form, "OptOutType").filter(|kind| !kind.is_empty());
    if known == Some("HELP") {
        return None;
    }
    let text = known.or_else(|| value(&form, "Body"))?;
    Some((number(value(&form, "From")?)?, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::random::Secret;
    use crate::messaging::reason::Reason;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    const T1: &str = "https://portal.example.org/webhooks/sms/twilio?d=8f14e45f";
    const FORM: &str = "MessageSid=SM00112233445566778899aabbccddeeff&SmsSid=SM00112233445566778899aabbccddeeff\
        &AccountSid=AC0123456789abcdef0123456789abcdef&MessageStatus=undelivered&SmsStatus=undelivered\
        &ErrorCode=30006&To=%2B14155552671&From=%2B15005550006&ApiVersion=2010-04-01";

    fn fits(token: &str, url: &str, body: &str, is_form: bool, headers: &[(&str, &str)]) -> bool {
        let secrets = HookSecrets {
            twilio_token: Some(Secret::new(token)),
            twilio_shared_key: Some(Secret::new("sharedkey-secret-1")),
            ..HookSecrets::default()
        };
        let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
        check(&secrets, &Call { url: url.into(), body: body.as_bytes(), is_form, header: &header }).is_some()
    }

    fn signed(signature: &str) -> [(&str, &str); 1] {
        [("x-twilio-signature", signature)]
    }

    #[test]
    fn the_providers_signatures_fit_and_no_other_body_does() {
        let (plain, with_port) = ("c2dVl64zZD6vQjpIK/jlxqQzZig=", "/DwyNBlT/dzBrpfKLk4tUvK3Zfo=");
        assert!(fits(TOKEN, T1, FORM, true, &signed(plain)));
        assert!(fits(TOKEN, T1, FORM, true, &signed(with_port)));
        for (url, body) in [
            (T1, FORM.replace("undelivered", "delivered")),
            (T1, format!("{FORM}&More=1")),
            ("https://portal.example.org/webhooks/sms/twilio?d=8f14e450", FORM.to_owned()),
        ] {
            assert!(!fits(TOKEN, url, &body, true, &signed(plain)), "{url} {body}");
        }
        assert!(!fits("another token", T1, FORM, true, &signed(plain)));
        assert!(!fits(TOKEN, T1, FORM, true, &signed("")));
        assert!(!fits(TOKEN, T1, FORM, true, &[]));
        assert!(!fits(TOKEN, T1, FORM, false, &signed(plain)), "a form that calls itself something else");
        let public =
            "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert!(fits("12345", url, public, true, &signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=")));
    }

    #[test]
    fn repeated_names_and_foreign_letters_are_signed_as_the_provider_signs_them() {
        let body = "MessageSid=SM1&Tag=b&Tag=a&Tag=a&Body=clave+%C3%B1+%26+%3D+%2B1";
        assert!(fits(TOKEN, "https://portal.example.org/t", body, true, &signed("ZLeIrC5nkgF7qSpLQ07qQY0q0xU=")));
    }

    #[test]
    fn a_body_that_is_no_form_is_bound_by_its_digest() {
        let url = format!("{T1}&bodySHA256=a7d4257df1517c462039cee52fbe6da71cfcbce14061e871bc09df93f75590b5");
        let sent = signed("78xxvait9Pa9f1O8K+8XpGcvFtM=");
        assert!(fits(TOKEN, &url, r#"{"status":"delivered","n":1}"#, false, &sent));
        assert!(!fits(TOKEN, &url, r#"{"status":"delivered","n":2}"#, false, &sent));
    }

    #[test]
    fn a_shared_key_is_used_only_with_the_algorithm_that_is_set_up() {
        let signature = "VRMimOISvzhoxSq2A703uOgoJ3pTk3fmV1rGYE/8S3w=";
        let with = |settings| [("x-twilio-signature", signature), (SETTINGS, settings)];
        assert!(fits(TOKEN, T1, FORM, true, &with("key=k1,algorithm=HMAC_SHA256")));
        assert!(!fits(TOKEN, T1, FORM, true, &with("key=k1,algorithm=HMAC_MD5")));
        assert!(!fits(TOKEN, T1, FORM, true, &with("key=k1")));
        assert!(!fits(TOKEN, T1, FORM, true, &signed(signature)), "without the header the account's token decides");
    }

    #[test]
    fn each_code_of_a_failure_says_why_and_none_says_so_of_a_success() {
        let told = |state: &str, code: &str| {
            let body = format!("MessageSid=SM1&MessageStatus={state}&ErrorCode={code}");
            receipt(&Call { url: T1.into(), body: body.as_bytes(), is_form: true, header: &|_| None }).unwrap().reason
        };
        for (code, reason) in [
            ("30002", Some(Reason::InsufficientFunds)),
            ("30003", Some(Reason::HandsetUnreachable)),
            ("30004", Some(Reason::CarrierBlocked)),
            ("30005", Some(Reason::UnknownSubscriber)),
            ("30006", Some(Reason::Landline)),
            ("30007", Some(Reason::CarrierBlocked)),
            ("30036", Some(Reason::Expired)),
            ("30450", Some(Reason::FraudBlocked)),
            ("30453", Some(Reason::FraudBlocked)),
            ("21610", Some(Reason::OptedOut)),
            // Neither says what it was: one is unknown to the network, the other to us.
            ("30008", None),
            ("39999", None),
            ("", None),
            ("x30006", None),
        ] {
            for state in ["failed", "undelivered"] {
                assert_eq!(told(state, code), reason, "{state} {code}");
            }
            assert_eq!((told("sent", code), told("delivered", code)), (None, None), "{code}");
        }
    }
}
