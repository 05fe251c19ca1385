//! `/account/not-me`: the link of an alert. It says what its button will do; pressed again, it says what was done.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;

use crate::auth::alerts::not_me::{self, Standing};
use crate::web::csrf::{Posted, Pressed};
use crate::web::guard::{Ctx, Visitor};
use crate::web::layout::{Layout, not_there, page, see_other};
use crate::web::link_token::{self, Link};
use crate::web::problem::PageResult;

/// The cookie that holds the token, and for how long.
const COOKIE: (&str, Duration) = ("not_me", Duration::hours(1));

#[derive(Template)]
#[template(path = "entry/not_me/open.html")]
struct OpenPage {
    layout: Layout,
    restores_email: bool,
    restores_phone: bool,
    takes_factors: bool,
}

#[derive(Template)]
#[template(path = "entry/not_me/done.html")]
struct DonePage {
    layout: Layout,
    /// Choosing a new password waits for staff.
    is_held: bool,
}

#[derive(Template)]
#[template(path = "entry/not_me/over.html")]
struct OverPage {
    layout: Layout,
}

fn over(ctx: &Ctx<Visitor>) -> PageResult {
    not_there(&OverPage { layout: ctx.layout() })
}

/// `GET /account/not-me`: changes nothing. A link that is made up is answered as one that is too old: 404.
async fn show(ctx: Ctx<Visitor>, link: Query<Link>, req: HttpRequest) -> PageResult {
    if let Some(token) = &link.token {
        return link_token::take_over(&ctx.portal.config, COOKIE.0, token, COOKIE.1, "/account/not-me");
    }
    let standing = match link_token::of(&req, &ctx.portal.config, COOKIE.0) {
        Some(token) => not_me::standing(&ctx.portal, &token).await?,
        None => None,
    };
    let layout = ctx.layout().into_journey();
    match standing {
        Some(Standing::Open { restores_email, restores_phone, takes_factors }) => {
            page(&OpenPage { layout, restores_email, restores_phone, takes_factors })
        }
        Some(Standing::Done { is_held }) => page(&DonePage { layout, is_held }),
        None => over(&ctx),
    }
}

/// `POST /account/not-me`: 303 to the same page, which says what was done.
async fn report(ctx: Ctx<Visitor>, req: HttpRequest, _: Posted<Pressed>) -> PageResult {
    let Some(token) = link_token::of(&req, &ctx.portal.config, COOKIE.0) else { return over(&ctx) };
    if not_me::report(&ctx.portal, &token, ctx.network()).await? { see_other("/account/not-me") } else { over(&ctx) }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/not-me", get().to(show)).route("/account/not-me", post().to(report));
}
