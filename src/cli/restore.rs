//! `salus restore FILE`: puts a backup in the embedded database's place, unless something there would be lost.

use std::path::PathBuf;

use super::{Stop, data};
use crate::backup::{self, RestoreRefusal};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Failure;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The backup
    file: PathBuf,
}

/// Runs the command.
pub(super) async fn run(config: Config, args: Args) -> Result<(), Stop> {
    let Some(database) = data::database_file(&config) else {
        return Err(Stop::Misused("the database is PostgreSQL: restore it with its own tools".into()));
    };
    if config.keys.is_none() {
        return Err(Stop::Misused(
            "SALUS_KEYS is not set: a backup opens only with the key ring it was made with".into(),
        ));
    }
    data::make_folder(&config.data)?;
    if let Some(folder) = database.parent() {
        data::make_folder(folder)?;
    }
    let _lock = data::use_alone(&database)?;
    match backup::restore(&config, Clock::system(), &args.file, &database).await {
        Ok((restored, aside)) => {
            println!(
                "Restored the backup of {}: {} bytes, {} links of the audit trail.",
                restored.made_at, restored.bytes, restored.links
            );
            if let Some(aside) = aside {
                println!("The database that was there lies at {}.", aside.display());
            }
            println!("Run `salus audit verify`, then start the server.");
            Ok(())
        }
        Err(Failure::Refused(why)) => Err(Stop::Failed(format!("{}. The database was not touched", sentence(&why)))),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

fn sentence(why: &RestoreRefusal) -> String {
    match why {
        RestoreRefusal::Foreign => "this file is not a backup made by `salus backup`".into(),
        RestoreRefusal::Damaged => {
            "this backup is damaged or cut short, or was made with another key ring that uses the same key ids".into()
        }
        RestoreRefusal::Newer => {
            "a newer version of this program made this backup: restore it with that version".into()
        }
        RestoreRefusal::OtherKeys(id) => format!("this backup needs the key {id}, which the key ring does not have"),
        RestoreRefusal::InPlaceUnreadable => {
            "the database in place cannot be read, so it may be the newer one: move it away, then restore".into()
        }
        RestoreRefusal::Older { backup, in_place } => format!(
            "the database in place holds what this backup does not ({in_place} links of the audit trail there, {backup} \
             in the backup): to go back in time all the same, move the database away, then restore"
        ),
    }
}
