//! `/admin/policy/sms`: who depends on text messages alone.

use actix_web::web::{Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::auth::policy::dependence::{self, Dependence};
use crate::identity::accounts;
use crate::types::ids::AccountId;
use crate::web::account::role_word;
use crate::web::admin::policy::people_of;
use crate::web::admin::read;
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page};
use crate::web::problem::PageResult;

/// Rows a page.
const PAGE: usize = 50;

/// The people of a role.
struct Row {
    people: String,
    count: Dependence,
}

/// One of the staff.
struct Person {
    id: AccountId,
    name: String,
    role: String,
}

#[derive(Template)]
#[template(path = "admin/policy/sms.html")]
struct SmsPage {
    rows: Vec<Row>,
    staff: Vec<Person>,
    total: usize,
    page: usize,
    pages: usize,
    layout: Layout,
}

#[derive(Deserialize)]
struct Asked {
    page: Option<usize>,
}

/// `GET /admin/policy/sms?page=…`.
async fn show(ctx: Ctx<Admin>, asked: Query<Asked>) -> PageResult {
    let layout = ctx.layout();
    let counts = dependence::dependence(&ctx.portal).await?;
    let staff = dependence::staff_by_phone(&ctx.portal).await?;
    let pages = staff.len().div_ceil(PAGE).max(1);
    let number = asked.page.unwrap_or(1).clamp(1, pages);
    let shown: Vec<AccountId> = staff.iter().copied().skip((number - 1) * PAGE).take(PAGE).collect();
    let names = accounts::names(&ctx.portal, shown.iter().copied()).await?;
    let person = |id: AccountId| {
        let named = names.get(&id)?;
        Some(Person { id, name: named.name.as_str().to_owned(), role: role_word(&layout.words, named.role) })
    };
    read(&ctx, Deed::PolicyRead, None).await?;
    page(&SmsPage {
        rows: counts.into_iter().map(|(role, count)| Row { people: people_of(&layout.words, role), count }).collect(),
        staff: shown.into_iter().filter_map(person).collect(),
        total: staff.len(),
        page: number,
        pages,
        layout,
    })
}

/// Its route; it goes before those of the roles.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/policy/sms", get().to(show));
}
