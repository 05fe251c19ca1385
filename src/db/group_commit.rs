//! Many small facts, one flush: whoever asks while a commit is under way shares the next one.

use std::sync::Arc;

use tokio::sync::{Mutex, oneshot};

use super::{Db, Result};

/// One statement with its values, for [`Db::write_together`].
pub struct Statement {
    /// The text, with `$1` binds.
    pub sql: &'static str,
    /// The values in order.
    pub values: Vec<Value>,
}

/// A value of one of the three kinds that columns have.
#[derive(Clone)]
pub enum Value {
    /// `TEXT`, perhaps NULL.
    Text(Option<String>),
    /// `BIGINT`, perhaps NULL.
    Number(Option<i64>),
    /// `BYTEA`, perhaps NULL.
    Bytes(Option<Vec<u8>>),
}

type Waiter = oneshot::Sender<std::result::Result<(), ()>>;

/// What waits for the next commit. The first to come leads: it runs everybody's statements.
#[derive(Clone, Default)]
pub(super) struct Queue(Arc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: std::sync::Mutex<Vec<(Vec<Statement>, Waiter)>>,
    turn: Mutex<()>,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) async fn write(&self, db: &Db, statements: Vec<Statement>) -> Result<()> {
        let (sender, mut receiver) = oneshot::channel();
        self.0.waiting.lock().unwrap_or_else(|e| e.into_inner()).push((statements, sender));
        // While one leader flushes, the others queue here; the next leader takes all of them along, and the rest find
        // their answer already given. The work runs in a task of its own, so a leader whose client went away does
        // not take the others' facts with it.
        let turn = self.0.turn.lock().await;
        match receiver.try_recv() {
            Ok(done) => return done.map_err(|()| sqlx::Error::WorkerCrashed),
            Err(oneshot::error::TryRecvError::Closed) => return Err(sqlx::Error::WorkerCrashed),
            Err(oneshot::error::TryRecvError::Empty) => {}
        }
        let batch = std::mem::take(&mut *self.0.waiting.lock().unwrap_or_else(|e| e.into_inner()));
        let db = db.clone();
        let led = tokio::spawn(async move {
            let (mut all, mut waiters) = (Vec::new(), Vec::new());
            for (statements, waiter) in batch {
                all.extend(statements);
                waiters.push(waiter);
            }
            let outcome = run(&db, all).await;
            for waiter in waiters {
                // A waiter that has gone away needs no answer.
                let _ = waiter.send(outcome.as_ref().map(|_| ()).map_err(|_| ()));
            }
            outcome
        })
        .await;
        drop(turn);
        led.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

async fn run(db: &Db, statements: Vec<Statement>) -> Result<()> {
    let mut tx = db.begin_ahead().await?;
    for statement in statements {
        let mut query = sqlx::query(statement.sql);
        for value in statement.values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query.execute(&mut *tx).await?;
    }
    tx.commit().await
}
