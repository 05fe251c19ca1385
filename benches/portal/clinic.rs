//! The measured server: a process of its own, so that the client's work is not counted as the server's.
//!
//! It is what `salus serve` runs (the app, the worker, the sealer, the log) on a made-up clinic and the dev outbox, and
//! beside it a line of commands for whoever measures:
//!
//! | command        | answers                                                                   |
//! |----------------|---------------------------------------------------------------------------|
//! | `cpu`          | nanoseconds of CPU that this process has used                              |
//! | `commits`      | transactions committed                                                     |
//! | `statements`   | statements run since it was asked last, where they are counted             |
//! | `verify N`     | nanoseconds of CPU of one password check, over N of them                   |
//! | `code PHONE`   | the digits of the newest text that was not asked for before                |
//! | `settle`       | when no message and no link of the audit trail is left to do               |
//! | `bare EMAIL`   | addresses of the yardstick: plain, and compressing                         |

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use salus::audit::chain;
use salus::auth::challenges;
use salus::clock::Clock;
use salus::config::{Config, Lookup};
use salus::crypto::key_ring::KeyRing;
use salus::crypto::passwords::Password;
use salus::identity::accounts;
use salus::messaging::email::Mailer;
use salus::messaging::gateways::Gateway;
use salus::messaging::gateways::outbox::Outbox;
use salus::messaging::worker::Worker;
use salus::portal::Portal;
use salus::types::email_address::EmailAddress;

use crate::{bare, people, statements};

/// How often the sealer looks, as in `salus serve`.
const SEAL: Duration = Duration::from_millis(500);

/// What lies between two password checks that are measured.
const PAUSE: Duration = Duration::from_millis(10);

/// What the commands reach.
struct Clinic {
    portal: Portal,
    outbox: Outbox,
    worker: Option<Worker>,
    told: Mutex<HashMap<String, u64>>,
    url: String,
    runtime: tokio::runtime::Handle,
}

fn cpu() -> u64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as u64 * 1_000_000_000 + used.tv_nsec as u64
}

fn settings(folder: &Path) -> Config {
    let vars = [
        ("SALUS_DATABASE_URL", format!("sqlite:{}", folder.join("salus.db").display())),
        ("SALUS_DATA", folder.display().to_string()),
        ("SALUS_KEYS", KeyRing::new_line("bench").to_string()),
        ("SALUS_SMS_GATEWAYS", "outbox".to_owned()),
        ("SALUS_SMTP_URL", "outbox".to_owned()),
        ("SALUS_TRUSTED_PROXIES", "127.0.0.1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    Config::read(Lookup::from_map(vars)).expect("right settings")
}

/// Runs until standard input ends, which it does when the measuring process is gone. `still` counts statements and
/// does nothing in the background: then `settle` sends what is due.
pub fn run(folder: &Path, count: u32, still: bool) {
    if still {
        statements::listen();
    } else {
        let filter = tracing_subscriber::EnvFilter::new("info,sqlx=warn,hyper=warn");
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        log.json().flatten_event(true).init();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let portal = runtime.block_on(async {
        let portal = Portal::open(settings(folder), Clock::system(), true).await.expect("a portal");
        people::fill(&portal, count).await;
        portal
    });
    let outbox = Outbox::new(portal.clock.clone());
    let gateways = Gateway::of_settings(&portal.config, Some(&outbox)).expect("the outbox");
    let mailer = Mailer::of_settings(&portal.config, Some(&outbox)).expect("the outbox");
    let mut worker = Some(Worker::new(portal.clone(), gateways, mailer, challenges::live_code));
    if !still && let Some(worker) = worker.take() {
        runtime.spawn(worker.run(std::future::pending()));
        runtime.spawn(seal(portal.clone()));
    }
    let clinic = Arc::new(Clinic {
        url: portal.config.database_url.clone(),
        portal: portal.clone(),
        outbox: outbox.clone(),
        worker,
        told: Mutex::default(),
        runtime: runtime.handle().clone(),
    });
    let (pages, commands) = (listener(), listener());
    println!("{} {}", address(&pages), address(&commands));
    std::thread::spawn(move || {
        for stream in commands.incoming().flatten() {
            let clinic = clinic.clone();
            std::thread::spawn(move || serve_commands(&clinic, &stream));
        }
    });
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let served = salus::web::server::run(portal, Some(outbox), pages, None, std::future::pending());
    runtime.block_on(served).expect("a server");
}

async fn seal(portal: Portal) {
    loop {
        let linked = chain::link_waiting(&portal).await.expect("a whole chain");
        tokio::time::sleep(if linked as i64 >= chain::BATCH { Duration::ZERO } else { SEAL }).await;
    }
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a free address")
}

fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("an address")
}

fn serve_commands(clinic: &Clinic, stream: &TcpStream) {
    let mut answers = stream.try_clone().expect("a second handle");
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match command {
            "cpu" => cpu().to_string(),
            "commits" => clinic.portal.db.commits().to_string(),
            "statements" => statements::taken().len().to_string(),
            "verify" => clinic.runtime.block_on(clinic.verify(argument.parse().expect("a number"))).to_string(),
            "code" => clinic.runtime.block_on(clinic.code(argument)),
            "settle" => clinic.runtime.block_on(clinic.settle()).to_string(),
            "bare" => clinic.runtime.block_on(clinic.bare(argument)),
            other => panic!("no such command: {other}"),
        };
        if writeln!(answers, "{answer}").is_err() {
            return;
        }
    }
}

impl Clinic {
    async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.portal.db.read().await.expect("a connection");
        sqlx::query_scalar(sql).fetch_one(&mut *connection).await.expect("a number")
    }

    async fn verify(&self, times: u64) -> u64 {
        let hash = self.portal.hasher.hash(Password::typed(people::PASSWORD)).await.expect("a free pool");
        let before = cpu();
        for _ in 0..times {
            // As in a sign-in, the thread's memory was not in use just now.
            tokio::time::sleep(PAUSE).await;
            let verdict = self.portal.hasher.verify(Password::typed(people::PASSWORD), Some(&hash)).await;
            assert!(verdict.expect("a free pool").right);
        }
        (cpu() - before) / times.max(1)
    }

    async fn code(&self, phone: &str) -> String {
        let mut newest = self.outbox.watch();
        let after = self.told.lock().expect("nobody panics with it").get(phone).copied().unwrap_or(0);
        loop {
            newest.mark_unchanged();
            let texts = self.outbox.after(after, Some(phone));
            if let Some(item) = texts.iter().rfind(|item| item.kind == "sms" && item.text.contains('#')) {
                self.told.lock().expect("nobody panics with it").insert(phone.to_owned(), item.id);
                return item.text.rsplit('#').next().unwrap_or_default().trim().to_owned();
            }
            newest.changed().await.expect("an outbox");
        }
    }

    async fn settle(&self) -> u64 {
        if let Some(worker) = &self.worker {
            while worker.turn().await.expect("a database") > 0 {}
            return 0;
        }
        while self.number("SELECT COUNT(*) FROM dispatches WHERE ended_at IS NULL").await > 0
            || self.number("SELECT COUNT(*) FROM audit_events WHERE linked_at IS NULL").await > 0
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        0
    }

    async fn bare(&self, email: &str) -> String {
        let email = EmailAddress::parse(email).expect("an address");
        let account = accounts::find_by_email(&self.portal, &email).await.expect("a database").expect("an account");
        let patient = account.patient.expect("a patient").to_string();
        let newest = "SELECT token_digest FROM sessions
             WHERE account_id = $1 AND kind = 'full' AND ended_at IS NULL
             ORDER BY started_at DESC
             LIMIT 1";
        let mut connection = self.portal.db.read().await.expect("a connection");
        let digest: Vec<u8> = sqlx::query_scalar(newest)
            .bind(account.id.to_string())
            .fetch_one(&mut *connection)
            .await
            .expect("a session");
        let digest: [u8; 32] = digest.try_into().expect("a digest");
        let mut addresses = Vec::new();
        for compress in [false, true] {
            let listener = listener();
            addresses.push(address(&listener).to_string());
            self.runtime.spawn(bare::serve(self.url.clone(), digest, patient.clone(), listener, compress));
        }
        addresses.join(" ")
    }
}
