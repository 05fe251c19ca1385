//! What holds on every page: rules of accessibility, room on a small screen, a silent console, no other host.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::person::Person;

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    pub scheme: &'static str,
    /// Whether the person's own few colours replace the page's.
    pub forced: bool,
}

impl Look {
    pub const DESK: Self = Self { width: 1280, height: 900, scheme: "light", forced: false };
    pub const DESK_AT_NIGHT: Self = Self { scheme: "dark", ..Self::DESK };
    pub const PHONE: Self = Self { width: 360, height: 740, scheme: "light", forced: false };
    pub const PHONE_AT_NIGHT: Self = Self { scheme: "dark", ..Self::PHONE };
    const PHONE_IN_FORCED_COLOURS: Self = Self { forced: true, ..Self::PHONE };
    const NARROW: Self = Self { width: 320, ..Self::PHONE };

    /// Its colours in a word.
    fn name(self) -> &'static str {
        if self.forced { "forced" } else { self.scheme }
    }
}

/// The rules that are run: all of WCAG 2.0 to 2.2, levels A and AA, and what is good practice besides.
const TAGS: [&str; 7] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

static AXE: LazyLock<String> = LazyLock::new(|| {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(file).expect("run `npm ci` in tests/browser, or `./test browser`")
});

/// Shows the page in this way.
pub async fn set(browser: &Chromium, look: Look) {
    let screen =
        json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.width < 640 });
    browser.tell("Emulation.setDeviceMetricsOverride", screen).await;
    let media = json!({ "features": [
        { "name": "prefers-color-scheme", "value": look.scheme },
        { "name": "forced-colors", "value": if look.forced { "active" } else { "none" } },
        { "name": "prefers-reduced-motion", "value": "reduce" },
    ] });
    browser.tell("Emulation.setEmulatedMedia", media).await;
}

/// Examines the page; fails with all that was found.
pub async fn examine(person: &Person, state: &str) {
    let faults = faults(person, state).await;
    assert!(faults.is_empty(), "{state} ({}):\n{}", person.address().await, faults.join("\n"));
}

/// All that is wrong with the page.
pub async fn faults(person: &Person, state: &str) -> Vec<String> {
    let mut found = Vec::new();
    if person.scripts {
        person.browser.driver.execute(AXE.as_str(), Vec::new()).await.unwrap();
    }
    let looks = [Look::DESK, Look::DESK_AT_NIGHT, Look::PHONE, Look::PHONE_AT_NIGHT, Look::PHONE_IN_FORCED_COLOURS];
    for look in looks {
        set(&person.browser, look).await;
        if person.scripts {
            found.extend(axe(person, look).await);
        }
        shoot(person, state, look).await;
    }
    set(&person.browser, Look::NARROW).await;
    let width = person.asks("return document.documentElement.scrollWidth").await;
    if width.as_u64() > Some(u64::from(Look::NARROW.width)) {
        let widest =
            "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 320)
            .map(e => e.outerHTML.slice(0, 160)).slice(0, 5)";
        found.push(format!("scrolls sideways: {width} pixels wide at 320; {}", person.asks(widest).await));
    }
    found.extend(console(person).await);
    found.extend(other_hosts(person).await);
    found
}

async fn axe(person: &Person, look: Look) -> Vec<String> {
    let run = "const done = arguments[1];
        axe.run(document, { runOnly: { type: 'tag', values: arguments[0] }, resultTypes: ['violations'],
            rules: { 'target-size': { enabled: true } } })
        .then((result) => done(result.violations.map((v) => v.id + ': ' + v.help + ' ' + v.nodes.map((n) =>
            n.html.slice(0, 200) + ' [' + n.failureSummary + ']').join('; '))), (error) => done(['axe: ' + error]))";
    let answer = person.browser.driver.execute_async(run, vec![json!(TAGS)]).await.unwrap();
    let violations = answer.json().as_array().expect("axe answers with a list").clone();
    violations
        .iter()
        .map(|violation| format!("axe at {} {}: {}", look.width, look.name(), violation.as_str().unwrap()))
        .collect()
}

/// Warnings and errors in the console since the last look. That the page itself is an answer of 4xx is no error.
async fn console(person: &Person) -> Vec<String> {
    let entries = person.browser.driver.browser_log().await.unwrap();
    entries
        .into_iter()
        .filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"))
        .filter(|entry| !entry.message.contains("the server responded with a status of 4"))
        .map(|entry| format!("console: {}", entry.message))
        .collect()
}

/// Requests to anywhere but the portal since the last look.
async fn other_hosts(person: &Person) -> Vec<String> {
    let entries = person.browser.driver.get_log("performance").await.unwrap();
    let mut others = Vec::new();
    for entry in entries {
        let event: Value = serde_json::from_str(&entry.message).unwrap();
        if event["message"]["method"] != "Network.requestWillBeSent" {
            continue;
        }
        let url = event["message"]["params"]["request"]["url"].as_str().unwrap_or_default().to_owned();
        let own = ["data:", "chrome:"].iter().any(|scheme| url.starts_with(scheme));
        if !own && !url.starts_with(&format!("{}/", person.origin)) {
            others.push(format!("asks elsewhere: {url}"));
        }
    }
    others
}

/// Leaves a picture of the whole page in `shots/`, when that is wanted.
async fn shoot(person: &Person, state: &str, look: Look) {
    if std::env::var_os("SALUS_SHOTS").is_none() {
        return;
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/browser/shots");
    std::fs::create_dir_all(&folder).unwrap();
    let slug: String = state.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let file = format!("{}-{slug}-{}-{}.png", person.name, look.width, look.name());
    picture(person, &folder.join(file), true).await;
}

async fn picture(person: &Person, file: &Path, whole: bool) {
    let shot = person.browser.tell("Page.captureScreenshot", json!({ "captureBeyondViewport": whole })).await;
    let png = data_encoding::BASE64.decode(shot["data"].as_str().unwrap().as_bytes()).unwrap();
    std::fs::write(file, png).unwrap();
}

/// Takes the README's picture of this name anew, when `SALUS_SHOTS` is `readme`.
pub async fn shoot_for_readme(person: &Person, name: &str, look: Look) {
    if std::env::var("SALUS_SHOTS").is_ok_and(|wanted| wanted == "readme") {
        set(&person.browser, look).await;
        person.browser.tell("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
        person.asks("scrollTo(0, 0)").await;
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screenshots").join(format!("{name}.png"));
        picture(person, &file, false).await;
        set(&person.browser, Look::DESK).await;
    }
}

mod tests {
    use super::faults;
    use crate::person::Person;
    use crate::story::Story;

    /// What is wrong with the way in after a script spoiled it.
    async fn spoiled(person: &mut Person, script: &str) -> String {
        person.opens("/login").await;
        person.asks(script).await;
        faults(person, "spoiled").await.join("\n")
    }

    #[tokio::test]
    async fn a_page_with_a_fault_does_not_pass() {
        let story = Story::begin(1).await;
        let mut person = Person::arrives(&story, "critic").await;
        assert_eq!(spoiled(&mut person, "return 1").await, "");
        for (script, fault) in [
            ("document.querySelector('label[for=email]').remove()", "axe at 1280 light: label:"),
            ("document.querySelector('h1').style.color = '#e8eef1'", "axe at 360 light: color-contrast:"),
            ("document.querySelector('h1').style.color = '#17232b'", "axe at 360 dark: color-contrast:"),
            ("document.querySelector('h1').style.width = '330px'", "scrolls sideways"),
            ("console.error('oh')", "console:"),
            ("document.body.append(document.createElement('script')); document.body.lastChild.text = '1'", "console:"),
        ] {
            let found = spoiled(&mut person, script).await;
            assert!(found.contains(fault), "{script} is found to be {found:?}");
        }
        person.browser.tell("Page.setBypassCSP", serde_json::json!({ "enabled": true })).await;
        let found = spoiled(&mut person, "fetch('http://127.0.0.1:9/pixel', { mode: 'no-cors' }).catch(() => 0)").await;
        assert!(found.contains("asks elsewhere: http://127.0.0.1:9/pixel"), "{found:?}");
    }
}
