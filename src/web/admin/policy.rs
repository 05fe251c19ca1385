//! `/admin/policy`: what is asked of each role at sign-in, beside its default, and who changed it last.

use actix_web::web::{Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::auth::policy::differences::Figure;
use crate::auth::policy::{self, Holding};
use crate::identity::accounts;
use crate::types::actor::Role;
use crate::types::factor_kind::FactorKind;
use crate::types::role_policy::{Required, RolePolicy};
use crate::web::account::{role_word, when};
use crate::web::admin::read;
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page};
use crate::web::problem::PageResult;
use crate::words::Words;

/// The name of a way to prove who one is, as it stands alone.
pub(super) fn way(words: &Words, kind: FactorKind) -> String {
    words.t(match kind {
        FactorKind::Passkey => "policy-way-passkey",
        FactorKind::Totp => "policy-way-totp",
        FactorKind::Sms => "policy-way-sms",
        FactorKind::Voice => "policy-way-voice",
        FactorKind::Email => "policy-way-email",
        FactorKind::Recovery => "policy-way-recovery",
    })
}

/// Several of them, in the order in which pages list them.
pub(super) fn ways(words: &Words, counts: impl Fn(FactorKind) -> bool) -> String {
    let counting = FactorKind::ALL.into_iter().filter(|kind| counts(*kind));
    counting.map(|kind| way(words, kind)).collect::<Vec<_>>().join(", ")
}

/// What one way of everybody must be, in words.
pub(super) fn required(words: &Words, required: Required) -> String {
    words.t(match required {
        Required::Any => "policy-required-any",
        Required::NotByPhone => "policy-required-not_by_phone",
        Required::ResistsPhishing => "policy-required-resists_phishing",
    })
}

/// The name of a figure.
pub(super) fn figure_name(words: &Words, figure: Figure) -> String {
    words.t(match figure {
        Figure::TrustDays => "policy-trust",
        Figure::IdleMinutes => "policy-idle",
        Figure::LongestHours => "policy-longest",
        Figure::StepUpMinutes => "policy-step_up",
    })
}

/// A figure with its unit.
pub(super) fn amount(words: &Words, figure: Figure, n: i64) -> String {
    match figure {
        Figure::TrustDays => words.with("policy-days").arg("n", n).to_string(),
        Figure::LongestHours => words.with("policy-hours").arg("n", n).to_string(),
        Figure::IdleMinutes | Figure::StepUpMinutes => words.with("policy-minutes").arg("n", n).to_string(),
    }
}

/// The figures that a role has: nobody trusts a browser of staff.
pub(super) fn figures(role: Role) -> impl Iterator<Item = Figure> {
    Figure::ALL.into_iter().filter(move |figure| role == Role::Patient || *figure != Figure::TrustDays)
}

/// One setting, as a page shows it.
struct Setting {
    name: String,
    now: String,
    default: String,
    differs: bool,
    effect: String,
}

fn settings(words: &Words, holding: &Holding, default: &RolePolicy) -> Vec<Setting> {
    let setting = |name: String, of: &dyn Fn(&RolePolicy) -> String, effect: &'static str| {
        let (now, default) = (of(&holding.policy), of(default));
        Setting { name, differs: now != default, now, default, effect: words.t(effect) }
    };
    let mut all = vec![
        setting(words.t("policy-allowed"), &|p| ways(words, |kind| p.takes(kind)), "policy-effect-allowed"),
        setting(words.t("policy-required"), &|p| required(words, p.draft().required), "policy-effect-required"),
    ];
    for figure in figures(holding.role) {
        let effect = match figure {
            Figure::TrustDays => "policy-effect-trust",
            Figure::IdleMinutes => "policy-effect-idle",
            Figure::LongestHours => "policy-effect-longest",
            Figure::StepUpMinutes => "policy-effect-step_up",
        };
        all.push(setting(figure_name(words, figure), &|p| amount(words, figure, figure.of(p)), effect));
    }
    all
}

/// What holds for a role.
struct Part {
    role: &'static str,
    title: String,
    settings: Vec<Setting>,
    /// Who changed it last and when, in a sentence, and why; None for the defaults.
    changed: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "admin/policy/show.html")]
struct ShowPage {
    parts: Vec<Part>,
    /// The role whose policy was just changed.
    done: Option<String>,
    layout: Layout,
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
}

/// A role's people, as a heading.
pub(super) fn people_of(words: &Words, role: Role) -> String {
    words.t(match role {
        Role::Patient => "overview-patients",
        Role::Doctor => "overview-doctors",
        Role::Admin => "overview-admins",
    })
}

/// `GET /admin/policy`.
async fn show(ctx: Ctx<Admin>, arrival: Query<Arrival>) -> PageResult {
    let layout = ctx.layout();
    let words = &layout.words;
    let all = policy::all(&ctx.portal).await?;
    let admins = all.iter().filter_map(|holding| holding.changed.as_ref().map(|changed| changed.by));
    let names = accounts::names(&ctx.portal, admins).await?;
    read(&ctx, Deed::PolicyRead, None).await?;
    let parts = all.iter().map(|holding| Part {
        role: holding.role.as_str(),
        title: people_of(words, holding.role),
        settings: settings(words, holding, &policy::default_of(&ctx.portal, holding.role)),
        changed: holding.changed.as_ref().map(|changed| {
            let by =
                names.get(&changed.by).map_or_else(|| changed.by.to_string(), |named| named.name.as_str().to_owned());
            let said = words.with("policy-changed").arg("when", when(&layout, changed.at)).arg("name", by).to_string();
            (said, changed.reason.clone())
        }),
    });
    let role: Option<Role> = arrival.done.as_deref().and_then(|word| word.parse().ok());
    page(&ShowPage { parts: parts.collect(), done: role.map(|role| role_word(words, role)), layout })
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/policy", get().to(show));
}
