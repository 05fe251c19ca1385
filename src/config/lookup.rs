//! Where settings come from, and the list of what is wrong with them.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use crate::crypto::random::Secret;

/// One thing wrong with a setting, and its cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting's name.
    pub setting: String,
    /// What is wrong, never the value.
    pub problem: String,
    /// What to do.
    pub cure: String,
}

/// Settings by name: environment first, then file.
#[derive(Default)]
pub struct Lookup {
    vars: HashMap<String, String>,
    problems: Vec<Problem>,
    secret_files: Vec<PathBuf>,
    asked: RefCell<BTreeSet<String>>,
}

impl Lookup {
    /// Settings of a map, for demo and tests.
    pub fn from_map<K: Into<String>, V: Into<String>>(vars: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { vars: vars.into_iter().map(|(k, v)| (k.into(), v.into())).collect(), ..Self::default() }
    }

    /// The process's environment over the TOML file named by `SALUS_CONFIG`, whose keys are the settings' names.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn from_env() -> Result<Self, Vec<Problem>> {
        let mut vars = HashMap::new();
        if let Ok(path) = std::env::var("SALUS_CONFIG") {
            let told = |what: String| {
                vec![Problem {
                    setting: "SALUS_CONFIG".into(),
                    problem: what,
                    cure: "name a TOML file with lines like SALUS_LISTEN = \"…\"".into(),
                }]
            };
            let text = std::fs::read_to_string(&path)
                .map_err(|error| told(format!("names a file that cannot be read: {}", error.kind())))?;
            let table: toml::Table = text.parse().map_err(|_| told("names a file that is not TOML".into()))?;
            for (key, value) in table {
                let text = match value {
                    toml::Value::String(text) => text,
                    other => other.to_string(),
                };
                vars.insert(key.to_uppercase(), text);
            }
        }
        vars.extend(std::env::vars().filter(|(key, _)| key.starts_with("SALUS_")));
        Ok(Self { vars, ..Self::default() })
    }

    /// Notes a problem, once.
    pub(super) fn problem(&mut self, setting: &str, problem: &str, cure: &str) {
        let problem = Problem { setting: setting.into(), problem: problem.into(), cure: cure.into() };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The setting if it is set and not empty.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.vars.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn text(&self, name: &str, default: &str) -> String {
        self.optional(name).unwrap_or_else(|| default.to_owned())
    }

    /// A secret from the setting itself or from the file that `<name>_FILE` names.
    pub(super) fn secret(&mut self, name: &str) -> Option<Secret> {
        if let Some(value) = self.optional(name) {
            return Some(Secret::new(value));
        }
        let path = PathBuf::from(self.optional(&format!("{name}_FILE"))?);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                if !self.secret_files.contains(&path) {
                    self.secret_files.push(path);
                }
                Some(Secret::new(text.trim()))
            }
            Err(error) => {
                let what = format!("names a file that cannot be read: {}", error.kind());
                self.problem(&format!("{name}_FILE"), &what, "name a file that the program's user may read");
                None
            }
        }
    }

    pub(super) fn parsed_or<T: FromStr>(&mut self, name: &str, default: T, cure: &str) -> T {
        self.optional_parsed(name, cure).unwrap_or(default)
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, default: &str, cure: &str) -> T
    where
        T::Err: std::fmt::Debug,
    {
        self.optional_parsed(name, cure).unwrap_or_else(|| default.parse().expect("a default is well-formed"))
    }

    pub(super) fn optional_parsed<T: FromStr>(&mut self, name: &str, cure: &str) -> Option<T> {
        let value = self.optional(name)?;
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.problem(name, "cannot be read", cure);
        }
        parsed
    }

    pub(super) fn number(&mut self, name: &str, default: i64, bounds: RangeInclusive<i64>) -> i64 {
        let Some(value) = self.optional(name) else { return default };
        match value.parse() {
            Ok(number) if bounds.contains(&number) => number,
            _ => {
                let cure = format!("write a whole number from {} to {}", bounds.start(), bounds.end());
                self.problem(name, "is out of bounds", &cure);
                default
            }
        }
    }

    pub(super) fn choice(&mut self, name: &str, default: &str, words: &[&str]) -> String {
        let value = self.text(name, default);
        if !words.contains(&value.as_str()) {
            self.problem(name, "is not one of the known words", &format!("write one of: {}", words.join(", ")));
        }
        value
    }

    pub(super) fn list<T>(&mut self, name: &str, read: impl Fn(&str) -> Option<T>, cure: &str) -> Vec<T> {
        let Some(value) = self.optional(name) else { return Vec::new() };
        let mut items = Vec::new();
        for (at, word) in value.split(',').map(str::trim).enumerate().filter(|(_, word)| !word.is_empty()) {
            match read(word) {
                Some(item) => items.push(item),
                None => {
                    let which = format!("holds something that is not understood, at place {} of its list", at + 1);
                    self.problem(name, &which, cure);
                }
            }
        }
        items
    }

    /// Settings that are set and that nobody asked for: misspelt, or of a gateway that is not named.
    pub(super) fn unused(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        let is_unused = |name: &&String| {
            let whole = name.strip_suffix("_FILE").unwrap_or(name);
            name.starts_with("SALUS_")
                && name.as_str() != "SALUS_CONFIG"
                && !asked.contains(*name)
                && !asked.contains(whole)
        };
        let mut unused: Vec<String> = self.vars.keys().filter(is_unused).cloned().collect();
        unused.sort_unstable();
        unused
    }

    pub(super) fn secret_files(&self) -> Vec<PathBuf> {
        self.secret_files.clone()
    }

    /// The settings, unless something is wrong.
    pub(super) fn finish<T>(self, config: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() { Ok(config) } else { Err(self.problems) }
    }
}
