//! Backups: a round trip keeps everything; a file that is not right, or not newer, changes nothing.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use salus::audit::chain::{self, Verdict};
use salus::identity::accounts;
use salus::portal::Portal;
use salus::types::actor::Role;
use salus::types::email_address::EmailAddress;

use crate::shell::{Running, Shell, account, free_address};

async fn knows(portal: &Portal, email: &str) -> bool {
    accounts::find_by_email(portal, &EmailAddress::parse(email).unwrap()).await.unwrap().is_some()
}

/// A portal with one account and a backup of it.
async fn with_backup() -> Shell {
    let shell = Shell::embedded();
    let portal = shell.portal().await;
    account(&portal, Role::Admin, "robin@hill.example").await;
    portal.db.close().await;
    shell.run(&["backup", "first.bak"]).ends_with(0).says("Backed up");
    shell
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_lost_database_comes_back_whole() {
    let shell = with_backup().await;
    let file = shell.path("first.bak");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(15).any(|window| window == b"SQLite format 3"), "it is encrypted");
    std::fs::remove_file(shell.path("salus.db")).unwrap();
    assert_eq!(names(&shell.path("")), ["first.bak", "salus.db.lock", "secrets"], "no copy is left beside it");

    shell.run(&["restore", "first.bak"]).ends_with(0).says("Restored the backup of 20");
    assert_eq!(names(&shell.path("")), ["first.bak", "salus.db", "salus.db.lock", "secrets"]);
    assert_eq!(shell.path("salus.db").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let portal = shell.portal().await;
    assert!(knows(&portal, "robin@hill.example").await);
    chain::link_waiting(&portal).await.unwrap();
    let verdict = chain::verify(&portal, None).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { links: 2, waiting: 0, .. }), "made and restored: {verdict:?}");
}

#[tokio::test]
async fn a_backup_is_taken_while_the_portal_serves_and_a_restore_waits_until_it_stopped() {
    let mut shell = with_backup().await;
    let address = free_address();
    shell.set("SALUS_LISTEN", &address);
    let running = Running::start(shell.command(&["serve"]), &address);
    shell.run(&["backup", "second.bak"]).ends_with(0);
    let before = std::fs::metadata(shell.path("salus.db")).unwrap().modified().unwrap();
    shell.run(&["restore", "second.bak"]).ends_with(1).says("the database is in use");
    assert_eq!(std::fs::metadata(shell.path("salus.db")).unwrap().modified().unwrap(), before);
    running.stop("TERM").ends_with(0);
    let answer = shell.run(&["restore", "second.bak"]).ends_with(0).says("The database that was there lies at");
    let aside = names(&shell.path("")).into_iter().find(|name| name.starts_with("salus.db.before-")).unwrap();
    assert!(answer.out.contains(&aside));
    assert!(knows(&shell.portal().await, "robin@hill.example").await);
}

#[tokio::test]
async fn an_older_backup_never_replaces_a_newer_database() {
    let shell = with_backup().await;
    let portal = shell.portal().await;
    account(&portal, Role::Doctor, "later@hill.example").await;
    portal.db.close().await;
    shell.run(&["admin", "invite", "--email", "ada@hill.example", "--name", "Ada"]).ends_with(0);
    // The invitation's event is not linked yet: it counts all the same.
    shell.run(&["restore", "first.bak"]).ends_with(1).says("holds what this backup does not").says("not touched");
    let portal = shell.portal().await;
    chain::link_waiting(&portal).await.unwrap();
    portal.db.close().await;
    shell.run(&["restore", "first.bak"]).ends_with(1).says("(2 links of the audit trail there, 1 in the backup)");
    let portal = shell.portal().await;
    assert!(knows(&portal, "later@hill.example").await);
    portal.db.close().await;
    assert!(!names(&shell.path("")).iter().any(|name| name.contains("before")));

    // Another history of the same length is not older, and not taken either.
    let kept = shell.path("kept.db");
    std::fs::rename(shell.path("salus.db"), &kept).unwrap();
    shell.run(&["restore", "first.bak"]).ends_with(0);
    shell.run(&["admin", "invite", "--email", "eve@hill.example", "--name", "Eve"]).ends_with(0);
    shell.run(&["backup", "fork.bak"]).ends_with(0);
    std::fs::rename(&kept, shell.path("salus.db")).unwrap();
    shell.run(&["restore", "fork.bak"]).ends_with(1).says("holds what this backup does not");
    assert!(knows(&shell.portal().await, "later@hill.example").await);
}

#[tokio::test]
async fn a_damaged_cut_or_foreign_file_changes_nothing() {
    let mut shell = with_backup().await;
    let good = std::fs::read(shell.path("first.bak")).unwrap();
    let database = std::fs::read(shell.path("salus.db")).unwrap();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    let cases = [
        ("the middle changed", flipped(good.len() / 2), "damaged"),
        ("the header changed", flipped(60), "damaged"),
        ("the end changed", flipped(good.len() - 1), "damaged"),
        ("cut by one byte", good[..good.len() - 1].to_vec(), "damaged"),
        ("cut in the header", good[..40].to_vec(), "damaged"),
        ("something added", [good.as_slice(), b"more"].concat(), "damaged"),
        ("empty", Vec::new(), "not a backup"),
        ("a database", database.clone(), "not a backup"),
        (
            "of a later format",
            {
                let mut bytes = good.clone();
                bytes[9] = 2;
                bytes
            },
            "newer version",
        ),
    ];
    for (what, bytes, told) in cases {
        std::fs::write(shell.path("bad.bak"), bytes).unwrap();
        let answer = shell.run(&["restore", "bad.bak"]).ends_with(1);
        assert!(answer.err.contains(told), "{what}: {}", answer.err);
        assert!(std::fs::read(shell.path("salus.db")).unwrap() == database, "{what}: the database was touched");
    }
    shell.run(&["restore", "missing.bak"]).ends_with(1);
    shell.set("SALUS_KEYS_FILE", &shell.path("other").display().to_string());
    shell.run(&["keys", "add", "--id", "other"]).ends_with(0);
    shell.run(&["restore", "first.bak"]).ends_with(1).says("needs the key k1");
    assert!(std::fs::read(shell.path("salus.db")).unwrap() == database);
    assert_eq!(names(&shell.path("")), ["bad.bak", "first.bak", "other", "salus.db", "salus.db.lock", "secrets"]);
}

#[tokio::test]
async fn a_file_that_is_there_is_never_overwritten() {
    let shell = with_backup().await;
    let before = std::fs::read(shell.path("first.bak")).unwrap();
    shell.run(&["backup", "first.bak"]).ends_with(2).says("there already");
    assert!(std::fs::read(shell.path("first.bak")).unwrap() == before);
    std::fs::write(shell.path("salus.db.copy"), b"").unwrap();
    shell.run(&["backup", "salus.db.copy"]).ends_with(2);
    shell.run(&["backup", "no/such/folder.bak"]).ends_with(1);
}

#[tokio::test]
async fn a_database_that_cannot_be_read_is_not_replaced_unasked() {
    let shell = with_backup().await;
    std::fs::write(shell.path("salus.db"), b"this was a database once, and nobody knows what it held").unwrap();
    shell.run(&["restore", "first.bak"]).ends_with(1).says("cannot be read");
    std::fs::rename(shell.path("salus.db"), shell.path("broken.db")).unwrap();
    shell.run(&["restore", "first.bak"]).ends_with(0);
    assert!(knows(&shell.portal().await, "robin@hill.example").await);
}

#[tokio::test]
async fn a_postgres_database_has_tools_of_its_own() {
    let shell = Shell::new().await;
    if shell.database.url.starts_with("postgres") {
        shell.run(&["backup", "first.bak"]).ends_with(2).says("pg_dump");
        assert!(!shell.path("first.bak").exists());
    }
    let mut shell = Shell::embedded();
    shell.set("SALUS_DATABASE_URL", "postgres://127.0.0.1:9/none");
    shell.run(&["restore", "first.bak"]).ends_with(2).says("PostgreSQL");
}
