//! The sign-in history as a table: `templates/account/history.html` shows it to its owner and to an admin.

use crate::audit::Recorded;
use crate::auth::opening::PASSWORD_AND_PASSKEY;
use crate::auth::sessions::EVERYWHERE;
use crate::clock::{Timestamp, from_ms};
use crate::types::factor_kind::FactorKind;
use crate::types::ids::EventId;
use crate::web::account::{place, when};
use crate::web::layout::Layout;
use crate::words::Words;

/// One line of the history.
pub(in crate::web) struct Happened {
    /// How it is marked: ok, warn, danger or quiet.
    pub kind: &'static str,
    /// What happened, in a sentence.
    pub what: String,
    /// Day and time.
    pub when: String,
    /// The masked network.
    pub place: String,
}

fn kind(deed: &str) -> &'static str {
    match deed {
        "signed_in" | "signed_in_trusted" | "stepped_up" | "lockout_reset" | "account_turned_on"
        | "account_unfrozen" => "ok",
        "password_refused" | "code_refused" | "passkey_refused" => "warn",
        "account_locked" | "account_turned_off" | "not_me_reported" | "sign_in_held" | "device_copy_used"
        | "recovery_asked" => "danger",
        _ => "quiet",
    }
}

/// Whether the account that the event is about did it itself.
fn is_own(event: &Recorded) -> bool {
    event.subject.as_ref().is_some_and(|subject| event.actor == format!("account:{subject}"))
}

/// What happened, in a sentence that says by which way it was.
fn sentence(words: &Words, event: &Recorded) -> String {
    let why = event.why.as_deref().unwrap_or_default();
    match (event.deed.as_str(), why.parse::<FactorKind>()) {
        ("signed_in", _) if why == PASSWORD_AND_PASSKEY => words.t("history-signed_in-password_passkey"),
        ("signed_in", Ok(by)) => words.of(&format!("history-signed_in-{by}")),
        ("stepped_up", Ok(by)) => words.of(&format!("history-stepped_up-{by}")),
        ("factor_added", Ok(FactorKind::Recovery)) => words.t("history-codes_made"),
        ("factor_removed", Ok(FactorKind::Recovery)) if !is_own(event) => words.t("history-codes_taken"),
        ("factor_removed", Ok(kind)) if !is_own(event) => {
            words.with("history-factor_taken").arg("factor", words.factor(kind)).to_string()
        }
        ("factor_removed", Ok(FactorKind::Recovery)) => words.t("history-codes_removed"),
        ("factor_added", Ok(kind)) => words.with("history-factor_added").arg("factor", words.factor(kind)).to_string(),
        ("factor_removed", Ok(kind)) => {
            words.with("history-factor_removed").arg("factor", words.factor(kind)).to_string()
        }
        ("signed_out", _) if why == EVERYWHERE => words.t("history-signed_out-everywhere"),
        // What staff did must not read as if the person had.
        ("recovery_checked", _) => words.t("history-recovery_checked"),
        ("recovery_approved", _) => words.t("history-recovery_approved"),
        ("recovery_refused", _) => words.t("history-recovery_refused"),
        (deed, _) => words.of(&format!("deed-{deed}")),
    }
}

/// Events as lines.
pub(in crate::web) fn lines(layout: &Layout, events: &[Recorded]) -> Vec<Happened> {
    events
        .iter()
        .map(|event| Happened {
            kind: kind(&event.deed),
            what: sentence(&layout.words, event),
            when: when(layout, event.at),
            place: place(&layout.words, event.network.as_deref()),
        })
        .collect()
}

/// An event's place in the trail, for an address that asks for what was before it.
pub(in crate::web) fn mark(event: &Recorded) -> String {
    format!("{}_{}", event.at.as_millisecond(), event.id)
}

/// The place that an address names.
pub(in crate::web) fn position(mark: &str) -> Option<(Timestamp, EventId)> {
    let (at, id) = mark.split_once('_')?;
    Some((from_ms(at.parse().ok()?), id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::locale::Locale;

    #[test]
    fn every_way_in_has_its_sentence_in_every_language() {
        for (locale, by) in Locale::ALL.into_iter().flat_map(|locale| FactorKind::ALL.map(|by| (locale, by))) {
            for key in [format!("history-signed_in-{by}"), format!("history-stepped_up-{by}")] {
                assert_ne!(Words::new(locale).of(&key), format!("[{key}]"));
            }
        }
    }

    #[test]
    fn an_odd_place_is_none() {
        for odd in ["", "1", "_", "x_y", "99999999999999999999_0", "1_nobody"] {
            assert_eq!(position(odd), None, "{odd}");
        }
    }
}
