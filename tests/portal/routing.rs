//! Failover: a code goes another way on a no, on silence and on a failed receipt, within what one code may be sent.

use salus::clock::SignedDuration;
use salus::messaging::dispatches;
use salus::types::actor::Role;
use sqlx::Row;

use crate::gateway_double::{Answer, Double};
use crate::plivo_double;
use crate::support::browser::Browser;
use crate::support::server::{PASSWORD, Someone, TestPortal, code_in};
use crate::twilio_double::{self, classic};

const ORIGIN: &str = "https://portal.example";

/// A portal that sends through Twilio and Plivo, both of which call back.
struct Scene {
    portal: TestPortal,
    twilio: Double,
    plivo: Double,
}

impl Scene {
    async fn open() -> Self {
        Self::open_with(&[]).await
    }

    async fn open_with(more: &[(&str, &str)]) -> Self {
        let (twilio, plivo) = (twilio_double::start().await, plivo_double::plivo().await);
        let both = [("SALUS_PUBLIC_URL", ORIGIN), ("SALUS_SMS_GATEWAYS", "twilio,plivo")];
        let each = [&both[..], &twilio_double::settings(&twilio), &plivo_double::settings(&plivo), more].concat();
        let portal = TestPortal::start_with(&each).await;
        Self { portal, twilio, plivo }
    }

    async fn waiting(&self, who: &Someone) -> Browser {
        let mut browser = self.portal.browser();
        browser.open("/login").await;
        let page = browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
        assert_eq!(page.address, "/challenge");
        browser
    }

    /// One of up to a hundred people, each with a phone of their own.
    async fn person(&self, n: usize) -> Someone {
        let (email, phone) = (format!("person{n}@people.example"), format!("+13125550{:03}", 100 + n));
        self.portal.account_of(Role::Patient, "Some Person", &email, &phone, "1960-05-06").await
    }

    /// Somebody who waits for a code in a browser of their own.
    async fn one_more(&self, who: &Someone) -> Browser {
        let browser = self.waiting(who).await;
        self.portal.deliver().await;
        browser
    }

    async fn later(&self, seconds: i64) {
        self.portal.later(SignedDuration::from_secs(seconds));
        self.portal.deliver().await;
    }

    /// Types the code and is in.
    async fn enters(&self, browser: &mut Browser, code: &str) {
        browser.get("/challenge").await;
        assert_eq!(browser.send("/challenge", &[("code", code)]).await.address, "/home");
    }

    /// So many requests came to the gateways.
    fn asked(&self) -> (usize, usize) {
        (self.twilio.requests(), self.plivo.requests())
    }

    /// The code of the n-th text, from 0.
    fn code(double: &Double, field: &str, n: usize) -> String {
        let request = double.taken()[n].clone();
        let text = request.field(field).map(str::to_owned);
        code_in(&text.unwrap_or_else(|| request.json().unwrap()[field].as_str().unwrap().to_owned()))
    }

    async fn twilio_tells(&self, n: usize, state: &str, code: Option<&str>) {
        assert_eq!(twilio_double::tell(&self.twilio, &self.portal.url, n, state, code).await, 204);
    }

    async fn state(&self, browser: &mut Browser) -> String {
        let page = browser.get("/challenge/status").await;
        let json: serde_json::Value = serde_json::from_str(&page.body).unwrap();
        json["state"].as_str().unwrap().to_owned()
    }

    async fn rows(&self, sql: &'static str) -> Vec<Vec<String>> {
        let mut connection = self.portal.portal.db.read().await.unwrap();
        let rows = sqlx::query(sql).fetch_all(&mut *connection).await.unwrap();
        let text = |row: &sqlx::any::AnyRow, at| {
            row.try_get::<Option<String>, _>(at)
                .ok()
                .flatten()
                .or_else(|| row.try_get::<i64, _>(at).ok().map(|n| n.to_string()))
                .unwrap_or_default()
        };
        rows.iter().map(|row| (0..row.len()).map(|at| text(row, at)).collect()).collect()
    }

    async fn outcomes(&self) -> Vec<Vec<String>> {
        self.rows("SELECT gateway, outcome, reason FROM attempts ORDER BY dispatch_id, number").await
    }
}

fn no(code: i64) -> Answer {
    Answer::Raw(400, vec![], classic(400, code).1.to_string().into_bytes())
}

#[tokio::test]
async fn a_no_that_names_its_reason_sends_the_same_code_through_the_next_gateway_at_once() {
    for (answer, outcome) in [
        (no(21612), "later"),
        (Answer::Raw(429, vec![("retry-after", "30".into())], Vec::new()), "later"),
        (Answer::Raw(401, vec![], classic(401, 20003).1.to_string().into_bytes()), "later"),
        (Answer::Reset, "unknown"),
        (Answer::Raw(500, vec![], b"oops".to_vec()), "unknown"),
        (Answer::Truncated, "unknown"),
    ] {
        let scene = Scene::open().await;
        let mia = scene.portal.patient("mia").await;
        scene.twilio.script([answer]);
        let mut browser = scene.one_more(&mia).await;
        if outcome == "unknown" {
            assert_eq!(scene.asked(), (1, 0), "a receipt may still say what the answer did not");
            scene.later(4).await;
            assert_eq!((scene.asked(), scene.state(&mut browser).await.as_str()), ((1, 0), "turned"));
            scene.later(1).await;
        }
        assert_eq!(scene.asked(), (1, 1));
        assert_eq!(scene.state(&mut browser).await, "rerouted");
        assert_eq!(scene.outcomes().await[0][..2], ["twilio".to_owned(), outcome.to_owned()]);
        let code = Scene::code(&scene.plivo, "text", 0);
        scene.enters(&mut browser, &code).await;
        scene.later(400).await;
        assert_eq!(scene.asked(), (1, 1), "a code that was used goes nowhere any more");
    }
}

#[tokio::test]
async fn a_failed_receipt_sends_it_another_way_and_the_page_tells_each_step() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.one_more(&mia).await;
    assert_eq!((scene.asked(), scene.state(&mut browser).await.as_str()), ((1, 0), "sent"));
    scene.twilio_tells(0, "undelivered", Some("30003")).await;
    assert_eq!(scene.state(&mut browser).await, "turned");
    scene.portal.deliver().await;
    assert_eq!((scene.asked(), scene.state(&mut browser).await.as_str()), ((1, 1), "rerouted"));
    let code = Scene::code(&scene.plivo, "text", 0);
    assert_eq!(code, Scene::code(&scene.twilio, "Body", 0), "the same code");
    assert_eq!(plivo_double::tell(&scene.plivo, &scene.portal.url, 0, "delivered").await, 204);
    assert_eq!(scene.state(&mut browser).await, "arrived");
    scene.later(250).await;
    assert_eq!(scene.asked(), (1, 1), "what arrived is not sent again");
    scene.enters(&mut browser, &code).await;
}

#[tokio::test]
async fn silence_past_the_learned_time_sends_it_another_way() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.one_more(&mia).await;
    scene.later(19).await;
    assert_eq!((scene.asked(), scene.state(&mut browser).await.as_str()), ((1, 0), "sent"));
    scene.later(1).await;
    assert_eq!((scene.asked(), scene.state(&mut browser).await.as_str()), ((1, 1), "rerouted"));
    assert_eq!(scene.outcomes().await[0], ["twilio", "accepted", "silence"]);
    scene.later(240).await;
    assert_eq!(scene.asked(), (1, 1), "no gateway gets a message twice that it took");
    assert_eq!(scene.rows("SELECT outcome FROM dispatches").await, [["sent"]]);

    // Twenty that arrived after 4 s teach that 10 s of silence say enough.
    for n in 0..20 {
        let who = scene.person(n).await;
        let _browser = scene.one_more(&who).await;
        scene.portal.later(SignedDuration::from_secs(4));
        scene.twilio_tells(n + 1, "delivered", None).await;
    }
    scene.later(61).await;
    let before = scene.asked();
    let noor = scene.portal.patient("noor").await;
    let _browser = scene.one_more(&noor).await;
    scene.later(9).await;
    assert_eq!(scene.asked(), (before.0 + 1, before.1));
    scene.later(1).await;
    assert_eq!(scene.asked(), (before.0 + 1, before.1 + 1));
}

#[tokio::test]
async fn silence_of_a_gateway_that_never_tells_says_nothing() {
    let scene = Scene::open().await;
    for n in 0..20 {
        let who = scene.person(n).await;
        let mut browser = scene.one_more(&who).await;
        let code = Scene::code(&scene.twilio, "Body", n);
        assert_eq!(browser.send("/challenge", &[("code", &code)]).await.address, "/home");
    }
    scene.later(61).await;
    let mia = scene.portal.patient("mia").await;
    let _browser = scene.one_more(&mia).await;
    scene.later(200).await;
    assert_eq!(scene.asked(), (21, 0));
    scene.twilio_tells(20, "failed", Some("30005")).await;
    scene.portal.deliver().await;
    assert_eq!(scene.asked(), (21, 0), "a number that the network does not know goes no other way");
}

#[tokio::test]
async fn one_code_is_sent_at_most_so_often_and_a_fresh_one_takes_its_place() {
    let scene = Scene::open_with(&[("SALUS_CODE_SENDS", "3")]).await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.one_more(&mia).await;
    scene.later(30).await;
    assert_eq!(scene.asked(), (1, 1));
    assert_eq!(browser.send("/challenge/resend", &[("channel", "sms")]).await.status, 200);
    scene.portal.deliver().await;
    assert_eq!(scene.asked(), (2, 1));
    scene.later(30).await;
    assert_eq!(scene.asked(), (2, 1), "three times, and no more by itself");
    let first = Scene::code(&scene.twilio, "Body", 0);
    assert_eq!(Scene::code(&scene.twilio, "Body", 1), first);
    scene.later(30).await;
    assert_eq!(browser.send("/challenge/resend", &[("channel", "sms")]).await.status, 200);
    scene.portal.deliver().await;
    let fresh = Scene::code(&scene.twilio, "Body", 2);
    assert_ne!(fresh, first, "asked for once more, it is another code");
    assert_eq!(browser.send("/challenge", &[("code", &first)]).await.status, 422);
    assert_eq!(browser.send("/challenge", &[("code", &fresh)]).await.address, "/home");
}

#[tokio::test]
async fn what_was_not_taken_does_not_count_as_sent() {
    let scene = Scene::open_with(&[("SALUS_CODE_SENDS", "2")]).await;
    let mia = scene.portal.patient("mia").await;
    scene.twilio.script(std::iter::repeat_with(|| Answer::Raw(429, vec![], Vec::new())).take(2));
    scene.plivo.script(std::iter::repeat_with(|| Answer::Raw(429, vec![], Vec::new())).take(2));
    let _browser = scene.one_more(&mia).await;
    for _ in 0..120 {
        scene.later(1).await;
    }
    assert_eq!(scene.rows("SELECT sends FROM code_sends").await, [["2"]], "{:?}", scene.outcomes().await);
    assert_eq!(scene.twilio.taken().len() + scene.plivo.taken().len(), 2);
}

#[tokio::test]
async fn a_prefix_has_gateways_of_its_own() {
    let routes = "+1=plivo>twilio, +1212=twilio, +44=plivo";
    let scene = Scene::open_with(&[("SALUS_SMS_ROUTES", routes)]).await;
    let mia = scene.portal.patient("mia").await;
    let _browser = scene.one_more(&mia).await;
    assert_eq!(scene.asked(), (1, 0), "the longest prefix counts");
    scene.later(60).await;
    assert_eq!(scene.asked(), (1, 0), "and its gateways alone");
    let other =
        scene.portal.account_of(Role::Doctor, "Noor Haddad", "noor@people.example", "+13125550142", "1980-01-01").await;
    let _browser = scene.one_more(&other).await;
    assert_eq!(scene.asked(), (1, 1));
    for wrong in ["+1=vonage", "1=twilio", "+1=", "+12345678=twilio", "+1=twilio>nobody"] {
        let vars = [("SALUS_SMS_GATEWAYS", "outbox"), ("SALUS_SMS_ROUTES", wrong)];
        let problems = salus::config::Config::read(salus::config::Lookup::from_map(vars)).unwrap_err();
        assert_eq!(problems[0].setting, "SALUS_SMS_ROUTES", "{wrong}");
    }
}

#[tokio::test]
async fn nobody_who_wrote_stop_is_texted_through_another_gateway() {
    let scene = Scene::open().await;
    let mia = scene.portal.patient("mia").await;
    scene.twilio.script([no(21610)]);
    let mut browser = scene.one_more(&mia).await;
    assert_eq!((scene.asked(), scene.state(&mut browser).await.as_str()), ((1, 0), "failed"));
    let mut again = scene.one_more(&mia).await;
    assert_eq!((scene.asked(), scene.state(&mut again).await.as_str()), ((1, 0), "opted_out"));
    let page = again.get("/challenge").await;
    page.says("send START to");
    page.says("Choose another way to get in");
}

#[tokio::test]
async fn a_gateway_that_fails_again_and_again_is_left_alone_but_for_one_probe() {
    let scene = Scene::open().await;
    scene.twilio.script(std::iter::repeat_with(|| Answer::Raw(500, vec![], Vec::new())).take(6));
    let mut people = Vec::new();
    for n in 0..9 {
        people.push(scene.person(n).await);
    }
    for (n, who) in people[..6].iter().enumerate() {
        let mut browser = scene.one_more(who).await;
        scene.later(5).await;
        scene.enters(&mut browser, &Scene::code(&scene.plivo, "text", n)).await;
    }
    assert_eq!(scene.asked(), (5, 6), "after five failures the sixth code goes to the other at once");
    let open = "SELECT gateway, failures FROM breakers WHERE opened_at IS NOT NULL";
    assert_eq!(scene.rows(open).await, [["twilio", "5"]]);

    scene.portal.later(SignedDuration::from_secs(30));
    let mut together = Vec::new();
    for who in &people[6..] {
        together.push((who.phone.trim_start_matches('+').to_owned(), scene.waiting(who).await));
    }
    scene.portal.deliver().await;
    assert_eq!(scene.asked().0, 6, "of three that leave together one makes the probe");
    assert_eq!(scene.rows(open).await, [["twilio", "6"]]);
    scene.later(5).await;
    for (phone, browser) in &mut together {
        let texts = scene.plivo.taken();
        let n = texts.iter().position(|text| text.json().unwrap()["dst"] == phone.as_str()).unwrap();
        scene.enters(browser, &Scene::code(&scene.plivo, "text", n)).await;
    }

    scene.portal.later(SignedDuration::from_secs(54));
    let _browser = scene.one_more(&people[0]).await;
    assert_eq!(scene.asked().0, 6, "after a failed probe the pause doubles");
    scene.portal.later(SignedDuration::from_secs(1));
    let _browser = scene.one_more(&people[1]).await;
    assert_eq!(scene.asked().0, 7, "it takes the code again");
    let taken = scene.twilio.taken().len();
    scene.twilio_tells(taken - 1, "delivered", None).await;
    assert_eq!(scene.rows(open).await, Vec::<Vec<String>>::new(), "and what arrived closes the breaker");
    let before = scene.asked().0;
    let _browser = scene.one_more(&people[2]).await;
    assert_eq!(scene.asked().0, before + 1);
}

#[tokio::test]
async fn a_number_that_is_refused_is_no_failure_of_its_gateway() {
    let scene = Scene::open().await;
    scene.twilio.script(std::iter::repeat_with(|| no(21211)).take(6));
    for n in 0..6 {
        let who = scene.person(n).await;
        let _browser = scene.one_more(&who).await;
    }
    assert_eq!(scene.asked(), (6, 0));
    assert_eq!(scene.rows("SELECT gateway FROM breakers").await, Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn mail_that_hangs_does_not_hold_up_a_code() {
    let scene = Scene::open().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", silent.local_addr().unwrap());
    let mut config = scene.portal.portal.config.clone();
    config.mail = salus::config::MailRoute::Smtp(salus::config::SmtpAddress::parse(&url).unwrap());
    let portal = scene.portal.portal.clone();
    let gateways = salus::messaging::gateways::Gateway::of_settings(&config, None).unwrap();
    let mailer = salus::messaging::email::Mailer::of_settings(&config, None).unwrap();
    let worker =
        salus::messaging::worker::Worker::new(portal.clone(), gateways, mailer, salus::auth::challenges::live_code);
    let mia = scene.portal.patient("mia").await;
    let account = salus::identity::accounts::find(&portal, mia.account).await.unwrap().unwrap();
    let mut tx = portal.db.begin().await.unwrap();
    for _ in 0..20 {
        let values = salus::messaging::texts::Values::new();
        let notice = salus::messaging::texts::Notice::News;
        salus::identity::accounts::tell(&portal, &mut tx, &account, notice, &values, false).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(worker.run(async {
        let _ = stopped.await;
    }));
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    let begun = std::time::Instant::now();
    let _browser = scene.waiting(&mia).await;
    while scene.twilio.requests() == 0 {
        assert!(begun.elapsed().as_secs() < 8, "the code waits for the mail");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let _ = stop.send(());
    running.abort();
}

#[tokio::test]
async fn when_no_text_comes_through_the_phone_is_called() {
    let scene = Scene::open_with(&[("SALUS_CODE_CALLS", "auto")]).await;
    let mia = scene.portal.patient("mia").await;
    let mut browser = scene.one_more(&mia).await;
    scene.twilio_tells(0, "undelivered", Some("30007")).await;
    scene.portal.deliver().await;
    scene.later(30).await;
    let calls = |double: &Double| double.taken().iter().filter(|taken| taken.line().contains("/Call")).count();
    assert_eq!((calls(&scene.twilio), calls(&scene.plivo)), (1, 0));
    assert_eq!(scene.state(&mut browser).await, "rerouted");
    browser.get("/challenge").await.says("so we called you at").says("press any key");
    scene.later(200).await;
    assert_eq!((calls(&scene.twilio), calls(&scene.plivo)), (1, 0), "it rings once");
}

#[tokio::test]
async fn who_wrote_stop_is_called_and_told_how_texts_come_again() {
    let scene = Scene::open_with(&[("SALUS_CODE_CALLS", "auto")]).await;
    let mia = scene.portal.patient("mia").await;
    scene.twilio.script([no(21610)]);
    let mut browser = scene.one_more(&mia).await;
    assert_eq!(scene.outcomes().await, [["twilio", "later", "opted_out"], ["twilio", "accepted", ""]]);
    assert!(scene.twilio.taken()[0].line().contains("/Calls.json"));
    browser.get("/challenge").await.says("send START to +15005550006").says("press any key");
    let mut again = scene.one_more(&mia).await;
    assert_eq!(scene.asked(), (3, 0), "no gateway is asked for a text");
    again.get("/challenge").await.says("send START to").says("Answer, press any key");
}

#[tokio::test]
async fn an_admin_sees_how_gateways_fare_and_follows_a_persons_texts() {
    let scene = Scene::open_with(&[("SALUS_SMS_PRICES", "twilio:US=0.0108,plivo:*=0.02")]).await;
    let ada = scene.portal.admin("ada").await;
    let mia = scene.portal.patient("mia").await;
    let mut admin = scene.one_more(&ada).await;
    let code = Scene::code(&scene.twilio, "Body", 0);
    admin.get("/challenge").await;
    assert_eq!(admin.send("/challenge", &[("code", &code)]).await.address, "/admin");
    admin.open("/admin/delivery").await.says("Gateways").says("twilio Works").says("plivo Works");

    scene.twilio.script(std::iter::repeat_with(|| Answer::Raw(500, vec![], Vec::new())).take(5));
    for n in 0..5 {
        let who = scene.person(n).await;
        let mut browser = scene.one_more(&who).await;
        scene.later(5).await;
        scene.enters(&mut browser, &Scene::code(&scene.plivo, "text", n)).await;
        if n == 0 {
            admin.open("/admin/delivery").await.says("twilio Failed once, the last time");
        }
    }
    let page = admin.open("/admin/delivery").await;
    page.says("twilio Left alone since 24 November 2026, 10:00am. Tried again from 24 November 2026, 10:00am.")
        .says("plivo Works");
    page.says("5 of 5").says("0.1").says("No answer");

    let _browser = scene.one_more(&mia).await;
    let nobody = admin.send("/admin/delivery", &[("email", "nobody@people.example")]).await;
    assert_eq!(nobody.status, 422);
    assert_eq!(nobody.field("email"), "nobody@people.example", "what was typed is kept");
    let page = admin.send("/admin/delivery", &[("email", &mia.email)]).await;
    assert_eq!(page.address, format!("/admin/delivery/people/{}", mia.account));
    page.says("Texts to Mia Example").says("plivo, 10:00am: Sent").says("•••• ");
    assert!(!page.text().contains("twilio"), "the others' texts are not hers");
    assert!(!page.body.contains(&mia.phone[1..]) && !page.body.contains(&Scene::code(&scene.plivo, "text", 5)));
}

#[tokio::test]
async fn a_receipt_says_what_a_lost_answer_did_not() {
    for early in [true, false] {
        let scene = Scene::open().await;
        let mia = scene.portal.patient("mia").await;
        let mut browser = scene.waiting(&mia).await;
        // The text is taken, and the answer lost.
        let leased = crate::support::lease(&scene.portal.portal, "twilio").await;
        let path = format!("/webhooks/twilio/status/{}", leased[0].token.expose());
        let tells = async |state: &str| {
            let form = [("MessageSid", "SM1"), ("MessageStatus", state)];
            let signature = twilio_double::sign(&format!("{ORIGIN}{path}"), &form);
            let call = reqwest::Client::new().post(format!("{}{path}", scene.portal.url)).form(&form);
            assert_eq!(call.header("X-Twilio-Signature", signature).send().await.unwrap().status().as_u16(), 204);
        };
        let lost = dispatches::Outcome::Unknown { after: Some(std::time::Duration::from_secs(5)) };
        if early {
            tells("sent").await;
        }
        dispatches::finish(&scene.portal.portal, &leased[0], &lost).await.unwrap();
        if !early {
            tells("sent").await;
        }
        scene.later(19).await;
        assert_eq!((scene.asked(), scene.state(&mut browser).await.as_str()), ((0, 0), "sent"), "early: {early}");
        scene.later(1).await;
        assert_eq!(scene.asked(), (0, 1), "and silence after it counts as after an answer");
    }
}

#[tokio::test]
async fn a_code_that_took_anothers_place_leaves_by_its_own_dispatch_alone() {
    let scene = Scene::open_with(&[("SALUS_CODE_SENDS", "2")]).await;
    let mia = scene.portal.patient("mia").await;
    let busy = || Answer::Raw(429, vec![("retry-after", "60".into())], Vec::new());
    scene.twilio.script(std::iter::repeat_with(busy).take(3));
    scene.plivo.script(std::iter::repeat_with(busy).take(3));
    let mut browser = scene.one_more(&mia).await;
    scene.later(185).await;
    browser.get("/challenge").await;
    browser.send("/challenge/resend", &[("channel", "sms")]).await;
    for _ in 0..30 {
        scene.later(10).await;
    }
    assert!(scene.twilio.taken().len() + scene.plivo.taken().len() <= 2, "{:?}", scene.outcomes().await);
    let open = "SELECT COUNT(*) FROM dispatches WHERE ended_at IS NULL";
    assert_eq!(scene.rows(open).await, [["0"]]);
}

#[tokio::test]
async fn the_deadline_of_a_code_does_not_tell_who_has_an_account() {
    let scene = Scene::open_with(&[("SALUS_CODE_CALLS", "auto")]).await;
    let mia = scene.portal.patient("mia").await;
    let mut pages = Vec::new();
    for (email, phone) in [("nobody@people.example", "+13125550161"), (mia.email.as_str(), "+13125550162")] {
        let mut browser = scene.portal.browser();
        browser.open("/register").await;
        let form = [
            ("full_name", "Noor Haddad"),
            ("birth_date", "1990-05-17"),
            ("email", email),
            ("phone", phone),
            ("password", PASSWORD),
            ("locale", "en"),
            ("time_zone", "America/New_York"),
            ("accept_terms", "yes"),
        ];
        assert_eq!(browser.send("/register", &form).await.address, "/challenge");
        pages.push(browser);
    }
    let mut told = Vec::new();
    for wait in [31, 61, 40] {
        scene.later(wait).await;
        for browser in &mut pages {
            browser.get("/challenge").await;
            browser.send("/challenge/resend", &[("channel", "sms")]).await;
        }
    }
    scene.later(1).await;
    for browser in &mut pages {
        let text = browser.get("/challenge").await.text();
        let at = text.find("until ").unwrap();
        told.push(text[at..at + 13].to_owned());
    }
    assert_eq!(told[0], told[1]);
}
