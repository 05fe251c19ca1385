//! Mail through SMTP, over few connections that are used again.
//!
//! | bound                          | value |
//! |--------------------------------|-------|
//! | connections of one process     | 4     |
//! | one that waits for work        | 60 s  |
//! | to wait for one                | 10 s  |
//! | one mail, connecting and all   | 10 s  |
//! | to ask once more about a no    | 5 s   |
//!
//! Together they end before the lease of a dispatch does.

mod asked_again;

use std::sync::Arc;
use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::sync::Semaphore;

use crate::config::{Config, MailRoute, SmtpAddress, SmtpTls};
use crate::error::InternalError;
use crate::messaging::gateways::outbox::Outbox;
use crate::messaging::mail_refusals::Why;
use crate::types::email_address::EmailAddress;

/// The longest one mail may take, connecting and all.
const WHOLE: Duration = Duration::from_secs(10);
/// Connections at most.
const CONNECTIONS: u32 = 4;
/// How long one waits for work.
const IDLE: Duration = Duration::from_secs(60);
/// Answers that refuse us, not the mail: what was refused may be sent once an operator has cured it.
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

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
    /// It takes no mail for this address.
    Refused(Why),
    /// The connection was lost in the middle: it may have been sent.
    Ambiguous,
}

/// A way to send mail.
pub enum Mailer {
    /// The dev outbox.
    Outbox(Outbox),
    /// A server, over pooled connections.
    Smtp {
        /// The connections that are used again.
        transport: AsyncSmtpTransport<Tokio1Executor>,
        /// Who may have one: the transport alone would open as many as there are mails at once.
        turns: Arc<Semaphore>,
        /// Where the server is.
        address: SmtpAddress,
        /// The sender.
        from: Mailbox,
    },
    /// None is set up: mail waits until one is, or it is useless.
    None,
}

fn tls_parameters(address: &SmtpAddress) -> Result<TlsParameters, InternalError> {
    TlsParameters::new(address.host.clone())
        .map_err(|error| InternalError::new("making the mailer's TLS client", error))
}

fn transport(address: &SmtpAddress) -> Result<AsyncSmtpTransport<Tokio1Executor>, InternalError> {
    let tls = match address.tls {
        SmtpTls::Open => Tls::None,
        SmtpTls::Offered => Tls::Opportunistic(tls_parameters(address)?),
        SmtpTls::Required => Tls::Required(tls_parameters(address)?),
        SmtpTls::Whole => Tls::Wrapper(tls_parameters(address)?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&address.host)
        .port(address.port)
        .tls(tls)
        .timeout(Some(WHOLE))
        .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE));
    if let Some((user, password)) = &address.user {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    if let Some(name) = &address.hello {
        builder = builder.hello_name(ClientId::Domain(name.clone()));
    }
    Ok(builder.build())
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
            MailRoute::Smtp(address) => {
                let sender =
                    config.mail_from.parse().map_err(|error| InternalError::new("reading SALUS_MAIL_FROM", error))?;
                Ok(Self::Smtp {
                    transport: transport(address)?,
                    turns: Arc::new(Semaphore::new(CONNECTIONS as usize)),
                    address: address.clone(),
                    from: Mailbox::new(Some(config.clinic.name.clone()), sender),
                })
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
            Self::Smtp { transport, turns, address, from } => {
                let Ok(to) = mail.to.as_str().parse::<lettre::Address>() else { return MailOutcome::Never("address") };
                let message = Message::builder()
                    .from(from.clone())
                    .to(Mailbox::new(None, to.clone()))
                    .subject(&mail.subject)
                    .message_id(Some(format!("<{}@{}>", mail.reference, from.email.domain())))
                    .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()));
                let Ok(message) = message else { return MailOutcome::Never("message") };
                let Ok(Ok(_turn)) = tokio::time::timeout(WHOLE, turns.acquire()).await else {
                    return MailOutcome::TryLater;
                };
                // A server that answers each line slowly must be over before the dispatch's lease is.
                let Ok(answer) = tokio::time::timeout(WHOLE, transport.send(message)).await else {
                    return MailOutcome::Ambiguous;
                };
                // The transport parks its connection in a task of its own: in time for whoever has the next turn.
                tokio::task::yield_now().await;
                match answer {
                    Ok(_) => MailOutcome::Accepted,
                    Err(error) if error.status().is_some_and(|code| NOT_LET_IN.contains(&code.into())) => {
                        tracing::error!("the mail server does not let us in: see SALUS_SMTP_URL");
                        MailOutcome::TryLater
                    }
                    // Of the sender, of the address, or of what the mail says? The answer alone does not tell.
                    Err(error) if error.is_permanent() => match asked_again::about(address, from, &to).await {
                        Some(why) => MailOutcome::Refused(why),
                        None => MailOutcome::Never("refused"),
                    },
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
