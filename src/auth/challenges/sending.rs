//! Sending a challenge's code, again and by another way, within the limits.

use super::{Challenge, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::browser::Browser;
use crate::auth::factors::choice::Choice;
use crate::auth::factors::{Factor, passkeys};
use crate::clock::{SignedDuration, Timestamp};
use crate::config::Limits;
use crate::crypto::codes::Seed;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::Account;
use crate::limits::{self, Limit, Taken};
use crate::messaging::brakes::{self, Asked, Standing};
use crate::messaging::dispatches::{self, Contact, Way};
use crate::messaging::gateways;
use crate::portal::Portal;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::ChallengeId;
use crate::types::network::Network;
use crate::types::phone::PhoneNumber;

/// Sends to a number: what has been proved to be somebody's is counted apart from what was only typed.
/// What a known browser asks for is counted apart again: somebody with the password alone cannot use it up.
/// Mail counts apart from both.
fn sends(limits: &Limits, challenge: &Challenge) -> [Limit; 2] {
    let (short, day) = match (challenge.is_typed(), challenge.device) {
        _ if challenge.factor == FactorKind::Email => ("sends:mail:15m", "sends:mail:day"),
        (true, _) => ("sends:typed:15m", "sends:typed:day"),
        (false, Some(_)) => ("sends:known:15m", "sends:known:day"),
        (false, None) => ("sends:proved:15m", "sends:proved:day"),
    };
    [
        Limit { bucket: short, max: limits.sends_short, window: SignedDuration::from_mins(15), pause: None },
        Limit { bucket: day, max: limits.sends_day, window: SignedDuration::from_hours(24), pause: None },
    ]
}

/// Asks for a factor of an account: sends the code, or puts the question to its passkeys. Answers what forbids a send now.
pub(super) async fn begin(
    portal: &Portal,
    tx: &mut Tx,
    challenge: &mut Challenge,
    account: &Account,
    choice: &Choice,
    network: &Network,
) -> Result<Option<ResendRefusal>, InternalError> {
    challenge.factor = choice.factor.kind();
    challenge.phone = choice.phone.as_ref().map(|phone| phone.id);
    sql::set_factor(tx, challenge.id, challenge.factor, challenge.phone).await?;
    match (choice.factor, &choice.phone) {
        (Factor::Sms(_) | Factor::Voice(_), Some(phone)) => {
            let contact = account.contact_at(phone);
            let to = To { contact: Some(&contact), phone: &phone.number, phone_index: &phone.index, network };
            send(portal, tx, challenge, &to).await
        }
        (Factor::Email, _) => {
            let contact = account.contact();
            let to = To { contact: Some(&contact), phone: &account.phone, phone_index: &account.email_index, network };
            send(portal, tx, challenge, &to).await
        }
        (Factor::Passkey, _) => passkeys::ask(portal, tx, account, challenge.id).await.map(|()| None),
        _ => Ok(None),
    }
}

/// Where a code goes, and who asks for it.
pub struct To<'a> {
    /// Whom to write to; None for a decoy.
    pub contact: Option<&'a Contact>,
    /// The number, a decoy's too.
    pub phone: &'a PhoneNumber,
    /// Its blind index; of a code by mail, the address's.
    pub phone_index: &'a [u8; 32],
    /// From where it is asked for.
    pub network: &'a Network,
}

/// Sends the challenge's code within the limits, a fresh one when the present has too little time left or went to another
/// factor, and sets when
/// the next may be asked for. Answers what forbids it now; the code that was texted last stays then.
/// A decoy counts the same.
pub(super) async fn send(
    portal: &Portal,
    tx: &mut Tx,
    challenge: &mut Challenge,
    to: &To<'_>,
) -> Result<Option<ResendRefusal>, InternalError> {
    let now = portal.clock.now();
    let limits = &portal.config.limits;
    let way = challenge.way().ok_or_else(|| InternalError::because("a factor without a code was to be sent"))?;
    let earliest =
        now + limits.send_pauses[usize::try_from(challenge.sends).unwrap_or(0).min(limits.send_pauses.len() - 1)];
    for limit in sends(limits, challenge) {
        // What the short limit refuses does not use up the day's.
        if let Taken::Until(until) = limits::take(portal, tx, limit, to.phone_index).await? {
            let until = until.max(earliest);
            sql::hold_send(tx, challenge.id, until).await?;
            return Ok(Some(ResendRefusal::Wait(until)));
        }
    }
    // Brakes are about what the telephone network costs.
    if way != Way::Mail
        && let Some(until) = braked(portal, tx, challenge, to).await?
    {
        let until = until.max(earliest);
        sql::hold_send(tx, challenge.id, until).await?;
        return Ok(Some(ResendRefusal::Held(until)));
    }
    let has_little_time = challenge.code_ends_at.duration_since(now) < limits.code_fresh_under;
    // Nobody counts what a decoy's code was sent, and its deadline would tell.
    let may_spend = !challenge.hides_delivery();
    // What one phone or mailbox received proves nothing of another.
    let key = challenge.factor_key();
    let was_anothers = challenge.code_for.is_some() && challenge.code_for != key;
    if has_little_time
        || was_anothers
        || (may_spend && dispatches::is_spent(portal, tx, challenge.id, challenge.code_ends_at).await?)
    {
        dispatches::settle(portal, tx, challenge.id).await?;
        challenge.seed = Seed::new();
        challenge.code_ends_at = now + challenge.code_life;
        sql::replace_code(tx, challenge.id, &challenge.seed, challenge.code_ends_at).await?;
    }
    sql::count_send(tx, challenge.id, now, earliest, key.as_ref()).await?;
    challenge.code_for = key;
    challenge.sends += 1;
    if let Some(contact) = to.contact {
        let (notice, ends_at) = (challenge.purpose.notice(), challenge.code_ends_at);
        dispatches::queue_code(portal, tx, contact, notice, challenge.id, ends_at, way).await?;
    }
    Ok(None)
}

/// Until when a brake holds the text back; what the number's own limits took is given back then, and the trail says which
/// brake it was.
async fn braked(
    portal: &Portal,
    tx: &mut Tx,
    challenge: &Challenge,
    to: &To<'_>,
) -> Result<Option<Timestamp>, InternalError> {
    let standing = match (challenge.is_typed(), challenge.device) {
        (true, _) => Standing::Typed,
        (false, Some(_)) => Standing::Known,
        (false, None) => Standing::Proved,
    };
    let (by_call, is_decoy) = (challenge.factor == FactorKind::Voice, to.contact.is_none());
    let asked = Asked { phone: to.phone, network: to.network, standing, by_call, is_decoy };
    let Some(held) = brakes::ask(portal, tx, &asked).await? else { return Ok(None) };
    for limit in sends(&portal.config.limits, challenge) {
        limits::give_back(tx, limit, to.phone_index).await?;
    }
    let event = Event::new(challenge.asker(), Deed::CodeHeld).on(challenge.id).because(held.brake.as_str());
    audit::record(portal, tx, event.from(to.network)).await?;
    Ok(Some(held.until))
}

/// Why no new text was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResendRefusal {
    /// It may be asked for at this instant.
    Wait(Timestamp),
    /// No gateway can call.
    CannotCall,
    /// The person has no such factor, or it will not do here.
    NotTheirs,
    /// No text can be sent before this instant.
    Held(Timestamp),
    /// The challenge is over.
    Ended,
}

/// Whom a code is sent to again.
#[derive(Clone, Copy)]
pub enum Again<'a> {
    /// Somebody with an account, by this factor of theirs: the same as before, or another.
    Account(&'a Account, &'a Choice),
    /// Whoever holds the one number that will do, by text or by call.
    Number(&'a To<'a>, Way),
}

/// Sends the code again, or asks for another factor: the same code to the same phone or mailbox, while it has two minutes
/// left and sends, else a fresh one. Tries stay as they are, and the limits count all ways alike.
///
/// # Errors
/// Refused as [`ResendRefusal`] says.
pub async fn resend(
    portal: &Portal,
    browser: &Browser,
    id: ChallengeId,
    again: Again<'_>,
) -> Result<(), Failure<ResendRefusal>> {
    let now = portal.clock.now();
    let is_call = match again {
        Again::Account(_, choice) => choice.factor.kind() == FactorKind::Voice,
        Again::Number(_, way) => way == Way::Call,
    };
    if is_call && !gateways::can_call(&portal.config) {
        return Err(Failure::Refused(ResendRefusal::CannotCall));
    }
    let mut tx = portal.db.begin().await?;
    let Some(mut challenge) = sql::find(&mut tx, id).await? else { return Err(Failure::Refused(ResendRefusal::Ended)) };
    if !challenge.is_live(now) || challenge.browser != browser.digest {
        return Err(Failure::Refused(ResendRefusal::Ended));
    }
    // Another number was typed meanwhile: this code is not to reach its phone.
    if let (Again::Number(to, _), Some(number)) = (&again, &challenge.number)
        && *number != *to.phone_index
    {
        return Err(Failure::Refused(ResendRefusal::Ended));
    }
    let is_sent = !matches!(again, Again::Account(_, choice)
        if matches!(choice.factor, Factor::Totp(_) | Factor::Passkey | Factor::Recovery));
    // Two presses at once: the first moves the instant on, the second finds it moved.
    if is_sent && !sql::claim_send(&mut tx, id, challenge.sends, now).await? {
        return Err(Failure::Refused(ResendRefusal::Wait(challenge.next_send_at.max(now))));
    }
    let before = (challenge.factor, challenge.phone);
    let refusal = match again {
        Again::Account(account, choice) => {
            begin(portal, &mut tx, &mut challenge, account, choice, &browser.network).await?
        }
        Again::Number(to, way) => {
            challenge.factor = match way {
                Way::Call => FactorKind::Voice,
                Way::Text | Way::Mail => FactorKind::Sms,
            };
            let refusal = send(portal, &mut tx, &mut challenge, to).await?;
            if refusal.is_none() {
                // A decoy remembers the way too, so that its page says the same.
                sql::set_factor(&mut tx, id, challenge.factor, challenge.phone).await?;
            }
            refusal
        }
    };
    if let Some(refusal) = refusal {
        // What was asked for before can still be answered.
        sql::set_factor(&mut tx, id, before.0, before.1).await?;
        tx.commit().await?;
        return Err(Failure::Refused(refusal));
    }
    audit::record(portal, &mut tx, Event::new(challenge.asker(), Deed::CodeRequested).on(id).from(&browser.network))
        .await?;
    tx.commit().await?;
    Ok(())
}
