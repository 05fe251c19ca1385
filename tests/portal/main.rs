//! The stories of the portal, on the database that `TEST_POSTGRES_URL` names or on SQLite.

#[path = "../support/mod.rs"]
mod support;

mod appointments;
mod audit_trail;
mod entry_sign_in;
mod kept_forms;
mod labs;
mod patient_access;
mod patient_booking;
mod patient_changes;
mod patient_home;
mod patient_labs;
mod patient_story;
mod records;
mod slots;
mod sweep;
mod visits;
