//! Zones and countries as people choose them.

use crate::web::forms::Choice;
use crate::words::Words;

/// The zones that are offered: where people of our languages live, one a rule of the clock. Any other IANA name that
/// is posted works too.
const OFFERED: [&str; 30] = [
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Halifax",
    "America/St_Johns",
    "America/Puerto_Rico",
    "America/Tijuana",
    "America/Mexico_City",
    "America/Guatemala",
    "America/Havana",
    "America/Bogota",
    "America/Lima",
    "America/Caracas",
    "America/Santiago",
    "America/Argentina/Buenos_Aires",
    "America/Sao_Paulo",
    "Atlantic/Canary",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Madrid",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Manila",
    "Australia/Perth",
    "Australia/Sydney",
    "Pacific/Auckland",
];

/// A zone's name as people read it: "New York (America)".
fn label(name: &str) -> String {
    let (region, city) = name.split_once('/').unwrap_or(("", name));
    let city = city.rsplit('/').next().unwrap_or(city).replace('_', " ");
    if region.is_empty() { city } else { format!("{city} ({region})") }
}

/// The zones to choose from; the chosen one is among them whatever it is.
pub fn choices(chosen: &str) -> Vec<Choice> {
    let mut choices: Vec<Choice> =
        OFFERED.iter().map(|name| Choice::new(*name, label(name), *name == chosen)).collect();
    if !OFFERED.contains(&chosen) && !chosen.is_empty() {
        choices.insert(0, Choice::new(chosen, label(chosen), true));
    }
    choices
}

/// A country as a phone's prefix is chosen: "United States (US)".
pub fn country_label(code: &str, words: &Words) -> String {
    match code {
        "US" => words.t("country-us"),
        "CA" => words.t("country-ca"),
        "MX" => words.t("country-mx"),
        "PR" => words.t("country-pr"),
        "ES" => words.t("country-es"),
        "GB" => words.t("country-gb"),
        other => other.to_owned(),
    }
}
