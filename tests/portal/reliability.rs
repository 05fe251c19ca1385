//! Codes come through when a gateway is dead, when processes are killed, and when receipts are forged or in disorder:
//! small runs of what `cargo bench --bench reliability` measures.

use std::time::Duration;

use crate::bad_network::MOST_SENDS;
use crate::bad_network::run::{Plan, Servers, Until, run};
use crate::bad_network::tally::Tally;
use crate::bad_network::weather::{CALM, Fault, Receipts, Weather, Wrong};
use crate::support::TestDatabase;

const CODES: usize = 40;
/// Long enough for what died twice to be taken up twice: a killed process keeps others from what it held for 30 s.
const TWO_LEASES: Duration = Duration::from_secs(120);

/// A gateway that fails at every send, and sends nothing.
const DEAD: Weather = Weather { faults: &[Fault { wrong: Wrong::Failed, share: 1.0, leaves: 0.0 }], ..CALM };
/// A gateway that takes every second send only, and thinks long enough for a process to die over it.
const FAILING: Weather =
    Weather { faults: &[Fault { wrong: Wrong::Busy, share: 0.5, leaves: 0.0 }], answer: (1000, 1500), ..QUICK };
/// A gateway whose texts arrive at once.
const QUICK: Weather = Weather { answer: (5, 20), travel: (20, 100), ..CALM };

fn plan(first: Weather, second: Option<Weather>) -> Plan {
    Plan {
        first,
        second,
        codes: CODES,
        over: Duration::from_secs(1),
        until: Until::AllInHand,
        after: Duration::from_secs(25),
        servers: Servers::Inside,
        seed: 1,
    }
}

async fn runs(plan: Plan) -> Tally {
    let database = TestDatabase::new().await;
    let tally = run(plan, &database.url, database.folder.path()).await;
    assert_eq!((tally.codes, tally.strange), (CODES, 0), "{tally:?}");
    assert!(tally.most_sends <= MOST_SENDS, "{tally:?}");
    tally
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_one_gateway_dead_the_other_brings_every_code() {
    let dead_alone = Plan { after: Duration::from_secs(3), ..plan(DEAD, None) };
    let (off, on) = tokio::join!(runs(dead_alone), runs(plan(DEAD, Some(QUICK))));
    assert_eq!((on.lost, on.doubled), (0, 0), "{on:?}");
    assert_eq!(off.took.len(), 0, "the test can tell: {off:?}");
    assert!(on.within(10) >= off.within(10) + 0.9, "{on:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doubled_early_and_disordered_receipts_send_nothing_twice() {
    // Answers take longer than texts travel, so a text's last receipt comes before the answer to its sending.
    let weather = Weather { receipts: Receipts::Wild, answer: (300, 500), ..QUICK };
    let tally = runs(plan(weather, Some(QUICK))).await;
    assert_eq!((tally.lost, tally.doubled, tally.most_sends), (0, 0, 1), "{tally:?}");
    assert!(tally.receipts.0 > CODES, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_receipts_change_nothing() {
    let weather = Weather { receipts: Receipts::AmongForged, ..QUICK };
    let tally = runs(plan(weather, Some(QUICK))).await;
    assert_eq!((tally.lost, tally.doubled, tally.most_sends), (0, 0, 1), "{tally:?}");
    let (forged, believed) = tally.forgeries();
    assert!(forged >= CODES * 6, "{tally:?}");
    assert_eq!(believed, 0, "{tally:?}");
    assert!(tally.forged.contains_key(&Some(403)) && tally.forged.contains_key(&Some(404)), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_between_send_and_record_loses_nothing_and_doubles_only_what_nobody_can_know() {
    let servers = Servers::KilledWhileSending(15);
    let tally =
        runs(Plan { servers, until: Until::NothingIsOpen, after: TWO_LEASES, ..plan(QUICK, Some(QUICK)) }).await;
    assert!(tally.kills > 0 && tally.unknown > 0, "{tally:?}");
    assert_eq!((tally.lost, tally.doubled), (0, tally.unknowable), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_are_killed_in_turns_lose_nothing_while_a_gateway_fails() {
    // Each once, so that no code can die twice: whoever takes it up again does so after the second kill.
    let servers = Servers::KilledInTurns { each: Duration::from_secs(1), times: 2 };
    let over = Duration::from_secs(3);
    let killed = Plan { servers, over, until: Until::NothingIsOpen, after: TWO_LEASES, ..plan(FAILING, Some(QUICK)) };
    let tally = runs(killed).await;
    assert_eq!(tally.kills, 2, "{tally:?}");
    assert_eq!((tally.lost, tally.doubled), (0, tally.unknowable), "{tally:?}");
}
