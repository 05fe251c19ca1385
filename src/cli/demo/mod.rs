//! `salus demo`: the whole product in one command, on a made-up clinic of its own.
//!
//! Texts and mails go to the dev outbox, which anybody who reaches the address may read: so it listens on this machine
//! only.

pub mod appointments;
pub mod clinic_hours;
pub mod labs;
mod people;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::serve::{Signals, listen_on, until_stopped};
use super::{Stop, data, keys, logs};
use crate::auth::sessions::SignedIn;
use crate::clock::Clock;
use crate::config::{Config, LogFormat, Lookup};
use crate::error::{Failure, InternalError};
use crate::identity::accounts;
use crate::messaging::gateways::outbox::Outbox;
use crate::portal::Portal;
use crate::types::email_address::EmailAddress;
use crate::types::network::Network;

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
    if people::make(&portal).await? {
        let people = People::find(&portal).await?;
        clinic_hours::make(&portal, &people).await?;
        appointments::make(&portal, &people).await?;
        labs::make(&portal, &people).await?;
    }
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
    let countries_are_set = std::env::var_os("SALUS_SMS_COUNTRIES").is_some();
    let log_is_set = std::env::var_os("SALUS_LOG_FORMAT").is_some();
    let abroad = (!countries_are_set).then(|| ("SALUS_SMS_COUNTRIES".to_owned(), "US,CA,MX,PR,ES,GB".to_owned()));
    let vars = from_outside.chain(abroad).chain(own.map(|(name, value)| (name.to_owned(), value)));
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

/// Who is in the clinic.
pub struct People {
    /// A patient of both doctors.
    pub maria: SignedIn,
    /// A patient of Dr Okafor only.
    pub james: SignedIn,
    /// Family medicine.
    pub chen: SignedIn,
    /// Cardiology.
    pub okafor: SignedIn,
}

impl People {
    async fn find(portal: &Portal) -> Result<Self, InternalError> {
        Ok(Self {
            maria: signed_in(portal, "maria@demo.salus.test").await?,
            james: signed_in(portal, "james@demo.salus.test").await?,
            chen: signed_in(portal, "dr.chen@demo.salus.test").await?,
            okafor: signed_in(portal, "dr.okafor@demo.salus.test").await?,
        })
    }
}

async fn signed_in(portal: &Portal, email: &str) -> Result<SignedIn, InternalError> {
    let missing = || InternalError::because("a person of the demo is missing");
    let email = EmailAddress::parse(email).map_err(|_| missing())?;
    let account = accounts::find_by_email(portal, &email).await?.ok_or_else(missing)?;
    Ok(SignedIn {
        account: account.id,
        role: account.role,
        patient: account.patient,
        name: account.name,
        locale: account.locale,
        zone: account.zone,
        frozen: None,
    })
}

/// Where everything that is made up comes from: this machine.
fn here() -> Network {
    Network::of(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// What is made up keeps to the rules; a refusal is a fault in what was made up.
fn accepted<T, R: std::fmt::Debug>(outcome: Result<T, Failure<R>>) -> Result<T, InternalError> {
    outcome.map_err(|failure| match failure {
        Failure::Refused(why) => InternalError::because(format!("the demo's data was refused: {why:?}")),
        Failure::Internal(error) => error,
    })
}
