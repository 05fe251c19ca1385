//! `/account/access-log`: who opened my record.

use actix_web::web::{Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;

use crate::audit::{self, Deed, Recorded, access_log};
use crate::identity::accounts;
use crate::web::account::{read_own, role_word, when};
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page};
use crate::web::problem::{PageResult, Problem};

/// Rows a page.
const PAGE: i64 = 50;

/// One time that somebody did something with the record.
struct Opened {
    when: String,
    who: String,
    role: Option<String>,
    what: String,
    why: Option<String>,
}

#[derive(Template)]
#[template(path = "account/access_log.html")]
struct AccessLogPage {
    layout: Layout,
    is_patient: bool,
    rows: Vec<Opened>,
    total: i64,
    page: i64,
    pages: i64,
}

#[derive(Deserialize)]
struct Asked {
    page: Option<i64>,
}

async fn rows(ctx: &Ctx<Person>, layout: &Layout, events: Vec<Recorded>) -> Result<Vec<Opened>, Problem> {
    let named = accounts::names(&ctx.portal, events.iter().filter_map(|event| audit::account_of(&event.actor))).await?;
    let words = &layout.words;
    let row = |event: Recorded| {
        let somebody = audit::account_of(&event.actor).and_then(|id| named.get(&id));
        let who = match (somebody, event.actor.as_str()) {
            (Some(somebody), _) => somebody.name.as_str().to_owned(),
            (None, "shell") => words.t("actor-shell"),
            (None, "system") => words.t("actor-system"),
            (None, "stranger") => words.t("actor-stranger"),
            (None, _) => words.t("actor-gone"),
        };
        Opened {
            when: when(layout, event.at),
            who,
            role: event.role.map(|role| role_word(words, role)),
            what: words.of(&format!("deed-{}", event.deed)),
            why: event.why,
        }
    };
    Ok(events.into_iter().map(row).collect())
}

/// `GET /account/access-log?page=…`: a table for patients; a sentence for staff, who have no record here.
async fn list(ctx: Ctx<Person>, asked: Query<Asked>) -> PageResult {
    let layout = ctx.layout();
    let Some(patient) = ctx.who.signed_in.patient else {
        return page(&AccessLogPage { layout, is_patient: false, rows: Vec::new(), total: 0, page: 1, pages: 1 });
    };
    let number = asked.page.unwrap_or(1).clamp(1, 10_000);
    let log = access_log::of(&ctx.portal, patient, ctx.who.signed_in.account, (number - 1) * PAGE, PAGE).await?;
    read_own(&ctx, Deed::AccessLogRead).await?;
    let rows = rows(&ctx, &layout, log.events).await?;
    let pages = (log.total + PAGE - 1) / PAGE;
    page(&AccessLogPage { layout, is_patient: true, rows, total: log.total, page: number, pages: pages.max(1) })
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/access-log", get().to(list));
}
