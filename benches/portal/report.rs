//! The table: printed, and written into docs/performance.md between two marks.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";

/// What was measured.
#[derive(Default)]
pub struct Report(String);

impl Report {
    /// A line of text.
    pub fn line(&mut self, text: &str) {
        self.0 += text;
        self.0 += "\n";
    }

    /// Begins a table.
    pub fn table(&mut self, title: &str) {
        eprintln!("measured: {title}");
        let _ = write!(self.0, "\n### {title}\n\n| what | measured | aim |\n|---|---|---|\n");
    }

    /// A row; `aim` is empty where there is none.
    pub fn row(&mut self, what: &str, measured: &str, aim: &str) {
        let _ = writeln!(self.0, "| {what} | {measured} | {aim} |");
    }

    /// A row with a figure that has an aim: at most this.
    pub fn aimed(&mut self, what: &str, figure: f64, unit: &str, most: f64) {
        let verdict = if figure <= most { "kept" } else { "**missed**" };
        self.row(what, &format!("{figure:.2}{unit}"), &format!("≤ {most}{unit}: {verdict}"));
    }

    /// Prints the report and puts it into the page.
    pub fn write(&self) {
        println!("{}", self.0);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
        let page = std::fs::read_to_string(&path).expect("docs/performance.md");
        let (before, rest) = page.split_once(BEGIN).expect("the mark where figures begin");
        let (_, after) = rest.split_once(END).expect("the mark where figures end");
        std::fs::write(path, format!("{before}{BEGIN}\n{}{END}{after}", self.0)).expect("docs/performance.md");
    }
}

fn first_of(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The load of the last minute.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
}

/// Processor, cores, memory, and what a flush of the disk takes in this folder.
pub fn machine(folder: &Path) -> String {
    let processor = first_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".into());
    let kib = first_of("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let gib = kib.unwrap_or(0) as f64 / 1024.0 / 1024.0;
    let flush = crate::pages::median((0..50).map(|_| flush(folder)));
    format!("{processor}, {cores} cores, {gib:.0} GiB; a flush of the disk takes {flush:.1} ms (median of 50).")
}

fn flush(folder: &Path) -> f64 {
    let mut file =
        std::fs::OpenOptions::new().create(true).append(true).open(folder.join("flush")).expect("a file of our own");
    file.write_all(&[7; 4096]).expect("space on the disk");
    let begun = Instant::now();
    file.sync_data().expect("a flush");
    begun.elapsed().as_secs_f64() * 1e3
}
