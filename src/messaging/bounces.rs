//! Bounces: mail that a server took and returned later, as a delivery status notification (RFC 3464).
//!
//! A bounce is believed because it holds the id of one of our mails, 74 random bits that only its way knows, and each
//! counts once. What it holds else is not kept.
//!
//! | bound                | value   |
//! |----------------------|---------|
//! | the whole, by a pipe | 256 KiB |
//! | the whole, by HTTP   | 64 KiB  |
//! | parts looked at      | 32      |

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::crypto::random::Secret;
use crate::error::InternalError;
use crate::messaging::dispatches::{self, Returned};
use crate::messaging::receipts::Heard;
use crate::messaging::receipts::http::is_signed;
use crate::portal::Portal;
use crate::types::ids::DispatchId;

/// The largest bounce that is read, in bytes.
pub const LARGEST: usize = 256 * 1024;
/// How many parts of one are looked at.
const PARTS: usize = 32;

/// What a bounce says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bounce {
    dispatch: DispatchId,
    /// The enhanced status code of a failure, such as `5.1.1`.
    status: String,
}

/// Why something is no bounce of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// More than is read.
    TooLarge,
    /// No delivery status notification.
    NoReport,
    /// It names no mail of ours.
    NotOurs,
}

/// What became of a bounce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounced {
    /// The mail's account is marked.
    Marked,
    /// The mail was to nobody with an account, such as an invitation; it is kept that it came back.
    NoAccount,
    /// It was told before.
    Known,
    /// The mail is only late, or arrived: nothing is kept.
    NoFailure,
    /// It cannot be taken.
    No(Unreadable),
}

/// Takes a bounce.
///
/// # Errors
/// When the database fails: it is to be handed in again.
pub async fn take(portal: &Portal, mail: &[u8]) -> Result<Bounced, InternalError> {
    let host = portal.config.mail_from.rsplit_once('@').map_or("", |(_, host)| host);
    let bounce = match read(mail, host) {
        Ok(Some(bounce)) => bounce,
        Ok(None) => return Ok(Bounced::NoFailure),
        Err(unreadable) => return Ok(Bounced::No(unreadable)),
    };
    Ok(match dispatches::returned(portal, bounce.dispatch, &bounce.status).await? {
        Returned::Marked => Bounced::Marked,
        Returned::NoAccount => Bounced::NoAccount,
        Returned::Known => Bounced::Known,
        Returned::Unknown => Bounced::No(Unreadable::NotOurs),
    })
}

/// Takes a bounce that a machine posts, signed as the generic gateway signs. Unknown where no secret is set.
///
/// # Errors
/// When the database fails: it is to be posted again.
pub async fn take_posted(
    portal: &Portal,
    timestamp: Option<&str>,
    signature: Option<&str>,
    mail: &[u8],
) -> Result<Heard, InternalError> {
    let Some(secret) = &portal.config.hooks.bounce_secret else { return Ok(Heard::Unknown) };
    if !is_posted_by(secret, timestamp, signature, mail, portal) {
        return Ok(Heard::Forged);
    }
    take(portal, mail).await?;
    Ok(Heard::Taken)
}

fn is_posted_by(secret: &Secret, timestamp: Option<&str>, said: Option<&str>, mail: &[u8], portal: &Portal) -> bool {
    let (Some(timestamp), Some(said)) = (timestamp, said) else { return false };
    is_signed(secret, timestamp.trim(), mail, said, portal.clock.now())
}

/// Reads a bounce of a mail from `host`; None when it tells of no lasting failure.
fn read(mail: &[u8], host: &str) -> Result<Option<Bounce>, Unreadable> {
    if mail.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    let message = MessageParser::default().parse(mail).ok_or(Unreadable::NoReport)?;
    let of_kind = |part: &&MessagePart<'_>, kind: &str, sub: &str| {
        part.content_type().is_some_and(|known| {
            known.c_type.eq_ignore_ascii_case(kind)
                && known.c_subtype.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(sub))
        })
    };
    let mut parts = message.parts.iter().take(PARTS);
    let report = parts.find(|part| of_kind(part, "message", "delivery-status")).ok_or(Unreadable::NoReport)?;
    let report = String::from_utf8_lossy(report.contents()).into_owned();
    let returned = message.parts.iter().take(PARTS).find_map(|part| match &part.body {
        PartType::Message(inner) => inner.message_id().map(str::to_owned),
        PartType::Text(text) if of_kind(&part, "text", "rfc822-headers") => id_in(text),
        _ => None,
    });
    let dispatch = returned.and_then(|id| ours(&id, host)).ok_or(Unreadable::NotOurs)?;
    Ok(failure(&report).map(|status| Bounce { dispatch, status }))
}

fn id_in(headers: &str) -> Option<String> {
    let message: Message<'_> = MessageParser::default().parse(headers.as_bytes())?;
    message.message_id().map(str::to_owned)
}

/// The dispatch that a Message-ID of ours names.
fn ours(id: &str, host: &str) -> Option<DispatchId> {
    let (id, at) = id.trim().trim_matches(['<', '>']).rsplit_once('@')?;
    at.eq_ignore_ascii_case(host).then(|| id.parse().ok()).flatten()
}

/// The status code of the first recipient to whom it failed for good.
fn failure(report: &str) -> Option<String> {
    let report = report.replace("\r\n", "\n");
    report.split("\n\n").find_map(|block| {
        let field = |name: &str| {
            block.lines().find_map(|line| {
                let (known, value) = line.split_once(':')?;
                known.trim().eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        field("action").filter(|action| action.eq_ignore_ascii_case("failed"))?;
        let status = field("status")?.split([' ', '(', ';']).next()?;
        let parts: Vec<&str> = status.split('.').collect();
        let number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        (parts.len() == 3 && parts[0] == "5" && parts.iter().all(number)).then(|| status.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190f1c0-0000-7000-8000-000000000001";

    fn bounce(action: &str, status: &str, returned: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nTo: portal@lake.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n\
             --b1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
             --b1\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.example\r\n\r\n\
             Final-Recipient: rfc822; maria@example.org\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n\
             --b1\r\n{returned}\r\n--b1--\r\n"
        )
    }

    fn headers(id: &str) -> String {
        format!("Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\nSubject: Your appointment\r\n")
    }

    fn whole(id: &str) -> String {
        format!("Content-Type: message/rfc822\r\n\r\nFrom: portal@lake.example\r\nMessage-ID: {id}\r\n\r\nHello.\r\n")
    }

    fn told(mail: &str) -> Result<Option<String>, Unreadable> {
        read(mail.as_bytes(), "lake.example").map(|bounce| bounce.map(|bounce| bounce.status))
    }

    #[test]
    fn a_failure_of_our_mail_is_read_from_headers_and_from_the_whole_mail() {
        let ours = format!("<{ID}@lake.example>");
        for returned in
            [headers(&ours), whole(&ours), headers(&ours.to_uppercase()), format!("{}X-More: 1\r\n", headers(&ours))]
        {
            let read = read(bounce("failed", "5.1.1", &returned).as_bytes(), "lake.example").unwrap().unwrap();
            assert_eq!((read.dispatch.to_string().as_str(), read.status.as_str()), (ID, "5.1.1"), "{returned}");
        }
        // Lines that end without CR, as a pipe may hand them over.
        assert_eq!(
            told(&bounce("Failed", "5.2.2 (full)", &whole(&ours)).replace("\r\n", "\n")),
            Ok(Some("5.2.2".into()))
        );
    }

    #[test]
    fn what_is_late_or_arrived_is_no_failure() {
        let returned = headers(&format!("<{ID}@lake.example>"));
        for (action, status) in [
            ("delayed", "4.4.7"),
            ("failed", "4.4.7"),
            ("delivered", "2.0.0"),
            ("relayed", "5.1.1"),
            ("failed", "5"),
            ("failed", "5.x.1"),
            ("failed", ""),
        ] {
            assert_eq!(told(&bounce(action, status, &returned)), Ok(None), "{action} {status}");
        }
    }

    #[test]
    fn what_names_no_mail_of_ours_or_is_no_report_is_told_apart() {
        for id in ["<x@lake.example>", "<0190f1c0-0000-7000-8000-000000000001@evil.example>", "", "<@lake.example>"] {
            assert_eq!(told(&bounce("failed", "5.1.1", &headers(id))), Err(Unreadable::NotOurs), "{id}");
        }
        assert_eq!(
            told(&bounce("failed", "5.1.1", "Content-Type: text/plain\r\n\r\nnothing")),
            Err(Unreadable::NotOurs)
        );
        for mail in
            ["", "hello", "Subject: away\r\n\r\nI am on holiday.\r\n", "Content-Type: multipart/report\r\n\r\n--\r\n"]
        {
            assert_eq!(told(mail), Err(Unreadable::NoReport), "{mail:?}");
        }
        let large = format!("{}{}", bounce("failed", "5.1.1", &headers("x")), "x".repeat(LARGEST));
        assert_eq!(told(&large), Err(Unreadable::TooLarge));
    }

    #[test]
    fn a_mail_made_to_be_hard_is_read_in_no_time() {
        let mut nested = String::new();
        for n in 0..2000 {
            nested += &format!("Content-Type: multipart/mixed; boundary=\"b{n}\"\r\n\r\n--b{n}\r\n");
        }
        let many = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", "--b\r\n\r\nx\r\n".repeat(20_000));
        let messages = "Content-Type: message/rfc822\r\n\r\n".repeat(5000);
        for mail in [nested, many, messages, "\0".repeat(LARGEST), ":".repeat(LARGEST)] {
            let started = std::time::Instant::now();
            assert!(told(&mail).is_err());
            assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
        }
    }
}
