//! The lobby of a visit, and the press that leads into its room: in its window, with a code for this visit.

use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use salus::care::appointments::Mode;
use salus::clock::SignedDuration;
use salus::types::ids::AppointmentId;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::doctor_story::{Story, story, story_with, today_at};
use crate::support::browser::{Browser, Page};
use crate::support::clinic::{deeds, tomorrow_at};

const SECRET: &str = "a secret of the video server";

async fn with_video() -> (Story, MockServer) {
    let jitsi = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200).set_body_string("a room")).mount(&jitsi).await;
    let settings = [
        ("SALUS_JITSI_URL", jitsi.uri()),
        ("SALUS_JITSI_APP_ID", "salus".into()),
        ("SALUS_JITSI_SECRET", SECRET.into()),
    ];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (story_with(&settings).await, jitsi)
}

impl Story {
    /// Presses "Join video visit" and answers the code that it asks for.
    async fn prove(&self, browser: &mut Browser, who: &crate::support::server::Someone, visit: AppointmentId) -> Page {
        browser.open(&format!("/visits/{visit}")).await;
        let page = browser.post(&format!("/visits/{visit}/join"), &[]).await;
        assert_eq!((page.status, page.location()), (303, "/challenge"));
        browser.open("/challenge").await.says("We ask for a code before each video visit to keep your visit private.");
        let code = self.portal.code(&who.phone).await;
        browser.post("/challenge", &[("code", &code)]).await
    }
}

#[tokio::test]
async fn the_lobby_says_when_the_visit_can_be_joined() {
    let (story, _jitsi) = with_video().await;
    let visit = story.appointment(&story.chen, &story.mia, today_at(11, 0), Mode::Video).await;
    let lobby = format!("/visits/{}", visit.id);
    let mut browser = story.browser(&story.mia).await;
    let second = SignedDuration::from_secs(1);
    let (from, until) = (today_at(10, 30), today_at(12, 20));
    for (at, state, sentence, may) in [
        (from - second, "early", "You can join from 10:30am on Tuesday 24 November 2026.", false),
        (from, "open", "You can join now, until 12:20pm.", true),
        (until - second, "open", "You can join now, until 12:20pm.", true),
        (until, "late", "This visit has ended.", false),
    ] {
        story.portal.later(at.duration_since(story.portal.clock.now()));
        if browser.get(&lobby).await.status == 303 {
            browser = story.browser(&story.mia).await;
        }
        let page = browser.open(&lobby).await;
        page.says(sentence)
            .says("You will meet Chen Example.")
            .says("Tuesday 24 November 2026, 11:00am, New York time");
        page.says("If this is an emergency");
        assert_eq!(page.text().contains("Join by phone instead"), state != "late", "{at}");
        assert_eq!(page.text().contains("Join video visit"), may, "{at}");
        assert_eq!(page.text().contains("Check again"), state == "early", "{at}");
        assert!(page.body.contains(&format!("data-state=\"{state}\"")));
        let said: serde_json::Value = serde_json::from_str(&browser.get(&format!("{lobby}/state")).await.body).unwrap();
        assert_eq!(said, serde_json::json!({"state": state, "sentence": sentence}));
        browser.open(&lobby).await;
        let texts = story.portal.messages(&story.mia.phone).await;
        let page = browser.post(&format!("{lobby}/join"), &[]).await;
        assert_eq!(page.status, if may { 303 } else { 422 }, "{at}");
        if !may {
            page.says("There is a problem").says(sentence);
            assert_eq!(story.portal.messages(&story.mia.phone).await, texts, "no code for a shut door");
        }
    }
    let listened = deeds(&story.portal.portal, story.mia.account, "lobby_opened").await;
    browser.get(&format!("{lobby}/state")).await;
    assert_eq!(
        deeds(&story.portal.portal, story.mia.account, "lobby_opened").await,
        listened,
        "asking again is no reading"
    );

    let phone = story.appointment(&story.chen, &story.mia, tomorrow_at(9, 0), Mode::Phone).await;
    browser.open(&format!("/visits/{}", phone.id)).await.says("This appointment is not by video");
}

#[tokio::test]
async fn a_lobby_that_asks_again_does_not_keep_the_session_alive() {
    let (story, _jitsi) = with_video().await;
    let visit = story.appointment(&story.chen, &story.mia, today_at(11, 0), Mode::Video).await;
    let mut browser = story.browser(&story.mia).await;
    for _ in 0..8 {
        story.portal.minutes_later(2);
        browser.get(&format!("/visits/{}/state", visit.id)).await;
    }
    assert!(browser.get(&format!("/visits/{}/state", visit.id)).await.location().starts_with("/login"));
}

#[tokio::test]
async fn joining_takes_a_code_for_this_visit_and_leads_to_the_video_server_once() {
    let (story, jitsi) = with_video().await;
    let visit = story.appointment(&story.chen, &story.mia, today_at(10, 5), Mode::Video).await;
    let next = story.appointment(&story.okafor, &story.mia, today_at(10, 25), Mode::Video).await;
    let mut browser = story.browser(&story.mia).await;

    // A code for another visit does not open this one.
    let page = story.prove(&mut browser, &story.mia, next.id).await;
    assert_eq!(page.location(), format!("/visits/{}/room", next.id));
    let room = format!("/visits/{}/room", visit.id);
    assert_eq!(browser.get(&room).await.location(), format!("/visits/{}", visit.id));
    browser.open(&format!("/visits/{}", visit.id)).await;
    let page = browser.post(&room, &[]).await;
    assert_eq!(page.status, 422);
    page.says("Your code for this visit is too old.");

    story.portal.minutes_later(1);
    let page = story.prove(&mut browser, &story.mia, visit.id).await;
    assert_eq!(page.location(), room);
    let page = browser.open(&room).await;
    page.says("You are ready").says("Your visit with Chen Example is open.");
    assert!(!page.body.contains("jwt") && !page.body.contains(&jitsi.uri()), "no token in a page");
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains(&format!("form-action 'self' {}", jitsi.uri())), "{policy}");
    let page = browser.post(&room, &[]).await;
    assert_eq!(page.status, 303);
    let link: url::Url = page.location().parse().unwrap();
    let opened = reqwest::get(link.clone()).await.unwrap();
    assert_eq!(opened.text().await.unwrap(), "a room");

    // What the video server got.
    let requests = jitsi.received_requests().await.unwrap();
    let asked = &requests.last().unwrap().url;
    let query: HashMap<_, _> = asked.query_pairs().collect();
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false;
    rules.set_audience(&["jitsi"]);
    let claims =
        decode::<serde_json::Value>(query["jwt"].as_bytes(), &DecodingKey::from_secret(SECRET.as_bytes()), &rules)
            .unwrap()
            .claims;
    assert_eq!(claims["room"], asked.path().trim_start_matches('/'));
    assert_eq!(asked.path().len(), 33, "a name of 128 bits");
    assert_eq!((&claims["iss"], &claims["context"]["user"]["name"]), (&"salus".into(), &"Mia Example".into()));
    assert_eq!(claims["context"]["user"]["moderator"], "false");
    assert_eq!(claims["exp"], today_at(11, 25).as_second(), "it ends with the window");
    assert_eq!(deeds(&story.portal.portal, story.mia.account, "visit_joined").await, 1);

    // With the proof at hand a second press asks for no code.
    browser.open(&format!("/visits/{}", visit.id)).await;
    assert_eq!(browser.post(&format!("/visits/{}/join", visit.id), &[]).await.location(), room);
    story.portal.minutes_later(11);
    browser.open(&format!("/visits/{}", visit.id)).await;
    assert_eq!(
        browser.post(&format!("/visits/{}/join", visit.id), &[]).await.location(),
        "/challenge",
        "a proof is 10 minutes old at most"
    );

    let mut doctor = story.browser(&story.chen).await;
    assert_eq!(story.prove(&mut doctor, &story.chen, visit.id).await.location(), room);
    doctor.open(&room).await.says("Your visit with Mia Example is open.");
    let link: url::Url = doctor.post(&room, &[]).await.location().parse().unwrap();
    assert_eq!(link.path(), asked.path(), "one room for both");
}

#[tokio::test]
async fn without_a_video_server_the_lobby_offers_the_phone() {
    let story = story().await;
    let visit = story.appointment(&story.chen, &story.mia, today_at(10, 20), Mode::Video).await;
    let lobby = format!("/visits/{}", visit.id);
    let phone = story.portal.portal.config.clinic.phone.clone();
    let mut browser = story.browser(&story.mia).await;
    let page = browser.open(&lobby).await;
    let sentence = format!("The video link is not ready. Call {phone} to have this visit by phone.");
    page.says(&sentence).says("Leave").says("If this is an emergency").says_not("Join video visit");
    let page = browser.post(&format!("{lobby}/join"), &[]).await;
    assert_eq!(page.status, 422);
    page.says(&sentence);
    assert_eq!(story.portal.messages(&story.mia.phone).await, 1, "only the code of the sign-in");
    let mut doctor = story.browser(&story.chen).await;
    doctor.open(&lobby).await.says("No video server is set up.");
    assert!(!doctor.open(&lobby).await.header("content-security-policy").contains("form-action 'self' "));
    assert_eq!(doctor.get(&format!("{lobby}/join")).await.location(), lobby);
}
