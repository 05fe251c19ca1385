//! What other tabs and the back button show once somebody has signed out.

use thirtyfour::WindowHandle;

use crate::person::Person;
use crate::story::Story;

impl Person {
    async fn opens_a_tab(&self) -> WindowHandle {
        let first = self.browser.driver.window().await.unwrap();
        let second = self.browser.driver.new_tab().await.unwrap();
        self.browser.driver.switch_to_window(second).await.unwrap();
        first
    }
}

#[tokio::test]
async fn after_signing_out_no_tab_and_no_back_button_shows_anything_private() {
    let story = Story::begin(1).await;
    let mia = story.patient("mia").await;
    let mut person = Person::arrives(&story, "mia").await;
    person.signs_in(&story, &mia).await;
    person.comes_to("/home").await;
    person.reads(&mia.name).await;

    let first = person.opens_a_tab().await;
    person.opens("/home").await;
    person.reads(&mia.name).await;
    person.presses("Sign out").await;
    person.sees("Welcome to the portal of Lakeside Clinic").await;
    person.does_not_read(&mia.name).await;

    person.browser.driver.back().await.unwrap();
    person.sees("Sign in").await;
    person.does_not_read(&mia.name).await;

    person.browser.driver.switch_to_window(first).await.unwrap();
    person.sees("Sign in").await;
    person.does_not_read(&mia.name).await;
    person.browser.driver.back().await.unwrap();
    person.does_not_read(&mia.name).await;
}
