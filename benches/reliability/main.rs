//! How codes come through bad networks and dying processes; prints what it measures and writes it into
//! docs/reliability.md.
//!
//! | command                                               | measures                                        | takes       |
//! |-------------------------------------------------------|-------------------------------------------------|-------------|
//! | `cargo bench --bench reliability -- simulate`         | every weather, failover off and on              | 2 minutes   |
//! | `cargo bench --bench reliability -- ten-thousand`     | 10,000 codes, two processes that die, PostgreSQL | 5 minutes   |
//!
//! | option          | of           | default |                                                             |
//! |-----------------|--------------|---------|-------------------------------------------------------------|
//! | `--only WORD`   | simulate     | all     | weathers whose name holds the word; the page stays as it is |
//! | `--codes N`     | both         | 150; 10,000 | how many ask; fewer leave the page as it is              |
//! | `--rate N`      | ten-thousand | 40      | how many ask in a second                                    |
//!
//! Ends with 1 when a rule was broken: which, stands in the report.

#[path = "../../tests/support/bad_network/mod.rs"]
mod bad_network;
#[path = "../../tests/support/gateway_double.rs"]
mod gateway_double;
#[path = "../../tests/support/plivo_double.rs"]
#[allow(dead_code, reason = "each target uses its own part")]
mod plivo_double;
mod postgres;
mod report;
mod simulate;
mod ten_thousand;
#[path = "../../tests/support/twilio_double.rs"]
#[allow(dead_code, reason = "each target uses its own part")]
mod twilio_double;
mod weathers;

use std::process::ExitCode;

/// The value after an option.
fn option<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    let at = args.iter().position(|arg| arg == name)?;
    args.get(at + 1).map(String::as_str)
}

fn number(args: &[String], name: &str) -> Option<usize> {
    option(args, name).map(|text| text.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let asked = |word: &str| args.iter().any(|arg| arg == word);
    let both = !asked("simulate") && !asked("ten-thousand");
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "off".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut kept = true;
    if both || asked("simulate") {
        kept &= runtime.block_on(simulate::run(number(&args, "--codes"), option(&args, "--only")));
    }
    if both || asked("ten-thousand") {
        kept &= runtime.block_on(ten_thousand::run(number(&args, "--codes"), number(&args, "--rate")));
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
