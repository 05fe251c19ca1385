//! `/appointments/new`: booking in four steps, each a page of its own, with the answers so far in the address.
//!
//! | step | asks                | takes from the address       |
//! |------|---------------------|------------------------------|
//! | 1    | what for, and how   |                              |
//! | 2    | which doctor        | `kind`, `mode`               |
//! | 3    | which time          | and `doctor` (or `specialty`) |
//! | 4    | why; check and book | and `slot`, `key`            |
//!
//! The reason is never in an address: it is on the last page only, and posted. The key is made with the page of times,
//! so somebody who goes back to the last page and presses again is led to what they booked.

use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

use super::times::{self, Offer};
use super::{clinic_time, kind_word, mode_word};
use crate::care::appointments::{self, BookRefusal, Booking, Kind, Mode};
use crate::care::doctors::{self, Doctor};
use crate::care::slots::{SlotKey, Whose};
use crate::error::Failure;
use crate::types::ids::{AccountId, BookingKey};
use crate::web::care::doctor_named;
use crate::web::csrf::Posted;
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Patient};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

/// The answers so far, as the address holds them.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answers {
    step: String,
    kind: String,
    mode: String,
    doctor: String,
    specialty: String,
    from: String,
    slot: String,
    key: String,
}

impl Answers {
    fn kind(&self) -> Kind {
        self.kind.parse().unwrap_or(Kind::NewProblem)
    }

    fn mode(&self) -> Mode {
        self.mode.parse().unwrap_or(Mode::Video)
    }

    fn slot(&self) -> Option<SlotKey> {
        self.slot.parse().ok()
    }

    /// A doctor's id, or the specialty whose first free doctor it shall be.
    fn doctor(&self) -> &str {
        if self.doctor.is_empty() { &self.specialty } else { &self.doctor }
    }

    /// Whether nothing was answered yet.
    fn is_empty(&self) -> bool {
        [&self.step, &self.kind, &self.mode, &self.doctor, &self.specialty, &self.slot].iter().all(|a| a.is_empty())
    }

    /// The step to show: the one asked for, or the one after the last answer; never one whose answers are missing.
    fn step(&self, whose: Option<&Whose>, has_slot: bool) -> u8 {
        let reached = match (whose, has_slot) {
            (_, true) => 4,
            (Some(_), false) => 3,
            (None, false) => 2,
        };
        match self.step.parse::<u8>() {
            Ok(asked) => asked.clamp(1, reached),
            Err(_) if reached == 2 && self.kind.is_empty() && self.mode.is_empty() => 1,
            Err(_) => reached,
        }
    }

    /// The address of a step with these answers.
    fn address(&self, step: u8) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("step", &step.to_string());
        for (name, value) in [("kind", &self.kind), ("mode", &self.mode), ("slot", &self.slot), ("key", &self.key)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if !self.doctor().is_empty() {
            query.append_pair("doctor", self.doctor());
        }
        format!("/appointments/new?{}", query.finish())
    }
}

/// Whose times an answer asks for: a doctor's, or those of the first free doctor of a specialty.
fn whose(answer: &str, doctors: &[Doctor]) -> Option<Whose> {
    match answer.parse::<AccountId>() {
        Ok(id) => doctors.iter().any(|doctor| doctor.id == id).then_some(Whose::Doctor(id)),
        Err(_) => doctors::specialties(doctors)
            .into_iter()
            .find(|known| *known == answer)
            .map(|s| Whose::Specialty(s.to_owned())),
    }
}

#[derive(Template)]
#[template(path = "patient/appointments/new/kind.html")]
struct KindPage {
    layout: Layout,
    kinds: Vec<Choice>,
    modes: Vec<Choice>,
    answers: Answers,
}

#[derive(Template)]
#[template(path = "patient/appointments/new/doctor.html")]
struct DoctorPage {
    layout: Layout,
    errors: Errors,
    choices: Vec<Choice>,
    answers: Answers,
}

#[derive(Template)]
#[template(path = "patient/appointments/new/time.html")]
struct TimePage {
    layout: Layout,
    errors: Errors,
    offer: Offer,
    answers: Answers,
    key: BookingKey,
}

/// The last step: the answers, the reason, the button.
#[derive(Template)]
#[template(path = "patient/appointments/new/check.html")]
struct CheckPage {
    layout: Layout,
    errors: Errors,
    answers: Answers,
    kind: Kind,
    mode: Mode,
    kind_word: String,
    mode_word: String,
    doctor: String,
    specialty: String,
    slot: SlotKey,
    clinic_time: Option<String>,
    key: BookingKey,
    reason: String,
}

/// The last step again when the time could not be had: everything kept, and the free times.
#[derive(Template)]
#[template(path = "patient/appointments/new/again.html")]
struct AgainPage {
    layout: Layout,
    errors: Errors,
    form: BookForm,
    kind_word: String,
    mode_word: String,
    offer: Offer,
    key: BookingKey,
}

/// `GET /appointments/new`: the step that the answers lead to.
pub(super) async fn new(ctx: Ctx<Patient>, answers: Query<Answers>) -> PageResult {
    let answers = answers.into_inner();
    if answers.is_empty()
        && let Some(form) = ctx.kept::<BookForm>().await?
    {
        return page_of_kept(&ctx, form).await;
    }
    let doctors = doctors::list(&ctx.portal).await?;
    let whose = whose(answers.doctor(), &doctors);
    let slot = answers.slot().filter(|slot| doctors.iter().any(|doctor| doctor.id == slot.doctor));
    let layout = ctx.layout().into_journey();
    match (answers.step(whose.as_ref(), slot.is_some()), whose, slot) {
        (4, _, Some(slot)) => {
            let form = BookForm { key: answers.key.clone(), ..BookForm::default() };
            page(&check_page(layout, answers, &doctors, slot, form, Errors::none())?)
        }
        (3, Some(whose), _) => {
            // The form of the times led here without one.
            let missing = answers.step == "4";
            let shown = time_page(&ctx, layout, answers, &doctors, &whose, missing).await?;
            if missing { refused(&shown) } else { page(&shown) }
        }
        (2, ..) => {
            // The form of this step led on without an answer.
            let missing = answers.step == "3";
            let shown = doctor_page(layout, answers, &doctors, missing);
            if missing { refused(&shown) } else { page(&shown) }
        }
        _ => page(&kind_page(layout, answers)),
    }
}

fn kind_page(layout: Layout, answers: Answers) -> KindPage {
    let words = &layout.words;
    let modes = Mode::ALL.iter().map(|&mode| {
        let hint = words.t(match mode {
            Mode::Video => "book-mode-video-hint",
            Mode::Phone => "book-mode-phone-hint",
            Mode::InPerson => "book-mode-in_person-hint",
        });
        let choice = Choice::new(mode.as_str(), mode_word(words, mode), mode == answers.mode());
        Choice { hint: Some(hint), ..choice }
    });
    let kinds =
        Kind::ALL.iter().map(|&kind| Choice::new(kind.as_str(), kind_word(words, kind), kind == answers.kind()));
    KindPage { kinds: kinds.collect(), modes: modes.collect(), answers, layout }
}

fn doctor_page(layout: Layout, answers: Answers, doctors: &[Doctor], missing: bool) -> DoctorPage {
    let words = &layout.words;
    let choice = |value: &str, label: String, hint: &str| Choice {
        hint: Some(hint.to_owned()),
        ..Choice::new(value, label, value == answers.doctor())
    };
    let mut choices: Vec<Choice> = doctors::specialties(doctors)
        .into_iter()
        .map(|specialty| choice(specialty, words.t("book-first_free"), specialty))
        .collect();
    choices.extend(
        doctors
            .iter()
            .map(|doctor| choice(&doctor.id.to_string(), doctor_named(words, &doctor.name), &doctor.specialty)),
    );
    // Chosen for nobody but where there is one to choose: the first of several would lead people to the wrong doctor.
    if let [only] = choices.as_mut_slice() {
        only.checked = true;
    }
    let errors = match missing {
        true => Errors::one("doctor", words.t("book-doctor-empty")),
        false => Errors::none(),
    };
    DoctorPage { choices, errors, answers, layout }
}

async fn time_page(
    ctx: &Ctx<Patient>,
    layout: Layout,
    answers: Answers,
    doctors: &[Doctor],
    whose: &Whose,
    missing: bool,
) -> Result<TimePage, Problem> {
    let offer = Offer::new(ctx, &layout, doctors, whose, (&answers.from, answers.slot().as_ref())).await?;
    let errors = match missing {
        true => Errors::one("slot", times::sentence(&layout, None, None)),
        false => Errors::none(),
    };
    Ok(TimePage { offer, errors, answers, key: BookingKey::new(), layout })
}

fn check_page(
    layout: Layout,
    answers: Answers,
    doctors: &[Doctor],
    slot: SlotKey,
    form: BookForm,
    errors: Errors,
) -> Result<CheckPage, Problem> {
    let doctor = doctors.iter().find(|doctor| doctor.id == slot.doctor).ok_or(Problem::NotFound)?;
    let (kind, mode) = (answers.kind(), answers.mode());
    Ok(CheckPage {
        kind,
        mode,
        kind_word: kind_word(&layout.words, kind),
        mode_word: mode_word(&layout.words, mode),
        doctor: doctor_named(&layout.words, &doctor.name),
        specialty: doctor.specialty.clone(),
        clinic_time: clinic_time(&layout, slot.starts_at),
        slot,
        key: form.key(),
        reason: form.reason,
        errors,
        answers,
        layout,
    })
}

/// What is posted. A form with a slot and a reason alone books too: a video visit about something new.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BookForm {
    doctor: String,
    specialty: String,
    slot: String,
    kind: String,
    mode: String,
    reason: String,
    key: String,
    /// Other days to choose from, instead of booking.
    show: String,
}

impl BookForm {
    fn key(&self) -> BookingKey {
        self.key.parse().unwrap_or_else(|_| BookingKey::new())
    }

    fn answers(&self) -> Answers {
        Answers {
            kind: self.kind.clone(),
            mode: self.mode.clone(),
            doctor: self.doctor.clone(),
            specialty: self.specialty.clone(),
            slot: self.slot.clone(),
            key: self.key.clone(),
            ..Answers::default()
        }
    }
}

/// What a form that came too late looks like after signing in again.
async fn page_of_kept(ctx: &Ctx<Patient>, form: BookForm) -> PageResult {
    let doctors = doctors::list(&ctx.portal).await?;
    let known = |slot: &SlotKey| doctors.iter().any(|doctor| doctor.id == slot.doctor);
    match form.slot.parse::<SlotKey>().ok().filter(known) {
        Some(slot) => {
            let layout = ctx.layout().into_journey();
            page(&check_page(layout, form.answers(), &doctors, slot, form, Errors::none())?)
        }
        None => page(&again_page(ctx, form, &doctors, Errors::none()).await?),
    }
}

async fn again_page(
    ctx: &Ctx<Patient>,
    form: BookForm,
    doctors: &[Doctor],
    errors: Errors,
) -> Result<AgainPage, Problem> {
    let layout = ctx.layout().into_journey();
    let (answers, chosen) = (form.answers(), form.slot.parse::<SlotKey>().ok());
    // Without an answer it is the doctor of the time that was wanted, else the first free of the first specialty.
    let whose = whose(answers.doctor(), doctors)
        .or_else(|| whose(&chosen.as_ref()?.doctor.to_string(), doctors))
        .or_else(|| whose(&doctors.first()?.specialty, doctors))
        .ok_or(Problem::NotFound)?;
    Ok(AgainPage {
        offer: Offer::new(ctx, &layout, doctors, &whose, (&form.show, chosen.as_ref())).await?,
        kind_word: kind_word(&layout.words, answers.kind()),
        mode_word: mode_word(&layout.words, answers.mode()),
        key: form.key(),
        form,
        errors,
        layout,
    })
}

/// `POST /appointments/new`: 303 to the appointment, or 422 and the form again with the refusal.
pub(super) async fn book(ctx: Ctx<Patient>, Posted(form): Posted<BookForm>) -> PageResult {
    let layout = ctx.layout().into_journey();
    let slot = form.slot.parse::<SlotKey>().ok();
    if !form.show.is_empty() {
        let doctors = doctors::list(&ctx.portal).await?;
        return page(&again_page(&ctx, form, &doctors, Errors::none()).await?);
    }
    let outcome = match slot {
        Some(slot) => {
            let answers = form.answers();
            let booking = Booking {
                slot,
                mode: answers.mode(),
                kind: answers.kind(),
                reason: form.reason.clone(),
                key: form.key(),
            };
            appointments::book(&ctx.portal, &ctx.who.signed_in, &booking, ctx.network()).await.map_err(|failure| {
                match failure {
                    Failure::Refused(why) => Failure::Refused(Some(why)),
                    Failure::Internal(error) => Failure::Internal(error),
                }
            })
        }
        None => Err(Failure::Refused(None)),
    };
    let why = match outcome {
        Ok(booked) => return see_other(&format!("/appointments/{}?booked", booked.id)),
        Err(Failure::Internal(error)) => return Err(error.into()),
        Err(Failure::Refused(why)) => why,
    };
    let doctors = doctors::list(&ctx.portal).await?;
    let about_reason = match why {
        Some(BookRefusal::NoReason) => Some("book-reason-empty"),
        Some(BookRefusal::ReasonTooLong) => Some("book-reason-long"),
        _ => None,
    };
    match (about_reason, slot.filter(|slot| doctors.iter().any(|doctor| doctor.id == slot.doctor))) {
        (Some(key), Some(slot)) => {
            let errors = Errors::one("reason", layout.words.t(key));
            refused(&check_page(layout, form.answers(), &doctors, slot, form, errors)?)
        }
        _ => {
            let errors = Errors::one("slot", times::sentence(&layout, why, slot.as_ref()));
            refused(&again_page(&ctx, form, &doctors, errors).await?)
        }
    }
}
