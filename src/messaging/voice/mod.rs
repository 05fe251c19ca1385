//! Calls that read a code out: it is said twice, digit by digit, after a key was pressed.
//!
//! A gateway is never handed the code. When somebody answers, it asks us what to say, at an address with 128 random bits
//! of the attempt, and gets the gate: who calls, and that a key is to be pressed. With the key it asks once more, and gets
//! the digits.
//!
//! | the gateway asks                             | it gets                        |
//! |----------------------------------------------|--------------------------------|
//! | what to say                                  | the gate, without the code     |
//! | with a key, while the code works             | the code; once                 |
//! | with a key, again or too late                | that the code is over          |
//! | without a key: a mailbox, or nobody          | that it ends                   |
//! | at an address that we gave nobody            | nothing                        |
//! | without its signature, or of another call    | nothing                        |
//!
//! So a mailbox never records a code, and an address that was seen in a gateway's log gives none.

mod script;

use crate::config::Config;
use crate::crypto::codes::Code;
use crate::crypto::random::Secret;
use crate::error::InternalError;
use crate::messaging::dispatches::{self, Attempt, Leased, Line, Receipted};
use crate::messaging::gateways::{Call, Gateway, SendOutcome};
use crate::messaging::live_code::{CodeLookup, LiveCode};
use crate::messaging::receipts::{self, Caller, State, calls};
use crate::portal::Portal;
use crate::types::locale::Locale;
use crate::types::phone::PhoneNumber;

pub use script::{Rendered, Script};

/// What a gateway that asks gets.
pub enum Answer {
    /// These words.
    Said(Script),
    /// We gave nobody this address.
    Unknown,
    /// It was not signed by whom it names, or is of another call.
    Forged,
}

/// The address at which a gateway asks what to say.
fn address(config: &Config, gateway: &str, token: &Secret) -> String {
    format!("{}/webhooks/{gateway}/voice/{}", config.public_origin(), token.expose())
}

/// All that a call says once a key was pressed, as one text: for the dev outbox.
fn heard(clinic: &str, locale: Locale, code: &Code) -> String {
    format!("{} {}", Script::gate(clinic, locale, String::new()).text(), Script::code(locale, code).text())
}

/// Calls a phone through a gateway.
pub async fn call(
    portal: &Portal,
    gateway: &Gateway,
    to: &PhoneNumber,
    leased: &Leased,
    live: &LiveCode,
) -> SendOutcome {
    let spoken = || heard(&portal.config.clinic.name, leased.locale, &live.code);
    let spoken = matches!(gateway, Gateway::Outbox(_)).then(spoken);
    let call = Call {
        answer: &address(&portal.config, gateway.name(), &leased.token),
        told: &receipts::address(portal, gateway.name(), &leased.token).unwrap_or_default(),
        spoken: spoken.as_deref(),
    };
    gateway.call(to, &call).await
}

/// The call of an address, if its gateway asks.
async fn line(
    portal: &Portal,
    caller: Caller,
    token: &Secret,
    call: &receipts::Call<'_>,
) -> Result<Result<(Attempt, Line), Answer>, InternalError> {
    let Some(attempt) = dispatches::attempt_of(portal, caller.as_str(), token).await? else {
        return Ok(Err(Answer::Unknown));
    };
    let Some(line) = attempt.call else { return Ok(Err(Answer::Unknown)) };
    if calls::signed(portal, caller, call).is_none() || !calls::is_of(&attempt, caller, call) {
        return Ok(Err(Answer::Forged));
    }
    Ok(Ok((attempt, line)))
}

/// The code of a call, while it may be read out.
async fn live(portal: &Portal, line: &Line, code_of: CodeLookup) -> Result<Option<LiveCode>, InternalError> {
    match (line.challenge, line.spoken_at) {
        (Some(challenge), None) => code_of(portal, challenge).await,
        _ => Ok(None),
    }
}

/// What is said to whoever answers: the gate, or that the code is over.
///
/// # Errors
/// When the database fails.
pub async fn answered(
    portal: &Portal,
    caller: Caller,
    token: &Secret,
    call: &receipts::Call<'_>,
    code_of: CodeLookup,
) -> Result<Answer, InternalError> {
    let line = match line(portal, caller, token, call).await? {
        Ok((_, line)) => line,
        Err(answer) => return Ok(answer),
    };
    if live(portal, &line, code_of).await?.is_none() {
        return Ok(Answer::Said(Script::over(line.locale)));
    }
    let key_at = format!("{}/play", address(&portal.config, caller.as_str(), token));
    Ok(Answer::Said(Script::gate(&portal.config.clinic.name, line.locale, key_at)))
}

/// What is said once a key was pressed: the code, to the first who asks while it works.
///
/// # Errors
/// When the database fails.
pub async fn key_pressed(
    portal: &Portal,
    caller: Caller,
    token: &Secret,
    call: &receipts::Call<'_>,
    code_of: CodeLookup,
) -> Result<Answer, InternalError> {
    let (attempt, line) = match line(portal, caller, token, call).await? {
        Ok(known) => known,
        Err(answer) => return Ok(answer),
    };
    if !calls::has_key(caller, call) {
        return Ok(Answer::Said(Script::no_key(line.locale)));
    }
    let Some(live) = live(portal, &line, code_of).await? else {
        return Ok(Answer::Said(Script::over(line.locale)));
    };
    let told = Receipted { state: State::Delivered.as_str(), rank: State::Delivered.rank(), code: None, reason: None };
    let first = dispatches::speak(portal, &attempt, &told).await?;
    Ok(Answer::Said(if first { Script::code(line.locale, &live.code) } else { Script::over(line.locale) }))
}
