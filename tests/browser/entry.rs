//! At the door: registering, signing in, when the code does not come, a forgotten password.

use salus::clock::SignedDuration;

use crate::checks::{Look, shoot_for_readme};
use crate::person::Person;
use crate::story::Story;
use crate::support::server::PASSWORD;

/// The phone of the person who registers, and what they type.
pub const PHONE: &str = "+12125550147";
const TYPED_PHONE: &str = "(212) 555-0147";

/// From the start page to the person's own home.
pub async fn registers(person: &mut Person, story: &Story) {
    person.opens("/").await;
    person.sees("Welcome to the portal of Lakeside Clinic").await;
    person.presses("Create an account").await;
    person.sees("Create an account").await;
    person.presses("Create account").await;
    person.sees("Create an account").await;
    person.reads("There is a problem").await;
    person.examine("Create an account, with mistakes").await;
    person.types("full_name", "Lena Brandt").await;
    person.types("birth_date", "1984-07-19").await;
    person.types("email", "lena@people.example").await;
    person.picks("country", "United States (+1)").await;
    person.types("phone", TYPED_PHONE).await;
    person.types("password", PASSWORD).await;
    person.ticks("I agree that Lakeside Clinic keeps my data").await;
    person.presses("Create account").await;
    person.sees("Enter your code").await;
    person.reads("the phone number ending in 47").await;
    shoot_for_readme(person, "code-phone", Look::PHONE).await;
    person.types_the_code(story, PHONE).await;
    person.sees("A second way in").await;
    person.follows("Later").await;
    person.sees("Hello, Lena").await;
}

#[tokio::test]
async fn a_new_person_registers_and_signs_in() {
    let story = Story::begin(1).await;
    let mut lena = Person::arrives(&story, "lena").await;
    registers(&mut lena, &story).await;
    lena.presses("Sign out").await;
    lena.sees("Welcome to the portal of Lakeside Clinic").await;

    lena.presses("Sign in").await;
    lena.sees("Sign in").await;
    lena.types("email", "lena@people.example").await;
    lena.types("password", "not the one I chose").await;
    lena.presses("Sign in").await;
    lena.reads("The email or password is not right.").await;
    lena.examine("Sign in, with a mistake").await;
    lena.types("password", PASSWORD).await;
    lena.presses("Sign in").await;
    lena.types_the_code(&story, PHONE).await;
    lena.sees("Hello, Lena").await;
}

#[tokio::test]
async fn a_code_that_does_not_come_can_be_asked_for_again() {
    let story = Story::begin(1).await;
    let mia = story.patient("mia").await;
    let mut person = Person::arrives(&story, "mia").await;
    person.opens("/login").await;
    person.sees("Sign in").await;
    person.types("email", &mia.email).await;
    person.types("password", PASSWORD).await;
    person.presses("Sign in").await;
    person.sees("Enter your code").await;
    person.types_a_wrong_code(&story, &mia.phone).await;
    person.reads("The code does not match.").await;
    person.examine("Enter your code, after a wrong one").await;

    person.opens_the_trouble_section().await;
    person.follows("More help with codes").await;
    person.sees("The code did not come").await;
    person.follows("Back").await;
    person.sees("Enter your code").await;
    person.follows("Choose another way to get in").await;
    person.sees("Other ways to get in").await;
    person.presses("Continue").await;
    person.reads("Choose one of the ways").await;
    person.examine("Other ways to get in, none chosen").await;
    person.ticks("Text message to the phone ending in").await;
    person.presses("Continue").await;
    person.sees("Enter your code").await;

    story.later(SignedDuration::from_secs(31));
    person.opens_the_trouble_section().await;
    person.presses("Send a new code").await;
    person.sees("Enter your code").await;
    person.reads("We sent a new code at").await;
    person.examine("Enter your code, a new one sent").await;
    person.types_the_code(&story, &mia.phone).await;
    person.comes_to("/home").await;
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_and_a_code() {
    let story = Story::begin(1).await;
    let noor = story.patient("noor").await;
    let mut person = Person::arrives(&story, "noor").await;
    person.opens("/login").await;
    person.sees("Sign in").await;
    person.follows("I forgot my password").await;
    person.sees("Choose a new password").await;
    person.types("email", &noor.email).await;
    person.presses("Send the link").await;
    person.sees("Look at your email").await;

    person.opens(&story.link(&noor.email).await).await;
    person.examine("Choose a new password, from the link").await;
    person.presses("Continue").await;
    person.types_the_code(&story, &noor.phone).await;
    person.comes_to("/password/reset").await;
    person.types("password", "short").await;
    person.presses("Save the password").await;
    person.reads("Choose a password of at least").await;
    person.examine("Choose a new password, too short").await;
    person.types("password", "an entirely different phrase").await;
    person.presses("Save the password").await;
    person.sees("Sign in").await;
    person.reads("Your new password works now.").await;
    person.types("email", &noor.email).await;
    person.types("password", "an entirely different phrase").await;
    person.presses("Sign in").await;
    person.types_the_code(&story, &noor.phone).await;
    person.comes_to("/home").await;
}
