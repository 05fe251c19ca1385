//! The sentences of each message, in the person's language.

mod alerts;
mod recovery;
mod staff;

use askama::Template as _;
use std::collections::BTreeMap;

use crate::config::Config;
use crate::error::InternalError;
use crate::types::locale::Locale;
use crate::words::Words;

/// Which message. Its word is stored with the dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A code to open the account.
    CodeRegister,
    /// A code to sign in.
    CodeSignIn,
    /// A code to choose a new password.
    CodeResetPassword,
    /// A code inside a session.
    CodeStepUp,
    /// A code to a phone that is to be bound to the account.
    CodeChangePhone,
    /// The account is open.
    Welcome,
    /// Somebody registered with this email or phone, which have an account.
    RegistrationTaken,
    /// The account is locked for now.
    Locked,
    /// An admin lifted the lock.
    Unlocked,
    /// Wrong codes from an unknown browser: somebody may know the password.
    StrangeCodes,
    /// A browser signed in that never did before.
    NewBrowser,
    /// The link to choose a new password.
    ResetLink,
    /// Choosing a new password waits until staff have talked to the owner.
    ResetHeld,
    /// The password was changed.
    PasswordChanged,
    /// Staff are invited.
    Invitation,
    /// Somebody was invited as staff; for admins.
    StaffInvited,
    /// Somebody accepted an invitation of staff; for admins.
    StaffJoined,
    /// An appointment was booked.
    Booked,
    /// An appointment was cancelled.
    Cancelled,
    /// An appointment was moved.
    Moved,
    /// An appointment comes soon.
    Reminder,
    /// There is something new to read.
    News,
    /// The account was turned off.
    TurnedOff,
    /// A day's ceiling of money is near; for admins.
    SpendNear,
    /// A day's ceiling of money holds codes back; for admins.
    SpendReached,
    /// A prefix whose codes hardly anybody enters was paused; for admins.
    PrefixPaused,
    /// A test by text, to the phone of the admin who asked for it.
    Test,
    /// The answer to HELP by text.
    Help,
    /// More new browsers and places than are told one by one.
    NewBrowsers,
    /// A known browser signed in from a new place.
    NewPlace,
    /// A second factor was added.
    FactorAdded,
    /// A second factor was removed.
    FactorRemoved,
    /// A phone was added.
    PhoneAdded,
    /// Codes go to another phone.
    PhoneChanged,
    /// A phone was removed.
    PhoneRemoved,
    /// Somebody wanted to add this phone to a further account, and it has as many as it may.
    PhoneTaken,
    /// The mail address was changed.
    EmailChanged,
    /// A trusted browser's cookie was copied.
    TrustedCopyUsed,
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// The owner said that something was not them: what happens next.
    NotMe,
    /// The same, for admins.
    NotMeForStaff,
    /// Changes are possible again.
    Unfrozen,
    /// The link that proves a new mail address.
    EmailProof,
    /// Somebody wanted to change their mail address to one that has an account.
    EmailTaken,
    /// A sign-in with the right password was held.
    SignInHeld,
    /// Somebody asked staff for a way back in; with a link that stops it.
    RecoveryBegun,
    /// A request for a way back in waits; for staff.
    RecoveryWaits,
    /// Staff refused a way back in.
    RecoveryRefused,
    /// A request for a new phone was stopped.
    RecoveryStopped,
    /// Codes go to a new phone, bound by staff; with a link that undoes it.
    RecoveryBound,
    /// A new phone bound by staff was undone.
    RecoveryUndone,
    /// The same, for admins.
    RecoveryUndoneForStaff,
}

/// Every notice with its stored word.
const WORDS: &[(Notice, &str)] = &[
    (Notice::CodeRegister, "code_register"),
    (Notice::CodeSignIn, "code_sign_in"),
    (Notice::CodeResetPassword, "code_reset_password"),
    (Notice::CodeStepUp, "code_step_up"),
    (Notice::CodeChangePhone, "code_change_phone"),
    (Notice::Welcome, "welcome"),
    (Notice::RegistrationTaken, "registration_taken"),
    (Notice::Locked, "locked"),
    (Notice::Unlocked, "unlocked"),
    (Notice::StrangeCodes, "strange_codes"),
    (Notice::NewBrowser, "new_browser"),
    (Notice::ResetLink, "reset_link"),
    (Notice::ResetHeld, "reset_held"),
    (Notice::PasswordChanged, "password_changed"),
    (Notice::Invitation, "invitation"),
    (Notice::StaffInvited, "staff_invited"),
    (Notice::StaffJoined, "staff_joined"),
    (Notice::Booked, "booked"),
    (Notice::Cancelled, "cancelled"),
    (Notice::Moved, "moved"),
    (Notice::Reminder, "reminder"),
    (Notice::News, "news"),
    (Notice::TurnedOff, "turned_off"),
    (Notice::SpendNear, "spend_near"),
    (Notice::SpendReached, "spend_reached"),
    (Notice::PrefixPaused, "prefix_paused"),
    (Notice::Test, "test"),
    (Notice::Help, "help"),
    (Notice::NewBrowsers, "new_browsers"),
    (Notice::NewPlace, "new_place"),
    (Notice::FactorAdded, "factor_added"),
    (Notice::FactorRemoved, "factor_removed"),
    (Notice::PhoneAdded, "phone_added"),
    (Notice::PhoneChanged, "phone_changed"),
    (Notice::PhoneRemoved, "phone_removed"),
    (Notice::PhoneTaken, "phone_taken"),
    (Notice::EmailChanged, "email_changed"),
    (Notice::TrustedCopyUsed, "trusted_copy"),
    (Notice::RecoveryCodesMade, "recovery_codes"),
    (Notice::RecoveryCodeUsed, "recovery_code_used"),
    (Notice::NotMe, "not_me"),
    (Notice::NotMeForStaff, "not_me_staff"),
    (Notice::Unfrozen, "unfrozen"),
    (Notice::EmailProof, "email_proof"),
    (Notice::EmailTaken, "email_taken"),
    (Notice::SignInHeld, "sign_in_held"),
    (Notice::RecoveryBegun, "recovery_begun"),
    (Notice::RecoveryWaits, "recovery_waits"),
    (Notice::RecoveryRefused, "recovery_refused"),
    (Notice::RecoveryStopped, "recovery_stopped"),
    (Notice::RecoveryBound, "recovery_bound"),
    (Notice::RecoveryUndone, "recovery_undone"),
    (Notice::RecoveryUndoneForStaff, "recovery_undone_staff"),
];

impl Notice {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        WORDS.iter().find(|(notice, _)| *notice == self).map_or("", |(_, word)| word)
    }

    /// The notice of a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        WORDS.iter().find(|(_, known)| *known == word).map(|(notice, _)| *notice)
    }
}

/// The values that a notice's sentences name.
pub type Values = BTreeMap<String, String>;

/// The text of a text message: one segment. A code's message ends with the origin-bound line that browsers read.
///
/// # Errors
/// When the notice has no text message.
pub fn sms(config: &Config, notice: Notice, locale: Locale, values: &Values) -> Result<String, InternalError> {
    let words = Words::new(locale);
    let clinic = config.clinic.name.as_str();
    let code = values.get("code").map_or("", String::as_str);
    let time = values.get("time").map_or("", String::as_str);
    // A dispatch of an older program does not say how long its code works.
    let minutes = values.get("minutes").map_or("5", String::as_str);
    let with_code = |key| words.with(key).arg("clinic", clinic).arg("code", code).arg("minutes", minutes).to_string();
    let phone = config.clinic.phone.as_str();
    let text = match notice {
        Notice::CodeRegister => with_code("sms-register"),
        Notice::CodeSignIn => with_code("sms-sign_in"),
        Notice::CodeResetPassword => with_code("sms-reset_password"),
        Notice::CodeStepUp => with_code("sms-step_up"),
        Notice::CodeChangePhone => with_code("sms-change_phone"),
        Notice::Reminder => words.with("sms-reminder").arg("clinic", clinic).arg("time", time).to_string(),
        Notice::Locked => words.with("sms-locked").arg("clinic", clinic).arg("time", time).to_string(),
        Notice::Test => words.with("sms-test").arg("clinic", clinic).to_string(),
        Notice::RecoveryBegun | Notice::RecoveryBound => recovery::sms(config, words, notice),
        other => match alerts::sms(other) {
            Some(key) => words.with(key).arg("clinic", clinic).arg("phone", phone).to_string(),
            None => return Err(InternalError::because(format!("{} is not sent as a text message", other.as_str()))),
        },
    };
    let text = super::sms::fold(&text);
    Ok(match code {
        "" => text,
        code => format!("{text}\n\n@{} #{code}", config.sms_host()),
    })
}

/// A mail: subject, text and HTML.
pub struct Mail {
    /// The subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

#[derive(askama::Template)]
#[template(path = "email/notice.txt", escape = "none")]
struct TextMail<'a> {
    paragraphs: &'a [String],
    action: Option<&'a (String, String)>,
    help: &'a str,
}

#[derive(askama::Template)]
#[template(path = "email/notice.html")]
struct HtmlMail<'a> {
    lang: &'a str,
    subject: &'a str,
    clinic: &'a str,
    paragraphs: &'a [String],
    action: Option<&'a (String, String)>,
    help: &'a str,
}

/// A country, or that numbers do not tell it.
fn or_unknown(words: Words, country: &str) -> String {
    if country.is_empty() { words.t("delivery-country-unknown") } else { country.to_owned() }
}

/// What was spent of which ceiling. Without a country it is the ceiling of all.
fn spend_told(words: Words, values: &Values) -> String {
    let value = |name: &str| values.get(name).map_or("", String::as_str);
    match values.get("country") {
        None => words.with("mail-spend-all").arg("spent", value("spent")).arg("ceiling", value("ceiling")).to_string(),
        Some(country) => words
            .with("mail-spend-country")
            .arg("country", or_unknown(words, country))
            .arg("spent", value("spent"))
            .arg("ceiling", value("ceiling"))
            .to_string(),
    }
}

/// The mail of a notice: no health facts, no link that signs in.
///
/// # Errors
/// When the notice has no mail.
pub fn mail(config: &Config, notice: Notice, locale: Locale, values: &Values) -> Result<Mail, InternalError> {
    let words = Words::new(locale);
    let clinic = config.clinic.name.as_str();
    let value = |name: &str| values.get(name).map_or("", String::as_str);
    let (time, link, name) = (value("time"), value("link"), value("name"));
    let home = config.public_origin();
    let (subject, body, action) = match notice {
        Notice::CodeSignIn | Notice::CodeStepUp => (
            words.with("mail-code-subject").arg("clinic", clinic).to_string(),
            vec![
                words.with("mail-code-body").arg("code", value("code")).arg("minutes", value("minutes")).to_string(),
                words.t("mail-code-share").to_string(),
            ],
            None,
        ),
        Notice::CodeRegister | Notice::CodeResetPassword | Notice::CodeChangePhone => {
            return Err(InternalError::because("a code that proves a phone is not sent by mail"));
        }
        Notice::Test => return Err(InternalError::because("a test is not sent by mail")),
        Notice::Help => return Err(InternalError::because("HELP is answered by text")),
        Notice::PhoneTaken => return Err(InternalError::because("only the phone itself is told that it is taken")),
        Notice::Welcome => (
            words.with("mail-welcome-subject").arg("clinic", clinic).to_string(),
            vec![
                words.with("mail-welcome-body").arg("clinic", clinic).to_string(),
                words.t("mail-not-you").to_string(),
            ],
            Some((words.t("mail-open").to_string(), home)),
        ),
        Notice::RegistrationTaken => (
            words.with("mail-registration_taken-subject").arg("clinic", clinic).to_string(),
            vec![
                words.with("mail-registration_taken-body").arg("clinic", clinic).to_string(),
                words.t("mail-registration_taken-next").to_string(),
            ],
            Some((words.t("mail-reset").to_string(), format!("{home}/password/forgot"))),
        ),
        Notice::Unlocked => (
            words.with("mail-unlocked-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-unlocked-body").arg("time", time).to_string(), words.t("mail-not-you").to_string()],
            None,
        ),
        Notice::SignInHeld => (
            words.with("mail-sign_in_held-subject").arg("clinic", clinic).to_string(),
            vec![
                words.with("mail-sign_in_held-body").arg("time", time).to_string(),
                words.t("mail-sign_in_held-next").to_string(),
            ],
            Some((words.t("mail-reset").to_string(), format!("{home}/password/forgot"))),
        ),
        Notice::ResetLink => (
            words.with("mail-reset_link-subject").arg("clinic", clinic).to_string(),
            vec![words.t("mail-reset_link-body").to_string(), words.t("mail-reset_link-ignore").to_string()],
            Some((words.t("mail-reset").to_string(), link.to_owned())),
        ),
        Notice::Invitation => (
            words.with("mail-invitation-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-invitation-body").arg("clinic", clinic).arg("name", name).to_string()],
            Some((words.t("mail-invitation-open").to_string(), link.to_owned())),
        ),
        Notice::Booked => (
            words.with("mail-booked-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-booked-body").arg("time", time).to_string()],
            Some((words.t("mail-open").to_string(), home)),
        ),
        Notice::Cancelled => (
            words.with("mail-cancelled-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-cancelled-body").arg("time", time).to_string()],
            Some((words.t("mail-open").to_string(), home)),
        ),
        Notice::Moved => (
            words.with("mail-moved-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-moved-body").arg("time", time).to_string()],
            Some((words.t("mail-open").to_string(), home)),
        ),
        Notice::Reminder => (
            words.with("mail-reminder-subject").arg("clinic", clinic).to_string(),
            vec![
                words.with("mail-reminder-body").arg("time", time).to_string(),
                words.t("mail-reminder-choice").to_string(),
            ],
            Some((words.t("mail-open").to_string(), home)),
        ),
        Notice::News => (
            words.with("mail-news-subject").arg("clinic", clinic).to_string(),
            vec![words.t("mail-news-body").to_string()],
            Some((words.t("mail-open").to_string(), home)),
        ),
        Notice::SpendNear => (
            words.with("mail-spend_near-subject").arg("clinic", clinic).to_string(),
            vec![spend_told(words, values), words.with("mail-spend_near-next").arg("time", time).to_string()],
            Some((words.t("mail-delivery-open").to_string(), format!("{home}/admin/delivery"))),
        ),
        Notice::SpendReached => (
            words.with("mail-spend_reached-subject").arg("clinic", clinic).to_string(),
            vec![spend_told(words, values), words.with("mail-spend_reached-next").arg("time", time).to_string()],
            Some((words.t("mail-delivery-open").to_string(), format!("{home}/admin/delivery"))),
        ),
        Notice::PrefixPaused => (
            words.with("mail-prefix_paused-subject").arg("clinic", clinic).to_string(),
            vec![
                words
                    .with("mail-prefix_paused-body")
                    .arg("country", or_unknown(words, value("country")))
                    .arg("tag", value("tag"))
                    .arg("codes", value("codes"))
                    .arg("entered", value("entered"))
                    .to_string(),
                words.with("mail-prefix_paused-next").arg("time", time).to_string(),
            ],
            Some((words.t("mail-delivery-open").to_string(), format!("{home}/admin/delivery"))),
        ),
        Notice::RecoveryBegun
        | Notice::RecoveryWaits
        | Notice::RecoveryRefused
        | Notice::RecoveryStopped
        | Notice::RecoveryBound
        | Notice::RecoveryUndone
        | Notice::RecoveryUndoneForStaff => recovery::mail(config, words, notice, values),
        Notice::StaffInvited | Notice::StaffJoined => staff::mail(config, words, notice, values),
        Notice::TurnedOff => (
            words.with("mail-turned_off-subject").arg("clinic", clinic).to_string(),
            vec![words.t("mail-turned_off-body").to_string()],
            None,
        ),
        alert => alerts::mail(config, words, alert, values)
            .ok_or_else(|| InternalError::because(format!("{} is not sent by mail", alert.as_str())))?,
    };
    let help = words
        .with("mail-help")
        .arg("phone", config.clinic.phone.as_str())
        .arg("hours", config.clinic.hours.as_str())
        .to_string();
    let render = |error: askama::Error| InternalError::new("rendering a mail", error);
    let text = TextMail { paragraphs: &body, action: action.as_ref(), help: &help }.render().map_err(render)?;
    let html = HtmlMail {
        lang: locale.code(),
        subject: &subject,
        clinic,
        paragraphs: &body,
        action: action.as_ref(),
        help: &help,
    }
    .render()
    .map_err(render)?;
    Ok(Mail { subject, text, html })
}
