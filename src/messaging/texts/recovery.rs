//! The sentences of a way back in: to its owner, with the link that stops or undoes it, and to staff.

use super::{Notice, Values};
use crate::config::Config;
use crate::words::Words;

/// The text message to the phones that an account has, or had.
pub(super) fn sms(config: &Config, words: Words, notice: Notice) -> String {
    let key = if notice == Notice::RecoveryBegun { "sms-recovery_begun" } else { "sms-recovery_bound" };
    let (clinic, phone) = (config.clinic.name.as_str(), config.clinic.phone.as_str());
    words.with(key).arg("clinic", clinic).arg("phone", phone).to_string()
}

/// Subject, paragraphs, and the button with its address.
pub(super) type Parts = (String, Vec<String>, Option<(String, String)>);

/// The mail.
pub(super) fn mail(config: &Config, words: Words, notice: Notice, values: &Values) -> Parts {
    let clinic = config.clinic.name.as_str();
    let value = |name: &str| values.get(name).map_or("", String::as_str);
    let (time, link) = (value("time"), value("link").to_owned());
    let subject = |key| words.with(key).arg("clinic", clinic).to_string();
    let timed = |key| words.with(key).arg("time", time).to_string();
    let requests = || (words.t("mail-recovery_waits-open"), format!("{}/staff/recoveries", config.public_origin()));
    match notice {
        Notice::RecoveryBegun => (
            subject("mail-recovery_begun-subject"),
            vec![
                words.with("mail-recovery_begun-body").arg("time", time).arg("place", value("place")).to_string(),
                words.with("mail-recovery_begun-number").arg("last2", value("last2")).to_string(),
                words.t("mail-recovery_begun-you"),
                words.t("mail-recovery_begun-stop"),
            ],
            Some((words.t("mail-recovery_begun-link"), link)),
        ),
        Notice::RecoveryWaits => {
            (subject("mail-recovery_waits-subject"), vec![words.t("mail-recovery_waits-body")], Some(requests()))
        }
        Notice::RecoveryRefused => (
            subject("mail-recovery_refused-subject"),
            vec![timed("mail-recovery_refused-body"), words.t("mail-recovery_refused-next")],
            None,
        ),
        Notice::RecoveryStopped => (
            subject("mail-recovery_stopped-subject"),
            vec![timed("mail-recovery_stopped-body"), words.t("mail-recovery_stopped-next")],
            None,
        ),
        Notice::RecoveryUndone => {
            let mut body = vec![timed("mail-recovery_undone-body")];
            // The address itself is not named: the mail goes to it.
            if values.contains_key("email") {
                body.push(words.t("mail-recovery_undone-email"));
            }
            body.push(words.t("mail-recovery_undone-next"));
            (subject("mail-recovery_undone-subject"), body, None)
        }
        Notice::RecoveryUndoneForStaff => (
            subject("mail-recovery_undone_staff-subject"),
            vec![
                words.with("mail-recovery_undone_staff-body").arg("time", time).arg("id", value("id")).to_string(),
                words.t("mail-recovery_undone_staff-next"),
            ],
            Some((
                words.t("mail-not_me_staff-open"),
                format!("{}/admin/people/{}", config.public_origin(), value("id")),
            )),
        ),
        _ => (
            subject("mail-recovery_bound-subject"),
            vec![
                words.with("mail-recovery_bound-body").arg("time", time).arg("last2", value("last2")).to_string(),
                words.with("mail-recovery_bound-undo").arg("until", value("until")).to_string(),
            ],
            Some((words.t("mail-recovery_bound-link"), link)),
        ),
    }
}
