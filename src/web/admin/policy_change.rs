//! `/admin/policy/{role}`: another policy for a role. A page says what changes and whom it touches before it is made.

use actix_web::web::{Path, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::auth::policy::differences::{self, Change, Figure};
use crate::auth::policy::{self, ChangeRefusal, Holding, Touched, Wanted};
use crate::auth::step_up;
use crate::error::{Failure, InternalError};
use crate::identity::accounts;
use crate::types::actor::Role;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::AccountId;
use crate::types::role_policy::{Draft, RolePolicy};
use crate::web::admin::policy::{amount, figure_name, figures, people_of, required, way, ways};
use crate::web::admin::policy_form::{PolicyForm, bounds};
use crate::web::admin::{read, reason_wrong};
use crate::web::csrf::Posted;
use crate::web::entry;
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

/// Names that the page shows; of more people only the number.
const NAMES: usize = 50;

fn role_of(word: &str) -> Result<Role, Problem> {
    word.parse().map_err(|()| Problem::NotFound)
}

/// The form's address; with figures to fill it with, which are no secret.
fn address(role: Role, draft: Option<&Draft>) -> String {
    let path = format!("/admin/policy/{}", role.as_str());
    match draft {
        None => path,
        Some(draft) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            format!("{path}?{}", query.append_pair("draft", &draft.to_text()).finish())
        }
    }
}

/// A figure to type.
struct Field {
    figure: Figure,
    label: String,
    hint: String,
    value: String,
}

#[derive(Template)]
#[template(path = "admin/policy/edit.html")]
struct EditPage {
    errors: Errors,
    role: &'static str,
    title: String,
    is_patient: bool,
    ways: Vec<Choice>,
    demands: Vec<Choice>,
    fields: Vec<Field>,
    based_on: String,
    /// The admin would shut themselves out: the page shows the way to their own factors.
    is_oneself: bool,
    layout: Layout,
}

impl EditPage {
    fn new(ctx: &Ctx<Admin>, role: Role, form: &PolicyForm, errors: Errors) -> Self {
        let layout = ctx.layout();
        let words = &layout.words;
        let field = |figure: Figure| {
            let (least, most) = bounds(figure);
            let hint = match figure {
                Figure::TrustDays => words.with("policy-hint-days").arg("least", least).arg("most", most),
                Figure::LongestHours => words.with("policy-hint-hours").arg("least", least).arg("most", most),
                Figure::IdleMinutes | Figure::StepUpMinutes => {
                    words.with("policy-hint-minutes").arg("least", least).arg("most", most)
                }
            };
            let value = form.typed(figure).to_owned();
            Field { figure, label: figure_name(words, figure), hint: hint.to_string(), value }
        };
        Self {
            errors,
            role: role.as_str(),
            title: people_of(words, role),
            is_patient: role == Role::Patient,
            ways: form.ways(words, role),
            demands: form.demands(words),
            fields: figures(role).map(field).collect(),
            based_on: form.based_on.clone(),
            is_oneself: false,
            layout,
        }
    }
}

#[derive(Deserialize)]
struct Prefilled {
    draft: Option<String>,
}

/// `GET /admin/policy/{role}`: asks for the admin's own code first, so that nothing typed is lost later.
async fn edit(ctx: Ctx<Admin>, role: Path<String>, prefilled: Query<Prefilled>) -> PageResult {
    let role = role_of(&role)?;
    let draft = prefilled.draft.as_deref().and_then(Draft::from_text);
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address(&address(role, draft.as_ref())));
    }
    let holding = policy::of(&ctx.portal, role).await?;
    read(&ctx, Deed::PolicyRead, None).await?;
    let present = PolicyForm::present(&holding);
    let form = match (ctx.kept::<PolicyForm>().await?, draft) {
        (Some(kept), _) => kept,
        (None, Some(draft)) => PolicyForm::of(&draft, present.based_on),
        (None, None) => present,
    };
    page(&EditPage::new(&ctx, role, &form, Errors::none()))
}

/// One setting that becomes another.
struct Line {
    name: String,
    from: String,
    to: String,
}

fn line(words: &Words, change: &Change) -> Line {
    match *change {
        Change::Allowed(kind) => Line { name: way(words, kind), from: words.t("policy-off"), to: words.t("policy-on") },
        Change::Refused(kind) => Line { name: way(words, kind), from: words.t("policy-on"), to: words.t("policy-off") },
        Change::Required(from, to) => {
            Line { name: words.t("policy-required"), from: required(words, from), to: required(words, to) }
        }
        Change::Figure(figure, from, to) => {
            Line { name: figure_name(words, figure), from: amount(words, figure, from), to: amount(words, figure, to) }
        }
    }
}

#[derive(Template)]
#[template(path = "admin/policy/check.html")]
struct CheckPage {
    errors: Errors,
    role: &'static str,
    title: String,
    form: PolicyForm,
    lines: Vec<Line>,
    touched: Touched,
    /// Minutes without use after which sessions end, where that becomes shorter.
    idle: Option<i64>,
    staff: Vec<(AccountId, String)>,
    /// People beyond those who are named.
    more: usize,
    back: String,
    layout: Layout,
}

impl CheckPage {
    /// The fields that go along unseen.
    fn figures(&self) -> Vec<(&'static str, &str)> {
        let ticked = FactorKind::ALL.into_iter().filter(|kind| self.form.ticks(*kind));
        let mut fields: Vec<_> = ticked.map(|kind| (kind.as_str(), "yes")).collect();
        fields.extend(Figure::ALL.into_iter().map(|figure| (figure.as_str(), self.form.typed(figure))));
        fields.extend([("required", self.form.required.as_str()), ("based_on", self.form.based_on.as_str())]);
        fields
    }

    async fn of(
        ctx: &Ctx<Admin>,
        holding: &Holding,
        to: &RolePolicy,
        form: PolicyForm,
        errors: Errors,
    ) -> Result<Self, InternalError> {
        let layout = ctx.layout();
        let touched = policy::touched(&ctx.portal, holding, to).await?;
        let shown: Vec<AccountId> = touched.staff.iter().copied().take(NAMES).collect();
        let names = accounts::names(&ctx.portal, shown.iter().copied()).await?;
        let name = |id: AccountId| Some((id, names.get(&id)?.name.as_str().to_owned()));
        read(ctx, Deed::PolicyRead, None).await?;
        Ok(Self {
            errors,
            role: holding.role.as_str(),
            title: people_of(&layout.words, holding.role),
            lines: differences::between(&holding.policy, to).iter().map(|one| line(&layout.words, one)).collect(),
            idle: (to.idle() < holding.policy.idle()).then(|| to.idle().as_mins()),
            more: touched.staff.len() - shown.len(),
            staff: shown.into_iter().filter_map(name).collect(),
            back: address(holding.role, Some(&to.draft())),
            touched,
            form,
            layout,
        })
    }
}

/// The form again with what stands in the way: all of what was typed, or what holds now when somebody else changed it.
fn stays(ctx: &Ctx<Admin>, holding: &Holding, form: &PolicyForm, to: &RolePolicy, why: ChangeRefusal) -> PageResult {
    let words = ctx.layout().words;
    let (form, sentence) = match why {
        ChangeRefusal::Changed => (&PolicyForm::present(holding), words.t("policy-refused-changed")),
        ChangeRefusal::Oneself => {
            let counting = ways(&words, |kind| kind != FactorKind::Recovery && to.will_do(kind));
            (form, words.with("policy-refused-oneself").arg("ways", counting).to_string())
        }
        _ => (form, words.t("policy-refused-same")),
    };
    let mut again = EditPage::new(ctx, holding.role, form, Errors::one("allowed", sentence));
    again.is_oneself = why == ChangeRefusal::Oneself;
    refused(&again)
}

/// `POST /admin/policy/{role}`: what changes and whom it touches, or 422 and what is wrong. Changes nothing.
async fn check(ctx: Ctx<Admin>, role: Path<String>, Posted(form): Posted<PolicyForm>) -> PageResult {
    let role = role_of(&role)?;
    let holding = policy::of(&ctx.portal, role).await?;
    let to = match form.policy(&ctx.layout().words, role) {
        Ok(to) => to,
        Err(errors) => return refused(&EditPage::new(&ctx, role, &form, errors)),
    };
    if form.based_on != holding.based_on() {
        return stays(&ctx, &holding, &form, &to, ChangeRefusal::Changed);
    }
    if holding.policy == to {
        return stays(&ctx, &holding, &form, &to, ChangeRefusal::Same);
    }
    if policy::shuts_out(&ctx.portal, ctx.who.signed_in.account, role, &to).await? {
        return stays(&ctx, &holding, &form, &to, ChangeRefusal::Oneself);
    }
    page(&CheckPage::of(&ctx, &holding, &to, form, Errors::none()).await?)
}

/// `POST /admin/policy/{role}/confirm`: 303 to the policies, or 422 and what is wrong.
async fn confirm(ctx: Ctx<Admin>, role: Path<String>, Posted(form): Posted<PolicyForm>) -> PageResult {
    let role = role_of(&role)?;
    let words = ctx.layout().words;
    let to = match form.policy(&words, role) {
        Ok(to) => to,
        Err(errors) => return refused(&EditPage::new(&ctx, role, &form, errors)),
    };
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address(&address(role, Some(&to.draft()))));
    };
    let mut errors = Errors::none();
    let acknowledged = form.acknowledged == "yes";
    if let Some(sentence) = reason_wrong(&words, &form.reason) {
        // What else is missing is said in one go.
        let holding = policy::of(&ctx.portal, role).await?;
        if !acknowledged && policy::touched(&ctx.portal, &holding, &to).await?.newly > 0 {
            errors.add("acknowledged", words.t("policy-refused-acknowledge"));
        }
        errors.add("reason", sentence);
    } else {
        let wanted = Wanted { role, policy: &to, based_on: &form.based_on, acknowledged, reason: &form.reason };
        match policy::change(&ctx.portal, &fresh, &wanted, ctx.network()).await {
            Ok(()) => return see_other(&format!("/admin/policy?done={}", role.as_str())),
            Err(Failure::Refused(ChangeRefusal::NoReason)) => errors.add("reason", words.t("reason-empty")),
            Err(Failure::Refused(ChangeRefusal::NotAcknowledged)) => {
                errors.add("acknowledged", words.t("policy-refused-acknowledge"));
            }
            Err(Failure::Refused(why)) => {
                return stays(&ctx, &policy::of(&ctx.portal, role).await?, &form, &to, why);
            }
            Err(Failure::Internal(error)) => return Err(error.into()),
        }
    }
    let holding = policy::of(&ctx.portal, role).await?;
    refused(&CheckPage::of(&ctx, &holding, &to, form, errors).await?)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/policy/{role}", get().to(edit))
        .route("/admin/policy/{role}", post().to(check))
        .route("/admin/policy/{role}/confirm", post().to(confirm));
}
