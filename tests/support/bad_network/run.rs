//! One run: a portal of its own, one gateway or two in their weather, a crowd, and the tally at the end.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
use super::tally::{Tally, number};
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
    /// When it ends.
    pub until: Until,
    /// How long is waited for that end after the last has asked, at most.
    pub after: Duration,
    pub servers: Servers,
    pub seed: u64,
}

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When its time is over.
    TimeIsOver,
    /// When everybody has their code; a second copy of one may then come unseen.
    AllInHand,
    /// When the portal will send nothing more, and all that travels has arrived.
    NothingIsOpen,
}

/// Who serves, and who dies.
#[derive(Clone, Copy, Debug)]
pub enum Servers {
    /// The library, in this process.
    Inside,
    /// A process, killed each time that a gateway has taken so many texts, before it answers the last of them.
    KilledWhileSending(usize),
    /// Two processes on one database, killed in turns, one each time that so long has passed since the first text
    /// arrived, at most so often.
    KilledInTurns { each: Duration, times: usize },
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
        // Texts alone are measured, and nobody here enters a code.
        ("SALUS_CODE_CALLS", "off".to_owned()),
        ("SALUS_CONVERSION_FLOOR", "0".to_owned()),
        ("SALUS_TEXTS_NETWORK_HOUR", "100000".to_owned()),
        ("SALUS_TEXTS_RANGE_HOUR", "100000".to_owned()),
        ("SALUS_TEXTS_NETWORK_DAY", "1000000".to_owned()),
        ("SALUS_TEXTS_RANGE_DAY", "1000000".to_owned()),
        ("SALUS_TEXTS_HOUR", "1000000".to_owned()),
        ("SALUS_TEXTS_DAY", "1000000".to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// The settings of gateways, asked in this order.
pub fn gateway_settings(gateways: &[(Provider, Gateway)]) -> Vec<(String, String)> {
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
    let (listener, addresses) = match plan.servers {
        Servers::Inside => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            (Some(listener), vec![address])
        }
        Servers::KilledWhileSending(_) => (None, vec![free_address()]),
        Servers::KilledInTurns { .. } => (None, vec![free_address(), free_address()]),
    };
    let network = Network::new(plan.seed, addresses.clone());
    let first = Gateway::start(Provider::Twilio, plan.first, &network).await;
    let mut gateways = vec![(Provider::Twilio, first)];
    if let Some(weather) = plan.second {
        gateways.push((Provider::Plivo, Gateway::start(Provider::Plivo, weather, &network).await));
    }
    let mut vars = settings(database, folder);
    vars.extend(gateway_settings(&gateways));
    let portal = open(&vars).await;
    let people = crowd::gather(&portal, plan.codes).await;
    let running = match (plan.servers, listener) {
        (Servers::Inside, Some(listener)) => Running::Inside(Inside::start(&portal, listener)),
        _ => Running::Outside(Outside::start(&plan, &network, &addresses, &vars, folder)),
    };
    crowd::ask_all(&portal, &people, plan.over, &network.phones).await;
    wait(&plan, &portal, &network).await;
    let kills = running.stop().await;
    for (provider, gateway) in gateways {
        assert_eq!(gateway.odd(), Vec::<String>::new(), "{} would not take this", provider.name());
    }
    // The pages' runtime is over, and with it the connections that were opened in it: another pool counts.
    portal.db.close().await;
    let portal = open(&vars).await;
    let tally = Tally { kills, ..Tally::count(&portal, &network).await };
    portal.db.close().await;
    tally
}

async fn wait(plan: &Plan, portal: &Portal, network: &Network) {
    let asked = tokio::time::Instant::now();
    let travels =
        plan.second.into_iter().chain([plan.first]).map(|weather| weather.travel.1.max(weather.slow.1.1)).max();
    while asked.elapsed() < plan.after {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let is_over = match plan.until {
            Until::TimeIsOver => false,
            Until::AllInHand => network.phones.reached() == plan.codes,
            Until::NothingIsOpen => number(portal, "SELECT COUNT(*) FROM dispatches WHERE ended_at IS NULL").await == 0,
        };
        if is_over {
            tokio::time::sleep(Duration::from_millis(travels.unwrap_or(0) + 500)).await;
            return;
        }
    }
}

enum Running {
    Inside(Inside),
    Outside(Outside),
}

impl Running {
    /// Ends it; answers how often it was killed before.
    async fn stop(self) -> usize {
        match self {
            Self::Inside(inside) => {
                inside.stop().await;
                0
            }
            Self::Outside(outside) => {
                outside.killer.abort();
                outside.kills.load(Ordering::Relaxed)
            }
        }
    }
}

/// Processes that are killed and started again.
struct Outside {
    kills: Arc<AtomicUsize>,
    killer: tokio::task::JoinHandle<()>,
    _processes: Arc<Vec<Process>>,
}

impl Outside {
    fn start(
        plan: &Plan,
        network: &Network,
        addresses: &[SocketAddr],
        vars: &[(String, String)],
        folder: &Path,
    ) -> Self {
        let log = |n: usize| folder.join(format!("serve-{n}.log"));
        let start = |(n, address): (usize, &SocketAddr)| Process::start(*address, vars, &log(n));
        let processes: Arc<Vec<Process>> = Arc::new(addresses.iter().enumerate().map(start).collect());
        processes.iter().for_each(Process::wait);
        let kills = Arc::new(AtomicUsize::new(0));
        let kill = {
            let (processes, kills) = (Arc::downgrade(&processes), kills.clone());
            move |turn: usize| {
                if let Some(processes) = processes.upgrade() {
                    processes[turn % processes.len()].kill_and_start();
                    kills.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        let mut killer = tokio::spawn(std::future::pending());
        match plan.servers {
            Servers::Inside => {}
            Servers::KilledWhileSending(each) => network.when_taken(Arc::new(move |taken| {
                if taken % each == 0 {
                    kill(0);
                }
            })),
            Servers::KilledInTurns { each, times } => {
                let phones = network.phones.clone();
                killer = tokio::spawn(async move {
                    // A process that has not begun to send dies in vain.
                    while phones.reached() == 0 {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    for turn in 0..times {
                        tokio::time::sleep(each).await;
                        kill(turn);
                    }
                });
            }
        }
        Self { kills, killer, _processes: processes }
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
