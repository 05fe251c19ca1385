//! `/account/security/passkeys`: a person's passkeys and security keys.
//!
//! Adding one asks for a fresh proof, removing one for a proof by another factor; a name is changed at once.

use actix_web::web::{Path, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::auth::factors::Factor;
use crate::auth::factors::manage::{self, RemoveRefusal};
use crate::auth::factors::passkeys::{self, AddRefusal, Listed};
use crate::auth::step_up::{self, FreshFactor};
use crate::error::Failure;
use crate::identity::accounts;
use crate::types::ids::AuthenticatorId;
use crate::web::account::{frozen, read_own, when};
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry;
use crate::web::forms::Errors;
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

const LIST: &str = "/account/security/passkeys";

/// One passkey.
struct Row {
    id: AuthenticatorId,
    name: String,
    added: String,
    used: Option<String>,
    is_backed_up: bool,
}

impl Row {
    fn of(layout: &Layout, passkey: Listed) -> Self {
        Self {
            id: passkey.id,
            name: passkey.name,
            added: when(layout, passkey.added_at),
            used: passkey.used_at.map(|at| when(layout, at)),
            is_backed_up: passkey.is_backed_up,
        }
    }
}

/// What was just done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Added,
    Removed,
    Renamed,
    /// Nothing: it took too long.
    Over,
}

#[derive(Template)]
#[template(path = "account/security/passkeys/list.html")]
struct ListPage {
    done: Option<Done>,
    rows: Vec<Row>,
    are_possible: bool,
    is_full: bool,
    layout: Layout,
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
}

impl Arrival {
    fn done(&self) -> Option<Done> {
        match self.done.as_deref()? {
            "added" => Some(Done::Added),
            "removed" => Some(Done::Removed),
            "renamed" => Some(Done::Renamed),
            "over" => Some(Done::Over),
            _ => None,
        }
    }
}

async fn own(ctx: &Ctx<Person>) -> Result<Vec<Listed>, Problem> {
    let account = accounts::find(&ctx.portal, ctx.who.signed_in.account).await?.ok_or(Problem::NotFound)?;
    let own = passkeys::of(&ctx.portal, &account).await?;
    read_own(ctx, Deed::SecurityRead).await?;
    Ok(own)
}

async fn one(ctx: &Ctx<Person>, id: &str) -> Result<Listed, Problem> {
    let id: AuthenticatorId = id.parse().map_err(|_| Problem::NotFound)?;
    own(ctx).await?.into_iter().find(|passkey| passkey.id == id).ok_or(Problem::NotFound)
}

/// `GET /account/security/passkeys`.
async fn list(ctx: Ctx<Person>, arrival: Query<Arrival>) -> PageResult {
    let (layout, own) = (ctx.layout(), own(&ctx).await?);
    page(&ListPage {
        done: arrival.done(),
        is_full: own.len() >= passkeys::MOST,
        are_possible: passkeys::are_possible(&ctx.portal),
        rows: own.into_iter().map(|passkey| Row::of(&layout, passkey)).collect(),
        layout,
    })
}

/// `POST /account/security/passkeys/begin`: 303 to the page on which the device is asked, by way of a fresh proof.
async fn begin(ctx: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    if !passkeys::are_possible(&ctx.portal) {
        return see_other(LIST);
    }
    let session = &ctx.who.session;
    let Some(fresh) = step_up::fresh(&ctx.portal, session) else {
        return see_other(&entry::step_up::address(LIST));
    };
    match manage::begin_passkey(&ctx.portal, &fresh, session).await {
        Ok(()) => see_other("/account/security/passkeys/new"),
        Err(Failure::Refused(AddRefusal::Frozen(paused))) => frozen::page(ctx.layout(), &paused),
        // The list says that there are as many as there may be.
        Err(Failure::Refused(_)) => see_other(LIST),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "account/security/passkeys/new.html")]
struct NewPage {
    layout: Layout,
    errors: Errors,
    name: String,
    options: String,
}

/// The page on which the device is asked; the list when that is over.
async fn new_page(ctx: &Ctx<Person>, name: String, errors: Errors) -> PageResult {
    match passkeys::adding(&ctx.portal, ctx.who.session.id).await? {
        None => see_other("/account/security/passkeys?done=over"),
        Some(options) if errors.is_empty() => page(&NewPage { layout: ctx.layout(), errors, name, options }),
        Some(options) => refused(&NewPage { layout: ctx.layout(), errors, name, options }),
    }
}

/// `GET /account/security/passkeys/new`.
async fn new(ctx: Ctx<Person>) -> PageResult {
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address(LIST));
    }
    new_page(&ctx, String::new(), Errors::none()).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewForm {
    name: String,
    #[serde(default)]
    passkey: String,
}

/// Field and sentence of what is wrong with a new passkey.
fn wrong(words: &Words, refusal: AddRefusal) -> Errors {
    match refusal {
        AddRefusal::NoName => Errors::one("name", words.t("passkeys-err-no_name")),
        AddRefusal::LongName => Errors::one("name", words.t("passkeys-err-long_name")),
        AddRefusal::TooMany => Errors::one("passkey", words.t("passkeys-full")),
        AddRefusal::NotTaken | AddRefusal::Frozen(_) => Errors::one("passkey", words.t("passkeys-err-not_taken")),
    }
}

/// `POST /account/security/passkeys/new`: 303 to the list, or 422 and what is wrong.
async fn add(ctx: Ctx<Person>, Posted(form): Posted<NewForm>) -> PageResult {
    let session = &ctx.who.session;
    let Some(fresh) = step_up::fresh(&ctx.portal, session) else {
        return see_other(&entry::step_up::address(LIST));
    };
    match manage::add_passkey(&ctx.portal, &fresh, session, &form.name, &form.passkey, ctx.network()).await {
        Ok(_) => see_other("/account/security/passkeys?done=added"),
        Err(Failure::Refused(AddRefusal::Frozen(paused))) => frozen::page(ctx.layout(), &paused),
        Err(Failure::Refused(refusal)) => new_page(&ctx, form.name, wrong(&ctx.layout().words, refusal)).await,
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "account/security/passkeys/rename.html")]
struct RenamePage {
    layout: Layout,
    errors: Errors,
    id: AuthenticatorId,
    name: String,
}

/// `GET /account/security/passkeys/{id}/rename`.
async fn name(ctx: Ctx<Person>, id: Path<String>) -> PageResult {
    let passkey = one(&ctx, &id).await?;
    if let Some(paused) = &ctx.who.signed_in.frozen {
        return frozen::page(ctx.layout(), paused);
    }
    page(&RenamePage { layout: ctx.layout(), errors: Errors::none(), id: passkey.id, name: passkey.name })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameForm {
    name: String,
}

/// `POST /account/security/passkeys/{id}/rename`: 303 to the list, or 422 and what is wrong.
async fn rename(ctx: Ctx<Person>, id: Path<String>, Posted(form): Posted<NameForm>) -> PageResult {
    let passkey = one(&ctx, &id).await?;
    let who = &ctx.who.signed_in;
    match manage::rename_passkey(&ctx.portal, who, passkey.id, &form.name, ctx.network()).await {
        Ok(true) => see_other("/account/security/passkeys?done=renamed"),
        Ok(false) => Err(Problem::NotFound),
        Err(Failure::Refused(AddRefusal::Frozen(paused))) => frozen::page(ctx.layout(), &paused),
        Err(Failure::Refused(refusal)) => {
            let layout = ctx.layout();
            let errors = wrong(&layout.words, refusal);
            refused(&RenamePage { layout, errors, id: passkey.id, name: form.name })
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "account/security/passkeys/remove.html")]
struct RemovePage {
    errors: Errors,
    row: Row,
    layout: Layout,
}

impl RemovePage {
    fn new(ctx: &Ctx<Person>, passkey: Listed, errors: Errors) -> Self {
        let layout = ctx.layout();
        Self { errors, row: Row::of(&layout, passkey), layout }
    }
}

/// The page that asks for another factor than the passkeys, and leads back to the one that is to be removed.
fn prove_apart(id: AuthenticatorId) -> PageResult {
    see_other(&entry::step_up::address_apart(&format!("{LIST}/{id}/remove"), &Factor::Passkey.key()))
}

/// The session's proof, if it will do for removing a passkey.
async fn apart(ctx: &Ctx<Person>) -> Result<Option<FreshFactor>, Problem> {
    let session = &ctx.who.session;
    let Some(fresh) = step_up::fresh(&ctx.portal, session) else { return Ok(None) };
    let enough = manage::may_remove(&ctx.portal, &fresh, session, &Factor::Passkey.key()).await?;
    Ok(enough.then_some(fresh))
}

/// `GET /account/security/passkeys/{id}/remove`: asks for the proof first.
async fn confirm(ctx: Ctx<Person>, id: Path<String>) -> PageResult {
    let passkey = one(&ctx, &id).await?;
    match apart(&ctx).await? {
        Some(_) => page(&RemovePage::new(&ctx, passkey, Errors::none())),
        None => prove_apart(passkey.id),
    }
}

/// `POST /account/security/passkeys/{id}/remove`: 303 to the list, or 422 and why it stays.
async fn remove(ctx: Ctx<Person>, id: Path<String>, _: Posted<Pressed>) -> PageResult {
    let passkey = one(&ctx, &id).await?;
    let session = &ctx.who.session;
    let Some(fresh) = step_up::fresh(&ctx.portal, session) else { return prove_apart(passkey.id) };
    match manage::remove_passkey(&ctx.portal, &fresh, session, passkey.id, ctx.network()).await {
        Ok(()) => see_other("/account/security/passkeys?done=removed"),
        Err(Failure::Refused(RemoveRefusal::Frozen(paused))) => frozen::page(ctx.layout(), &paused),
        Err(Failure::Refused(RemoveRefusal::NotFound)) => Err(Problem::NotFound),
        Err(Failure::Refused(RemoveRefusal::NotApart)) => prove_apart(passkey.id),
        Err(Failure::Refused(RemoveRefusal::Last)) => {
            let errors = Errors::one("remove", ctx.layout().words.t("passkeys-err-last"));
            refused(&RemovePage::new(&ctx, passkey, errors))
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security/passkeys", get().to(list))
        .route("/account/security/passkeys/begin", post().to(begin))
        .route("/account/security/passkeys/new", get().to(new))
        .route("/account/security/passkeys/new", post().to(add))
        .route("/account/security/passkeys/{id}/rename", get().to(name))
        .route("/account/security/passkeys/{id}/rename", post().to(rename))
        .route("/account/security/passkeys/{id}/remove", get().to(confirm))
        .route("/account/security/passkeys/{id}/remove", post().to(remove));
}
