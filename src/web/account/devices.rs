//! The known browsers on `/account/security`, and forgetting them.

use actix_web::web::{Path, ServiceConfig, post};

use crate::auth::trusted_devices;
use crate::error::InternalError;
use crate::types::actor::Role;
use crate::types::ids::DeviceId;
use crate::web::account::{browser, when};
use crate::web::csrf::{Posted, Pressed};
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, see_other};
use crate::web::problem::{PageResult, Problem};

/// A browser that proved both factors once.
pub(super) struct KnownBrowser {
    pub id: DeviceId,
    pub browser: String,
    pub known: String,
    pub seen: String,
    /// Until when it is asked for no code.
    pub trusted_until: Option<String>,
    pub is_this: bool,
}

/// The person's known browsers, last used first.
pub(super) async fn rows(ctx: &Ctx<Person>, layout: &Layout) -> Result<Vec<KnownBrowser>, InternalError> {
    let me = &ctx.who.signed_in;
    let known = trusted_devices::list(&ctx.portal, me.account).await?;
    let still = |until| me.role == Role::Patient && until > layout.now;
    let row = |device: trusted_devices::Known| KnownBrowser {
        id: device.id,
        browser: browser(&layout.words, &device.agent),
        known: when(layout, device.known_at),
        seen: when(layout, device.seen_at),
        trusted_until: device.trusted_until.filter(|until| still(*until)).map(|until| when(layout, until)),
        is_this: ctx.who.session.device == Some(device.id),
    };
    Ok(known.into_iter().map(row).collect())
}

/// `POST /account/security/devices/{id}/forget`: 303 back; 404 for a browser that is not theirs.
async fn forget(ctx: Ctx<Person>, id: Path<String>, _: Posted<Pressed>) -> PageResult {
    let id: DeviceId = id.parse().map_err(|_| Problem::NotFound)?;
    let who = &ctx.who;
    if !trusted_devices::forget_one(&ctx.portal, &who.signed_in, &who.session, id, ctx.network()).await? {
        return Err(Problem::NotFound);
    }
    see_other("/account/security?done=device")
}

/// `POST /account/security/devices/forget`: 303 back; every browser is asked for a code again.
async fn forget_all(ctx: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    let who = &ctx.who;
    trusted_devices::forget_own(&ctx.portal, &who.signed_in, who.session.id, ctx.network()).await?;
    see_other("/account/security?done=devices")
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security/devices/forget", post().to(forget_all))
        .route("/account/security/devices/{id}/forget", post().to(forget));
}
