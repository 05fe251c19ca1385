//! The dev outbox: stands in for phones and mailboxes in demo and tests. Kept in memory only.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use tokio::sync::watch;

use crate::clock::{Clock, Timestamp};
use crate::types::email_address::EmailAddress;
use crate::types::phone::PhoneNumber;

const KEPT: usize = 500;

/// One message that would have left the building.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// Rises by one.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// `sms`, `voice` or `email`.
    pub kind: &'static str,
    /// E.164 or a mail address.
    pub to: String,
    /// A mail's subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What it says.
    pub text: String,
}

/// Messages, newest last, at most 500. Cheap to clone.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    clock: Clock,
    items: Mutex<VecDeque<Item>>,
    newest: watch::Sender<u64>,
}

impl Outbox {
    /// An empty one.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Inner { clock, items: Mutex::default(), newest: watch::Sender::new(0) }))
    }

    fn push(&self, kind: &'static str, to: &str, subject: Option<&str>, text: &str) -> u64 {
        let mut items = self.0.items.lock().unwrap_or_else(|e| e.into_inner());
        let id = *self.0.newest.borrow() + 1;
        let (to, subject, text) = (to.to_owned(), subject.map(str::to_owned), text.to_owned());
        items.push_back(Item { id, at: self.0.clock.now(), kind, to, subject, text });
        if items.len() > KEPT {
            items.pop_front();
        }
        self.0.newest.send_replace(id);
        id
    }

    /// Keeps a text message; answers its id.
    pub fn text(&self, to: &PhoneNumber, text: &str) -> u64 {
        self.push("sms", to.e164(), None, text)
    }

    /// Keeps what a call says once a key is pressed; answers its id.
    pub fn call(&self, to: &PhoneNumber, words: &str) -> u64 {
        self.push("voice", to.e164(), None, words)
    }

    /// Keeps a mail; answers its id.
    pub fn mail(&self, to: &EmailAddress, subject: &str, text: &str) -> u64 {
        self.push("email", to.as_str(), Some(subject), text)
    }

    /// Messages after an id, oldest first; `to` narrows to one phone or address.
    pub fn after(&self, id: u64, to: Option<&str>) -> Vec<Item> {
        let items = self.0.items.lock().unwrap_or_else(|e| e.into_inner());
        let wanted = |item: &&Item| item.id > id && to.is_none_or(|to| item.to.eq_ignore_ascii_case(to));
        items.iter().filter(wanted).cloned().collect()
    }

    /// Tells when a message comes in.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.newest.subscribe()
    }
}
