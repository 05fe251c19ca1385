//! One attempt, made: what the message says, who carries it, and what follows from the answer.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::clock::{SignedDuration, Timestamp};
use crate::config::CodeCalls;
use crate::error::InternalError;
use crate::messaging::brakes::spending;
use crate::messaging::dispatches::{Due, Kind, Leased, Outcome, Through};
use crate::messaging::email::{MailMessage, MailOutcome, Mailer};
use crate::messaging::gateways::{Gateway, SendOutcome};
use crate::messaging::live_code::{CodeLookup, LiveCode};
use crate::messaging::lookup::LineLookups;
use crate::messaging::reason::{Reason, Retry};
use crate::messaging::routing::{self, Asked, Route, Situation, Verdict};
use crate::messaging::silence::Silences;
use crate::messaging::texts::Notice;
use crate::messaging::{breakers, receipts, sms, texts, voice};
use crate::portal::Portal;
use crate::types::email_address::EmailAddress;
use crate::types::ids::ChallengeId;
use crate::types::phone::PhoneNumber;

/// How often a mail is tried that may have been sent.
const MAIL_TRIES: i64 = 3;
/// Before a gateway that gave no answer gets the same message again.
const AFTER_NO_ANSWER: Duration = Duration::from_secs(2);
/// How long after a text left a gateway may still say that it took it, by a receipt where its answer was lost. Then
/// another way is tried.
const ACCEPTS_WITHIN: SignedDuration = SignedDuration::from_secs(5);

/// How the gateways fare, as a batch of attempts sees it.
#[derive(Default)]
pub(super) struct Health {
    /// Breakers with failures in a row.
    failing: Vec<String>,
    /// Those of them that are open.
    open: Vec<String>,
    /// Those of them of which a probe is due, and whether an attempt of this batch makes it.
    probes: Mutex<Vec<(String, bool)>>,
}

impl Health {
    /// As it is now.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn now(portal: &Portal) -> Result<Self, InternalError> {
        let now = portal.clock.now();
        let failing = breakers::all(portal).await?;
        let open = failing.iter().filter(|breaker| breaker.opened_at.is_some());
        let due = open.clone().filter(|breaker| breaker.probe_at.is_none_or(|at| at <= now));
        Ok(Self {
            probes: Mutex::new(due.map(|breaker| (breaker.gateway.clone(), false)).collect()),
            open: open.map(|breaker| breaker.gateway.clone()).collect(),
            failing: failing.iter().map(|breaker| breaker.gateway.clone()).collect(),
        })
    }

    fn probes(&self) -> MutexGuard<'_, Vec<(String, bool)>> {
        self.probes.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn is_shut(&self, gateway: &str, by_call: bool) -> bool {
        let name = breakers::name(gateway, by_call);
        self.open.contains(&name) && !self.probes().contains(&(name, false))
    }

    fn use_probe(&self, gateway: &str, by_call: bool) {
        let name = breakers::name(gateway, by_call);
        self.probes().iter_mut().filter(|(probe, _)| *probe == name).for_each(|(_, used)| *used = true);
    }

    /// The breakers of which an attempt of this batch makes the probe.
    pub(super) fn probed(&self) -> Vec<String> {
        self.probes().iter().filter(|(_, used)| *used).map(|(name, _)| name.clone()).collect()
    }
}

/// A phone's attempts so far.
struct Past<'a> {
    phone: &'a PhoneNumber,
    is_code: bool,
    by_call: bool,
    has_stopped: bool,
    asked: &'a [Asked],
}

/// Makes attempts: through gateways, tried in order, and through the mail server.
pub(super) struct Sender {
    portal: Portal,
    gateways: Vec<Gateway>,
    mailer: Mailer,
    code_of: CodeLookup,
    silences: Silences,
    lookups: Option<LineLookups>,
}

/// What is known of an attempt besides its answer.
#[derive(Clone, Copy)]
struct Told {
    /// Whether its gateway tells us afterwards.
    is_told: bool,
    /// When it left.
    begun_at: Timestamp,
}

impl Sender {
    /// A sender over these gateways, in order.
    pub(super) fn new(portal: Portal, gateways: Vec<Gateway>, mailer: Mailer, code_of: CodeLookup) -> Self {
        // Without it texts go out as if nobody was to be asked.
        let lookups = LineLookups::of_settings(&portal.config).unwrap_or_else(|error| {
            tracing::error!(%error, "numbers are not looked up");
            None
        });
        Self { portal, gateways, mailer, code_of, silences: Silences::default(), lookups }
    }

    /// The way of a due dispatch.
    pub(super) fn way(&self, due: &Due<'_>, health: &Health) -> Option<Through> {
        let Some(phone) = due.phone else { return Some(Through { gateway: "smtp", by_call: false }) };
        if self.gateways.is_empty() && !due.has_stopped {
            return Some(Through { gateway: "none", by_call: false });
        }
        let past = Past {
            phone,
            is_code: due.is_code,
            by_call: due.kind == Kind::Call,
            has_stopped: due.has_stopped,
            asked: due.asked,
        };
        let route = self.next(&past, &|gateway, by_call| health.is_shut(gateway, by_call))?;
        health.use_probe(route.gateway, route.by_call);
        Some(Through { gateway: route.gateway, by_call: route.by_call })
    }

    fn next(&self, past: &Past<'_>, is_shut: &dyn Fn(&str, bool) -> bool) -> Option<Route> {
        let texts = self.portal.config.sms_routes.of(past.phone).map_or_else(
            || self.gateways.iter().map(Gateway::name).collect::<Vec<_>>(),
            |order| order.iter().map(|gateway| gateway.name()).collect(),
        );
        // Those of the number's rule first, then whoever else can.
        let may_call = match self.portal.config.code_calls {
            CodeCalls::Auto => true,
            CodeCalls::Asked => past.by_call,
            CodeCalls::Off => false,
        };
        let can_call = |name: &&'static str| {
            may_call && self.gateways.iter().any(|gateway| gateway.name() == *name && gateway.can_call())
        };
        let others = self.gateways.iter().map(Gateway::name).filter(|name| !texts.contains(name));
        let calls: Vec<&'static str> = texts.iter().copied().chain(others).filter(can_call).collect();
        routing::next(&Situation {
            texts: &texts,
            calls: &calls,
            is_shut,
            is_code: past.is_code,
            by_call: past.by_call,
            has_stopped: past.has_stopped,
            asked: past.asked,
        })
    }

    /// The next way of a dispatch after this attempt came out so. Which breakers are open is asked when it leaves.
    fn next_after(&self, leased: &Leased, phone: &PhoneNumber, verdict: Verdict) -> Option<Route> {
        let mut asked = leased.asked.clone();
        asked.push(Asked { gateway: leased.gateway.to_owned(), by_call: leased.by_call, verdict });
        let past = Past {
            phone,
            is_code: leased.challenge.is_some(),
            by_call: leased.kind == Kind::Call,
            has_stopped: leased.has_stopped,
            asked: &asked,
        };
        self.next(&past, &|_, _| false)
    }

    /// Makes one attempt of a text.
    pub(super) async fn text(&self, leased: &Leased, health: &Health) -> Result<Outcome, InternalError> {
        let Some(gateway) = self.gateways.iter().find(|gateway| gateway.name() == leased.gateway) else {
            return Ok(Outcome::Never { reason: "no_gateway" });
        };
        let mut values = leased.values.clone();
        if let Some(challenge) = leased.challenge {
            let Some(live) = self.live(leased, challenge).await? else { return Ok(Outcome::Dropped) };
            values.insert("code".into(), live.code.reveal().to_string());
        }
        let text = texts::sms(&self.portal.config, leased.notice, leased.locale, &values)?;
        let to = phone_of(leased)?;
        if let Some(reason) = self.line_refusal(leased.notice, &to).await? {
            let word = reason.as_str();
            return Ok(match self.next_after(leased, &to, Verdict::No(reason)) {
                None => Outcome::Never { reason: word },
                Some(_) => Outcome::Later { reason: word, after: Duration::ZERO },
            });
        }
        let callback = receipts::address(&self.portal, gateway.name(), &leased.token);
        let told = Told { is_told: callback.is_some(), begun_at: self.portal.clock.now() };
        let answer = gateway.send_sms(&to, &text, self.left(leased.useless_at), callback.as_deref()).await;
        note_taken(leased, &answer, &text);
        Ok(self.concluded(leased, &to, answer, told, health).await)
    }

    /// Makes one attempt of a call.
    pub(super) async fn call(&self, leased: &Leased, health: &Health) -> Result<Outcome, InternalError> {
        let Some(gateway) = self.gateways.iter().find(|gateway| gateway.name() == leased.gateway) else {
            return Ok(Outcome::Never { reason: "no_gateway" });
        };
        // Only codes are read out.
        let Some(challenge) = leased.challenge else { return Ok(Outcome::Dropped) };
        let Some(live) = self.live(leased, challenge).await? else { return Ok(Outcome::Dropped) };
        let to = phone_of(leased)?;
        let told = Told { is_told: true, begun_at: self.portal.clock.now() };
        let answer = voice::call(&self.portal, gateway, &to, leased, &live).await;
        if !matches!(answer, SendOutcome::Rejected { .. }) {
            leased.note_taken(1);
        }
        Ok(self.concluded(leased, &to, answer, told, health).await)
    }

    /// The code that a dispatch carries, while it works; one that took its place has a dispatch of its own.
    async fn live(&self, leased: &Leased, challenge: ChallengeId) -> Result<Option<LiveCode>, InternalError> {
        let live = (self.code_of)(&self.portal, challenge).await?;
        Ok(live.filter(|live| live.ends_at == leased.useless_at))
    }

    /// Why no text goes to a number that nobody has proved yet, where such numbers are looked up.
    async fn line_refusal(&self, notice: Notice, to: &PhoneNumber) -> Result<Option<Reason>, InternalError> {
        match &self.lookups {
            Some(lookups) if notice == Notice::CodeRegister => lookups.refusal(&self.portal, to).await,
            _ => Ok(None),
        }
    }

    /// How long until then, as gateways are told it: a second at least.
    fn left(&self, until: Timestamp) -> Duration {
        let seconds = until.duration_since(self.portal.clock.now()).as_secs().max(1);
        Duration::from_secs(seconds.unsigned_abs())
    }

    /// What follows from a gateway's answer. What cannot be kept of the gateway's health changes nothing of that.
    async fn concluded(
        &self,
        leased: &Leased,
        to: &PhoneNumber,
        answer: SendOutcome,
        told: Told,
        health: &Health,
    ) -> Outcome {
        match answer {
            SendOutcome::Accepted { provider_id, .. } => {
                let has_more = leased.challenge.is_some() && self.next_after(leased, to, Verdict::Took).is_some();
                if !(told.is_told && has_more) {
                    self.worked(leased, health).await;
                    return Outcome::Accepted { provider_id, watched_for: None };
                }
                let wait = self.silences.wait(&self.portal, leased.gateway, &spending::country(to)).await;
                // A gateway that is expected to tell has not worked before it does.
                if wait.is_none() {
                    self.worked(leased, health).await;
                }
                let watched_for = Some(wait.unwrap_or_else(|| self.left(leased.useless_at)));
                Outcome::Accepted { provider_id, watched_for }
            }
            SendOutcome::Rejected { reason, retry, .. } => {
                if breakers::is_failure(reason) {
                    self.failed(leased).await;
                } else {
                    self.worked(leased, health).await;
                }
                let word = reason.as_str();
                match (self.next_after(leased, to, Verdict::No(reason)), retry) {
                    (None, _) => Outcome::Never { reason: word },
                    (Some(route), _) if !route.again => Outcome::Later { reason: word, after: Duration::ZERO },
                    (Some(_), Retry::TryLater(Some(after))) => Outcome::Later { reason: word, after },
                    (Some(_), _) => Outcome::Later { reason: word, after: pause(leased.attempt) },
                }
            }
            SendOutcome::Ambiguous { .. } => {
                self.failed(leased).await;
                let next = leased.challenge.and_then(|_| self.next_after(leased, to, Verdict::Lost));
                // A receipt may say what the answer did not.
                let left = match told.is_told {
                    true => ACCEPTS_WITHIN - self.portal.clock.now().duration_since(told.begun_at),
                    false => SignedDuration::ZERO,
                };
                let left = Duration::try_from(left).unwrap_or_default();
                let after = next.map(|route| if route.again { left.max(AFTER_NO_ANSWER) } else { left });
                Outcome::Unknown { after }
            }
        }
    }

    async fn failed(&self, leased: &Leased) {
        let name = breakers::name(leased.gateway, leased.by_call);
        if let Err(error) = breakers::counted(&self.portal, &name).await {
            tracing::warn!(%error, breaker = name, "a failure was not counted");
        }
    }

    /// Closes the gateway's breaker, where it had failures when this batch began.
    async fn worked(&self, leased: &Leased, health: &Health) {
        let name = breakers::name(leased.gateway, leased.by_call);
        if health.failing.contains(&name)
            && let Err(error) = breakers::closed(&self.portal, &name).await
        {
            tracing::warn!(%error, breaker = name, "a breaker was not closed");
        }
    }

    /// Makes one attempt of a mail.
    pub(super) async fn mail(&self, leased: &Leased) -> Result<Outcome, InternalError> {
        let mut values = leased.values.clone();
        if let Some(challenge) = leased.challenge {
            let Some(live) = self.live(leased, challenge).await? else { return Ok(Outcome::Dropped) };
            values.insert("code".into(), live.code.reveal().to_string());
        }
        let mail = texts::mail(&self.portal.config, leased.notice, leased.locale, &values)?;
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
            MailOutcome::Accepted => Outcome::Accepted { provider_id: leased.id.to_string(), watched_for: None },
            MailOutcome::TryLater => Outcome::Later { reason: "mail_later", after: pause(leased.attempt) * 5 },
            MailOutcome::Never(reason) => Outcome::Never { reason },
            MailOutcome::Refused(why) => Outcome::Never { reason: why.as_str() },
            // A second copy bears the same Message-ID, and mail programs show one of the two.
            MailOutcome::Ambiguous if leased.attempt < MAIL_TRIES => {
                Outcome::Later { reason: "mail_unknown", after: pause(leased.attempt) * 5 }
            }
            MailOutcome::Ambiguous => Outcome::Unknown { after: None },
        })
    }
}

fn phone_of(leased: &Leased) -> Result<PhoneNumber, InternalError> {
    PhoneNumber::from_e164(&leased.to)
        .ok_or_else(|| InternalError::because("a dispatch holds something that is no phone number"))
}

/// Notes what a text will cost: the segments that the gateway counted, or ours where it tells none.
fn note_taken(leased: &Leased, answer: &SendOutcome, text: &str) {
    let told = match answer {
        SendOutcome::Accepted { segments, .. } => segments.filter(|segments| *segments > 0),
        SendOutcome::Ambiguous { .. } => None,
        SendOutcome::Rejected { .. } => return,
    };
    let ours = || i64::try_from(sms::segments(text)).unwrap_or(i64::MAX);
    leased.note_taken(told.map_or_else(ours, i64::from));
}

/// The pause after the n-th try: 1, 2, 4 … 64 s, and up to a quarter more so that processes do not march in step.
fn pause(attempt: i64) -> Duration {
    let seconds = 1u64 << attempt.clamp(1, 7).saturating_sub(1);
    let jitter = u64::from(crate::crypto::random::bytes::<1>()[0]) * seconds * 250 / 255;
    Duration::from_millis(seconds * 1000 + jitter)
}
