//! The worker that sends what is due: several processes may run one each.
//!
//! It leases, sends outside any transaction, then records. Killed in between, the lease runs out and another worker
//! takes the dispatch up once more; the open attempt in the table tells that nobody knows.
//!
//! | lane         | at once |
//! |--------------|---------|
//! | codes        | 64      |
//! | other texts  | 16      |
//! | mail         | 8       |
//!
//! Each lane takes up what is due as soon as it has room, so a mail server or a gateway that hangs holds up neither the
//! other lanes nor the next code.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet};

use crate::error::{InternalError, Kind as ErrorKind};
use crate::messaging::breakers;
use crate::messaging::dispatches::{self, Kind, Lane, Leased, Outcome};
use crate::messaging::email::Mailer;
use crate::messaging::gateways::Gateway;
use crate::messaging::live_code::CodeLookup;
use crate::messaging::sending::{Health, Sender};
use crate::messaging::silence;
use crate::portal::Portal;
use crate::types::ids::DispatchId;
use crate::types::phone::PhoneNumber;

/// How often a lane looks without being woken.
const PULSE: Duration = Duration::from_millis(500);
/// The pauses after which the end of an attempt is recorded again that could not be; together shorter than a lease.
const RECORD_AGAIN: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
/// How long a dispatch waits that could not be made ready because the database was busy. Nothing was sent then.
const BUSY: Duration = Duration::from_secs(1);
/// How many are leased in one transaction.
const BATCH: usize = 16;

/// Sends what is due through the configured gateways.
pub struct Worker {
    portal: Portal,
    sender: Sender,
}

impl Worker {
    /// A worker over these gateways, tried in order.
    pub fn new(portal: Portal, gateways: Vec<Gateway>, mailer: Mailer, code_of: CodeLookup) -> Self {
        let sender = Sender::new(portal.clone(), gateways, mailer, code_of);
        Self { portal, sender }
    }

    /// Runs until `stop` resolves; what was leased by then is still sent and recorded.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (told, stopping) = watch::channel(false);
        let worker = Arc::new(self);
        let mut lanes = JoinSet::new();
        for lane in [Lane::Codes, Lane::Texts, Lane::Mail] {
            lanes.spawn(worker.clone().run_lane(lane, stopping.clone()));
        }
        stop.await;
        told.send_replace(true);
        lanes.join_all().await;
    }

    fn wake(&self, lane: Lane) -> &Notify {
        match lane {
            Lane::Codes => &self.portal.wake.codes,
            Lane::Texts => &self.portal.wake.texts,
            Lane::Mail => &self.portal.wake.mail,
        }
    }

    async fn run_lane(self: Arc<Self>, lane: Lane, mut stopping: watch::Receiver<bool>) {
        // Tasks of their own: one that waits for the database must go on while this one does.
        let mut sending = JoinSet::new();
        let told = |sent: Result<Result<(), InternalError>, JoinError>| match sent {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(?lane, %error, "recording an attempt failed"),
            Err(error) => tracing::error!(?lane, %error, "an attempt broke off"),
        };
        while !*stopping.borrow() {
            let batch = width(lane).saturating_sub(sending.len()).min(BATCH);
            let mut due = 0;
            if batch > 0 {
                match self.take(lane, batch).await {
                    Ok(taken) => {
                        due = taken.due;
                        for leased in taken.leased {
                            let (worker, health) = (self.clone(), taken.health.clone());
                            sending.spawn(async move { worker.attempt(&leased, &health).await });
                        }
                    }
                    Err(error) => tracing::error!(?lane, %error, "dispatching failed"),
                }
            }
            // A full batch tells of more.
            let pause = if due == batch && batch > 0 { Duration::ZERO } else { PULSE };
            tokio::select! {
                biased;
                _ = stopping.changed() => {}
                Some(sent) = sending.join_next() => told(sent),
                () = self.wake(lane).notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        while let Some(sent) = sending.join_next().await {
            told(sent);
        }
    }

    /// Sends what is due now; answers how many attempts were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn turn(&self) -> Result<usize, InternalError> {
        let mut count = 0;
        for lane in [Lane::Codes, Lane::Texts, Lane::Mail] {
            let taken = self.take(lane, BATCH).await?;
            count += taken.leased.len();
            let attempts = taken.leased.iter().map(|leased| self.attempt(leased, &taken.health));
            join_all(attempts).await.into_iter().collect::<Result<Vec<()>, _>>()?;
        }
        Ok(count)
    }

    /// Sends one trial text through the gateway of this name, and no other; answers which dispatch to follow.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn send_trial(&self, to: &PhoneNumber, gateway: &'static str) -> Result<DispatchId, InternalError> {
        let leased = dispatches::begin_trial(&self.portal, to, gateway).await?;
        let outcome = match self.sender.text(&leased, &Health::default()).await? {
            // Not tried again: whoever looks on is told at once.
            Outcome::Later { reason, .. } => Outcome::Never { reason },
            other => other,
        };
        dispatches::finish(&self.portal, &leased, &outcome).await?;
        Ok(leased.id)
    }

    /// Leases what is due of a lane.
    async fn take(&self, lane: Lane, batch: usize) -> Result<Batch, InternalError> {
        let due = dispatches::due(&self.portal, lane, i64::try_from(batch).unwrap_or(i64::MAX)).await?;
        if due.is_empty() {
            return Ok(Batch::default());
        }
        let count = due.len();
        let health = Arc::new(Health::now(&self.portal).await?);
        let taken = dispatches::lease(&self.portal, due, |due| self.sender.way(due, &health)).await?;
        // What was leased is sent, whatever becomes of the books on gateways.
        if let Err(error) = self.keep_books(&taken.silent, &health).await {
            tracing::warn!(%error, "how gateways fare was not written down");
        }
        Ok(Batch { due: count, leased: taken.leased, health })
    }

    async fn keep_books(&self, silent: &[String], health: &Health) -> Result<(), InternalError> {
        let probed = health.probed();
        let is_failure = !silent.is_empty() && silence::is_failure(&self.portal).await?;
        if probed.is_empty() && !is_failure {
            return Ok(());
        }
        let mut tx = self.portal.db.begin().await?;
        for breaker in probed {
            breakers::probed(&self.portal, &mut tx, &breaker).await?;
        }
        for breaker in silent.iter().filter(|_| is_failure) {
            breakers::failed(&self.portal, &mut tx, breaker).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Makes an attempt and records it.
    async fn attempt(&self, leased: &Leased, health: &Health) -> Result<(), InternalError> {
        let made = match leased.kind {
            Kind::Email => self.sender.mail(leased).await,
            Kind::Sms | Kind::Call if leased.by_call => self.sender.call(leased, health).await,
            Kind::Sms | Kind::Call => self.sender.text(leased, health).await,
        };
        let outcome = made.unwrap_or_else(|error| {
            tracing::error!(dispatch = %leased.id, %error, "a dispatch could not be made ready");
            match error.kind() {
                ErrorKind::Busy => Outcome::Later { reason: "busy", after: BUSY },
                ErrorKind::Fault => Outcome::Never { reason: "unreadable" },
            }
        });
        // What is not written down is sent once more when the lease is over, so a busy database is asked again.
        for pause in RECORD_AGAIN {
            match dispatches::finish(&self.portal, leased, &outcome).await {
                Err(error) => tracing::warn!(dispatch = %leased.id, %error, "an attempt is recorded once more"),
                recorded => return recorded,
            }
            tokio::time::sleep(pause).await;
        }
        dispatches::finish(&self.portal, leased, &outcome).await
    }
}

/// What was taken of a lane at once.
#[derive(Default)]
struct Batch {
    /// How many were due.
    due: usize,
    /// What is to be sent.
    leased: Vec<Leased>,
    /// How the gateways fared then.
    health: Arc<Health>,
}

/// How many messages of a lane are under way at once.
fn width(lane: Lane) -> usize {
    match lane {
        Lane::Codes => 64,
        Lane::Texts => 16,
        Lane::Mail => 8,
    }
}
