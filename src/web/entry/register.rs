//! `/register`: one page in three groups; the account opens when the phone is proved.

use actix_web::web::{ServiceConfig, get, post};
use askama::Template;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::auth::register::{RegisterRefusal, filled_in, start};
use crate::crypto::passwords::{LONGEST, Password, PasswordRefusal};
use crate::error::Failure;
use crate::identity::registration::Form;
use crate::portal::Portal;
use crate::types::birth_date::{BirthDate, BirthDateRefusal};
use crate::types::country::Country;
use crate::types::email_address::{EmailAddress, EmailRefusal};
use crate::types::locale::Locale;
use crate::types::person_name::{NameRefusal, PersonName};
use crate::types::phone::{PhoneNumber, PhoneRefusal};
use crate::types::zone::Zone;
use crate::web::csrf::Posted;
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Ctx, Visitor, Who as _};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::web::zones;
use crate::words::Words;

#[derive(Template)]
#[template(path = "entry/register.html")]
struct RegisterPage {
    layout: Layout,
    errors: Errors,
    typed: RegisterForm,
    countries: Vec<Choice>,
    locales: Vec<Choice>,
    zones: Vec<Choice>,
    least: usize,
}

/// What a person types.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RegisterForm {
    full_name: String,
    birth_date: String,
    email: String,
    country: String,
    phone: String,
    password: String,
    locale: String,
    time_zone: String,
    accept_terms: String,
}

impl RegisterPage {
    fn new(ctx: &Ctx<Visitor>, typed: RegisterForm, errors: Errors) -> Self {
        let (layout, clinic) = (ctx.layout(), &ctx.portal.config.clinic);
        let chosen = |typed: &str, preset: &str| if typed.is_empty() { preset.to_owned() } else { typed.to_owned() };
        let (country, locale) = (chosen(&typed.country, clinic.country.code()), chosen(&typed.locale, layout.lang));
        let zone = chosen(&typed.time_zone, clinic.zone.as_str());
        Self {
            countries: clinic
                .sms_countries
                .iter()
                .map(|code| Choice::new(code.clone(), zones::country_label(code, &layout.words), *code == country))
                .collect(),
            locales: Locale::ALL
                .into_iter()
                .map(|known| Choice::new(known.code(), known.own_name(), known.code() == locale))
                .collect(),
            zones: zones::choices(&zone),
            least: ctx.portal.config.limits.password_least,
            layout,
            errors,
            typed,
        }
    }
}

/// What is wrong with a chosen password, in a sentence.
pub(crate) fn password_sentence(words: &Words, refusal: PasswordRefusal, least: usize) -> String {
    match refusal {
        PasswordRefusal::TooShort => words.with("password-short").arg("least", least).to_string(),
        PasswordRefusal::TooLong => words.with("password-long").arg("most", LONGEST).to_string(),
        PasswordRefusal::Common => words.t("password-common"),
        PasswordRefusal::Personal => words.t("password-personal"),
    }
}

/// What is wrong with a phone number, in a sentence.
pub(crate) fn phone_sentence(words: &Words, refusal: PhoneRefusal) -> String {
    words.t(match refusal {
        PhoneRefusal::Empty => "phone-empty",
        PhoneRefusal::NotANumber => "phone-letters",
        PhoneRefusal::Impossible => "phone-impossible",
        PhoneRefusal::Costly => "phone-costly",
        PhoneRefusal::NotMobile => "phone-landline",
        PhoneRefusal::CountryNotServed => "phone-country",
    })
}

/// What is wrong with a name, in a sentence.
pub(crate) fn name_sentence(words: &Words, refusal: NameRefusal) -> String {
    words.t(match refusal {
        NameRefusal::Empty => "name-empty",
        NameRefusal::TooLong => "name-long",
        NameRefusal::Odd => "name-odd",
    })
}

/// What is wrong with a mail address, in a sentence.
pub(crate) fn email_sentence(words: &Words, refusal: EmailRefusal) -> String {
    words.t(match refusal {
        EmailRefusal::Empty => "email-empty",
        EmailRefusal::Malformed => "email-malformed",
        EmailRefusal::TooLong => "email-long",
    })
}

/// Reads a phone in the national form of the chosen country, or the clinic's; only countries that are texted to.
pub(crate) fn phone(portal: &Portal, typed: &str, country: &str) -> Result<PhoneNumber, PhoneRefusal> {
    let clinic = &portal.config.clinic;
    let country: Country = country.parse().unwrap_or(clinic.country);
    let number = PhoneNumber::parse(typed, country)?;
    // Where a plan is shared and the number does not tell its country, the calling code is the clinic's own.
    let served = number.country().is_none_or(|found| clinic.sms_countries.iter().any(|code| code == found.code()));
    if served { Ok(number) } else { Err(PhoneRefusal::CountryNotServed) }
}

impl RegisterForm {
    /// Everything checked, or everything that is wrong.
    fn check(&self, portal: &Portal, words: &Words) -> Result<(Form, Password), Errors> {
        let mut errors = Errors::none();
        let least = portal.config.limits.password_least;
        let name = PersonName::parse(&self.full_name)
            .map_err(|refusal| errors.add("full_name", name_sentence(words, refusal)));
        let zone: Option<Zone> = self.time_zone.parse().ok();
        let rules = zone.as_ref().map_or_else(|| portal.config.clinic.zone.rules(), Zone::rules);
        let today = TimeZone::to_datetime(&rules, portal.clock.now()).date();
        let birth_date = BirthDate::parse(&self.birth_date, today).map_err(|refusal| {
            errors.add(
                "birth_date",
                words.t(match refusal {
                    BirthDateRefusal::Empty => "birth-empty",
                    BirthDateRefusal::Malformed => "birth-malformed",
                    BirthDateRefusal::InFuture => "birth-future",
                    BirthDateRefusal::TooLongAgo => "birth-old",
                }),
            );
        });
        let email =
            EmailAddress::parse(&self.email).map_err(|refusal| errors.add("email", email_sentence(words, refusal)));
        let phone = phone(portal, &self.phone, &self.country)
            .map_err(|refusal| errors.add("phone", phone_sentence(words, refusal)));
        let own = [self.full_name.as_str(), self.email.as_str(), portal.config.clinic.name.as_str()];
        let password = Password::chosen(&self.password, &own, least)
            .map_err(|refusal| errors.add("password", password_sentence(words, refusal, least)));
        let locale: Option<Locale> = self.locale.parse().ok();
        if locale.is_none() {
            errors.add("locale", words.t("locale-empty"));
        }
        if zone.is_none() {
            errors.add("time_zone", words.t("zone-empty"));
        }
        if self.accept_terms.is_empty() {
            errors.add("accept_terms", words.t("terms-empty"));
        }
        match (name, birth_date, email, phone, password, locale, zone) {
            (Ok(name), Ok(birth_date), Ok(email), Ok(phone), Ok(password), Some(locale), Some(zone))
                if errors.is_empty() =>
            {
                Ok((Form { name, birth_date, email, phone, locale, zone }, password))
            }
            _ => Err(errors),
        }
    }
}

impl RegisterForm {
    /// What was filled in before, but for the password and the consent.
    fn again(form: &Form) -> Self {
        Self {
            full_name: form.name.as_str().to_owned(),
            birth_date: form.birth_date.date().to_string(),
            email: form.email.as_str().to_owned(),
            country: form.phone.country().map(|country| country.code().to_owned()).unwrap_or_default(),
            phone: form.phone.e164().to_owned(),
            locale: form.locale.code().to_owned(),
            time_zone: form.zone.as_str().to_owned(),
            ..Self::default()
        }
    }
}

/// `GET /register`: filled in for who comes back from the code to change the number.
async fn show(ctx: Ctx<Visitor>) -> PageResult {
    if ctx.who.signed_in().is_some() {
        return see_other("/");
    }
    let filled_in = match &ctx.who.0 {
        Some(session) => filled_in(&ctx.portal, session).await?,
        None => None,
    };
    let typed = filled_in.as_ref().map(RegisterForm::again).unwrap_or_default();
    page(&RegisterPage::new(&ctx, typed, Errors::none()))
}

/// `POST /register`: 303 to the challenge, or 422 and the form again.
async fn register(ctx: Ctx<Visitor>, Posted(typed): Posted<RegisterForm>) -> PageResult {
    let (form, password) = match typed.check(&ctx.portal, &ctx.layout().words) {
        Ok(checked) => checked,
        Err(errors) => return refused(&RegisterPage::new(&ctx, typed, errors)),
    };
    let replaces = ctx.who.0.as_ref().map(|session| session.id);
    match start(&ctx.portal, &ctx.browser, form, password, replaces).await {
        Ok(entered) => ctx.enter(&entered),
        Err(Failure::Refused(RegisterRefusal::TooMany(until))) => Err(Problem::TooMany(until)),
        Err(Failure::Internal(error)) => Err(error.into()),
    }
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/register", get().to(show)).route("/register", post().to(register));
}
