//! The schema's steps: one text for both engines, and beside it, under the same number, the words that only one
//! engine understands.

use std::collections::BTreeSet;

use rust_embed::RustEmbed;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::{Db, Engine, Result};

#[derive(RustEmbed)]
#[folder = "migrations/"]
#[include = "*.sql"]
struct Steps;

/// The steps of one engine: those of the top folder, and those of its own folder.
fn steps(engine: Engine) -> Vec<Migration> {
    let own = match engine {
        Engine::Sqlite => "sqlite/",
        Engine::Postgres => "postgres/",
    };
    let named = Steps::iter().filter_map(|path| {
        let name = path.strip_prefix(own).unwrap_or(&path);
        let (number, title) = name.strip_suffix(".sql")?.split_once('_')?;
        let text = String::from_utf8(Steps::get(&path)?.data.into_owned()).ok()?;
        // Another engine's folder is still in the name, so its number does not parse.
        Some(Migration::new(
            number.parse().ok()?,
            title.replace('_', " ").into(),
            MigrationType::Simple,
            AssertSqlSafe(text).into_sql_str(),
            false,
        ))
    });
    named.collect()
}

/// Where the schema stands against what this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationState {
    /// Steps the program knows and the database has not taken.
    pub missing: usize,
    /// Steps the database has taken and this program does not know: it is older than the data.
    pub unknown: usize,
}

impl MigrationState {
    /// Neither behind nor ahead.
    pub fn is_current(&self) -> bool {
        self.missing == 0 && self.unknown == 0
    }
}

impl Db {
    fn migrator(&self) -> Migrator {
        Migrator::with_migrations(steps(self.engine()))
    }

    /// Takes every step that the database has not taken yet.
    ///
    /// # Errors
    /// When a step fails, or the database has taken a step that this program does not know or knows otherwise.
    pub async fn migrate(&self) -> Result<()> {
        self.migrator().run(self.pool()).await.map_err(|error| sqlx::Error::Migrate(Box::new(error)))
    }

    /// Compares the database's steps with the program's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn migration_state(&self) -> Result<MigrationState> {
        let known: BTreeSet<i64> = self.migrator().iter().map(|step| step.version).collect();
        let mut connection = self.read().await?;
        let taken =
            sqlx::query_scalar::<_, i64>("SELECT version FROM _sqlx_migrations").fetch_all(&mut *connection).await;
        let taken: BTreeSet<i64> = match taken {
            Ok(versions) => versions.into_iter().collect(),
            // No such table: a database that has taken no step.
            Err(sqlx::Error::Database(_)) => BTreeSet::new(),
            Err(error) => return Err(error),
        };
        Ok(MigrationState { missing: known.difference(&taken).count(), unknown: taken.difference(&known).count() })
    }
}
