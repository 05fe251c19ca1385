//! `salus serve` and `salus demo` as processes: they answer, work in the background, and stop when told.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use salus::audit::chain::{self, Verdict};
use salus::care::appointments::{self, Entry, Kind, Mode, Status};
use salus::care::slots::Span;
use salus::clock::{Clock, SignedDuration};
use salus::config::{Config, Lookup};
use salus::crypto::passwords::Password;
use salus::identity::accounts;
use salus::portal::Portal;
use salus::types::actor::{Actor, Role};
use salus::types::email_address::EmailAddress;

use crate::shell::{MailServer, Running, Shell, free_address};
use crate::support::clinic;

#[tokio::test]
async fn a_server_sends_what_waits_links_the_trail_and_stops_when_told() {
    let (mail, address) = (MailServer::start(), free_address());
    let mut shell = Shell::new().await;
    shell.set("SALUS_SMTP_URL", &mail.url);
    shell.set("SALUS_LISTEN", &address);
    let link = shell.run(&["admin", "invite", "--email", "ada@hill.example", "--name", "Ada Vale"]).ends_with(0).out;
    let portal = shell.portal().await;
    let whole = |verdict| matches!(verdict, Verdict::Whole { links: 1, waiting: 0, .. });
    assert!(!whole(chain::verify(&portal, None).await.unwrap()));

    let running = Running::start(shell.command(&["serve"]), &address);
    let begun = Instant::now();
    while mail.heard.lock().unwrap().is_empty() || !whole(chain::verify(&portal, None).await.unwrap()) {
        assert!(begun.elapsed() < Duration::from_secs(10), "the mail waits, or the event");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let heard = mail.heard.lock().unwrap().replace("=\n", "").replace("=3D", "=");
    assert!(heard.contains(link.trim()), "{heard}");

    let answer = running.stop("TERM").ends_with(0);
    assert!(!answer.err.contains("ada@hill.example") && !answer.err.contains("token="));
    for line in answer.err.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a log line is one JSON object");
        assert!(line["level"].is_string() && line["timestamp"].is_string() && line["message"].is_string());
    }
    Running::start(shell.command(&["serve"]), &address).stop("INT").ends_with(0).says("stopped");
}

#[tokio::test]
async fn a_server_looks_for_reminders_that_are_due() {
    let address = free_address();
    let mut shell = Shell::new().await;
    shell.set("SALUS_LISTEN", &address);
    shell.run(&["migrate"]).ends_with(0);
    let portal = shell.portal().await;
    let (okafor, mia) = (clinic::doctor(&portal, "okafor").await, clinic::patient(&portal, "mia").await);
    let now = portal.clock.now();
    let span = Span { starts_at: now + SignedDuration::from_hours(3), ends_at: now + SignedDuration::from_hours(4) };
    let entry = Entry {
        doctor: okafor.account,
        patient: mia.patient.unwrap(),
        span,
        mode: Mode::Phone,
        kind: Kind::FollowUp,
        reason: "A sore throat".into(),
        status: Status::Booked,
        booked_at: now,
    };
    let appointment = appointments::enter(&portal, Actor::Shell, &entry).await.unwrap();
    // Due now whatever the time of day at which this runs.
    let mut tx = portal.db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO reminders (appointment_id, kind, starts_at, due_at)
         VALUES ($1, '1h', $2, $3)
         ON CONFLICT (appointment_id, kind) DO UPDATE SET due_at = excluded.due_at",
    )
    .bind(appointment.id.to_string())
    .bind(span.starts_at.as_millisecond())
    .bind(now.as_millisecond())
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();

    let running = Running::start(shell.command(&["serve"]), &address);
    let begun = Instant::now();
    let queued = "SELECT COUNT(*) FROM dispatches WHERE template = 'reminder'";
    while clinic::counted(&portal, queued).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody looked");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    running.stop("TERM").ends_with(0);
}

#[tokio::test]
async fn an_address_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut shell = Shell::embedded();
    shell.set("SALUS_LISTEN", &taken.local_addr().unwrap().to_string());
    shell.run(&["serve"]).ends_with(1).says("SALUS_LISTEN");
}

async fn demo_portal(folder: &std::path::Path) -> Portal {
    let vars = [
        ("SALUS_DATABASE_URL", format!("sqlite:{}", folder.join("salus.db").display())),
        ("SALUS_KEYS_FILE", folder.join("keys").display().to_string()),
    ];
    Portal::open(Config::read(Lookup::from_map(vars)).unwrap(), Clock::system(), false).await.unwrap()
}

#[tokio::test]
async fn a_demo_makes_its_people_once_and_keeps_them_in_its_folder() {
    let (shell, address) = (Shell::embedded(), free_address());
    let folder = shell.path("clinic");
    let args = ["demo", "--data", "clinic", "--listen", address.as_str()];
    let answer = Running::start(shell.command(&args), &address).stop("INT").ends_with(0);
    let port = address.rsplit(':').next().unwrap();
    for told in [
        &format!("http://localhost:{port}\n"),
        &format!("http://localhost:{port}/dev/outbox"),
        "demo-portal-2026!",
        "maria@demo.salus.test",
        "james@demo.salus.test",
        "dr.chen@demo.salus.test",
        "dr.okafor@demo.salus.test",
        "admin@demo.salus.test",
    ] {
        assert!(answer.out.contains(told), "{told} is missing in {}", answer.out);
    }
    for (name, mode) in [("", 0o700), ("keys", 0o600), ("salus.db", 0o600)] {
        assert_eq!(folder.join(name).metadata().unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
    Running::start(shell.command(&args), &address).stop("INT").ends_with(0);

    let portal = demo_portal(&folder).await;
    for (role, count) in [(Role::Patient, 2), (Role::Doctor, 2), (Role::Admin, 1)] {
        assert_eq!(accounts::count(&portal, Some(role)).await.unwrap(), count);
    }
    let email = EmailAddress::parse("maria@demo.salus.test").unwrap();
    let maria = accounts::find_by_email(&portal, &email).await.unwrap().unwrap();
    assert!(maria.patient.is_some());
    assert_eq!(maria.phone.e164(), "+12125550142");
    let verdict = portal.hasher.verify(Password::typed("demo-portal-2026!"), Some(&maria.password_hash)).await.unwrap();
    assert!(verdict.right);
}

#[tokio::test]
async fn a_demo_without_a_folder_leaves_nothing_behind_and_stays_on_this_machine() {
    let (mut shell, address) = (Shell::embedded(), free_address());
    shell.run(&["demo", "--listen", "0.0.0.0:0"]).ends_with(2).says("127.0.0.1");
    std::fs::create_dir(shell.path("tmp")).unwrap();
    shell.set("TMPDIR", &shell.path("tmp").display().to_string());
    let running = Running::start(shell.command(&["demo", "--listen", &address]), &address);
    running.stop("TERM").ends_with(0).says("removed at the end");
    assert_eq!(std::fs::read_dir(shell.path("tmp")).unwrap().count(), 0);
}
