//! `salus demo`: the whole product in one command, on a made-up clinic of its own.
//!
//! Texts and mails go to the dev outbox, which anybody who reaches the address may read: so it listens on this machine
//! only.

mod people;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::serve::{Signals, listen_on, until_stopped};
use super::{Stop, data, keys, logs};
use crate::clock::Clock;
use crate::config::{Config, LogFormat, Lookup};
use crate::messaging::gateways::outbox::Outbox;
use crate::portal::Portal;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Keep the clinic in this folder and come back to it; a temporary one unless given
    #[arg(long)]
    data: Option<PathBuf>,
    /// Address and port on this machine
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// Settings that a demo decides itself; the environment has no say in them.
const OWN: [&str; 10] = [
    "SALUS_DATA",
    "SALUS_DATABASE_URL",
    "SALUS_LISTEN",
    "SALUS_PUBLIC_URL",
    "SALUS_KEYS",
    "SALUS_KEYS_FILE",
    "SALUS_SMS_GATEWAYS",
    "SALUS_SMTP_URL",
    "SALUS_SMTP_URL_FILE",
    "SALUS_MIGRATE",
];

/// Runs the command.
pub(super) async fn run(args: Args) -> Result<(), Stop> {
    if !args.listen.ip().is_loopback() {
        return Err(Stop::Misused(
            "a demo shows every code to whoever reaches it: listen on 127.0.0.1 or [::1] only".into(),
        ));
    }
    let signals = Signals::catch()?;
    // Kept until the end: dropped, the folder is removed.
    let temporary = match &args.data {
        Some(_) => None,
        None => Some(tempfile::tempdir().map_err(|error| Stop::Failed(format!("making a folder: {error}")))?),
    };
    let folder = match (&args.data, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => PathBuf::from("."),
    };
    data::make_folder(&folder)?;
    let listener = listen_on(args.listen, "--listen")?;
    let address =
        listener.local_addr().map_err(|error| Stop::Failed(format!("listening on {}: {error}", args.listen)))?;
    keys::make_once(&folder.join("keys"))?;
    let config = settings(&folder, address)?;
    logs::set_up(config.log_format, logs::SERVING);
    data::prepare(&config)?;
    let _lock = data::use_beside_others(&config)?;
    let portal = Portal::open(config, Clock::system(), true).await?;
    people::make(&portal).await?;
    tell(&portal, &folder, temporary.is_some());
    let outbox = Outbox::new(portal.clock.clone());
    until_stopped(signals, portal, Some(outbox), listener, None).await
}

fn settings(folder: &Path, address: SocketAddr) -> Result<Config, Stop> {
    let own = [
        ("SALUS_DATA", folder.display().to_string()),
        ("SALUS_DATABASE_URL", format!("sqlite:{}", folder.join("salus.db").display())),
        ("SALUS_LISTEN", address.to_string()),
        ("SALUS_PUBLIC_URL", format!("http://localhost:{}", address.port())),
        ("SALUS_KEYS_FILE", folder.join("keys").display().to_string()),
        ("SALUS_SMS_GATEWAYS", "outbox".to_owned()),
        ("SALUS_SMTP_URL", "outbox".to_owned()),
    ];
    let from_outside = std::env::vars().filter(|(name, _)| name.starts_with("SALUS_") && !OWN.contains(&name.as_str()));
    let log_is_set = std::env::var_os("SALUS_LOG_FORMAT").is_some();
    let vars = from_outside.chain(own.map(|(name, value)| (name.to_owned(), value)));
    let mut config = Config::read(Lookup::from_map(vars)).map_err(Stop::Settings)?;
    if !log_is_set {
        config.log_format = LogFormat::Text;
    }
    Ok(config)
}

/// Where to go, who can sign in, where the texts show up.
fn tell(portal: &Portal, folder: &Path, temporary: bool) {
    let origin = portal.config.public_origin();
    println!("Salus demo");
    println!();
    println!("  open           {origin}");
    println!("  texts, mails   {origin}/dev/outbox");
    println!("  password       {} (for everybody)", people::PASSWORD);
    println!();
    for person in &people::PEOPLE {
        println!("  {:<26} {} {}", person.email, person.name, person.about());
    }
    println!();
    let kept = if temporary { "removed at the end" } else { "kept" };
    println!("  data in {}, {kept}. Stop with Ctrl-C.", folder.display());
}
