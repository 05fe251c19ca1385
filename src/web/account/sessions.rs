//! The sessions on `/account/security`: where a person is signed in, and signing out there.

use actix_web::web::{Path, ServiceConfig, post};

use crate::auth::sessions;
use crate::error::InternalError;
use crate::types::ids::SessionId;
use crate::web::account::{browser, place, when};
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry::home::SIGNED_OUT;
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, see_other};
use crate::web::problem::{PageResult, Problem};

/// A signed-in browser.
pub(super) struct SignedInBrowser {
    pub id: SessionId,
    pub browser: String,
    pub place: String,
    pub since: String,
    pub seen: String,
    pub is_this: bool,
}

/// Where the person is signed in, last used first.
pub(super) async fn rows(ctx: &Ctx<Person>, layout: &Layout) -> Result<Vec<SignedInBrowser>, InternalError> {
    let me = &ctx.who.signed_in;
    let open = sessions::list(&ctx.portal, me.account, me.role).await?;
    let row = |session: sessions::Listed| SignedInBrowser {
        id: session.id,
        browser: browser(&layout.words, &session.agent),
        place: place(&layout.words, Some(&session.network)),
        since: when(layout, session.started_at),
        seen: when(layout, session.seen_at),
        is_this: session.id == ctx.who.session.id,
    };
    Ok(open.into_iter().map(row).collect())
}

/// `POST /account/security/sessions/{id}/end`: 303 back, or to the way in when it was this session; 404 for a session
/// that is not theirs.
async fn end(ctx: Ctx<Person>, id: Path<String>, _: Posted<Pressed>) -> PageResult {
    let id: SessionId = id.parse().map_err(|_| Problem::NotFound)?;
    if !sessions::end_own(&ctx.portal, &ctx.who.signed_in, id, ctx.network()).await? {
        return Err(Problem::NotFound);
    }
    if id == ctx.who.session.id {
        return ctx.leave(SIGNED_OUT);
    }
    see_other("/account/security?done=session")
}

/// `POST /account/security/sessions/end-others`: 303 back.
async fn end_others(ctx: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    sessions::end_others(&ctx.portal, &ctx.who.signed_in, ctx.who.session.id, ctx.network()).await?;
    see_other("/account/security?done=others")
}

/// `POST /account/security/sessions/end-all`: 303 to the way in, signed out here too.
async fn end_all(ctx: Ctx<Person>, _: Posted<Pressed>) -> PageResult {
    sessions::end_everywhere(&ctx.portal, &ctx.who.signed_in, ctx.network()).await?;
    ctx.leave(SIGNED_OUT)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security/sessions/end-others", post().to(end_others))
        .route("/account/security/sessions/end-all", post().to(end_all))
        .route("/account/security/sessions/{id}/end", post().to(end));
}
