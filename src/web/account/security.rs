//! `/account/security`: where I am signed in, which browsers are known, what happened around signing in.
//!
//! Everything here only tightens, so nothing asks for a fresh code.

use actix_web::web::{Path, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::{Deed, sign_in_history};
use crate::auth::factors::{manage_codes, passkeys, recovery_codes, totp};
use crate::auth::{sessions, trusted_devices};
use crate::identity::{accounts, phones};
use crate::messaging::opt_outs;
use crate::types::actor::Role;
use crate::types::ids::SessionId;
use crate::web::account::history::{self, Happened};
use crate::web::account::{browser, place, read_own, when};
use crate::web::csrf::{Posted, Pressed};
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page, see_other};
use crate::web::problem::{PageResult, Problem};

/// A signed-in browser.
struct SignedInBrowser {
    id: SessionId,
    browser: String,
    place: String,
    seen: String,
    is_this: bool,
}

/// A browser that proved both factors once.
struct KnownBrowser {
    browser: String,
    known: String,
    seen: String,
    trusted_until: Option<String>,
}

/// What was just done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    SessionEnded,
    OthersEnded,
    DevicesForgotten,
    PasswordChanged,
    EmailChanged,
    AddFirst,
}

#[derive(Template)]
#[template(path = "account/security.html")]
struct SecurityPage {
    done: Option<Done>,
    /// Their phone answered STOP; with the number that START goes to, where one is known.
    texts_stopped: Option<Option<String>>,
    sessions: Vec<SignedInBrowser>,
    devices: Vec<KnownBrowser>,
    history: Vec<Happened>,
    is_patient: bool,
    /// Whether there is an authenticator app.
    has_app: bool,
    /// Recovery codes that are left; None when none were made.
    codes_left: Option<i64>,
    /// Whether so few are left that new ones should be made.
    few_codes: bool,
    /// How many phones they have, and the last two digits of the main one.
    phones: usize,
    last2: String,
    /// A phone is all there is to prove it with.
    phone_alone: bool,
    layout: Layout,
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
}

impl Arrival {
    fn done(&self) -> Option<Done> {
        match self.done.as_deref()? {
            "session" => Some(Done::SessionEnded),
            "others" => Some(Done::OthersEnded),
            "devices" => Some(Done::DevicesForgotten),
            "password" => Some(Done::PasswordChanged),
            "email" => Some(Done::EmailChanged),
            "add" => Some(Done::AddFirst),
            _ => None,
        }
    }
}

/// `GET /account/security`.
async fn show(ctx: Ctx<Person>, arrival: Query<Arrival>) -> PageResult {
    let (layout, me) = (ctx.layout(), &ctx.who.signed_in);
    let open = sessions::list(&ctx.portal, me.account, me.role).await?;
    let known = trusted_devices::list(&ctx.portal, me.account).await?;
    let events = sign_in_history::of(&ctx.portal, me.account).await?;
    let account = accounts::find(&ctx.portal, me.account).await?.ok_or(Problem::NotFound)?;
    let stopped = opt_outs::stopped_by(&ctx.portal, &account.phone).await?;
    let phones = phones::of(&ctx.portal, &account.phone_owner()).await?;
    let has_app = totp::of(&ctx.portal, &account).await?.is_some();
    let has_passkey = !passkeys::of(&ctx.portal, &account).await?.is_empty();
    let codes_left = recovery_codes::of(&ctx.portal, me.account).await?.map(|set| set.left);
    read_own(&ctx, Deed::SecurityRead).await?;
    let words = &layout.words;
    let still = |until| me.role == Role::Patient && until > layout.now;
    page(&SecurityPage {
        done: arrival.done(),
        texts_stopped: stopped.map(|gateway| ctx.portal.config.number_that_texts(&gateway, &account.phone)),
        sessions: open
            .into_iter()
            .map(|session| SignedInBrowser {
                id: session.id,
                browser: browser(words, &session.agent),
                place: place(words, Some(&session.network)),
                seen: when(&layout, session.seen_at),
                is_this: session.id == ctx.who.session.id,
            })
            .collect(),
        devices: known
            .into_iter()
            .map(|device| KnownBrowser {
                browser: browser(words, &device.agent),
                known: when(&layout, device.known_at),
                seen: when(&layout, device.seen_at),
                trusted_until: device.trusted_until.filter(|until| still(*until)).map(|until| when(&layout, until)),
            })
            .collect(),
        history: history::lines(&layout, &events),
        is_patient: me.role == Role::Patient,
        has_app,
        codes_left,
        few_codes: codes_left.is_some_and(|left| left < manage_codes::FEW),
        phones: phones.iter().filter(|phone| phone.proved_at.is_some()).count(),
        last2: account.phone.last2().to_owned(),
        phone_alone: !has_app && !has_passkey,
        layout,
    })
}

/// `POST /account/security/sessions/{id}/end`: 303 back, or to the way in when it was this session; 404 for a session
/// that is not theirs.
async fn end_session(ctx: Ctx<Person>, id: Path<String>, _: Posted<Pressed>) -> PageResult {
    let id: SessionId = id.parse().map_err(|_| Problem::NotFound)?;
    if !sessions::end_own(&ctx.portal, &ctx.who.signed_in, id, ctx.network()).await? {
        return Err(Problem::NotFound);
    }
    if id == ctx.who.session.id {
        return ctx.leave("/");
    }
    see_other("/account/security?done=session")
}

/// `POST /account/security/sessions/end-others`: 303 back.
async fn end_others(ctx: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    sessions::end_others(&ctx.portal, &ctx.who.signed_in, ctx.who.session.id, ctx.network()).await?;
    see_other("/account/security?done=others")
}

/// `POST /account/security/devices/forget`: 303 back; every browser is asked for a code again.
async fn forget_devices(ctx: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    trusted_devices::forget_own(&ctx.portal, &ctx.who.signed_in, ctx.network()).await?;
    see_other("/account/security?done=devices")
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security", get().to(show))
        .route("/account/security/sessions/end-others", post().to(end_others))
        .route("/account/security/sessions/{id}/end", post().to(end_session))
        .route("/account/security/devices/forget", post().to(forget_devices));
}
