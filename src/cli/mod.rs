//! The shell: one file per command. Standard output carries what a command answers, standard error its log.
//!
//! | exit code | means                                       |
//! |-----------|---------------------------------------------|
//! | 0         | done                                        |
//! | 1         | it failed, or found something broken        |
//! | 2         | wrong use, or settings that are not safe    |
//! | 75        | `salus mail bounce`: hand it in again later |

mod admin;
mod audit;
mod background;
mod backup;
mod check;
mod data;
pub mod demo;
mod keys;
mod logs;
mod mail;
mod migrate;
mod restore;
mod risk;
mod send_to;
mod serve;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::clock::Clock;
use crate::config::{Config, Problem, Unsafe};
use crate::error::InternalError;
use crate::portal::Portal;

/// A telemedicine patient portal. Settings are environment variables SALUS_…, or keys of the file that SALUS_CONFIG
/// names; `salus check` explains them.
#[derive(Parser)]
#[command(name = "salus", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the portal; refuses settings that are not safe for production
    Serve,
    /// Try the whole product on a made-up clinic, with texts and mails shown at /dev/outbox
    Demo(demo::Args),
    /// Bring the database's schema up to date
    Migrate,
    /// Invite staff, lift a lockout
    #[command(subcommand)]
    Admin(admin::Command),
    /// Look after the key ring
    #[command(subcommand)]
    Keys(keys::Command),
    /// Copy the embedded database, as it is at this moment, into a new encrypted file
    Backup(backup::Args),
    /// Put a backup in the embedded database's place
    Restore(restore::Args),
    /// Look after the audit trail
    #[command(subcommand)]
    Audit(audit::Command),
    /// Try another risk policy on past sign-ins
    #[command(subcommand)]
    Risk(risk::Command),
    /// Take what a mail server hands over
    #[command(subcommand)]
    Mail(mail::Command),
    /// Explain what is set, missing or unsafe; or send a real test text and follow it
    Check(Check),
}

#[derive(clap::Args)]
struct Check {
    /// Send one test text to this number, and say what becomes of it
    #[arg(long, value_name = "PHONE")]
    send_to: Option<String>,
    /// Through this gateway instead of the first
    #[arg(long, value_name = "GATEWAY", requires = "send_to")]
    through: Option<String>,
}

/// Why a command ends without having done its work.
enum Stop {
    /// It could not be done, or what was looked at is broken: exit code 1.
    Failed(String),
    /// It was asked for wrongly: exit code 2.
    Misused(String),
    /// Settings that cannot be read: exit code 2.
    Settings(Vec<Problem>),
    /// Settings that are not safe for production: exit code 2.
    Unsafe(Vec<Unsafe>),
    /// Everything was said already; only the exit code is left.
    Told(u8),
}

impl From<InternalError> for Stop {
    fn from(error: InternalError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Stop {
    /// Tells the operator and answers the exit code.
    fn tell(self) -> u8 {
        match self {
            Self::Failed(what) => {
                eprintln!("salus: {what}");
                1
            }
            Self::Misused(what) => {
                eprintln!("salus: {what}");
                2
            }
            Self::Settings(problems) => {
                eprintln!("salus: these settings cannot be used:");
                for Problem { setting, problem, cure } in problems {
                    eprintln!("  {setting} {problem}\n    cure: {cure}");
                }
                2
            }
            Self::Unsafe(found) => {
                eprintln!("salus: these settings are not safe for production:");
                for Unsafe { setting, problem, cure } in found {
                    eprintln!("  {setting} {problem}\n    cure: {cure}");
                }
                2
            }
            Self::Told(code) => code,
        }
    }
}

/// Runs one command; answers its exit code.
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ExitCode::from(Stop::Failed(format!("starting failed: {error}")).tell()),
    };
    let outcome = runtime.block_on(dispatch(cli.command));
    // What still blocks a thread, such as a slow disk, does not keep the program from ending.
    runtime.shutdown_timeout(Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => ExitCode::from(stop.tell()),
    }
}

async fn dispatch(command: Command) -> Result<(), Stop> {
    match command {
        Command::Serve => serve::run(settings()?).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Migrate => migrate::run(quiet_settings()?).await,
        Command::Admin(command) => admin::run(quiet_settings()?, command).await,
        Command::Keys(command) => keys::run(command).await,
        Command::Backup(args) => backup::run(quiet_settings()?, args).await,
        Command::Restore(args) => restore::run(quiet_settings()?, args).await,
        Command::Audit(command) => audit::run(quiet_settings()?, command).await,
        Command::Risk(command) => risk::run(quiet_settings()?, command).await,
        Command::Mail(command) => mail::run(quiet_settings().map_err(mail::later)?, command).await,
        Command::Check(Check { send_to: None, .. }) => check::run().await,
        Command::Check(Check { send_to: Some(number), through }) => {
            send_to::run(quiet_settings()?, &number, through.as_deref()).await
        }
    }
}

/// The settings of the environment, with the log of a server set up.
fn settings() -> Result<Config, Stop> {
    let config = Config::from_env().map_err(Stop::Settings)?;
    logs::set_up(config.log_format, logs::SERVING);
    Ok(config)
}

/// The settings of the environment, with a log that speaks only when something is wrong.
fn quiet_settings() -> Result<Config, Stop> {
    let config = Config::from_env().map_err(Stop::Settings)?;
    logs::set_up(config.log_format, logs::QUIET);
    Ok(config)
}

/// The portal for a command that may run beside a server, and the mark that the database is in use: keep it.
async fn open(config: Config) -> Result<(Portal, Option<data::Lock>), Stop> {
    if config.keys.is_none() {
        return Err(Stop::Misused(
            "SALUS_KEYS is not set: run `salus keys add` and name its file in SALUS_KEYS_FILE".into(),
        ));
    }
    data::prepare(&config)?;
    let lock = data::use_beside_others(&config)?;
    let migrate = config.migrate;
    Ok((Portal::open(config, Clock::system(), migrate).await?, lock))
}
