//! `/help/codes`: the code did not come; what to do.

use actix_web::web::{ServiceConfig, get};
use askama::Template;

use crate::messaging::gateways;
use crate::web::guard::{Ctx, Visitor};
use crate::web::layout::{Layout, page};
use crate::web::problem::PageResult;

#[derive(Template)]
#[template(path = "entry/help.html")]
struct HelpPage {
    layout: Layout,
    pending: bool,
    may_call: bool,
}

/// `GET /help/codes`.
async fn codes(ctx: Ctx<Visitor>) -> PageResult {
    let pending = ctx.who.0.as_ref().is_some_and(|session| session.challenge.is_some());
    page(&HelpPage { layout: ctx.layout(), pending, may_call: gateways::can_call(&ctx.portal.config) })
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/help/codes", get().to(codes));
}
