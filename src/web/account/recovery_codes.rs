//! `/account/security/recovery-codes`: how many are left, ten new ones shown this once, and removing them all.
//!
//! The codes stand on the answer to the post itself and nowhere else: they are not stored, so no page could show them
//! again. Loading that answer anew posts again and makes other codes, which the page says.

use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::audit::Deed;
use crate::auth::entered::home_of;
use crate::auth::factors::manage_codes::{self, CodesRefusal, FEW};
use crate::auth::factors::{Factor, recovery_codes};
use crate::auth::step_up;
use crate::error::Failure;
use crate::web::account::{frozen, read_own, when};
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry;
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page, see_other};
use crate::web::problem::PageResult;

const ADDRESS: &str = "/account/security/recovery-codes";

/// The codes that a person has.
struct Held {
    left: i64,
    made: String,
    few: bool,
    set: String,
}

#[derive(Template)]
#[template(path = "account/security/recovery_codes/show.html")]
struct CodesPage {
    layout: Layout,
    held: Option<Held>,
    removed: bool,
    /// The account was opened a moment ago.
    welcome: bool,
    home: &'static str,
}

#[derive(Template)]
#[template(path = "account/security/recovery_codes/made.html")]
struct MadePage {
    layout: Layout,
    codes: Vec<Zeroizing<String>>,
    made: String,
    /// Where the person goes on.
    onward: &'static str,
}

#[derive(Deserialize)]
struct Arrival {
    welcome: Option<String>,
    done: Option<String>,
}

/// `GET /account/security/recovery-codes`: how many are left; with `welcome`, the last step of opening an account.
async fn show(ctx: Ctx<Person>, arrival: Query<Arrival>) -> PageResult {
    let me = &ctx.who.signed_in;
    let set = recovery_codes::of(&ctx.portal, me.account).await?;
    read_own(&ctx, Deed::SecurityRead).await?;
    let layout = ctx.layout();
    // Nobody who has codes is at the beginning, whatever the address says.
    let welcome = arrival.welcome.is_some() && set.is_none();
    page(&CodesPage {
        held: set.map(|set| Held {
            left: set.left,
            made: when(&layout, set.made_at),
            few: set.left < FEW,
            set: manage_codes::word_of(Some(set.made_at)),
        }),
        removed: arrival.done.is_some() && set.is_none(),
        welcome,
        home: home_of(me.role),
        layout: if welcome { layout.into_journey() } else { layout },
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MakeForm {
    /// The set that the page showed, so that a form that is sent again makes no other codes.
    set: Option<String>,
    #[serde(default)]
    welcome: String,
}

/// The way to a proof by another factor than a recovery code, which then leads to `next`.
fn prove_apart(next: &str) -> PageResult {
    see_other(&entry::step_up::address_apart(next, &Factor::Recovery.key()))
}

/// `POST /account/security/recovery-codes`: 200 with ten new codes; to a fresh proof first, where there is none.
async fn make(ctx: Ctx<Person>, Posted(form): Posted<MakeForm>) -> PageResult {
    let is_first = !form.welcome.is_empty();
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address(ADDRESS));
    };
    let codes =
        match manage_codes::make(&ctx.portal, &fresh, &ctx.who.session, form.set.as_deref(), ctx.network()).await {
            Ok(codes) => codes,
            Err(Failure::Refused(CodesRefusal::Frozen(paused))) => return frozen::page(ctx.layout(), &paused),
            Err(Failure::Refused(CodesRefusal::NotApart)) => return prove_apart(ADDRESS),
            Err(Failure::Refused(CodesRefusal::Made)) => return see_other(ADDRESS),
            Err(Failure::Internal(error)) => return Err(error.into()),
        };
    let layout = if is_first { ctx.layout().into_journey() } else { ctx.layout() };
    let onward = if is_first { home_of(ctx.who.signed_in.role) } else { "/account/security" };
    page(&MadePage { codes, made: when(&layout, layout.now), onward, layout })
}

#[derive(Template)]
#[template(path = "account/security/recovery_codes/remove.html")]
struct RemovePage {
    layout: Layout,
}

/// `GET /account/security/recovery-codes/remove`: asks once more.
async fn confirm(ctx: Ctx<Person>) -> PageResult {
    if recovery_codes::of(&ctx.portal, ctx.who.signed_in.account).await?.is_none() {
        return see_other(ADDRESS);
    }
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address("/account/security/recovery-codes/remove"));
    }
    page(&RemovePage { layout: ctx.layout() })
}

/// `POST /account/security/recovery-codes/remove`: 303 back.
async fn remove(ctx: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    let Some(fresh) = step_up::fresh(&ctx.portal, &ctx.who.session) else {
        return see_other(&entry::step_up::address("/account/security/recovery-codes/remove"));
    };
    match manage_codes::remove_all(&ctx.portal, &fresh, &ctx.who.session, ctx.network()).await {
        Ok(()) => see_other("/account/security/recovery-codes?done=removed"),
        Err(Failure::Refused(CodesRefusal::Frozen(paused))) => frozen::page(ctx.layout(), &paused),
        Err(Failure::Refused(CodesRefusal::NotApart)) => prove_apart("/account/security/recovery-codes/remove"),
        Err(Failure::Refused(CodesRefusal::Made)) => see_other(ADDRESS),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security/recovery-codes", get().to(show))
        .route("/account/security/recovery-codes", post().to(make))
        .route("/account/security/recovery-codes/remove", get().to(confirm))
        .route("/account/security/recovery-codes/remove", post().to(remove));
}
