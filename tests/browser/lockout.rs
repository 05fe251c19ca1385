//! Somebody is locked out by wrong codes; an admin looks into it and lets them in again.

use salus::clock::SignedDuration;

use crate::person::Person;
use crate::story::Story;
use crate::support::server::{PASSWORD, Someone};

/// Types the password, and then five wrong codes, at which the challenge ends.
async fn spends_a_challenge(person: &mut Person, story: &Story, who: &Someone) {
    person.opens("/login").await;
    person.sees("Sign in").await;
    person.types("email", &who.email).await;
    person.types("password", PASSWORD).await;
    person.presses("Sign in").await;
    for left in ["", "", "You have 2 tries left.", "You have 1 try left."] {
        person.sees("Enter your code").await;
        person.types_a_wrong_code(story, &who.phone).await;
        person.reads("The code does not match.").await;
        person.reads(left).await;
    }
    person.examine("Enter your code, one try left").await;
    person.types_a_wrong_code(story, &who.phone).await;
}

#[tokio::test]
async fn an_admin_lets_a_locked_person_in_again() {
    let story = Story::begin(2).await;
    let people = story.people().await;
    let mut maria = Person::arrives(&story, "maria").await;
    spends_a_challenge(&mut maria, &story, &people.maria).await;
    maria.sees("This code is over").await;
    story.later(SignedDuration::from_mins(1));
    spends_a_challenge(&mut maria, &story, &people.maria).await;
    maria.sees("Too many wrong codes").await;
    maria.reads("you cannot sign in until 10:16am").await;

    let mut admin = Person::arrives(&story, "admin").await;
    admin.signs_in(&story, &people.admin).await;
    admin.sees("Overview").await;
    story.later(SignedDuration::from_mins(11));
    admin.follows("Lockouts").await;
    admin.sees("Lockouts").await;
    admin.reads("1 account is locked now.").await;
    admin.follows_to("/admin/lockouts/").await;
    admin.sees("Review lockout").await;
    admin.does_not_read(&people.maria.name).await;
    admin.presses("Unlock now").await;
    admin.sees("We need to know it is you").await;
    admin.presses("Continue").await;
    admin.types_the_code(&story, &people.admin.phone).await;
    admin.sees("Unlock account").await;
    admin.presses("Unlock").await;
    admin.reads("Enter a reason").await;
    admin.examine("Unlock account, without a reason").await;
    admin.types("reason", "Called back on the number we have, 24 November, ticket 118").await;
    admin.presses("Unlock").await;
    admin.sees("Review lockout").await;
    admin.reads("Unlocked at").await;
    admin.examine("Review lockout, unlocked").await;
    admin.follows("Lockouts").await;
    admin.reads("No accounts are locked.").await;
    admin.examine("Lockouts, none").await;
    for (link, heading) in [("People", "People"), ("Audit trail", "Audit trail")] {
        admin.follows(link).await;
        admin.sees(heading).await;
    }

    maria.signs_in(&story, &people.maria).await;
    maria.sees("Hello, Maria").await;
}
