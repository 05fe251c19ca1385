//! Whether a mail that was refused was refused for its address.
//!
//! The transport tells that the server said no, not at which of sender, address and text. So the server is asked once more
//! about the address alone, over a connection of its own and without any mail.

use std::time::Duration;

use lettre::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, MailParameter};

use super::tls_parameters;
use crate::config::{SmtpAddress, SmtpTls};
use crate::messaging::mail_refusals::Why;

/// The longest that asking may take.
const WHOLE: Duration = Duration::from_secs(5);

/// Why the server takes no mail for an address; None where it does, or does not say so for good.
pub(super) async fn about(server: &SmtpAddress, from: &Mailbox, to: &Address) -> Option<Why> {
    tokio::time::timeout(WHOLE, ask(server, from, to)).await.ok().flatten()
}

async fn ask(server: &SmtpAddress, from: &Mailbox, to: &Address) -> Option<Why> {
    let hello = server.hello.clone().map_or_else(ClientId::default, ClientId::Domain);
    let whole = if server.tls == SmtpTls::Whole { Some(tls_parameters(server).ok()?) } else { None };
    let at = (server.host.as_str(), server.port);
    let mut connection = AsyncSmtpConnection::connect_tokio1(at, Some(WHOLE), &hello, whole, None).await.ok()?;
    if server.tls == SmtpTls::Required || (server.tls == SmtpTls::Offered && connection.can_starttls()) {
        connection.starttls(tls_parameters(server).ok()?, &hello).await.ok()?;
    }
    if let Some((user, password)) = &server.user {
        let credentials = Credentials::new(user.clone(), password.expose().to_owned());
        connection.auth(DEFAULT_MECHANISMS, &credentials).await.ok()?;
    }
    let is_plain = AsRef::<str>::as_ref(to).is_ascii() && AsRef::<str>::as_ref(&from.email).is_ascii();
    let options = if is_plain { Vec::new() } else { vec![MailParameter::SmtpUtfEight] };
    connection.command(Mail::new(Some(from.email.clone()), options)).await.ok()?;
    let answer = connection.command(Rcpt::new(to.clone(), Vec::new())).await;
    connection.abort().await;
    answer.err().filter(Error::is_permanent).map(|error| why(&error))
}

/// What the answer's enhanced status code says, where it has one. Its text may hold the address and goes nowhere.
fn why(error: &Error) -> Why {
    let text = error.to_string();
    let is_status = |word: &&str| {
        word.starts_with("5.") && word.split('.').count() == 3 && word.bytes().all(|b| b == b'.' || b.is_ascii_digit())
    };
    text.split_whitespace().find(is_status).map_or(Why::Refused, Why::of_status)
}
