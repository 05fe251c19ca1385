//! Calls over HTTP: who asks what to say, and what is said: to a gateway that signs, for a pressed key, once.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use salus::clock::SignedDuration;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::calls::{double_of, vars};
use crate::gateway_double::{Answer, Double, Request};
use crate::support::browser::Browser;
use crate::support::server::{PASSWORD, Someone, TestPortal, code_in};
use crate::{plivo_double, twilio_double};

const ORIGIN: &str = "https://portal.example";
const SECRET: &str = "vonage-signature-secret-at-least-32-bytes";
const ALL: [&str; 3] = ["twilio", "vonage", "plivo"];

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// What a gateway tells in a call.
#[derive(Clone, Copy)]
pub enum Told {
    /// Somebody answered.
    Answered,
    /// A key was pressed; empty for none.
    Key(&'static str),
    /// How far the call got.
    State(&'static str),
}

/// A portal that texts and calls through the double of one provider, and the provider itself.
pub struct Line {
    pub portal: TestPortal,
    name: &'static str,
    double: Double,
    client: reqwest::Client,
}

impl Line {
    pub async fn open(name: &'static str) -> Self {
        let double = double_of(name).await;
        let vars = vars(name, &double.base);
        let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let portal = TestPortal::start_with(&vars).await;
        Self { portal, name, double, client: reqwest::Client::new() }
    }

    fn body(&self, request: &Request) -> serde_json::Value {
        request.json().map(serde_json::Value::Object).unwrap_or_default()
    }

    /// Signs in up to the code, and asks for a call: the browser that waits, and the code as it was texted before.
    pub async fn called(&self, who: &Someone) -> (Browser, String) {
        let mut browser = self.portal.browser();
        browser.open("/login").await;
        browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
        self.portal.deliver().await;
        let texted = self.double.taken().last().unwrap().clone();
        let text = ["Body", "text"].into_iter().find_map(|name| texted.field(name).map(str::to_owned));
        let text = text.unwrap_or_else(|| self.body(&texted)["text"].as_str().unwrap().to_owned());
        self.portal.later(SignedDuration::from_secs(30));
        browser.open("/challenge").await;
        let page = browser.send("/challenge/resend", &[("channel", "voice")]).await;
        assert_eq!(page.address, "/challenge?sent=1", "{}", page.text());
        self.portal.deliver().await;
        (browser, code_in(&text))
    }

    /// The paths of the newest call: where its words are, and where its state is told.
    pub fn paths(&self) -> (String, String) {
        let taken = self.double.taken().last().unwrap().clone();
        let body = self.body(&taken);
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let (answer, told) = match self.name {
            "twilio" => (taken.field("Url").unwrap().to_owned(), taken.field("StatusCallback").unwrap().to_owned()),
            "vonage" => (text(&body["answer_url"][0]), text(&body["event_url"][0])),
            _ => (text(&body["answer_url"]), text(&body["hangup_url"])),
        };
        let path = |url: String| url.strip_prefix(ORIGIN).expect("the public address").to_owned();
        (path(answer), path(told))
    }

    /// The provider's id of its n-th message or call, where that was a call.
    fn id(&self, n: usize) -> String {
        match self.name {
            "twilio" => format!("CA{n:032x}"),
            "vonage" => format!("63f61863-4a51-4f6b-86e1-{n:012}"),
            _ => format!("9834029e-58b6-11e1-b8b7-{n:012}"),
        }
    }

    /// What the provider tells: its media type and body.
    fn telling(&self, id: &str, told: Told) -> (&'static str, String) {
        let form = |state: &str, key: Option<&str>| {
            let mut pairs = url::form_urlencoded::Serializer::new(String::new());
            match self.name {
                "twilio" => pairs.append_pair("CallSid", id).append_pair("AccountSid", twilio_double::ACCOUNT),
                // Its own id of the call is another than that of the request.
                _ => pairs.append_pair("CallUUID", "c-1").append_pair("RequestUUID", id).append_pair("Event", "X"),
            };
            pairs.append_pair("CallStatus", state).append_pair("From", "12125557000").append_pair("To", "12125550142");
            if let Some(key) = key {
                pairs.append_pair("Digits", key);
            }
            ("application/x-www-form-urlencoded", pairs.finish())
        };
        if self.name != "vonage" {
            return match told {
                Told::Answered => form("in-progress", None),
                Told::Key(key) => form("in-progress", Some(key)),
                Told::State(state) => form(state, None),
            };
        }
        let mut event = serde_json::json!({ "uuid": id, "conversation_uuid": "CON-1", "to": "12125550142" });
        match told {
            Told::Answered => {}
            Told::Key(key) => event["dtmf"] = serde_json::json!({ "digits": key, "timed_out": key.is_empty() }),
            Told::State(state) => event["status"] = state.into(),
        }
        ("application/json", event.to_string())
    }

    /// The headers under which the provider tells it.
    fn signature(&self, path: &str, body: &str) -> Vec<(&'static str, String)> {
        let nonce = salus::crypto::random::Secret::token().expose().to_owned();
        let mut sorted: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        sorted.sort();
        let tail: String = sorted.iter().map(|(name, value)| format!("{name}{value}")).collect();
        match self.name {
            "twilio" => {
                let mut mac = Hmac::<Sha1>::new_from_slice(twilio_double::TOKEN.as_bytes()).unwrap();
                mac.update(format!("{ORIGIN}{path}{tail}").as_bytes());
                vec![("X-Twilio-Signature", BASE64.encode(&mac.finalize().into_bytes()))]
            }
            "vonage" => {
                let claims = serde_json::json!({
                    "iat": self.portal.clock.now().as_second(), "jti": nonce, "iss": "Vonage", "api_key": "abcd1234",
                    "payload_hash": HEXLOWER.encode(&Sha256::digest(body)),
                    "application_id": crate::vonage_double::APPLICATION,
                });
                let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
                let text = format!("{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(&claims.to_string()));
                let signed = BASE64URL_NOPAD.encode(&hmac_sha256(SECRET.as_bytes(), text.as_bytes()));
                vec![("Authorization", format!("Bearer {text}.{signed}"))]
            }
            _ => {
                let text = format!("{ORIGIN}{path}?{tail}.{nonce}");
                let signed = BASE64.encode(&hmac_sha256(plivo_double::TOKEN.as_bytes(), text.as_bytes()));
                vec![("X-Plivo-Signature-V3", signed), ("X-Plivo-Signature-V3-Nonce", nonce)]
            }
        }
    }

    /// One request of whoever sends it.
    async fn raw(&self, path: &str, kind: &str, body: String, headers: &[(&'static str, String)]) -> (u16, String) {
        let mut request =
            self.client.post(format!("{}{path}", self.portal.url)).header("content-type", kind).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.unwrap();
        assert!(!response.headers().contains_key("set-cookie"));
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// What the provider tells of a call, signed.
    async fn told_of(&self, id: &str, path: &str, told: Told) -> (u16, String) {
        let (kind, body) = self.telling(id, told);
        let headers = self.signature(path, &body);
        self.raw(path, kind, body, &headers).await
    }

    /// What the provider tells of its newest call, signed.
    pub async fn told(&self, path: &str, told: Told) -> (u16, String) {
        self.told_of(&self.id(self.double.taken().len()), path, told).await
    }

    /// The words at a path, which are there.
    pub async fn words(&self, path: &str, told: Told) -> String {
        let (status, words) = self.told(path, told).await;
        assert_eq!(status, 200, "{path}: {words}");
        words
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.portal.portal.db.read().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
    }
}

async fn tamper(portal: &TestPortal, sql: &'static str) {
    let mut tx = portal.portal.db.begin().await.unwrap();
    sqlx::query(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// The digits that words say one by one.
fn spelled(words: &str) -> String {
    let marks = [("<Say ", "</Say>"), ("<Speak ", "</Speak>")];
    if let Some((start, end)) = marks.into_iter().find(|(start, _)| words.contains(start)) {
        let said = words.split(start).skip(1).filter_map(|part| part.split_once('>')?.1.split(end).next());
        return said.filter(|text| text.len() == 1).collect();
    }
    let ncco: serde_json::Value = serde_json::from_str(words).unwrap();
    let said = ncco[0]["text"].as_str().unwrap().to_owned();
    said.split("<break time='1s'/>")
        .skip(1)
        .filter_map(|part| part.chars().next())
        .filter(char::is_ascii_digit)
        .collect()
}

/// The path that the gate names for a key.
fn key_path(gate: &str) -> String {
    let url = match serde_json::from_str::<serde_json::Value>(gate) {
        Ok(ncco) => ncco[1]["eventUrl"][0].as_str().unwrap().to_owned(),
        Err(_) => gate.split("action=\"").nth(1).expect("a gate").split('"').next().unwrap().to_owned(),
    };
    url.strip_prefix(ORIGIN).expect("the public address").to_owned()
}

async fn state(browser: &mut Browser) -> String {
    let page = browser.get("/challenge/status").await;
    serde_json::from_str::<serde_json::Value>(&page.body).unwrap()["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_provider_says_who_calls_and_reads_the_code_twice_once_a_key_is_pressed() {
    for name in ALL {
        for (locale, hello, bye) in
            [("en", "Hello. This is Salus Clinic", "Goodbye."), ("es", "Hola. Le llama", "Adiós.")]
        {
            let line = Line::open(name).await;
            let mia = line.portal.patient("mia").await;
            if locale == "es" {
                tamper(&line.portal, "UPDATE accounts SET locale = 'es'").await;
            }
            let (mut browser, code) = line.called(&mia).await;
            let (answer, _) = line.paths();
            let asked = line.double.taken().last().unwrap().clone();
            assert!(!asked.raw().contains(&code) && !asked.head.contains(&code), "the provider is never told the code");
            assert_eq!(answer.rsplit('/').next().unwrap().len(), 22, "128 bits");

            let gate = line.words(&answer, Told::Answered).await;
            assert!(gate.contains(hello), "{name} {locale}: {gate}");
            assert_eq!(spelled(&gate), "", "{gate}");
            assert!(gate.contains(&format!("\"{locale}-")), "{gate}");
            assert_eq!(state(&mut browser).await, "sent");

            let said = line.words(&key_path(&gate), Told::Key("5")).await;
            assert_eq!(spelled(&said), format!("{code}{code}"), "{said}");
            assert!(said.contains(bye) && !said.contains(&code), "{said}");
            assert_eq!(state(&mut browser).await, "arrived");
            browser.open("/challenge").await;
            assert_eq!(browser.send("/challenge", &[("code", &code)]).await.address, "/home");
        }
    }
}

#[tokio::test]
async fn the_code_is_for_who_signs_and_presses_a_key_and_once() {
    for name in ALL {
        let line = Line::open(name).await;
        let mia = line.portal.patient("mia").await;
        let (_, code) = line.called(&mia).await;
        let (answer, _) = line.paths();
        let play = format!("{answer}/play");
        let id = line.id(line.double.taken().len());
        let (kind, body) = line.telling(&id, Told::Key("1"));
        let right = line.signature(&play, &body);
        let nobody = |status: u16| (status, String::new());

        // Nobody's signature, that of another address or body, and one that does not cover the body.
        assert_eq!(line.raw(&play, kind, body.clone(), &[]).await, nobody(403), "{name}");
        assert_eq!(line.raw(&answer, kind, body.clone(), &right).await.0, if name == "vonage" { 200 } else { 403 });
        let (_, other) = line.telling(&id, Told::Key("2"));
        assert_eq!(line.raw(&play, kind, other, &right).await, nobody(403), "{name}");
        if name == "plivo" {
            let text = format!("{ORIGIN}{play}123");
            let v2 = BASE64.encode(&hmac_sha256(plivo_double::TOKEN.as_bytes(), text.as_bytes()));
            let v2 = [("X-Plivo-Signature-V2", v2), ("X-Plivo-Signature-V2-Nonce", "123".to_owned())];
            assert_eq!(line.raw(&play, kind, body.clone(), &v2).await, nobody(403));
        }
        if name == "vonage" {
            let seconds = line.portal.clock.now().as_second();
            let text = format!("&nonce=n1&timestamp={seconds}&uuid={id}");
            let sig = HEXLOWER.encode(&hmac_sha256(SECRET.as_bytes(), text.as_bytes()));
            let form = format!("uuid={id}&timestamp={seconds}&nonce=n1&sig={sig}");
            let answered = line.raw(&play, "application/x-www-form-urlencoded", form, &[]).await;
            assert_eq!(answered, nobody(403), "a form of the SMS API is no token");
        }
        // Addresses that we gave nobody, and another call's.
        let made_up = format!("/webhooks/{name}/voice/AAAAAAAAAAAAAAAAAAAAAA/play");
        let elsewhere = play.replace(name, if name == "plivo" { "twilio" } else { "plivo" });
        for path in [&made_up, &elsewhere] {
            assert_eq!(line.told(path, Told::Key("1")).await, nobody(404), "{path}");
        }
        assert_eq!(line.told_of(&line.id(77), &play, Told::Key("1")).await, nobody(403), "{name}: another call");
        // A mailbox presses nothing.
        let mailbox = line.words(&play, Told::Key("")).await;
        assert_eq!(spelled(&mailbox), "", "{mailbox}");
        assert!(mailbox.contains("We heard no key"), "{mailbox}");
        assert_eq!(spelled(&line.words(&play, Told::Answered).await), "", "no key among its fields");
        assert_eq!(line.number("SELECT COUNT(*) FROM attempts WHERE spoken_at IS NOT NULL").await, 0);

        // Of eight at the same instant one hears it, and nobody after.
        let all = join_all((0..8).map(|_| line.words(&play, Told::Key("1")))).await;
        let heard: Vec<String> = all.iter().map(|words| spelled(words)).filter(|digits| !digits.is_empty()).collect();
        assert_eq!(heard, [format!("{code}{code}")], "{name}");
        assert!(all.iter().filter(|words| words.contains("This code is over")).count() == 7);
        assert_eq!(line.raw(&play, kind, body, &right).await.0, 200);
        assert_eq!(spelled(&line.words(&play, Told::Key("1")).await), "");
        let again = line.words(&answer, Told::Answered).await;
        assert!(again.contains("This code is over") && !again.contains("play"), "{again}");
    }
}

#[tokio::test]
async fn the_address_of_a_text_reads_nothing_out() {
    let line = Line::open("twilio").await;
    let mia = line.portal.patient("mia").await;
    let mut browser = line.portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    line.portal.deliver().await;
    let status = line.double.taken()[0].field("StatusCallback").unwrap().strip_prefix(ORIGIN).unwrap().to_owned();
    let voice = status.replace("/status/", "/voice/");
    for path in [voice.clone(), format!("{voice}/play")] {
        assert_eq!(line.told(&path, Told::Key("1")).await, (404, String::new()));
    }
}

#[tokio::test]
async fn what_is_over_is_not_read_out() {
    for name in ALL {
        let line = Line::open(name).await;
        let mia = line.portal.patient("mia").await;
        let (_, _) = line.called(&mia).await;
        let (answer, _) = line.paths();
        let gate = line.words(&answer, Told::Answered).await;
        line.portal.minutes_later(5);
        for (path, told) in [(answer.clone(), Told::Answered), (key_path(&gate), Told::Key("1"))] {
            let said = line.words(&path, told).await;
            assert!(said.contains("This code is over") && spelled(&said).is_empty(), "{said}");
        }
    }
    let line = Line::open("twilio").await;
    let mia = line.portal.patient("mia").await;
    let (mut browser, code) = line.called(&mia).await;
    let (answer, _) = line.paths();
    browser.send("/challenge", &[("code", &code)]).await;
    assert_eq!(spelled(&line.words(&format!("{answer}/play"), Told::Key("1")).await), "", "it was used");
    assert_eq!(line.number("SELECT COUNT(*) FROM attempts WHERE spoken_at IS NOT NULL").await, 0);
}

#[tokio::test]
async fn a_call_has_arrived_when_its_code_was_read_out_and_not_before() {
    for (name, going, ends) in [
        (
            "twilio",
            &["initiated", "ringing", "in-progress"][..],
            &["busy", "no-answer", "failed", "canceled", "completed"][..],
        ),
        ("vonage", &["started", "ringing", "answered"], &["busy", "unanswered", "rejected", "machine", "completed"]),
        ("plivo", &["ringing"], &["busy", "no-answer", "timeout", "failed", "cancel", "completed"]),
    ] {
        for end in ends {
            let line = Line::open(name).await;
            let mia = line.portal.patient("mia").await;
            let (mut browser, code) = line.called(&mia).await;
            let (answer, told) = line.paths();
            let nobody = (403, String::new());
            let (kind, body) = line.telling(&line.id(2), Told::State(end));
            assert_eq!(line.raw(&told, kind, body, &[]).await, nobody);
            assert_eq!(line.told_of(&line.id(99), &told, Told::State(end)).await, nobody);
            for word in going {
                assert_eq!(line.told(&told, Told::State(word)).await, (204, String::new()), "{name} {word}");
                assert_eq!(state(&mut browser).await, "sent", "{name} {word}");
            }
            assert_eq!(line.told(&told, Told::State(end)).await, (204, String::new()), "{name} {end}");
            assert_eq!(state(&mut browser).await, "failed", "{name} {end}");
            browser.open("/challenge").await.says("The code was not read out");
            assert_eq!(line.number("SELECT COUNT(*) FROM attempts WHERE receipt = 'undelivered'").await, 1);
            // Callbacks come in any order: what was heard was heard.
            assert_eq!(spelled(&line.words(&format!("{answer}/play"), Told::Key("#")).await), format!("{code}{code}"));
            assert_eq!(line.told(&told, Told::State(end)).await.0, 204);
            assert_eq!(state(&mut browser).await, "arrived", "{name} {end}");
            browser.open("/challenge").await.says("We read the code to you at");
        }
    }
}

#[tokio::test]
async fn a_call_that_ends_after_the_code_was_read_out_stays_arrived() {
    for (name, going) in [("twilio", "in-progress"), ("vonage", "answered"), ("plivo", "ringing")] {
        let line = Line::open(name).await;
        let mia = line.portal.patient("mia").await;
        let (mut browser, _) = line.called(&mia).await;
        let (answer, told) = line.paths();
        line.words(&format!("{answer}/play"), Told::Key("0")).await;
        for word in ["completed", going, "failed"] {
            assert_eq!(line.told(&told, Told::State(word)).await.0, 204);
            assert_eq!(state(&mut browser).await, "arrived", "{name} {word}");
        }
        assert_eq!(line.number("SELECT COUNT(*) FROM receipts WHERE state = 'undelivered'").await, 0);
        assert_eq!(
            line.number("SELECT COUNT(*) FROM attempts WHERE channel = 'call' AND receipt = 'delivered'").await,
            1
        );
    }
}

#[tokio::test]
async fn a_call_that_its_gateway_tells_of_is_not_placed_a_second_time() {
    let line = Line::open("twilio").await;
    let mia = line.portal.patient("mia").await;
    let mut browser = line.portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    line.portal.deliver().await;
    line.portal.later(SignedDuration::from_secs(30));
    browser.open("/challenge").await;
    browser.send("/challenge/resend", &[("channel", "voice")]).await;
    // A worker has it in hand: the phone rings before the gateway's answer is known, and that answer is lost.
    let leased = crate::support::lease_by(&line.portal.portal, "twilio", true).await;
    assert_eq!(leased[0].kind, salus::messaging::dispatches::Kind::Call);
    let path = format!("/webhooks/twilio/status/{}", leased[0].token.expose());
    assert_eq!(line.told_of("CAx", &path, Told::State("ringing")).await.0, 204);
    let lost = salus::messaging::dispatches::Outcome::Unknown { after: Some(std::time::Duration::from_secs(2)) };
    salus::messaging::dispatches::finish(&line.portal.portal, &leased[0], &lost).await.unwrap();
    line.portal.minutes_later(1);
    line.portal.deliver().await;
    assert_eq!(line.double.requests(), 1, "the text alone");
    assert_eq!(state(&mut browser).await, "delayed");
}

#[tokio::test]
async fn a_lost_answer_is_followed_by_one_more_call_and_no_third() {
    let line = Line::open("plivo").await;
    let mia = line.portal.patient("mia").await;
    line.double.script([Answer::Real, Answer::Reset, Answer::Reset]);
    let mut browser = line.portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
    line.portal.deliver().await;
    line.portal.later(SignedDuration::from_secs(30));
    browser.open("/challenge").await;
    browser.send("/challenge/resend", &[("channel", "voice")]).await;
    for _ in 0..4 {
        line.portal.deliver().await;
        line.portal.later(SignedDuration::from_secs(3));
    }
    assert_eq!((line.double.requests(), state(&mut browser).await.as_str()), (3, "failed"));
}

/// Up to the code, in the demo's own phone.
async fn waiting(portal: &TestPortal, who: &Someone) -> Browser {
    let mut browser = portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
    portal.deliver().await;
    browser
}

fn calls(portal: &TestPortal, phone: &str) -> Vec<String> {
    let items = portal.outbox.after(0, Some(phone));
    items.into_iter().filter(|item| item.kind == "voice").map(|item| item.text).collect()
}

#[tokio::test]
async fn whoever_waits_can_be_called_instead() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = waiting(&portal, &mia).await;
    let code = portal.code(&mia.phone).await;
    let page = browser.open("/challenge").await;
    assert_eq!(page.values("channel"), ["voice", "sms", "voice"], "the first is offered once the text takes long");
    page.says("Call me instead");

    portal.later(SignedDuration::from_secs(26));
    let page = browser.open("/challenge").await;
    page.says("It takes longer than usual.");
    assert!(page.body.contains("<div id=\"offer\" hidden>"), "nothing is offered before it can be asked for");

    // Within the pause it is refused as another text is.
    let refused = browser.send("/challenge/resend", &[("channel", "voice")]).await;
    assert_eq!(refused.status, 422);
    refused.says("You can ask for another code at");
    portal.later(SignedDuration::from_secs(4));
    assert!(browser.open("/challenge").await.body.contains("<div id=\"offer\">"));
    let page = browser.send("/challenge/resend", &[("channel", "voice")]).await;
    let last2 = &mia.phone[mia.phone.len() - 2..];
    page.says(&format!("We are calling the phone ending in {last2}. Answer, press any key, and write the code down."));
    page.says("We are calling you now.").says("Did not get the call?").says("Text me instead").says("Call me again");
    assert!(!page.text().contains("text message with a 6-digit code"), "{}", page.text());
    portal.deliver().await;
    browser.open("/challenge").await.says("We called you at 10:00am.");
    let spaced = code.chars().map(String::from).collect::<Vec<_>>().join(", ");
    let heard = calls(&portal, &mia.phone);
    assert_eq!(heard.len(), 1);
    assert!(heard[0].starts_with("Hello. This is Salus Clinic") && heard[0].matches(&spaced).count() == 2, "{heard:?}");
    let lines = browser.get("/dev/outbox.jsonl").await;
    assert!(lines.body.contains(r#""kind":"voice""#), "{}", lines.body);
    browser.get("/dev/outbox").await.says("Phone call. After a key is pressed it says:").says(&spaced);

    let wrong = if code == "111111" { "222222" } else { "111111" };
    browser.open("/challenge").await;
    browser
        .send("/challenge", &[("code", wrong)])
        .await
        .says("The code does not match. Try again, or ask for another call.");

    // A text after it is a text again.
    portal.later(SignedDuration::from_secs(60));
    browser.open("/challenge").await;
    browser.send("/challenge/resend", &[("channel", "sms")]).await.says("We sent a text message");
    portal.deliver().await;
    assert_eq!((calls(&portal, &mia.phone).len(), portal.messages(&mia.phone).await), (1, 3));
    assert_eq!(browser.send("/challenge", &[("code", &code)]).await.address, "/home");
}

#[tokio::test]
async fn a_call_counts_among_the_sends_of_a_number() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = waiting(&portal, &mia).await;
    for (pause, way) in [(30, "voice"), (60, "sms"), (120, "voice"), (120, "voice")] {
        portal.later(SignedDuration::from_secs(pause));
        browser.open("/challenge").await;
        assert_eq!(browser.send("/challenge/resend", &[("channel", way)]).await.status, 200);
        portal.deliver().await;
    }
    portal.later(SignedDuration::from_secs(120));
    browser.open("/challenge").await;
    for way in ["voice", "sms"] {
        let page = browser.send("/challenge/resend", &[("channel", way)]).await;
        assert_eq!(page.status, 422, "the sixth in a quarter of an hour: {way}");
    }
    portal.deliver().await;
    assert_eq!((calls(&portal, &mia.phone).len(), portal.messages(&mia.phone).await), (3, 5));
}

#[tokio::test]
async fn a_call_is_among_the_other_ways_and_choosing_it_calls() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = waiting(&portal, &mia).await;
    let page = browser.open("/challenge/method").await;
    assert_eq!(page.values("method"), ["sms", "voice", "none"]);
    page.says("Phone call to the phone ending in");
    let refused = browser.send("/challenge/method", &[("method", "voice")]).await;
    assert_eq!((refused.status, refused.address.as_str()), (422, "/challenge/method"));
    refused.says("You can ask for another code at");
    portal.later(SignedDuration::from_secs(30));
    browser.send("/challenge/method", &[("method", "voice")]).await.says("We are calling the phone ending in");
    portal.deliver().await;
    assert_eq!(calls(&portal, &mia.phone).len(), 1);
    browser.open("/help/codes").await.says("Get a call instead");
}

#[tokio::test]
async fn admins_see_calls_apart_from_texts() {
    let line = Line::open("plivo").await;
    let mia = line.portal.patient("mia").await;
    line.called(&mia).await;
    let (answer, told) = line.paths();
    line.portal.later(SignedDuration::from_secs(4));
    line.words(&format!("{answer}/play"), Told::Key("1")).await;
    line.called(&mia).await;
    let (_, second) = line.paths();
    assert_ne!(told, second);
    assert_eq!(line.told(&second, Told::State("busy")).await.0, 204);

    let ada = line.portal.admin("ada").await;
    let mut admin = line.portal.browser();
    admin.open("/login").await;
    admin.send("/login", &[("email", &ada.email), ("password", PASSWORD)]).await;
    line.portal.deliver().await;
    let text = line.double.taken().last().unwrap().json().unwrap()["text"].as_str().unwrap().to_owned();
    admin.send("/challenge", &[("code", &code_in(&text))]).await;
    let page = admin.open("/admin/delivery").await;
    page.says("plivo US 3 3 0 3 0 Not known Not known").says("plivo (call) US 2 2 1 0 1 4.0 s 4.0 s").says("busy");
}

#[tokio::test]
async fn stop_is_about_texts() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let phone = salus::types::phone::PhoneNumber::from_e164(&mia.phone).unwrap();
    let stop = salus::messaging::opt_outs::Wish::read("STOP");
    let mut tx = portal.portal.db.begin().await.unwrap();
    salus::messaging::opt_outs::heed(&portal.portal, &mut tx, "twilio", &phone, stop).await.unwrap();
    tx.commit().await.unwrap();
    let mut browser = waiting(&portal, &mia).await;
    assert_eq!((portal.messages(&mia.phone).await, state(&mut browser).await.as_str()), (0, "opted_out"));
    portal.later(SignedDuration::from_secs(30));
    browser.open("/challenge").await;
    browser.send("/challenge/resend", &[("channel", "voice")]).await;
    portal.deliver().await;
    assert_eq!((calls(&portal, &mia.phone).len(), state(&mut browser).await.as_str()), (1, "sent"));
}

#[tokio::test]
async fn where_no_gateway_can_call_none_is_offered_and_none_is_made() {
    let double = double_of("twilio").await;
    let mut vars = vars("twilio", &double.base);
    vars.retain(|(name, _)| *name != "SALUS_TWILIO_CALL_FROM");
    let vars: Vec<(&str, &str)> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let portal = TestPortal::start_with(&vars).await;
    let mia = portal.patient("mia").await;
    let mut browser = waiting(&portal, &mia).await;
    portal.later(SignedDuration::from_secs(30));
    assert_eq!(browser.open("/challenge/method").await.values("method"), ["sms", "none"]);
    assert_eq!(browser.send("/challenge/method", &[("method", "voice")]).await.status, 422);
    assert!(!browser.open("/help/codes").await.text().contains("Get a call instead"));
    assert_eq!(browser.open("/challenge").await.values("channel"), ["sms"]);
    let page = browser.send("/challenge/resend", &[("channel", "voice")]).await;
    assert_eq!(page.status, 422);
    page.says("We cannot send the code that way.");
    portal.deliver().await;
    assert_eq!(double.taken().len(), 1, "the text alone");
}

/// What the page of a waiting registration says, without what differs by chance.
async fn registered(portal: &TestPortal, email: &str, phone: &str) -> (Browser, String) {
    let mut browser = portal.browser();
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
    portal.deliver().await;
    portal.later(SignedDuration::from_secs(30));
    browser.open("/challenge").await;
    let page = browser.send("/challenge/resend", &[("channel", "voice")]).await;
    (browser, page.text())
}

#[tokio::test]
async fn a_decoy_says_the_same_and_calls_nobody() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let (mut taken, decoy) = registered(&portal, &mia.email, "+12125550199").await;
    let (mut free, real) = registered(&portal, "noor@people.example", "+12125550199").await;
    assert_eq!(decoy, real);
    portal.deliver().await;
    portal.later(SignedDuration::from_secs(1));
    let texts = (taken.open("/challenge").await.text(), free.open("/challenge").await.text());
    assert!(texts.0.contains("We called you at 10:0") && texts.1.contains("We called you at 10:0"), "{texts:?}");
    assert_eq!(calls(&portal, "+12125550199").len(), 1, "the one that is real");
    assert_eq!(calls(&portal, &mia.phone).len(), 0);
}
