//! What a change of policy changes, setting by setting: for the page that asks "are you sure", and for the trail.

use std::fmt;

use crate::types::factor_kind::FactorKind;
use crate::types::role_policy::{Required, RolePolicy};

/// A figure of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Days for which a browser may be trusted.
    TrustDays,
    /// Minutes without use after which a session ends.
    IdleMinutes,
    /// Hours after which it ends whatever happens.
    LongestHours,
    /// Minutes for which a proof is fresh.
    StepUpMinutes,
}

impl Figure {
    /// All of them, in the order in which pages list them.
    pub const ALL: [Self; 4] = [Self::TrustDays, Self::IdleMinutes, Self::LongestHours, Self::StepUpMinutes];

    /// Its name in the trail, which forms use as well.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrustDays => "trust_days",
            Self::IdleMinutes => "idle_minutes",
            Self::LongestHours => "longest_hours",
            Self::StepUpMinutes => "step_up_minutes",
        }
    }

    /// What it is in a policy.
    pub fn of(self, policy: &RolePolicy) -> i64 {
        let draft = policy.draft();
        match self {
            Self::TrustDays => draft.trust_days,
            Self::IdleMinutes => draft.idle_minutes,
            Self::LongestHours => draft.longest_hours,
            Self::StepUpMinutes => draft.step_up_minutes,
        }
    }
}

/// One setting that becomes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// This way counts from now on.
    Allowed(FactorKind),
    /// This way counts no more.
    Refused(FactorKind),
    /// What one way of everybody must be: before, and from now on.
    Required(Required, Required),
    /// A figure: before, and from now on.
    Figure(Figure, i64, i64),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(kind) => write!(f, "{kind} on"),
            Self::Refused(kind) => write!(f, "{kind} off"),
            Self::Required(from, to) => write!(f, "required {} instead of {}", to.as_str(), from.as_str()),
            Self::Figure(figure, from, to) => write!(f, "{} {to} instead of {from}", figure.as_str()),
        }
    }
}

/// Everything in which a policy differs from another, in the order in which pages list settings.
pub fn between(from: &RolePolicy, to: &RolePolicy) -> Vec<Change> {
    let mut found = Vec::new();
    for kind in FactorKind::ALL {
        match (from.takes(kind), to.takes(kind)) {
            (false, true) => found.push(Change::Allowed(kind)),
            (true, false) => found.push(Change::Refused(kind)),
            _ => {}
        }
    }
    let (old, new) = (from.draft().required, to.draft().required);
    if old != new {
        found.push(Change::Required(old, new));
    }
    for figure in Figure::ALL {
        let (old, new) = (figure.of(from), figure.of(to));
        if old != new {
            found.push(Change::Figure(figure, old, new));
        }
    }
    found
}

/// The changes as the trail keeps them: `sms off, idle_minutes 5 instead of 15`.
pub(super) fn in_words(changes: &[Change]) -> String {
    changes.iter().map(Change::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::actor::Role;

    #[test]
    fn every_setting_that_differs_is_named_and_no_other() {
        let from = RolePolicy::default_of(Role::Doctor, 15);
        assert_eq!(between(&from, &from), []);
        let mut draft = from.draft();
        draft.allowed = [FactorKind::Passkey, FactorKind::Totp, FactorKind::Recovery].into();
        draft.required = Required::ResistsPhishing;
        (draft.idle_minutes, draft.longest_hours, draft.step_up_minutes) = (5, 8, 4);
        let to = RolePolicy::new(Role::Doctor, &draft).unwrap();
        assert_eq!(
            in_words(&between(&from, &to)),
            "sms off, voice off, required resists_phishing instead of any, idle_minutes 5 instead of 15, \
             longest_hours 8 instead of 12, step_up_minutes 4 instead of 10"
        );
        assert!(in_words(&between(&to, &from)).starts_with("sms on, voice on, required any instead of"));
    }

    #[test]
    fn trust_is_a_figure_of_patients() {
        let from = RolePolicy::default_of(Role::Patient, 15);
        let mut draft = from.draft();
        draft.trust_days = 0;
        draft.allowed.remove(&FactorKind::Email);
        let to = RolePolicy::new(Role::Patient, &draft).unwrap();
        assert_eq!(between(&from, &to), [Change::Refused(FactorKind::Email), Change::Figure(Figure::TrustDays, 30, 0)]);
    }
}
