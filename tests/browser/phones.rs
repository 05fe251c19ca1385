//! A second phone, with eyes and fingers: added, made the main one, its number changed, and removed.

use salus::clock::SignedDuration;

use crate::person::Person;
use crate::story::Story;
use crate::support::server::PASSWORD;

#[tokio::test]
async fn a_person_looks_after_their_phones() {
    let story = Story::begin(1).await;
    let mia = story.patient("mia").await;
    let mut person = Person::arrives(&story, "mia").await;
    person.signs_in(&story, &mia).await;
    person.comes_to("/home").await;
    person.opens("/account").await;
    person.follows("Change your phones").await;
    person.sees("Your phones").await;
    person.reads("Main phone").await;
    person.presses("Add a phone").await;
    person.sees("Add a phone").await;
    person.presses("Send me a code").await;
    person.reads("Enter your mobile phone number").await;
    person.examine("Add a phone, with mistakes").await;
    person.types("phone", "(212) 555-0160").await;
    person.types("password", PASSWORD).await;
    person.presses("Send me a code").await;
    person.sees("Enter your code").await;
    person.reads("Enter the code that we sent to the new number.").await;
    person.types_the_code(&story, "+12125550160").await;
    person.reads("The phone is added.").await;
    person.examine("Your phones, two").await;
    person.follows("See what we sent to 60").await;
    person.sees("What we sent to the phone ending in 60").await;
    person.reads("Code to show that the phone is yours").await;
    person.opens("/account/security/phones").await;
    person.follows("Remove 60").await;
    person.sees("Remove the phone ending in 60").await;
    person.follows("Keep the phone").await;
    person.presses("Make 60 the main phone").await;
    person.reads("You have another main phone now.").await;

    story.later(SignedDuration::from_mins(2));
    person.follows("Change the number ending in 60").await;
    person.sees("Change the number ending in 60").await;
    person.types("phone", "(212) 555-0161").await;
    person.types("password", PASSWORD).await;
    person.presses("Send me a code").await;
    person.types_the_code(&story, "+12125550161").await;
    person.reads("The number is changed.").await;
    person.reads("Ending in 61").await;
    person.does_not_read("Ending in 60").await;
}
