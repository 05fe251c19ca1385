//! What stories stand on: a portal on a database of its own, with a clock moved by hand and the dev outbox.
#![allow(dead_code, reason = "each test target uses its own part")]

pub mod browser;
pub mod clinic;
pub mod people;
pub mod server;

use std::sync::atomic::{AtomicU32, Ordering};

use salus::clock::{Clock, Timestamp};
use salus::config::{Config, Lookup};
use salus::crypto::key_ring::KeyRing;
use salus::messaging::dispatches::{self, Lane, Leased, Through};
use salus::portal::Portal;

/// A fresh database: a file of its own on SQLite, or a database of its own on the server of `TEST_POSTGRES_URL`.
pub struct TestDatabase {
    pub url: String,
    pub folder: tempfile::TempDir,
}

impl TestDatabase {
    pub async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::tempdir().unwrap();
        let url = match std::env::var("TEST_POSTGRES_URL") {
            Err(_) => format!("sqlite:{}", folder.path().join("salus.db").display()),
            Ok(server) => {
                let name = format!("salus_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
                sqlx::any::install_default_drivers();
                let pool = sqlx::AnyPool::connect(&format!("{server}/postgres")).await.unwrap();
                let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
                sqlx::query(create).execute(&pool).await.unwrap();
                pool.close().await;
                format!("{server}/{name}")
            }
        };
        Self { url, folder }
    }
}

/// Takes what is due for this gateway, as a worker does that is then killed.
pub async fn lease(portal: &Portal, gateway: &'static str) -> Vec<Leased> {
    lease_by(portal, gateway, false).await
}

/// The same for calls.
pub async fn lease_by(portal: &Portal, gateway: &'static str, by_call: bool) -> Vec<Leased> {
    let mut leased = Vec::new();
    for lane in [Lane::Codes, Lane::Texts, Lane::Mail] {
        let due = dispatches::due(portal, lane, 100).await.unwrap();
        let taken = dispatches::lease(portal, due, |_| Some(Through { gateway, by_call })).await.unwrap();
        leased.extend(taken.leased);
    }
    leased
}

/// Tuesday 24 November 2026, 15:00 UTC: 10:00 in New York.
pub fn start_of_story() -> Timestamp {
    "2026-11-24T15:00:00Z".parse().unwrap()
}

/// Settings of a test portal, over which `more` is laid.
pub fn settings(database: &TestDatabase, more: &[(&str, &str)]) -> Config {
    let ring = KeyRing::new_line("test");
    let mut vars = vec![
        ("SALUS_DATABASE_URL".to_owned(), database.url.clone()),
        ("SALUS_DATA".to_owned(), database.folder.path().display().to_string()),
        ("SALUS_KEYS".to_owned(), ring.to_string()),
        ("SALUS_SMS_GATEWAYS".to_owned(), "outbox".to_owned()),
        ("SALUS_SMTP_URL".to_owned(), "outbox".to_owned()),
        ("SALUS_DATABASE_CONNECTIONS".to_owned(), "6".to_owned()),
        // A story that is about calls which come of themselves says so.
        ("SALUS_CODE_CALLS".to_owned(), "asked".to_owned()),
    ];
    vars.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Config::read(Lookup::from_map(vars)).unwrap()
}

/// A portal without a server, for rules.
pub async fn portal() -> (Portal, Clock, TestDatabase) {
    portal_with(&[]).await
}

/// The same with more settings.
pub async fn portal_with(more: &[(&str, &str)]) -> (Portal, Clock, TestDatabase) {
    let database = TestDatabase::new().await;
    let clock = Clock::by_hand(start_of_story());
    let portal = Portal::open(settings(&database, more), clock.clone(), true).await.unwrap();
    (portal, clock, database)
}
