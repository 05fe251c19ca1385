//! Mail through SMTP.

use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::config::{Config, MailRoute};
use crate::error::InternalError;
use crate::messaging::gateways::outbox::Outbox;
use crate::types::email_address::EmailAddress;

/// The longest one mail may take, connecting and all.
const WHOLE: Duration = Duration::from_secs(10);

/// One mail, as text and as HTML.
pub struct MailMessage {
    /// To whom.
    pub to: EmailAddress,
    /// The subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// Our id of it: becomes the Message-ID, so that a mail sent twice is known as one.
    pub reference: String,
}

/// What the mail server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    /// It took the mail.
    Accepted,
    /// Not now, or it could not be reached.
    TryLater,
    /// It refused for good, with this reason.
    Never(&'static str),
    /// The connection was lost in the middle: it may have been sent.
    Ambiguous,
}

/// A way to send mail.
pub enum Mailer {
    /// The dev outbox.
    Outbox(Outbox),
    /// A server, over pooled connections.
    Smtp {
        /// The connections.
        transport: AsyncSmtpTransport<Tokio1Executor>,
        /// The sender.
        from: Mailbox,
    },
    /// None is set up: mail waits until one is, or it is useless.
    None,
}

impl Mailer {
    /// The mailer of the settings.
    ///
    /// # Errors
    /// When the server's address or the sender cannot be read.
    pub fn of_settings(config: &Config, outbox: Option<&Outbox>) -> Result<Self, InternalError> {
        match &config.mail {
            MailRoute::None => Ok(Self::None),
            MailRoute::Outbox => outbox
                .cloned()
                .map(Self::Outbox)
                .ok_or_else(|| InternalError::because("the outbox mailer exists only in demo and tests")),
            MailRoute::Smtp(url) => {
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())
                    .map_err(|_| InternalError::because("SALUS_SMTP_URL cannot be read"))?
                    .timeout(Some(Duration::from_secs(10)))
                    .build();
                let address =
                    config.mail_from.parse().map_err(|error| InternalError::new("reading SALUS_MAIL_FROM", error))?;
                Ok(Self::Smtp { transport, from: Mailbox::new(Some(config.clinic.name.clone()), address) })
            }
        }
    }

    /// Greets the mail server and signs in, without sending anything.
    ///
    /// # Errors
    /// What the server, or the way to it, answered; or that no server is set.
    pub async fn reach(&self) -> Result<(), InternalError> {
        match self {
            Self::Outbox(_) => Ok(()),
            Self::None => Err(InternalError::because("no mail server is set")),
            Self::Smtp { transport, .. } => match transport.test_connection().await {
                Ok(true) => Ok(()),
                Ok(false) => Err(InternalError::because("the mail server answers and takes no mail")),
                Err(error) => Err(InternalError::new("greeting the mail server", error)),
            },
        }
    }

    /// Sends one mail.
    pub async fn send(&self, mail: &MailMessage) -> MailOutcome {
        match self {
            Self::Outbox(outbox) => {
                outbox.mail(&mail.to, &mail.subject, &mail.text);
                MailOutcome::Accepted
            }
            Self::None => MailOutcome::TryLater,
            Self::Smtp { transport, from } => {
                let Ok(to) = mail.to.as_str().parse() else { return MailOutcome::Never("address") };
                let message = Message::builder()
                    .from(from.clone())
                    .to(Mailbox::new(None, to))
                    .subject(&mail.subject)
                    .message_id(Some(format!("<{}@{}>", mail.reference, from.email.domain())))
                    .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()));
                let Ok(message) = message else { return MailOutcome::Never("message") };
                // A server that answers each line slowly must be over before the dispatch's lease is.
                let Ok(answer) = tokio::time::timeout(WHOLE, transport.send(message)).await else {
                    return MailOutcome::Ambiguous;
                };
                match answer {
                    Ok(_) => MailOutcome::Accepted,
                    Err(error) if error.is_permanent() => MailOutcome::Never("refused"),
                    Err(error) if error.is_transient() => MailOutcome::TryLater,
                    // It hung, or answered something that is no SMTP: nobody knows what it did with the mail.
                    Err(error) if error.is_timeout() || error.is_response() => MailOutcome::Ambiguous,
                    // Refused or broken off. If the mail was taken after all, its Message-ID tells the second copy.
                    Err(_) => MailOutcome::TryLater,
                }
            }
        }
    }
}
