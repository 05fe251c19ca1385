//! Receipts and answers over HTTP: what a gateway tells is believed when it is signed, kept once, and shown to whom waits.

use futures_util::future::join_all;

use salus::audit::{self, Search};
use salus::clock::SignedDuration;
use salus::identity::accounts;
use salus::messaging::dispatches::{self, LEASE};
use salus::types::actor::Actor;
use salus::types::locale::Locale;
use salus::types::network::Network;

use crate::gateway_double::Double;
use crate::support::browser::Browser;
use crate::support::server::{PASSWORD, Someone, TestPortal, code_in};
use crate::twilio_double::{self, ACCOUNT, FROM, TOKEN};

const ORIGIN: &str = "https://portal.example";

/// A portal that sends through Twilio's double and is reached over https.
pub struct Scene {
    pub portal: TestPortal,
    pub double: Double,
    client: reqwest::Client,
}

impl Scene {
    pub async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// Opens it with more settings.
    pub async fn open_with(more: &[(&str, &str)]) -> Self {
        let double = twilio_double::start().await;
        let settings = [
            ("SALUS_PUBLIC_URL", ORIGIN),
            ("SALUS_SMS_GATEWAYS", "twilio"),
            ("SALUS_TWILIO_ACCOUNT_SID", ACCOUNT),
            ("SALUS_TWILIO_AUTH_TOKEN", TOKEN),
            ("SALUS_TWILIO_FROM", FROM),
            ("SALUS_TWILIO_BASE_URL", &double.base),
        ];
        let portal = TestPortal::start_with(&[&settings, more].concat()).await;
        Self { portal, double, client: reqwest::Client::new() }
    }

    /// Email and password; the browser then waits for its code.
    pub async fn waiting(&self, who: &Someone) -> Browser {
        let mut browser = self.portal.browser();
        browser.open("/login").await;
        let page = browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
        assert_eq!(page.address, "/challenge");
        browser
    }

    /// The address that the newest message is to be receipted at, as a path.
    pub fn callback(&self) -> String {
        let taken = self.double.taken();
        let url = taken.last().unwrap().field("StatusCallback").expect("a callback is asked for").to_owned();
        url.strip_prefix(ORIGIN).expect("the public address").to_owned()
    }

    pub fn newest_id(&self) -> String {
        sid(self.double.taken().len())
    }

    async fn call(&self, path: &str, signature: Option<&str>, form: &[(&str, &str)]) -> (u16, String, bool) {
        let mut request = self.client.post(format!("{}{path}", self.portal.url)).form(form);
        if let Some(signature) = signature {
            request = request.header("X-Twilio-Signature", signature);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let cookie = response.headers().contains_key("set-cookie");
        (status, response.text().await.unwrap(), cookie)
    }

    /// A call as Twilio signs it.
    pub async fn signed(&self, path: &str, form: &[(&str, &str)]) -> u16 {
        let (status, body, cookie) = self.call(path, Some(&sign(path, form)), form).await;
        assert_eq!((body.as_str(), cookie), ("", false), "no body, no cookie");
        status
    }

    /// A receipt for the newest message.
    pub async fn tell(&self, state: &str) -> u16 {
        let id = self.newest_id();
        self.signed(&self.callback(), &[("MessageSid", &id), ("MessageStatus", state), ("AccountSid", ACCOUNT)]).await
    }

    async fn state(&self, browser: &mut Browser) -> String {
        let page = browser.get("/challenge/status").await;
        let json: serde_json::Value = serde_json::from_str(&page.body).unwrap();
        json["state"].as_str().unwrap().to_owned()
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.portal.portal.db.read().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
    }
}

/// The id that the double gives to its n-th message.
fn sid(n: usize) -> String {
    format!("SM{n:032x}")
}

fn sign(path: &str, form: &[(&str, &str)]) -> String {
    twilio_double::sign(&format!("{ORIGIN}{path}"), form)
}

#[tokio::test]
async fn the_waiting_person_reads_that_the_code_arrived_and_signs_in_with_it() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.waiting(&mia).await;
    assert_eq!(scene.state(&mut browser).await, "queued");
    scene.portal.deliver().await;
    assert_eq!(scene.state(&mut browser).await, "sent");
    scene.portal.later(SignedDuration::from_secs(4));
    assert_eq!(scene.tell("sent").await, 204);
    assert_eq!(scene.state(&mut browser).await, "sent");
    assert_eq!(scene.tell("delivered").await, 204);
    assert_eq!(scene.state(&mut browser).await, "arrived");
    browser.open("/challenge").await.says("Your phone network says it arrived at 10:00am.");
    let code = code_in(scene.double.taken().last().unwrap().field("Body").unwrap());
    assert_eq!(browser.send("/challenge", &[("code", &code)]).await.address, "/home");
}

#[tokio::test]
async fn the_stream_of_events_carries_each_new_sentence() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let browser = scene.waiting(&mia).await;
    scene.portal.deliver().await;
    let jar: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = scene.client.get(format!("{}/challenge/status", scene.portal.url));
    let request = request.header("cookie", jar.join("; ")).header("accept", "text/event-stream");
    let mut stream = request.send().await.unwrap();
    let mut read = String::new();
    for wanted in ["data: Sent at", "data: Your phone network says it arrived at"] {
        while !read.contains(wanted) {
            read += std::str::from_utf8(&stream.chunk().await.unwrap().expect("the stream goes on")).unwrap();
        }
        assert_eq!(scene.tell("delivered").await, 204);
    }
}

#[tokio::test]
async fn a_failed_receipt_shows_and_offers_another_way() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.waiting(&mia).await;
    scene.portal.deliver().await;
    let id = scene.newest_id();
    let form = [("MessageSid", id.as_str()), ("MessageStatus", "undelivered"), ("ErrorCode", "30006")];
    assert_eq!(scene.signed(&scene.callback(), &form).await, 204);
    assert_eq!(scene.state(&mut browser).await, "failed");
    let page = browser.open("/challenge").await;
    page.says("It could not be delivered. Choose another way to get in.");
    assert_eq!(scene.number("SELECT COUNT(*) FROM receipts WHERE code = '30006'").await, 1);
    let kept = "SELECT COUNT(*) FROM attempts WHERE outcome = 'accepted' AND reason = 'landline'";
    assert_eq!(scene.number(kept).await, 1, "the attempt says why");
    let late = [("MessageSid", id.as_str()), ("MessageStatus", "failed"), ("ErrorCode", "30007")];
    assert_eq!(scene.signed(&scene.callback(), &late).await, 204);
    assert_eq!(scene.number(kept).await, 1, "what was told first stays");
}

#[tokio::test]
async fn a_failure_that_is_told_before_our_own_record_keeps_its_reason() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let _browser = scene.waiting(&mia).await;
    let leased = crate::support::lease(&scene.portal.portal, "twilio").await;
    let path = format!("/webhooks/twilio/status/{}", leased[0].token.expose());
    let form = [("MessageSid", sid(9)), ("MessageStatus", "undelivered".into()), ("ErrorCode", "30003".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(scene.signed(&path, &form).await, 204);
    let taken = dispatches::Outcome::Accepted { provider_id: sid(9), watched_for: None };
    dispatches::finish(&scene.portal.portal, &leased[0], &taken).await.unwrap();
    let kept = "SELECT COUNT(*) FROM attempts WHERE outcome = 'accepted' AND reason = 'handset_unreachable'";
    assert_eq!(scene.number(kept).await, 1);
}

#[tokio::test]
async fn a_gateway_that_tells_of_a_stop_is_believed_in_its_answer_and_in_its_receipt() {
    let scene = Scene::open().await;
    let (mia, noor) = (scene.portal.patient("mia").await, scene.portal.patient("noor").await);
    // 21610 at once, for one; as a receipt, for the other. Neither wrote to us.
    scene.double.says(400, serde_json::json!({ "code": 21610, "message": "unsubscribed", "status": 400 }));
    let _hers = scene.waiting(&mia).await;
    scene.portal.deliver().await;
    assert_eq!(scene.number("SELECT COUNT(*) FROM opt_outs").await, 1);
    let _theirs = scene.waiting(&noor).await;
    scene.portal.deliver().await;
    let id = scene.newest_id();
    let form = [("MessageSid", id.as_str()), ("MessageStatus", "failed"), ("ErrorCode", "21610")];
    for _ in 0..2 {
        assert_eq!(scene.signed(&scene.callback(), &form).await, 204);
        assert_eq!(scene.number("SELECT COUNT(*) FROM opt_outs WHERE gateway = 'twilio'").await, 2);
    }
    let search = Search { deed: Some("texts_stopped".into()), limit: 5, ..Search::default() };
    assert_eq!(audit::find(&scene.portal.portal, &search).await.unwrap().len(), 2, "once each");
    let asked = scene.double.requests();
    for who in [&mia, &noor] {
        let _browser = scene.waiting(who).await;
    }
    scene.portal.deliver().await;
    assert_eq!(scene.double.requests(), asked, "no gateway is asked again");
}

#[tokio::test]
async fn whoever_cannot_sign_or_does_not_know_the_address_changes_nothing() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.waiting(&mia).await;
    scene.portal.deliver().await;
    let (path, id) = (scene.callback(), scene.newest_id());
    let form = [("MessageSid", id.as_str()), ("MessageStatus", "delivered")];
    let right = sign(&path, &form);
    assert_eq!(path.rsplit('/').next().unwrap().len(), 22, "128 bits");
    let refused = |status: u16| (status, String::new(), false);
    for signature in [None, Some(""), Some("c2dVl64zZD6vQjpIK/jlxqQzZig="), Some(right[1..].as_ref())] {
        assert_eq!(scene.call(&path, signature, &form).await, refused(403), "{signature:?}");
    }
    let other = [("MessageSid", id.as_str()), ("MessageStatus", "failed")];
    assert_eq!(scene.call(&path, Some(&right), &other).await, refused(403), "a body that was not signed");
    let query = format!("{path}?x=1");
    assert_eq!(scene.call(&query, Some(&right), &form).await, refused(403), "an address that was not signed");
    for unknown in ["/webhooks/twilio/status/AAAAAAAAAAAAAAAAAAAAAA".to_owned(), path.replace("twilio", "plivo")] {
        assert_eq!(scene.call(&unknown, Some(&sign(&unknown, &form)), &form).await, refused(404), "{unknown}");
    }
    let another = [("MessageSid", "SMffffffffffffffffffffffffffffffff"), ("MessageStatus", "delivered")];
    assert_eq!(scene.call(&path, Some(&sign(&path, &another)), &another).await, refused(403), "another message's");
    let large = "x".repeat(64 * 1024);
    let large = [("MessageSid", id.as_str()), ("MessageStatus", "delivered"), ("Pad", &large)];
    assert_eq!(scene.call(&path, Some(&sign(&path, &large)), &large).await, refused(413));
    assert_eq!(scene.number("SELECT COUNT(*) FROM receipts").await, 0);
    assert_eq!(scene.state(&mut browser).await, "sent");
    assert_eq!(scene.call(&path, Some(&right), &form).await, refused(204), "and the true one is still taken");
}

#[tokio::test]
async fn receipts_in_any_order_and_number_end_at_the_furthest() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.waiting(&mia).await;
    scene.portal.deliver().await;
    for state in ["delivered", "sent", "queued", "delivered", "sending", "failed", "receiving"] {
        assert_eq!(scene.tell(state).await, 204, "{state}");
        assert_eq!(scene.state(&mut browser).await, "arrived", "{state}");
    }
    let all = join_all((0..12).map(|_| scene.tell("delivered"))).await;
    assert!(all.iter().all(|status| *status == 204));
    assert_eq!(scene.number("SELECT COUNT(*) FROM receipts").await, 4, "delivered, sent, queued, failed: each once");
    assert_eq!(scene.number("SELECT COUNT(*) FROM attempts WHERE receipt = 'delivered' AND receipt_rank = 4").await, 1);
}

#[tokio::test]
async fn a_receipt_that_comes_before_our_own_record_ends_the_sending() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.waiting(&mia).await;
    // A worker takes it, and its receipt comes in before what the gateway answered is written down.
    let leased = crate::support::lease(&scene.portal.portal, "twilio").await;
    let token = leased[0].token.expose();
    let path = format!("/webhooks/twilio/status/{token}");
    assert_eq!(scene.signed(&path, &[("MessageSid", &sid(9)), ("MessageStatus", "delivered")]).await, 204);
    assert_eq!(scene.state(&mut browser).await, "arrived");
    scene.portal.later(LEASE + SignedDuration::from_secs(1));
    scene.portal.deliver().await;
    assert_eq!(scene.double.requests(), 0, "it is not sent again");
}

#[tokio::test]
async fn nothing_is_told_of_a_registration_that_a_decoy_could_not_tell_too() {
    let scene = Scene::open().await;
    let mut browser = scene.portal.browser();
    browser.open("/register").await;
    let form = [
        ("full_name", "Noor Haddad"),
        ("birth_date", "1990-05-17"),
        ("email", "noor@people.example"),
        ("phone", "+12125550199"),
        ("password", PASSWORD),
        ("locale", "en"),
        ("time_zone", "America/New_York"),
        ("accept_terms", "yes"),
    ];
    let page = browser.send("/register", &form).await;
    assert_eq!(page.address, "/challenge", "{}", page.text());
    let (status, body) = twilio_double::classic(400, 21614);
    scene.double.says(status, body);
    assert_eq!(scene.state(&mut browser).await, "queued");
    scene.portal.deliver().await;
    scene.portal.later(SignedDuration::from_millis(300));
    assert_eq!(scene.state(&mut browser).await, "sent", "a landline looks like any number");
    scene.portal.later(SignedDuration::from_secs(31));
    assert_eq!(scene.state(&mut browser).await, "delayed");
    browser.get("/challenge").await;
    browser.send("/challenge/resend", &[("channel", "sms")]).await;
    scene.portal.deliver().await;
    scene.portal.later(SignedDuration::from_secs(1));
    for state in ["delivered", "failed"] {
        assert_eq!(scene.tell(state).await, 204);
        assert_eq!(scene.state(&mut browser).await, "sent", "{state}");
    }
}

#[tokio::test]
async fn stop_keeps_every_gateway_from_being_asked_until_start() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let inbound = "/webhooks/twilio/inbound";
    let wrote = |text: &'static str| [("From", mia.phone.clone()), ("To", FROM.to_owned()), ("Body", text.to_owned())];
    let write = async |text: &'static str| {
        let form = wrote(text);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        scene.signed(inbound, &form).await
    };
    let forged = [("From", mia.phone.as_str()), ("Body", "STOP")];
    assert_eq!(scene.call(inbound, Some("AAAA"), &forged).await, (403, String::new(), false));
    assert_eq!(scene.number("SELECT COUNT(*) FROM opt_outs").await, 0);

    for text in ["stop", "STOP", "help me", "HELP"] {
        assert_eq!(write(text).await, 204, "{text}");
    }
    assert_eq!(scene.number("SELECT COUNT(*) FROM opt_outs").await, 1);
    let mut browser = scene.waiting(&mia).await;
    scene.portal.deliver().await;
    assert_eq!((scene.double.requests(), scene.state(&mut browser).await.as_str()), (0, "opted_out"));
    assert_eq!(scene.number("SELECT COUNT(*) FROM dispatches WHERE outcome = 'opted_out'").await, 1);
    assert_eq!(scene.number("SELECT COUNT(*) FROM attempts WHERE gateway = 'twilio'").await, 0);

    assert_eq!(write("Start").await, 204);
    assert_eq!(scene.number("SELECT COUNT(*) FROM opt_outs").await, 0);
    assert_eq!(write("STOP").await, 204);
    assert_eq!(scene.number("SELECT COUNT(*) FROM opt_outs").await, 0, "the same call again undoes nothing");
    scene.portal.minutes_later(1);
    browser.open("/challenge").await;
    browser.send("/challenge/resend", &[("channel", "sms")]).await;
    scene.portal.deliver().await;
    assert_eq!((scene.double.requests(), scene.state(&mut browser).await.as_str()), (1, "sent"));
    for deed in ["texts_stopped", "texts_started"] {
        let search = Search { deed: Some(deed.into()), limit: 5, ..Search::default() };
        assert_eq!(audit::find(&scene.portal.portal, &search).await.unwrap().len(), 1, "{deed}, once");
    }
}

#[tokio::test]
async fn help_is_answered_once_a_day_to_people_whom_we_know_in_their_language() {
    let scene = Scene::open().await;
    let (mia, noor) = (scene.portal.patient("mia").await, scene.portal.patient("noor").await);
    let network = Network::of(std::net::Ipv4Addr::new(203, 0, 113, 7).into());
    let profile = (Actor::Shell, Locale::Es, scene.portal.portal.config.clinic.zone.clone());
    accounts::set_profile(&scene.portal.portal, &profile.0, noor.account, profile.1, &profile.2, &network)
        .await
        .unwrap();
    let written = std::sync::atomic::AtomicU32::new(0);
    let write = async |from: &str, text: &str| {
        let id = format!("SMin{}", written.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let form = [("From", from), ("To", FROM), ("Body", text), ("MessageSid", &id)];
        assert_eq!(scene.signed("/webhooks/twilio/inbound", &form).await, 204, "{text}");
        scene.portal.deliver().await;
        scene.double.taken()
    };
    let forged = [("From", mia.phone.as_str()), ("Body", "HELP")];
    assert_eq!(scene.call("/webhooks/twilio/inbound", Some("AAAA"), &forged).await.0, 403);
    assert!(write("+12125550190", "HELP").await.is_empty(), "a number that we do not know");
    assert!(write(&mia.phone, "help me please").await.is_empty(), "a sentence");
    let taken = write(&mia.phone, "Help").await;
    let clinic = &scene.portal.portal.config.clinic;
    let text = taken[0].field("Body").unwrap();
    assert_eq!((taken.len(), taken[0].field("To")), (1, Some(mia.phone.as_str())));
    for part in [clinic.name.as_str(), clinic.phone.as_str(), "codes and appointment reminders", "Answer STOP"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Mia"), "no name");
    assert_eq!(write(&mia.phone, "INFO").await.len(), 1, "once a day");
    let taken = write(&noor.phone, "ayuda").await;
    assert!(taken.len() == 2 && taken[1].field("Body").unwrap().contains("Responda STOP"), "in Spanish");
    scene.portal.later(SignedDuration::from_hours(24));
    assert_eq!(write(&mia.phone, "INFO").await.len(), 3, "and again the next day");
    scene.portal.later(SignedDuration::from_hours(24));
    write(&mia.phone, "STOP").await;
    assert_eq!(write(&mia.phone, "HELP").await.len(), 3, "who stopped texts gets none");
    write(&mia.phone, "START").await;
    let form = [("From", mia.phone.as_str()), ("Body", "help"), ("OptOutType", "HELP")];
    assert_eq!(scene.signed("/webhooks/twilio/inbound", &form).await, 204);
    scene.portal.deliver().await;
    assert_eq!(scene.double.taken().len(), 3, "what the provider has answered is not answered twice");
}

#[tokio::test]
async fn who_stopped_texts_reads_so_and_where_start_goes() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.waiting(&mia).await;
    scene.portal.deliver().await;
    let code = code_in(scene.double.taken().last().unwrap().field("Body").unwrap());
    assert_eq!(browser.send("/challenge", &[("code", &code)]).await.address, "/home");
    let says = format!("You answered STOP, so we do not text you. To get texts again, send START to {FROM}.");
    browser.open("/account/security").await.says_not("STOP");
    for (text, stopped) in [("STOP", true), ("START", false)] {
        let form = [("From", mia.phone.as_str()), ("Body", text)];
        assert_eq!(scene.signed("/webhooks/twilio/inbound", &form).await, 204);
        let page = browser.open("/account/security").await;
        if stopped {
            page.says(&says)
        } else {
            page.says_not("STOP")
        };
    }
}

#[tokio::test]
async fn without_https_no_callback_is_asked_for() {
    let double = twilio_double::start().await;
    let portal = TestPortal::start_with(&[
        ("SALUS_SMS_GATEWAYS", "twilio"),
        ("SALUS_TWILIO_ACCOUNT_SID", ACCOUNT),
        ("SALUS_TWILIO_AUTH_TOKEN", TOKEN),
        ("SALUS_TWILIO_FROM", FROM),
        ("SALUS_TWILIO_BASE_URL", &double.base),
    ])
    .await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    portal.deliver().await;
    assert_eq!(double.taken().last().unwrap().field("StatusCallback"), None);
}
