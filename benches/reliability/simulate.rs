//! Every weather with failover off and on, all beside each other, since each takes its time by the real clock.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::bad_network::MOST_SENDS;
use crate::bad_network::run::{Plan, Until, run as run_plan};
use crate::bad_network::tally::Tally;
use crate::report::Report;
use crate::weathers::{ALL, Scene};

/// Codes of each run.
const CODES: usize = 150;
/// Over which they are asked for.
const OVER: Duration = Duration::from_secs(30);
/// What is waited for after the last.
const AFTER: Duration = Duration::from_secs(65);
/// By how much failover must win within 30 s when one gateway is dead, of 1.
const MARGIN: f64 = 0.9;
/// What is drawn is the same in every run.
const SEED: u64 = 20_261_125;

async fn one(scene: &Scene, failover: bool, codes: usize) -> Tally {
    let folder = tempfile::tempdir().expect("a folder of our own");
    let plan = Plan {
        first: scene.first,
        second: failover.then_some(scene.second),
        codes,
        over: OVER,
        until: Until::TimeIsOver,
        after: AFTER,
        servers: scene.servers,
        seed: SEED,
    };
    let database = format!("sqlite:{}", folder.path().join("salus.db").display());
    run_plan(plan, &database, folder.path()).await
}

/// Runs them and reports; false when a rule was broken.
pub async fn run(codes: Option<usize>, only: Option<&str>) -> bool {
    let codes = codes.unwrap_or(CODES);
    let scenes: Vec<&Scene> = ALL.iter().filter(|scene| only.is_none_or(|word| scene.name.contains(word))).collect();
    let mut report = Report::begin("simulated");
    let begun = Instant::now();
    let pairs = scenes.iter().map(|scene| async {
        let (off, on) = tokio::join!(one(scene, false, codes), one(scene, true, codes));
        (*scene, off, on)
    });
    let pairs = join_all(pairs).await;
    report.line(&format!(
        "{codes} codes a run, asked for over {} s; watched for {} s more. {} runs beside each other, {:.0} s in all.\n",
        OVER.as_secs(),
        AFTER.as_secs(),
        pairs.len() * 2,
        begun.elapsed().as_secs_f64()
    ));
    report.line("| weather at the first gateway | failover | by 10 s | by 30 s | by 60 s | most sends | most tries | sent twice | … unknowable | lost |");
    report.line("|---|---|---|---|---|---|---|---|---|---|");
    for (scene, off, on) in &pairs {
        for (policy, tally) in [("off", off), ("on", on)] {
            report.line(&row(scene, policy, tally));
        }
    }
    report.line("");
    verdicts(&mut report, &pairs);
    report.end(only.is_none() && codes == CODES)
}

fn row(scene: &Scene, policy: &str, tally: &Tally) -> String {
    let by = [10, 30, 60].map(|seconds| format!("{:.0} %", tally.within(seconds) * 100.0)).join(" | ");
    format!(
        "| {} | {policy} | {by} | {} | {} | {} | {} | {} |",
        scene.name, tally.most_sends, tally.most_tries, tally.doubled, tally.unknowable, tally.lost
    )
}

fn verdicts(report: &mut Report, pairs: &[(&Scene, Tally, Tally)]) {
    let most = pairs.iter().flat_map(|(_, off, on)| [off.most_sends, on.most_sends]).max().unwrap_or(0);
    report.rule(&format!("at most {MOST_SENDS} sends of one code in every run: {most}"), most <= MOST_SENDS);
    for (scene, off, on) in pairs.iter().filter(|(scene, ..)| scene.is_dead) {
        let won = on.within(30) - off.within(30);
        let rule = format!(
            "{}: by 30 s failover brings {:.0} of 100 codes more (aim: {:.0})",
            scene.name,
            won * 100.0,
            MARGIN * 100.0
        );
        report.rule(&rule, won >= MARGIN);
    }
    let strange: usize = pairs.iter().map(|(_, off, on)| off.strange + on.strange).sum();
    report.rule(&format!("texts with somebody else's code, or an old one: {strange}"), strange == 0);
    let forged: Vec<_> = pairs.iter().flat_map(|(_, off, on)| [off.forgeries(), on.forgeries()]).collect();
    let (called, believed) = forged.iter().fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1));
    report.rule(&format!("forged receipts: {called} called in, {believed} changed anything"), believed == 0);
    let away: usize = pairs.iter().map(|(_, off, on)| off.receipts.1 + on.receipts.1).sum();
    let told: usize = pairs.iter().map(|(_, off, on)| off.receipts.0 + on.receipts.0).sum();
    report.rule(&format!("true receipts: {told} taken, {away} turned away"), away == 0);
    for (scene, off, on) in pairs.iter().filter(|(_, off, _)| off.kills > 0) {
        let (kills, doubled) = (off.kills + on.kills, off.doubled + on.doubled);
        let knowable = doubled - off.unknowable - on.unknowable;
        report.rule(
            &format!("{}: {kills} kills, {doubled} codes sent twice, {knowable} of them knowably", scene.name),
            knowable == 0,
        );
    }
}
