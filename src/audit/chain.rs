//! The hash chain over the trail, keyed outside the database.
//!
//! | what            | digest (HMAC-SHA-256 under the audit key)         |
//! |-----------------|---------------------------------------------------|
//! | an event        | over all its columns, each with its length        |
//! | a link          | over the previous link, its number, the event's   |
//! | the head        | over the last number and link, under another word |
//!
//! One process at a time moves the head: the update names the number it moves from. The head is also written to the
//! log every time it moves, so that a tail cut off together with an old head shows against the log.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::sql;
use crate::clock::{Timestamp, from_ms};
use crate::error::InternalError;
use crate::portal::Portal;

/// Events linked in one transaction at most.
pub const BATCH: i64 = 500;

fn digest(key: &[u8; 32], word: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(word.as_bytes());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The keyed digest of an event's columns. Absent and empty differ.
pub(super) fn event_mac(key: &[u8; 32], row: &sql::NewRow) -> [u8; 32] {
    let optional =
        |text: &Option<String>| text.as_ref().map_or_else(|| vec![0], |text| [&[1], text.as_bytes()].concat());
    let (role, patient, subject) = (optional(&row.role), optional(&row.patient_id), optional(&row.subject));
    let (why, network) = (optional(&row.why), optional(&row.network));
    digest(
        key,
        "event",
        &[
            row.id.as_bytes(),
            &row.at.to_be_bytes(),
            row.actor.as_bytes(),
            &role,
            row.deed.as_bytes(),
            &patient,
            &subject,
            &why,
            &network,
        ],
    )
}

fn link(key: &[u8; 32], previous: &[u8], seq: i64, event_mac: &[u8]) -> [u8; 32] {
    digest(key, "link", &[previous, &seq.to_be_bytes(), event_mac])
}

fn head_mac(key: &[u8; 32], seq: i64, link: &[u8]) -> [u8; 32] {
    digest(key, "head", &[&seq.to_be_bytes(), link])
}

fn genesis(key: &[u8; 32]) -> [u8; 32] {
    digest(key, "genesis", &[])
}

fn same(a: &[u8], b: &[u8]) -> bool {
    bool::from(a.ct_eq(b))
}

/// Links what was committed since the last time; answers how many. An event whose own digest is wrong was not written
/// by this portal: it is left out of the chain, and [`verify`] names it.
///
/// # Errors
/// When the database fails, or the head is not the portal's own.
pub async fn link_waiting(portal: &Portal) -> Result<usize, InternalError> {
    let key = &portal.keys.audit;
    let waiting = {
        let mut connection = portal.db.read().await?;
        sql::waiting(&mut connection, BATCH).await?
    };
    if waiting.is_empty() {
        return Ok(0);
    }
    let mut tx = portal.db.begin().await?;
    let (from, mut last) = match sql::head(&mut tx).await? {
        Some((seq, link, mac)) if same(&mac, &head_mac(key, seq, &link)) => (seq, link),
        Some(_) => {
            return Err(InternalError::because(
                "the audit chain's head is not the portal's own: run `salus audit verify`",
            ));
        }
        None => {
            let link = genesis(key).to_vec();
            sql::begin_head(&mut tx, &link, &head_mac(key, 0, &link)).await?;
            (0, link)
        }
    };
    let now = portal.clock.now().as_millisecond();
    let (mut seq, mut linked) = (from, 0);
    for event in &waiting {
        if !same(&event.mac, &event_mac(key, event)) {
            continue;
        }
        seq += 1;
        last = link(key, &last, seq, &event.mac).to_vec();
        sql::insert_link(&mut tx, seq, &event.id, &last).await?;
        linked += 1;
    }
    sql::mark_linked(&mut tx, from, seq, now).await?;
    if linked == 0 || !sql::move_head(&mut tx, from, seq, &last, &head_mac(key, seq, &last)).await? {
        return Ok(0);
    }
    tx.commit().await?;
    tracing::info!(seq, link = %data_encoding::HEXLOWER.encode(&last), "audit chain head");
    Ok(linked)
}

/// How far the chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Links in the chain.
    pub links: i64,
    /// When the last link was made; None for an empty chain.
    pub linked_at: Option<Timestamp>,
    /// Committed events that wait for their link.
    pub waiting: i64,
}

/// How far the chain is, without walking it.
///
/// # Errors
/// When the database fails.
pub async fn state(portal: &Portal) -> Result<State, InternalError> {
    let mut connection = portal.db.read().await?;
    let (links, linked_at, waiting) = sql::state(&mut connection).await?;
    Ok(State { links, linked_at: linked_at.map(from_ms), waiting })
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every link holds.
    Whole {
        /// Links in the chain.
        links: i64,
        /// Committed events that wait for their link.
        waiting: i64,
        /// The last link, to compare with the log or keep elsewhere.
        head: String,
    },
    /// The first break.
    Broken {
        /// The link's number; 0 when the break is not at one.
        seq: i64,
        /// What is wrong there, in a sentence.
        what: String,
    },
}

fn broken(seq: i64, what: impl Into<String>) -> Verdict {
    Verdict::Broken { seq, what: what.into() }
}

/// Walks the chain from its beginning and names the first break: an event changed, removed, added or reordered, at
/// both ends too. `anchor`, a number and link kept from an earlier head, shows a tail that was cut with its head.
///
/// # Errors
/// When the database fails.
pub async fn verify(portal: &Portal, anchor: Option<(i64, &str)>) -> Result<Verdict, InternalError> {
    let key = &portal.keys.audit;
    let mut connection = portal.db.read().await?;
    let (events, waiting) = sql::counts(&mut connection).await?;
    let (mut seq, mut last) = (0, genesis(key).to_vec());
    let mut anchored = anchor.is_none();
    loop {
        let links = sql::links(&mut connection, seq, BATCH).await?;
        if links.is_empty() {
            // A serving portal may have moved on meanwhile: its head is written with its links.
            let end = sql::head(&mut connection).await?.map_or(0, |(end, ..)| end);
            if end > seq && !sql::links(&mut connection, seq, 1).await?.is_empty() {
                continue;
            }
            break;
        }
        for found in links {
            if found.seq != seq + 1 {
                return Ok(broken(seq + 1, "this link was removed"));
            }
            seq = found.seq;
            let Some(event) = found.event else {
                return Ok(broken(seq, format!("the event {} was removed", found.event_id)));
            };
            if !same(&event.mac, &event_mac(key, &event)) {
                return Ok(broken(seq, format!("the event {} was changed", event.id)));
            }
            let expected = link(key, &last, seq, &event.mac);
            if !same(&found.link, &expected) {
                return Ok(broken(seq, format!("the event {} does not stand where it was written", event.id)));
            }
            last = found.link;
            if let Some((number, text)) = anchor
                && number == seq
            {
                if !text.eq_ignore_ascii_case(&data_encoding::HEXLOWER.encode(&last)) {
                    return Ok(broken(seq, "the link is not the one that was kept"));
                }
                anchored = true;
            }
        }
    }
    match sql::head(&mut connection).await? {
        None if seq == 0 && events == waiting => {}
        None => return Ok(broken(0, "the chain's head was removed")),
        Some((end, link, mac)) => {
            if !same(&mac, &head_mac(key, end, &link)) {
                return Ok(broken(end, "the chain's head was changed"));
            }
            if end > seq {
                return Ok(broken(seq + 1, "the chain ends early: this link and what followed were removed"));
            }
            if end < seq {
                return Ok(broken(end + 1, "this link was added after the chain's head"));
            }
            if end == seq && !same(&link, &last) {
                return Ok(broken(end, "the chain's head does not fit its last link"));
            }
        }
    }
    if let Some(id) = sql::strays(&mut connection).await? {
        return Ok(broken(0, format!("the event {id} was added, or its link was removed")));
    }
    for event in sql::waiting(&mut connection, i64::MAX).await? {
        if !same(&event.mac, &event_mac(key, &event)) {
            return Ok(broken(0, format!("the event {} was added by somebody without the key", event.id)));
        }
    }
    if !anchored {
        return Ok(broken(seq, "the chain ends before the head that was kept"));
    }
    Ok(Verdict::Whole { links: seq, waiting, head: data_encoding::HEXLOWER.encode(&last) })
}
