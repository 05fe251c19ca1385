//! `salus risk replay`: what another policy would have asked of the sign-ins that were. Reads only.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Stop, open};
use crate::auth::risk::{self, Checked, Judgement, Outcome, Reason, RiskPolicy};
use crate::clock::{SignedDuration, Timestamp};
use crate::config::Config;

/// Sign-ins read at once.
const BATCH: i64 = 500;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Judge past sign-ins by the policy of a file beside the one that is set, and print what would change
    Replay(Replay),
}

#[derive(Args)]
pub(super) struct Replay {
    /// The other policy, in TOML
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// How many days back
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=90))]
    days: i64,
}

/// Runs the command.
pub(super) async fn run(config: Config, command: Command) -> Result<(), Stop> {
    let Command::Replay(args) = command;
    let then = RiskPolicy::of_file(&args.policy)
        .map_err(|why| Stop::Misused(format!("the policy of {} cannot be used. {why}", args.policy.display())))?;
    let now = config.risk_policy.clone();
    let (portal, _lock) = open(config).await?;
    let since = portal.clock.now() - SignedDuration::from_hours(24 * args.days);
    let mut seen = Replayed::default();
    let mut last: Option<Checked> = None;
    loop {
        let batch = risk::since(&portal, since, last.as_ref(), BATCH).await?;
        batch.iter().for_each(|check| seen.add(check, &now, &then));
        match batch.into_iter().last() {
            Some(check) => last = Some(check),
            None => break,
        }
    }
    portal.db.close().await;
    println!("{} sign-ins in {} days; policies {} now, {} then", seen.all, args.days, now.digest(), then.digest());
    print!("{}", seen.table());
    Ok(())
}

/// A sign-in that the other policy judges otherwise.
struct Change {
    at: Timestamp,
    account: String,
    now: Outcome,
    then: Outcome,
    reasons: Vec<Reason>,
}

/// What both policies say of many sign-ins.
#[derive(Default)]
struct Replayed {
    all: usize,
    now: BTreeMap<Outcome, usize>,
    then: BTreeMap<Outcome, usize>,
    changes: Vec<Change>,
}

impl Replayed {
    fn add(&mut self, check: &Checked, now: &RiskPolicy, then: &RiskPolicy) {
        let now = risk::judge(&check.facts, now);
        let Judgement { outcome: then, reasons, .. } = risk::judge(&check.facts, then);
        self.all += 1;
        *self.now.entry(now.outcome).or_default() += 1;
        *self.then.entry(then).or_default() += 1;
        if now.outcome != then {
            let account = masked(&check.account.to_string());
            self.changes.push(Change { at: check.at, account, now: now.outcome, then, reasons });
        }
    }

    fn table(&self) -> String {
        let mut table = format!("\n{:<10}{:>8}{:>8}\n", "outcome", "now", "then");
        for outcome in Outcome::ALL {
            let count = |counts: &BTreeMap<Outcome, usize>| counts.get(&outcome).copied().unwrap_or(0);
            table += &format!("{outcome:<10}{:>8}{:>8}\n", count(&self.now), count(&self.then));
        }
        if self.changes.is_empty() {
            return table + "\nNothing would change.\n";
        }
        table += &format!("\n{} would change:\n", self.changes.len());
        for Change { at, account, now, then, reasons } in &self.changes {
            let reasons: Vec<&str> = reasons.iter().map(|reason| reason.as_str()).collect();
            let reasons = if reasons.is_empty() { "-".to_owned() } else { reasons.join(",") };
            table += &format!("{}  {account}  {now} -> {then}  {reasons}\n", at.strftime("%Y-%m-%d %H:%M:%SZ"));
        }
        table
    }
}

/// The end of an id, which tells accounts apart and names none: its beginning is but the time of its making.
fn masked(id: &str) -> String {
    let end: String = id.chars().rev().take(6).collect();
    format!("…{}", end.chars().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_account_its_end_is_shown() {
        assert_eq!(masked("019aa0c4-7a00-7000-8000-00000a1b2c3d"), "…1b2c3d");
    }
}
