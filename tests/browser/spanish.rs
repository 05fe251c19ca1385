//! The same rooms in Spanish, whose words are longer: they fit, and are marked as Spanish.

use serde_json::json;

use crate::person::Person;
use crate::story::Story;
use crate::support::server::{PASSWORD, Someone};

async fn looks_round(person: &mut Person, paths: &[&str]) {
    for path in paths {
        person.opens(path).await;
        person.until("return document.readyState", json!("complete")).await;
        assert_eq!(person.asks("return document.documentElement.lang").await, json!("es"), "{path}");
        person.examine(&format!("es{path}")).await;
    }
}

/// Signs in where the door speaks Spanish already, and has the rooms speak it too.
async fn enters(person: &mut Person, story: &Story, who: &Someone) {
    person.opens("/login").await;
    person.types("email", &who.email).await;
    person.types("password", PASSWORD).await;
    person.presses("Entrar").await;
    looks_round(person, &["/challenge", "/challenge/method"]).await;
    person.opens("/challenge").await;
    person.types("code", &story.code(&who.phone).await).await;
    person.presses("Continuar").await;
    person.presses("Español").await;
}

#[tokio::test]
async fn every_room_fits_in_spanish() {
    let story = Story::begin(1).await;
    let people = story.people().await;
    let mut person = Person::arrives(&story, "spanish").await;
    person.opens("/").await;
    person.presses("Español").await;
    looks_round(&mut person, &["/", "/register", "/login", "/help/codes", "/password/forgot"]).await;

    enters(&mut person, &story, &people.maria).await;
    let times = format!("/appointments/new?step=3&kind=follow_up&mode=video&doctor={}", people.chen.account);
    let rooms = ["/home", "/appointments", "/appointments/past", "/appointments/new", &times, "/labs"];
    looks_round(&mut person, &rooms).await;
    person.opens("/labs").await;
    person.follows_to("/labs/").await;
    person.examine("es/labs/one").await;
    person.presses("Cerrar sesión").await;

    enters(&mut person, &story, &people.chen).await;
    looks_round(&mut person, &["/doctor", "/doctor/schedule", "/doctor/results"]).await;
    person.follows_to("/doctor/results/").await;
    person.examine("es/doctor/results/one").await;
    let maria = format!("/doctor/patients/{}", people.maria.patient.unwrap());
    looks_round(&mut person, &[&maria, &format!("{maria}/labs/new")]).await;
}
