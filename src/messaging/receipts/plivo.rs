//! Plivo's calls: V2 signatures on messages, V3 on voice, and V3 on messages where it comes.
//!
//! V2 covers the address without its query, and a nonce; not the body. So the token stands in the path, a nonce counts
//! once, and an incoming text, whose address everybody may know, needs V3.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use subtle::ConstantTimeEq;

use super::twilio::hmac_sha256;
use super::{Call, Caller, Receipt, Signed, State, meaning, number, value};
use crate::config::HookSecrets;
use crate::messaging::reason::Reason;
use crate::types::phone::PhoneNumber;

/// Plivo's `ErrorCode` in a receipt, from its list of message error codes.
pub const CODES: [(i64, Reason); 16] = [
    // Landlines too: Plivo does not tell them apart.
    (50, Reason::InvalidNumber),
    (200, Reason::OptedOut),
    (30, Reason::CarrierBlocked),
    (100, Reason::CarrierBlocked),
    (451, Reason::FraudBlocked),
    (450, Reason::GeoBlocked),
    (70, Reason::UnknownSubscriber),
    (80, Reason::HandsetUnreachable),
    (20, Reason::HandsetUnreachable),
    (90, Reason::Unroutable),
    (40, Reason::SenderMisconfigured),
    (900, Reason::InsufficientFunds),
    (420, Reason::Expired),
    (10, Reason::ConfigError),
    (110, Reason::ConfigError),
    (201, Reason::ConfigError),
];

/// The signature, if it is Plivo's.
pub(super) fn check(secrets: &HookSecrets, call: &Call<'_>) -> Option<Signed> {
    let key = secrets.plivo_token.as_ref()?.expose().as_bytes();
    if let Some(nonce) = call.header("x-plivo-signature-v3-nonce") {
        let ours = sign(key, &format!("{}.{nonce}", v3_text(call)));
        return is_said(call, &ours, "x-plivo-signature-v3", "x-plivo-signature-ma-v3").then(|| once(&nonce));
    }
    if is_answer(call) {
        return None;
    }
    let nonce = call.header("x-plivo-signature-v2-nonce")?;
    let ours = sign(key, &format!("{}{nonce}", call.parts().0));
    is_said(call, &ours, "x-plivo-signature-v2", "x-plivo-signature-ma-v2").then(|| once(&nonce))
}

fn once(nonce: &str) -> Signed {
    Signed { nonce: Some(format!("plivo:{nonce}")) }
}

/// Whether the call brings what somebody wrote to us.
fn is_answer(call: &Call<'_>) -> bool {
    call.parts().0.ends_with("/inbound")
}

fn sign(key: &[u8], text: &str) -> String {
    BASE64.encode(&hmac_sha256(key, text.as_bytes()))
}

/// Whether one of the signatures in either header is ours; a header may hold several.
fn is_said(call: &Call<'_>, ours: &str, account: &str, main: &str) -> bool {
    let said: Vec<String> = [account, main].into_iter().filter_map(|name| call.header(name)).collect();
    let parts = said.iter().flat_map(|header| header.split(','));
    parts.fold(false, |fits, part| fits | bool::from(part.trim().as_bytes().ct_eq(ours.as_bytes())))
}

fn sorted(pairs: Vec<(String, String)>, between: &str, joined: &str) -> String {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in pairs {
        all.entry(name).or_default().push(value);
    }
    let mut parts = Vec::new();
    for (name, mut values) in all {
        values.sort();
        parts.extend(values.into_iter().map(|value| format!("{name}{between}{value}")));
    }
    parts.join(joined)
}

fn v3_text(call: &Call<'_>) -> String {
    let (query, body) = (sorted(call.query(), "=", "&"), sorted(call.form(), "", ""));
    let address = call.parts().0;
    match (query.is_empty(), body.is_empty()) {
        (true, true) => address.to_owned(),
        (false, false) => format!("{address}?{query}.{body}"),
        _ => format!("{address}?{query}{body}"),
    }
}

/// What a receipt tells; None for a status that says nothing of the way to a phone.
pub(super) fn receipt(call: &Call<'_>) -> Option<Receipt> {
    let form = call.form();
    let state = match value(&form, "Status")? {
        "queued" => State::Queued,
        "sent" => State::Sent,
        "delivered" | "read" => State::Delivered,
        "undelivered" => State::Undelivered,
        "failed" | "rejected" => State::Failed,
        _ => return None,
    };
    let code = value(&form, "ErrorCode").filter(|code| code.len() < 8 && code.bytes().all(|b| b.is_ascii_digit()));
    let code = code.filter(|code| !code.bytes().all(|b| b == b'0'));
    Some(Receipt {
        provider_id: Some(value(&form, "MessageUUID")?.to_owned()),
        state,
        code: code.map(str::to_owned),
        reason: meaning(Caller::Plivo, state, code, &CODES),
    })
}

/// Who wrote what.
pub(super) fn answer(call: &Call<'_>) -> Option<(PhoneNumber, String)> {
    let form = call.form();
    Some((number(value(&form, "From")?)?, value(&form, "Text")?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::random::Secret;

    const NONCE: &str = "05429567804466091622";
    const U: &str = "https://portal.example.org/webhooks/sms/plivo?d=8f14e45f";
    const C: &str = "CallUUID=9834029e-58b6-11e1-b8b7-a5bd0e4e126f&From=15005550006&To=14155552671&CallStatus=completed\
        &Direction=outbound&Event=Hangup&HangupCause=NORMAL_CLEARING";

    fn fits(version: &str, url: &str, body: &str, nonce: &str, signature: &str) -> bool {
        let secrets =
            HookSecrets { plivo_token: Some(Secret::new("plivo_auth_token_0123456789")), ..HookSecrets::default() };
        let header = |name: &str| match name.strip_prefix("x-plivo-signature-")? {
            known if known == version => Some(signature.to_owned()),
            known if known == format!("{version}-nonce") => Some(nonce.to_owned()),
            _ => None,
        };
        check(&secrets, &Call { url: url.into(), body: body.as_bytes(), is_form: true, header: &header }).is_some()
    }

    #[test]
    fn v2_covers_the_address_and_the_nonce() {
        let signature = "zoRHtNmQ3AiDyyAhzGUcJSGNoeQ3tAnu0fA3ZsBMeyE=";
        assert!(fits("v2", U, C, NONCE, signature));
        assert!(!fits("v2", &U.replace("sms", "voice"), C, NONCE, signature));
        assert!(!fits("v2", U, C, "05429567804466091623", signature));
    }

    #[test]
    fn v3_covers_query_and_body_too() {
        let both = "LETbw1LNIh+hH+2gux2DifjT70bS5l8q0CHLGbVYYSY=";
        assert!(fits("v3", U, C, NONCE, both));
        assert!(fits("v3", U, C, NONCE, &format!("AAAA,{both}")));
        assert!(!fits("v3", U, &C.replace("completed", "busy"), NONCE, both));
        assert!(!fits("v3", &U.replace("8f14", "8f15"), C, NONCE, both));
        let voice = "https://portal.example.org/webhooks/voice/plivo";
        assert!(fits("v3", voice, C, NONCE, "pwTfss98gUsBsCsq79tn1bLqJfGH4w3nmXFYFAebKMQ="));
        assert!(fits("v3", U, "", NONCE, "/t02HwCyqC9Nx8zKB1PxB8ueSxRsL3eKUrqbNK7hc04="));
        assert!(!fits("v2", U, C, NONCE, both), "a signature of one version is none of the other");
    }

    #[test]
    fn what_people_write_needs_the_signature_that_covers_it() {
        let inbound = "https://portal.example.org/webhooks/plivo/inbound";
        let body = "From=14155552671&Text=STOP";
        let key = b"plivo_auth_token_0123456789";
        assert!(!fits("v2", inbound, body, NONCE, &sign(key, &format!("{inbound}{NONCE}"))));
        let text = format!("{inbound}?From14155552671TextSTOP.{NONCE}");
        assert!(fits("v3", inbound, body, NONCE, &sign(key, &text)));
    }

    #[test]
    fn each_code_of_a_failure_says_why_and_none_says_so_of_a_success() {
        let told = |state: &str, code: &str| {
            let body = format!("MessageUUID=1&Status={state}&ErrorCode={code}");
            receipt(&Call { url: U.into(), body: body.as_bytes(), is_form: true, header: &|_| None }).unwrap().reason
        };
        let rows = [
            (10, Some(Reason::ConfigError)),
            (20, Some(Reason::HandsetUnreachable)),
            (30, Some(Reason::CarrierBlocked)),
            (40, Some(Reason::SenderMisconfigured)),
            (50, Some(Reason::InvalidNumber)),
            (70, Some(Reason::UnknownSubscriber)),
            (80, Some(Reason::HandsetUnreachable)),
            (90, Some(Reason::Unroutable)),
            (100, Some(Reason::CarrierBlocked)),
            (110, Some(Reason::ConfigError)),
            (200, Some(Reason::OptedOut)),
            (201, Some(Reason::ConfigError)),
            (420, Some(Reason::Expired)),
            (450, Some(Reason::GeoBlocked)),
            (451, Some(Reason::FraudBlocked)),
            (900, Some(Reason::InsufficientFunds)),
            // 300: Plivo does not know either; 60 and 1000 may mean anything.
            (300, None),
            (60, None),
            (1000, None),
        ];
        for (code, reason) in rows {
            for state in ["failed", "undelivered", "rejected"] {
                assert_eq!(told(state, &code.to_string()), reason, "{state} {code}");
            }
            assert_eq!(told("delivered", &code.to_string()), None, "{code}");
        }
        assert_eq!(told("failed", "000"), None);
        assert_eq!(CODES.len(), rows.iter().filter(|(_, reason)| reason.is_some()).count(), "each stands in this test");
    }
}
