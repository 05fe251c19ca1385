//! The only code that knows HTTP.

pub mod server;
