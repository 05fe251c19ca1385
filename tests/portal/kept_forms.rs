//! A form posted after the session ran out is not lost.

use salus::auth::kept_forms::{self, BODY_LARGEST, KeepRefusal, Wanted};
use salus::auth::sessions;
use salus::clock::SignedDuration;
use salus::error::Failure;
use salus::identity::accounts;
use salus::types::actor::Role;

use crate::support::people::{browser, network, open, sign_in};
use crate::support::portal;

const BODY: &str = "reason=Sore+throat+since+Monday&slot=42";

#[tokio::test]
async fn a_form_comes_back_once_to_the_same_person_in_the_same_browser() {
    let (portal, clock, _database) = portal().await;
    let maria = open(&portal, Role::Patient, "Maria Rivera", 142).await;
    let james = open(&portal, Role::Patient, "James Okonkwo", 178).await;
    let (hers, his) = (browser(1), browser(2));
    let id = kept_forms::keep(&portal, maria.account, &hers, "/appointments/new", BODY).await.unwrap();

    assert!(kept_forms::take(&portal, &james, &hers, Wanted::Id(id)).await.unwrap().is_none(), "another person");
    assert!(kept_forms::take(&portal, &maria, &his, Wanted::Id(id)).await.unwrap().is_none(), "another browser");
    let path = Wanted::Path("/appointments/new");
    assert!(kept_forms::take(&portal, &james, &his, path).await.unwrap().is_none());
    let kept = kept_forms::take(&portal, &maria, &hers, Wanted::Id(id)).await.unwrap().unwrap();
    assert_eq!((kept.path.as_str(), kept.body.as_str()), ("/appointments/new", BODY));
    assert!(kept_forms::take(&portal, &maria, &hers, Wanted::Id(id)).await.unwrap().is_none(), "once");

    kept_forms::keep(&portal, maria.account, &hers, "/appointments/new", "reason=old").await.unwrap();
    kept_forms::keep(&portal, maria.account, &hers, "/appointments/new", BODY).await.unwrap();
    clock.advance(kept_forms::KEPT_FOR);
    let kept = kept_forms::take(&portal, &maria, &hers, path).await.unwrap().unwrap();
    assert_eq!(kept.body, BODY, "the later of two");
    assert!(kept_forms::take(&portal, &maria, &hers, path).await.unwrap().is_none(), "the earlier is gone");

    kept_forms::keep(&portal, maria.account, &hers, "/appointments/new", BODY).await.unwrap();
    clock.advance(kept_forms::KEPT_FOR + SignedDuration::from_millis(1));
    assert!(kept_forms::take(&portal, &maria, &hers, path).await.unwrap().is_none(), "too old");
}

#[tokio::test]
async fn few_forms_are_kept_and_none_is_readable_or_large() {
    let (portal, clock, _database) = portal().await;
    let maria = open(&portal, Role::Patient, "Maria Rivera", 142).await;
    let hers = browser(1);
    let too_large = "x".repeat(BODY_LARGEST + 1);
    let refused = kept_forms::keep(&portal, maria.account, &hers, "/messages", &too_large).await;
    assert!(matches!(refused, Err(Failure::Refused(KeepRefusal::TooLarge))));
    let nobody = kept_forms::keep(&portal, salus::types::ids::AccountId::new(), &hers, "/messages", BODY).await;
    assert!(matches!(nobody, Err(Failure::Refused(KeepRefusal::NoAccount))));

    for number in 0..8 {
        clock.advance(SignedDuration::from_secs(1));
        kept_forms::keep(&portal, maria.account, &hers, &format!("/messages/{number}"), &too_large[1..]).await.unwrap();
    }
    for number in 0..8 {
        let path = format!("/messages/{number}");
        let kept = kept_forms::take(&portal, &maria, &hers, Wanted::Path(&path)).await.unwrap();
        assert_eq!(kept.is_some(), number >= 3, "the newest five stay: {number}");
    }

    kept_forms::keep(&portal, maria.account, &hers, "/messages", BODY).await.unwrap();
    let mut connection = portal.db.read().await.unwrap();
    let sealed: Vec<u8> =
        sqlx::query_scalar("SELECT body_sealed FROM kept_forms").fetch_one(&mut *connection).await.unwrap();
    assert!(!sealed.windows(4).any(|part| part == b"Sore"));
}

#[tokio::test]
async fn a_session_that_ran_out_tells_whose_it_was_for_a_quarter_of_an_hour() {
    let (portal, clock, _database) = portal().await;
    let maria = open(&portal, Role::Patient, "Maria Rivera", 142).await;
    let idle = portal.config.limits.session_idle;
    let token = sign_in(&portal, &maria, &browser(1)).await;
    assert_eq!(sessions::lately(&portal, &token).await.unwrap(), None, "it still runs");
    clock.advance(idle - SignedDuration::from_millis(1));
    assert_eq!(sessions::lately(&portal, &token).await.unwrap(), None);
    assert!(sessions::find(&portal, &token).await.unwrap().is_some());
    clock.advance(SignedDuration::from_millis(1));
    assert!(sessions::find(&portal, &token).await.unwrap().is_none());
    assert_eq!(sessions::lately(&portal, &token).await.unwrap(), Some(maria.account));
    clock.advance(SignedDuration::from_mins(15));
    assert_eq!(sessions::lately(&portal, &token).await.unwrap(), Some(maria.account));
    clock.advance(SignedDuration::from_millis(1));
    assert_eq!(sessions::lately(&portal, &token).await.unwrap(), None, "too long ago");
    assert_eq!(sessions::lately(&portal, &salus::crypto::random::Secret::token()).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_that_was_ended_tells_nothing() {
    let (portal, clock, _database) = portal().await;
    let maria = open(&portal, Role::Patient, "Maria Rivera", 142).await;
    let signed_out = sign_in(&portal, &maria, &browser(1)).await;
    let session = sessions::find(&portal, &signed_out).await.unwrap().unwrap();
    sessions::sign_out(&portal, &session, &network()).await.unwrap();
    let outdated = sign_in(&portal, &maria, &browser(1)).await;
    let mut tx = portal.db.begin().await.unwrap();
    accounts::set_password(&portal, &mut tx, maria.account, "$argon2id$other").await.unwrap();
    tx.commit().await.unwrap();
    clock.advance(portal.config.limits.session_idle);
    assert_eq!(sessions::lately(&portal, &signed_out).await.unwrap(), None);
    assert_eq!(sessions::lately(&portal, &outdated).await.unwrap(), None);
}
