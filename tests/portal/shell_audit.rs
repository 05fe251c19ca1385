//! `salus audit verify`: whole is 0, broken is 1 and names the first break.

use salus::audit::{self, Deed, Event, chain};
use salus::types::actor::Actor;

use crate::shell::Shell;

#[tokio::test]
async fn a_whole_trail_answers_its_head_and_a_broken_one_its_first_break() {
    let shell = Shell::new().await;
    shell.run(&["audit", "verify"]).ends_with(0).says("whole: 0 links");
    let portal = shell.portal().await;
    for number in 0..4 {
        let mut tx = portal.db.begin().await.unwrap();
        audit::record(&portal, &mut tx, Event::new(Actor::Shell, Deed::SignedIn).on(number)).await.unwrap();
        tx.commit().await.unwrap();
    }
    chain::link_waiting(&portal).await.unwrap();
    let answer = shell.run(&["audit", "verify"]).ends_with(0).says("whole: 4 links hold, 0 events wait");
    let head = answer.out.lines().find_map(|line| line.strip_prefix("head: ")).unwrap().to_owned();
    shell.run(&["audit", "verify", "--anchor", &head]).ends_with(0);
    let other = head.replace("4:", "3:");
    shell.run(&["audit", "verify", "--anchor", &other]).ends_with(1).says("not the one that was kept");
    for wrong in ["4", "x:y", "0:00", "4:abc"] {
        shell.run(&["audit", "verify", "--anchor", wrong]).ends_with(2);
    }

    let mut tx = portal.db.begin().await.unwrap();
    sqlx::query("UPDATE audit_events SET actor = 'system' WHERE id = (SELECT event_id FROM audit_chain WHERE seq = 2)")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    shell.run(&["audit", "verify"]).ends_with(1).says("broken at link 2: the event");
}
