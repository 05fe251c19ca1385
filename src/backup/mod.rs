//! Backups of the embedded database: a consistent copy of a running portal's, encrypted, in one file.
//!
//! A copy is made beside the backup, read by nobody but its owner, and gone when the command ends. A restore opens and
//! checks everything first, in a file beside the database; only a database that this program and this key ring
//! open, and that holds all that the one in place holds, is then moved into its place.

mod format;
mod sql;

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use crate::audit::{self, Deed, Event};
use crate::clock::{Clock, Timestamp, from_ms};
use crate::config::Config;
use crate::db::{Db, Engine};
use crate::error::{Failure, InternalError};
use crate::portal::Portal;
use crate::types::actor::Actor;
use format::{Header, Unreadable};

/// What a backup holds.
#[derive(Clone, Debug)]
pub struct Summary {
    /// When it was made.
    pub made_at: Timestamp,
    /// Links of the audit chain in it.
    pub links: i64,
    /// Bytes of the database.
    pub bytes: u64,
}

/// Why no backup was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MakeRefusal {
    /// The database is PostgreSQL's, which has tools of its own.
    NotEmbedded,
    /// The file is there already.
    Exists,
}

/// Why the database stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreRefusal {
    /// The file is no backup.
    Foreign,
    /// The file was changed or cut.
    Damaged,
    /// A newer version of this program made it.
    Newer,
    /// The ring lacks the key of this id.
    OtherKeys(String),
    /// The database in place cannot be read, so nobody can tell whether it is the newer one.
    InPlaceUnreadable,
    /// The database in place holds what the backup does not.
    Older {
        /// Links of the audit chain in the backup.
        backup: i64,
        /// Links in place.
        in_place: i64,
    },
}

fn disk(doing: &'static str) -> impl FnOnce(io::Error) -> InternalError {
    move |error| InternalError::new(doing, error)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn url_of(file: &Path) -> Result<String, InternalError> {
    let path = file.to_str().ok_or_else(|| InternalError::because("a path is not UTF-8"))?;
    Ok(format!("sqlite:{path}"))
}

/// A folder on the same disk that only its owner may enter; removed, with all that SQLite left in it, when dropped.
fn workshop(folder: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix(".salus-").tempdir_in(folder)
}

/// Makes what was renamed in a folder survive a power cut.
fn settle(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, InternalError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| InternalError::new("working on a backup", error))
}

/// Writes a backup of the running portal's database into `file`, mode 0600, whole or not at all.
///
/// # Errors
/// Refused as [`MakeRefusal`] says.
pub async fn make(portal: &Portal, file: &Path) -> Result<Summary, Failure<MakeRefusal>> {
    if portal.db.engine() != Engine::Sqlite {
        return Err(Failure::Refused(MakeRefusal::NotEmbedded));
    }
    if file.symlink_metadata().is_ok() {
        return Err(Failure::Refused(MakeRefusal::Exists));
    }
    let workshop = workshop(folder_of(file)).map_err(disk("making a folder beside the backup"))?;
    let copy = NamedTempFile::new_in(&workshop).map_err(disk("making a file beside the backup"))?;
    let sealed = NamedTempFile::new_in(&workshop).map_err(disk("making a file beside the backup"))?;
    let mut tx = portal.db.begin().await?;
    audit::record(portal, &mut tx, Event::new(Actor::Shell, Deed::BackupMade)).await?;
    tx.commit().await?;
    // Linked before the copy is made, so that a restore can compare chains.
    audit::chain::link_waiting(portal).await?;
    let path = copy.path().to_str().ok_or_else(|| InternalError::because("the backup's path is not UTF-8"))?;
    sql::copy_into(&mut *portal.db.read().await?, path).await?;

    let (schema, links) = read_copy(copy.path()).await?;
    let bytes = copy.as_file().metadata().map_err(disk("measuring the copy"))?.len();
    let made_at = portal.clock.now();
    let header = Header {
        id: uuid::Uuid::new_v4().to_string(),
        key_id: String::new(),
        wrapped: String::new(),
        made_at: made_at.as_millisecond(),
        schema,
        links,
    };
    let ring = portal.ring.clone();
    let target = file.to_owned();
    let written = blocking(move || {
        let mut from = BufReader::new(File::open(copy.path())?);
        let mut to = BufWriter::new(sealed.as_file());
        format::seal(&ring, header, &mut from, &mut to)?;
        to.flush()?;
        drop(to);
        sealed.as_file().sync_all()?;
        // Another backup of this name may have come meanwhile: it stays.
        sealed.persist_noclobber(&target).map_err(|error| error.error)?;
        settle(folder_of(&target))
    });
    match written.await? {
        Ok(()) => Ok(Summary { made_at, links, bytes }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Failure::Refused(MakeRefusal::Exists)),
        Err(error) => Err(InternalError::new("writing the backup", error).into()),
    }
}

/// Schema and links of a copy that nobody else has open.
async fn read_copy(path: &Path) -> Result<(i64, i64), InternalError> {
    let db = Db::open(&url_of(path)?, 1).await?;
    let mut connection = db.read().await?;
    let schema = sql::schema(&mut connection).await?;
    let links = sql::last_link(&mut connection).await?.map_or(0, |(seq, _)| seq);
    drop(connection);
    db.close().await;
    Ok((schema, links))
}

/// Puts the backup `file` in the place of the database `into`, which nobody else may have open; answers what it held
/// and where the database that was there lies now.
///
/// # Errors
/// Refused as [`RestoreRefusal`] says; the database in place is untouched then.
pub async fn restore(
    config: &Config,
    clock: Clock,
    file: &Path,
    into: &Path,
) -> Result<(Summary, Option<PathBuf>), Failure<RestoreRefusal>> {
    let ring = config.keys.clone().ok_or_else(|| InternalError::because("no key ring is set: see SALUS_KEYS"))?;
    let workshop = workshop(folder_of(into)).map_err(disk("making a folder beside the database"))?;
    let fresh = NamedTempFile::new_in(&workshop).map_err(disk("making a file beside the database"))?;
    let mut from = BufReader::new(File::open(file).map_err(disk("opening the backup"))?);
    let mut to = BufWriter::new(fresh.reopen().map_err(disk("opening the file beside the database"))?);
    let opened = blocking(move || {
        let header = format::open(&ring, &mut from, &mut to)?;
        to.flush()?;
        to.get_ref().sync_all()?;
        Ok::<Header, Unreadable>(header)
    });
    let header = match opened.await? {
        Ok(header) => header,
        Err(Unreadable::Foreign) => return Err(Failure::Refused(RestoreRefusal::Foreign)),
        Err(Unreadable::NewerFormat) => return Err(Failure::Refused(RestoreRefusal::Newer)),
        Err(Unreadable::OtherKeys(id)) => return Err(Failure::Refused(RestoreRefusal::OtherKeys(id))),
        Err(Unreadable::Damaged) => return Err(Failure::Refused(RestoreRefusal::Damaged)),
        Err(Unreadable::Disk(error)) => return Err(InternalError::new("reading the backup", error).into()),
    };
    let bytes = fresh.as_file().metadata().map_err(disk("measuring the database"))?.len();
    compare(fresh.path(), into).await?;

    // Proves that this program and this ring open it, brings the schema up to date, and writes down who did this.
    let mut trial = config.clone();
    trial.database_url = url_of(fresh.path())?;
    let portal = Portal::open(trial, clock.clone(), true).await?;
    let mut tx = portal.db.begin().await?;
    let event = Event::new(Actor::Shell, Deed::BackupRestored).on(&header.id);
    audit::record(&portal, &mut tx, event).await?;
    tx.commit().await?;
    portal.db.close().await;
    drop(portal);

    let aside = put_in_place(fresh, into, clock.now()).map_err(disk("putting the database in its place"))?;
    Ok((Summary { made_at: from_ms(header.made_at), links: header.links, bytes }, aside))
}

/// Refuses a copy that is broken, of a newer schema, or without something that the database in place holds.
async fn compare(fresh: &Path, in_place: &Path) -> Result<(), Failure<RestoreRefusal>> {
    let db = Db::open(&url_of(fresh)?, 1).await.map_err(|_| Failure::Refused(RestoreRefusal::Damaged))?;
    if db.migration_state().await?.unknown > 0 {
        return Err(Failure::Refused(RestoreRefusal::Newer));
    }
    let mut backup = db.read().await?;
    if sql::health(&mut backup).await? != "ok" {
        return Err(Failure::Refused(RestoreRefusal::Damaged));
    }
    if in_place.metadata().is_ok_and(|meta| meta.len() > 0) {
        let Ok(standing) = Standing::read(in_place).await else {
            return Err(Failure::Refused(RestoreRefusal::InPlaceUnreadable));
        };
        let same_history = match &standing.last {
            None => true,
            Some((seq, link)) => sql::link(&mut backup, *seq).await?.as_ref() == Some(link),
        };
        let mut holds_all = same_history;
        for id in &standing.unlinked {
            holds_all = holds_all && sql::has_event(&mut backup, id).await?;
        }
        if !holds_all {
            let links = sql::last_link(&mut backup).await?.map_or(0, |(seq, _)| seq);
            let in_place = standing.last.map_or(0, |(seq, _)| seq);
            return Err(Failure::Refused(RestoreRefusal::Older { backup: links, in_place }));
        }
    }
    drop(backup);
    db.close().await;
    Ok(())
}

/// How far the database in place got.
struct Standing {
    last: Option<(i64, Vec<u8>)>,
    unlinked: Vec<String>,
}

impl Standing {
    async fn read(path: &Path) -> Result<Self, InternalError> {
        let db = Db::open(&url_of(path)?, 1).await?;
        let mut connection = db.read().await?;
        let standing = if sql::tables(&mut connection).await? == 0 {
            Self { last: None, unlinked: Vec::new() }
        } else {
            let last = sql::last_link(&mut connection).await?;
            Self { last, unlinked: sql::unlinked(&mut connection).await? }
        };
        drop(connection);
        db.close().await;
        Ok(standing)
    }
}

/// A path with something appended to its name.
fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    PathBuf::from(name)
}

/// Moves the database in place aside, side files and all, and the fresh one into its place.
fn put_in_place(fresh: NamedTempFile, into: &Path, now: Timestamp) -> io::Result<Option<PathBuf>> {
    let folder = folder_of(into).to_owned();
    let aside = into.exists().then(|| beside(into, &format!(".before-{}", now.strftime("%Y%m%dT%H%M%SZ"))));
    let mut moved = Vec::new();
    if let Some(aside) = &aside {
        if aside.exists() {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        for side in ["", "-wal", "-shm"] {
            let (from, to) = (beside(into, side), beside(aside, side));
            if from.exists() {
                fs::rename(&from, &to)?;
                moved.push((from, to));
            }
        }
    }
    if let Err(error) = fresh.persist(into) {
        for (from, to) in moved {
            fs::rename(to, from)?;
        }
        return Err(error.error);
    }
    settle(&folder)?;
    Ok(aside)
}
