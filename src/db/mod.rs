//! The database: one pool, one text of SQL for SQLite and PostgreSQL, transactions that tell the truth.
//!
//! SQLite has one writer at a time. [`Db::begin`] therefore queues writers of this process on a fair lock and opens
//! with `BEGIN IMMEDIATE`, so that nobody meets "database is locked" in the middle; other processes are waited for
//! by the busy timeout. The commit that many pages share ([`Db::write_together`]) waits for the writer at work and at
//! most one more, not for the whole queue: people who look do not wait for a storm of sign-ins. On PostgreSQL a write
//! transaction is a plain `BEGIN`.

mod group_commit;
mod migrations;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, AnyQueryResult};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

pub use group_commit::{Statement, Value};
pub use migrations::MigrationState;

/// What a statement answers.
pub type Result<T> = std::result::Result<T, sqlx::Error>;

/// How long a request waits for a connection or another writer before it is told to come back.
const WAIT: Duration = Duration::from_secs(5);

/// Which engine speaks at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded database: one file.
    Sqlite,
    /// A server that many processes share.
    Postgres,
}

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: AnyPool,
    engine: Engine,
    writer: Arc<Mutex<()>>,
    // Whoever stands at the head of the queue; the others wait here, so that a shared commit comes before them.
    queue: Arc<Mutex<()>>,
    commits: Arc<AtomicU64>,
    together: group_commit::Queue,
}

impl Db {
    /// Opens `url` (`sqlite:path` or `postgres://…`) with at most `connections` connections. A SQLite file is made
    /// when it is not there. The schema is not touched: see [`Db::migrate`].
    ///
    /// # Errors
    /// When the address is of another engine or nobody answers there.
    pub async fn open(url: &str, connections: u32) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let engine = if url.starts_with("sqlite:") { Engine::Sqlite } else { Engine::Postgres };
        let url = match engine {
            Engine::Sqlite if !url.contains('?') => format!("{url}?mode=rwc"),
            _ => url.to_owned(),
        };
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(WAIT)
            .test_before_acquire(engine == Engine::Postgres)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if engine == Engine::Sqlite {
                        // synchronous=FULL: what was answered survives a power cut, not only a crash.
                        for pragma in [
                            "PRAGMA journal_mode=WAL",
                            "PRAGMA synchronous=FULL",
                            "PRAGMA foreign_keys=ON",
                            "PRAGMA busy_timeout=5000",
                            "PRAGMA secure_delete=ON",
                            "PRAGMA cache_size=-4096",
                        ] {
                            sqlx::query(pragma).execute(&mut *connection).await?;
                        }
                    }
                    Ok(())
                })
            })
            .connect(&url)
            .await?;
        let commits = Arc::new(AtomicU64::new(0));
        let writer = Arc::new(Mutex::new(()));
        let queue = Arc::new(Mutex::new(()));
        Ok(Self { pool, engine, writer, queue, commits, together: group_commit::Queue::new() })
    }

    /// The engine at the other end.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// [`sqlx::Error::PoolTimedOut`] when none is free within 5 s.
    pub async fn read(&self) -> Result<PoolConnection<Any>> {
        self.pool.acquire().await
    }

    /// Begins a write transaction; dropped without [`Tx::commit`] it leaves nothing behind.
    ///
    /// # Errors
    /// [`sqlx::Error::PoolTimedOut`] when the turn does not come within 5 s.
    pub async fn begin(&self) -> Result<Tx> {
        self.begin_when(async {
            let _head = self.queue.lock().await;
            self.writer.clone().lock_owned().await
        })
        .await
    }

    /// The same ahead of the queue, for a commit that many wait for.
    async fn begin_ahead(&self) -> Result<Tx> {
        self.begin_when(self.writer.clone().lock_owned()).await
    }

    async fn begin_when(&self, turn: impl Future<Output = OwnedMutexGuard<()>>) -> Result<Tx> {
        let turn = match self.engine {
            Engine::Sqlite => Some(tokio::time::timeout(WAIT, turn).await.map_err(|_| sqlx::Error::PoolTimedOut)?),
            Engine::Postgres => None,
        };
        let inner = match self.engine {
            Engine::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Engine::Postgres => self.pool.begin().await?,
        };
        Ok(Tx { inner, commits: self.commits.clone(), after: Vec::new(), _turn: turn })
    }

    /// Runs the statements durably, in one commit shared with everybody who asks at the same moment. Returns after
    /// the flush. For facts that stand alone (a read event, a session's last use), never for two that need each
    /// other.
    ///
    /// # Errors
    /// When the shared transaction could not be committed: nothing of it is stored then.
    pub async fn write_together(&self, statements: Vec<Statement>) -> Result<()> {
        self.together.write(self, statements).await
    }

    /// How many transactions this process has committed; each costs one flush.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Whether the database answers now.
    ///
    /// # Errors
    /// When it does not, within 5 s.
    pub async fn answers(&self) -> Result<()> {
        let mut connection = self.read().await?;
        sqlx::query("SELECT 1").execute(&mut *connection).await?;
        Ok(())
    }

    /// Closes the pool and waits for its connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The pool itself, for the migrator.
    fn pool(&self) -> &AnyPool {
        &self.pool
    }
}

/// A write transaction. Statements run on it as on a connection.
pub struct Tx {
    inner: Transaction<'static, Any>,
    commits: Arc<AtomicU64>,
    after: Vec<Box<dyn FnOnce() + Send + Sync>>,
    // Declared after `inner`: the next writer's turn comes only when this transaction is over.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Tx {
    /// Makes everything since [`Db::begin`] durable.
    ///
    /// # Errors
    /// When the database refuses; nothing is stored then.
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        // The next writer need not wait for what follows.
        drop(self._turn);
        self.after.into_iter().for_each(|told| told());
        Ok(())
    }

    /// Does this once everything is durable, and not when it is not: wakes who waits for it. It must not take long.
    pub fn after_commit(&mut self, told: impl FnOnce() + Send + Sync + 'static) {
        self.after.push(Box::new(told));
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

/// Whether the database forbade two appointments at once: SQLite's trigger says `slot_taken`, PostgreSQL answers
/// SQLSTATE 23P01 (exclusion violation).
pub fn is_overlap(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|e| e.code().as_deref() == Some("23P01") || e.message().contains("slot_taken"))
}

/// Whether two transactions waited for each other and this one was given up (PostgreSQL 40P01, 40001): it may be tried
/// again.
pub fn is_deadlock(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| e.code().is_some_and(|code| matches!(code.as_ref(), "40P01" | "40001")))
}

/// Whether a unique index said no.
pub fn is_duplicate(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| e.is_unique_violation())
}

/// Whether a statement changed its row; false where a unique index said no.
///
/// # Errors
/// Any other error of the statement.
pub fn unless_duplicate(done: Result<AnyQueryResult>) -> Result<bool> {
    match done {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(error) if is_duplicate(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A column that holds something of ours as text: ids, roles, locales.
///
/// # Errors
/// [`sqlx::Error::ColumnDecode`] when the text is not one.
pub fn parse<T: std::str::FromStr>(column: &'static str, text: &str) -> Result<T> {
    text.parse().map_err(|_| sqlx::Error::ColumnDecode {
        index: column.into(),
        source: format!("column {column} holds something that is not of its kind").into(),
    })
}
