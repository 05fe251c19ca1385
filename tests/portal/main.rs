//! The stories of the portal, on the database that `TEST_POSTGRES_URL` names or on SQLite.

#[path = "../support/mod.rs"]
mod support;

mod audit_trail;
mod operations_page;
mod shell;
mod shell_admin;
mod shell_audit;
mod shell_backup;
mod shell_check;
mod shell_keys;
mod shell_serve;
