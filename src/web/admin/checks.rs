//! Recent sign-in checks of one account as a table: `templates/admin/checks.html` shows it on the person's page and on the
//! review of a lockout.

use crate::auth::risk::{self, Checked, Ended, Outcome};
use crate::error::InternalError;
use crate::types::ids::AccountId;
use crate::web::account::when;
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::Layout;

/// One sign-in with the right password.
pub(super) struct Line {
    /// How it is marked: ok, warn, danger or quiet.
    pub kind: &'static str,
    /// What it was asked, in words.
    pub outcome: String,
    /// Day and time.
    pub when: String,
    /// The masked network, and its country where that is known.
    pub place: String,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// What the reasons are worth together, in words.
    pub points: String,
    /// What became of it, in words.
    pub ended: String,
}

fn line(layout: &Layout, check: &Checked) -> Line {
    let words = &layout.words;
    let network = check.network.masked();
    let judgement = &check.judgement;
    Line {
        kind: match judgement.outcome {
            Outcome::Allow => "ok",
            Outcome::Code => "quiet",
            Outcome::Stronger => "warn",
            Outcome::Hold => "danger",
        },
        outcome: words.of(&format!("risk-outcome-{}", judgement.outcome.as_str())),
        when: when(layout, check.at),
        place: match &check.facts.country {
            Some(country) => {
                words.with("checks-in-country").arg("network", network).arg("country", country.as_str()).to_string()
            }
            None => network,
        },
        reasons: judgement.reasons.iter().map(|why| words.of(&format!("risk-reason-{}", why.as_str()))).collect(),
        points: words.with("checks-points").arg("n", judgement.points).to_string(),
        ended: words.t(match check.ended {
            Some(Ended::SignedIn) => "checks-ended-signed_in",
            Some(Ended::Refused) => "checks-ended-refused",
            None => "checks-ended-open",
        }),
    }
}

/// The account's newest sign-in checks as lines.
pub(super) async fn lines(ctx: &Ctx<Admin>, layout: &Layout, account: AccountId) -> Result<Vec<Line>, InternalError> {
    Ok(risk::of(&ctx.portal, account).await?.iter().map(|check| line(layout, check)).collect())
}
