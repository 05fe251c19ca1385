//! `salus serve`: the production server. Starts only on safe settings; stops gracefully on SIGTERM and SIGINT.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
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
    let (listen, metrics) = (config.listen, config.metrics_listen);
    let listener = listen_on(listen, "SALUS_LISTEN")?;
    let metrics = metrics.map(|address| listen_on(address, "SALUS_METRICS_LISTEN")).transpose()?;
    let (portal, _lock) = open(config).await?;
    tracing::info!(%listen, public_url = %portal.config.public_origin(), "serving");
    until_stopped(portal, None, listener, metrics).await
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
    portal: Portal,
    outbox: Option<Outbox>,
    listener: TcpListener,
    metrics: Option<TcpListener>,
) -> Result<(), Stop> {
    let told = |error: std::io::Error| Stop::Failed(format!("listening to signals: {error}"));
    let (mut term, mut int) =
        (signal(SignalKind::terminate()).map_err(told)?, signal(SignalKind::interrupt()).map_err(told)?);
    let background = Background::start(&portal, outbox.as_ref())?;
    let (stop, mut stopping) = watch::channel(None::<Instant>);
    let told_at = stop.subscribe();
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        tracing::info!("stopping");
        stop.send_replace(Some(Instant::now()));
        // A second signal does not wait for anything.
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
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
