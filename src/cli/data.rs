//! The data folder and the file of the embedded database: who may read them, and who has the database open.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::Stop;
use crate::config::Config;

/// Marks the database as in use while it is kept: shared by servers and commands, or held alone by a restore.
pub(super) struct Lock(#[expect(dead_code, reason = "held, not read: the lock ends with the file")] File);

fn failed(doing: &str, path: &Path, error: &io::Error) -> Stop {
    Stop::Failed(format!("{doing} {}: {error}", path.display()))
}

/// The file of the embedded database; None on PostgreSQL and in memory.
pub(super) fn database_file(config: &Config) -> Option<PathBuf> {
    let path = config.database_url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split('?').next().unwrap_or(path);
    (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path))
}

/// Makes a folder that only its owner may enter, unless it is there.
pub(super) fn make_folder(path: &Path) -> Result<(), Stop> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| failed("making the folder", path, &error))
}

/// How a file that only its owner may read is opened and, if need be, made.
pub(super) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the data folder and the database's file where they are missing. SQLite gives its side files the same mode.
pub(super) fn prepare(config: &Config) -> Result<(), Stop> {
    make_folder(&config.data)?;
    if let Some(path) = database_file(config) {
        make_folder(path.parent().unwrap_or(Path::new("")))?;
        private_file().append(true).open(&path).map_err(|error| failed("opening the database", &path, &error))?;
    }
    Ok(())
}

fn lock_file(database: &Path) -> Result<File, Stop> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    private_file().append(true).open(&path).map_err(|error| failed("opening", &path, &error))
}

fn taken(outcome: Result<(), TryLockError>, file: File, otherwise: &str) -> Result<Option<Lock>, Stop> {
    match outcome {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Err(Stop::Failed(otherwise.into())),
        Err(TryLockError::Error(error)) => Err(Stop::Failed(format!("marking the database as in use: {error}"))),
    }
}

/// Marks the embedded database as in use beside other processes; None on PostgreSQL.
pub(super) fn use_beside_others(config: &Config) -> Result<Option<Lock>, Stop> {
    let Some(path) = database_file(config) else { return Ok(None) };
    let file = lock_file(&path)?;
    taken(file.try_lock_shared(), file, "a restore is under way: start again when it is done")
}

/// Marks the embedded database as held by this process alone.
pub(super) fn use_alone(database: &Path) -> Result<Option<Lock>, Stop> {
    let file = lock_file(database)?;
    taken(file.try_lock(), file, "the database is in use: stop the server and every other salus command first")
}
