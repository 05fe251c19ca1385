//! How the generic gateway calls back: an aggregator's receipts and incoming texts, described by the operator.
//!
//! | verified by   | what fits                                                                          |
//! |---------------|------------------------------------------------------------------------------------|
//! | `hmac-sha256` | hex of HMAC-SHA-256 over the time, a dot, and the body (or the query), within 300 s|
//! | `basic`       | user and password                                                                  |
//! | `token`       | nothing but the 128 random bits in the attempt's own address                       |

use std::collections::BTreeMap;

use super::Lookup;
use super::http_gateway::{errors, is_header_name, is_header_value};
use crate::crypto::random::Secret;

/// The words that a status may be told to mean.
const STATE_WORDS: [&str; 6] = ["queued", "sent", "delivered", "undelivered", "failed", "expired"];

/// How a call carries what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptFormat {
    /// A JSON body: places are JSON Pointers.
    Json,
    /// A form-encoded body: places are field names.
    Form,
    /// The address's query: places are field names.
    Query,
}

/// How a call is verified.
#[derive(Clone, Debug)]
pub enum ReceiptVerify {
    /// Signature and time in headers, whose names are kept in lower case.
    Hmac {
        /// The signature's header.
        header: String,
        /// The header of the time, in Unix seconds.
        timestamp_header: String,
        /// The key.
        secret: Secret,
    },
    /// User and password.
    Basic(String, Secret),
    /// The token in the address alone.
    Token,
}

/// Where an incoming text stands in its call.
#[derive(Clone, Debug)]
pub struct InboundPlaces {
    /// Who wrote.
    pub from: String,
    /// What.
    pub text: String,
}

/// The settings of the generic gateway's calls.
#[derive(Clone, Debug)]
pub struct HttpReceipts {
    /// `SALUS_HTTP_GATEWAY_RECEIPT_FORMAT`: `json` unless set.
    pub format: ReceiptFormat,
    /// `SALUS_HTTP_GATEWAY_RECEIPT_ID`: where the message's id stands, the gateway's or our `{ref}`.
    pub id: Option<String>,
    /// `SALUS_HTTP_GATEWAY_RECEIPT_STATUS`: where its word of the state stands. Without it no receipt is taken.
    pub status: String,
    /// `SALUS_HTTP_GATEWAY_RECEIPT_MAP`: the gateway's words and ours.
    pub map: BTreeMap<String, String>,
    /// `SALUS_HTTP_GATEWAY_RECEIPT_CODE`: where the code of a failure stands.
    pub code: Option<String>,
    /// `SALUS_HTTP_GATEWAY_RECEIPT_ERRORS`: codes and the words of the reasons that they mean.
    pub errors: Vec<(String, String)>,
    /// `SALUS_HTTP_GATEWAY_RECEIPT_VERIFY` and what it needs.
    pub verify: ReceiptVerify,
    /// `SALUS_HTTP_GATEWAY_INBOUND_FROM` and `SALUS_HTTP_GATEWAY_INBOUND_TEXT`.
    pub inbound: Option<InboundPlaces>,
}

const STATUS: &str = "SALUS_HTTP_GATEWAY_RECEIPT_STATUS";

impl HttpReceipts {
    /// None where no receipt is described.
    pub(super) fn read(vars: &mut Lookup) -> Option<Self> {
        let format = match vars.choice("SALUS_HTTP_GATEWAY_RECEIPT_FORMAT", "json", &["json", "form", "query"]).as_str()
        {
            "form" => ReceiptFormat::Form,
            "query" => ReceiptFormat::Query,
            _ => ReceiptFormat::Json,
        };
        let status = place(vars, STATUS, format);
        let id = place(vars, "SALUS_HTTP_GATEWAY_RECEIPT_ID", format);
        let code = place(vars, "SALUS_HTTP_GATEWAY_RECEIPT_CODE", format);
        let errors = errors(vars, "SALUS_HTTP_GATEWAY_RECEIPT_ERRORS");
        let from = place(vars, "SALUS_HTTP_GATEWAY_INBOUND_FROM", format);
        let text = place(vars, "SALUS_HTTP_GATEWAY_INBOUND_TEXT", format);
        let Some(status) = status else {
            for (name, set) in [
                ("SALUS_HTTP_GATEWAY_RECEIPT_ID", id.is_some()),
                ("SALUS_HTTP_GATEWAY_RECEIPT_CODE", code.is_some()),
                ("SALUS_HTTP_GATEWAY_RECEIPT_ERRORS", !errors.is_empty()),
                ("SALUS_HTTP_GATEWAY_INBOUND_FROM", from.is_some()),
                ("SALUS_HTTP_GATEWAY_INBOUND_TEXT", text.is_some()),
            ] {
                if set {
                    vars.problem(name, &format!("goes with {STATUS}"), "say where a receipt's status stands");
                }
            }
            return None;
        };
        if errors.is_empty() == code.is_some() {
            let cure = "set both or neither of the two";
            vars.problem("SALUS_HTTP_GATEWAY_RECEIPT_ERRORS", "goes with SALUS_HTTP_GATEWAY_RECEIPT_CODE", cure);
        }
        let map = map(vars);
        let verify = verify(vars);
        let inbound = match (from, text) {
            (Some(from), Some(text)) => Some(InboundPlaces { from, text }),
            (None, None) => None,
            _ => {
                let cure = "say both where the number and where the text stands, or neither";
                vars.problem("SALUS_HTTP_GATEWAY_INBOUND_FROM", "goes with SALUS_HTTP_GATEWAY_INBOUND_TEXT", cure);
                None
            }
        };
        if inbound.is_some() && matches!(verify, Some(ReceiptVerify::Token)) {
            let cure = "everybody may know the address for incoming texts: verify by hmac-sha256 or basic";
            vars.problem("SALUS_HTTP_GATEWAY_RECEIPT_VERIFY", "does not verify incoming texts", cure);
        }
        Some(Self { format, id, status, map, code, errors, verify: verify?, inbound })
    }
}

/// A JSON Pointer, or a field's name.
fn place(vars: &mut Lookup, name: &str, format: ReceiptFormat) -> Option<String> {
    let place = vars.optional(name)?;
    match (format, place.starts_with('/')) {
        (ReceiptFormat::Json, false) => {
            vars.problem(name, "is no JSON Pointer", "begin it with a slash, like /message/status");
        }
        (ReceiptFormat::Form | ReceiptFormat::Query, true) => {
            vars.problem(name, "is no field's name", "write the name alone, or set the format to json");
        }
        _ => {}
    }
    Some(place)
}

fn map(vars: &mut Lookup) -> BTreeMap<String, String> {
    const NAME: &str = "SALUS_HTTP_GATEWAY_RECEIPT_MAP";
    let read = vars.optional(NAME).and_then(|text| serde_json::from_str::<BTreeMap<String, String>>(&text).ok());
    match read.filter(|map| !map.is_empty() && map.values().all(|word| STATE_WORDS.contains(&word.as_str()))) {
        Some(map) => map,
        None => {
            let cure =
                format!(r#"write a JSON object like {{"DELIVRD":"delivered"}}; words: {}"#, STATE_WORDS.join(", "));
            vars.problem(NAME, "does not say what the gateway's words mean", &cure);
            BTreeMap::new()
        }
    }
}

fn header(vars: &mut Lookup, name: &str, default: &str) -> String {
    let header = vars.text(name, default);
    if !is_header_name(&header) {
        vars.problem(name, "is no header's name", &format!("write it like {default}"));
    }
    header.to_ascii_lowercase()
}

fn verify(vars: &mut Lookup) -> Option<ReceiptVerify> {
    const SECRET: &str = "SALUS_HTTP_GATEWAY_RECEIPT_SECRET";
    const USER: &str = "SALUS_HTTP_GATEWAY_RECEIPT_USER";
    let kind = vars.choice("SALUS_HTTP_GATEWAY_RECEIPT_VERIFY", "hmac-sha256", &["hmac-sha256", "basic", "token"]);
    if kind == "token" {
        return Some(ReceiptVerify::Token);
    }
    let secret = vars.secret(SECRET);
    if !secret.as_ref().is_some_and(|secret| secret.expose().len() >= 16 && is_header_value(secret.expose())) {
        vars.problem(SECRET, "is not 16 plain letters or more", "set it to what the gateway signs or signs in with");
    }
    if kind == "basic" {
        let user = vars.optional(USER);
        if !user.as_ref().is_some_and(|user| is_header_value(user) && !user.contains(':')) {
            vars.problem(USER, "is not set, or holds a colon", "set the user that the gateway signs in as");
        }
        return Some(ReceiptVerify::Basic(user?, secret?));
    }
    Some(ReceiptVerify::Hmac {
        header: header(vars, "SALUS_HTTP_GATEWAY_RECEIPT_HEADER", "X-Signature"),
        timestamp_header: header(vars, "SALUS_HTTP_GATEWAY_RECEIPT_TIMESTAMP_HEADER", "X-Timestamp"),
        secret: secret?,
    })
}
