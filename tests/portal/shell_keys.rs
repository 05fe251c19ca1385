//! The key ring on the shell: a key is added, takes over, and the old one can go.

use std::os::unix::fs::PermissionsExt;

use salus::audit::{self, Search};
use salus::identity::accounts;
use salus::types::actor::Role;

use crate::shell::{Shell, account};

#[tokio::test]
async fn a_new_key_takes_over_and_the_old_one_can_be_removed() {
    let shell = Shell::new().await;
    let file = shell.path("secrets/keys");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(file.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let portal = shell.portal().await;
    let id = account(&portal, Role::Admin, "robin@hill.example").await.id;
    portal.db.close().await;
    let answer = shell.run(&["keys", "status"]).ends_with(0);
    assert_eq!(answer.out, "k1: wraps 1 data keys, wraps the root secret, active\n");

    shell.run(&["keys", "add"]).ends_with(0).says("Key k2 was added");
    let ring = std::fs::read_to_string(&file).unwrap();
    assert_eq!(ring.lines().count(), 2);
    let answer = shell.run(&["keys", "status"]).ends_with(0);
    assert_eq!(answer.out, "k1: wraps 1 data keys, wraps the root secret\nk2: wraps 0 data keys, active\n");

    let answer = shell.run(&["keys", "rotate"]).ends_with(0);
    let answer = answer.says("1 data keys were wrapped anew with k2").says("may be removed from the ring: k1\n");
    for line in ring.lines() {
        assert!(!answer.out.contains(line.split_once(':').unwrap().1), "a key is never shown");
    }
    shell.run(&["keys", "rotate"]).ends_with(0).says("0 data keys were wrapped anew");

    std::fs::write(&file, ring.lines().nth(1).unwrap()).unwrap();
    let answer = shell.run(&["keys", "status"]).ends_with(0);
    assert_eq!(answer.out, "k2: wraps 1 data keys, wraps the root secret, active\n");
    let portal = shell.portal().await;
    let found = accounts::find(&portal, id).await.unwrap().unwrap();
    assert_eq!(found.email.as_str(), "robin@hill.example");
    let search = Search { deed: Some("keys_rotated".into()), limit: 9, ..Search::default() };
    assert_eq!(audit::find(&portal, &search).await.unwrap().len(), 2);
    portal.db.close().await;
    // The file did not end in a line break, and the removed key's id is not given again.
    shell.run(&["keys", "add"]).ends_with(0).says("Key k3");
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);
}

#[tokio::test]
async fn a_key_that_is_still_in_use_is_missed_before_anything_is_changed() {
    let shell = Shell::new().await;
    let file = shell.path("secrets/keys");
    let portal = shell.portal().await;
    let id = account(&portal, Role::Admin, "robin@hill.example").await.id;
    portal.db.close().await;
    let old = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    shell.run(&["keys", "add", "--id", "new"]).ends_with(0);
    shell.run(&["keys", "rotate"]).ends_with(1).says("no key k1, which the database still uses");
    std::fs::write(&file, old).unwrap();
    let portal = shell.portal().await;
    assert!(accounts::find(&portal, id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_key_is_printed_where_no_file_is_named_and_bad_ids_are_refused() {
    let mut shell = Shell::embedded();
    for id in ["k1", "with space", "", &"x".repeat(33), "a,b"] {
        let before = std::fs::read_to_string(shell.path("secrets/keys")).unwrap();
        shell.run(&["keys", "add", "--id", id]).ends_with(2);
        assert_eq!(std::fs::read_to_string(shell.path("secrets/keys")).unwrap(), before);
    }
    shell.vars.remove("SALUS_KEYS_FILE");
    let first = shell.run(&["keys", "add"]).ends_with(0).out;
    assert!(first.starts_with("k1:") && first.trim().len() == 47, "{first}");
    shell.set("SALUS_KEYS", first.trim());
    let second = shell.run(&["keys", "add"]).ends_with(0).out;
    assert!(second.starts_with("k2:"));
    shell.set("SALUS_KEYS", &format!("{},{}", first.trim(), second.trim()));
    shell.run(&["keys", "status"]).ends_with(0).says("k2: wraps 0 data keys, wraps the root secret, active");
}
