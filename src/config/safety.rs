//! What may not go into production, each with its cure.

use super::{Config, MailRoute, SmsGateway};

/// A setting that is well-formed and unsafe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsafe {
    /// The setting's name.
    pub setting: &'static str,
    /// What is unsafe.
    pub problem: String,
    /// What to do.
    pub cure: &'static str,
}

impl Config {
    /// Everything that keeps `serve` from starting.
    pub fn unsafe_for_production(&self) -> Vec<Unsafe> {
        let mut found = Vec::new();
        let mut note = |setting, problem: &str, cure| found.push(Unsafe { setting, problem: problem.to_owned(), cure });
        if !self.is_secure() {
            note(
                "SALUS_PUBLIC_URL",
                "is not https: passwords and codes would cross the network in the open",
                "put a TLS proxy in front and name its https address",
            );
        }
        if self.keys.is_none() {
            note(
                "SALUS_KEYS",
                "is not set: nothing can be sealed",
                "run `salus keys add` and name its file in SALUS_KEYS_FILE",
            );
        }
        if self.sms_gateways.is_empty() {
            note("SALUS_SMS_GATEWAYS", "is not set: no code would arrive", "name a gateway and set its credentials");
        }
        if self.sms_gateways.contains(&SmsGateway::Outbox) {
            note("SALUS_SMS_GATEWAYS", "holds outbox, which shows codes to anybody", "leave it to `salus demo`");
        }
        match &self.mail {
            MailRoute::Smtp(address) if address.is_sealed() => {}
            MailRoute::Smtp(_) => {
                note("SALUS_SMTP_URL", "does not insist on TLS", "write smtps://… or add ?tls=required")
            }
            MailRoute::Outbox => note("SALUS_SMTP_URL", "is the dev outbox", "name a mail server"),
            MailRoute::None => {
                note("SALUS_SMTP_URL", "is not set: nobody could choose a new password", "name a mail server")
            }
        }
        if self.clinic.name == "Salus Clinic" {
            note(
                "SALUS_CLINIC_NAME",
                "is not set: people would not know whose portal this is",
                "set your clinic's short name",
            );
        }
        if self.clinic.phone.contains("555 01") {
            note(
                "SALUS_CLINIC_PHONE",
                "is not set: people in need would call nobody",
                "set the number that your clinic answers",
            );
        }
        if self.trusted_proxies.iter().any(|address| address.is_unspecified()) {
            note("SALUS_TRUSTED_PROXIES", "trusts everybody to say who the client is", "name your proxies' addresses");
        }
        if self.limits.password_least < 12 {
            note("SALUS_PASSWORD_LEAST", "is below 12", "leave it at 12");
        }
        #[cfg(unix)]
        for path in &self.secret_files {
            use std::os::unix::fs::PermissionsExt;
            // Docker mounts its secrets as 0444 inside the container alone.
            let readable = std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o004 != 0);
            if readable && !path.starts_with("/run/secrets") {
                note(
                    "SALUS_…_FILE",
                    &format!("{} can be read by every user of this machine", path.display()),
                    "chmod 600 it",
                );
            }
        }
        found
    }
}
