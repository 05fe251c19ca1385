//! `/`: what this clinic's portal is, and the way in.

use actix_web::web::{ServiceConfig, get};
use askama::Template;

use crate::auth::entered::home_of;
use crate::web::guard::{Ctx, Visitor, Who as _};
use crate::web::layout::{Layout, page, see_other};
use crate::web::problem::PageResult;

#[derive(Template)]
#[template(path = "entry/home.html")]
struct HomePage {
    layout: Layout,
}

/// `GET /`: somebody signed in goes to where their work is.
async fn show(ctx: Ctx<Visitor>) -> PageResult {
    match ctx.who.signed_in() {
        Some(who) => see_other(home_of(who.role)),
        None => page(&HomePage { layout: ctx.layout() }),
    }
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/", get().to(show));
}
