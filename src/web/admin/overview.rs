//! `/admin`: what an admin should know first.

use actix_web::web::{ServiceConfig, get};
use askama::Template;

use crate::audit::{self as trail, Deed};
use crate::auth::{lockout, recovery};
use crate::clock::SignedDuration;
use crate::identity::accounts;
use crate::messaging::dispatches::figures::{self, Totals};
use crate::types::actor::Role;
use crate::web::account::frozen;
use crate::web::admin::read;
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page};
use crate::web::problem::PageResult;

/// The span of "in the last hour".
const LATELY: SignedDuration = SignedDuration::from_hours(1);

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct OverviewPage {
    layout: Layout,
    /// Changes to the account are paused: until when, and whom to call.
    paused: Option<String>,
    locked: i64,
    recoveries: i64,
    failed_sign_ins: i64,
    texts: Totals,
    patients: i64,
    doctors: i64,
    admins: i64,
}

/// `GET /admin`.
async fn show(ctx: Ctx<Admin>) -> PageResult {
    let since = ctx.portal.clock.now() - LATELY;
    let people = accounts::count_by_role(&ctx.portal).await?;
    let of = |role: Role| people.iter().find(|(known, _)| *known == role).map_or(0, |(_, count)| *count);
    let layout = ctx.layout();
    let shown = OverviewPage {
        paused: ctx.who.signed_in.frozen.map(|paused| frozen::sentence(&layout, &paused)),
        layout,
        locked: lockout::count(&ctx.portal).await?,
        recoveries: recovery::count_waiting(&ctx.portal, Role::Admin).await?,
        failed_sign_ins: trail::failed_sign_ins(&ctx.portal, since).await?,
        texts: figures::totals_since(&ctx.portal, since).await?,
        patients: of(Role::Patient),
        doctors: of(Role::Doctor),
        admins: of(Role::Admin),
    };
    read(&ctx, Deed::OverviewRead, None).await?;
    page(&shown)
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin", get().to(show));
}
