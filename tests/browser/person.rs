//! What a person does at a screen, and what they see there.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::checks::{self, Look};
use crate::chromium::Chromium;
use crate::story::Story;
use crate::support::server::{PASSWORD, Someone};

/// How long a page may take to come, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Person {
    pub name: &'static str,
    pub browser: Chromium,
    pub origin: String,
    /// Whether their browser runs the pages' scripts.
    pub scripts: bool,
    /// The pages that they have come to, by heading.
    pub seen: Vec<Seen>,
    /// Whether each page is examined; not where stories of their own do it.
    pub examines: bool,
}

/// What was examined in this run: a page that says the same to the next person is not examined again.
static EXAMINED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A page as somebody read it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub heading: String,
    /// The words of its main part.
    pub words: Vec<String>,
}

/// A text for XPath 1.0, which has no way to write a quote inside quotes of its kind.
fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

impl Person {
    /// Somebody at a desk, in New York.
    pub async fn arrives(story: &Story, name: &'static str) -> Self {
        Self::start(story, name, true).await
    }

    /// Somebody whose browser runs no scripts.
    pub async fn arrives_without_scripts(story: &Story, name: &'static str) -> Self {
        Self::start(story, name, false).await
    }

    async fn start(story: &Story, name: &'static str, scripts: bool) -> Self {
        let browser = Chromium::start(scripts).await;
        let person = Self { name, browser, origin: story.origin(), scripts, seen: Vec::new(), examines: true };
        person.browser.tell("Emulation.setTimezoneOverride", json!({ "timezoneId": "America/New_York" })).await;
        person.looks(Look::DESK).await;
        person
    }

    fn driver(&self) -> &WebDriver {
        &self.browser.driver
    }

    /// Looks at the page in this way from now on.
    pub async fn looks(&self, look: Look) {
        checks::set(&self.browser, look).await;
    }

    /// The path and query of the page.
    pub async fn address(&self) -> String {
        let url = self.driver().current_url().await.unwrap();
        url.as_str().strip_prefix(&self.origin).unwrap_or(url.as_str()).to_owned()
    }

    /// Types an address.
    pub async fn opens(&self, path: &str) {
        self.driver().goto(format!("{}{path}", self.origin)).await.unwrap();
    }

    /// A value that the page's own objects give.
    pub async fn asks(&self, script: &str) -> Value {
        let answer = self.driver().execute(script, Vec::new()).await;
        answer.unwrap_or_else(|error| panic!("{}: {script}: {error}", self.name)).json().clone()
    }

    /// All that can be read, with single spaces.
    pub async fn text(&self) -> String {
        let text = self.asks("return document.title + ' ' + document.body.innerText").await;
        text.as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    async fn heading(&self) -> Option<String> {
        let script = "return document.readyState === 'complete' ? document.querySelector('h1')?.innerText ?? '' : null";
        let answer = self.driver().execute(script, Vec::new()).await.ok()?;
        Some(answer.json().as_str()?.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Waits for the page with this heading, and examines it the first time.
    pub async fn sees(&mut self, heading: &str) {
        let start = Instant::now();
        while self.heading().await.as_deref() != Some(heading) {
            if start.elapsed() > PATIENCE {
                panic!("{} waits for {heading:?} at {}: {}", self.name, self.address().await, self.text().await);
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        let words = self.asks("return document.querySelector('main').innerText").await;
        let words = words.as_str().unwrap().split_whitespace().map(str::to_owned).collect();
        self.seen.push(Seen { heading: heading.to_owned(), words });
        self.examine(heading).await;
    }

    /// Waits until the address is this.
    pub async fn comes_to(&self, path: &str) {
        let start = Instant::now();
        while self.address().await != path {
            if start.elapsed() > PATIENCE {
                panic!("{} waits for {path} at {}: {}", self.name, self.address().await, self.text().await);
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Examines the page as it stands now, unless one was examined that differs in numbers only.
    pub async fn examine(&mut self, state: &str) {
        if !self.examines {
            return;
        }
        let said: String = self.text().await.chars().filter(|letter| !letter.is_ascii_digit()).collect();
        if EXAMINED.lock().unwrap().insert(format!("{}: {said}", self.scripts)) {
            checks::examine(self, state).await;
            self.looks(Look::DESK).await;
        }
    }

    /// The page says this, at once or soon.
    pub async fn reads(&self, sentence: &str) {
        let start = Instant::now();
        loop {
            let text = self.text().await;
            if text.contains(sentence) {
                return;
            }
            if start.elapsed() > PATIENCE {
                panic!("{} does not read {sentence:?} at {}: {text}", self.name, self.address().await);
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Loads the page again.
    pub async fn loads_again(&self) {
        self.driver().refresh().await.unwrap();
    }

    /// Waits until a script answers this.
    pub async fn until(&self, script: &str, answer: Value) {
        let start = Instant::now();
        while self.asks(script).await != answer {
            if start.elapsed() > PATIENCE {
                panic!("{}: {script} is never {answer} at {}: {}", self.name, self.address().await, self.text().await);
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    pub async fn does_not_read(&self, sentence: &str) {
        let text = self.text().await;
        assert!(!text.contains(sentence), "{} reads {sentence:?} at {}: {text}", self.name, self.address().await);
    }

    /// The first thing of these that can be seen.
    async fn visible(&self, xpath: &str) -> Option<WebElement> {
        for element in self.driver().find_all(By::XPath(xpath)).await.unwrap() {
            if element.is_displayed().await.unwrap_or(false) {
                return Some(element);
            }
        }
        None
    }

    async fn found(&self, xpath: &str, what: &str) -> WebElement {
        match self.visible(xpath).await {
            Some(element) => element,
            None => panic!("{} finds no {what} at {}: {}", self.name, self.address().await, self.text().await),
        }
    }

    /// Types into an empty field; a day as YYYY-MM-DD.
    pub async fn types(&self, field: &str, text: &str) {
        let input = self.found(&format!("//main//*[@name={}]", quoted(field)), field).await;
        if input.attr("type").await.unwrap().as_deref() == Some("date") {
            // The picker of this browser's language is filled month first.
            let (year, rest) = text.split_once('-').unwrap();
            input.send_keys(format!("{}{year}", rest.replace('-', ""))).await.unwrap();
            return;
        }
        input.clear().await.unwrap();
        input.send_keys(text).await.unwrap();
    }

    /// Picks an entry of a list.
    pub async fn picks(&self, field: &str, entry: &str) {
        let xpath = format!("//select[@name={}]/option[normalize-space(.)={}]", quoted(field), quoted(entry));
        self.found(&xpath, entry).await.click().await.unwrap();
    }

    /// Ticks a box or chooses a round button, by what stands beside it.
    pub async fn ticks(&self, label: &str) {
        let xpath = format!("//main//label[starts-with(normalize-space(.),{})]", quoted(label));
        self.found(&xpath, label).await.click().await.unwrap();
    }

    /// Clicks, and waits until another page has come.
    async fn goes_on_by(&self, element: WebElement, what: &str) {
        let before = self.driver().find(By::Tag("html")).await.unwrap();
        element.click().await.unwrap_or_else(|error| panic!("{} cannot click {what:?}: {error}", self.name));
        let start = Instant::now();
        while before.tag_name().await.is_ok() {
            if start.elapsed() > PATIENCE {
                panic!("{} pressed {what:?} and is still at {}", self.name, self.address().await);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Presses a button, or a link that looks like one, which leads to another page.
    pub async fn presses(&self, label: &str) {
        let label = quoted(label);
        let xpath = format!(
            "//button[normalize-space(.)={label}] | \
             //a[contains(concat(' ',@class,' '),' button ')][normalize-space(.)={label}]"
        );
        let button = self.found(&xpath, &label).await;
        self.goes_on_by(button, &label).await;
    }

    /// Presses a button which leaves the page where it is.
    pub async fn presses_here(&self, label: &str) {
        let xpath = format!("//button[normalize-space(.)={0}] | //summary[normalize-space(.)={0}]", quoted(label));
        self.found(&xpath, label).await.click().await.unwrap();
    }

    /// Presses a key on whatever has the focus. Not through the driver, which presses it again on the next page when
    /// the first press has led there.
    pub async fn presses_the_key(&self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            other => panic!("no key {other}"),
        };
        for direction in ["keyDown", "keyUp"] {
            let text = if direction == "keyDown" { text } else { "" };
            let press =
                json!({ "type": direction, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.browser.tell("Input.dispatchKeyEvent", press).await;
        }
    }

    /// Types into whatever has the focus.
    pub async fn types_blindly(&self, text: &str) {
        self.driver().action_chain().send_keys(text).perform().await.unwrap();
    }

    /// Follows a link by its words.
    pub async fn follows(&self, words: &str) {
        let link = self.found(&format!("//a[normalize-space(.)={}]", quoted(words)), words).await;
        self.goes_on_by(link, words).await;
    }

    /// Follows the first link whose address begins so.
    pub async fn follows_to(&self, start: &str) {
        let link = self.found(&format!("//main//a[starts-with(@href,{})]", quoted(start)), start).await;
        self.goes_on_by(link, start).await;
    }

    /// Signs in from the way in, with the code that comes.
    pub async fn signs_in(&mut self, story: &Story, who: &Someone) {
        self.opens("/login").await;
        self.sees("Sign in").await;
        self.types("email", &who.email).await;
        self.types("password", PASSWORD).await;
        self.presses("Sign in").await;
        self.types_the_code(story, &who.phone).await;
    }

    /// Reads the code from the phone and types it.
    pub async fn types_the_code(&mut self, story: &Story, phone: &str) {
        self.sees("Enter your code").await;
        let code = story.code(phone).await;
        self.types("code", &format!("{} {}", &code[..3], &code[3..])).await;
        self.presses("Continue").await;
    }

    /// Types six digits that are not the code.
    pub async fn types_a_wrong_code(&mut self, story: &Story, phone: &str) {
        let code = story.code(phone).await;
        self.types("code", if code == "000000" { "000001" } else { "000000" }).await;
        self.presses("Continue").await;
    }

    /// Opens the trouble section of the code page, unless it stands open.
    pub async fn opens_the_trouble_section(&self) {
        let open = self.asks("return document.querySelector('details.more').open").await;
        if open == json!(false) {
            self.presses_here("Did not get the text message?").await;
        }
    }
}
