//! The sign-in history as a table: `templates/account/history.html` shows it to its owner and to an admin.

use crate::audit::Recorded;
use crate::web::account::{place, when};
use crate::web::layout::Layout;

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
        "password_refused" | "code_refused" => "warn",
        "account_locked" | "account_turned_off" | "not_me_reported" | "sign_in_held" => "danger",
        _ => "quiet",
    }
}

/// Events as lines.
pub(in crate::web) fn lines(layout: &Layout, events: &[Recorded]) -> Vec<Happened> {
    events
        .iter()
        .map(|event| Happened {
            kind: kind(&event.deed),
            what: layout.words.of(&format!("deed-{}", event.deed)),
            when: when(layout, event.at),
            place: place(&layout.words, event.network.as_deref()),
        })
        .collect()
}
