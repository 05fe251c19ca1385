//! Sentences in the person's language, by Fluent; dates and times as people write them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{Loader, static_loader};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use unic_langid::{LanguageIdentifier, langid};

use crate::clock::{SignedDuration, Timestamp};
use crate::types::actor::Role;
use crate::types::factor_kind::FactorKind;
use crate::types::locale::Locale;
use crate::types::zone::Zone;

static_loader! {
    static SENTENCES = {
        locales: "./templates/words",
        fallback_language: "en",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static EN: LanguageIdentifier = langid!("en");
static ES: LanguageIdentifier = langid!("es");

/// The sentences of one language.
#[derive(Clone, Copy, Debug)]
pub struct Words(Locale);

impl Words {
    /// The sentences of a language.
    pub fn new(locale: Locale) -> Self {
        Self(locale)
    }

    fn language(self) -> &'static LanguageIdentifier {
        match self.0 {
            Locale::En => &EN,
            Locale::Es => &ES,
        }
    }

    /// A sentence without values.
    pub fn t(&self, key: &'static str) -> String {
        self.look(key, None)
    }

    /// A sentence whose key is data: one of a family that a test knows.
    pub fn of(&self, key: &str) -> String {
        self.look(key, None)
    }

    fn look(self, key: &str, values: Option<&HashMap<Cow<'static, str>, FluentValue<'_>>>) -> String {
        let found = match values {
            None => SENTENCES.try_lookup(self.language(), key),
            Some(values) => SENTENCES.try_lookup_with_args(self.language(), key, values),
        };
        found.unwrap_or_else(|| {
            tracing::error!(key, "a sentence is missing");
            format!("[{key}]")
        })
    }

    /// A sentence with values, to be given by [`Filled::arg`].
    pub fn with(&self, key: &'static str) -> Filled {
        Filled { words: *self, key, values: HashMap::new() }
    }

    /// A browser as it is stored, "Firefox on Windows".
    pub fn browser(&self, agent: &str) -> String {
        match agent.split_once(" on ") {
            Some((name, system)) => self.with("browser-on").arg("browser", name).arg("system", system).to_string(),
            None if agent == "Unknown browser" => self.t("browser-unknown"),
            None => agent.to_owned(),
        }
    }

    /// The name of a second factor, as it stands alone in a sentence.
    pub fn factor(&self, kind: FactorKind) -> String {
        self.t(match kind {
            FactorKind::Sms => "alert-factor-sms",
            FactorKind::Voice => "alert-factor-voice",
            FactorKind::Email => "alert-factor-email",
            FactorKind::Totp => "alert-factor-totp",
            FactorKind::Passkey => "alert-factor-passkey",
            FactorKind::Recovery => "alert-factor-recovery",
        })
    }

    /// What somebody is, in a word.
    pub fn role(&self, role: Role) -> String {
        self.t(match role {
            Role::Patient => "role-patient",
            Role::Doctor => "role-doctor",
            Role::Admin => "role-admin",
        })
    }

    /// A calendar day: "Tuesday 3 November 2026", "martes 3 de noviembre de 2026".
    pub fn date(&self, date: Date) -> String {
        self.with("date-long")
            .arg("weekday", i64::from(date.weekday().to_monday_one_offset()))
            .arg("day", i64::from(date.day()))
            .arg("month", i64::from(date.month()))
            .arg("year", date.year().to_string())
            .to_string()
    }

    /// A calendar day without its weekday: "3 November 2026".
    pub fn short_date(&self, date: Date) -> String {
        self.with("date-short")
            .arg("day", i64::from(date.day()))
            .arg("month", i64::from(date.month()))
            .arg("year", date.year().to_string())
            .to_string()
    }

    /// A time of day: "9:20am", "14:05".
    pub fn clock(&self, time: Time) -> String {
        let (hour, minute) = (time.hour(), time.minute());
        match self.0 {
            Locale::En => {
                let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
                format!("{twelve}:{minute:02}{}", if hour < 12 { "am" } else { "pm" })
            }
            Locale::Es => format!("{hour}:{minute:02}"),
        }
    }

    fn local(at: Timestamp, zone: &Zone) -> jiff::civil::DateTime {
        let rules: TimeZone = zone.rules();
        rules.to_datetime(at)
    }

    /// The day of an instant in a zone.
    pub fn day(&self, at: Timestamp, zone: &Zone) -> String {
        self.date(Self::local(at, zone).date())
    }

    /// The day of an instant, without its weekday.
    pub fn short_day(&self, at: Timestamp, zone: &Zone) -> String {
        self.short_date(Self::local(at, zone).date())
    }

    /// The time of day of an instant in a zone.
    pub fn time(&self, at: Timestamp, zone: &Zone) -> String {
        self.clock(Self::local(at, zone).time())
    }

    /// The time of day from which on something works again: the next full minute, so that nobody comes too early.
    pub fn time_from(&self, at: Timestamp, zone: &Zone) -> String {
        let over = at.as_millisecond().rem_euclid(60_000);
        let full = if over == 0 { at } else { at + SignedDuration::from_millis(60_000 - over) };
        self.time(full, zone)
    }

    /// "Chicago time", "hora de Chicago".
    pub fn zone(&self, zone: &Zone) -> String {
        self.with("date-zone").arg("city", zone.city()).to_string()
    }

    /// Day, time and zone in one: "Tuesday 3 November 2026, 9:20am, Chicago time".
    pub fn day_time(&self, at: Timestamp, zone: &Zone) -> String {
        format!("{}, {}, {}", self.day(at, zone), self.time(at, zone), self.zone(zone))
    }
}

/// A sentence being filled; shows itself in the person's language.
#[derive(Clone)]
pub struct Filled {
    words: Words,
    key: &'static str,
    values: HashMap<Cow<'static, str>, FluentValue<'static>>,
}

impl Filled {
    /// Gives the sentence a value by its name.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl IntoArgument) -> Self {
        self.values.insert(Cow::Borrowed(name), value.into_argument());
        self
    }
}

impl fmt::Display for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.look(self.key, Some(&self.values)))
    }
}

/// What a sentence can be filled with.
pub trait IntoArgument {
    /// Fluent's form of it.
    fn into_argument(self) -> FluentValue<'static>;
}

impl IntoArgument for &str {
    fn into_argument(self) -> FluentValue<'static> {
        FluentValue::from(self.to_owned())
    }
}

impl IntoArgument for String {
    fn into_argument(self) -> FluentValue<'static> {
        FluentValue::from(self)
    }
}

impl IntoArgument for &String {
    fn into_argument(self) -> FluentValue<'static> {
        FluentValue::from(self.clone())
    }
}

macro_rules! numbers {
    ($($kind:ty),+) => {$(
        impl IntoArgument for $kind {
            fn into_argument(self) -> FluentValue<'static> {
                FluentValue::from(self)
            }
        }
        impl IntoArgument for &$kind {
            fn into_argument(self) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        }
    )+};
}

numbers!(i64, i32, u32, u64, usize);
