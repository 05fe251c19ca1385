//! Delivery as an admin sees it: figures that add up, texts one by one without what is in them, and a test.

use salus::audit::{self, Deed, Search};
use salus::clock::SignedDuration;
use salus::messaging::dispatches::figures::{self, Figure};

use crate::gateway_double::Answer;
use crate::receipts::Scene;
use crate::support::browser::Browser;
use crate::support::server::{PASSWORD, Someone, code_in};
use crate::twilio_double::classic;

/// Signs somebody in through the double.
async fn signed_in(scene: &Scene, who: &Someone) -> Browser {
    let mut browser = scene.portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
    enter_code(scene, &mut browser).await;
    browser
}

/// Types the newest code of the double.
async fn enter_code(scene: &Scene, browser: &mut Browser) -> String {
    scene.portal.deliver().await;
    let code = code_in(scene.double.taken().last().unwrap().field("Body").unwrap());
    browser.send("/challenge", &[("code", &code)]).await.address
}

async fn deeds(scene: &Scene, deed: Deed) -> usize {
    let search = Search { deed: Some(deed.as_str().into()), limit: 20, ..Search::default() };
    audit::find(&scene.portal.portal, &search).await.unwrap().len()
}

#[tokio::test]
async fn the_page_adds_up_and_shows_neither_numbers_nor_codes() {
    let scene = Scene::open().await;
    let (mia, noor, ada) =
        (scene.portal.patient("mia").await, scene.portal.patient("noor").await, scene.portal.admin("ada").await);
    let mut admin = signed_in(&scene, &ada).await;
    scene.portal.later(SignedDuration::from_secs(2));
    scene.tell("delivered").await;

    scene.waiting(&mia).await;
    scene.portal.deliver().await;
    scene.portal.later(SignedDuration::from_secs(7));
    let id = scene.newest_id();
    let form = [("MessageSid", id.as_str()), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")];
    assert_eq!(scene.signed(&scene.callback(), &form).await, 204);

    let (status, body) = classic(400, 21614);
    scene.double.script([Answer::Raw(status, vec![], body.to_string().into_bytes())]);
    scene.waiting(&noor).await;
    scene.portal.deliver().await;

    let page = admin.open("/admin/delivery").await;
    page.says("In the last hour").says("twilio US 3 2 1 0 2 2.0 s 2.0 s");
    page.says("Code •••• ").says("Not delivered").says("30003").says("landline").says("Arrived 2.0 s");
    assert!(page.body.contains("<svg") && page.body.contains("<title id=\"delivery-chart\">"));
    for secret in [&mia, &noor, &ada] {
        let shown = page.body.contains(&secret.phone[1..]) || page.body.contains(&secret.email);
        assert!(!shown && page.text().contains(&format!("•••• {}", &secret.phone[10..])), "{}", secret.phone);
    }
    for taken in scene.double.taken() {
        assert!(!page.body.contains(&code_in(taken.field("Body").unwrap())), "no code");
        assert!(!page.body.contains("sign-in code is"), "no text");
    }
    assert!(deeds(&scene, Deed::DeliveryRead).await > 0, "reading is written down");
    assert_eq!(page.links("/admin/delivery").len(), 2, "the way around leads here");

    scene.portal.minutes_later(61);
    let page = {
        let mut admin = signed_in(&scene, &ada).await;
        admin.open("/admin/delivery").await
    };
    page.says("In the last 24 hours")
        .says("twilio US 4 3 1 1 2 2.0 s 2.0 s")
        .says("twilio US 1 1 0 1 0 Not known Not known");
}

#[tokio::test]
async fn half_and_95_of_100_are_told_of_what_arrived() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.waiting(&mia).await;
    for seconds in [1, 2, 3, 40] {
        scene.portal.deliver().await;
        scene.portal.later(SignedDuration::from_secs(seconds));
        scene.tell("delivered").await;
        scene.portal.minutes_later(16);
        browser = scene.waiting(&mia).await;
    }
    assert!(browser.last.is_some());
    scene.portal.deliver().await;
    let now = scene.portal.portal.clock.now();
    let found = figures::since(&scene.portal.portal, now - SignedDuration::from_hours(24)).await.unwrap();
    let seconds = |n| Some(SignedDuration::from_secs(n));
    assert_eq!(
        found,
        [Figure {
            gateway: "twilio".into(),
            by_call: false,
            country: "US".into(),
            tried: 5,
            sent: 5,
            arrived: 4,
            failed: 0,
            median: seconds(2),
            p95: seconds(40),
        }]
    );
}

#[tokio::test]
async fn a_test_goes_to_the_admins_own_phone_after_a_fresh_code_and_not_without_end() {
    let scene = Scene::open().await;
    let ada = scene.portal.admin("ada").await;
    let mut admin = signed_in(&scene, &ada).await;
    admin.open("/admin/delivery").await;
    scene.portal.minutes_later(11);
    let before = scene.double.taken().len();
    let page = admin.post("/admin/delivery/test", &[]).await;
    assert_eq!(page.location(), "/step-up?next=%2Fadmin%2Fdelivery");
    scene.portal.deliver().await;
    assert_eq!(scene.double.taken().len(), before, "nothing goes out before the code");

    admin.open("/step-up?next=%2Fadmin%2Fdelivery").await;
    admin.send("/step-up", &[]).await;
    assert_eq!(enter_code(&scene, &mut admin).await, "/admin/delivery");
    for turn in 1..=5 {
        let page = admin.send("/admin/delivery/test", &[]).await;
        assert_eq!(page.status, 200, "{turn}");
        page.says("We are sending a test to your phone.");
        scene.portal.deliver().await;
        let taken = scene.double.taken().pop().unwrap();
        assert_eq!(taken.field("To"), Some(ada.phone.as_str()));
        assert!(taken.field("Body").unwrap().contains("this is a test of text messages"));
    }
    let page = admin.post("/admin/delivery/test", &[]).await;
    assert_eq!(page.status, 422);
    page.says("You sent many tests.");
    assert_eq!(deeds(&scene, Deed::TestTextSent).await, 5, "each is written down");
    scene.tell("delivered").await;
    admin.open("/admin/delivery").await.says("Test •••• ").says("Arrived");
}
