//! The same walk in a browser that runs no scripts: every page has the same heading and nearly all of its words.

use std::collections::BTreeMap;

use crate::entry;
use crate::person::{Person, Seen};
use crate::story::Story;

/// The part of a page's words that must be there without scripts.
const LEAST: f64 = 0.8;

async fn walk(scripts: bool) -> Vec<Seen> {
    let story = Story::begin(1).await;
    let mut person = match scripts {
        true => Person::arrives(&story, "lena").await,
        false => Person::arrives_without_scripts(&story, "lena-scriptless").await,
    };
    entry::registers(&mut person, &story).await;
    person.seen
}

/// The part of the words of `whole` that are in `rest` as well.
fn kept(whole: &[String], rest: &[String]) -> f64 {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for word in rest {
        *left.entry(word).or_default() += 1;
    }
    let found = whole.iter().filter(|word| match left.get_mut(word.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    });
    found.count() as f64 / whole.len().max(1) as f64
}

#[tokio::test]
async fn the_main_walk_needs_no_scripts() {
    let (with, without) = (walk(true).await, walk(false).await);
    assert_eq!(with.len(), without.len());
    for (with, without) in with.iter().zip(&without) {
        assert_eq!(with.heading, without.heading);
        let part = kept(&with.words, &without.words);
        assert!(part >= LEAST, "{}: {part:.2} of its words are there without scripts", with.heading);
    }
}
