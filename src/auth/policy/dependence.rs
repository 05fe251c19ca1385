//! Who depends on the telephone network alone, which NIST SP 800-63B-4 (3.2.9) calls restricted.

use super::{Sorts, kinds, sql};
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::factor_kind::FactorKind;
use crate::types::ids::AccountId;

/// How many people of a role prove who they are by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dependence {
    /// Texts and calls alone.
    pub phone_alone: i64,
    /// The same with recovery codes put by.
    pub phone_and_codes: i64,
    /// An authenticator app, and nothing that resists phishing.
    pub app: i64,
    /// Something that resists phishing.
    pub resists_phishing: i64,
}

/// How many people of each role depend on the telephone network: one statement.
///
/// # Errors
/// When the database fails.
pub async fn dependence(portal: &Portal) -> Result<Vec<(Role, Dependence)>, InternalError> {
    let groups = {
        let mut connection = portal.db.read().await?;
        sql::groups(&mut connection, portal.config.limits.factor_life).await?
    };
    let of = |role: Role| {
        let mut found = Dependence::default();
        for group in groups.iter().filter(|group| group.role == role) {
            let held = kinds(portal, role, Sorts::from(group));
            let part = if held.iter().any(|kind| kind.resists_phishing()) {
                &mut found.resists_phishing
            } else if held.contains(&FactorKind::Totp) {
                &mut found.app
            } else if held.contains(&FactorKind::Recovery) {
                &mut found.phone_and_codes
            } else {
                &mut found.phone_alone
            };
            *part += group.people;
        }
        found
    };
    Ok([Role::Patient, Role::Doctor, Role::Admin].into_iter().map(|role| (role, of(role))).collect())
}

/// The staff who depend on texts and calls, with recovery codes put by or without: admins first, then doctors, each in the
/// order in which their accounts were opened.
///
/// # Errors
/// When the database fails.
pub async fn staff_by_phone(portal: &Portal) -> Result<Vec<AccountId>, InternalError> {
    let mut connection = portal.db.read().await?;
    let mut found = Vec::new();
    for role in [Role::Admin, Role::Doctor] {
        let rows = sql::held_by(&mut connection, portal.config.limits.factor_life, role).await?;
        let by_phone = rows.iter().filter(|row| {
            let held = kinds(portal, role, Sorts::from(*row));
            !held.iter().any(|kind| matches!(kind, FactorKind::Totp | FactorKind::Passkey))
        });
        found.extend(by_phone.map(|row| row.account));
    }
    Ok(found)
}
