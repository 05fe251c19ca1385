//! `salus admin`: what an operator does for people from the shell.

use clap::{Args, Subcommand, ValueEnum};

use super::{Stop, open};
use crate::auth::alerts::freeze::{self, LiftRefusal, Lifter};
use crate::auth::lockout::{self, ResetRefusal, Resetter};
use crate::auth::recovery::{self, Approver, CheckRefusal};
use crate::config::Config;
use crate::error::Failure;
use crate::identity::accounts;
use crate::identity::invitations::{self, InviteRefusal, NewInvitation};
use crate::types::actor::{Actor, Role};
use crate::types::email_address::EmailAddress;
use crate::types::person_name::PersonName;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Invite staff, the first admin too: mails the one-time link and prints it
    Invite(Invite),
    /// Lift every lock of an account, and nothing else: password and code are still asked for
    Unlock(Unlock),
    /// Allow changes to an account again after somebody reported that something was not them
    Unfreeze(Unlock),
    /// Take the second of two steps for somebody whose phone is lost, after staff checked who they are
    ApproveRecovery(Unlock),
}

#[derive(Clone, Copy, ValueEnum)]
enum Staff {
    Admin,
    Doctor,
}

#[derive(Args)]
pub(super) struct Invite {
    /// Their mail address
    #[arg(long)]
    email: String,
    /// Their name, as patients and colleagues read it
    #[arg(long)]
    name: String,
    /// What they will be
    #[arg(long, value_enum, default_value = "admin")]
    role: Staff,
    /// What a doctor does, as patients read it, like "Family medicine"
    #[arg(long)]
    specialty: Option<String>,
}

#[derive(Args)]
pub(super) struct Unlock {
    /// The account's mail address
    #[arg(long)]
    email: String,
    /// Why; kept in the audit trail
    #[arg(long)]
    reason: String,
}

/// Runs the command.
pub(super) async fn run(config: Config, command: Command) -> Result<(), Stop> {
    match command {
        Command::Invite(args) => invite(config, args).await,
        Command::Unlock(args) => unlock(config, args).await,
        Command::Unfreeze(args) => unfreeze(config, args).await,
        Command::ApproveRecovery(args) => approve_recovery(config, args).await,
    }
}

fn email(typed: &str) -> Result<EmailAddress, Stop> {
    EmailAddress::parse(typed).map_err(|_| Stop::Misused("--email is not a mail address".into()))
}

async fn invite(config: Config, args: Invite) -> Result<(), Stop> {
    let name = PersonName::parse(&args.name)
        .map_err(|_| Stop::Misused("--name is not a name: write it as others will read it".into()))?;
    let specialty = args.specialty.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let role = match (args.role, &specialty) {
        (Staff::Admin, None) => Role::Admin,
        (Staff::Admin, Some(_)) => return Err(Stop::Misused("--specialty is for doctors: add --role doctor".into())),
        (Staff::Doctor, Some(_)) => Role::Doctor,
        (Staff::Doctor, None) => {
            return Err(Stop::Misused("a doctor needs --specialty, such as --specialty \"Family medicine\"".into()));
        }
    };
    let new = NewInvitation { role, name, email: email(&args.email)?, specialty };
    if !config.is_secure() {
        eprintln!("salus: SALUS_PUBLIC_URL is not https: this link is good for trying on this machine only");
    }
    let (portal, _lock) = open(config).await?;
    match invitations::invite(&portal, &Actor::Shell, new, None).await {
        Ok(link) => {
            println!("{link}");
            eprintln!("The link works once, for 7 days. Who holds it becomes {}: hand it over safely.", role.as_str());
            portal.db.close().await;
            Ok(())
        }
        Err(Failure::Refused(InviteRefusal::HasAccount)) => {
            Err(Stop::Failed("this mail address has an account already".into()))
        }
        Err(Failure::Refused(InviteRefusal::NotStaff)) => Err(Stop::Misused("patients register themselves".into())),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

async fn unlock(config: Config, args: Unlock) -> Result<(), Stop> {
    let email = email(&args.email)?;
    let none = || Stop::Failed("no account has this mail address".into());
    let (portal, _lock) = open(config).await?;
    let account = accounts::find_by_email(&portal, &email).await?.ok_or_else(none)?;
    match lockout::reset(&portal, Resetter::Shell, account.id, &args.reason, None).await {
        Ok(()) => {
            println!("Unlocked. Password and code are still asked for; the person is told.");
            portal.db.close().await;
            Ok(())
        }
        Err(Failure::Refused(ResetRefusal::NoReason)) => Err(Stop::Misused("--reason is empty".into())),
        Err(Failure::Refused(ResetRefusal::NotFound | ResetRefusal::Oneself)) => Err(none()),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

async fn unfreeze(config: Config, args: Unlock) -> Result<(), Stop> {
    let email = email(&args.email)?;
    let none = || Stop::Failed("no account has this mail address".into());
    let (portal, _lock) = open(config).await?;
    let account = accounts::find_by_email(&portal, &email).await?.ok_or_else(none)?;
    match freeze::lift(&portal, Lifter::Shell, account.id, &args.reason, None).await {
        Ok(()) => {
            println!("Changes are possible again; the person is told.");
            portal.db.close().await;
            Ok(())
        }
        Err(Failure::Refused(LiftRefusal::NoReason)) => Err(Stop::Misused("--reason is empty".into())),
        Err(Failure::Refused(LiftRefusal::NotFrozen)) => Err(Stop::Failed("nothing is paused for this account".into())),
        Err(Failure::Refused(LiftRefusal::NotFound | LiftRefusal::Oneself | LiftRefusal::OwnStep)) => Err(none()),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

async fn approve_recovery(config: Config, args: Unlock) -> Result<(), Stop> {
    let email = email(&args.email)?;
    let waits = || Stop::Failed("no request of this account waits for a new number".into());
    let (portal, _lock) = open(config).await?;
    let account = accounts::find_by_email(&portal, &email)
        .await?
        .ok_or_else(|| Stop::Failed("no account has this mail address".into()))?;
    let request = recovery::open_of(&portal, account.id).await?.ok_or_else(waits)?;
    match recovery::approve(&portal, Approver::Shell(&args.reason), request, None).await {
        Ok(()) => {
            println!("Approved. Codes go to the new number; the person is told, and can undo it for 72 hours.");
            portal.db.close().await;
            Ok(())
        }
        Err(Failure::Refused(CheckRefusal::NoReason)) => Err(Stop::Misused("--reason is empty".into())),
        Err(Failure::Refused(CheckRefusal::NotChecked)) => Err(Stop::Failed(
            "staff have not checked the person yet: that is the first step, at /staff/recoveries".into(),
        )),
        Err(Failure::Refused(CheckRefusal::TooSoon(at))) => {
            Err(Stop::Failed(format!("the waiting time lasts until {at}")))
        }
        Err(Failure::Refused(CheckRefusal::PhoneFull)) => {
            Err(Stop::Failed("three accounts use the new number already".into()))
        }
        Err(Failure::Refused(_)) => Err(waits()),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}
