//! What a serving process does beside answering: sends messages and reminders, links the audit trail, sweeps up.
//!
//! | task      | how often                                   |
//! |-----------|---------------------------------------------|
//! | messages  | when one is queued, and every 500 ms        |
//! | sealer    | every 500 ms, at once again when more waits |
//! | reminders | every minute                                |
//! | policies  | every 2 seconds                             |
//! | brakes    | every 30 seconds                            |
//! | sweep     | every hour                                  |
//!
//! Each finishes the turn it is in when the process stops.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Stop;
use crate::audit::chain;
use crate::auth::{challenges, policy, text_brakes};
use crate::care::reminders;
use crate::messaging::email::Mailer;
use crate::messaging::gateways::Gateway;
use crate::messaging::gateways::outbox::Outbox;
use crate::messaging::worker::Worker;
use crate::portal::Portal;
use crate::types::phone::PhoneNumber;

/// How often the sealer looks.
const SEAL: Duration = Duration::from_millis(500);
/// How long the sealer waits after a failure, so that one broken head does not fill the log.
const SEAL_AGAIN: Duration = Duration::from_secs(10);
/// How often reminders that are due are looked for.
const REMIND: Duration = Duration::from_secs(60);
/// How often conversion and money are looked at.
const BRAKE: Duration = Duration::from_secs(30);
/// How often it is looked whether another process changed a policy.
const LEARN: Duration = Duration::from_secs(2);
/// How often leftovers are dropped.
const SWEEP: Duration = Duration::from_secs(3600);

/// The tasks of this process.
pub(super) struct Background {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Resolves when the process stops.
async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error says that the sender is gone, which is a stop too.
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Background {
    /// Starts all of them.
    ///
    /// # Errors
    /// When the gateways or the mailer cannot be set up.
    pub(super) fn start(portal: &Portal, outbox: Option<&Outbox>) -> Result<Self, Stop> {
        let gateways = Gateway::of_settings(&portal.config, outbox)?;
        let mailer = Mailer::of_settings(&portal.config, outbox)?;
        let worker = Worker::new(portal.clone(), gateways, mailer, challenges::live_code);
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(worker.run(stopped(stopping.clone())));
        tasks.spawn(seal(portal.clone(), stopping.clone()));
        tasks.spawn(remind(portal.clone(), stopping.clone()));
        tasks.spawn(brake(portal.clone(), stopping.clone()));
        tasks.spawn(learn(portal.clone(), stopping.clone()));
        tasks.spawn(sweep(portal.clone(), stopping));
        warm(portal);
        Ok(Self { stop, tasks })
    }

    /// Lets every task finish what it began, for at most `within`; what is cut off then is taken up by its lease.
    pub(super) async fn finish(mut self, within: Duration) {
        self.stop.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all).await.is_err() {
            tracing::warn!("a background task did not finish in time");
        }
    }
}

/// Reads the phone plans of the world on a thread of its own: the first number would otherwise wait for them.
fn warm(portal: &Portal) {
    let country = portal.config.clinic.country;
    tokio::task::spawn_blocking(move || PhoneNumber::parse("+12125550100", country).is_ok());
}

async fn seal(portal: Portal, stopping: watch::Receiver<bool>) {
    let mut stop = std::pin::pin!(stopped(stopping));
    loop {
        let pause = match chain::link_waiting(&portal).await {
            // A full batch tells of more; a few wait for the next turn, which links them with others in one flush.
            Ok(linked) if linked as i64 >= chain::BATCH => Duration::ZERO,
            Ok(_) => SEAL,
            Err(error) => {
                tracing::error!(%error, "linking the audit trail failed");
                SEAL_AGAIN
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    // What was recorded while the others finished.
    if let Err(error) = chain::link_waiting(&portal).await {
        tracing::error!(%error, "linking the audit trail failed");
    }
}

async fn remind(portal: Portal, stopping: watch::Receiver<bool>) {
    let mut stop = std::pin::pin!(stopped(stopping));
    loop {
        if let Err(error) = reminders::turn(&portal).await {
            tracing::error!(%error, "looking for reminders failed");
        }
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = tokio::time::sleep(REMIND) => {}
        }
    }
}

async fn brake(portal: Portal, stopping: watch::Receiver<bool>) {
    let mut stop = std::pin::pin!(stopped(stopping));
    loop {
        if let Err(error) = text_brakes::turn(&portal).await {
            tracing::error!(%error, "judging what texts are worth failed");
        }
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = tokio::time::sleep(BRAKE) => {}
        }
    }
}

async fn learn(portal: Portal, stopping: watch::Receiver<bool>) {
    let mut stop = std::pin::pin!(stopped(stopping));
    loop {
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = tokio::time::sleep(LEARN) => {}
        }
        if let Err(error) = policy::refresh(&portal).await {
            tracing::warn!(%error, "the policies that hold are not known");
        }
    }
}

async fn sweep(portal: Portal, stopping: watch::Receiver<bool>) {
    let mut stop = std::pin::pin!(stopped(stopping));
    loop {
        if let Err(error) = crate::sweep::sweep(&portal).await {
            tracing::error!(%error, "sweeping failed");
        }
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}
