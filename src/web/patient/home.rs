//! `/home`: the next appointment with its join state, new results, what is left to do.
//!
//! Each card is loaded by itself: one that fails says so, and the rest of the page stands.

use actix_web::web::{ServiceConfig, get};
use askama::Template;

use crate::audit::{self, Deed, Event};
use crate::auth::factors::manage_codes;
use crate::care::appointments as care;
use crate::care::labs::{self, Unread};
use crate::care::records;
use crate::error::InternalError;
use crate::messaging::mail_refusals;
use crate::web::account::frozen;
use crate::web::care::results::Named;
use crate::web::guard::{Ctx, Patient};
use crate::web::layout::{Layout, page};
use crate::web::patient::appointments::{Item, Joining};
use crate::web::problem::PageResult;

/// One card: what it shows, or that it could not be loaded.
enum Part<T> {
    Loaded(T),
    Failed,
}

impl<T> Part<T> {
    /// The page is answered all the same, so what went wrong is logged here.
    fn of(loaded: Result<T, InternalError>, what: &'static str) -> Self {
        match loaded {
            Ok(loaded) => Self::Loaded(loaded),
            Err(error) => {
                tracing::error!(what, %error, "a part of a page failed");
                Self::Failed
            }
        }
    }

    fn loaded(&self) -> Option<&T> {
        match self {
            Self::Loaded(loaded) => Some(loaded),
            Self::Failed => None,
        }
    }
}

/// Results that were not opened yet.
struct NewResults {
    count: i64,
    newest: Vec<String>,
}

#[derive(Template)]
#[template(path = "patient/home.html")]
struct HomePage {
    layout: Layout,
    first_name: String,
    /// Changes to the account are paused: until when, and whom to call.
    paused: Option<String>,
    /// Mail to them comes back.
    mail_returns: bool,
    /// Recovery codes that are left, if they are few.
    few_codes: Option<i64>,
    next: Part<Option<Item>>,
    results: Part<NewResults>,
}

impl HomePage {
    /// The visit that can be joined now.
    fn open_visit(&self) -> Option<&Item> {
        self.next.loaded()?.as_ref().filter(|item| item.joining == Joining::Open)
    }

    /// How many results wait to be read.
    fn unread(&self) -> i64 {
        self.results.loaded().map_or(0, |results| results.count)
    }

    /// Whether a part that could hold something to do was not loaded.
    fn is_partial(&self) -> bool {
        self.next.loaded().is_none() || self.results.loaded().is_none()
    }
}

/// `GET /home`.
async fn show(ctx: Ctx<Patient>) -> PageResult {
    let (portal, who) = (&ctx.portal, &ctx.who.signed_in);
    let next = care::next(portal, who, ctx.network()).await;
    if next.is_err() {
        // The rule that failed would have written down that the page was read; the other cards are read all the same.
        let event = Event::new(who.actor(), Deed::HomeRead).of(ctx.who.patient).from(ctx.network());
        audit::record_read(portal, vec![event]).await?;
    }
    let results = async {
        let own = records::own(portal, who).await?;
        let own = own.ok_or_else(|| InternalError::because("a patient's session without a record"))?;
        labs::new_for_patient(portal, &own).await
    };
    let mail_returns = Part::of(mail_refusals::of(portal, who.account).await, "whether mail comes back");
    let few_codes = Part::of(manage_codes::few_left(portal, who.account).await, "how many recovery codes are left");
    let layout = ctx.layout();
    let named = |one: &Unread| Named::panel(&layout.words, one.panel_loinc.as_deref(), &one.panel).plain;
    let results = results.await.map(|(count, newest)| NewResults { count, newest: newest.iter().map(named).collect() });
    let next = next.map(|next| next.map(|listed| Item::new(&layout, &listed)));
    page(&HomePage {
        paused: who.frozen.map(|paused| frozen::sentence(&layout, &paused)),
        first_name: who.name.as_str().split_whitespace().next().unwrap_or_default().to_owned(),
        mail_returns: mail_returns.loaded().is_some_and(Option::is_some),
        few_codes: few_codes.loaded().copied().flatten(),
        next: Part::of(next, "the next appointment"),
        results: Part::of(results, "new results"),
        layout,
    })
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/home", get().to(show));
}
