//! Who people are: accounts, registrations that are not accounts yet, and invitations of staff.

pub mod accounts;
pub mod invitations;
pub mod registration;
