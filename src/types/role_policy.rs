//! What a clinic asks of a role when people sign in, within the product's bounds.
//!
//! | what                | bounds                              | default                    | why                                    |
//! |---------------------|-------------------------------------|----------------------------|----------------------------------------|
//! | factors             | mail never for staff; texts always for patients; calls only with texts; one that people can use | all, mail for patients only | NIST SP 800-63B-4 3.1.3.1 rules mail out; every patient starts with a phone |
//! | trusted browsers    | 0 to 30 days, patients only         | 30                         |                                        |
//! | idle time           | 2 to 30 min                         | `SALUS_SESSION_IDLE_MINUTES` or 15 | NIST SP 800-63B-4 2.2.3, HIPAA automatic logoff |
//! | longest session     | 1 to 12 h                           | 12                         | NIST SP 800-63B-4 2.2.3                |
//! | a proof stays fresh | 1 to 10 min                         | 10                         |                                        |

use std::collections::BTreeSet;

use crate::clock::SignedDuration;
use crate::types::actor::Role;
use crate::types::factor_kind::FactorKind;

/// What at least one factor of a person must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// Any that is allowed.
    Any,
    /// One that does not travel through the telephone network.
    NotByPhone,
    /// One that resists phishing.
    ResistsPhishing,
}

impl Required {
    /// All of them, the mildest first.
    pub const ALL: [Self; 3] = [Self::Any, Self::NotByPhone, Self::ResistsPhishing];

    /// The stored word, which forms use as well.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::NotByPhone => "not_by_phone",
            Self::ResistsPhishing => "resists_phishing",
        }
    }

    /// The demand of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// Whether a factor of this kind meets it. Recovery codes meet none but the mildest: they are for once.
    fn is_met_by(self, kind: FactorKind) -> bool {
        match self {
            Self::Any => true,
            Self::NotByPhone => matches!(kind, FactorKind::Totp | FactorKind::Passkey),
            Self::ResistsPhishing => kind.resists_phishing(),
        }
    }
}

/// What is asked of a role. Valid because it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolePolicy {
    allowed: BTreeSet<FactorKind>,
    required: Required,
    trust_days: i64,
    idle_minutes: i64,
    longest_hours: i64,
    step_up_minutes: i64,
}

/// The figures of a policy before they are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Factors that may be used.
    pub allowed: BTreeSet<FactorKind>,
    /// What one of them must be.
    pub required: Required,
    /// Days for which a browser may be trusted.
    pub trust_days: i64,
    /// Minutes without use after which a session ends.
    pub idle_minutes: i64,
    /// Hours after which it ends whatever happens.
    pub longest_hours: i64,
    /// Minutes for which a proof is fresh.
    pub step_up_minutes: i64,
}

/// What is wrong with a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Mail is not for staff.
    MailForStaff,
    /// Patients keep texts.
    NoTexts,
    /// Calls go to the phones that texts go to.
    CallsWithoutTexts,
    /// Nothing that people could use every day is left.
    NothingLeft,
    /// Nothing that is allowed meets the demand.
    DemandUnmet,
    /// 0 to 30 days, and 0 for staff.
    TrustDays,
    /// 2 to 30 minutes.
    IdleMinutes,
    /// 1 to 12 hours.
    LongestHours,
    /// 1 to 10 minutes.
    StepUpMinutes,
}

impl RolePolicy {
    /// What holds before anybody changed it.
    pub fn default_of(role: Role, idle_minutes: i64) -> Self {
        let is_patient = role == Role::Patient;
        let allowed = FactorKind::ALL.into_iter().filter(|kind| is_patient || *kind != FactorKind::Email);
        Self {
            allowed: allowed.collect(),
            required: Required::Any,
            trust_days: if is_patient { 30 } else { 0 },
            idle_minutes,
            longest_hours: 12,
            step_up_minutes: 10,
        }
    }

    /// A policy within the bounds.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(role: Role, draft: &Draft) -> Result<Self, Vec<Flaw>> {
        let has = |kind| draft.allowed.contains(&kind);
        let is_patient = role == Role::Patient;
        let daily = draft.allowed.iter().filter(|kind| **kind != FactorKind::Recovery);
        let mut flaws = Vec::new();
        let mut wrong = |is: bool, flaw: Flaw| flaws.extend(is.then_some(flaw));
        wrong(!is_patient && has(FactorKind::Email), Flaw::MailForStaff);
        wrong(is_patient && !has(FactorKind::Sms), Flaw::NoTexts);
        wrong(!is_patient && has(FactorKind::Voice) && !has(FactorKind::Sms), Flaw::CallsWithoutTexts);
        wrong(daily.clone().count() == 0, Flaw::NothingLeft);
        wrong(!daily.clone().any(|kind| draft.required.is_met_by(*kind)), Flaw::DemandUnmet);
        wrong(!(0..=if is_patient { 30 } else { 0 }).contains(&draft.trust_days), Flaw::TrustDays);
        wrong(!(2..=30).contains(&draft.idle_minutes), Flaw::IdleMinutes);
        wrong(!(1..=12).contains(&draft.longest_hours), Flaw::LongestHours);
        wrong(!(1..=10).contains(&draft.step_up_minutes), Flaw::StepUpMinutes);
        if !flaws.is_empty() {
            return Err(flaws);
        }
        Ok(Self {
            allowed: draft.allowed.clone(),
            required: draft.required,
            trust_days: draft.trust_days,
            idle_minutes: draft.idle_minutes,
            longest_hours: draft.longest_hours,
            step_up_minutes: draft.step_up_minutes,
        })
    }

    /// Its figures.
    pub fn draft(&self) -> Draft {
        Draft {
            allowed: self.allowed.clone(),
            required: self.required,
            trust_days: self.trust_days,
            idle_minutes: self.idle_minutes,
            longest_hours: self.longest_hours,
            step_up_minutes: self.step_up_minutes,
        }
    }

    /// Whether a factor of this kind counts.
    pub fn takes(&self, kind: FactorKind) -> bool {
        self.allowed.contains(&kind)
    }

    /// Whether somebody who holds these needs nothing more.
    pub fn is_met_by(&self, held: &BTreeSet<FactorKind>) -> bool {
        let mut daily = held.iter().filter(|kind| **kind != FactorKind::Recovery && self.takes(**kind));
        daily.any(|kind| self.required.is_met_by(*kind))
    }

    /// Whether a factor of this kind will do for signing in: allowed, and of the kind that is required; a recovery code
    /// always, since it is the way back in.
    pub fn will_do(&self, kind: FactorKind) -> bool {
        self.takes(kind) && (kind == FactorKind::Recovery || self.required.is_met_by(kind))
    }

    /// How long a browser may be trusted; nothing where none may.
    pub fn trust(&self) -> Option<SignedDuration> {
        (self.trust_days > 0).then(|| SignedDuration::from_hours(24 * self.trust_days))
    }

    /// How long a session lasts without use.
    pub fn idle(&self) -> SignedDuration {
        SignedDuration::from_mins(self.idle_minutes)
    }

    /// How long a session lasts at most.
    pub fn longest(&self) -> SignedDuration {
        SignedDuration::from_hours(self.longest_hours)
    }

    /// How long a proof is fresh.
    pub fn step_up(&self) -> SignedDuration {
        SignedDuration::from_mins(self.step_up_minutes)
    }
}

impl Draft {
    /// The stored text: `allowed=passkey,totp;required=any;trust_days=0;…`.
    pub fn to_text(&self) -> String {
        let allowed: Vec<&str> = self.allowed.iter().map(|kind| kind.as_str()).collect();
        format!(
            "allowed={};required={};trust_days={};idle_minutes={};longest_hours={};step_up_minutes={}",
            allowed.join(","),
            self.required.as_str(),
            self.trust_days,
            self.idle_minutes,
            self.longest_hours,
            self.step_up_minutes
        )
    }

    /// The draft of a stored text.
    pub fn from_text(text: &str) -> Option<Self> {
        let value = |name: &str| text.split(';').find_map(|part| part.split_once('=').filter(|(key, _)| *key == name));
        let number = |name: &str| value(name)?.1.parse().ok();
        let kinds = value("allowed")?.1.split(',').filter(|word| !word.is_empty());
        Some(Self {
            allowed: kinds.map(str::parse).collect::<Result<_, _>>().ok()?,
            required: Required::from_word(value("required")?.1)?,
            trust_days: number("trust_days")?,
            idle_minutes: number("idle_minutes")?,
            longest_hours: number("longest_hours")?,
            step_up_minutes: number("step_up_minutes")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(role: Role) -> Draft {
        RolePolicy::default_of(role, 15).draft()
    }

    fn flaws(role: Role, change: impl FnOnce(&mut Draft)) -> Vec<Flaw> {
        let mut draft = draft(role);
        change(&mut draft);
        RolePolicy::new(role, &draft).err().unwrap_or_default()
    }

    #[test]
    fn the_bounds_hold_and_defaults_are_within_them() {
        for role in [Role::Patient, Role::Doctor, Role::Admin] {
            assert_eq!(flaws(role, |_| {}), []);
            assert_eq!(flaws(role, |draft| draft.idle_minutes = 1), [Flaw::IdleMinutes]);
            assert_eq!(flaws(role, |draft| draft.idle_minutes = 31), [Flaw::IdleMinutes]);
            assert_eq!(flaws(role, |draft| draft.longest_hours = 13), [Flaw::LongestHours]);
            assert_eq!(flaws(role, |draft| draft.step_up_minutes = 11), [Flaw::StepUpMinutes]);
        }
        assert_eq!(flaws(Role::Patient, |draft| draft.trust_days = 31), [Flaw::TrustDays]);
        assert_eq!(flaws(Role::Doctor, |draft| draft.trust_days = 1), [Flaw::TrustDays]);
        assert_eq!(
            flaws(Role::Patient, |draft| {
                draft.allowed.remove(&FactorKind::Sms);
            }),
            [Flaw::NoTexts]
        );
        assert_eq!(
            flaws(Role::Admin, |draft| {
                draft.allowed.insert(FactorKind::Email);
            }),
            [Flaw::MailForStaff]
        );
        assert_eq!(
            flaws(Role::Doctor, |draft| {
                draft.allowed.remove(&FactorKind::Sms);
            }),
            [Flaw::CallsWithoutTexts]
        );
        let only =
            |kinds: &'static [FactorKind]| move |draft: &mut Draft| draft.allowed = kinds.iter().copied().collect();
        assert_eq!(flaws(Role::Doctor, only(&[FactorKind::Recovery])), [Flaw::NothingLeft, Flaw::DemandUnmet]);
        let demand = |draft: &mut Draft| {
            draft.required = Required::ResistsPhishing;
            draft.allowed = [FactorKind::Totp].into();
        };
        assert_eq!(flaws(Role::Admin, demand), [Flaw::DemandUnmet]);
    }

    #[test]
    fn what_people_hold_meets_a_demand_or_not() {
        let mut draft = draft(Role::Admin);
        draft.required = Required::NotByPhone;
        let policy = RolePolicy::new(Role::Admin, &draft).unwrap();
        let held = |kinds: &[FactorKind]| policy.is_met_by(&kinds.iter().copied().collect());
        assert!(!held(&[FactorKind::Sms, FactorKind::Voice, FactorKind::Recovery]));
        assert!(held(&[FactorKind::Sms, FactorKind::Totp]) && held(&[FactorKind::Passkey]));
        assert!(!policy.will_do(FactorKind::Sms) && policy.will_do(FactorKind::Recovery));
    }

    #[test]
    fn a_policy_is_read_as_it_was_written() {
        for role in [Role::Patient, Role::Doctor] {
            let draft = draft(role);
            assert_eq!(Draft::from_text(&draft.to_text()), Some(draft));
        }
        assert_eq!(Draft::from_text("allowed=fax;required=any"), None);
    }
}
