//! 10,000 codes through two processes on one PostgreSQL, one gateway failing, one process killed every five seconds.

use std::time::{Duration, Instant};

use crate::bad_network::MOST_SENDS;
use crate::bad_network::run::{Plan, Servers, Until, run as run_plan};
use crate::bad_network::weather::CALM;
use crate::postgres::Cluster;
use crate::report::Report;
use crate::weathers::{FAILING, KILLED_EACH};

/// Codes.
const CODES: usize = 10_000;
/// Asked for in a second.
const RATE: usize = 40;
/// A code lives for five minutes; nothing is sent after that.
const AFTER: Duration = Duration::from_secs(330);

/// Runs it and reports; false when a rule was broken.
pub async fn run(codes: Option<usize>, rate: Option<usize>) -> bool {
    let (codes, rate) = (codes.unwrap_or(CODES), rate.unwrap_or(RATE).max(1));
    let mut report = Report::begin("ten thousand");
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().expect("a folder of our own");
    let plan = Plan {
        first: FAILING,
        second: Some(CALM),
        codes,
        over: Duration::from_secs_f64(codes as f64 / rate as f64),
        until: Until::NothingIsOpen,
        after: AFTER,
        servers: Servers::KilledInTurns { each: KILLED_EACH, times: usize::MAX },
        seed: 1,
    };
    let begun = Instant::now();
    let tally = run_plan(plan, &cluster.url, folder.path()).await;
    let knowable = tally.doubled - tally.unknowable;
    report.line(&format!(
        "{codes} codes, {rate} a second, {} kills, {:.0} s in all. PostgreSQL with its defaults (each commit is flushed).\n",
        tally.kills,
        begun.elapsed().as_secs_f64()
    ));
    report.line("| what | measured |");
    report.line("|---|---|");
    report.line(&format!("| in the hand | {} of {} |", tally.took.len(), tally.codes));
    let by = [10, 30, 60, 120].map(|seconds| format!("{:.2} %", tally.within(seconds) * 100.0)).join(", ");
    report.line(&format!("| … by 10, 30, 60, 120 s | {by} |"));
    let parts = [0.5, 0.95, 0.99, 1.0].map(|share| format!("{:.1} s", tally.part(share).as_secs_f64())).join(", ");
    report.line(&format!("| median, 95th and 99th of 100, slowest | {parts} |"));
    report.line(&format!("| attempts; whose end nobody knows | {}; {} |", tally.attempts, tally.unknown));
    report.line(&format!("| most sends, most tries of one code | {}, {} |", tally.most_sends, tally.most_tries));
    let unclear = tally.unknowable - tally.by_kill - tally.by_silence;
    report.line(&format!("| sent and arrived twice | {} |", tally.doubled));
    let why = format!("{}; {unclear}; {}", tally.by_kill, tally.by_silence);
    report.line(&format!("| … a process died over it; an answer was unclear; its gateway was silent | {why} |"));
    let (told, away, unheard) = tally.receipts;
    report.line(&format!("| receipts taken, turned away, at a closed door | {told}, {away}, {unheard} |\n"));
    report.rule(&format!("codes lost: {}", tally.lost), tally.lost == 0);
    report.rule(&format!("codes sent twice where it could be known: {knowable}"), knowable == 0);
    report
        .rule(&format!("at most {MOST_SENDS} sends of one code: {}", tally.most_sends), tally.most_sends <= MOST_SENDS);
    report.rule(&format!("texts with somebody else's code, or an old one: {}", tally.strange), tally.strange == 0);
    report.end(codes == CODES && rate == RATE)
}
