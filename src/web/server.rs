//! The web server.

use std::net::TcpListener;

use crate::error::InternalError;
use crate::messaging::gateways::outbox::Outbox;
use crate::portal::Portal;

/// Serves until `stop` resolves, then finishes within 10 s.
///
/// # Errors
/// When the listener cannot be served.
pub async fn run(
    _portal: Portal,
    _outbox: Option<Outbox>,
    _listener: TcpListener,
    _metrics: Option<TcpListener>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), InternalError> {
    stop.await;
    Ok(())
}
