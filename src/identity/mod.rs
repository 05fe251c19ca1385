//! Who people are: accounts, registrations that are not accounts yet, and invitations of staff; and the answer to whoever
//! asks by text who we are.

pub mod accounts;
pub mod help_texts;
pub mod invitations;
pub mod phones;
pub mod registration;
