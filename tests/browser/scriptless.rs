//! The same walk in a browser that runs no scripts: every page has the same heading and nearly all of its words.

use std::collections::BTreeMap;

use crate::person::{Person, Seen};
use crate::story::Story;
use crate::{entry, patient};

/// The part of a page's words that must be there without scripts.
const LEAST: f64 = 0.8;

impl Person {
    /// Whether a script that a page brings along is run at all.
    async fn runs_scripts(&self) -> bool {
        let page = "data:text/html,<title>no</title><script>document.title = 'yes'</script>";
        self.browser.driver.goto(page).await.unwrap();
        self.browser.driver.title().await.unwrap() == "yes"
    }
}

/// A new person registers; then Maria comes to the same desk.
async fn walk(scripts: bool) -> Vec<Seen> {
    let story = Story::begin(1).await;
    let people = story.people().await;
    let mut person = match scripts {
        true => Person::arrives(&story, "somebody").await,
        false => Person::arrives_without_scripts(&story, "somebody-scriptless").await,
    };
    // With scripts they have their own stories.
    person.examines = !scripts;
    assert_eq!(person.runs_scripts().await, scripts);
    entry::registers(&mut person, &story).await;
    person.presses("Sign out").await;
    person.signs_in(&story, &people.maria).await;
    person.sees("Hello, Maria").await;
    patient::books(&mut person).await;
    patient::reads_a_result(&mut person, &story, &people).await;
    patient::reaches_the_lobby(&mut person, &story, &people).await;
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
    let (with, without) = tokio::join!(walk(true), walk(false));
    assert_eq!(with.len(), without.len());
    for (with, without) in with.iter().zip(&without) {
        assert_eq!(with.heading, without.heading);
        let part = kept(&with.words, &without.words);
        assert!(part >= LEAST, "{}: {part:.2} of its words are there without scripts", with.heading);
    }
}
