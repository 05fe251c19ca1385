//! What the portal costs: `cargo bench --bench portal` measures and rewrites the figures in docs/performance.md;
//! `cargo bench --bench portal -- --full` does so with 10,000 sign-ins instead of 1,000.
//!
//! The server runs in a second process and is driven over loopback HTTP; what is compared with its work is measured in
//! that same process, in turns with it, and the median of the rounds is told. CPU time, not the clock, wherever the
//! figure allows it: other work on the machine then disturbs little.

mod bare;
mod child;
mod client;
mod clinic;
mod pages;
mod people;
mod report;
mod sign_ins;
mod starts;
#[path = "../../tests/support/statements.rs"]
mod statements;

use std::path::Path;
use std::time::{Duration, Instant};

use child::Server;
use client::{ANY_ENCODING, Client};
use pages::{median, part};
use report::Report;

/// Rounds of what is measured in turns.
const ROUNDS: usize = 5;
/// Sign-ins of one round, each once in a new browser and once in a known one.
const SIGN_INS: u32 = 40;
/// Page views of one round.
const VIEWS: usize = 1600;
/// Browsers that look at once.
const AT_ONCE: usize = 16;
/// Rounds of quiet and storm.
const STORMS: usize = 3;
/// Sign-ins under way at once in a storm.
const STORM_AT_ONCE: usize = 8;
/// How often the page is asked for while its time is taken.
const PACE: Duration = Duration::from_millis(10);
/// Starts of the program.
const STARTS: usize = 15;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, folder, people] = args.as_slice()
        && (mode == "--clinic" || mode == "--still-clinic")
    {
        let people = people.parse().expect("how many people");
        return clinic::run(Path::new(folder), people, mode == "--still-clinic");
    }
    let full = args.iter().any(|arg| arg == "--full");
    let sign_ins = if full { 10_000 } else { 1_000 };

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder of our own");
    let mut report = Report::default();
    let load = report::load();
    report.line(&format!("Machine: {}", report::machine(folder.path())));
    starts(&mut report, folder.path());
    let stormed = sign_ins / STORMS;
    let stormers = u32::try_from(stormed.div_ceil(sign_ins::SIGN_INS_EACH) * STORMS).expect("few people");
    let measured = 1 + u32::try_from(ROUNDS).expect("few rounds") * SIGN_INS;
    let server = Server::start(&made(folder.path(), "clinic"), measured + stormers, false);
    steps(&mut report, &server);
    let viewer = page(&mut report, &server);
    storms(&mut report, &server, viewer, measured, stormed);
    drop(server);
    counted(&mut report, folder.path());
    report.line(&format!(
        "\nLoad of the machine: {load:.2} at the beginning, {:.2} at the end, on {} cores; the run's own work is part \
         of the second. Linux, SQLite, release profile, {} sign-ins in the storms.",
        report::load(),
        std::thread::available_parallelism().map_or(0, usize::from),
        stormed * STORMS
    ));
    report.write();
}

fn made(folder: &Path, name: &str) -> std::path::PathBuf {
    let folder = folder.join(name);
    std::fs::create_dir(&folder).expect("a new folder");
    folder
}

fn starts(report: &mut Report, folder: &Path) {
    let starts = starts::measure(&made(folder, "starts"), STARTS);
    report.table("Start and memory of `salus serve`");
    report.aimed("start to first page, median", part(&starts.took, 0.5), " ms", 100.0);
    report.row("start to first page, slowest", &format!("{:.2} ms, of {STARTS}", part(&starts.took, 1.0)), "");
    report.aimed("memory, idle after the first page", starts.idle as f64 / 1024.0, " MiB", 40.0);
}

/// Sign-ins step by step, in turns with single password checks.
fn steps(report: &mut Report, server: &Server) {
    let mut commands = server.commands();
    let (mut checks, mut new, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..u32::try_from(ROUNDS).expect("few rounds") {
        let first = 1 + round * SIGN_INS;
        let mut people: Vec<(u32, Client)> =
            (first..first + SIGN_INS).map(|person| (person, sign_ins::browser(server))).collect();
        new.push(sign_ins::by_steps(&mut people, &mut commands));
        checks.push(commands.number(&format!("verify {SIGN_INS}")) as f64 / 1e6);
        known.push(sign_ins::by_steps(&mut people, &mut commands));
    }
    let check = median(checks.iter().copied());
    let of = |costs: &[sign_ins::Cost], what: fn(&sign_ins::Cost) -> f64| median(costs.iter().map(what));
    let ratio = |costs: &[sign_ins::Cost]| median(costs.iter().zip(&checks).map(|(cost, check)| cost.forms() / check));
    report.table("CPU of a sign-in");
    report.row("one Argon2id check alone (19 MiB, 2 passes)", &format!("{check:.2} ms"), "");
    report.aimed("both forms, in a known browser: email and password, code", of(&known, |c| c.forms()), " ms", 15.0);
    report.aimed("… against one check", ratio(&known), " ×", 1.05);
    let forms = (of(&known, |c| c.password), of(&known, |c| c.code));
    report.row("… of which password and text, code and session", &format!("{:.2} ms, {:.2} ms", forms.0, forms.1), "");
    let new_forms = format!("{:.2} ms, {:.2} ×", of(&new, |c| c.forms()), ratio(&new));
    report.row("both forms, in a new browser: one mail more", &new_forms, "");
    let around = [of(&known, |c| c.pages[0]), of(&known, |c| c.pages[1]), of(&known, |c| c.pages[2])];
    let around = format!("{:.2} ms, {:.2} ms, {:.2} ms", around[0], around[1], around[2]);
    report.row("the pages around it: `/login`, `/challenge`, `/home`", &around, "");
    let commits = (of(&known, |c| c.commits[0]), of(&known, |c| c.commits[1]));
    let commits = format!("{:.2}, {:.2}", commits.0, commits.1);
    report.row("commits of the password's step, of the code's; text and audit links included", &commits, "");
}

/// The page and the bare page in turns, plain and as a browser asks for it. Answers the browser that sees it.
fn page(report: &mut Report, server: &Server) -> Client {
    let mut commands = server.commands();
    let mut viewer = sign_ins::browser(server);
    sign_ins::whole(&mut viewer, &mut commands, 0);
    let body = viewer.get(pages::PATH).body;
    let yardsticks = commands.ask(&format!("bare {}", people::email(0)));
    let yardsticks = yardsticks.split(' ').map(|address| address.parse().expect("an address"));
    report.table(&format!("CPU of `GET {}` with {} rows", pages::PATH, people::ROWS));
    for (yardstick, accepts) in yardsticks.zip(["", ANY_ENCODING]) {
        viewer.accepts = accepts;
        // The kept connection may have been let go meanwhile.
        viewer = viewer.tab();
        let mut bare = Client::new(yardstick, 0);
        bare.accepts = accepts;
        fill(&mut bare, &body);
        let size = (viewer.get(pages::PATH).body.len(), bare.get("/").body.len());
        let (mut cost, mut yard, mut commits) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (ms, each) = pages::each(&viewer, AT_ONCE, pages::PATH, VIEWS, &mut commands);
            cost.push(ms);
            commits.push(each);
            yard.push(pages::each(&bare, AT_ONCE, "/", VIEWS, &mut commands).0);
        }
        let ratio = median(cost.iter().zip(&yard).map(|(cost, yard)| cost / yard));
        let (cost, yard) = (median(cost), median(yard));
        if accepts.is_empty() {
            report.aimed(&format!("plain, {} bytes, {AT_ONCE} browsers at once", size.0), cost, " ms", 0.15);
            report.row("a bare page of the same bytes and reads", &format!("{yard:.2} ms"), "");
            report.aimed("… against it", ratio, " ×", 1.6);
            let commits = format!("{:.2}", median(commits));
            report.row("commits a page, audit links included", &commits, "");
            let (ms, each) = pages::each(&viewer, 1, pages::PATH, VIEWS / 4, &mut commands);
            report.row("plain, one browser alone", &format!("{ms:.2} ms, {each:.2} commits"), "");
        } else {
            report.row(&format!("compressed, {} bytes", size.0), &format!("{cost:.2} ms"), "");
            report.row(&format!("a bare page compressed, {} bytes", size.1), &format!("{yard:.2} ms"), "");
            report.row("… against it", &format!("{ratio:.2} ×"), "");
        }
    }
    viewer.accepts = "";
    viewer.tab()
}

fn fill(bare: &mut Client, body: &[u8]) {
    assert_eq!(bare.post_bytes("/body", body).status, 204, "the yardstick takes its body");
}

/// The page's time while nobody signs in, and while the hashing pool is full; memory after all of it.
fn storms(report: &mut Report, server: &Server, mut viewer: Client, first: u32, stormed: usize) {
    let before = server.memory();
    let (mut quiet, mut loud, mut rate) = (Vec::new(), Vec::new(), Vec::new());
    let mut first = first;
    for _ in 0..STORMS {
        let until = Instant::now() + Duration::from_secs(8);
        quiet.push(pages::paced(&mut viewer, PACE, || Instant::now() >= until));
        let begun = Instant::now();
        let took = std::thread::scope(|scope| {
            let storm = scope.spawn(|| sign_ins::storm(server, first, stormed, STORM_AT_ONCE));
            pages::paced(&mut viewer, PACE, || storm.is_finished())
        });
        rate.push(stormed as f64 / begun.elapsed().as_secs_f64());
        loud.push(took);
        first += u32::try_from(stormed.div_ceil(sign_ins::SIGN_INS_EACH)).expect("few people");
    }
    let after = server.memory();
    let at = |rounds: &[Vec<f64>], place: f64| median(rounds.iter().map(|took| part(took, place)));
    let ratio = median(quiet.iter().zip(&loud).map(|(quiet, loud)| part(loud, 0.99) / part(quiet, 0.99)));
    report.table(&format!("Time of `GET {}` while sign-ins fill the hashing pool", pages::PATH));
    let times = |rounds: &[Vec<f64>]| format!("{:.2} ms, {:.2} ms", at(rounds, 0.5), at(rounds, 0.99));
    report.row("quiet: median, 99th of 100", &times(&quiet), "");
    let storm = format!("{STORM_AT_ONCE} sign-ins at once, {:.0} a second: median, 99th of 100", median(rate));
    report.row(&storm, &times(&loud), "");
    report.aimed("99th against quiet", ratio, " ×", 3.0);
    report.table("Memory over sign-ins");
    report.row("before the storms", &format!("{:.1} MiB", before as f64 / 1024.0), "");
    let title = format!("after {} sign-ins more", stormed * STORMS);
    report.row(&title, &format!("{:.1} MiB", after as f64 / 1024.0), "");
}

/// Statements, in a server that does nothing in the background.
fn counted(report: &mut Report, folder: &Path) {
    let server = Server::start(&made(folder, "still"), 1, true);
    let mut commands = server.commands();
    let mut viewer = sign_ins::browser(&server);
    sign_ins::whole_still(&mut viewer, &mut commands, 0);
    // The mail about the new browser.
    commands.ask("settle");
    viewer.cookies.remove("sid");
    report.table("Statements and commits before the answer");
    let mut csrf = String::new();
    let mut step = |what: &str, commands: &mut child::Commands, act: &mut dyn FnMut(&mut child::Commands)| {
        let before = commands.number("commits");
        commands.ask("statements");
        act(commands);
        let run = commands.number("statements");
        report.row(what, &format!("{run}, {}", commands.number("commits") - before), "");
    };
    step("`GET /login`", &mut commands, &mut |_| csrf = viewer.get("/login").csrf());
    step("`POST /login`", &mut commands, &mut |_| sign_ins::send_password(&mut viewer, 0, &csrf));
    step("the text", &mut commands, &mut |commands| {
        commands.ask("settle");
    });
    step("`GET /challenge`", &mut commands, &mut |_| csrf = viewer.get("/challenge").csrf());
    let code = commands.ask(&format!("code {}", people::phone(0)));
    step("`POST /challenge`", &mut commands, &mut |_| sign_ins::send_code(&mut viewer, &code, &csrf));
    for path in ["/home", pages::PATH] {
        step(&format!("`GET {path}`"), &mut commands, &mut |_| assert_eq!(viewer.get(path).status, 200));
    }
}
