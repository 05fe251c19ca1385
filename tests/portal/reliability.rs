//! Codes come through when a gateway is dead, when processes are killed, and when receipts are forged or in disorder:
//! small runs of what `cargo bench --bench reliability` measures.

use std::time::Duration;

use crate::bad_network::MOST_SENDS;
use crate::bad_network::run::{Plan, run};
use crate::bad_network::tally::Tally;
use crate::bad_network::weather::{CALM, Fault, Receipts, Weather, Wrong};
use crate::support::TestDatabase;

const CODES: usize = 40;

/// A gateway that fails at every send, and sends nothing.
const DEAD: Weather = Weather { faults: &[Fault { wrong: Wrong::Failed, share: 1.0, leaves: 0.0 }], ..CALM };
/// A gateway whose texts arrive at once.
const QUICK: Weather = Weather { answer: (5, 20), travel: (20, 100), ..CALM };

fn plan(first: Weather, second: Option<Weather>) -> Plan {
    Plan {
        first,
        second,
        codes: CODES,
        over: Duration::from_secs(1),
        after: Duration::from_secs(25),
        ends_early: true,
        kill_each: None,
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
    let dead_alone = Plan { after: Duration::from_secs(6), ..plan(DEAD, None) };
    let (off, on) = tokio::join!(runs(dead_alone), runs(plan(DEAD, Some(QUICK))));
    assert_eq!((on.lost, on.doubled), (0, 0), "{on:?}");
    assert_eq!(off.took.len(), 0, "the test can tell: {off:?}");
    assert!(on.within(10) >= off.within(10) + 0.9, "{on:?}");
}
