//! `/admin/people`: everybody with an account, and turning an account off or on.
//!
//! Names and addresses are sealed, so a list opens one page of them; a mail address is looked for whole, by its blind
//! index, and by a posted form: no address of this portal holds one.

use actix_web::web::{Path, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::auth::alerts::freeze;
use crate::auth::{recovery, sessions, step_up};
use crate::care::{appointments, doctors};
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account, TurnRefusal};
use crate::messaging::mail_refusals::{self, Mark, Why};
use crate::types::actor::Role;
use crate::types::email_address::EmailAddress;
use crate::types::ids::{AccountId, RecoveryId};
use crate::web::account::{role_word, when};
use crate::web::admin::checks::{self, Line};
use crate::web::admin::{read, reason_wrong, unfreeze};
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry;
use crate::web::entry::register::email_sentence;
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

/// Rows a page.
const PAGE: i64 = 50;

/// One account in the list.
struct Row {
    id: AccountId,
    name: String,
    role: String,
    email: String,
    last2: String,
    opened: String,
    is_on: bool,
    mail_returns: bool,
}

#[derive(Template)]
#[template(path = "admin/people/list.html")]
struct ListPage {
    errors: Errors,
    email: String,
    role: Option<Role>,
    roles: Vec<Choice>,
    rows: Vec<Row>,
    total: i64,
    page: i64,
    pages: i64,
    layout: Layout,
}

impl ListPage {
    async fn of(ctx: &Ctx<Admin>, asked: &Asked, email: String, errors: Errors) -> Result<Self, Problem> {
        let layout = ctx.layout();
        let role: Option<Role> = asked.role.as_deref().and_then(|word| word.parse().ok());
        let total = accounts::count(&ctx.portal, role).await?;
        let pages = ((total + PAGE - 1) / PAGE).max(1);
        let number = asked.page.unwrap_or(1).clamp(1, pages);
        let people = accounts::list(&ctx.portal, role, (number - 1) * PAGE, PAGE).await?;
        let ids: Vec<AccountId> = people.iter().map(|account| account.id).collect();
        let returned = mail_refusals::among(&ctx.portal, &ids).await?;
        read(ctx, Deed::PeopleRead, None).await?;
        let row = |account: Account| Row {
            id: account.id,
            name: account.name.as_str().to_owned(),
            role: role_word(&layout.words, account.role),
            email: account.email.as_str().to_owned(),
            last2: account.phone.last2().to_owned(),
            opened: layout.words.short_day(account.opened_at, &layout.zone),
            is_on: account.turned_off_at.is_none(),
            mail_returns: returned.contains(&account.id),
        };
        let mut roles = vec![Choice::new("", layout.words.t("people-role-any"), role.is_none())];
        for known in [Role::Patient, Role::Doctor, Role::Admin] {
            roles.push(Choice::new(known.as_str(), role_word(&layout.words, known), role == Some(known)));
        }
        Ok(Self {
            rows: people.into_iter().map(row).collect(),
            errors,
            email,
            role,
            roles,
            total,
            page: number,
            pages,
            layout,
        })
    }

    /// Everything of a page's address but its number.
    fn href(&self) -> String {
        self.role.map_or_else(|| "/admin/people?page=".into(), |r| format!("/admin/people?role={}&page=", r.as_str()))
    }
}

#[derive(Default, Deserialize)]
struct Asked {
    role: Option<String>,
    page: Option<i64>,
}

/// `GET /admin/people?role=…&page=…`.
async fn list(ctx: Ctx<Admin>, asked: Query<Asked>) -> PageResult {
    page(&ListPage::of(&ctx, &asked, String::new(), Errors::none()).await?)
}

/// Whose a typed mail address is, or the sentence that says why that is nobody.
pub(super) async fn account_of(ctx: &Ctx<Admin>, typed: &str) -> Result<Result<Account, String>, InternalError> {
    let words = ctx.layout().words;
    Ok(match EmailAddress::parse(typed) {
        Err(refusal) => Err(email_sentence(&words, refusal)),
        Ok(email) => {
            let found = accounts::find_by_email(&ctx.portal, &email).await?;
            found.ok_or_else(|| words.t("people-find-none"))
        }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindForm {
    email: String,
}

/// `POST /admin/people`: 303 to the person of a mail address, or 422.
async fn find(ctx: Ctx<Admin>, Posted(typed): Posted<FindForm>) -> PageResult {
    let sentence = match account_of(&ctx, &typed.email).await? {
        Ok(account) => return see_other(&format!("/admin/people/{}", account.id)),
        Err(sentence) => sentence,
    };
    refused(&ListPage::of(&ctx, &Asked::default(), typed.email, Errors::one("email", sentence)).await?)
}

#[derive(Template)]
#[template(path = "admin/people/show.html")]
struct ShowPage {
    account: Account,
    role: String,
    opened: String,
    turned_off: Option<String>,
    just_turned: bool,
    /// Since when and why mail comes back, in a sentence.
    mail_returns: Option<String>,
    mail_works: bool,
    /// Since when or until when changes are paused, in a sentence.
    frozen: Option<String>,
    just_unfrozen: bool,
    /// This admin bound the person's phone, which can still be undone.
    own_step: bool,
    sessions: usize,
    is_me: bool,
    checks: Vec<Line>,
    recovery: Option<RecoveryId>,
    layout: Layout,
}

pub(super) async fn person(ctx: &Ctx<Admin>, id: &str) -> Result<Account, Problem> {
    let id: AccountId = id.parse().map_err(|_| Problem::NotFound)?;
    accounts::find(&ctx.portal, id).await?.ok_or(Problem::NotFound)
}

fn mail_sentence(layout: &Layout, mark: &Mark) -> String {
    let (words, when) = (&layout.words, when(layout, mark.refused_at));
    match mark.why {
        Why::NoMailbox => words.with("people-mail-no_mailbox").arg("when", when).to_string(),
        Why::MailboxFull => words.with("people-mail-full").arg("when", when).to_string(),
        Why::Blocked => words.with("people-mail-blocked").arg("when", when).to_string(),
        Why::Refused => words.with("people-mail-refused").arg("when", when).to_string(),
    }
}

/// `POST /admin/people/{id}/mail-works`: 303 to the person, whose mail counts as arriving again.
async fn mail_works(ctx: Ctx<Admin>, id: Path<String>, _: Posted<Pressed>) -> PageResult {
    let account = person(&ctx, &id).await?;
    mail_refusals::clear(&ctx.portal, &ctx.who.signed_in.actor(), account.id, ctx.network()).await?;
    see_other(&format!("/admin/people/{}?done=mail", account.id))
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
}

/// `GET /admin/people/{id}`.
async fn show(ctx: Ctx<Admin>, id: Path<String>, arrival: Query<Arrival>) -> PageResult {
    let account = person(&ctx, &id).await?;
    let sessions = sessions::list(&ctx.portal, account.id, account.role).await?.len();
    let returned = mail_refusals::of(&ctx.portal, account.id).await?;
    let recovery = recovery::open_of(&ctx.portal, account.id).await?;
    read(&ctx, Deed::PeopleRead, Some(&account)).await?;
    let layout = ctx.layout();
    page(&ShowPage {
        checks: checks::lines(&ctx, &layout, account.id).await?,
        role: role_word(&layout.words, account.role),
        opened: when(&layout, account.opened_at),
        turned_off: account.turned_off_at.map(|at| when(&layout, at)),
        just_turned: arrival.done.as_deref() == Some("1"),
        mail_returns: returned.map(|mark| mail_sentence(&layout, &mark)),
        mail_works: arrival.done.as_deref() == Some("mail"),
        frozen: unfreeze::sentence(&layout, &account),
        own_step: freeze::is_own_step(&ctx.portal, ctx.who.signed_in.account, account.id).await?,
        just_unfrozen: arrival.done.as_deref() == Some("unfrozen"),
        sessions: if account.turned_off_at.is_some() { 0 } else { sessions },
        is_me: account.id == ctx.who.signed_in.account,
        recovery,
        account,
        layout,
    })
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TurnForm {
    on: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "admin/people/turn.html")]
struct TurnPage {
    layout: Layout,
    errors: Errors,
    account: Account,
    role: String,
    on: bool,
    reason: String,
    /// Coming appointments that would be cancelled.
    booked: usize,
}

impl TurnPage {
    async fn new(
        ctx: &Ctx<Admin>,
        account: Account,
        on: bool,
        reason: String,
        errors: Errors,
    ) -> Result<Self, Problem> {
        let layout = ctx.layout();
        let booked = if on { 0 } else { appointments::count_coming_of(&ctx.portal, account.id).await? };
        Ok(Self { role: role_word(&layout.words, account.role), layout, errors, account, on, reason, booked })
    }
}

fn turn_address(id: AccountId) -> String {
    format!("/admin/people/{id}/turn")
}

/// `GET /admin/people/{id}/turn`: asks for the admin's own code first; offers what the account is not.
async fn confirm(ctx: Ctx<Admin>, id: Path<String>) -> PageResult {
    let account = person(&ctx, &id).await?;
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address(&turn_address(account.id)));
    }
    read(&ctx, Deed::PeopleRead, Some(&account)).await?;
    let typed: TurnForm = ctx.kept().await?.unwrap_or_default();
    let on = account.turned_off_at.is_some();
    page(&TurnPage::new(&ctx, account, on, typed.reason, Errors::none()).await?)
}

/// `POST /admin/people/{id}/turn`: 303 to the person, or 422 and what is wrong.
async fn turn(ctx: Ctx<Admin>, id: Path<String>, Posted(typed): Posted<TurnForm>) -> PageResult {
    let account = person(&ctx, &id).await?;
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address(&turn_address(account.id)));
    }
    let on = match typed.on.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Problem::BadForm),
    };
    // Pressed twice, the second press finds it done.
    if account.turned_off_at.is_none() == on {
        return see_other(&format!("/admin/people/{}?done=1", account.id));
    }
    let words = ctx.layout().words;
    if let Some(sentence) = reason_wrong(&words, &typed.reason) {
        return refused(&TurnPage::new(&ctx, account, on, typed.reason, Errors::one("reason", sentence)).await?);
    }
    let by = ctx.who.signed_in.actor();
    let sentence = match doctors::turn(&ctx.portal, &by, account.id, on, &typed.reason, ctx.network()).await {
        Ok(_) => return see_other(&format!("/admin/people/{}?done=1", account.id)),
        Err(Failure::Refused(TurnRefusal::NotFound)) => return Err(Problem::NotFound),
        Err(Failure::Refused(TurnRefusal::Oneself)) => words.t("turn-oneself"),
        Err(Failure::Refused(TurnRefusal::LastAdmin)) => words.t("turn-last_admin"),
        Err(Failure::Refused(TurnRefusal::NoReason)) => words.t("reason-empty"),
        Err(Failure::Internal(error)) => return Err(error.into()),
    };
    refused(&TurnPage::new(&ctx, account, on, typed.reason, Errors::one("reason", sentence)).await?)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/people", get().to(list))
        .route("/admin/people", post().to(find))
        .route("/admin/people/{id}", get().to(show))
        .route("/admin/people/{id}/mail-works", post().to(mail_works))
        .route("/admin/people/{id}/turn", get().to(confirm))
        .route("/admin/people/{id}/turn", post().to(turn));
}
