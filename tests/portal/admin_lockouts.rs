//! Lockouts as an admin sees and lifts them.

use salus::audit::{self, Deed, Search};
use salus::auth::lockout;
use salus::identity::accounts;
use salus::types::ids::DeviceId;
use salus::types::network::Network;

use crate::support::server::{PASSWORD, Someone, TestPortal};

fn network() -> Network {
    Network::of("203.0.113.77".parse().unwrap())
}

/// Ten wrong answers in one browser: None is all the unknown ones.
async fn lock(portal: &TestPortal, who: &Someone, device: Option<DeviceId>) {
    let account = accounts::find(&portal.portal, who.account).await.unwrap().unwrap();
    for _ in 0..portal.portal.config.limits.lock_after {
        let mut tx = portal.portal.db.begin().await.unwrap();
        lockout::count_wrong(&portal.portal, &mut tx, &account, device, "code", &network()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn is_locked(portal: &TestPortal, who: &Someone) -> bool {
    !lockout::of(&portal.portal, who.account).await.unwrap().is_empty()
}

#[tokio::test]
async fn a_locked_person_is_let_in_again_in_four_presses_and_still_needs_both_factors() {
    let portal = TestPortal::start().await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    let mut stranger = portal.browser();
    stranger.open("/login").await;
    for _ in 0..10 {
        stranger.post("/login", &[("email", &mia.email), ("password", "a guess of a stranger")]).await;
    }
    for _ in 0..200 {
        if is_locked(&portal, &mia).await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }

    let mut admin = portal.signed_in(&ada).await;
    let page = admin.open("/admin").await;
    page.says("Locked now 1").says("Failed sign-ins 10").says("Patients 1");
    let page = admin.open("/admin/lockouts").await;
    page.says("1 account is locked now.").says("M. E.").says(&mia.account.to_string());
    page.says("Wrong passwords, 10 in a row").says("127.0.•.•");
    page.says_not(&mia.name).says_not(&mia.email).says_not("127.0.0.1");

    let review = page.links("/admin/lockouts/")[0].clone();
    let page = admin.open(&review).await;
    page.says("Locked for now").says("All unknown browsers").says("The password was wrong");
    let unlock = page.links(&format!("{review}/reset"))[0].clone();
    let page = admin.open(&unlock).await;
    page.says("This clears the wrong tries. The person still needs their password and a code.");
    let page = admin.post(&unlock, &[("reason", "  ")]).await;
    assert_eq!(page.status, 422);
    page.says("Enter a reason");
    assert!(is_locked(&portal, &mia).await);
    let page = admin.send(&unlock, &[("reason", "Called back, ticket 12")]).await;
    page.says("Unlocked at 10:00am. We told the person by email.").says("Not locked").says("Unlocked by an admin");

    portal.message(&mia.email, |item| item.text.contains("unlocked your account")).await;
    assert!(!is_locked(&portal, &mia).await);
    let page = stranger.post("/login", &[("email", &mia.email), ("password", "a guess of a stranger")]).await;
    assert_eq!(page.status, 422, "a wrong password still opens nothing");
    let page = stranger.post("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/challenge", "and the right one opens the challenge alone");

    let found = audit::find(
        &portal.portal,
        &Search { deed: Some(Deed::LockoutReset.as_str().into()), limit: 10, ..Search::default() },
    )
    .await
    .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].why.as_deref(), Some("Called back, ticket 12"));
    assert_eq!(found[0].actor, format!("account:{}", ada.account));
}

#[tokio::test]
async fn unlocking_asks_for_the_admins_own_fresh_code() {
    let portal = TestPortal::start().await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    lock(&portal, &mia, None).await;
    let mut admin = portal.signed_in(&ada).await;
    let unlock = format!("/admin/lockouts/{}/reset", mia.account);
    admin.open(&unlock).await;
    portal.minutes_later(11);

    let page = admin.post(&unlock, &[("reason", "ticket 12")]).await;
    assert!(page.location().starts_with("/step-up?next=%2Fadmin%2Flockouts%2F"), "{}", page.location());
    assert!(is_locked(&portal, &mia).await);
    let page = admin.open(&unlock).await;
    page.says("We need to know it is you");
    let page = admin.send("/step-up", &[]).await;
    assert_eq!(page.address, "/challenge");
    let code = portal.code(&ada.phone).await;
    let page = admin.send("/challenge", &[("code", &code)]).await;
    assert_eq!(page.address, unlock, "the code leads back to what was asked for");
    admin.send(&unlock, &[("reason", "ticket 12")]).await.says("We told the person by email.");
    assert!(!is_locked(&portal, &mia).await);
}

#[tokio::test]
async fn nobody_unlocks_themselves() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    let mut admin = portal.signed_in(&ada).await;
    lock(&portal, &ada, None).await;
    let review = format!("/admin/lockouts/{}", ada.account);
    let page = admin.open(&review).await;
    page.says("Nobody can unlock themselves.");
    assert!(page.links(&format!("{review}/reset")).is_empty());
    let page = admin.post(&format!("{review}/reset"), &[("reason", "it is me")]).await;
    assert_eq!(page.status, 422);
    page.says("Nobody can unlock themselves.");
    assert!(is_locked(&portal, &ada).await);
}

#[tokio::test]
async fn several_locked_browsers_are_one_person_and_one_reset_lifts_all() {
    let portal = TestPortal::start().await;
    let (mia, noor, ada) = (portal.patient("mia").await, portal.patient("noor").await, portal.admin("ada").await);
    let mut admin = portal.signed_in(&ada).await;
    admin.open("/admin/lockouts").await.says("No accounts are locked.");
    for device in [None, Some(DeviceId::new()), Some(DeviceId::new())] {
        lock(&portal, &mia, device).await;
    }
    lock(&portal, &noor, None).await;

    let page = admin.open("/admin/lockouts").await;
    page.says("2 accounts are locked now.").says("2 more browsers are locked.").says("203.0.•.•");
    let review = format!("/admin/lockouts/{}", mia.account);
    let page = admin.open(&review).await;
    page.says("All unknown browsers").says("One known browser").says("Wrong codes, 10 in a row");
    let reset = format!("{review}/reset");
    admin.open(&reset).await;
    admin.send(&reset, &[("reason", "ticket 12")]).await.says("Not locked");
    assert!(!is_locked(&portal, &mia).await);
    assert!(is_locked(&portal, &noor).await, "nobody else is unlocked");

    let page = admin.open(&format!("{review}?done=1")).await;
    page.says("Unlocked at 10:00am.");
    portal.minutes_later(60);
    portal.sign_in(&mut admin, &ada).await;
    admin.open(&format!("{review}?done=1")).await.says_not("Unlocked at");
    let page = admin.open(&format!("/admin/lockouts/{}", noor.account)).await;
    page.says("This account is not locked now.");
    let made_up = admin.get(&format!("/admin/lockouts/{}", DeviceId::new())).await;
    assert_eq!(made_up.status, 404);
}
