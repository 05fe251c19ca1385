//! Mail, over a real SMTP conversation.

use std::time::{Duration, Instant};

use salus::config::Config;
use salus::messaging::email::{MailMessage, MailOutcome, Mailer};
use salus::messaging::mail_refusals::Why;
use salus::messaging::texts::{self, Notice, Values};
use salus::types::email_address::EmailAddress;
use salus::types::locale::Locale;

use crate::smtp_server::SmtpServer;
use crate::support::{TestDatabase, settings};

async fn config(url: &str) -> (Config, TestDatabase) {
    let database = TestDatabase::new().await;
    let more = [
        ("SALUS_SMTP_URL", url),
        ("SALUS_PUBLIC_URL", "https://portal.lake.example"),
        ("SALUS_CLINIC_NAME", "Clínica del Lago"),
        ("SALUS_MAIL_FROM", "portal@lake.example"),
    ];
    (settings(&database, &more), database)
}

fn message(config: &Config, locale: Locale) -> MailMessage {
    let link = "https://portal.lake.example/password/reset?token=abc".to_owned();
    let values = Values::from([("link".to_owned(), link)]);
    let mail = texts::mail(config, Notice::ResetLink, locale, &values).unwrap();
    MailMessage {
        to: EmailAddress::parse("maria@example.org").unwrap(),
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        reference: "0190f1c0-0000-7000-8000-000000000001".into(),
    }
}

/// A header, unfolded, its encoded words read.
fn header(data: &str, name: &str) -> String {
    let head = data.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
    let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_default();
    let (mut read, mut after_encoded) = (String::new(), false);
    for word in line.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.split_once("?="));
        // The space between two encoded words is only folding (RFC 2047 6.2).
        if !(after_encoded && encoded.is_some()) {
            read.push(' ');
        }
        after_encoded = encoded.is_some();
        match encoded {
            Some((encoded, rest)) => {
                let bytes = data_encoding::BASE64.decode(encoded.as_bytes()).unwrap();
                read += &String::from_utf8(bytes).unwrap();
                read += rest;
            }
            None => read += word,
        }
    }
    read.trim().to_owned()
}

/// The parts of a multipart body: type and text, decoded.
fn parts(data: &str) -> Vec<(String, String)> {
    let boundary = data.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    data.split(&format!("--{boundary}"))
        .skip(1)
        .filter(|part| !part.starts_with("--"))
        .map(|part| {
            let (head, body) = part.split_once("\r\n\r\n").unwrap();
            let text = if head.contains("quoted-printable") {
                quoted_printable(body)
            } else if head.contains("base64") {
                let packed: String = body.split_whitespace().collect();
                String::from_utf8(data_encoding::BASE64.decode(packed.as_bytes()).unwrap()).unwrap()
            } else {
                body.to_owned()
            };
            let kind = head.split("Content-Type: ").nth(1).unwrap().split(';').next().unwrap().to_owned();
            (kind, text)
        })
        .collect()
}

fn quoted_printable(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let (mut bytes, mut rest) = (Vec::new(), joined.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_spanish_mail_arrives_as_text_and_as_html() {
    let server = SmtpServer::start().await;
    let (config, _database) = config(&server.url).await;
    let mailer = Mailer::of_settings(&config, None).unwrap();
    assert_eq!(mailer.send(&message(&config, Locale::Es)).await, MailOutcome::Accepted);
    let mail = server.received().remove(0);
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("portal@lake.example", &["maria@example.org".to_owned()][..])
    );
    assert_eq!(header(&mail.data, "Subject"), "Clínica del Lago: elija otra contraseña");
    assert!(header(&mail.data, "From").starts_with("Clínica del Lago"), "{}", header(&mail.data, "From"));
    assert!(header(&mail.data, "From").ends_with("<portal@lake.example>"));
    assert_eq!(header(&mail.data, "To"), "maria@example.org");
    assert_eq!(header(&mail.data, "Message-ID"), "<0190f1c0-0000-7000-8000-000000000001@lake.example>");
    let parts = parts(&mail.data);
    assert_eq!(parts.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["text/plain", "text/html"]);
    for (kind, text) in &parts {
        assert!(text.contains("Usted pidió otra contraseña."), "{kind}: {text}");
        assert!(text.contains("https://portal.lake.example/password/reset?token=abc"), "{kind}");
    }
    assert!(parts[1].1.contains("<html lang=\"es\">"));
}

#[tokio::test]
async fn a_mail_sent_twice_is_known_as_one() {
    let server = SmtpServer::start().await;
    let (config, _database) = config(&server.url).await;
    let mailer = Mailer::of_settings(&config, None).unwrap();
    for _ in 0..2 {
        assert_eq!(mailer.send(&message(&config, Locale::En)).await, MailOutcome::Accepted);
    }
    let ids: Vec<_> = server.received().iter().map(|mail| header(&mail.data, "Message-ID")).collect();
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_temporary_refusal_is_for_later_and_a_lasting_one_for_good() {
    let server = SmtpServer::start().await;
    let (config, _database) = config(&server.url).await;
    for (command, line, expected) in [
        ("MAIL", "451 try again", MailOutcome::TryLater),
        ("RCPT", "450 greylisted", MailOutcome::TryLater),
        (".", "452 full", MailOutcome::TryLater),
        ("RCPT", "550 no such user", MailOutcome::Refused(Why::Refused)),
        ("RCPT", "550 5.1.1 no such user", MailOutcome::Refused(Why::NoMailbox)),
        ("RCPT", "552 5.2.2 mailbox full", MailOutcome::Refused(Why::MailboxFull)),
        (".", "554 spam", MailOutcome::Never("refused")),
        (".", "550 5.1.1 this is of the mail, not of the address", MailOutcome::Never("refused")),
        ("MAIL", "550 5.1.8 not from you", MailOutcome::Never("refused")),
        ("MAIL", "535 5.7.8 not let in", MailOutcome::TryLater),
        ("MAIL", "530 5.7.0 sign in first", MailOutcome::TryLater),
    ] {
        // A mailer each: a refused conversation is closed.
        let mailer = Mailer::of_settings(&config, None).unwrap();
        server.refuse(Some((command, line)));
        assert_eq!(mailer.send(&message(&config, Locale::En)).await, expected, "{command} {line}");
        server.refuse(None);
        assert_eq!(mailer.send(&message(&config, Locale::En)).await, MailOutcome::Accepted, "afterwards");
    }
    assert_eq!(server.received().len(), 11);
}

#[tokio::test]
async fn many_mails_go_over_one_connection_and_many_at_once_over_few() {
    let server = SmtpServer::start().await;
    let (config, _database) = config(&server.url).await;
    let mailer = Mailer::of_settings(&config, None).unwrap();
    for _ in 0..12 {
        assert_eq!(mailer.send(&message(&config, Locale::En)).await, MailOutcome::Accepted);
    }
    assert_eq!(server.connections(), (1, 1), "one after another they share one");
    server.pause(Duration::from_millis(100));
    let mail = message(&config, Locale::En);
    let outcomes = futures_util::future::join_all((0..40).map(|_| mailer.send(&mail))).await;
    assert!(outcomes.iter().all(|outcome| *outcome == MailOutcome::Accepted), "{outcomes:?}");
    assert_eq!((server.received().len(), server.connections()), (52, (4, 4)), "at once they share four");
}

#[tokio::test]
async fn where_tls_is_asked_for_nothing_is_sent_in_the_open() {
    let server = SmtpServer::start().await;
    for (more, outcome, received) in [
        ("?tls=required", MailOutcome::TryLater, 0),
        // What serve refuses but to this machine: whoever takes the offer away reads all.
        ("?tls=opportunistic", MailOutcome::Accepted, 1),
    ] {
        let (config, _database) = config(&format!("{}{more}", server.url)).await;
        let mailer = Mailer::of_settings(&config, None).unwrap();
        assert_eq!(mailer.send(&message(&config, Locale::En)).await, outcome, "{more}");
        assert_eq!(server.received().len(), received, "{more}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_for_later() {
    let server = SmtpServer::start().await;
    let (config, _database) = config(&server.url).await;
    let mailer = Mailer::of_settings(&config, None).unwrap();
    drop(server);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(mailer.send(&message(&config, Locale::En)).await, MailOutcome::TryLater);
}

#[tokio::test]
async fn a_server_that_hangs_is_left_before_the_lease_ends_and_nobody_knows() {
    let server = SmtpServer::start().await;
    let (config, _database) = config(&server.url).await;
    server.hang_at("DATA");
    let mailer = Mailer::of_settings(&config, None).unwrap();
    let started = Instant::now();
    assert_eq!(mailer.send(&message(&config, Locale::En)).await, MailOutcome::Ambiguous);
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
}

#[tokio::test]
async fn every_link_in_a_mail_begins_with_the_public_address() {
    let (config, _database) = config("smtp://127.0.0.1:9").await;
    let values = Values::from([
        ("link".to_owned(), "https://portal.lake.example/password/reset?token=abc".to_owned()),
        ("time".to_owned(), "9:20am".to_owned()),
        ("name".to_owned(), "<b>Mia</b> \"M\"".to_owned()),
        ("agent".to_owned(), "<script>x</script>".to_owned()),
    ]);
    let mut with_mail = 0;
    for word in [
        "welcome",
        "registration_taken",
        "locked",
        "unlocked",
        "strange_codes",
        "new_browser",
        "reset_link",
        "password_changed",
        "invitation",
        "booked",
        "cancelled",
        "moved",
        "reminder",
        "news",
        "turned_off",
        "spend_near",
        "spend_reached",
        "prefix_paused",
        "code_sign_in",
        "code_step_up",
        "new_browsers",
        "new_place",
        "factor_added",
        "factor_removed",
        "phone_added",
        "phone_changed",
        "phone_removed",
        "email_changed",
        "trusted_copy",
        "recovery_codes",
        "recovery_code_used",
        "not_me",
        "not_me_staff",
        "unfrozen",
        "email_proof",
        "email_taken",
        "staff_invited",
        "staff_joined",
        "recovery_begun",
        "recovery_waits",
        "recovery_refused",
        "recovery_bound",
        "recovery_undone",
        "recovery_undone_staff",
    ] {
        for locale in [Locale::En, Locale::Es] {
            let mail = texts::mail(&config, Notice::from_word(word).unwrap(), locale, &values).unwrap();
            with_mail += 1;
            assert!(mail.subject.starts_with("Clínica del Lago: "), "{word}: {}", mail.subject);
            for text in [&mail.text, &mail.html] {
                assert!(
                    !text.contains('[') && !text.contains("{ $"),
                    "{word}: a value or a sentence is missing: {text}"
                );
                for (at, _) in text.match_indices("http") {
                    assert!(text[at..].starts_with("https://portal.lake.example"), "{word}: {}", &text[at..]);
                }
            }
            assert!(
                !mail.html.contains("<script>") && !mail.html.contains("<b>"),
                "{word}: what people typed is escaped"
            );
        }
    }
    assert_eq!(with_mail, 88);
    for word in ["code_register", "code_reset_password", "code_change_phone"] {
        assert!(texts::mail(&config, Notice::from_word(word).unwrap(), Locale::En, &values).is_err(), "{word}");
    }
}
