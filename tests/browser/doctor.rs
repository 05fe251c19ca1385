//! Dr Chen's morning: her day, a patient, a result looked at and released.

use crate::checks::{Look, shoot_for_readme};
use crate::person::Person;
use crate::story::Story;

#[tokio::test]
async fn dr_chen_releases_a_result_and_maria_reads_it() {
    let story = Story::begin(2).await;
    let people = story.people().await;
    let mut chen = Person::arrives(&story, "chen").await;
    chen.signs_in(&story, &people.chen).await;
    chen.sees("Today").await;
    chen.reads("Maria Rivera").await;
    chen.reads("Tired for weeks, and often thirsty").await;
    shoot_for_readme(&chen, "today-desktop", Look::DESK).await;

    chen.follows("Results to review").await;
    chen.sees("Results to review").await;
    chen.reads("1 report waits for your review").await;
    chen.follows("Comprehensive metabolic panel").await;
    chen.sees("Body chemistry").await;
    chen.types("note", "Your sugar is a little high. Let us talk about it today.").await;
    chen.presses("Release to patient").await;
    chen.reads("Released.").await;
    chen.examine("Body chemistry, released").await;
    chen.follows("Results to review").await;
    chen.reads("No results wait for your review.").await;
    chen.examine("Results to review, none").await;

    chen.follows("Today").await;
    chen.follows("Maria Rivera").await;
    chen.sees("Maria Rivera").await;
    chen.presses("Add a lab report").await;
    chen.sees("Add a lab report").await;
    chen.follows("Schedule").await;
    chen.sees("Schedule").await;

    let mut maria = Person::arrives(&story, "maria").await;
    maria.signs_in(&story, &people.maria).await;
    maria.sees("Hello, Maria").await;
    maria.reads("You have 3 new test results.").await;
    maria.presses("Read test results").await;
    maria.sees("Test results").await;
    maria.follows("Body chemistry, 23 November 2026").await;
    maria.sees("Body chemistry").await;
    maria.reads("Your sugar is a little high.").await;

    chen.follows("Today").await;
    chen.presses("Start visit").await;
    chen.sees("Video visit").await;
    chen.reads("Is this the right person?").await;
}
