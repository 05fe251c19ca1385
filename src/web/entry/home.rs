//! `/`: what this clinic's portal is, and the way in.

use actix_web::web::{Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;

use crate::auth::entered::home_of;
use crate::web::guard::{Ctx, Visitor, Who as _};
use crate::web::layout::{Layout, page, see_other};
use crate::web::problem::PageResult;

/// Where signing out leads.
pub(in crate::web) const SIGNED_OUT: &str = "/?done=signed-out";

#[derive(Template)]
#[template(path = "entry/home.html")]
struct HomePage {
    /// They signed out a moment ago.
    signed_out: bool,
    layout: Layout,
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
}

/// `GET /`: somebody signed in goes to where their work is.
async fn show(ctx: Ctx<Visitor>, arrival: Query<Arrival>) -> PageResult {
    match ctx.who.signed_in() {
        Some(who) => see_other(home_of(who.role)),
        None => {
            let signed_out = arrival.done.as_deref() == Some("signed-out");
            page(&HomePage { signed_out, layout: ctx.layout() })
        }
    }
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/", get().to(show));
}
