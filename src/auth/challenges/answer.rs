//! Answering a challenge.

use super::{Challenge, Purpose, Whose, sql};
use crate::audit::{self, Deed, Event};
use crate::auth::alerts::{self, Alert, Also};
use crate::auth::browser::Browser;
use crate::auth::budgets::{self, wrong_codes};
use crate::auth::factors::recovery_codes::{self, TypedRecoveryCode};
use crate::auth::factors::{self, FactorKey, Proof, passkeys, told, totp};
use crate::auth::lockout;
use crate::clock::Timestamp;
use crate::crypto::codes::TypedCode;
use crate::db::Tx;
use crate::error::{Failure, InternalError};
use crate::identity::accounts::{self, Account};
use crate::limits::{self, Taken};
use crate::messaging::dispatches;
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::ChallengeId;

/// Why an answer did not open anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerRefusal {
    /// Not the code; so many tries are left.
    Wrong {
        /// Tries left in this challenge.
        left: i64,
    },
    /// The code has stopped working; another can be asked for.
    Expired {
        /// Tries left in this challenge.
        left: i64,
    },
    /// The challenge is over: answered, five wrong codes, too old, or another browser's.
    Ended,
    /// The account is locked for this browser until then.
    Locked {
        /// Until when.
        until: Timestamp,
    },
    /// Too many wrong codes came from unknown browsers over the life of this password: only a new password helps.
    PasswordSpent,
    /// The factor has seen too many wrong answers over its life: another must be used, or the clinic must help.
    FactorOff,
}

/// What somebody answers with.
pub enum Answer {
    /// Six digits: of a message, or of an authenticator app.
    Code(TypedCode),
    /// A recovery code.
    Recovery(TypedRecoveryCode),
    /// What a passkey said.
    Passkey(passkeys::Answer),
}

/// A challenge that was answered, in the transaction that used it up. Nothing else makes one.
pub struct Answered {
    /// The challenge.
    pub challenge: Challenge,
    /// The account, when it is one's.
    pub account: Option<Account>,
    /// By which factor.
    pub proof: Proof,
}

/// Takes an answer: counts the try, compares in constant time, and uses the code up. Of a hundred parallel wrong
/// answers each counts once; of two parallel right ones one wins. On success the caller does in the same transaction
/// what the challenge was for, and commits.
///
/// # Errors
/// Refused as [`AnswerRefusal`] says; what was counted is committed then.
pub async fn answer(
    portal: &Portal,
    browser: &Browser,
    id: ChallengeId,
    given: &Answer,
) -> Result<(Tx, Answered), Failure<AnswerRefusal>> {
    let now = portal.clock.now();
    let limits = &portal.config.limits;
    let mut tx = portal.db.begin().await?;
    // The one statement that decides: on PostgreSQL it also holds the row until we commit.
    let Some(challenge) = sql::count_try(&mut tx, id, &browser.digest, limits.challenge_tries, now).await? else {
        return Err(Failure::Refused(AnswerRefusal::Ended));
    };
    let account = match challenge.whose {
        Whose::Account(account) => accounts::find_in(portal, &mut tx, account).await?,
        _ => None,
    };
    let key = match &account {
        Some(account) => asked_key(&mut tx, &challenge, account).await?,
        None => None,
    };
    if let Some(account) = &account {
        // Answers at one instant, in however many browsers, are weighed one after another from here on: strangers', and those
        // of a known browser, whose cookie may have been copied into many.
        let strange = match challenge.device {
            None => Some(accounts::hold_strange(&mut tx, account.id).await?),
            Some(_) => {
                accounts::hold(&mut tx, account.id).await?;
                None
            }
        };
        let (device, purpose) = (challenge.device, challenge.purpose);
        if let Some(until) = lockout::shut_until(portal, &mut tx, account.id, device, purpose).await? {
            return refuse(portal, tx, &challenge, browser, AnswerRefusal::Locked { until }).await;
        }
        if let Some(counted) = strange
            && let Some(refusal) = spent_by_strangers(portal, &mut tx, &challenge, account, counted).await?
        {
            return refuse(portal, tx, &challenge, browser, refusal).await;
        }
        // Only answers from known browsers count on the factor, so that a stranger with the password cannot turn the
        // owner's phone off; theirs are counted against the life of the password.
        let uses = factors::uses(&mut tx, account.id).await?;
        if key.as_ref().and_then(|key| uses.get(key)).is_some_and(|how| how.wrong >= limits.factor_life) {
            return refuse(portal, tx, &challenge, browser, AnswerRefusal::FactorOff).await;
        }
    }
    if let Some(until) = limits::blocked_until(portal, &mut tx, wrong_codes(limits), &counted_by(&challenge)).await? {
        return refuse(portal, tx, &challenge, browser, AnswerRefusal::Locked { until }).await;
    }
    if is_right(portal, &mut tx, &challenge, account.as_ref(), given).await? && sql::claim(&mut tx, id, now).await? {
        if let Some(account) = &account {
            if let Some(key) = &key {
                factors::proved(portal, &mut tx, account.id, key).await?;
            }
            if challenge.factor == FactorKind::Recovery {
                told::code_used(portal, &mut tx, account, &browser.network).await?;
            }
            lockout::forgive(&mut tx, account.id, challenge.device).await?;
        }
        dispatches::settle(portal, &mut tx, id).await?;
        let proof = Proof { kind: challenge.factor, key };
        return Ok((tx, Answered { challenge, account, proof }));
    }
    let locked = count_wrong(portal, &mut tx, &challenge, account.as_ref(), key.as_ref(), browser).await?;
    let left = challenge.tries_left(limits);
    if left == 0 {
        sql::end(&mut tx, id, now).await?;
    }
    let refusal = match locked {
        Some(until) => AnswerRefusal::Locked { until },
        None if left == 0 => AnswerRefusal::Ended,
        None if challenge.way().is_some() && challenge.code_ends_at <= now => AnswerRefusal::Expired { left },
        None => AnswerRefusal::Wrong { left },
    };
    refuse(portal, tx, &challenge, browser, refusal).await
}

/// How many valid codes one answer could have hit: what it counts against the life of a password. So a stranger's chance
/// is the same by every factor.
fn weight(challenge: &Challenge) -> i64 {
    if challenge.factor == FactorKind::Totp { totp::VALID_AT_ONCE } else { 1 }
}

/// Why a stranger's answer is not looked at any more: their share of guesses is used up. A new password gives a new one, so
/// the way to one stays open, within a share of its own that only the clinic lifts.
async fn spent_by_strangers(
    portal: &Portal,
    tx: &mut Tx,
    challenge: &Challenge,
    account: &Account,
    counted: i64,
) -> Result<Option<AnswerRefusal>, InternalError> {
    let limits = &portal.config.limits;
    if challenge.purpose == Purpose::ResetPassword {
        let share = budgets::strange_resets(limits);
        let until = limits::blocked_until(portal, tx, share, account.id.to_string().as_bytes()).await?;
        return Ok(until.map(|_| AnswerRefusal::FactorOff));
    }
    Ok((counted + weight(challenge) > limits.strange_life).then_some(AnswerRefusal::PasswordSpent))
}

/// By what the factor that is asked for is counted.
async fn asked_key(tx: &mut Tx, challenge: &Challenge, account: &Account) -> Result<Option<FactorKey>, InternalError> {
    match challenge.factor {
        FactorKind::Totp => totp::key_of(tx, account.id).await,
        _ => Ok(challenge.factor_key()),
    }
}

/// Whether the answer is right for what is asked; one of another kind never is. What can be used once is used up by it.
async fn is_right(
    portal: &Portal,
    tx: &mut Tx,
    challenge: &Challenge,
    account: Option<&Account>,
    given: &Answer,
) -> Result<bool, InternalError> {
    match (challenge.factor, given, account) {
        (FactorKind::Sms | FactorKind::Voice | FactorKind::Email, Answer::Code(typed), _) => {
            // A code that the send limits kept back was told to nobody, so whoever types it guessed.
            let right = challenge.code(portal).matches(typed) && challenge.sends > 0;
            // Nor does a code answer for a factor to whose holder it was not sent.
            let right = right && (challenge.code_for.is_none() || challenge.code_for == challenge.factor_key());
            Ok(right && challenge.code_ends_at > portal.clock.now())
        }
        (FactorKind::Totp, Answer::Code(typed), Some(account)) => totp::check(portal, tx, account, typed).await,
        (FactorKind::Recovery, Answer::Recovery(typed), Some(account)) => {
            recovery_codes::check(portal, tx, account, typed).await
        }
        (FactorKind::Passkey, Answer::Passkey(answer), Some(account)) => {
            passkeys::check(portal, tx, account, challenge.id, answer).await
        }
        _ => Ok(false),
    }
}

/// What wrong codes of a day are counted by: an account's known browsers apart from all others.
fn counted_by(challenge: &Challenge) -> Vec<u8> {
    match challenge.whose {
        Whose::Account(id) => budgets::codes_of(id, challenge.device.is_some()),
        other => other.word().into_bytes(),
    }
}

/// Counts a wrong code everywhere it counts; answers until when that locked the account.
async fn count_wrong(
    portal: &Portal,
    tx: &mut Tx,
    challenge: &Challenge,
    account: Option<&Account>,
    key: Option<&FactorKey>,
    browser: &Browser,
) -> Result<Option<Timestamp>, InternalError> {
    let limits = &portal.config.limits;
    let day = match limits::take(portal, tx, wrong_codes(limits), &counted_by(challenge)).await? {
        Taken::Until(until) => Some(until),
        Taken::Granted(_) => None,
    };
    let Some(account) = account else { return Ok(day) };
    match (challenge.device, key) {
        (None, _) => count_strange(portal, tx, challenge, account, browser).await?,
        (Some(_), Some(key)) => {
            factors::count_wrong(tx, account.id, key).await?;
        }
        (Some(_), None) => {}
    }
    let locked = lockout::count_wrong(portal, tx, account, challenge.device, lockout::CODE, &browser.network).await?;
    Ok(locked.or(day))
}

/// Counts a stranger's wrong answer for what it could have hit, and tells the owner once.
async fn count_strange(
    portal: &Portal,
    tx: &mut Tx,
    challenge: &Challenge,
    account: &Account,
    browser: &Browser,
) -> Result<(), InternalError> {
    let (limits, weight) = (&portal.config.limits, weight(challenge));
    let counted = accounts::count_strange(tx, account.id, weight).await?;
    if (counted - weight..counted).contains(&(limits.strange_told - 1)) {
        alerts::raise(portal, tx, account, Alert::StrangeCodes, Also::default(), &browser.network).await?;
    }
    if challenge.purpose == Purpose::ResetPassword {
        for _ in 0..weight {
            let share = budgets::strange_resets(limits);
            limits::take(portal, tx, share, account.id.to_string().as_bytes()).await?;
        }
    }
    Ok(())
}

async fn refuse<T>(
    portal: &Portal,
    mut tx: Tx,
    challenge: &Challenge,
    browser: &Browser,
    refusal: AnswerRefusal,
) -> Result<T, Failure<AnswerRefusal>> {
    let actor = match challenge.whose {
        Whose::Account(_) => Actor::System,
        _ => Actor::Stranger,
    };
    let event = Event::new(actor, Deed::CodeRefused).on(challenge.whose.word()).from(&browser.network);
    audit::record(portal, &mut tx, event).await?;
    tx.commit().await?;
    Err(Failure::Refused(refusal))
}
