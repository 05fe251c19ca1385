//! Pages of the two whom something concerns: the patient and the doctor.

pub mod results;
pub mod visits;

use actix_web::web::ServiceConfig;

use crate::types::person_name::PersonName;
use crate::words::Words;

/// A doctor as patients read them: "Dr Ada Chen". A name that was entered with its title keeps it.
pub(in crate::web) fn doctor_named(words: &Words, name: &PersonName) -> String {
    let name = name.as_str();
    let has_title = name
        .split_whitespace()
        .next()
        .is_some_and(|word| ["dr", "dra"].contains(&word.trim_end_matches('.').to_lowercase().as_str()));
    if has_title { name.to_owned() } else { words.with("patient-doctor").arg("name", name).to_string() }
}

/// All routes of the folder.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(visits::routes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::locale::Locale;

    #[test]
    fn a_doctor_is_named_with_one_title() {
        let named = |locale, name| doctor_named(&Words::new(locale), &PersonName::parse(name).unwrap());
        assert_eq!(named(Locale::En, "Ada Chen"), "Dr Ada Chen");
        assert_eq!(named(Locale::En, "Dr. Ada Chen"), "Dr. Ada Chen");
        assert_eq!(named(Locale::Es, "Dra. Ada Chen"), "Dra. Ada Chen");
        assert_eq!(named(Locale::En, "Drew Park"), "Dr Drew Park");
    }
}
