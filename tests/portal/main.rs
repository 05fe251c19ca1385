//! The stories of the portal, on the database that `TEST_POSTGRES_URL` names or on SQLite.

#[path = "../support/mod.rs"]
mod support;

mod appointments;
mod audit_trail;
mod entry_sign_in;
mod kept_forms;
mod labs;
mod operations_page;
mod records;
mod shell;
mod shell_admin;
mod shell_audit;
mod shell_backup;
mod shell_check;
mod shell_keys;
mod shell_serve;
mod slots;
mod sweep;
mod visits;
