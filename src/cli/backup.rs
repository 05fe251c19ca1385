//! `salus backup FILE`: a consistent, encrypted copy of the embedded database, while the portal serves.

use std::path::PathBuf;

use super::{Stop, open};
use crate::backup::{self, MakeRefusal};
use crate::config::Config;
use crate::error::Failure;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The file to write; it must not be there
    file: PathBuf,
}

/// Runs the command.
pub(super) async fn run(config: Config, args: Args) -> Result<(), Stop> {
    let (portal, _lock) = open(config).await?;
    let outcome = backup::make(&portal, &args.file).await;
    portal.db.close().await;
    match outcome {
        Ok(made) => {
            println!("Backed up {} bytes, {} links of the audit trail, at {}.", made.bytes, made.links, made.made_at);
            println!(
                "It opens with the key {} of the key ring, which is not in it: keep both.",
                portal.ring.active_id()
            );
            Ok(())
        }
        Err(Failure::Refused(MakeRefusal::Exists)) => {
            Err(Stop::Misused(format!("{} is there already: backups are never overwritten", args.file.display())))
        }
        Err(Failure::Refused(MakeRefusal::NotEmbedded)) => {
            Err(Stop::Misused("the database is PostgreSQL: back it up with pg_dump, and the key ring apart".into()))
        }
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}
