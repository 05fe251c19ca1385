//! The audit trail as an admin reads it.

use salus::audit::chain::link_waiting;
use salus::audit::{self, Deed, Event};
use salus::types::actor::{Actor, Role};
use salus::types::ids::AppointmentId;

use crate::support::server::{Someone, TestPortal};

fn actor(who: &Someone) -> Actor {
    Actor::Account { id: who.account, role: who.role }
}

#[tokio::test]
async fn the_trail_says_who_did_what_to_whom_and_is_searched_by_person_deed_and_day() {
    let portal = TestPortal::start().await;
    let (mia, okafor, ada) = (portal.patient("mia").await, portal.doctor("okafor").await, portal.admin("ada").await);
    let opened = Event::new(actor(&okafor), Deed::RecordOpened).of(mia.patient.unwrap()).because("emergency");
    let visit = AppointmentId::new();
    let cancelled = Event::new(actor(&okafor), Deed::AppointmentCancelled).on(visit);
    audit::record_read(&portal.portal, vec![opened, cancelled]).await.unwrap();
    let mut admin = portal.signed_in(&ada).await;

    let page = admin.open("/admin/audit").await;
    page.says("Opened the record").says("O. E. Doctor").says("emergency").says(&mia.patient.unwrap().to_string());
    page.says(&visit.to_string()).says("A. E. Admin Signed in");
    page.says_not(&okafor.name).says_not("127.0.0.1").says("127.0.•.•");

    let page = admin.post("/admin/audit", &[("actor", "nobody@people.example"), ("day", "yesterday")]).await;
    assert_eq!(page.status, 422);
    page.says("No account uses this email or id.").says("Enter a day like 2026-11-03");
    let page = admin.post("/admin/audit", &[("actor", &okafor.email), ("deed", "record_opened"), ("day", "")]).await;
    assert_eq!(page.status, 303);
    assert!(!page.location().contains("people"), "no email in an address: {}", page.location());
    let found = page.location().to_owned();
    let page = admin.open(&found).await;
    page.says("emergency").says_not(&visit.to_string());
    admin.open("/admin/audit?day=2026-11-24").await.says("emergency");
    admin.open("/admin/audit?day=2026-11-23").await.says("Nothing fits.");

    let page = admin.open("/admin/audit?deed=trail_read").await;
    page.says("Looked at the audit trail");
    assert_eq!(page.body.matches("data-label=\"Why\"").count(), 5, "every page read so far is in it");
}

#[tokio::test]
async fn a_long_trail_is_read_page_by_page_while_it_grows() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    let mut admin = portal.signed_in(&ada).await;
    for number in 0..60 {
        let event = Event::new(Actor::Account { id: ada.account, role: Role::Admin }, Deed::HoursChanged);
        audit::record_read(&portal.portal, vec![event.because(format!("number {number}."))]).await.unwrap();
    }
    let page = admin.open("/admin/audit?deed=hours_changed").await;
    page.says("number 59.").says("number 10.").says_not("number 9.");
    let event = Event::new(Actor::System, Deed::HoursChanged).because("meanwhile");
    audit::record_read(&portal.portal, vec![event]).await.unwrap();
    let older = page.links("/admin/audit?").into_iter().find(|href| href.contains("older=")).unwrap();
    let page = admin.open(&older).await;
    page.says("number 9.").says("number 0.").says_not("number 10.").says_not("meanwhile").says("Newest");
    assert!(!page.links("/admin/audit?").iter().any(|href| href.contains("older=")));
    for odd in ["older=x", "older=1_2", "actor=zz&deed=zz&day=zz", "older=9999999999999999999_x"] {
        assert_eq!(admin.get(&format!("/admin/audit?{odd}")).await.status, 200, "{odd}");
    }
}

#[tokio::test]
async fn the_whole_chain_is_checked_on_request_and_a_break_is_named() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    let mut admin = portal.signed_in(&ada).await;
    admin.open("/admin/audit").await.says("The chain is empty.");
    link_waiting(&portal.portal).await.unwrap();
    let page = admin.open("/admin/audit").await;
    page.says("The chain was last linked on 24 November 2026, 10:00am and holds 4 events.")
        .says("No event waits for its link.");
    admin.open("/admin/audit").await.says("1 event waits for its link.");
    let page = admin.post("/admin/audit/verify", &[]).await;
    assert_eq!(page.status, 200);
    page.says("The chain is whole:").says("Checked the whole chain");

    let mut tx = portal.portal.db.begin().await.unwrap();
    sqlx::query("UPDATE audit_events SET why = 'x' WHERE id = (SELECT event_id FROM audit_chain WHERE seq = 2)")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let page = admin.post("/admin/audit/verify", &[]).await;
    page.says("The chain is broken at event 2.").says("was changed");
}
