//! `/admin/delivery/people/{id}`: the texts of one person, attempt by attempt. Found by mail address, by a posted form.

use actix_web::web::{Path, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::identity::accounts;
use crate::messaging::dispatches::figures::{self, Which};
use crate::types::ids::AccountId;
use crate::web::admin::delivery::delivery_page;
use crate::web::admin::delivery_rows::{LISTED, Row, row};
use crate::web::admin::people::account_of;
use crate::web::admin::read;
use crate::web::csrf::Posted;
use crate::web::forms::Errors;
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

#[derive(Template)]
#[template(path = "admin/delivery/person.html")]
struct PersonPage {
    name: String,
    rows: Vec<Row>,
    layout: Layout,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindForm {
    email: String,
}

/// `POST /admin/delivery`: 303 to the texts of whom a mail address belongs to, or 422.
async fn find(ctx: Ctx<Admin>, Posted(typed): Posted<FindForm>) -> PageResult {
    let sentence = match account_of(&ctx, &typed.email).await? {
        Ok(account) => return see_other(&format!("/admin/delivery/people/{}", account.id)),
        Err(sentence) => sentence,
    };
    let mut shown = delivery_page(&ctx, None, Errors::one("email", sentence)).await?;
    shown.email = typed.email;
    read(&ctx, Deed::DeliveryRead, None).await?;
    refused(&shown)
}

/// `GET /admin/delivery/people/{id}`.
async fn show(ctx: Ctx<Admin>, id: Path<AccountId>) -> PageResult {
    let account = accounts::find(&ctx.portal, *id).await?.ok_or(Problem::NotFound)?;
    let texts = figures::newest(&ctx.portal, Which::Of(account.id), LISTED).await?;
    let layout = ctx.layout();
    read(&ctx, Deed::DeliveryRead, Some(&account)).await?;
    page(&PersonPage {
        name: account.name.as_str().to_owned(),
        rows: texts.iter().map(|text| row(&layout, text)).collect(),
        layout,
    })
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/delivery", post().to(find)).route("/admin/delivery/people/{id}", get().to(show));
}
