//! `salus mail`: what a mail server hands over.

use std::io::Read as _;

use clap::Subcommand;

use super::{Stop, open};
use crate::config::Config;
use crate::messaging::bounces::{self, Bounced, LARGEST, Unreadable};

/// A mail server that pipes to us tries again after this (EX_TEMPFAIL of sysexits).
const TRY_AGAIN: u8 = 75;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Take one bounced mail, a delivery status notification, from standard input
    Bounce,
}

/// Runs the command; exit code 75 when it could not be kept and is to be handed in again.
pub(super) async fn run(config: Config, command: Command) -> Result<(), Stop> {
    match command {
        Command::Bounce => bounce(config).await,
    }
}

async fn bounce(config: Config) -> Result<(), Stop> {
    let mut mail = Vec::new();
    std::io::stdin()
        .lock()
        .take(LARGEST as u64 + 1)
        .read_to_end(&mut mail)
        .map_err(|error| later(Stop::Failed(format!("reading standard input: {error}"))))?;
    let (portal, _lock) = open(config).await.map_err(later)?;
    let bounced = bounces::take(&portal, &mail).await.map_err(|error| later(error.into()))?;
    portal.db.close().await;
    let told = match bounced {
        Bounced::Marked => "Taken: the account's mail counts as coming back.",
        Bounced::NoAccount => "Taken: the mail was to nobody with an account.",
        Bounced::Known => "Taken: it was told before.",
        Bounced::NoFailure => "Nothing to do: it tells of no lasting failure.",
        Bounced::No(unreadable) => {
            return Err(Stop::Failed(
                match unreadable {
                    Unreadable::TooLarge => "the mail is larger than a bounce: more than 256 KiB",
                    Unreadable::NoReport => "this address takes only mail that was returned: please call the clinic",
                    Unreadable::NotOurs => "the notification names no mail of this portal",
                }
                .into(),
            ));
        }
    };
    println!("{told}");
    Ok(())
}

/// The same, told, with the exit code that asks for another try: a mail server keeps the bounce until we can take it.
pub(super) fn later(stop: Stop) -> Stop {
    stop.tell();
    Stop::Told(TRY_AGAIN)
}
