//! The mails about what could take an account over, and what follows when its owner says "this was not me".

use super::{Notice, Values};
use crate::config::Config;
use crate::words::Words;

/// Subject, paragraphs, and the link with its label.
type Parts = (String, Vec<String>, Option<(String, String)>);

/// The sentence of a text that says what happened and whom to call; None when the notice is not texted.
pub(super) fn sms(notice: Notice) -> Option<&'static str> {
    Some(match notice {
        Notice::Help => "sms-help",
        Notice::RegistrationTaken => "sms-registration_taken",
        Notice::PasswordChanged => "sms-password_changed",
        Notice::PhoneAdded => "sms-phone_added",
        Notice::PhoneChanged => "sms-phone_changed",
        Notice::PhoneRemoved => "sms-phone_removed",
        Notice::PhoneTaken => "sms-phone_taken",
        Notice::EmailChanged => "sms-email_changed",
        Notice::FactorAdded => "sms-factor_added",
        Notice::FactorRemoved => "sms-factor_removed",
        Notice::RecoveryCodesMade => "sms-recovery_codes",
        Notice::NotMe => "sms-not_me",
        _ => return None,
    })
}

/// The parts of an alert's mail; None when the notice is not one.
pub(super) fn mail(config: &Config, words: Words, notice: Notice, values: &Values) -> Option<Parts> {
    if let Some(parts) = afterwards(config, words, notice, values) {
        return Some(parts);
    }
    let (subject, mut body) = what(config, words, notice, values)?;
    let value = |name: &str| values.get(name).map_or("", String::as_str);
    if let Some(place) = values.get("place") {
        body.push(words.with("alert-where").arg("place", place.as_str()).to_string());
    }
    body.push(words.t("alert-was-you"));
    body.push(words.t("alert-was-not-you"));
    Some((subject, body, Some((words.t("alert-not-me"), value("link").to_owned()))))
}

/// What happened: subject and first paragraphs.
fn what(config: &Config, words: Words, notice: Notice, values: &Values) -> Option<(String, Vec<String>)> {
    let clinic = config.clinic.name.as_str();
    let value = |name: &str| values.get(name).map_or("", String::as_str);
    let (time, agent, factor, last2) = (value("time"), value("agent"), value("factor"), value("last2"));
    Some(match notice {
        Notice::NewBrowser => (
            words.with("mail-new_browser-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-new_browser-body").arg("time", time).arg("agent", agent).to_string()],
        ),
        Notice::NewBrowsers => (
            words.with("mail-new_browsers-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-new_browsers-body").arg("time", time).to_string()],
        ),
        Notice::NewPlace => (
            words.with("mail-new_place-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-new_place-body").arg("time", time).arg("agent", agent).to_string()],
        ),
        Notice::FactorAdded => (
            words.with("mail-factor_added-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-factor_added-body").arg("time", time).arg("factor", factor).to_string()],
        ),
        Notice::FactorRemoved => (
            words.with("mail-factor_removed-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-factor_removed-body").arg("time", time).arg("factor", factor).to_string()],
        ),
        Notice::PhoneAdded => (
            words.with("mail-phone_added-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-phone_added-body").arg("time", time).arg("last2", last2).to_string()],
        ),
        Notice::PhoneChanged => (
            words.with("mail-phone_changed-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-phone_changed-body").arg("time", time).arg("last2", last2).to_string()],
        ),
        Notice::PhoneRemoved => (
            words.with("mail-phone_removed-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-phone_removed-body").arg("time", time).arg("last2", last2).to_string()],
        ),
        Notice::EmailChanged => (
            words.with("mail-email_changed-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-email_changed-body").arg("time", time).to_string()],
        ),
        Notice::PasswordChanged => (
            words.with("mail-password_changed-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-password_changed-body").arg("time", time).to_string()],
        ),
        Notice::Locked => (
            words.with("mail-locked-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-locked-body").arg("time", time).to_string(), words.t("mail-locked-next")],
        ),
        Notice::StrangeCodes => (
            words.with("mail-strange_codes-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-strange_codes-body").arg("time", time).to_string()],
        ),
        Notice::TrustedCopyUsed => (
            words.with("mail-trusted_copy-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-trusted_copy-body").arg("time", time).arg("agent", agent).to_string()],
        ),
        Notice::RecoveryCodesMade => (
            words.with("mail-recovery_codes-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-recovery_codes-body").arg("time", time).to_string()],
        ),
        Notice::RecoveryCodeUsed => (
            words.with("mail-recovery_used-subject").arg("clinic", clinic).to_string(),
            vec![
                words.with("mail-recovery_used-body").arg("time", time).to_string(),
                words.with("recovery_codes-left").arg("n", value("left").parse::<i64>().unwrap_or(0)).to_string(),
            ],
        ),
        _ => return None,
    })
}

/// What follows a report, and the proof of a new mail address.
fn afterwards(config: &Config, words: Words, notice: Notice, values: &Values) -> Option<Parts> {
    let (clinic, home) = (config.clinic.name.as_str(), config.public_origin());
    let value = |name: &str| values.get(name).map_or("", String::as_str);
    let is_held = values.contains_key("held");
    Some(match notice {
        Notice::NotMe => (
            words.with("mail-not_me-subject").arg("clinic", clinic).to_string(),
            vec![
                words.t("mail-not_me-body"),
                match is_held {
                    true => words.with("mail-reset_held-next").arg("phone", config.clinic.phone.as_str()).to_string(),
                    false => words.t("mail-not_me-next"),
                },
                words.with("mail-not_me-paused").arg("phone", config.clinic.phone.as_str()).to_string(),
            ],
            (!is_held).then(|| (words.t("mail-reset"), format!("{home}/password/forgot"))),
        ),
        Notice::ResetHeld => (
            words.with("mail-reset_held-subject").arg("clinic", clinic).to_string(),
            vec![
                words.t("mail-reset_held-body"),
                words.with("mail-reset_held-next").arg("phone", config.clinic.phone.as_str()).to_string(),
            ],
            None,
        ),
        Notice::NotMeForStaff => (
            words.with("mail-not_me_staff-subject").arg("clinic", clinic).to_string(),
            vec![
                words.with("mail-not_me_staff-body").arg("initials", value("initials")).to_string(),
                words.t("mail-not_me_staff-next"),
            ],
            Some((words.t("mail-not_me_staff-open"), value("link").to_owned())),
        ),
        Notice::Unfrozen => (
            words.with("mail-unfrozen-subject").arg("clinic", clinic).to_string(),
            vec![words.with("mail-unfrozen-body").arg("time", value("time")).to_string(), words.t("mail-not-you")],
            None,
        ),
        Notice::EmailProof => (
            words.with("mail-email_proof-subject").arg("clinic", clinic).to_string(),
            vec![words.t("mail-email_proof-body"), words.t("mail-email_proof-ignore")],
            Some((words.t("mail-email_proof-open"), value("link").to_owned())),
        ),
        Notice::EmailTaken => (
            words.with("mail-email_taken-subject").arg("clinic", clinic).to_string(),
            vec![words.t("mail-email_taken-body"), words.t("mail-email_taken-next")],
            None,
        ),
        _ => return None,
    })
}
