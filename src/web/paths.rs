//! Which addresses a sign-in or a step-up may lead to: pages of our own, and nothing else.

/// Pages that somebody signed in can come back to; `*` stands for one id.
const PAGES: &[&str] = &[
    "/home",
    "/appointments",
    "/appointments/new",
    "/appointments/past",
    "/appointments/*",
    "/appointments/*/cancel",
    "/appointments/*/reschedule",
    "/labs",
    "/labs/*",
    "/visits/*",
    "/visits/*/join",
    "/visits/*/room",
    "/account",
    "/account/security",
    "/account/security/password",
    "/account/security/email",
    "/account/security/email/confirm",
    "/account/access-log",
    "/account/security/app",
    "/account/security/app/new",
    "/account/security/app/remove",
    "/account/security/recovery-codes",
    "/account/security/recovery-codes/remove",
    "/account/security/phones",
    "/account/security/phones/new",
    "/account/security/phones/*",
    "/account/security/phones/*/replace",
    "/account/security/phones/*/remove",
    "/account/security/passkeys",
    "/account/security/passkeys/new",
    "/account/security/passkeys/*/rename",
    "/account/security/passkeys/*/remove",
    "/doctor",
    "/doctor/schedule",
    "/doctor/schedule/days-off",
    "/doctor/results",
    "/doctor/results/*",
    "/doctor/patients/*",
    "/doctor/patients/*/labs/new",
    "/doctor/appointments/*/cancel",
    "/admin",
    "/admin/lockouts",
    "/admin/lockouts/*",
    "/admin/lockouts/*/reset",
    "/admin/people",
    "/admin/people/invite",
    "/admin/people/invitations",
    "/admin/people/*",
    "/admin/people/*/turn",
    "/admin/people/*/unfreeze",
    "/admin/delivery",
    "/admin/audit",
    "/admin/policy",
    "/admin/policy/sms",
    "/admin/policy/patient",
    "/admin/policy/doctor",
    "/admin/policy/admin",
    "/staff/recoveries",
    "/staff/recoveries/*",
    "/staff/recoveries/*/check",
    "/staff/recoveries/*/approve",
    "/staff/recoveries/*/refuse",
];

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("*"), Some(id)) => {
                if id.is_empty() || !id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
                    return false;
                }
            }
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
}

/// The address, if it is one of our pages: path and plain query, no host, nothing that a browser reads as one.
pub fn own(address: &str) -> Option<&str> {
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'#');
    let path = address.split('?').next()?;
    let fine = address.len() <= 512 && address.bytes().all(plain) && PAGES.iter().any(|page| fits(page, path));
    fine.then_some(address)
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn only_pages_of_ours_are_led_to() {
        for ours in ["/home", "/labs?page=2", "/visits/0193b1a2-0000-7000-8000-000000000000"] {
            assert_eq!(own(ours), Some(ours));
        }
        for other in [
            "",
            "home",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/home",
            "/logout",
            "/home\r\nX: y",
            "/labs/..%2f",
            "/labs/../admin",
            "/home#x",
            "javascript:alert(1)",
            "/home/",
        ] {
            assert_eq!(own(other), None, "{other}");
        }
    }
}
