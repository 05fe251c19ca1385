//! The policies that hold now, in memory: pages ask them without a statement.

use std::sync::{Arc, RwLock};

use crate::types::actor::Role;
use crate::types::role_policy::RolePolicy;

/// One policy for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// Patients'.
    pub patient: RolePolicy,
    /// Doctors'.
    pub doctor: RolePolicy,
    /// Admins'.
    pub admin: RolePolicy,
}

impl Policies {
    /// What holds before anybody changed it.
    pub fn default_with(idle_minutes: i64) -> Self {
        let of = |role| RolePolicy::default_of(role, idle_minutes);
        Self { patient: of(Role::Patient), doctor: of(Role::Doctor), admin: of(Role::Admin) }
    }

    /// A role's.
    pub fn of(&self, role: Role) -> &RolePolicy {
        match role {
            Role::Patient => &self.patient,
            Role::Doctor => &self.doctor,
            Role::Admin => &self.admin,
        }
    }

    /// Puts another in a role's place.
    pub fn put(&mut self, role: Role, policy: RolePolicy) {
        match role {
            Role::Patient => self.patient = policy,
            Role::Doctor => self.doctor = policy,
            Role::Admin => self.admin = policy,
        }
    }
}

/// The policies that this process knows; `auth::policy` keeps them new.
pub struct KnownPolicies(RwLock<Arc<Policies>>);

impl KnownPolicies {
    pub(super) fn new(policies: Policies) -> Self {
        Self(RwLock::new(Arc::new(policies)))
    }

    /// As they are known now.
    pub fn now(&self) -> Arc<Policies> {
        self.0.read().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Knows others from now on.
    pub fn learn(&self, policies: Policies) {
        *self.0.write().unwrap_or_else(|e| e.into_inner()) = Arc::new(policies);
    }
}
