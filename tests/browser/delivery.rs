//! What a person who waits for a code sees of its way to the phone.

use salus::clock::SignedDuration;

use crate::gateway_double::Double;
use crate::person::Person;
use crate::story::{People, Story};
use crate::support::server::{PASSWORD, code_in};
use crate::{plivo_double, twilio_double};

/// A clinic whose texts leave through two gateways that call back.
struct Scene {
    story: Story,
    people: People,
    twilio: Double,
    plivo: Double,
}

impl Scene {
    async fn begin() -> Self {
        let (twilio, plivo) = (twilio_double::start().await, plivo_double::plivo().await);
        let both = [("SALUS_PUBLIC_URL", "https://localhost"), ("SALUS_SMS_GATEWAYS", "twilio,plivo")];
        let each = [&both[..], &twilio_double::settings(&twilio), &plivo_double::settings(&plivo)].concat();
        let story = Story::begin_with(1, &each).await;
        let people = story.people().await;
        Self { story, people, twilio, plivo }
    }

    async fn waits_for_a_code(&self, person: &mut Person) {
        person.opens("/login").await;
        person.sees("Sign in").await;
        person.types("email", &self.people.maria.email).await;
        person.types("password", PASSWORD).await;
        person.presses("Sign in").await;
        person.sees("Enter your code").await;
        self.story.deliver().await;
    }

    /// The code in the newest text of the second gateway.
    fn code(&self) -> String {
        code_in(self.plivo.taken().last().unwrap().json().unwrap()["text"].as_str().unwrap())
    }
}

#[tokio::test]
async fn a_code_that_fails_comes_another_way_before_marias_eyes() {
    let scene = Scene::begin().await;
    let mut maria = Person::arrives(&scene.story, "maria").await;
    scene.waits_for_a_code(&mut maria).await;
    maria.reads("Sent at 10:00am.").await;
    assert_eq!(twilio_double::tell(&scene.twilio, &scene.story.url, 0, "undelivered", Some("30007")).await, 204);
    maria.reads("It could not be delivered that way. We are trying another way now.").await;
    maria.examine("Enter your code, trying another way").await;
    scene.story.deliver().await;
    maria.reads("Sent another way at 10:00am.").await;
    maria.examine("Enter your code, sent another way").await;
    assert_eq!(plivo_double::tell(&scene.plivo, &scene.story.url, 0, "delivered").await, 204);
    maria.reads("Your phone network says it arrived at 10:00am.").await;
    maria.types("code", &scene.code()).await;
    maria.presses("Continue").await;
    maria.sees("Hello, Maria").await;
}

#[tokio::test]
async fn a_code_that_takes_long_offers_other_ways_also_without_scripts() {
    let scene = Scene::begin().await;
    let mut maria = Person::arrives_without_scripts(&scene.story, "maria").await;
    scene.waits_for_a_code(&mut maria).await;
    maria.loads_again().await;
    maria.reads("Sent at 10:00am.").await;
    maria.does_not_read("Call me instead").await;
    scene.story.later(SignedDuration::from_secs(26));
    maria.loads_again().await;
    maria.reads("It takes longer than usual.").await;
    maria.examine("Enter your code, delayed").await;
    maria.does_not_read("Call me instead").await;
    scene.story.later(SignedDuration::from_secs(5));
    maria.loads_again().await;
    maria.presses("Call me instead").await;
    maria.reads("We are calling the phone ending in 42.").await;
    maria.examine("Enter your code, called").await;
    maria.follows("Choose another way to get in").await;
    maria.sees("Other ways to get in").await;
    maria.ticks("Text message to the phone ending in 42").await;
    maria.presses("Continue").await;
    maria.reads("You can ask for another code at").await;
}
