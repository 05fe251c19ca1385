//! `salus keys`: the key ring, which wraps every person's data key and the clinic's root secret.
//!
//! A key is changed in four steps, none of which stops the portal: `add`, start every server again, `rotate`, take the
//! old entry out. Old backups open only with the key that was active when they were made.

use std::io::{self, Read, Seek, Write};
use std::path::Path;

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::{Stop, data, open, quiet_settings};
use crate::audit::{self, Deed, Event};
use crate::config::{Config, Lookup};
use crate::crypto::key_ring::{KeyRing, KeyRingError};
use crate::error::InternalError;
use crate::portal::root_key;
use crate::types::actor::Actor;

/// Data keys wrapped anew in one transaction: few enough that a serving portal hardly waits.
const BATCH: i64 = 200;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show each key of the ring, which one wraps, and what still needs the others
    Status,
    /// Add a fresh key, active from the next start on
    Add(Add),
    /// Wrap everything anew with the active key, while a server may run, and name the keys that may go
    Rotate,
}

#[derive(Args)]
pub(super) struct Add {
    /// Its id: 1 to 32 letters, digits, - or _; k1, k2 and so on unless given
    #[arg(long)]
    id: Option<String>,
}

/// Runs the command.
pub(super) async fn run(command: Command) -> Result<(), Stop> {
    match command {
        Command::Status => status(quiet_settings()?).await,
        Command::Add(args) => add(&args),
        Command::Rotate => rotate(quiet_settings()?).await,
    }
}

async fn status(config: Config) -> Result<(), Stop> {
    let (portal, _lock) = open(config).await?;
    let uses = portal.key_uses().await?;
    let root = root_key(&portal.db, &portal.ring).await?;
    portal.db.close().await;
    let wrapped = |id: &str| uses.iter().find(|used| used.key_id == id).map_or(0, |used| used.data_keys);
    let root_of = |id: &str| if root.as_deref() == Some(id) { ", wraps the root secret" } else { "" };
    for id in portal.ring.ids() {
        let active = if id == portal.ring.active_id() { ", active" } else { "" };
        println!("{id}: wraps {} data keys{}{active}", wrapped(id), root_of(id));
    }
    let missing: Vec<&str> = uses
        .iter()
        .map(|used| used.key_id.as_str())
        .filter(|id| !portal.ring.ids().any(|known| known == *id))
        .collect();
    for id in &missing {
        println!("{id}: wraps {} data keys and is MISSING from the ring: what they seal cannot be read", wrapped(id));
    }
    if missing.is_empty() { Ok(()) } else { Err(Stop::Told(1)) }
}

/// The next free id of the form k1, k2 …, above all that are there.
fn next_id(ring: Option<&KeyRing>) -> String {
    let numbers = ring.into_iter().flat_map(KeyRing::ids).filter_map(|id| id.strip_prefix('k')?.parse::<u32>().ok());
    format!("k{}", numbers.max().unwrap_or(0).saturating_add(1))
}

fn ring_of(text: &str) -> Result<Option<KeyRing>, Stop> {
    match KeyRing::parse(text) {
        Ok(ring) => Ok(Some(ring)),
        Err(KeyRingError::Empty) => Ok(None),
        Err(error) => Err(Stop::Misused(error.to_string())),
    }
}

/// The new entry; the ring with it must still be one.
fn entry(existing: &str, id: Option<&str>) -> Result<(String, Zeroizing<String>), Stop> {
    let ring = ring_of(existing)?;
    let id = id.map_or_else(|| next_id(ring.as_ref()), str::to_owned);
    let line = KeyRing::new_line(&id);
    let whole = Zeroizing::new(format!("{existing}\n{}", *line));
    match KeyRing::parse(&whole) {
        Ok(_) => Ok((id, line)),
        Err(KeyRingError::BadId(_)) => Err(Stop::Misused("--id is not 1 to 32 letters, digits, - or _".into())),
        Err(error) => Err(Stop::Misused(error.to_string())),
    }
}

/// Works before any other setting is right: it is the first command of a new installation.
fn add(args: &Add) -> Result<(), Stop> {
    let vars = Lookup::from_env().map_err(Stop::Settings)?;
    if let Some(inline) = vars.optional("SALUS_KEYS").map(Zeroizing::new) {
        let (id, line) = entry(&inline, args.id.as_deref())?;
        println!("{}", *line);
        eprintln!("Key {id}: append it to SALUS_KEYS, after a comma; the last entry is the active one.");
        return Ok(());
    }
    match vars.optional("SALUS_KEYS_FILE") {
        Some(path) => {
            let id = append(Path::new(&path), args.id.as_deref())?;
            println!("Key {id} was added to {path}.");
            eprintln!(
                "Start every server again, then run `salus keys rotate`. Keep a copy of the file in a safe place: without it nothing can be read."
            );
        }
        None => {
            let (id, line) = entry("", args.id.as_deref())?;
            println!("{}", *line);
            eprintln!("Key {id}: put this line into a file of mode 0600 and name the file in SALUS_KEYS_FILE.");
        }
    }
    Ok(())
}

/// Appends a fresh entry to the ring's file, made when it is missing; answers its id.
fn append(path: &Path, id: Option<&str>) -> Result<String, Stop> {
    let told = |error: io::Error| Stop::Failed(format!("writing {}: {error}", path.display()));
    data::make_folder(path.parent().unwrap_or(Path::new("")))?;
    let mut file = data::private_file().append(true).open(path).map_err(told)?;
    // Two adds at once would choose the same id.
    file.lock().map_err(told)?;
    let mut existing = Zeroizing::new(String::new());
    file.rewind().and_then(|()| file.read_to_string(&mut existing)).map_err(told)?;
    let (id, line) = entry(&existing, id)?;
    let gap = if existing.is_empty() || existing.ends_with('\n') { "" } else { "\n" };
    let added = Zeroizing::new(format!("{gap}{}\n", *line));
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(told)?;
    file.write_all(added.as_bytes()).and_then(|()| file.sync_all()).map_err(told)?;
    Ok(id)
}

/// The key ring of `demo`: made on the first start, kept in the folder.
pub(super) fn make_once(path: &Path) -> Result<(), Stop> {
    if path.exists() { Ok(()) } else { append(path, None).map(|_| ()) }
}

async fn rotate(config: Config) -> Result<(), Stop> {
    let (portal, _lock) = open(config).await?;
    let active = portal.ring.active_id().to_owned();
    let mut done = 0;
    loop {
        match portal.rewrap_batch(BATCH).await? {
            0 => break,
            count => done += count,
        }
    }
    let event = Event::new(Actor::Shell, Deed::KeysRotated).on(&active);
    let mut tx = portal.db.begin().await.map_err(InternalError::from)?;
    audit::record(&portal, &mut tx, event).await?;
    tx.commit().await.map_err(InternalError::from)?;
    let uses = portal.key_uses().await?;
    let root = root_key(&portal.db, &portal.ring).await?;
    portal.db.close().await;
    println!("{done} data keys were wrapped anew with {active}.");
    if uses.iter().any(|used| used.key_id != active) {
        println!("A server still wraps with an older key: start it again with the new ring, then rotate once more.");
    }
    let unused: Vec<&str> = portal
        .ring
        .ids()
        .filter(|id| *id != active && root.as_deref() != Some(id) && !uses.iter().any(|used| used.key_id == *id))
        .collect();
    if unused.is_empty() {
        println!("No key of the ring is out of use.");
    } else {
        println!("No longer used by the database, and may be removed from the ring: {}", unused.join(", "));
        println!("Keep a removed key with the backups that were made while it was active: only it opens them.");
    }
    Ok(())
}
