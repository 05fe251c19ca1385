//! `/language`: the switch in the header. A signed-in person's choice is kept in the account.

use actix_web::web::{ServiceConfig, post};
use serde::Deserialize;

use crate::identity::accounts;
use crate::types::locale::Locale;
use crate::web::csrf::Posted;
use crate::web::guard::{Ctx, Visitor, Who as _};
use crate::web::layout::see_other;
use crate::web::paths;
use crate::web::problem::{PageResult, Problem};
use crate::web::visit::cookie;

/// Pages for anybody that the switch comes back to, beside those behind the door.
const OPEN: [&str; 7] =
    ["/", "/login", "/register", "/challenge", "/password/forgot", "/password/reset", "/help/codes"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    locale: String,
    back: String,
}

/// `POST /language`: 303 to where the person was.
async fn switch(ctx: Ctx<Visitor>, Posted(form): Posted<Switch>) -> PageResult {
    let locale: Locale = form.locale.parse().map_err(|()| Problem::BadForm)?;
    if let Some(who) = ctx.who.signed_in() {
        accounts::set_profile(&ctx.portal, &who.actor(), who.account, locale, &who.zone, ctx.network()).await?;
    }
    let back = OPEN.into_iter().find(|open| *open == form.back).or(paths::own(&form.back)).unwrap_or("/");
    let mut response = see_other(back)?;
    let given = cookie(&ctx.portal.config, "lang", locale.code());
    response.add_cookie(&given).map_err(|_| Problem::BadForm)?;
    Ok(response)
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/language", post().to(switch));
}
