//! The weekly hours as a form: each weekday with a few stretches, by the doctor's wall clock.

use std::collections::BTreeMap;

use jiff::civil::{Time, Weekday};
use serde::Deserialize;

use crate::care::slots::{Hours, HoursRefusal, SLOT_MINUTES};
use crate::web::forms::Errors;
use crate::words::Words;

/// Stretches that the page offers a day; more are shown where they are there.
const OFFERED: usize = 2;
/// Stretches that a form may have a day.
const MOST: usize = 6;
/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// One stretch as typed.
#[derive(Clone, Default)]
pub struct Stretch {
    /// From when.
    pub from: String,
    /// Until when.
    pub until: String,
    /// Minutes of a slot.
    pub slot: String,
}

impl Stretch {
    fn is_empty(&self) -> bool {
        self.from.trim().is_empty() && self.until.trim().is_empty()
    }
}

/// The whole week as typed: by weekday (Monday is 1) and by the stretch's number (from 1).
#[derive(Clone, Deserialize)]
#[serde(try_from = "Vec<(String, String)>")]
pub struct WeekForm(BTreeMap<(i8, usize), Stretch>);

/// A stretch's row on the page.
pub struct Row {
    /// What its fields' names begin with: `d1s1`.
    pub name: String,
    /// Its number in its day.
    pub number: usize,
    /// What was typed.
    pub typed: Stretch,
}

impl Row {
    /// The name of one of its fields.
    pub fn field(&self, field: &str) -> String {
        format!("{}_{field}", self.name)
    }
}

/// `d1s2_from`: weekday, stretch, field.
fn place(name: &str) -> Option<(i8, usize, &str)> {
    let (day, rest) = name.strip_prefix('d')?.split_once('s')?;
    let (number, field) = rest.split_once('_')?;
    let (day, number) = (day.parse().ok()?, number.parse().ok()?);
    ((1..=7).contains(&day) && (1..=MOST).contains(&number)).then_some((day, number, field))
}

impl TryFrom<Vec<(String, String)>> for WeekForm {
    type Error = &'static str;

    fn try_from(pairs: Vec<(String, String)>) -> Result<Self, Self::Error> {
        let mut week: BTreeMap<(i8, usize), Stretch> = BTreeMap::new();
        for (name, value) in pairs {
            let (day, number, field) = place(&name).ok_or("a field that the form does not have")?;
            let stretch = week.entry((day, number)).or_default();
            match field {
                "from" => stretch.from = value,
                "until" => stretch.until = value,
                "slot" => stretch.slot = value,
                _ => return Err("a field that the form does not have"),
            }
        }
        Ok(Self(week))
    }
}

fn clock(minute: u16) -> String {
    // A time field has no 24:00: midnight at the day's end is written as its beginning.
    format!("{:02}:{:02}", minute % DAY / 60, minute % 60)
}

fn minute(typed: &str) -> Option<u16> {
    let time = Time::strptime("%H:%M", typed.trim()).ok()?;
    Some(u16::try_from(time.hour()).ok()? * 60 + u16::try_from(time.minute()).ok()?)
}

impl WeekForm {
    /// The hours as they are.
    pub fn of(hours: &[Hours]) -> Self {
        let mut week = BTreeMap::new();
        for stretch in hours {
            let day = stretch.weekday.to_monday_one_offset();
            let number = 1 + week.keys().filter(|(other, _)| *other == day).count();
            let typed = Stretch {
                from: clock(stretch.from_minute),
                until: clock(stretch.until_minute),
                slot: stretch.slot_minutes.to_string(),
            };
            week.insert((day, number), typed);
        }
        Self(week)
    }

    /// The rows of a weekday.
    pub fn rows(&self, day: i8) -> Vec<Row> {
        let last = self.0.keys().filter(|(other, _)| *other == day).map(|(_, number)| *number).max().unwrap_or(0);
        (1..=last.max(OFFERED))
            .map(|number| Row {
                name: format!("d{day}s{number}"),
                number,
                typed: self.0.get(&(day, number)).cloned().unwrap_or_default(),
            })
            .collect()
    }

    /// The hours, each with its row's name; or what is wrong, beside its field.
    pub fn check(&self, words: &Words) -> Result<Vec<(String, Hours)>, Errors> {
        let mut errors = Errors::none();
        let mut hours = Vec::new();
        for ((day, number), typed) in self.0.iter().filter(|(_, typed)| !typed.is_empty()) {
            let name = format!("d{day}s{number}");
            let weekday = Weekday::from_monday_one_offset(*day).unwrap_or(Weekday::Monday);
            let mut wrong = |field: &str, key| {
                let text = words.with(key).arg("day", weekday_name(words, *day)).to_string();
                errors.add(format!("{name}_{field}"), text);
            };
            let from = minute(&typed.from);
            let until = minute(&typed.until).map(|minute| if minute == 0 { DAY } else { minute });
            let slot = typed.slot.trim().parse::<u16>().ok();
            if from.is_none() {
                wrong("from", "doctor-schedule-from-empty");
            }
            if until.is_none() {
                wrong("until", "doctor-schedule-until-empty");
            }
            if slot.is_none() {
                wrong("slot", "doctor-schedule-slot-empty");
            }
            if let (Some(from_minute), Some(until_minute), Some(slot_minutes)) = (from, until, slot) {
                hours.push((name, Hours { weekday, from_minute, until_minute, slot_minutes }));
            }
        }
        if errors.is_empty() { Ok(hours) } else { Err(errors) }
    }
}

/// The name of a weekday (Monday is 1).
pub fn weekday_name(words: &Words, day: i8) -> String {
    words.with("doctor-weekday").arg("day", i64::from(day)).to_string()
}

/// What the rule says of a stretch, beside its field.
pub fn refused(words: &Words, hours: &[(String, Hours)], refusal: HoursRefusal) -> Errors {
    let (number, field, key) = match refusal {
        HoursRefusal::EndsBeforeStart(number) => (number, "until", "doctor-schedule-ends_first"),
        HoursRefusal::SlotLength(number) => (number, "slot", "doctor-schedule-slot-length"),
        HoursRefusal::NotWholeSlots(number) => (number, "slot", "doctor-schedule-not_whole"),
        HoursRefusal::Overlap(number) => (number, "from", "doctor-schedule-overlap"),
        HoursRefusal::InThePast | HoursRefusal::NotADoctor => return Errors::none(),
    };
    let Some((name, stretch)) = hours.get(number) else { return Errors::none() };
    let day = weekday_name(words, stretch.weekday.to_monday_one_offset());
    let text = words.with(key).arg("day", day);
    let text = match refusal {
        HoursRefusal::SlotLength(_) => {
            text.arg("least", i64::from(*SLOT_MINUTES.start())).arg("most", i64::from(*SLOT_MINUTES.end()))
        }
        _ => text,
    };
    Errors::one(format!("{name}_{field}"), text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::locale::Locale;

    fn form(pairs: &[(&str, &str)]) -> Result<WeekForm, &'static str> {
        WeekForm::try_from(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn a_week_goes_into_the_form_and_comes_back_as_it_was() {
        let words = Words::new(Locale::En);
        let hours = [
            Hours { weekday: Weekday::Monday, from_minute: 540, until_minute: 720, slot_minutes: 20 },
            Hours { weekday: Weekday::Monday, from_minute: 780, until_minute: 1020, slot_minutes: 30 },
            Hours { weekday: Weekday::Sunday, from_minute: 1200, until_minute: 1440, slot_minutes: 60 },
        ];
        let week = WeekForm::of(&hours);
        let back: Vec<Hours> =
            week.check(&words).unwrap_or_else(|_| panic!("a good week")).into_iter().map(|(_, one)| one).collect();
        assert_eq!(back, hours);
        assert_eq!((week.rows(1).len(), week.rows(2).len()), (2, 2));
        assert_eq!(week.rows(7)[0].typed.until, "00:00");
    }

    #[test]
    fn what_is_half_typed_is_told_beside_its_field_and_other_fields_are_refused() {
        let words = Words::new(Locale::En);
        let week =
            form(&[("d1s1_from", "09:00"), ("d1s1_until", ""), ("d1s1_slot", "x"), ("d2s1_slot", "20")]).unwrap();
        let errors = week.check(&words).err().unwrap();
        assert!(
            errors.of("d1s1_from").is_none() && errors.of("d1s1_until").is_some() && errors.of("d1s1_slot").is_some()
        );
        assert!(errors.of("d2s1_from").is_none(), "a slot length alone is no stretch");
        for odd in ["d8s1_from", "d0s1_from", "d1s9_from", "d1s1_x", "d1_from", "reason"] {
            assert!(form(&[(odd, "09:00")]).is_err(), "{odd}");
        }
    }
}
