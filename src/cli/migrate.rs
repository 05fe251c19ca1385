//! `salus migrate`: brings the database's schema up to date. Needs no keys.

use super::{Stop, data};
use crate::config::Config;
use crate::db::Db;
use crate::error::InternalError;

/// Runs the command.
pub(super) async fn run(config: Config) -> Result<(), Stop> {
    data::prepare(&config)?;
    let _lock = data::use_beside_others(&config)?;
    let db =
        Db::open(&config.database_url, 1).await.map_err(|error| InternalError::new("opening the database", error))?;
    let state = db.migration_state().await.map_err(InternalError::from)?;
    if state.unknown > 0 {
        return Err(Stop::Failed(format!(
            "the database is newer than this program: it has taken {} steps that this version does not know",
            state.unknown
        )));
    }
    db.migrate().await.map_err(|error| InternalError::new("bringing the schema up to date", error))?;
    db.close().await;
    match state.missing {
        0 => println!("The schema was up to date already."),
        steps => println!("The schema is up to date; steps taken: {steps}."),
    }
    Ok(())
}
