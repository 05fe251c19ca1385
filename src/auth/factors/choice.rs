//! Which factor a challenge opens with, and which others there are.
//!
//! What a person has is put in order by one rule; the first is asked, the rest are "another way":
//!
//! 1. what works before what does not: a phone whose last three codes all failed, or that answered STOP, stands behind;
//! 2. what resists phishing (passkeys), if it proved its person within the last 180 days;
//! 3. an authenticator app, a text, a call: the one that proved its person last stands first; the phones stand together,
//!    the main one first; of one phone the call, for whom it is easier, else the text;
//! 4. passkeys that were not used for so long;
//! 5. a code by mail, where it is allowed at all, and then recovery codes: never by themselves while anything else works.
//!
//! What the role's policy does not count is left out, unless the person holds nothing else (`auth::policy`). What is off
//! after too many wrong answers is left out as well, and nothing weaker takes its place by that.
//!
//! Mail is for patients only, never for choosing a new password (its link came by the same mail), and only in a browser
//! that has proved itself before: a stranger who holds password and mailbox gets nothing by it.

use sqlx::AnyConnection;

use super::{Factor, FactorKey, passkeys, sql};
use crate::auth::challenges::Purpose;
use crate::clock::{SignedDuration, Timestamp};
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::identity::phones::{self, Phone};
use crate::messaging::{dispatches, gateways, opt_outs};
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::code_way::CodeWay;
use crate::types::factor_kind::FactorKind;

/// How long a passkey that was not used is still the first that is asked for.
const RECENT: SignedDuration = SignedDuration::from_hours(180 * 24);

/// What is asked of whom.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What for.
    pub purpose: Purpose,
    /// Whether the browser proved both factors before.
    pub is_known: bool,
    /// Only what is stronger than a sent code will do, where the person has it.
    pub stronger: bool,
    /// The factor that will not do, where there is another.
    pub apart_from: Option<&'a FactorKey>,
}

/// A factor that can be asked for.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Which.
    pub factor: Factor,
    /// Its phone.
    pub phone: Option<Phone>,
    /// When it proved its person last.
    pub proved_at: Option<Timestamp>,
    /// Wrong answers in a row over its life.
    pub wrong: i64,
    /// Whether what is sent there arrives, as far as is known.
    pub arrives: bool,
}

/// The place of a choice in the order: the lowest is asked first.
type Rank = (u8, u8, i64, bool, i64, Option<usize>);

/// When one of the phones that work proved its person last.
fn newest_phone(choices: &[Choice]) -> Option<Timestamp> {
    choices.iter().filter(|choice| choice.phone.is_some() && choice.arrives).filter_map(|choice| choice.proved_at).max()
}

impl Choice {
    fn rank(&self, now: Timestamp, newest_phone: Option<Timestamp>, way: CodeWay) -> Rank {
        let since = |at: Option<Timestamp>| at.map_or(i64::MAX, |at| now.duration_since(at).as_secs());
        let own_age = since(self.proved_at);
        let age = match &self.phone {
            Some(_) if self.arrives => since(newest_phone),
            _ => own_age,
        };
        let group = match self.factor.kind() {
            FactorKind::Passkey if age <= RECENT.as_secs() => 0,
            FactorKind::Totp | FactorKind::Sms | FactorKind::Voice => 1,
            FactorKind::Passkey => 2,
            FactorKind::Email => 3,
            FactorKind::Recovery => 4,
        };
        let works = match self.factor.kind() {
            FactorKind::Recovery => 2,
            _ => u8::from(!self.arrives),
        };
        // Text and call of a phone are one factor of one age: between them its person decides, between others the order
        // of pages.
        let kind = match (way, self.factor.kind()) {
            (CodeWay::Call, FactorKind::Sms) => FactorKind::Voice,
            (CodeWay::Call, FactorKind::Voice) => FactorKind::Sms,
            (_, kind) => kind,
        };
        let order = FactorKind::ALL.iter().position(|known| *known == kind);
        let is_other_phone = self.phone.as_ref().is_some_and(|phone| !phone.is_primary);
        (works, group, age, is_other_phone, own_age, order)
    }
}

/// What the person can be asked for, the best first. Never empty but for an account whose every factor that the policy
/// counts is off: then only the clinic can help.
///
/// # Errors
/// When the database fails.
pub async fn choices(
    portal: &Portal,
    connection: &mut AnyConnection,
    account: &Account,
    asked: Asked<'_>,
) -> Result<Vec<Choice>, InternalError> {
    let now = portal.clock.now();
    let uses = super::uses(connection, account.id).await?;
    let (authenticators, codes) = sql::held(connection, account.id).await?;
    let mut found = Vec::new();
    let mut add = |factor: Factor, phone: Option<Phone>, arrives: bool| {
        let how = uses.get(&factor.key()).copied().unwrap_or_default();
        let proved_at = how.proved_at.or(phone.as_ref().and_then(|phone| phone.proved_at));
        found.push(Choice { factor, phone, proved_at, wrong: how.wrong, arrives });
    };
    let can_call = gateways::can_call(&portal.config);
    for phone in phones::of_in(connection, &account.phone_owner()).await? {
        if phone.proved_at.is_none() {
            continue;
        }
        let has_stopped = opt_outs::has_stopped(portal, connection, &phone.number).await?;
        let arrives = !has_stopped && dispatches::arrives_at(portal, connection, phone.id).await?;
        add(Factor::Sms(phone.id), Some(phone.clone()), arrives);
        if can_call {
            add(Factor::Voice(phone.id), Some(phone), arrives);
        }
    }
    for (kind, id) in authenticators {
        match kind.as_str() {
            "totp" => add(Factor::Totp(id), None, true),
            _ if passkeys::are_possible(portal) => add(Factor::Passkey, None, true),
            _ => {}
        }
    }
    if account.role == Role::Patient && asked.is_known && asked.purpose.takes_mail() {
        add(Factor::Email, None, true);
    }
    if codes > 0 {
        add(Factor::Recovery, None, true);
    }
    found.dedup_by_key(|choice| choice.factor);
    let policies = portal.policies.now();
    let policy = policies.of(account.role);
    // Who holds nothing that the policy counts signs in by what they hold, to add what is asked. What is off after too many
    // wrong answers is held all the same: else whoever wears it out would open a way that the clinic closed.
    if found.iter().any(|choice| choice.factor != Factor::Recovery && policy.will_do(choice.factor.kind())) {
        found.retain(|choice| policy.will_do(choice.factor.kind()));
    }
    found.retain(|choice| choice.factor.kind() != FactorKind::Email || policy.takes(FactorKind::Email));
    found.retain(|choice| choice.wrong < portal.config.limits.factor_life);
    let apart = |choice: &Choice| asked.apart_from.is_none_or(|key| choice.factor.key() != *key);
    keep_if_any(&mut found, apart);
    if asked.stronger {
        keep_if_any(&mut found, |choice| {
            matches!(choice.factor.kind(), FactorKind::Passkey | FactorKind::Totp | FactorKind::Recovery)
        });
    }
    let newest = newest_phone(&found);
    found.sort_by_key(|choice| choice.rank(now, newest, account.code_way));
    Ok(found)
}

/// Keeps what fits, or everything where nothing does: a demand shuts nobody out.
fn keep_if_any(choices: &mut Vec<Choice>, fits: impl Fn(&Choice) -> bool) {
    if choices.iter().any(&fits) {
        choices.retain(fits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ids::{AuthenticatorId, PhoneId};
    use crate::types::phone::PhoneNumber;

    fn choice(factor: Factor, days_ago: Option<i64>, arrives: bool) -> Choice {
        let proved_at = days_ago.map(|days| now() - SignedDuration::from_hours(24 * days));
        Choice { factor, phone: None, proved_at, wrong: 0, arrives }
    }

    fn now() -> Timestamp {
        "2026-11-24T15:00:00Z".parse().unwrap()
    }

    fn order(choices: Vec<Choice>) -> Vec<FactorKind> {
        order_for(CodeWay::Text, choices)
    }

    fn order_for(way: CodeWay, mut choices: Vec<Choice>) -> Vec<FactorKind> {
        let newest = newest_phone(&choices);
        choices.sort_by_key(|choice| choice.rank(now(), newest, way));
        choices.iter().map(|choice| choice.factor.kind()).collect()
    }

    #[test]
    fn the_best_factor_is_first_by_the_rule_that_stands_above() {
        use FactorKind::{Email, Passkey, Recovery, Sms, Totp, Voice};
        let phone = PhoneId::new();
        let (sms, voice) = (Factor::Sms(phone), Factor::Voice(phone));
        let totp = Factor::Totp(AuthenticatorId::new());
        let all = |key_age, app_age, phone_age, arrives| {
            vec![
                choice(Factor::Recovery, None, true),
                choice(Factor::Email, None, true),
                choice(voice, phone_age, arrives),
                choice(sms, phone_age, arrives),
                choice(totp, app_age, true),
                choice(Factor::Passkey, key_age, true),
            ]
        };
        let first = [Passkey, Totp, Sms, Voice, Email, Recovery];
        assert_eq!(order(all(Some(1), Some(2), Some(3), true)), first);
        assert_eq!(order(all(Some(179), Some(3), Some(2), true)), [Passkey, Sms, Voice, Totp, Email, Recovery]);
        assert_eq!(order(all(Some(181), Some(2), Some(3), true)), [Totp, Sms, Voice, Passkey, Email, Recovery]);
        assert_eq!(order(all(Some(181), None, Some(3), true)), [Sms, Voice, Totp, Passkey, Email, Recovery]);
        assert_eq!(order(all(Some(1), Some(9), Some(3), false)), [Passkey, Totp, Email, Sms, Voice, Recovery]);
        let by_call = order_for(CodeWay::Call, all(Some(181), Some(3), Some(2), true));
        assert_eq!(by_call, [Voice, Sms, Totp, Passkey, Email, Recovery]);
    }

    fn phone(is_primary: bool) -> Phone {
        let number = PhoneNumber::from_e164("+12125550142").unwrap();
        let id = PhoneId::new();
        Phone {
            id,
            number,
            index: [0; 32],
            is_primary,
            added_at: now(),
            proved_at: Some(now()),
            place: Some(1),
            replaces: None,
        }
    }

    #[test]
    fn the_main_phone_is_before_the_others_whichever_was_used_last() {
        let of =
            |phone: Phone, days| Choice { phone: Some(phone.clone()), ..choice(Factor::Sms(phone.id), days, true) };
        let (main, second, third) = (phone(true), phone(false), phone(false));
        let app = choice(Factor::Totp(AuthenticatorId::new()), Some(5), true);
        let mut choices =
            vec![of(third.clone(), Some(2)), of(second.clone(), Some(1)), app.clone(), of(main.clone(), Some(9))];
        let newest = newest_phone(&choices);
        choices.sort_by_key(|choice| choice.rank(now(), newest, CodeWay::Text));
        let order: Vec<Factor> = choices.iter().map(|choice| choice.factor).collect();
        let sms = |phone: &Phone| Factor::Sms(phone.id);
        assert_eq!(order, [sms(&main), sms(&second), sms(&third), app.factor], "phones stand together");
    }

    #[test]
    fn a_demand_that_nothing_meets_shuts_nobody_out() {
        let mut choices = vec![choice(Factor::Email, None, true)];
        keep_if_any(&mut choices, |choice| choice.factor == Factor::Passkey);
        assert_eq!(choices.len(), 1);
    }
}
