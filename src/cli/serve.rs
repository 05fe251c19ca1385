//! `salus serve`: the production server. Starts only on safe settings; stops gracefully on SIGTERM and SIGINT.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::background::Background;
use super::{Stop, open};
use crate::config::Config;
use crate::messaging::gateways::outbox::Outbox;
use crate::portal::Portal;
use crate::web;

/// From the signal to the end.
const STOPS_WITHIN: Duration = Duration::from_secs(10);
/// What background tasks get even when the last requests took all of that.
const LEAST: Duration = Duration::from_secs(1);

/// Runs the command.
pub(super) async fn run(config: Config) -> Result<(), Stop> {
    let found = config.unsafe_for_production();
    if !found.is_empty() {
        return Err(Stop::Unsafe(found));
    }
    let signals = Signals::catch()?;
    let (listen, metrics) = (config.listen, config.metrics_listen);
    let listener = listen_on(listen, "SALUS_LISTEN")?;
    let metrics = metrics.map(|address| listen_on(address, "SALUS_METRICS_LISTEN")).transpose()?;
    let (portal, _lock) = open(config).await?;
    tracing::info!(%listen, public_url = %portal.config.public_origin(), "serving");
    until_stopped(signals, portal, None, listener, metrics).await
}

/// The signals that stop the process. Caught before anything is begun, so that one that comes during the start still
/// ends it tidily.
pub(super) struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    pub(super) fn catch() -> Result<Self, Stop> {
        let caught = |kind| signal(kind).map_err(|error| Stop::Failed(format!("listening to signals: {error}")));
        Ok(Self { term: caught(SignalKind::terminate())?, int: caught(SignalKind::interrupt())? })
    }

    async fn one(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}

/// Takes an address, before anything else is begun.
pub(super) fn listen_on(address: SocketAddr, setting: &str) -> Result<TcpListener, Stop> {
    let told = |error| Stop::Failed(format!("listening on {address} ({setting}): {error}"));
    let listener = TcpListener::bind(address).map_err(told)?;
    listener.set_nonblocking(true).map_err(told)?;
    Ok(listener)
}

/// Serves the portal and its background tasks until the process is told to stop.
pub(super) async fn until_stopped(
    mut signals: Signals,
    portal: Portal,
    outbox: Option<Outbox>,
    listener: TcpListener,
    metrics: Option<TcpListener>,
) -> Result<(), Stop> {
    let background = Background::start(&portal, outbox.as_ref())?;
    let (stop, mut stopping) = watch::channel(None::<Instant>);
    let told_at = stop.subscribe();
    tokio::spawn(async move {
        signals.one().await;
        tracing::info!("stopping");
        stop.send_replace(Some(Instant::now()));
        // A second signal does not wait for anything.
        signals.one().await;
        std::process::exit(1);
    });
    let served = web::server::run(portal.clone(), outbox, listener, metrics, async move {
        // An error says that nobody can tell to stop any more.
        let _ = stopping.wait_for(Option::is_some).await;
    })
    .await;
    let spent = told_at.borrow().map_or(Duration::ZERO, |at| at.elapsed());
    background.finish(STOPS_WITHIN.saturating_sub(spent).max(LEAST)).await;
    portal.db.close().await;
    served?;
    tracing::info!("stopped");
    Ok(())
}
