//! Every statement that this process runs, as sqlx tells of it. Of the whole process: whoever counts must be alone in it.

use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Counting;

/// The first words of the statement.
#[derive(Default)]
struct Summary(String);

impl Visit for Summary {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            self.0 = value.to_owned();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: Subscriber> Layer<S> for Counting {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut summary = Summary::default();
        event.record(&mut summary);
        // A new connection's settings are no part of what a page costs; commits are counted by the portal itself, and
        // PostgreSQL alone tells of them here.
        if !["PRAGMA", "BEGIN", "COMMIT", "ROLLBACK"].iter().any(|word| summary.0.starts_with(word)) {
            SEEN.lock().unwrap_or_else(|e| e.into_inner()).push(summary.0);
        }
    }
}

/// Begins to listen; once more changes nothing.
pub fn listen() {
    let only = Targets::new().with_target("sqlx::query", Level::DEBUG);
    let _ = tracing_subscriber::registry().with(only).with(Counting).try_init();
}

/// The first words of every statement since the last time.
pub fn taken() -> Vec<String> {
    std::mem::take(&mut *SEEN.lock().unwrap_or_else(|e| e.into_inner()))
}
