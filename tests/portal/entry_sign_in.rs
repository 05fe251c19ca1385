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
    assert_eq!(page.location(), "/");
    assert!(page.header("clear-site-data").contains("cache"));
    let page = browser.get("/").await;
    assert_eq!(page.status, 200);
    page.says("Welcome to the portal");
}
