//! An authenticator app and recovery codes: set up, used, and what their pages are like.

use data_encoding::BASE32_NOPAD;
use salus::clock::SignedDuration;

use crate::person::Person;
use crate::story::Story;
use crate::support::server::PASSWORD;

impl Person {
    /// Types email and password.
    async fn comes_to_the_challenge(&mut self, email: &str) {
        self.opens("/login").await;
        self.sees("Sign in").await;
        self.types("email", email).await;
        self.types("password", PASSWORD).await;
        self.presses("Sign in").await;
        self.sees("Enter your code").await;
    }

    /// The code that an app shows which was given the key on the page.
    async fn reads_the_key(&self) -> Vec<u8> {
        let key = self.asks("return document.querySelector('.secret').innerText").await;
        BASE32_NOPAD.decode(key.as_str().unwrap().replace(' ', "").as_bytes()).unwrap()
    }
}

fn code(story: &Story, key: &[u8]) -> String {
    totp_lite::totp_custom::<totp_lite::Sha1>(30, 6, key, story.clock.now().as_second().unsigned_abs())
}

#[tokio::test]
async fn an_app_is_set_up_and_asked_for_and_a_recovery_code_gets_in_without_it() {
    let story = Story::begin(1).await;
    let mia = story.patient("mia").await;
    let mut person = Person::arrives(&story, "mia").await;
    person.signs_in(&story, &mia).await;
    person.comes_to("/home").await;
    story.later(SignedDuration::from_mins(1));
    person.opens("/account/security").await;
    person.sees("Security").await;
    person.follows("Set up an authenticator app").await;
    person.sees("Authenticator app").await;
    person.presses("Set up an app").await;
    person.sees("Set up an authenticator app").await;
    let key = person.reads_the_key().await;
    // A camera needs squares of some pixels, black on white in every scheme, also where colours are forced.
    let white = "return getComputedStyle(document.querySelector('.qr')).backgroundColor";
    assert_eq!(person.asks(white).await, "rgb(255, 255, 255)");
    let wide = "return document.querySelector('.qr svg').getBoundingClientRect().width >= 200";
    assert_eq!(person.asks(wide).await, true);
    person.presses("Set up").await;
    person.reads("Enter the 6-digit code").await;
    person.examine("Set up an authenticator app, with a mistake").await;
    person.types("code", &code(&story, &key)).await;
    person.presses("Set up").await;
    person.reads("Your app is set up.").await;
    person.examine("Authenticator app, set up").await;

    person.opens("/account/security/recovery-codes").await;
    person.sees("Recovery codes").await;
    person.presses("Make recovery codes").await;
    person.sees("Your recovery codes").await;
    let first = person.asks("return document.querySelector('.recovery-codes code').innerText").await;
    let first = first.as_str().unwrap().to_owned();
    person.follows("I have saved them").await;
    person.sees("Security").await;
    person.follows("Recovery codes").await;
    person.sees("Recovery codes").await;
    person.reads("10 of 10").await;
    person.follows("Remove all codes").await;
    person.sees("Remove all recovery codes").await;
    person.follows("Keep the codes").await;
    person.opens("/account/security/app/remove").await;
    person.sees("Remove the authenticator app").await;
    person.follows("Keep the app").await;
    person.presses("Sign out").await;

    story.later(SignedDuration::from_mins(2));
    person.comes_to_the_challenge(&mia.email).await;
    person.reads("Open your authenticator app").await;
    person.examine("Enter your code, of an app").await;
    person.types("code", "12").await;
    person.presses("Continue").await;
    person.reads("The code must be 6 numbers").await;
    person.examine("Enter your code, of an app, with a mistake").await;
    person.types("code", &code(&story, &key)).await;
    person.presses("Continue").await;
    person.comes_to("/home").await;
    person.presses("Sign out").await;

    story.later(SignedDuration::from_mins(2));
    person.comes_to_the_challenge(&mia.email).await;
    person.follows("Choose another way to get in").await;
    person.sees("Other ways to get in").await;
    person.ticks("One of your recovery codes").await;
    person.presses("Continue").await;
    person.sees("Enter a recovery code").await;
    person.types("code", "1234").await;
    person.presses("Continue").await;
    person.reads("A recovery code has 12 letters and numbers").await;
    person.examine("Enter a recovery code, with a mistake").await;
    person.types("code", &first.to_lowercase()).await;
    person.presses("Continue").await;
    person.comes_to("/home").await;
    person.opens("/account/security/recovery-codes").await;
    person.reads("9 of 10").await;
}
