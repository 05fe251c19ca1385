//! What a page costs, beside a bare page of the same bytes and reads; and how long it takes.

use std::time::{Duration, Instant};

use crate::child::Commands;
use crate::client::Client;

/// The measured page.
pub const PATH: &str = "/appointments";

/// CPU milliseconds and commits of one page, asked for `times` times by `at_once` tabs of this browser.
pub fn each(browser: &Client, at_once: usize, path: &str, times: usize, commands: &mut Commands) -> (f64, f64) {
    let (before, share) = (commands.spent(), times / at_once);
    std::thread::scope(|scope| {
        for mut browser in (0..at_once).map(|_| browser.tab()) {
            scope.spawn(move || {
                for _ in 0..share {
                    assert_eq!(browser.get(path).status, 200, "{path}");
                }
            });
        }
    });
    commands.spent().each_since(before, share * at_once)
}

/// Asks for the page every `pace` until `done`; answers how long each took, in milliseconds, in order.
pub fn paced(browser: &mut Client, pace: Duration, done: impl Fn() -> bool) -> Vec<f64> {
    let mut took = Vec::new();
    let mut due = Instant::now();
    while !done() {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += pace;
        let begun = Instant::now();
        assert_eq!(browser.get(PATH).status, 200, "{PATH}");
        took.push(begun.elapsed().as_secs_f64() * 1e3);
        due = due.max(Instant::now());
    }
    took.sort_by(f64::total_cmp);
    took
}

/// The value that so large a part of a sorted list lies under.
pub fn part(sorted: &[f64], part: f64) -> f64 {
    sorted[((sorted.len() as f64 * part) as usize).min(sorted.len() - 1)]
}

/// The middle of these.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    part(&values, 0.5)
}
