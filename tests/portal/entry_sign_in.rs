//! Signing in, as a person does it: password, code, and what goes wrong.

use crate::support::server::{PASSWORD, TestPortal};

#[tokio::test]
async fn a_password_opens_the_challenge_and_a_texted_code_the_portal() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.browser();
    browser.open("/login").await;

    let page = browser.send("/login", &[("email", &mia.email), ("password", "not this one at all")]).await;
    assert_eq!(page.status, 422);
    page.says("The email or password is not right.");
    assert_eq!(page.field("email"), mia.email, "what was typed is kept");
    assert_eq!(page.field("password"), "", "but not the password");

    let page = browser.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    assert_eq!((page.status, page.address.as_str()), (200, "/challenge"));
    page.says(&format!("ending in {}", &mia.phone[mia.phone.len() - 2..]));

    let page = browser.send("/challenge", &[("code", "12")]).await;
    page.says("The code must be 6 numbers");
    let code = portal.code(&mia.phone).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let page = browser.send("/challenge", &[("code", wrong)]).await;
    assert_eq!(page.status, 422);
    page.says("The code does not match.");

    let before = browser.cookies.get("sid").cloned();
    let typed = format!("{} {}", &code[..3], &code[3..]);
    let page = browser.post("/challenge", &[("code", &typed)]).await;
    assert_eq!((page.status, page.location()), (303, "/home"));
    assert_ne!(browser.cookies.get("sid").cloned(), before, "a rise of privilege makes a new session");

    let page = browser.get("/").await;
    assert_eq!(page.location(), "/home");
    browser.get("/help/codes").await;
    let page = browser.post("/logout", &[]).await;
    assert_eq!(page.location(), "/?done=signed-out");
    assert!(page.header("clear-site-data").contains("cache"));
    let page = browser.get("/").await;
    assert_eq!(page.status, 200);
    page.says("Welcome to the portal");
}

#[tokio::test]
async fn a_new_password_is_chosen_by_a_mailed_link_and_a_texted_code() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut elsewhere = portal.signed_in(&mia).await;
    let mut browser = portal.browser();
    browser.open("/password/forgot").await;
    browser.send("/password/forgot", &[("email", &mia.email)]).await.says("If an account uses that email");
    let link = portal.link(&mia.email).await;
    let texts = portal.messages(&mia.phone).await;
    portal.browser().open(&link).await.says("First we ask you to prove that it is you");
    assert_eq!(portal.messages(&mia.phone).await, texts, "a scanner of mails opens the link and nothing is sent");

    let page = browser.open(&link).await;
    assert_eq!(page.address, "/password/reset", "the token leaves the address bar");
    let page = browser.post("/password/reset", &[]).await;
    assert_eq!(page.location(), "/challenge");
    browser.open("/challenge").await;
    let code = portal.code(&mia.phone).await;
    browser.send("/challenge", &[("code", &code)]).await.says("New password");
    browser.send("/password/reset", &[("password", PASSWORD)]).await.says("This is the password you have now.");
    let page = browser.send("/password/reset", &[("password", "another long pass phrase")]).await;
    page.says("Your new password works now.");
    assert!(elsewhere.get("/home").await.location().starts_with("/login"), "every session has ended");
    browser.open(&link).await.says("This link is over");
    let page = browser.open("/login").await;
    assert_eq!(page.status, 200, "it never signs in by itself");
}
