//! Receipts: what a gateway tells of a message after it took it, and what people answer to our texts.
//!
//! What it tells of a phone call is read by `calls`. A gateway calls an address that holds 128 random bits of the
//! attempt, and signs its call. Whoever calls an address that we gave nobody gets 404, whoever cannot sign gets 403. A
//! receipt is a hint: it can end the waiting, never start anything. A generic gateway that knows one address alone
//! names the attempt in its call instead, by the gateway's id or by our reference, and must sign then.
//!
//! | state                           | rank |
//! |---------------------------------|------|
//! | queued                          | 1    |
//! | sent                            | 2    |
//! | undelivered, failed             | 3    |
//! | delivered                       | 4    |
//!
//! What a failure's code means stands in one table a provider; a code that says the person wants no texts is heeded like
//! their own STOP.
//!
//! An attempt's rank only rises, so doubled, late and disordered receipts change nothing; each state is kept once. The
//! attempt is committed before its request leaves, so no receipt comes too early.

pub(in crate::messaging) mod calls;
pub mod http;
pub mod plivo;
mod sql;
pub mod twilio;
pub mod vonage;

use std::time::Duration;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::clock::{SignedDuration, Timestamp};
use crate::config::{HttpReceipts, ReceiptFormat, SmsGateway};
use crate::crypto::random::Secret;
use crate::db::Tx;
use crate::error::InternalError;
use crate::limits::{self, Limit, Taken};
use crate::messaging::breakers;
use crate::messaging::dispatches::{self, End, Receipted};
use crate::messaging::gateways::http::reference;
use crate::messaging::opt_outs::{self, Wish};
use crate::messaging::reason::Reason;
use crate::portal::Portal;
use crate::types::phone::PhoneNumber;

/// A gateway that calls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Twilio.
    Twilio,
    /// Vonage, SMS API and Messages API.
    Vonage,
    /// Plivo.
    Plivo,
    /// The gateway that the operator describes.
    Http,
}

impl Caller {
    /// The caller that an address names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Twilio, Self::Vonage, Self::Plivo, Self::Http].into_iter().find(|caller| caller.as_str() == word)
    }

    /// Its name in addresses and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Vonage => "vonage",
            Self::Plivo => "plivo",
            Self::Http => "http",
        }
    }
}

/// One call of a gateway, before anything of it is believed.
pub struct Call<'a> {
    /// The public address as the gateway was given it: our own origin, then path and query as they came.
    pub url: String,
    /// The body, byte by byte.
    pub body: &'a [u8],
    /// Whether the body is a form.
    pub is_form: bool,
    /// Looks a header up, by its name in lower case.
    pub header: &'a dyn Fn(&str) -> Option<String>,
}

impl Call<'_> {
    fn header(&self, name: &str) -> Option<String> {
        (self.header)(name)
    }

    /// The address without its query, and the query.
    fn parts(&self) -> (&str, &str) {
        self.url.split_once('?').unwrap_or((&self.url, ""))
    }

    /// The form in the body, decoded; empty when it is none.
    fn form(&self) -> Vec<(String, String)> {
        if !self.is_form {
            return Vec::new();
        }
        form_urlencoded::parse(self.body).into_owned().collect()
    }

    /// The query, decoded.
    fn query(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.parts().1.as_bytes()).into_owned().collect()
    }
}

/// A signature that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What the signer will not sign twice, where it has such a thing.
    pub nonce: Option<String>,
}

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The gateway has it.
    Queued,
    /// The phone's network has it.
    Sent,
    /// It arrived at the phone.
    Delivered,
    /// The network could not deliver it.
    Undelivered,
    /// The gateway could not send it.
    Failed,
}

impl State {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
        }
    }

    /// How it ends the way of a message; None while it goes on.
    pub fn end(self) -> Option<End> {
        match self {
            Self::Queued | Self::Sent => None,
            Self::Delivered => Some(End::Arrived),
            Self::Undelivered | Self::Failed => Some(End::Failed),
        }
    }

    /// Whether the message will not arrive.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Undelivered | Self::Failed)
    }

    /// What a later receipt must exceed to count.
    pub fn rank(self) -> i64 {
        match self {
            Self::Queued => 1,
            Self::Sent => 2,
            Self::Undelivered | Self::Failed => 3,
            // What arrived after all has arrived.
            Self::Delivered => 4,
        }
    }
}

/// What a call tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The gateway's id of the message; None where it is found by another name.
    pub provider_id: Option<String>,
    /// How far it got.
    pub state: State,
    /// The gateway's own code of a failure.
    pub code: Option<String>,
    /// What that code means, where a table holds it.
    pub reason: Option<Reason>,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was signed; what it told is kept, unless it was known or of no use.
    Taken,
    /// We gave nobody this address.
    Unknown,
    /// It was not signed by whom it names.
    Forged,
}

/// The address at which a gateway tells of an attempt; None without https, over which alone gateways may call.
pub fn address(portal: &Portal, gateway: &str, token: &Secret) -> Option<String> {
    calls_back(portal, gateway)
        .then(|| format!("{}/webhooks/{gateway}/status/{}", portal.config.public_origin(), token.expose()))
}

/// Whether a gateway calls back here, and is believed.
pub fn calls_back(portal: &Portal, gateway: &str) -> bool {
    portal.config.is_secure() && SmsGateway::from_word(gateway).is_some_and(|gateway| portal.config.believes(gateway))
}

/// How the generic gateway calls back, where it does.
fn http_rules(portal: &Portal) -> Option<&HttpReceipts> {
    portal.config.http_gateway.as_ref()?.receipts.as_ref()
}

/// Whether a gateway may tell in the address alone, by GET.
pub fn may_get(portal: &Portal, caller: Caller) -> bool {
    caller == Caller::Http && http_rules(portal).is_some_and(|rules| rules.format == ReceiptFormat::Query)
}

fn check(portal: &Portal, caller: Caller, call: &Call<'_>, has_token: bool) -> Option<Signed> {
    let (secrets, now) = (&portal.config.hooks, portal.clock.now());
    match caller {
        Caller::Http => http::check(http_rules(portal)?, call, has_token, now),
        Caller::Twilio => twilio::check(secrets, call),
        Caller::Vonage => vonage::check(secrets, call, now),
        Caller::Plivo => plivo::check(secrets, call),
    }
}

/// Takes a receipt that was called in at an attempt's address.
///
/// # Errors
/// When the database fails: the gateway is to call again.
pub async fn take(portal: &Portal, caller: Caller, token: &Secret, call: &Call<'_>) -> Result<Heard, InternalError> {
    let Some(attempt) = dispatches::attempt_of(portal, caller.as_str(), token).await? else {
        return Ok(Heard::Unknown);
    };
    if let Some(line) = &attempt.call {
        return calls::take(portal, caller, &attempt, line, call).await;
    }
    let Some(signed) = check(portal, caller, call, true) else { return Ok(Heard::Forged) };
    let told = match caller {
        Caller::Twilio => twilio::receipt(call),
        Caller::Vonage => vonage::receipt(call),
        Caller::Plivo => plivo::receipt(call),
        Caller::Http => http_rules(portal).and_then(|rules| {
            // What it calls the message is its own id or our reference.
            let provider_id = http::name(rules, call).filter(|name| *name != reference(token));
            Some(Receipt { provider_id, ..http::receipt(rules, call)? })
        }),
    };
    let Some(told) = told else { return Ok(Heard::Taken) };
    // Signed, and of another message: somebody put one receipt in the place of another.
    if let (Some(known), Some(said)) = (&attempt.provider_id, &told.provider_id)
        && known != said
    {
        return Ok(Heard::Forged);
    }
    keep(portal, caller, &attempt, told, signed).await
}

/// How long a receipt waits for our own record of the message that it names.
const OWN_RECORD: Duration = Duration::from_millis(500);

/// Takes a receipt of the generic gateway that names its message instead of being called in at its address.
///
/// # Errors
/// When the database fails: the gateway is to call again.
pub async fn take_named(portal: &Portal, caller: Caller, call: &Call<'_>) -> Result<Heard, InternalError> {
    let Some(rules) = http_rules(portal).filter(|rules| caller == Caller::Http && rules.id.is_some()) else {
        return Ok(Heard::Unknown);
    };
    let Some(signed) = check(portal, caller, call, false) else { return Ok(Heard::Forged) };
    let Some(name) = http::name(rules, call) else { return Ok(Heard::Unknown) };
    let mut attempt = dispatches::attempt_named(portal, caller.as_str(), &name).await?;
    if attempt.is_none() {
        // It may be quicker than the record of what it answered.
        tokio::time::sleep(OWN_RECORD).await;
        attempt = dispatches::attempt_named(portal, caller.as_str(), &name).await?;
    }
    let Some(attempt) = attempt else { return Ok(Heard::Unknown) };
    match http::receipt(rules, call) {
        Some(told) => keep(portal, caller, &attempt, told, signed).await,
        None => Ok(Heard::Taken),
    }
}

async fn keep(
    portal: &Portal,
    caller: Caller,
    attempt: &dispatches::Attempt,
    told: Receipt,
    signed: Signed,
) -> Result<Heard, InternalError> {
    let now: Timestamp = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let row = sql::NewRow {
        dispatch: attempt.dispatch,
        attempt: attempt.number,
        state: told.state.as_str(),
        code: told.code.as_deref(),
        nonce: signed.nonce.as_deref(),
        now,
    };
    if sql::insert(&mut tx, &row).await? {
        let receipted =
            Receipted { state: told.state.as_str(), rank: told.state.rank(), code: told.code, reason: told.reason };
        dispatches::receipted(portal, &mut tx, attempt, &receipted, told.state.end(), now).await?;
        let breaker = breakers::name(caller.as_str(), false);
        if told.state == State::Delivered {
            breakers::worked(&mut tx, &breaker).await?;
        }
        if told.state == State::Failed && told.reason.is_none_or(breakers::is_failure) {
            breakers::failed(portal, &mut tx, &breaker).await?;
        }
        tx.commit().await?;
    }
    Ok(Heard::Taken)
}

/// Takes what somebody answered to a text: STOP and START are heeded. Answers also who asked for help, and is to be told
/// what these texts are.
///
/// # Errors
/// When the database fails: the gateway is to call again.
pub async fn take_answer(
    portal: &Portal,
    caller: Caller,
    call: &Call<'_>,
) -> Result<(Heard, Option<PhoneNumber>), InternalError> {
    if caller == Caller::Http && http_rules(portal).is_none_or(|rules| rules.inbound.is_none()) {
        return Ok((Heard::Unknown, None));
    }
    let Some(signed) = check(portal, caller, call, false) else { return Ok((Heard::Forged, None)) };
    let answer = match caller {
        Caller::Twilio => twilio::answer(call),
        Caller::Vonage => vonage::answer(call),
        Caller::Plivo => plivo::answer(call),
        Caller::Http => http_rules(portal).and_then(|rules| http::answer(rules, call)),
    };
    let Some((from, text)) = answer else { return Ok((Heard::Taken, None)) };
    let wish = Wish::read(&text);
    // HELP undoes nothing, and is answered once a day.
    if matches!(wish, Wish::Stop | Wish::Start) {
        let mut tx = portal.db.begin().await?;
        // What was seen before and what it led to are kept together: a call that failed half-way is heeded the next time.
        if is_first(portal, &mut tx, caller, call, &signed).await? {
            opt_outs::heed(portal, &mut tx, caller.as_str(), &from, wish).await?;
            tx.commit().await?;
        }
    }
    Ok((Heard::Taken, (wish == Wish::Help).then_some(from)))
}

/// What was written to us counts once: a call that was seen on its way undoes nothing later.
const WRITTEN: Limit =
    Limit { bucket: "texts:written", max: 1, window: SignedDuration::from_hours(24 * 366), pause: None };

/// Whether a signed call about what somebody wrote comes for the first time.
async fn is_first(
    portal: &Portal,
    tx: &mut Tx,
    caller: Caller,
    call: &Call<'_>,
    signed: &Signed,
) -> Result<bool, InternalError> {
    let own = match caller {
        Caller::Twilio => value(&call.form(), "MessageSid").map(str::to_owned),
        Caller::Http => http_rules(portal).map(|rules| http::written(rules, call, portal.clock.now())),
        Caller::Vonage | Caller::Plivo => None,
    };
    let name = own.or_else(|| signed.nonce.clone());
    let name = name.unwrap_or_else(|| HEXLOWER.encode(&Sha256::digest(call.body)));
    let taken = limits::take(portal, tx, WRITTEN, format!("{}:{name}", caller.as_str()).as_bytes()).await?;
    Ok(matches!(taken, Taken::Granted(_)))
}

/// What the code of a failure means; a code of no failure means nothing, and a failure's unknown one is logged, so that
/// the table can grow.
fn meaning(gateway: Caller, state: State, code: Option<&str>, table: &[(i64, Reason)]) -> Option<Reason> {
    let code: i64 = code.filter(|_| state.is_failure())?.parse().ok()?;
    let known = table.iter().find(|(known, _)| *known == code).map(|(_, reason)| *reason);
    if known.is_none() {
        tracing::warn!(gateway = gateway.as_str(), code, "a receipt's code is unknown");
    }
    known
}

/// The first value of a name.
fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A number as gateways write it, with or without its plus.
fn number(text: &str) -> Option<PhoneNumber> {
    PhoneNumber::from_e164(&format!("+{}", text.trim().trim_start_matches('+')))
}
