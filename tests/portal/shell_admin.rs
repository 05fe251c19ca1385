//! What an operator does for people: the first admin's invitation, a lockout lifted.

use salus::audit::{self, Search};
use salus::auth::lockout;
use salus::crypto::blind_index;
use salus::crypto::random::Secret;
use salus::crypto::sealed::{Place, Sealed};
use salus::identity::{accounts, invitations};
use salus::types::actor::Role;
use salus::types::ids::RecoveryId;
use salus::types::network::Network;
use salus::types::phone::PhoneNumber;

use crate::shell::{Shell, account};

#[tokio::test]
async fn the_first_admin_is_invited_on_an_empty_database() {
    let shell = Shell::new().await;
    let answer = shell.run(&["admin", "invite", "--email", "ada@hill.example", "--name", "Ada Vale"]).ends_with(0);
    let token = answer.out.trim().strip_prefix("https://portal.hill.example/invitation?token=").unwrap();
    let portal = shell.portal().await;
    let invitation = invitations::find_by_token(&portal, &Secret::new(token)).await.unwrap().unwrap();
    assert_eq!((invitation.role, invitation.email.as_str()), (Role::Admin, "ada@hill.example"));
    let trail = audit::find(&portal, &Search { limit: 9, ..Search::default() }).await.unwrap();
    assert_eq!((trail[0].actor.as_str(), trail[0].deed.as_str()), ("shell", "invited"));
}

#[tokio::test]
async fn a_doctor_is_invited_with_a_specialty_and_nobody_twice() {
    let shell = Shell::new().await;
    let doctor = ["admin", "invite", "--role", "doctor", "--email", "oke@hill.example", "--name", "Oke Adu"];
    shell.run(&doctor).ends_with(2).says("--specialty");
    let answer = shell.run(&[&doctor[..], &["--specialty", "Cardiology"]].concat()).ends_with(0);
    let (_, token) = answer.out.trim().split_once("token=").unwrap();
    let portal = shell.portal().await;
    let invitation = invitations::find_by_token(&portal, &Secret::new(token)).await.unwrap().unwrap();
    assert_eq!((invitation.role, invitation.specialty.as_deref()), (Role::Doctor, Some("Cardiology")));

    account(&portal, Role::Admin, "robin@hill.example").await;
    let invite =
        |email: &str, role: &str| shell.run(&["admin", "invite", "--email", email, "--name", "X", "--role", role]);
    invite("robin@hill.example", "admin").ends_with(1).says("has an account already");
    invite("not an address", "admin").ends_with(2).says("--email");
    invite("new@hill.example", "patient").ends_with(2);
}

#[tokio::test]
async fn a_lockout_is_lifted_by_the_same_rule_as_on_the_page() {
    let shell = Shell::new().await;
    let portal = shell.portal().await;
    let robin = account(&portal, Role::Doctor, "robin@hill.example").await;
    let network = Network::of("192.0.2.7".parse().unwrap());
    let mut until = None;
    for _ in 0..portal.config.limits.lock_after {
        let mut tx = portal.db.begin().await.unwrap();
        until = lockout::count_wrong(&portal, &mut tx, &robin, None, "code", &network).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert!(until.is_some());
    assert_eq!(lockout::list(&portal).await.unwrap().len(), 1);

    let unlock = |email: &str, why: &str| shell.run(&["admin", "unlock", "--email", email, "--reason", why]);
    unlock("nobody@hill.example", "asked").ends_with(1).says("no account");
    unlock("robin@hill.example", " ").ends_with(2).says("--reason");
    assert_eq!(lockout::list(&portal).await.unwrap().len(), 1);
    unlock("Robin@Hill.example", "called the desk, birthday checked").ends_with(0).says("Unlocked");
    assert!(lockout::list(&portal).await.unwrap().is_empty());
    let search = Search { deed: Some("lockout_reset".into()), limit: 9, ..Search::default() };
    let trail = audit::find(&portal, &search).await.unwrap();
    assert_eq!(trail.len(), 1);
    assert_eq!(
        (trail[0].actor.as_str(), trail[0].why.as_deref()),
        ("shell", Some("called the desk, birthday checked"))
    );
}

#[tokio::test]
async fn changes_are_allowed_again_from_the_shell() {
    let shell = Shell::new().await;
    let portal = shell.portal().await;
    let robin = account(&portal, Role::Admin, "robin@hill.example").await;
    let unfreeze = |email: &str, why: &str| shell.run(&["admin", "unfreeze", "--email", email, "--reason", why]);
    unfreeze("robin@hill.example", "called back").ends_with(1).says("nothing is paused");
    let mut tx = portal.db.begin().await.unwrap();
    accounts::freeze_and_void(&portal, &mut tx, robin.id).await.unwrap();
    tx.commit().await.unwrap();
    unfreeze("nobody@hill.example", "called back").ends_with(1).says("no account");
    unfreeze("robin@hill.example", " ").ends_with(2).says("--reason");
    unfreeze("robin@hill.example", "called back").ends_with(0).says("Changes are possible again");
    let robin = accounts::find(&portal, robin.id).await.unwrap().unwrap();
    assert!(!accounts::is_frozen(&robin, portal.clock.now()));
    assert!(robin.password_void_at.is_some(), "the password still has to be chosen anew");
    let search = Search { deed: Some("account_unfrozen".into()), limit: 9, ..Search::default() };
    let trail = audit::find(&portal, &search).await.unwrap();
    assert_eq!((trail[0].actor.as_str(), trail[0].why.as_deref()), ("shell", Some("called back")));
}

#[tokio::test]
async fn a_lost_phone_is_approved_from_the_shell_once_staff_have_checked_the_person() {
    let shell = Shell::new().await;
    let portal = shell.portal().await;
    let robin = account(&portal, Role::Admin, "robin@hill.example").await;
    let ada = account(&portal, Role::Admin, "ada@hill.example").await;
    let approve = |email: &str, why: &str| shell.run(&["admin", "approve-recovery", "--email", email, "--reason", why]);
    approve("nobody@hill.example", "seen").ends_with(1).says("no account");
    approve("robin@hill.example", "seen").ends_with(1).says("no request of this account waits");

    let (id, new) = (RecoveryId::new(), PhoneNumber::from_e164("+12125550199").unwrap());
    let place = Place { table: "recoveries", column: "phone_sealed", row: id.to_string() };
    let now = portal.clock.now().as_millisecond();
    let mut tx = portal.db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO recoveries (id, account_id, phone_sealed, phone_index, cancel_digest, cancel_until, network, agent,
                                 asked_at, approvable_at, expires_at, phone_proved_at)
         VALUES ($1, $2, $3, $4, $4, $5, '192.0.2.7', '', $6, $6, $5, $6)",
    )
    .bind(id.to_string())
    .bind(robin.id.to_string())
    .bind(Sealed::seal(&new, &robin.key, &place).as_bytes())
    .bind(blind_index::index_phone(&portal.keys.index, &new).as_slice())
    .bind(now + 86_400_000)
    .bind(now - 1)
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    approve("robin@hill.example", "seen").ends_with(1).says("staff have not checked the person yet");

    let mut tx = portal.db.begin().await.unwrap();
    sqlx::query("UPDATE recoveries SET checked_at = asked_at, checked_by = $1, checklist = 'in_person'")
        .bind(ada.id.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    approve("robin@hill.example", " ").ends_with(2).says("--reason");
    approve("robin@hill.example", "one admin here").ends_with(0).says("Approved");
    let robin = accounts::find(&portal, robin.id).await.unwrap().unwrap();
    assert_eq!(robin.phone, new);
    let search = Search { deed: Some("recovery_approved".into()), limit: 9, ..Search::default() };
    let trail = audit::find(&portal, &search).await.unwrap();
    assert_eq!((trail[0].actor.as_str(), trail[0].why.as_deref()), ("shell", Some("one admin here")));
}
