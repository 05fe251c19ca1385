//! Passkeys and security keys, with devices that the browser itself pretends to have.

use serde_json::{Value, json};

use crate::person::Person;
use crate::story::Story;
use crate::support::server::PASSWORD;

impl Person {
    /// Gets a device that confirms at once: `internal` is the computer's own, `usb` is a key in its socket.
    async fn gets_a_device(&self, transport: &str) -> String {
        self.browser.tell("WebAuthn.enable", json!({})).await;
        let options = json!({
            "protocol": "ctap2",
            "transport": transport,
            "hasResidentKey": transport == "internal",
            "hasUserVerification": true,
            "isUserVerified": true,
        });
        let device = self.browser.tell("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await;
        device["authenticatorId"].as_str().unwrap().to_owned()
    }

    /// Whether the device takes this person's finger or PIN from now on.
    async fn is_taken_for_themselves(&self, device: &str, taken: bool) {
        let wanted = json!({ "authenticatorId": device, "isUserVerified": taken });
        self.browser.tell("WebAuthn.setUserVerified", wanted).await;
    }

    async fn loses(&self, device: &str) {
        self.browser.tell("WebAuthn.removeVirtualAuthenticator", json!({ "authenticatorId": device })).await;
    }

    /// From the security page to a passkey of this name.
    async fn adds_a_passkey(&mut self, name: &str) {
        self.opens("/account/security").await;
        self.sees("Security").await;
        self.follows("Passkeys and security keys").await;
        self.sees("Passkeys and security keys").await;
        self.presses("Add a passkey").await;
        self.sees("Add a passkey").await;
        self.types("name", name).await;
        self.presses("Create the passkey").await;
        self.sees("Passkeys and security keys").await;
        self.reads("Your passkey is added.").await;
        self.reads(&format!("Rename {name}")).await;
    }

    async fn types_the_password(&mut self, email: &str) {
        self.opens("/login").await;
        self.sees("Sign in").await;
        self.types("email", email).await;
        self.types("password", PASSWORD).await;
        self.presses("Sign in").await;
    }
}

#[tokio::test]
async fn a_passkey_is_added_and_signs_in_without_a_password() {
    let story = Story::begin(1).await;
    let mia = story.patient("mia").await;
    let mut person = Person::arrives(&story, "mia-passkey").await;
    let device = person.gets_a_device("internal").await;
    person.signs_in(&story, &mia).await;
    person.comes_to("/home").await;

    person.opens("/account/security/passkeys").await;
    person.sees("Passkeys and security keys").await;
    person.presses("Add a passkey").await;
    person.sees("Add a passkey").await;
    // Without a name the device is not even asked.
    person.presses("Create the passkey").await;
    person.reads("Enter a name").await;
    person.examine("Add a passkey, no name").await;
    person.is_taken_for_themselves(&device, false).await;
    person.types("name", "This computer").await;
    person.presses_here("Create the passkey").await;
    person.reads("The passkey was not added. Try again.").await;
    person.examine("Add a passkey, not confirmed").await;
    person.is_taken_for_themselves(&device, true).await;
    person.presses("Create the passkey").await;
    person.reads("Your passkey is added.").await;
    person.examine("Passkeys, one added").await;

    person.presses("Add a passkey").await;
    person.sees("Add a passkey").await;
    person.types("name", "The same again").await;
    person.presses_here("Create the passkey").await;
    person.reads("This device or key has a passkey for your account already.").await;

    person.presses("Sign out").await;
    person.opens("/login").await;
    person.sees("Sign in").await;
    person.presses("Sign in with a passkey").await;
    person.sees("Sign in with a passkey").await;
    person.is_taken_for_themselves(&device, false).await;
    person.presses_here("Use my passkey").await;
    person.reads("Your device did not confirm it.").await;
    person.examine("Sign in with a passkey, not confirmed").await;
    person.is_taken_for_themselves(&device, true).await;
    person.presses("Use my passkey").await;
    person.comes_to("/home").await;

    // A passkey that the portal no longer has.
    person.opens("/account/security/passkeys").await;
    person.follows("Rename This computer").await;
    person.sees("Rename the passkey").await;
    person.types("name", "Old computer").await;
    person.presses("Save the name").await;
    person.reads("The new name is saved.").await;
    person.follows("Remove Old computer").await;
    person.sees("We need to know it is you").await;
    person.presses("Text me a code").await;
    person.types_the_code(&story, &mia.phone).await;
    person.sees("Remove the passkey?").await;
    person.presses("Remove the passkey").await;
    person.reads("The passkey is removed.").await;
    person.presses("Sign out").await;
    person.opens("/login/passkey").await;
    person.reads("The time to confirm ran out.").await;
    person.examine("Sign in with a passkey, too late").await;
    person.presses("Try again").await;
    person.presses("Use my passkey").await;
    person.reads("This passkey opens no account here.").await;
    person.examine("Sign in with a passkey, refused").await;
    person.follows("Sign in with your password").await;
    person.sees("Sign in").await;
}

#[tokio::test]
async fn a_security_key_is_the_second_factor() {
    let story = Story::begin(1).await;
    let noor = story.patient("noor").await;
    let mut person = Person::arrives(&story, "noor-key").await;
    let key = person.gets_a_device("usb").await;
    person.signs_in(&story, &noor).await;
    person.comes_to("/home").await;
    person.adds_a_passkey("Blue key").await;
    person.presses("Sign out").await;

    person.types_the_password(&noor.email).await;
    person.sees("Use your passkey").await;
    person.is_taken_for_themselves(&key, false).await;
    person.presses_here("Use my passkey").await;
    person.reads("Your device did not confirm it. Try again, or choose another way.").await;
    person.examine("Use your passkey, not confirmed").await;
    person.is_taken_for_themselves(&key, true).await;
    // Pressed twice, it is asked once and the answer is posted once.
    person.asks("const b = document.querySelector('[data-part=ask] button'); b.click(); b.click(); return 1").await;
    person.comes_to("/home").await;
    person.presses("Sign out").await;

    person.loses(&key).await;
    person.types_the_password(&noor.email).await;
    person.sees("Use your passkey").await;
    person.follows("Choose another way to get in").await;
    person.sees("Other ways to get in").await;
    person.ticks("Text message to the phone ending in").await;
    person.presses("Continue").await;
    person.types_the_code(&story, &noor.phone).await;
    person.comes_to("/home").await;
}

#[tokio::test]
async fn without_scripts_every_page_shows_a_way_around() {
    let story = Story::begin(2).await;
    let mia = story.patient("mia").await;
    let mut owner = Person::arrives(&story, "mia-owner").await;
    owner.gets_a_device("internal").await;
    owner.signs_in(&story, &mia).await;
    owner.comes_to("/home").await;
    owner.adds_a_passkey("This computer").await;

    let mut person = Person::arrives_without_scripts(&story, "mia-scriptless").await;
    person.opens("/login").await;
    person.sees("Sign in").await;
    person.presses("Sign in with a passkey").await;
    person.sees("Sign in with a passkey").await;
    person.reads("This browser cannot use passkeys, or scripts are off.").await;
    person.does_not_read("Use my passkey").await;
    person.follows("Sign in with your password").await;
    person.types_the_password(&mia.email).await;
    person.sees("Use your passkey").await;
    person.reads("This browser cannot use passkeys, or scripts are off.").await;
    person.follows("Choose another way to get in").await;
    person.ticks("Text message to the phone ending in").await;
    person.presses("Continue").await;
    person.types_the_code(&story, &mia.phone).await;
    person.comes_to("/home").await;
    person.opens("/account/security/passkeys").await;
    person.presses("Add a passkey").await;
    person.sees("Add a passkey").await;
    person.reads("This browser cannot create passkeys, or scripts are off.").await;
    person.follows("Back to your passkeys").await;
    person.sees("Passkeys and security keys").await;
    let nothing = person.asks("return document.querySelectorAll('[data-part]').length").await;
    assert_eq!(nothing, Value::from(0));
}
