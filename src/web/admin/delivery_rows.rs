//! Texts and calls one by one, in words, for the pages about delivery.

use crate::clock::SignedDuration;
use crate::messaging::dispatches::figures::{Text, Try};
use crate::web::account::when;
use crate::web::layout::Layout;
use crate::words::Words;

/// How many are listed.
pub(super) const LISTED: i64 = 50;

/// One attempt, in words.
pub(super) struct Attempt {
    pub(super) gateway: String,
    pub(super) at: String,
    pub(super) said: String,
    pub(super) detail: String,
}

/// One text, in words. `kind` is the status's.
pub(super) struct Row {
    pub(super) when: String,
    pub(super) what: String,
    pub(super) last2: String,
    pub(super) country: String,
    pub(super) kind: &'static str,
    pub(super) state: String,
    pub(super) attempts: Vec<Attempt>,
}

/// A span with one digit after the point: seconds.
pub(super) fn seconds(words: &Words, span: SignedDuration) -> String {
    words.with("delivery-seconds").arg("n", format!("{:.1}", span.as_secs_f64())).to_string()
}

pub(super) fn country(words: &Words, code: &str) -> String {
    if code.is_empty() { words.t("delivery-country-unknown") } else { code.to_owned() }
}

/// A gateway's name, and that it called.
pub(super) fn gateway(words: &Words, name: &str, by_call: bool) -> String {
    if by_call { words.with("delivery-by_call").arg("gateway", name).to_string() } else { name.to_owned() }
}

/// A gateway's answer or receipt, in words.
fn said(words: &Words, tried: &Try) -> String {
    words.t(match (tried.receipt.as_deref(), tried.outcome.as_deref()) {
        (Some("delivered"), _) => "delivery-arrived",
        (Some("undelivered" | "failed"), _) => "delivery-not_delivered",
        (Some("sent"), _) => "delivery-on_network",
        (_, Some("accepted")) if tried.reason.as_deref() == Some("silence") => "delivery-silent",
        (_, Some("accepted")) => "delivery-sent",
        (_, Some("later")) => "delivery-later",
        (_, Some("never")) => "delivery-refused",
        (_, Some("unknown")) => "delivery-no_answer",
        (_, Some("dropped")) => "delivery-dropped",
        (Some(_), _) => "delivery-sent",
        (None, _) => "delivery-waiting",
    })
}

fn attempt(layout: &Layout, tried: &Try) -> Attempt {
    let words = &layout.words;
    let took = tried.receipt_at.map(|at| seconds(words, at.duration_since(tried.started_at)));
    let why = tried.code.clone().or_else(|| tried.reason.clone().filter(|reason| reason != "silence"));
    Attempt {
        gateway: gateway(words, &tried.gateway, tried.by_call),
        at: layout.time(&tried.started_at),
        said: said(words, tried),
        detail: [took, why].into_iter().flatten().collect::<Vec<_>>().join(", "),
    }
}

pub(super) fn row(layout: &Layout, text: &Text) -> Row {
    let words = &layout.words;
    let told = text.tries.last().and_then(|tried| tried.receipt.as_deref());
    let (kind, state) = match (text.arrived_at, text.outcome.as_deref(), told) {
        (Some(_), ..) => ("ok", "delivery-arrived"),
        (None, Some(_), Some("undelivered" | "failed")) => ("danger", "delivery-not_delivered"),
        (None, Some("sent"), _) => ("info", "delivery-sent"),
        (None, None, _) => ("quiet", "delivery-waiting"),
        (None, Some("dropped"), _) => ("quiet", "delivery-dropped"),
        (None, Some("opted_out"), _) => ("warn", "delivery-opted_out"),
        (None, Some("late"), _) => ("danger", "delivery-late"),
        (None, Some("unknown"), _) => ("danger", "delivery-no_answer"),
        (None, Some(_), _) => ("danger", "delivery-failed"),
    };
    let what = match text.template.as_str() {
        template if template.starts_with("code_") => "delivery-code",
        "test" => "delivery-test",
        _ => "delivery-notice",
    };
    Row {
        when: when(layout, text.queued_at),
        what: words.t(what),
        last2: text.last2.clone().unwrap_or_else(|| "••".into()),
        country: country(words, text.country.as_deref().unwrap_or_default()),
        kind,
        state: words.t(state),
        attempts: text.tries.iter().map(|tried| attempt(layout, tried)).collect(),
    }
}
