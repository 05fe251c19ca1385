//! `salus audit verify`: walks the trail's chain and names the first break.

use clap::{Args, Subcommand};

use super::{Stop, open};
use crate::audit::chain::{self, Verdict};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Walk the chain and name the first break; exit code 1 when there is one
    Verify(Verify),
}

#[derive(Args)]
pub(super) struct Verify {
    /// A head kept from an earlier run or from the log, as number:link; shows a trail that was cut at its end
    #[arg(long, value_name = "SEQ:LINK", value_parser = anchor)]
    anchor: Option<(i64, String)>,
}

fn anchor(text: &str) -> Result<(i64, String), String> {
    let wrong = || "write number:link, as `salus audit verify` and the log print them".to_owned();
    let (seq, link) = text.split_once(':').ok_or_else(wrong)?;
    let seq = seq.parse().ok().filter(|seq| *seq > 0).ok_or_else(wrong)?;
    let fits = link.len() == 64 && link.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| (seq, link.to_owned())).ok_or_else(wrong)
}

/// Runs the command.
pub(super) async fn run(config: Config, command: Command) -> Result<(), Stop> {
    let Command::Verify(args) = command;
    let (portal, _lock) = open(config).await?;
    let anchor = args.anchor.as_ref().map(|(seq, link)| (*seq, link.as_str()));
    let verdict = chain::verify(&portal, anchor).await?;
    portal.db.close().await;
    match verdict {
        Verdict::Whole { links, waiting, head } => {
            println!("whole: {links} links hold, {waiting} events wait for theirs");
            if links > 0 {
                println!("head: {links}:{head}");
            }
            Ok(())
        }
        Verdict::Broken { seq: 0, what } => {
            println!("broken: {what}");
            Err(Stop::Told(1))
        }
        Verdict::Broken { seq, what } => {
            println!("broken at link {seq}: {what}");
            Err(Stop::Told(1))
        }
    }
}
