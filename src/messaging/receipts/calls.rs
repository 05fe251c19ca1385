//! What gateways tell of phone calls: how far a call got, whether a key was pressed, and whose call it is.
//!
//! | state       | Twilio `CallStatus`            | Vonage `status`                              | Plivo `CallStatus`                       |
//! |-------------|--------------------------------|----------------------------------------------|------------------------------------------|
//! | queued      | queued, initiated              | started                                      | queued                                   |
//! | sent        | ringing, in-progress           | ringing, answered, human                     | ringing, in-progress                     |
//! | undelivered | busy, no-answer, failed, canceled, completed | busy, unanswered, timeout, failed, rejected, cancelled, machine, completed | busy, no-answer, timeout, failed, cancel, completed |
//!
//! A call has arrived when its code was read out, and only then: one that ended before is undelivered, however it ended.
//!
//! Here only signatures that cover the body count: Plivo's V3, and Vonage's token.

use serde::Deserialize;
use serde_json::Value;

use super::{Call, Caller, Heard, Signed, State, check, sql, value};
use crate::error::InternalError;
use crate::messaging::dispatches::{self, Attempt, End, Line, Receipted};
use crate::portal::Portal;

/// What Vonage tells of a call, or of a key.
#[derive(Default, Deserialize)]
struct Event {
    uuid: Option<String>,
    status: Option<String>,
    dtmf: Option<Value>,
}

fn event(call: &Call<'_>) -> Event {
    serde_json::from_slice(call.body).unwrap_or_default()
}

/// The signature, if it is the gateway's and covers the body.
pub(in crate::messaging) fn signed(portal: &Portal, caller: Caller, call: &Call<'_>) -> Option<Signed> {
    let covers_body = match caller {
        Caller::Twilio => true,
        Caller::Vonage => call.header("authorization").is_some(),
        Caller::Plivo => call.header("x-plivo-signature-v3-nonce").is_some(),
        // It cannot call.
        Caller::Http => false,
    };
    covers_body.then(|| check(portal, caller, call, true)).flatten()
}

/// Whether a call bears the id that the gateway gave to the attempt, where that is known by now. Plivo answers with the
/// id of the request and tells of the call by several, of which one is that.
pub(in crate::messaging) fn is_of(attempt: &Attempt, caller: Caller, call: &Call<'_>) -> bool {
    let Some(known) = &attempt.provider_id else { return true };
    match caller {
        Caller::Twilio => value(&call.form(), "CallSid") == Some(known),
        Caller::Vonage => event(call).uuid.as_ref() == Some(known),
        Caller::Http => false,
        Caller::Plivo => {
            let form = call.form();
            ["RequestUUID", "ALegRequestUUID", "CallUUID"].into_iter().any(|name| value(&form, name) == Some(known))
        }
    }
}

/// Whether somebody pressed a key: what no mailbox does.
pub(in crate::messaging) fn has_key(caller: Caller, call: &Call<'_>) -> bool {
    let pressed = match caller {
        Caller::Twilio | Caller::Plivo => value(&call.form(), "Digits").map(str::to_owned),
        Caller::Vonage => match event(call).dtmf {
            Some(Value::Object(told)) => told.get("digits").and_then(Value::as_str).map(str::to_owned),
            Some(Value::String(digits)) => Some(digits),
            _ => None,
        },
        Caller::Http => None,
    };
    pressed.is_some_and(|keys| keys.bytes().any(|key| key.is_ascii_digit() || key == b'*' || key == b'#'))
}

/// How far the call got, and the word for how it ended; None for a status that says nothing of that.
fn told(caller: Caller, call: &Call<'_>) -> Option<(State, Option<&'static str>)> {
    let word = match caller {
        Caller::Twilio | Caller::Plivo => value(&call.form(), "CallStatus")?.to_owned(),
        Caller::Vonage => event(call).status?,
        Caller::Http => return None,
    };
    let ended = |why| Some((State::Undelivered, Some(why)));
    match (caller, word.as_str()) {
        (Caller::Twilio, "queued" | "initiated") | (Caller::Vonage, "started") | (Caller::Plivo, "queued") => {
            Some((State::Queued, None))
        }
        (_, "ringing") | (Caller::Twilio | Caller::Plivo, "in-progress") | (Caller::Vonage, "answered" | "human") => {
            Some((State::Sent, None))
        }
        (_, "busy") => ended("busy"),
        (Caller::Twilio | Caller::Plivo, "no-answer")
        | (Caller::Vonage, "unanswered")
        | (Caller::Vonage | Caller::Plivo, "timeout") => ended("no_answer"),
        (_, "failed") | (Caller::Vonage, "rejected") => ended("failed"),
        (Caller::Twilio, "canceled") | (Caller::Vonage, "cancelled") | (Caller::Plivo, "cancel") => ended("cancelled"),
        (Caller::Vonage, "machine") => ended("machine"),
        (_, "completed") => ended("no_key"),
        _ => None,
    }
}

/// Takes what a gateway tells of the call of an attempt.
///
/// # Errors
/// When the database fails: the gateway is to call again.
pub(super) async fn take(
    portal: &Portal,
    caller: Caller,
    attempt: &Attempt,
    line: &Line,
    call: &Call<'_>,
) -> Result<Heard, InternalError> {
    let Some(signed) = signed(portal, caller, call) else { return Ok(Heard::Forged) };
    if !is_of(attempt, caller, call) {
        return Ok(Heard::Forged);
    }
    let Some((state, code)) = told(caller, call) else { return Ok(Heard::Taken) };
    // However a call ends in which the code was read out, it has arrived.
    let (state, code) = match line.spoken_at {
        Some(_) if state == State::Undelivered => (State::Delivered, None),
        _ => (state, code),
    };
    let now = portal.clock.now();
    let mut tx = portal.db.begin().await?;
    let row = sql::NewRow {
        dispatch: attempt.dispatch,
        attempt: attempt.number,
        state: state.as_str(),
        code,
        nonce: signed.nonce.as_deref(),
        now,
    };
    if sql::insert(&mut tx, &row).await? {
        let receipted =
            Receipted { state: state.as_str(), rank: state.rank(), code: code.map(str::to_owned), reason: None };
        // One call rings: however it ends, nothing follows it of itself.
        let end = state.end().filter(|end| *end == End::Arrived);
        dispatches::receipted(portal, &mut tx, attempt, &receipted, end, now).await?;
        dispatches::placed(&mut tx, attempt, now).await?;
        tx.commit().await?;
    }
    Ok(Heard::Taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ids::DispatchId;

    fn call(body: &str, is_form: bool) -> Call<'_> {
        Call { url: "https://x/".into(), body: body.as_bytes(), is_form, header: &|_| None }
    }

    #[test]
    fn every_official_status_of_a_call_has_its_state() {
        let (queued, sent) = (Some((State::Queued, None)), Some((State::Sent, None)));
        let ended = |why| Some((State::Undelivered, Some(why)));
        for (caller, word, expected) in [
            (Caller::Twilio, "queued", queued),
            (Caller::Twilio, "initiated", queued),
            (Caller::Twilio, "ringing", sent),
            (Caller::Twilio, "in-progress", sent),
            (Caller::Twilio, "completed", ended("no_key")),
            (Caller::Twilio, "busy", ended("busy")),
            (Caller::Twilio, "failed", ended("failed")),
            (Caller::Twilio, "no-answer", ended("no_answer")),
            (Caller::Twilio, "canceled", ended("cancelled")),
            (Caller::Twilio, "delivered", None),
            (Caller::Vonage, "started", queued),
            (Caller::Vonage, "ringing", sent),
            (Caller::Vonage, "answered", sent),
            (Caller::Vonage, "human", sent),
            (Caller::Vonage, "machine", ended("machine")),
            (Caller::Vonage, "completed", ended("no_key")),
            (Caller::Vonage, "busy", ended("busy")),
            (Caller::Vonage, "failed", ended("failed")),
            (Caller::Vonage, "rejected", ended("failed")),
            (Caller::Vonage, "cancelled", ended("cancelled")),
            (Caller::Vonage, "unanswered", ended("no_answer")),
            (Caller::Vonage, "timeout", ended("no_answer")),
            (Caller::Vonage, "record", None),
            (Caller::Plivo, "queued", queued),
            (Caller::Plivo, "ringing", sent),
            (Caller::Plivo, "in-progress", sent),
            (Caller::Plivo, "completed", ended("no_key")),
            (Caller::Plivo, "busy", ended("busy")),
            (Caller::Plivo, "failed", ended("failed")),
            (Caller::Plivo, "timeout", ended("no_answer")),
            (Caller::Plivo, "no-answer", ended("no_answer")),
            (Caller::Plivo, "cancel", ended("cancelled")),
            (Caller::Plivo, "odd", None),
        ] {
            let (body, is_form) = match caller {
                Caller::Vonage => (format!(r#"{{"status":"{word}","uuid":"u"}}"#), false),
                _ => (format!("CallStatus={word}"), true),
            };
            assert_eq!(told(caller, &call(&body, is_form)), expected, "{caller:?} {word}");
        }
        for (caller, body) in [(Caller::Twilio, ""), (Caller::Vonage, "[]"), (Caller::Vonage, "no JSON")] {
            assert_eq!(told(caller, &call(body, false)), None);
        }
    }

    #[test]
    fn a_key_is_one_that_a_phone_has() {
        for (digits, expected) in [("1", true), ("0", true), ("*", true), ("#", true), ("", false), ("hangup", false)] {
            let form = format!("Digits={}", digits.replace('#', "%23"));
            assert_eq!(has_key(Caller::Twilio, &call(&form, true)), expected, "{digits}");
            assert_eq!(has_key(Caller::Plivo, &call(&form, true)), expected, "{digits}");
            let told = format!(r#"{{"dtmf":{{"digits":"{digits}","timed_out":false}}}}"#);
            assert_eq!(has_key(Caller::Vonage, &call(&told, false)), expected, "{digits}");
            assert_eq!(has_key(Caller::Vonage, &call(&format!(r#"{{"dtmf":"{digits}"}}"#), false)), expected);
        }
        assert!(!has_key(Caller::Twilio, &call("CallSid=CA1", true)));
        assert!(!has_key(Caller::Twilio, &call("Digits=1", false)), "a form that calls itself something else");
        for told in [r#"{"dtmf":null}"#, r#"{"dtmf":{"digits":null}}"#, r#"{"dtmf":{"timed_out":true}}"#, "{}", ""] {
            assert!(!has_key(Caller::Vonage, &call(told, false)), "{told}");
        }
    }

    #[test]
    fn plivo_tells_of_a_call_by_the_id_of_its_request() {
        let attempt = |id: Option<&str>| Attempt {
            dispatch: DispatchId::new(),
            number: 1,
            provider_id: id.map(str::to_owned),
            call: None,
        };
        let fits = |id, body| is_of(&attempt(id), Caller::Plivo, &call(body, true));
        for body in ["RequestUUID=r&CallUUID=c", "ALegRequestUUID=r&CallUUID=c", "CallUUID=r"] {
            assert!(fits(Some("r"), body), "{body}");
        }
        for body in ["RequestUUID=x&CallUUID=c", "CallUUID=c", ""] {
            assert!(!fits(Some("r"), body), "{body}");
            assert!(fits(None, body), "not known by now");
        }
        assert!(!is_of(&attempt(Some("CA1")), Caller::Twilio, &call("CallSid=CA2", true)));
        assert!(!is_of(&attempt(Some("u")), Caller::Vonage, &call(r#"{"uuid":"v"}"#, false)));
    }
}
