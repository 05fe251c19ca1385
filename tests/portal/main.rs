//! The stories of the portal, on the database that `TEST_POSTGRES_URL` names or on SQLite.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod account_pages;
mod admin_audit;
mod admin_lockouts;
mod admin_people;
mod audit_trail;
mod entry_sign_in;
