//! What stands in for phones and mailboxes in demo and tests. `serve` has no such route in its router.

use std::convert::Infallible;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::web::{Bytes, Data, Query, ServiceConfig, get};
use askama::Template;
use futures_util::stream;
use serde::Deserialize;

use crate::clock::Timestamp;
use crate::messaging::gateways::outbox::{Item, Outbox};
use crate::portal::Portal;
use crate::types::zone::Zone;
use crate::web::assets;
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

/// How many messages the page shows.
const SHOWN: usize = 40;

#[derive(Template)]
#[template(path = "dev/outbox.html")]
struct OutboxPage {
    lang: &'static str,
    words: Words,
    zone: Zone,
    clinic: String,
    to: Option<String>,
    phones: Vec<Item>,
    mails: Vec<Item>,
}

impl OutboxPage {
    fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    fn time(&self, at: &Timestamp) -> String {
        self.words.time(*at, &self.zone)
    }
}

#[derive(Deserialize)]
struct Wanted {
    to: Option<String>,
    #[serde(default)]
    after: u64,
}

impl Wanted {
    /// A `+` in an address that was not encoded reads as a space.
    fn to(&self) -> Option<String> {
        self.to.as_ref().map(|to| match to.strip_prefix(' ') {
            Some(digits) => format!("+{digits}"),
            None => to.clone(),
        })
    }
}

/// `GET /dev/outbox`: a phone and a mailbox, newest message first.
async fn show(portal: Data<Portal>, outbox: Data<Outbox>, wanted: Query<Wanted>) -> PageResult {
    let to = wanted.to();
    let mut items = outbox.after(0, to.as_deref());
    items.reverse();
    let (phones, mails): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| item.kind != "email");
    let clinic = &portal.config.clinic;
    crate::web::layout::page(&OutboxPage {
        lang: clinic.locale.code(),
        words: Words::new(clinic.locale),
        zone: clinic.zone.clone(),
        clinic: clinic.name.clone(),
        to,
        phones: phones.into_iter().take(SHOWN).collect(),
        mails: mails.into_iter().take(SHOWN).collect(),
    })
}

/// `GET /dev/outbox.jsonl?to=…&after=ID`: a message a line, oldest first.
async fn lines(outbox: Data<Outbox>, wanted: Query<Wanted>) -> PageResult {
    let mut text = String::new();
    for item in outbox.after(wanted.after, wanted.to().as_deref()) {
        let line = serde_json::to_string(&item)
            .map_err(|error| Problem::Internal(crate::error::InternalError::new("writing the outbox", error)))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(HttpResponse::Ok().content_type("application/jsonl; charset=utf-8").body(text))
}

/// `GET /dev/outbox/events`: an event a message, holding its id.
async fn events(outbox: Data<Outbox>) -> PageResult {
    let events = stream::unfold(outbox.watch(), |mut newest| async move {
        newest.changed().await.ok()?;
        let id = *newest.borrow_and_update();
        Some((Ok::<_, Infallible>(Bytes::from(format!("data: {id}\n\n"))), newest))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CONTENT_ENCODING, "identity"))
        .streaming(events))
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/dev/outbox", get().to(show))
        .route("/dev/outbox.jsonl", get().to(lines))
        .route("/dev/outbox/events", get().to(events));
}
