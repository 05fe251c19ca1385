//! The program: everything it does is a command of [`salus::cli`].

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // One cryptography for every connection; a second install would only find the first one there.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    salus::cli::run(salus::cli::Cli::parse())
}
