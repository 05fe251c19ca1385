//! The audit trail: every change to it shows.

use salus::audit::chain::{Verdict, link_waiting, verify};
use salus::audit::{self, Deed, Event};
use salus::portal::Portal;
use salus::types::actor::Actor;

use crate::support;

async fn with_events(count: usize) -> (Portal, support::TestDatabase) {
    let (portal, _, database) = support::portal().await;
    for number in 0..count {
        let mut tx = portal.db.begin().await.unwrap();
        audit::record(&portal, &mut tx, Event::new(Actor::Shell, Deed::SignedIn).on(number)).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(link_waiting(&portal).await.unwrap(), count);
    (portal, database)
}

async fn break_with(portal: &Portal, sql: &'static str) -> Verdict {
    let mut tx = portal.db.begin().await.unwrap();
    sqlx::query(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    verify(portal, None).await.unwrap()
}

fn break_at(verdict: &Verdict) -> i64 {
    match verdict {
        Verdict::Broken { seq, .. } => *seq,
        Verdict::Whole { .. } => panic!("the break was not found"),
    }
}

#[tokio::test]
async fn an_untouched_trail_is_whole_and_keeps_growing() {
    let (portal, _database) = with_events(5).await;
    let Verdict::Whole { links: 5, waiting: 0, head } = verify(&portal, None).await.unwrap() else { panic!() };
    assert!(matches!(verify(&portal, Some((5, &head))).await.unwrap(), Verdict::Whole { .. }));
    let waiting = (0..40).map(|_| audit::record_read(&portal, vec![Event::new(Actor::System, Deed::LabsRead)]));
    let commits = portal.db.commits();
    for done in futures_util::future::join_all(waiting).await {
        done.unwrap();
    }
    assert!(portal.db.commits() - commits <= 4, "forty reads share a few commits");
    assert_eq!(link_waiting(&portal).await.unwrap(), 40);
    assert!(matches!(verify(&portal, Some((5, &head))).await.unwrap(), Verdict::Whole { links: 45, .. }));
}

#[tokio::test]
async fn a_changed_removed_added_or_reordered_event_is_named() {
    let third = "(SELECT event_id FROM audit_chain WHERE seq = 3)";
    let _ = third;
    let (portal, _database) = with_events(5).await;
    let verdict = break_with(
        &portal,
        "UPDATE audit_events SET why = 'x' WHERE id = (SELECT event_id FROM audit_chain WHERE seq = 3)",
    )
    .await;
    assert_eq!(break_at(&verdict), 3);

    let (portal, _database) = with_events(5).await;
    let verdict =
        break_with(&portal, "DELETE FROM audit_events WHERE id = (SELECT event_id FROM audit_chain WHERE seq = 1)")
            .await;
    assert_eq!(break_at(&verdict), 1);

    let (portal, _database) = with_events(5).await;
    let verdict = break_with(&portal, "DELETE FROM audit_chain WHERE seq = 5").await;
    assert_eq!(break_at(&verdict), 5);

    let (portal, _database) = with_events(5).await;
    let verdict = break_with(
        &portal,
        "INSERT INTO audit_events (id, at, actor, deed, mac) SELECT 'forged', at, actor, deed, mac FROM audit_events LIMIT 1",
    )
    .await;
    assert_eq!(break_at(&verdict), 0);
    link_waiting(&portal).await.unwrap();
    assert_eq!(break_at(&verify(&portal, None).await.unwrap()), 0, "the sealer does not take it in");

    let (portal, _database) = with_events(5).await;
    let verdict = break_with(
        &portal,
        "UPDATE audit_chain SET event_id = CASE seq WHEN 2 THEN (SELECT event_id FROM audit_chain WHERE seq = 3) || '-' ELSE event_id END",
    )
    .await;
    assert_eq!(break_at(&verdict), 2);
}

#[tokio::test]
async fn a_tail_cut_together_with_its_head_shows_against_a_kept_head() {
    let (portal, _database) = with_events(3).await;
    let Verdict::Whole { head: kept_early, .. } = verify(&portal, None).await.unwrap() else { panic!() };
    let mut tx = portal.db.begin().await.unwrap();
    sqlx::query("CREATE TABLE old_head AS SELECT * FROM audit_head").execute(&mut *tx).await.unwrap();
    audit::record(&portal, &mut tx, Event::new(Actor::Shell, Deed::LockoutReset)).await.unwrap();
    tx.commit().await.unwrap();
    link_waiting(&portal).await.unwrap();
    let Verdict::Whole { links: 4, head: kept, .. } = verify(&portal, None).await.unwrap() else { panic!() };

    let mut tx = portal.db.begin().await.unwrap();
    for sql in [
        "DELETE FROM audit_events WHERE id = (SELECT event_id FROM audit_chain WHERE seq = 4)",
        "DELETE FROM audit_chain WHERE seq = 4",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head SELECT * FROM old_head",
    ] {
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(matches!(verify(&portal, Some((3, &kept_early))).await.unwrap(), Verdict::Whole { .. }));
    assert_eq!(break_at(&verify(&portal, Some((4, &kept))).await.unwrap()), 3);
}
