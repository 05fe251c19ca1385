//! The form of a policy: what stands in it, and what is wrong with it.

use serde::Deserialize;

use crate::auth::policy::Holding;
use crate::auth::policy::differences::Figure;
use crate::types::actor::Role;
use crate::types::factor_kind::FactorKind;
use crate::types::role_policy::{Draft, Flaw, Required, RolePolicy};
use crate::web::admin::policy::{required, way};
use crate::web::forms::{Choice, Errors};
use crate::words::Words;

/// The figures as they were typed, and on top of which change.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PolicyForm {
    pub passkey: String,
    pub totp: String,
    pub sms: String,
    pub voice: String,
    pub email: String,
    pub recovery: String,
    pub required: String,
    pub trust_days: String,
    pub idle_minutes: String,
    pub longest_hours: String,
    pub step_up_minutes: String,
    pub based_on: String,
    /// "yes" when the admin ticked that people will have to add something.
    pub acknowledged: String,
    pub reason: String,
}

impl PolicyForm {
    /// The form of a draft.
    pub fn of(draft: &Draft, based_on: String) -> Self {
        let ticked = |kind| if draft.allowed.contains(&kind) { "yes".to_owned() } else { String::new() };
        Self {
            passkey: ticked(FactorKind::Passkey),
            totp: ticked(FactorKind::Totp),
            sms: ticked(FactorKind::Sms),
            voice: ticked(FactorKind::Voice),
            email: ticked(FactorKind::Email),
            recovery: ticked(FactorKind::Recovery),
            required: draft.required.as_str().into(),
            trust_days: draft.trust_days.to_string(),
            idle_minutes: draft.idle_minutes.to_string(),
            longest_hours: draft.longest_hours.to_string(),
            step_up_minutes: draft.step_up_minutes.to_string(),
            based_on,
            ..Self::default()
        }
    }

    /// The form of what holds.
    pub fn present(holding: &Holding) -> Self {
        Self::of(&holding.policy.draft(), holding.based_on())
    }

    pub fn ticks(&self, kind: FactorKind) -> bool {
        let field = match kind {
            FactorKind::Passkey => &self.passkey,
            FactorKind::Totp => &self.totp,
            FactorKind::Sms => &self.sms,
            FactorKind::Voice => &self.voice,
            FactorKind::Email => &self.email,
            FactorKind::Recovery => &self.recovery,
        };
        !field.is_empty()
    }

    pub fn typed(&self, figure: Figure) -> &str {
        match figure {
            Figure::TrustDays => &self.trust_days,
            Figure::IdleMinutes => &self.idle_minutes,
            Figure::LongestHours => &self.longest_hours,
            Figure::StepUpMinutes => &self.step_up_minutes,
        }
    }

    /// What was typed as a draft; what is no number, or no demand, is out of bounds.
    pub fn draft(&self, role: Role) -> Result<Draft, &'static str> {
        let number = |figure: Figure| self.typed(figure).trim().parse().unwrap_or(-1);
        let is_staff_trust = role != Role::Patient && self.trust_days.is_empty();
        Ok(Draft {
            allowed: FactorKind::ALL.into_iter().filter(|kind| self.ticks(*kind)).collect(),
            required: Required::from_word(&self.required).ok_or("required")?,
            trust_days: if is_staff_trust { 0 } else { number(Figure::TrustDays) },
            idle_minutes: number(Figure::IdleMinutes),
            longest_hours: number(Figure::LongestHours),
            step_up_minutes: number(Figure::StepUpMinutes),
        })
    }

    /// The policy that was typed, or what is wrong with it beside each field.
    pub fn policy(&self, words: &Words, role: Role) -> Result<RolePolicy, Errors> {
        let draft = self.draft(role).map_err(|field| Errors::one(field, words.t("policy-flaw-required")))?;
        RolePolicy::new(role, &draft).map_err(|flaws| {
            let mut errors = Errors::none();
            // Where nothing is left, nothing can meet a demand: one sentence is enough.
            let nothing = flaws.contains(&Flaw::NothingLeft);
            for flaw in flaws.into_iter().filter(|flaw| !nothing || *flaw != Flaw::DemandUnmet) {
                let (field, sentence) = flaw_sentence(words, flaw);
                errors.add(field, sentence);
            }
            errors
        })
    }

    /// The ways as boxes to tick: mail is none of staff's, and texts are always a patient's.
    pub fn ways(&self, words: &Words, role: Role) -> Vec<Choice> {
        let offered = FactorKind::ALL.into_iter().filter(|kind| match kind {
            FactorKind::Email => role == Role::Patient,
            FactorKind::Sms => role != Role::Patient,
            _ => true,
        });
        offered
            .map(|kind| Choice {
                hint: hint(words, kind),
                ..Choice::new(kind.as_str(), way(words, kind), self.ticks(kind))
            })
            .collect()
    }

    /// The demands to choose from.
    pub fn demands(&self, words: &Words) -> Vec<Choice> {
        let choice =
            |known: Required| Choice::new(known.as_str(), required(words, known), self.required == known.as_str());
        Required::ALL.into_iter().map(choice).collect()
    }
}

fn hint(words: &Words, kind: FactorKind) -> Option<String> {
    match kind {
        FactorKind::Passkey => Some(words.t("policy-way-passkey-hint")),
        FactorKind::Sms | FactorKind::Voice => Some(words.t("policy-way-phone-hint")),
        FactorKind::Recovery => Some(words.t("policy-way-recovery-hint")),
        FactorKind::Totp | FactorKind::Email => None,
    }
}

/// Where a figure may lie.
pub(super) fn bounds(figure: Figure) -> (i64, i64) {
    match figure {
        Figure::TrustDays => (0, 30),
        Figure::IdleMinutes => (2, 30),
        Figure::LongestHours => (1, 12),
        Figure::StepUpMinutes => (1, 10),
    }
}

fn flaw_sentence(words: &Words, flaw: Flaw) -> (&'static str, String) {
    let out_of_bounds = |figure: Figure| {
        let (least, most) = bounds(figure);
        (figure.as_str(), words.with("policy-flaw-number").arg("least", least).arg("most", most).to_string())
    };
    match flaw {
        Flaw::MailForStaff => ("allowed", words.t("policy-flaw-mail")),
        Flaw::NoTexts => ("allowed", words.t("policy-flaw-texts")),
        Flaw::CallsWithoutTexts => ("allowed", words.t("policy-flaw-calls")),
        Flaw::NothingLeft => ("allowed", words.t("policy-flaw-nothing")),
        Flaw::DemandUnmet => ("required", words.t("policy-flaw-unmet")),
        Flaw::TrustDays => out_of_bounds(Figure::TrustDays),
        Flaw::IdleMinutes => out_of_bounds(Figure::IdleMinutes),
        Flaw::LongestHours => out_of_bounds(Figure::LongestHours),
        Flaw::StepUpMinutes => out_of_bounds(Figure::StepUpMinutes),
    }
}
