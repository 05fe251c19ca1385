//! The worker that sends what is due: several processes may run one each.
//!
//! It leases, sends outside any transaction, then records. Killed in between, the lease runs out and another worker
//! takes the dispatch up once more; the open attempt in the table tells that nobody knows.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;

use crate::clock::Timestamp;
use crate::crypto::codes::Code;
use crate::error::InternalError;
use crate::messaging::dispatches::{self, Kind, Leased, Outcome};
use crate::messaging::email::{MailMessage, MailOutcome, Mailer};
use crate::messaging::gateways::{Gateway, Reason, Retry, SendOutcome};
use crate::messaging::lookup::LineLookups;
use crate::messaging::texts::Notice;
use crate::messaging::{receipts, sms, texts};
use crate::portal::Portal;
use crate::types::email_address::EmailAddress;
use crate::types::ids::ChallengeId;
use crate::types::phone::PhoneNumber;

/// How often the worker looks without being woken.
const PULSE: Duration = Duration::from_millis(500);
/// How many leave at once.
const BATCH: i64 = 16;

/// How often a mail is tried that may have been sent.
const MAIL_TRIES: i64 = 3;

/// A code that is still worth sending.
pub struct LiveCode {
    /// The six digits.
    pub code: Code,
    /// Until when they work.
    pub ends_at: Timestamp,
}

/// The future of a [`CodeLookup`].
pub type Looking<'a> = Pin<Box<dyn Future<Output = Result<Option<LiveCode>, InternalError>> + Send + 'a>>;
/// Derives a challenge's code when its text is rendered; None when the challenge is over. Codes belong to `auth`, which
/// stands above this module, so the worker is handed the way to them.
pub type CodeLookup = for<'a> fn(&'a Portal, ChallengeId) -> Looking<'a>;

/// Sends what is due through the configured gateways.
pub struct Worker {
    portal: Portal,
    gateways: Vec<Gateway>,
    mailer: Mailer,
    code_of: CodeLookup,
    lookups: Option<LineLookups>,
}

impl Worker {
    /// A worker over these gateways, tried in order.
    pub fn new(portal: Portal, gateways: Vec<Gateway>, mailer: Mailer, code_of: CodeLookup) -> Self {
        // Without it texts go out as if nobody was to be asked.
        let lookups = LineLookups::of_settings(&portal.config).unwrap_or_else(|error| {
            tracing::error!(%error, "numbers are not looked up");
            None
        });
        Self { portal, gateways, mailer, code_of, lookups }
    }

    /// Runs until `stop` resolves; what was leased by then is still sent and recorded.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let idle = match self.turn().await {
                Ok(taken) => taken == 0,
                Err(error) => {
                    tracing::error!(%error, "dispatching failed");
                    true
                }
            };
            let pause = if idle { PULSE } else { Duration::ZERO };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = self.portal.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Sends what is due now; answers how many dispatches were taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn turn(&self) -> Result<usize, InternalError> {
        let leased = dispatches::lease(&self.portal, BATCH, |kind, attempt| self.route(kind, attempt)).await?;
        let count = leased.len();
        let outcomes = join_all(leased.into_iter().map(|leased| async move {
            let outcome = match self.send(&leased).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    tracing::error!(dispatch = %leased.id, %error, "a dispatch could not be rendered");
                    Outcome::Never { reason: "unreadable" }
                }
            };
            dispatches::finish(&self.portal, &leased, &outcome).await
        }))
        .await;
        outcomes.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(count)
    }

    fn gateway(&self, attempt: i64) -> Option<&Gateway> {
        let turn = usize::try_from(attempt.saturating_sub(1)).unwrap_or(0);
        (!self.gateways.is_empty()).then(|| &self.gateways[turn % self.gateways.len()])
    }

    fn route(&self, kind: Kind, attempt: i64) -> &'static str {
        match kind {
            Kind::Email => "smtp",
            Kind::Sms => self.gateway(attempt).map_or("none", Gateway::name),
        }
    }

    async fn send(&self, leased: &Leased) -> Result<Outcome, InternalError> {
        match leased.kind {
            Kind::Sms => self.send_text(leased).await,
            Kind::Email => self.send_mail(leased).await,
        }
    }

    async fn send_text(&self, leased: &Leased) -> Result<Outcome, InternalError> {
        let Some(gateway) = self.gateway(leased.attempt) else {
            return Ok(Outcome::Never { reason: "no_gateway" });
        };
        let mut values = leased.values.clone();
        let mut useless_at = leased.useless_at;
        if let Some(challenge) = leased.challenge {
            let Some(live) = (self.code_of)(&self.portal, challenge).await? else { return Ok(Outcome::Dropped) };
            values.insert("code".into(), live.code.reveal().to_string());
            useless_at = live.ends_at;
        }
        let text = texts::sms(&self.portal.config, leased.notice, leased.locale, &values)?;
        let to = PhoneNumber::from_e164(&leased.to)
            .ok_or_else(|| InternalError::because("a dispatch holds something that is no phone number"))?;
        if let Some(reason) = self.line_refusal(leased.notice, &to).await? {
            return Ok(Outcome::Never { reason: reason.as_str() });
        }
        let left = useless_at.duration_since(self.portal.clock.now()).as_secs().max(1);
        let ttl = Duration::from_secs(left.unsigned_abs());
        let callback = receipts::address(&self.portal, gateway.name(), &leased.token);
        let answer = gateway.send_sms(&to, &text, ttl, callback.as_deref()).await;
        note_taken(leased, gateway.name(), &answer, &text);
        Ok(match answer {
            SendOutcome::Accepted { provider_id, .. } => Outcome::Accepted { provider_id },
            SendOutcome::Rejected { reason, retry, .. } => match retry {
                Retry::Never => Outcome::Never { reason: reason.as_str() },
                Retry::AnotherGateway => self.another(leased.attempt, reason.as_str()),
                Retry::TryLater(after) => {
                    Outcome::Later { reason: reason.as_str(), after: after.unwrap_or_else(|| pause(leased.attempt)) }
                }
            },
            SendOutcome::Ambiguous { .. } => Outcome::Unknown,
        })
    }

    /// Why no text goes to a number that nobody has proved yet, where such numbers are looked up.
    async fn line_refusal(&self, notice: Notice, to: &PhoneNumber) -> Result<Option<Reason>, InternalError> {
        match &self.lookups {
            Some(lookups) if notice == Notice::CodeRegister => lookups.refusal(&self.portal, to).await,
            _ => Ok(None),
        }
    }

    /// The next gateway at once while there is one that was not asked, then each once more after a pause; then nobody.
    fn another(&self, attempt: i64, reason: &'static str) -> Outcome {
        let gateways = i64::try_from(self.gateways.len()).unwrap_or(i64::MAX);
        match attempt {
            _ if gateways < 2 || attempt >= gateways * 2 => Outcome::Never { reason },
            _ if attempt < gateways => Outcome::Later { reason, after: Duration::ZERO },
            _ => Outcome::Later { reason, after: pause(attempt) },
        }
    }

    async fn send_mail(&self, leased: &Leased) -> Result<Outcome, InternalError> {
        let mail = texts::mail(&self.portal.config, leased.notice, leased.locale, &leased.values)?;
        let to = EmailAddress::parse(&leased.to)
            .map_err(|_| InternalError::because("a dispatch holds something that is no mail address"))?;
        let message = MailMessage {
            to,
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            reference: leased.id.to_string(),
        };
        Ok(match self.mailer.send(&message).await {
            MailOutcome::Accepted => Outcome::Accepted { provider_id: leased.id.to_string() },
            MailOutcome::TryLater => Outcome::Later { reason: "mail_later", after: pause(leased.attempt) * 5 },
            MailOutcome::Never(reason) => Outcome::Never { reason },
            // A second copy bears the same Message-ID, and mail programs show one of the two.
            MailOutcome::Ambiguous if leased.attempt < MAIL_TRIES => {
                Outcome::Later { reason: "mail_unknown", after: pause(leased.attempt) * 5 }
            }
            MailOutcome::Ambiguous => Outcome::Unknown,
        })
    }
}

/// Notes what a text will cost: the segments that the gateway counted, or ours where it tells none.
fn note_taken(leased: &Leased, gateway: &'static str, answer: &SendOutcome, text: &str) {
    let told = match answer {
        SendOutcome::Accepted { segments, .. } => segments.filter(|segments| *segments > 0),
        SendOutcome::Ambiguous { .. } => None,
        SendOutcome::Rejected { .. } => return,
    };
    let ours = || i64::try_from(sms::segments(text)).unwrap_or(i64::MAX);
    leased.note_taken(gateway, told.map_or_else(ours, i64::from));
}

/// The pause after the n-th try: 1, 2, 4 … 64 s, and up to a quarter more so that processes do not march in step.
fn pause(attempt: i64) -> Duration {
    let seconds = 1u64 << attempt.clamp(1, 7).saturating_sub(1);
    let jitter = u64::from(crate::crypto::random::bytes::<1>()[0]) * seconds * 250 / 255;
    Duration::from_millis(seconds * 1000 + jitter)
}
