//! The stories of the portal, on the database that `TEST_POSTGRES_URL` names or on SQLite.

#[path = "../support/mod.rs"]
mod support;

mod appointments;
mod audit_trail;
mod care_visits;
mod demo_data;
mod doctor_access;
mod doctor_reports;
mod doctor_schedule;
mod doctor_story;
mod doctor_today;
mod entry_sign_in;
mod kept_forms;
mod labs;
mod records;
mod slots;
mod sweep;
mod visits;
