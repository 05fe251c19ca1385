//! The stories of the portal, on the database that `TEST_POSTGRES_URL` names or on SQLite.

#[path = "../support/mod.rs"]
mod support;

mod audit_trail;
mod kept_forms;
mod labs;
mod sweep;
