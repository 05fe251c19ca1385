//! `/account/security/recovery/stop`: a request for a new phone, stopped by whoever is signed in.

use actix_web::web::{ServiceConfig, post};

use crate::auth::recovery;
use crate::web::csrf::{Posted, Pressed};
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, see_other};
use crate::web::problem::{PageResult, Problem};

/// A request that waits, on the page about security.
pub(super) struct LostPhone {
    pub last2: String,
    pub asked: String,
}

/// The request of the person's account, if one waits.
pub(super) async fn waiting(ctx: &Ctx<Person>, layout: &Layout) -> Result<Option<LostPhone>, Problem> {
    let standing = recovery::standing(&ctx.portal, &ctx.browser, ctx.who.signed_in.account).await?;
    let proved = standing.filter(|standing| standing.phone_proved_at.is_some());
    Ok(proved.map(|standing| LostPhone { asked: layout.day_time(&standing.asked_at), last2: standing.last2 }))
}

/// `POST /account/security/recovery/stop`: 303 back, where nothing waits any more.
async fn stop(ctx: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    recovery::stop_own(&ctx.portal, &ctx.who.signed_in, ctx.network()).await?;
    see_other("/account/security?done=recovery")
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security/recovery/stop", post().to(stop));
}
