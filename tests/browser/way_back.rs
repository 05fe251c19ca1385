//! Ways back in and what keeps an account safe, with eyes and fingers: a lost phone, a report that it was not them, changes of
//! password and mail, and the policy that admins set.

use crate::person::Person;
use crate::story::Story;
use crate::support::server::PASSWORD;

const NEW: &str = "+12125550199";

#[tokio::test]
async fn a_lost_phone_is_asked_for_and_checked_by_staff() {
    let story = Story::begin(2).await;
    let people = story.people().await;
    let mut maria = Person::arrives(&story, "maria").await;
    maria.opens("/login").await;
    maria.types("email", &people.maria.email).await;
    maria.types("password", PASSWORD).await;
    maria.presses("Sign in").await;
    maria.follows("Choose another way to get in").await;
    maria.sees("Other ways to get in").await;
    maria.ticks("None of these work for me").await;
    maria.presses("Continue").await;
    maria.sees("A new phone number").await;
    maria.presses("Send me a code").await;
    maria.reads("Enter your mobile phone number").await;
    maria.examine("A new phone number, with mistakes").await;
    maria.types("phone", "(212) 555-0199").await;
    maria.presses("Send me a code").await;
    maria.types_the_code(&story, NEW).await;
    maria.sees("Your request has reached us").await;
    maria.reads("The new number ends in 99.").await;

    let mut chen = Person::arrives(&story, "chen").await;
    chen.signs_in(&story, &people.chen).await;
    chen.follows("1 patient lost their phone and waits for staff").await;
    chen.sees("Lost phones").await;
    chen.follows("Open the request of Maria Rivera").await;
    chen.sees("A request for a new phone").await;
    chen.presses("Check the person").await;
    chen.sees("Check the person").await;
    chen.presses("I checked all of it").await;
    chen.reads("Tick that you saw the person, or refuse the request").await;
    chen.examine("Check the person, with mistakes").await;
    for label in [
        "Face to face",
        "I saw the person myself",
        "I compared a photo ID",
        "I asked for the date of birth",
        "I asked two things",
        "I asked how the new number ends",
    ] {
        chen.ticks(label).await;
    }
    chen.presses("I checked all of it").await;
    chen.reads("Your check is written down.").await;
    chen.examine("A request for a new phone, checked").await;

    maria.presses("Stop the request").await;
    maria.reads("The request was stopped").await;
    chen.opens("/staff/recoveries").await;
    chen.reads("Nobody waits for a new phone").await;
}

#[tokio::test]
async fn something_was_not_them_and_everybody_is_shut_out() {
    let story = Story::begin(1).await;
    let mia = story.patient("mia").await;
    let mut person = Person::arrives(&story, "mia").await;
    person.signs_in(&story, &mia).await;
    person.comes_to("/home").await;
    person.opens("/account/security/password").await;
    person.sees("Change your password").await;
    person.opens("/account/security/email").await;
    person.sees("Change your email").await;
    person.types("email", "mia.new@people.example").await;
    person.types("password", PASSWORD).await;
    person.presses("Send the link").await;
    person.sees("Look at your new mailbox").await;
    person.opens("/account/security/recovery-codes").await;
    person.sees("Recovery codes").await;
    person.presses("Make recovery codes").await;
    person.sees("Your recovery codes").await;

    let link = story.not_me_link(&mia.email, "new recovery codes").await;
    person.opens(&link).await;
    person.sees("Was this not you?").await;
    person.reads("Every way to sign in that was added in the last 10 days is taken away.").await;
    person.presses("This was not me").await;
    person.sees("We shut everybody out").await;
    person.opens("/home").await;
    person.sees("Sign in").await;
}

#[tokio::test]
async fn an_admin_looks_at_a_change_of_policy_before_it_is_made() {
    let story = Story::begin(1).await;
    let people = story.people().await;
    let mut admin = Person::arrives(&story, "admin").await;
    admin.signs_in(&story, &people.admin).await;
    admin.sees("Overview").await;
    admin.follows("Policy").await;
    admin.sees("Policy").await;
    admin.follows("Change the policy: Doctors").await;
    admin.sees("Change the policy: Doctors").await;
    admin.types("idle_minutes", "99").await;
    admin.presses("Check the change").await;
    admin.examine("Change the policy, with mistakes").await;
    admin.types("idle_minutes", "10").await;
    admin.ticks("Code by text message").await;
    admin.ticks("Code by phone call").await;
    admin.presses("Check the change").await;
    admin.sees("Check the change of policy").await;
    admin.reads("Ada Chen").await;
    admin.ticks("I know that").await;
    admin.types("reason", "Board of 3 November").await;
    admin.presses("Change the policy").await;
    admin.reads("The policy changed for this role").await;
    admin.examine("Policy, changed").await;
    admin.follows("Who depends on text messages alone").await;
    admin.sees("Who depends on text messages alone").await;
}
