//! One run: a portal of its own, one gateway or two in their weather, a crowd, and the tally at the end.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use salus::auth::challenges;
use salus::clock::Clock;
use salus::config::{Config, Lookup};
use salus::crypto::key_ring::KeyRing;
use salus::messaging::email::Mailer;
use salus::messaging::gateways;
use salus::messaging::worker::Worker;
use salus::portal::Portal;

use super::gateway::{Gateway, Provider};
use super::process::{Process, free_address};
use super::tally::Tally;
use super::weather::Weather;
use super::{Network, ORIGIN, crowd};

/// What is run.
#[derive(Clone, Copy)]
pub struct Plan {
    /// The weather of the gateway that is asked first.
    pub first: Weather,
    /// The weather of the second; None is failover off.
    pub second: Option<Weather>,
    /// How many ask for a code.
    pub codes: usize,
    /// Over which span they ask.
    pub over: Duration,
    /// How long is waited after the last at most.
    pub after: Duration,
    /// Whether the run ends when everybody has their code; a second copy of one may then come unseen.
    pub ends_early: bool,
    /// The server is killed each time that a gateway has taken so many texts, before it answers the last of them;
    /// None lets the server run inside this process, and live.
    pub kill_each: Option<usize>,
    pub seed: u64,
}

/// What a portal needs beside its gateways, fit for production too.
pub fn settings(database: &str, folder: &Path) -> Vec<(String, String)> {
    let pairs = [
        ("SALUS_DATABASE_URL", database.to_owned()),
        ("SALUS_DATA", folder.display().to_string()),
        ("SALUS_KEYS", KeyRing::new_line("network").to_string()),
        ("SALUS_PUBLIC_URL", ORIGIN.to_owned()),
        ("SALUS_SMTP_URL", "smtp://127.0.0.1:9".to_owned()),
        ("SALUS_CLINIC_NAME", "Hill Clinic".to_owned()),
        ("SALUS_CLINIC_PHONE", "+1 212 555 7000".to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// The settings of gateways, asked in this order.
pub fn gateway_settings(gateways: &[(Provider, &Gateway)]) -> Vec<(String, String)> {
    let names: Vec<&str> = gateways.iter().map(|(provider, _)| provider.name()).collect();
    let mut vars = vec![("SALUS_SMS_GATEWAYS".to_owned(), names.join(","))];
    vars.extend(gateways.iter().flat_map(|(provider, gateway)| provider.settings(&gateway.base)));
    vars
}

/// A portal through the library.
pub async fn open(vars: &[(String, String)]) -> Portal {
    let config = Config::read(Lookup::from_map(vars.iter().cloned())).unwrap();
    Portal::open(config, Clock::system(), true).await.unwrap()
}

/// Runs the plan on a database, with what belongs to it in a folder.
pub async fn run(plan: Plan, database: &str, folder: &Path) -> Tally {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = if plan.kill_each.is_some() { free_address() } else { listener.local_addr().unwrap() };
    let network = Network::new(plan.seed, vec![address]);
    let first = Gateway::start(Provider::Twilio, plan.first, &network).await;
    let second = match plan.second {
        Some(weather) => Some(Gateway::start(Provider::Plivo, weather, &network).await),
        None => None,
    };
    let gateways: Vec<(Provider, &Gateway)> =
        [(Provider::Twilio, Some(&first)), (Provider::Plivo, second.as_ref())]
            .into_iter()
            .filter_map(|(provider, gateway)| Some((provider, gateway?)))
            .collect();
    let mut vars = settings(database, folder);
    vars.extend(gateway_settings(&gateways));
    let portal = open(&vars).await;
    let people = crowd::gather(&portal, plan.codes).await;
    let server = match plan.kill_each {
        None => Server::Inside(Inside::start(&portal, listener)),
        Some(each) => Server::Process(killed(&network, &vars, address, folder.join("serve.log"), each)),
    };
    crowd::ask_all(&portal, &people, plan.over, &network.phones).await;
    let asked = tokio::time::Instant::now();
    while asked.elapsed() < plan.after && !(plan.ends_early && network.phones.reached() == plan.codes) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.stop().await;
    for (provider, gateway) in gateways {
        assert_eq!(gateway.odd(), Vec::<String>::new(), "{} would not take this", provider.name());
    }
    let tally = Tally::count(&portal, &network).await;
    portal.db.close().await;
    tally
}

/// A process that dies each time that a gateway holds the text and has not answered.
fn killed(
    network: &Network,
    vars: &[(String, String)],
    address: std::net::SocketAddr,
    log: PathBuf,
    each: usize,
) -> Arc<Process> {
    let process = Arc::new(Process::start(address, vars, &log));
    process.wait();
    let victim = Arc::downgrade(&process);
    network.when_taken(Arc::new(move |number| {
        if number % each == 0
            && let Some(process) = victim.upgrade()
        {
            process.kill_and_start();
        }
    }));
    process
}

enum Server {
    Inside(Inside),
    Process(Arc<Process>),
}

impl Server {
    async fn stop(self) {
        match self {
            Self::Inside(inside) => inside.stop().await,
            Self::Process(process) => drop(process),
        }
    }
}

/// The pages and the worker in this process.
struct Inside {
    stop: tokio::sync::watch::Sender<bool>,
    worker: tokio::task::JoinHandle<()>,
    pages: std::thread::JoinHandle<()>,
}

impl Inside {
    fn start(portal: &Portal, listener: TcpListener) -> Self {
        let gateways = gateways::Gateway::of_settings(&portal.config, None).unwrap();
        let mailer = Mailer::of_settings(&portal.config, None).unwrap();
        let worker = Worker::new(portal.clone(), gateways, mailer, challenges::live_code);
        let stop = tokio::sync::watch::Sender::new(false);
        let stopped = |mut stop: tokio::sync::watch::Receiver<bool>| async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let worker = tokio::spawn(worker.run(stopped(stop.subscribe())));
        let (portal, told) = (portal.clone(), stopped(stop.subscribe()));
        let pages = std::thread::spawn(move || {
            let served = salus::web::server::run(portal, None, listener, None, told);
            actix_web::rt::System::new().block_on(served).unwrap();
        });
        Self { stop, worker, pages }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        // What it holds by now it may finish; a gateway that hangs lets it wait for some seconds.
        let _ = tokio::time::timeout(Duration::from_secs(20), self.worker).await;
        let pages = self.pages;
        tokio::task::spawn_blocking(move || pages.join()).await.unwrap().unwrap();
    }
}
