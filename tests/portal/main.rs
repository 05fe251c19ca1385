//! The stories of the portal, on the database that `TEST_POSTGRES_URL` names or on SQLite.

#[path = "../support/door.rs"]
mod door;
#[path = "../support/limits_model.rs"]
mod limits_model;
#[path = "../support/smtp_server.rs"]
mod smtp_server;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/twilio_double.rs"]
mod twilio_double;

mod audit_trail;
mod dispatches;
mod gateway_twilio;
mod lockout;
mod mail;
mod mailed_links;
mod sign_in_rules;
mod words;
