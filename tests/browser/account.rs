//! A person's own account, and how staff come by theirs.

use crate::person::Person;
use crate::story::Story;
use crate::support::server::PASSWORD;

#[tokio::test]
async fn maria_looks_after_her_account() {
    let story = Story::begin(1).await;
    let people = story.people().await;
    let mut maria = Person::arrives(&story, "maria").await;
    maria.signs_in(&story, &people.maria).await;
    maria.sees("Hello, Maria").await;
    maria.follows("Account").await;
    maria.sees("Your account").await;
    maria.reads("ending in 42").await;
    maria.picks("time_zone", "Chicago (America)").await;
    maria.presses("Save").await;
    maria.reads("Your changes are saved.").await;
    maria.examine("Your account, saved").await;
    maria.follows("Security").await;
    maria.sees("Security").await;
    maria.reads("Signed in with the password and a code by text").await;
    maria.presses("Forget this browser").await;
    maria.reads("That browser is forgotten.").await;
    maria.examine("Security, after a browser was forgotten").await;
    maria.follows("Account").await;
    maria.follows("Who opened your record").await;
    maria.sees("Who opened your record").await;
    maria.reads("Ada Chen").await;
    maria.follows("Home").await;
    maria.reads("9:20am, Chicago time").await;
    maria.follows("Account").await;
    maria.follows("Security").await;
    maria.presses("Sign out everywhere, here too").await;
    maria.comes_to("/?done=signed-out").await;
}

#[tokio::test]
async fn an_invited_doctor_chooses_a_password_and_proves_a_phone() {
    let story = Story::begin(2).await;
    let people = story.people().await;
    let mut admin = Person::arrives(&story, "admin").await;
    admin.signs_in(&story, &people.admin).await;
    admin.sees("Overview").await;
    admin.follows("Delivery").await;
    admin.sees("Delivery").await;
    admin.presses("Send a test to my phone").await;
    admin.reads("We are sending a test to your phone.").await;
    admin.reads("No gateway was asked").await;
    story.deliver().await;
    admin.loads_again().await;
    admin.does_not_read("No gateway was asked").await;
    admin.examine("Delivery, after a test").await;
    admin.follows("People").await;
    admin.sees("People").await;
    admin.presses("Invite staff").await;
    admin.sees("Invite staff").await;
    admin.presses("Mail the invitation").await;
    admin.reads("Choose what the person will be").await;
    admin.examine("Invite staff, with mistakes").await;
    admin.ticks("Doctor").await;
    admin.types("full_name", "Ines Okafor").await;
    admin.types("email", "ines@clinic.example").await;
    admin.types("specialty", "Skin").await;
    admin.presses("Mail the invitation").await;
    admin.reads("We mailed the invitation.").await;
    admin.reads("Ines Okafor").await;
    admin.examine("Invitations").await;

    let mut ines = Person::arrives(&story, "ines").await;
    ines.opens(&story.link("ines@clinic.example").await).await;
    ines.sees("Accept your invitation").await;
    ines.types("phone", "212-555-0119").await;
    ines.types("password", PASSWORD).await;
    ines.presses("Continue").await;
    ines.types_the_code(&story, "+12125550119").await;
    ines.sees("A second way in").await;
    ines.follows("Later").await;
    ines.sees("Today").await;
    ines.reads("You have no appointments on this day.").await;
}
