//! The log: lines on standard error, so that standard output carries only what a command answers.

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// What a server logs unless `RUST_LOG` says otherwise. A peer that speaks no HTTP is no error of ours.
pub(super) const SERVING: &str = "info,sqlx=warn,hyper=warn,actix_http::h1::dispatcher=off";
/// What a command of the shell logs: it answers on standard output already.
pub(super) const QUIET: &str = "warn";

/// Sets up the log of this process.
pub(super) fn set_up(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Fails only where a log is set up already, which then stays.
    let _ = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
    };
}
