//! The sentences: every one that is shown exists in every language, with the values it names, and reads as it should.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use salus::messaging::sms::segments;
use salus::messaging::texts::{self, Notice, Values};
use salus::types::factor_kind::FactorKind;
use salus::types::locale::Locale;
use salus::types::zone::Zone;
use salus::words::Words;

use salus::audit::Deed;
use salus::auth::risk::{Outcome, Reason};
use salus::care::labs::panels::PANELS;

use crate::support::{TestDatabase, settings};

/// Keys that are put together from data: `words.of(&format!("prefix-{value}"))`. Prefix, and every value it takes.
fn families() -> Vec<(&'static str, Vec<&'static str>)> {
    let tests: BTreeSet<&str> = PANELS.iter().flat_map(|panel| panel.tests.iter()).map(|test| test.key).collect();
    let tests: Vec<&str> = tests.into_iter().collect();
    vec![
        ("labs-panel-", PANELS.iter().map(|panel| panel.key).collect()),
        ("labs-name-", tests.clone()),
        ("labs-about-", tests),
        ("history-signed_in-", FactorKind::ALL.iter().map(|kind| kind.as_str()).collect()),
        ("history-stepped_up-", FactorKind::ALL.iter().map(|kind| kind.as_str()).collect()),
        ("deed-", Deed::ALL.iter().map(|deed| deed.as_str()).collect()),
        ("risk-outcome-", Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect()),
        ("risk-reason-", Reason::ALL.iter().map(|reason| reason.as_str()).collect()),
    ]
}

/// Words that frighten or scold, kept out of English sentences.
const FORBIDDEN: [&str; 6] = ["invalid", "forbidden", "log in", "otp", "2fa", "please"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, endings, found);
        } else if endings.iter().any(|ending| path.extension().is_some_and(|e| e == *ending)) {
            found.push(path);
        }
    }
    found.sort();
}

/// One sentence of a language.
struct Sentence {
    file: String,
    text: String,
    values: BTreeSet<String>,
}

/// Reads Fluent's `key = text` with its continued lines.
fn sentences(locale: &str) -> BTreeMap<String, Sentence> {
    let mut paths = Vec::new();
    files(&root().join("templates/words").join(locale), &["ftl"], &mut paths);
    let mut all: BTreeMap<String, Sentence> = BTreeMap::new();
    for path in paths {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut key: Option<String> = None;
        for line in fs::read_to_string(&path).unwrap().lines() {
            let begins = line.starts_with(|c: char| c.is_ascii_alphabetic());
            match line.split_once('=').filter(|_| begins) {
                Some((name, text)) => {
                    let name = name.trim().to_owned();
                    let sentence =
                        Sentence { file: file.clone(), text: text.trim().to_owned(), values: BTreeSet::new() };
                    assert!(all.insert(name.clone(), sentence).is_none(), "{locale}: {name} stands there twice");
                    key = Some(name);
                }
                None if line.starts_with('#') => key = None,
                None => {
                    if let Some(sentence) = key.as_ref().and_then(|key| all.get_mut(key)) {
                        sentence.text = format!("{}\n{}", sentence.text, line.trim());
                    }
                }
            }
        }
    }
    for sentence in all.values_mut() {
        sentence.values = placeables(&sentence.text);
    }
    all
}

fn placeables(text: &str) -> BTreeSet<String> {
    let (mut depth, mut found) = (0, BTreeSet::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            '$' if depth > 0 => {
                let name = text[at + 1..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next();
                found.insert(name.unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }
    found
}

fn locales() -> Vec<String> {
    let folder = fs::read_dir(root().join("templates/words")).unwrap();
    let mut names: Vec<String> = folder.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A use of a key: where, and the values it is given; None where a `.t` gives none or the key is only named.
struct Use {
    place: String,
    key: String,
    values: Option<BTreeSet<String>>,
}

/// What a source file says of sentences.
#[derive(Default)]
struct Uses {
    shown: Vec<Use>,
    named: BTreeSet<String>,
    families: Vec<(String, String)>,
}

/// A string literal at the start of `text`: what it holds, and what follows.
fn literal(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((inner[..at].to_owned(), &inner[at + 1..])),
            _ => {}
        }
    }
    None
}

/// After `.name(`, spaces and line ends allowed between.
fn call<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.trim_start().strip_prefix('.')?.trim_start().strip_prefix(name)?;
    Some(rest.trim_start().strip_prefix('(')?.trim_start())
}

/// What follows the closing parenthesis of a call whose inside begins `text`.
fn after_call(text: &str) -> Option<&str> {
    let (mut depth, mut rest) = (1, text);
    loop {
        if let Some((_, after)) = literal(rest) {
            rest = after;
            continue;
        }
        let c = rest.chars().next()?;
        // A parenthesis or a quote as a character, not as a mark.
        if c == '\'' && rest.chars().nth(2) == Some('\'') {
            rest = &rest[rest.char_indices().nth(3).map_or(rest.len(), |(at, _)| at)..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(rest);
        }
    }
}

/// The names in a chain of `.arg("name", …)`.
fn arguments(mut rest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    while let Some(inside) = call(rest, "arg") {
        let Some((name, _)) = literal(inside) else { break };
        names.insert(name);
        let Some(after) = after_call(inside) else { break };
        rest = after;
    }
    names
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn uses_in(place: &str, text: &str, uses: &mut Uses) {
    for (at, c) in text.char_indices() {
        let rest = &text[at..];
        if c == '"' {
            if let Some((word, _)) = literal(rest) {
                uses.named.insert(word);
            }
            continue;
        }
        if c != '.' {
            continue;
        }
        if let Some((key, _)) = call(rest, "t").and_then(literal) {
            uses.shown.push(Use { place: place.into(), key, values: Some(BTreeSet::new()) });
        } else if let Some((key, after)) = call(rest, "with").and_then(literal) {
            // Other things have a `with`; a sentence's stands alone in its parentheses.
            if let Some(after) = after.trim_start().strip_prefix(')') {
                uses.shown.push(Use { place: place.into(), key, values: Some(arguments(after)) });
            }
        } else if let Some(inside) = call(rest, "of").filter(|_| text[..at].trim_end().ends_with("words")) {
            let first = inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "&!(_:".contains(c));
            if let Some((word, after)) = literal(first) {
                match word.split_once('{') {
                    Some((prefix, _)) => uses.families.push((place.into(), prefix.to_owned())),
                    None if after.trim_start().starts_with('~') => uses.families.push((place.into(), word)),
                    None if word.contains('-') => uses.shown.push(Use { place: place.into(), key: word, values: None }),
                    None => {}
                }
            }
        }
    }
}

fn all_uses() -> Uses {
    let (mut paths, mut uses) = (Vec::new(), Uses::default());
    files(&root().join("src"), &["rs"], &mut paths);
    files(&root().join("templates"), &["html", "txt"], &mut paths);
    for path in paths {
        let place = path.strip_prefix(root()).unwrap().display().to_string();
        uses_in(&place, &without_comments(&fs::read_to_string(&path).unwrap()), &mut uses);
    }
    uses
}

fn family_keys() -> BTreeSet<String> {
    let of =
        |(prefix, values): (&str, Vec<&str>)| values.iter().map(|value| format!("{prefix}{value}")).collect::<Vec<_>>();
    families().into_iter().flat_map(of).collect()
}

fn none(problems: Vec<String>) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_sentence_that_is_shown_exists_in_every_language_with_its_values() {
    let uses = all_uses();
    assert!(uses.shown.len() > 20, "the reader of sources finds what is there");
    let mut problems = Vec::new();
    for locale in locales() {
        let known = sentences(&locale);
        for shown in &uses.shown {
            let Some(sentence) = known.get(&shown.key) else {
                problems.push(format!("{}: {} is missing in {locale}", shown.place, shown.key));
                continue;
            };
            if let Some(given) = shown.values.as_ref().filter(|given| **given != sentence.values) {
                let wanted = &sentence.values;
                problems.push(format!(
                    "{}: {} is given {given:?} and names {wanted:?} in {locale}",
                    shown.place, shown.key
                ));
            }
        }
        for key in family_keys().iter().filter(|key| !known.contains_key(*key)) {
            problems.push(format!("{key}, of a family, is missing in {locale}"));
        }
    }
    for (place, prefix) in &uses.families {
        if !families().iter().any(|(known, _)| known == prefix) {
            problems.push(format!("{place}: the family {prefix}… is not declared in this test"));
        }
    }
    none(problems);
}

#[test]
fn no_sentence_is_left_over_and_languages_agree() {
    let (uses, family) = (all_uses(), family_keys());
    let english = sentences("en");
    let mut problems = Vec::new();
    for key in english.keys() {
        if !uses.named.contains(key) && !family.contains(key) {
            problems.push(format!("{key} is used nowhere"));
        }
    }
    for (prefix, _) in families() {
        let begins =
            |word: &String| word.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'));
        if !uses.named.iter().any(begins) {
            problems.push(format!("the family {prefix}… is used nowhere"));
        }
    }
    for locale in locales() {
        let other = sentences(&locale);
        for key in english.keys().filter(|key| !other.contains_key(*key)) {
            problems.push(format!("{key} is missing in {locale}"));
        }
        for (key, sentence) in &other {
            match english.get(key) {
                None => problems.push(format!("{key} stands in {locale} alone")),
                Some(original) if original.values != sentence.values => {
                    let (ours, theirs) = (&original.values, &sentence.values);
                    problems.push(format!("{key} names {ours:?} in en and {theirs:?} in {locale}"));
                }
                Some(_) => {}
            }
            if sentence.text.is_empty() {
                problems.push(format!("{key} is empty in {locale}"));
            }
        }
    }
    none(problems);
}

/// The sentences of a text as people read them: each value one word, each variant of a choice apart.
fn read_aloud(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut depth = 0;
    let is_choice = text.contains("->");
    for line in text.lines() {
        let line = line.trim().trim_start_matches('*');
        let line = line.strip_prefix('[').and_then(|variant| variant.split_once(']')).map_or(line, |(_, rest)| rest);
        for c in line.chars() {
            match c {
                '{' => depth += 1,
                '}' => {
                    depth = 0.max(depth - 1);
                    plain.push('X');
                }
                _ if depth == 0 || is_choice => plain.push(c),
                _ => {}
            }
        }
        plain.push_str(if is_choice { ". " } else { " " });
    }
    let mut all = vec![String::new()];
    let mut letters = plain.chars().peekable();
    while let Some(c) = letters.next() {
        let ends = matches!(c, '.' | '?' | '!' | ':') && letters.peek().is_none_or(|next| next.is_whitespace());
        if ends { all.push(String::new()) } else { all.last_mut().unwrap().push(c) }
    }
    all
}

#[test]
fn english_sentences_are_short_and_say_nothing_that_the_guide_forbids() {
    let mut problems = Vec::new();
    for (key, sentence) in sentences("en") {
        let lower = format!(" {} ", sentence.text.to_lowercase());
        let has = |word: &str| {
            let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            lower
                .match_indices(word)
                .any(|(at, _)| edge(lower[..at].chars().next_back()) && edge(lower[at + word.len()..].chars().next()))
        };
        for word in FORBIDDEN.iter().filter(|word| has(word)) {
            problems.push(format!("{key} says \"{word}\""));
        }
        if !key.starts_with("err-") && has("sorry") {
            problems.push(format!("{key} says \"sorry\""));
        }
        if sentence.file != "sms" && sentence.file != "mail" {
            for said in read_aloud(&sentence.text) {
                let words = said.split_whitespace().count();
                if words > 20 {
                    problems.push(format!("{key} has a sentence of {words} words: {}", said.trim()));
                }
            }
        }
    }
    none(problems);
}

#[test]
fn the_reader_of_sources_sees_what_rust_and_templates_write() {
    let source = r#"
        words.t("a-b")  words
            .with("c-d")
            .arg("n", f(x, ")", ')'))
            .arg("when", time)
            .to_string()
        {{ layout.words.with("e-f").arg("n", x) }} {{ words.of(&format!("fam-{}", kind)) }} builder.with("x", 1)
        {{ layout.words.of("tilde-" ~ kind) }} item("g-h")
    "#;
    let mut uses = Uses::default();
    uses_in("here", source, &mut uses);
    let shown: Vec<_> =
        uses.shown.iter().map(|shown| (shown.key.as_str(), shown.values.clone().unwrap_or_default())).collect();
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(shown, [("a-b", set(&[])), ("c-d", set(&["n", "when"])), ("e-f", set(&["n"]))]);
    let families: Vec<_> = uses.families.iter().map(|(_, prefix)| prefix.as_str()).collect();
    assert_eq!(families, ["fam-", "tilde-"]);
    assert!(uses.named.contains("g-h"));
    assert_eq!(placeables("{ $n -> [one] { $when } *[other] x } $5"), set(&["n", "when"]));
    assert_eq!(
        read_aloud("One { $n } two. Three?").iter().map(|s| s.trim()).collect::<Vec<_>>(),
        ["One X two", "Three", ""]
    );
}

/// Texts without a code.
const TEXTS: [&str; 11] = [
    "locked",
    "password_changed",
    "registration_taken",
    "reminder",
    "test",
    "help",
    "phone_added",
    "phone_changed",
    "phone_removed",
    "phone_taken",
    "email_changed",
];

#[tokio::test]
async fn every_text_message_is_one_segment_in_every_language() {
    let database = TestDatabase::new().await;
    let host = "portal.lakeclinic.exampl";
    let (name, url) = ("Salud Clinic San Jos", format!("https://{host}"));
    assert_eq!((name.len(), host.len()), (20, 24), "the longest name and host that are allowed for");
    let more = [("SALUS_CLINIC_NAME", name), ("SALUS_PUBLIC_URL", &url), ("SALUS_CLINIC_PHONE", "+1 (212) 555-0100")];
    let config = settings(&database, &more);
    let codes = ["code_register", "code_sign_in", "code_reset_password", "code_step_up", "code_change_phone"];
    for locale in [Locale::En, Locale::Es] {
        for word in codes.into_iter().chain(TEXTS).chain(["recovery_begun", "recovery_bound"]) {
            let mut values = Values::from([("time".to_owned(), "12:20am".to_owned())]);
            if word == "reminder" {
                let zone: Zone = "America/Argentina/ComodRivadavia".parse().unwrap();
                let longest = "2026-09-30T15:00:00Z".parse().unwrap();
                values.insert("time".into(), Words::new(locale).day_time(longest, &zone));
            }
            if codes.contains(&word) {
                values.insert("code".into(), "482913".into());
            }
            let text = texts::sms(&config, Notice::from_word(word).unwrap(), locale, &values).unwrap();
            assert_eq!(segments(&text), 1, "{word}, {}: {} letters: {text}", locale.code(), text.chars().count());
            assert!(text.starts_with(name) && !text.contains("http") && !text.contains("{"), "{text}");
            let last = text.lines().last().unwrap();
            assert_eq!(codes.contains(&word), last == format!("@{host} #482913"), "{text}");
        }
    }
}
