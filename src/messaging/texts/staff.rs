//! The mails that tell admins of a new member of staff: nobody adds an account of staff unseen.

use super::{Notice, Values};
use crate::config::Config;
use crate::words::Words;

/// Subject, paragraphs, and the button with its address.
type Parts = (String, Vec<String>, Option<(String, String)>);

/// The mail; without a value `by` it was the shell that invited.
pub(super) fn mail(config: &Config, words: Words, notice: Notice, values: &Values) -> Parts {
    let (clinic, home) = (config.clinic.name.as_str(), config.public_origin());
    let value = |name: &str| values.get(name).map_or("", String::as_str);
    let (who, role, time) = (value("who"), value("role"), value("time"));
    let by = values.get("by").map(String::as_str);
    let body = |key| words.with(key).arg("who", who).arg("role", role).arg("time", time);
    if notice == Notice::StaffInvited {
        let told = match by {
            Some(by) => body("mail-staff_invited-body").arg("by", by),
            None => body("mail-staff_invited-shell"),
        };
        return (
            words.with("mail-staff_invited-subject").arg("clinic", clinic).to_string(),
            vec![told.to_string(), words.t("mail-staff_invited-next")],
            Some((words.t("mail-staff_invited-open"), format!("{home}/admin/people/invitations"))),
        );
    }
    let told = match by {
        Some(by) => body("mail-staff_joined-body").arg("by", by),
        None => body("mail-staff_joined-shell"),
    };
    (
        words.with("mail-staff_joined-subject").arg("clinic", clinic).to_string(),
        vec![told.to_string(), words.t("mail-staff_joined-next")],
        Some((words.t("mail-staff_joined-open"), format!("{home}/admin/people"))),
    )
}
