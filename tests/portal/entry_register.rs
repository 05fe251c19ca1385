//! Opening an account: the form, the proof of the phone, and what a stranger learns from it.

use salus::clock::SignedDuration;

use crate::support::browser::{Browser, Page};
use crate::support::server::{PASSWORD, TestPortal};

/// Sends the form of somebody new, with these fields instead.
pub async fn fill_in(browser: &mut Browser, over: &[(&str, &str)]) -> Page {
    browser.open("/register").await;
    let mut fields = vec![
        ("full_name", "Noor Haddad"),
        ("birth_date", "1980-11-03"),
        ("email", "noor@people.example"),
        ("phone", "(212) 555-0142"),
        ("password", PASSWORD),
        ("locale", "en"),
        ("time_zone", "America/Chicago"),
        ("accept_terms", "yes"),
    ];
    for (name, value) in over {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    browser.send("/register", &fields).await
}

#[tokio::test]
async fn an_account_opens_when_the_phone_is_proved_and_not_before() {
    let portal = TestPortal::start().await;
    let mut browser = portal.browser();
    let page = fill_in(&mut browser, &[]).await;
    assert_eq!((page.status, page.address.as_str()), (200, "/challenge"));
    page.says("ending in 42");
    let page = browser.get("/home").await;
    assert_eq!(page.location(), "/challenge", "a form alone opens only the challenge");

    browser.open("/challenge").await;
    let code = portal.code("+12125550142").await;
    let page = browser.post("/challenge", &[("code", &format!("your code is {code}"))]).await;
    assert_eq!((page.status, page.location()), (303, "/account/security/recovery-codes?welcome=1"));
    let page = browser.open("/account/security/recovery-codes?welcome=1").await;
    page.says("A second way in").says("Text messages are the weaker way");
    assert_eq!(page.links("/home"), ["/home"], "later will do");
    portal.message("noor@people.example", |mail| mail.text.contains("is open")).await;
    let phones = browser.open("/account/security/phones").await;
    let history =
        phones.links("/account/security/phones/").into_iter().find(|link| !link.ends_with("/replace")).unwrap();
    browser.open(&history).await.says_not("We sent nothing to this phone yet");
}

#[tokio::test]
async fn everything_wrong_is_told_at_once_and_nothing_typed_is_lost() {
    let portal = TestPortal::start().await;
    let mut browser = portal.browser();
    let over = [
        ("full_name", ""),
        ("birth_date", "03.11.1980"),
        ("email", "noor@people"),
        ("phone", "900 555 0142"),
        ("password", "short"),
        ("accept_terms", ""),
    ];
    let page = fill_in(&mut browser, &over).await;
    assert_eq!(page.status, 422);
    page.says("There is a problem")
        .says("Enter your full name")
        .says("Enter your date of birth like 1980-11-03")
        .says("Enter an email address like name@example.org")
        .says("We cannot text this kind of number.")
        .says("Choose a password of at least 12 characters")
        .says("Tick the box to agree");
    assert_eq!(page.field("phone"), "900 555 0142");
    assert_eq!(page.field("birth_date"), "03.11.1980");
    assert_eq!(page.field("time_zone"), "America/Chicago");
    assert_eq!(page.field("password"), "", "a password is never given back");
    for (password, sentence) in [
        ("passwordpassword", "Many people use this password."),
        ("noorhaddad-noorhaddad", "without your own name"),
        ("salus clinic salus", "without your own name"),
    ] {
        fill_in(&mut browser, &[("password", password)]).await.says(sentence);
    }
    let countries = fill_in(&mut browser, &[("phone", "+52 55 1234 5678")]).await;
    countries.says("We do not send text messages to that country.");
}

#[tokio::test]
async fn a_taken_email_and_a_full_phone_look_like_any_other_and_the_owner_is_told() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let (mut first, mut second) = (portal.browser(), portal.browser());
    let fresh = fill_in(&mut first, &[]).await;
    let taken = fill_in(&mut second, &[("email", &mia.email)]).await;
    assert_eq!((fresh.status, &fresh.address), (taken.status, &taken.address));
    portal.deliver().await;
    portal.later(SignedDuration::from_secs(1));
    let seen = |page: &Page| page.text();
    let (fresh, taken) = (first.open("/challenge").await, second.open("/challenge").await);
    assert_eq!(seen(&fresh), seen(&taken), "the waiting page says the same, delivery included");
    portal.message(&mia.email, |mail| mail.text.contains("already have an account")).await;
    assert_eq!(portal.messages("+12125550142").await, 1, "the stranger's phone gets one code, for the fresh one");
    for _ in 0..4 {
        second.open("/challenge").await;
        second.send("/challenge", &[("code", "123456")]).await;
    }
    let page = second.get("/home").await;
    assert_ne!(page.status, 200, "nothing opens behind a taken email");
}

#[tokio::test]
async fn registrations_from_one_network_are_limited() {
    let portal = TestPortal::start().await;
    let mut browser = portal.browser();
    for number in 0..10 {
        let page = fill_in(&mut browser, &[("email", &format!("noor{number}@people.example"))]).await;
        assert_eq!(page.address, "/challenge");
    }
    let page = fill_in(&mut browser, &[("email", "one.more@people.example")]).await;
    assert_eq!(page.status, 429);
    assert!(page.header("retry-after").parse::<u64>().unwrap() > 60);
    page.says("Too many requests");
}

#[tokio::test]
async fn a_person_who_left_goes_on_by_signing_in() {
    let portal = TestPortal::start().await;
    let mut browser = portal.browser();
    fill_in(&mut browser, &[]).await;
    portal.deliver().await;
    let mut later = portal.browser();
    portal.minutes_later(20);
    later.open("/login").await;
    let page = later.send("/login", &[("email", "noor@people.example"), ("password", PASSWORD)]).await;
    assert_eq!(page.address, "/challenge");
    let code = portal.code("+12125550142").await;
    let page = later.post("/challenge", &[("code", &code)]).await;
    assert_eq!(page.location(), "/account/security/recovery-codes?welcome=1");
}

#[tokio::test]
async fn registering_an_email_and_signing_in_with_it_tells_nobody_whether_it_has_an_account() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let own = "my own long password here";
    let mut seen = Vec::new();
    for email in [mia.email.as_str(), "nobody@people.example"] {
        let mut browser = portal.browser();
        fill_in(&mut browser, &[("email", email), ("password", own)]).await;
        portal.deliver().await;
        portal.later(SignedDuration::from_secs(40));
        let mut second = portal.browser();
        second.open("/login").await;
        let page = second.send("/login", &[("email", email), ("password", own)]).await;
        portal.deliver().await;
        portal.later(SignedDuration::from_secs(1));
        seen.push((page.status, page.address.clone(), second.open("/challenge").await.text().len()));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].1, "/challenge");
    let page = portal.signed_in(&mia).await.open("/home").await;
    assert_eq!(page.status, 200, "the owner signs in as ever");
}

#[tokio::test]
async fn a_wrong_number_is_put_right_without_typing_the_rest_again() {
    let portal = TestPortal::start().await;
    let mut browser = portal.browser();
    let page = fill_in(&mut browser, &[("phone", "212 555 0143")]).await;
    assert_eq!(page.links("/register"), ["/register"]);
    let page = browser.open("/register").await;
    assert_eq!(page.field("full_name"), "Noor Haddad");
    assert_eq!(page.field("birth_date"), "1980-11-03");
    assert_eq!((page.field("phone"), page.field("password")), ("+12125550143".into(), String::new()));
    let fields = [("phone", "212 555 0142"), ("password", PASSWORD), ("accept_terms", "yes"), ("locale", "en")];
    let mut typed: Vec<(&str, String)> =
        ["full_name", "birth_date", "email", "time_zone"].map(|n| (n, page.field(n))).into();
    typed.extend(fields.map(|(name, value)| (name, value.to_owned())));
    let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.send("/register", &typed).await.says("ending in 42");
    let code = portal.code("+12125550142").await;
    assert_eq!(
        browser.post("/challenge", &[("code", &code)]).await.location(),
        "/account/security/recovery-codes?welcome=1"
    );
    portal.browser().open("/register").await.says_not("Noor Haddad");
}
