//! Maria's day: an appointment seen, one booked, a result read after a fresh code, the lobby of her visit.

use salus::clock::SignedDuration;

use crate::checks::{Look, shoot_for_readme};
use crate::person::Person;
use crate::story::{People, Story};

/// Sees the appointment of today and books another in four steps.
pub async fn books(person: &mut Person) {
    person.reads("Tuesday 24 November 2026").await;
    person.reads("You have 2 new test results.").await;
    person.follows("See this appointment").await;
    person.sees("Your appointment").await;
    person.reads("Tired for weeks, and often thirsty").await;
    person.follows("Appointments").await;
    person.sees("Appointments").await;
    person.follows("Past").await;
    person.comes_to("/appointments/past").await;
    person.reads("Done").await;
    person.examine("Appointments of the past").await;

    person.presses("Book an appointment").await;
    person.sees("Book an appointment").await;
    person.ticks("Follow-up of something known").await;
    person.ticks("Video visit").await;
    person.presses("Continue").await;
    person.sees("Choose a doctor").await;
    person.ticks("Dr Ada Chen").await;
    person.presses("Continue").await;
    person.sees("Choose a time").await;
    person.ticks("2:40pm").await;
    person.presses("Continue").await;
    person.sees("Check and book").await;
    person.presses("Book appointment").await;
    person.reads("Write in a few words why you would like to see the doctor").await;
    person.examine("Check and book, without a reason").await;
    person.types("reason", "How the new tablets work").await;
    person.presses("Book appointment").await;
    person.sees("Your appointment").await;
    person.reads("Your appointment is booked.").await;
    person.reads("2:40pm").await;
    person.examine("Your appointment is booked").await;
    person.follows("Change the time").await;
    person.sees("Choose a new time").await;
    person.follows("Back").await;
    person.follows("Cancel appointment").await;
    person.sees("Cancel this appointment?").await;
}

/// Opens a result; the last code is older than ten minutes by then, so a fresh one is asked for.
pub async fn reads_a_result(person: &mut Person, story: &Story, people: &People) {
    person.opens("/home").await;
    story.later(SignedDuration::from_mins(11));
    person.presses("Read test results").await;
    person.sees("We need to know it is you").await;
    person.reads("We ask you to prove it once more before your test results open").await;
    person.presses("Continue").await;
    person.types_the_code(story, &people.maria.phone).await;
    person.sees("Test results").await;
    person.reads("Fats in the blood").await;
    person.follows_to("/labs/").await;
    person.sees("Blood sugar over 3 months").await;
    person.reads("Your result is in the usual range.").await;
    person.follows("Back").await;
    person.follows("Fats in the blood, 18 November 2025").await;
    person.sees("Fats in the blood").await;
    person.reads("1 of 3 outside the usual range").await;
    person.reads("A little more fish").await;
    shoot_for_readme(person, "results-desktop", Look { width: 840, ..Look::DESK }).await;
}

/// Goes to the lobby and in, with a code of the visit's own.
pub async fn reaches_the_lobby(person: &mut Person, story: &Story, people: &People) {
    person.opens("/home").await;
    person.sees("Hello, Maria").await;
    person.presses("Join video visit").await;
    person.sees("Video visit").await;
    person.reads("You will meet").await;
    person.presses("Join video visit").await;
    person.types_the_code(story, &people.maria.phone).await;
    person.sees("You are ready").await;
}

#[tokio::test]
async fn maria_books_reads_a_result_and_reaches_the_lobby() {
    let story = Story::begin(1).await;
    let people = story.people().await;
    let mut maria = Person::arrives(&story, "maria").await;
    maria.signs_in(&story, &people.maria).await;
    maria.sees("Hello, Maria").await;
    shoot_for_readme(&maria, "home-phone", Look::PHONE).await;
    books(&mut maria).await;
    reads_a_result(&mut maria, &story, &people).await;
    reaches_the_lobby(&mut maria, &story, &people).await;
}
