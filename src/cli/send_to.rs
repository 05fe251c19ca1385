//! `salus check --send-to`: one real text through a gateway, and what became of it, as it is told.

use std::time::{Duration, Instant};

use super::{Stop, open};
use crate::auth::challenges;
use crate::config::{Config, SmsGateway};
use crate::messaging::dispatches::figures::{self, Text, Which};
use crate::messaging::email::Mailer;
use crate::messaging::gateways::Gateway;
use crate::messaging::worker::Worker;
use crate::messaging::{opt_outs, receipts};
use crate::portal::Portal;
use crate::types::ids::DispatchId;
use crate::types::phone::PhoneNumber;

/// How long receipts are waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often is looked.
const PULSE: Duration = Duration::from_millis(300);

/// Sends a test and follows it until it arrived, failed, or nothing was heard for a minute.
pub(super) async fn run(config: Config, number: &str, through: Option<&str>) -> Result<(), Stop> {
    let to = PhoneNumber::parse(number, config.clinic.country)
        .map_err(|_| Stop::Misused("--send-to is no phone number that can be texted".into()))?;
    let country = to.country().map(|country| country.code().to_owned());
    if !country.is_some_and(|country| config.clinic.sms_countries.contains(&country)) {
        return Err(Stop::Misused("--send-to is in a country that SALUS_SMS_COUNTRIES does not name".into()));
    }
    let gateway = chosen(&config, &to, through)?;
    let (portal, _lock) = open(config).await?;
    let gateways = Gateway::of_settings(&portal.config, None)?;
    let worker = Worker::new(portal.clone(), gateways, Mailer::None, challenges::live_code);
    if opt_outs::stopped_by(&portal, &to).await?.is_some() {
        portal.db.close().await;
        return Err(Stop::Misused("the owner of this number answered STOP, so nobody texts them".into()));
    }
    println!("Sending a test without a code to {} through {}.", to.masked(), gateway.name());
    let begun = Instant::now();
    let id = worker.send_trial(&to, gateway.name()).await?;
    let told = follow(&portal, gateway, id, begun).await;
    portal.db.close().await;
    told
}

/// The gateway that is named, or the first for the number.
fn chosen(config: &Config, to: &PhoneNumber, through: Option<&str>) -> Result<SmsGateway, Stop> {
    let order = config.sms_routes.of(to).unwrap_or(&config.sms_gateways);
    let found = match through {
        None => order.first(),
        Some(name) => config.sms_gateways.iter().find(|gateway| gateway.name() == name),
    };
    match found {
        Some(SmsGateway::Outbox) => Err(Stop::Misused("the outbox is no gateway that reaches a phone".into())),
        Some(gateway) => Ok(*gateway),
        None => Err(Stop::Misused("SALUS_SMS_GATEWAYS does not name such a gateway".into())),
    }
}

async fn follow(portal: &Portal, gateway: SmsGateway, id: DispatchId, begun: Instant) -> Result<(), Stop> {
    let calls_back = receipts::calls_back(portal, gateway.name());
    let mut last = String::new();
    loop {
        let text = figures::newest(portal, Which::One(id), 1).await?.pop();
        let Some(seen) = text.as_ref().map(seen) else { return Err(Stop::Failed("the test is gone".into())) };
        if seen.line != last {
            println!("{:>5.1} s  {}", begun.elapsed().as_secs_f64(), seen.line);
            last = seen.line;
        }
        match seen.end {
            Some(true) => return Ok(()),
            Some(false) => return Err(Stop::Told(1)),
            None if !calls_back => {
                println!("It does not call back here, so whether it arrives shows on the phone alone.");
                return Ok(());
            }
            None if begun.elapsed() > PATIENCE => {
                println!(
                    "Nothing was heard for a minute. Does `salus serve` run at {}, and can the gateway reach it?",
                    portal.config.public_origin()
                );
                return Err(Stop::Told(1));
            }
            None => tokio::time::sleep(PULSE).await,
        }
    }
}

/// What is known, in words, and whether it is the end: a good or a bad one.
struct Seen {
    line: String,
    end: Option<bool>,
}

fn seen(text: &Text) -> Seen {
    let Some(tried) = text.tries.last() else { return Seen { line: "waiting".into(), end: None } };
    let why = || {
        let parts = [tried.reason.as_deref(), tried.code.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    };
    let (line, end) = match (tried.receipt.as_deref(), tried.outcome.as_deref()) {
        (Some("delivered"), _) => ("it arrived at the phone".to_owned(), Some(true)),
        (Some("undelivered" | "failed"), _) => (format!("it was not delivered{}", why()), Some(false)),
        (Some("sent"), _) => ("the phone's network has it".to_owned(), None),
        (Some(_), _) | (None, Some("accepted")) => (format!("{} took it", tried.gateway), None),
        (None, Some("unknown")) => (format!("{} gave no answer: it may have been sent", tried.gateway), Some(false)),
        (None, Some(_)) => (format!("{} refused it{}", tried.gateway, why()), Some(false)),
        (None, None) => ("waiting for an answer".to_owned(), None),
    };
    Seen { line, end }
}
