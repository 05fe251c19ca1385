//! The report: printed, and put into docs/reliability.md between two marks.

use std::path::Path;

/// What was measured in one part.
pub struct Report {
    part: &'static str,
    text: String,
    kept: bool,
}

fn first_of(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// Processor, cores, memory.
fn machine() -> String {
    let processor = first_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".into());
    let kib = first_of("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let build = if cfg!(debug_assertions) { "development build" } else { "release build" };
    format!("{processor}, {cores} cores, {:.0} GiB; {build}", kib.unwrap_or(0) as f64 / 1024.0 / 1024.0)
}

impl Report {
    /// Begins a part; its marks stand in the page.
    pub fn begin(part: &'static str) -> Self {
        let text = format!("Machine: {}; load at the beginning {}.\n", machine(), load());
        Self { part, text, kept: true }
    }

    /// A line.
    pub fn line(&mut self, line: &str) {
        self.text += line;
        self.text += "\n";
    }

    /// A rule, and whether it held.
    pub fn rule(&mut self, rule: &str, kept: bool) {
        self.line(&format!("- {rule}: {}", if kept { "kept" } else { "**broken**" }));
        self.kept &= kept;
    }

    /// Prints the part and, when it is `whole`, puts it into the page; answers whether all rules held.
    pub fn end(self, whole: bool) -> bool {
        println!("{}", self.text);
        if whole {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
            let page = std::fs::read_to_string(&path).expect("docs/reliability.md");
            let (begin, end) = (format!("<!-- {}: begin -->", self.part), format!("<!-- {}: end -->", self.part));
            let (before, rest) = page.split_once(&begin).expect("the mark where figures begin");
            let (_, after) = rest.split_once(&end).expect("the mark where figures end");
            std::fs::write(path, format!("{before}{begin}\n{}{end}{after}", self.text)).expect("docs/reliability.md");
        }
        self.kept
    }
}
