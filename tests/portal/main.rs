//! The stories of the portal, on the database that `TEST_POSTGRES_URL` names or on SQLite.

#[path = "../support/aggregator_double.rs"]
mod aggregator_double;
#[path = "../support/bad_network/mod.rs"]
mod bad_network;
#[path = "../support/door.rs"]
mod door;
#[path = "../support/gateway_double.rs"]
mod gateway_double;
#[path = "../support/limits_model.rs"]
mod limits_model;
#[path = "../support/lookup_double.rs"]
mod lookup_double;
#[path = "../support/passkey_device.rs"]
mod passkey_device;
#[path = "../support/places_file.rs"]
mod places_file;
#[path = "../support/plivo_double.rs"]
mod plivo_double;
#[path = "../support/smtp_server.rs"]
mod smtp_server;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/twilio_double.rs"]
mod twilio_double;
#[path = "../support/vonage_double.rs"]
mod vonage_double;
#[path = "../support/ways_model.rs"]
mod ways_model;

mod access;
mod account_changes;
mod account_pages;
mod account_phones;
mod account_security;
mod admin_audit;
mod admin_delivery;
mod admin_lockouts;
mod admin_people;
mod admin_policy;
mod alerts;
mod appointments;
mod attackers_chance;
mod audit_trail;
mod brakes;
mod brakes_conversion;
mod brakes_money;
mod calls;
mod care_visits;
mod challenge_choice;
mod code_needs;
mod demo_data;
mod dispatches;
mod doctor_access;
mod doctor_reports;
mod doctor_schedule;
mod doctor_story;
mod doctor_today;
mod entry_register;
mod entry_sign_in;
mod factor_email;
mod factor_passkey;
mod factor_recovery;
mod factor_totp;
mod gateway_http;
mod gateway_http_receipts;
mod gateway_plivo;
mod gateway_twilio;
mod gateway_vonage;
mod kept_forms;
mod labs;
mod line_lookup;
mod lockout;
mod mail;
mod mail_returns;
mod mailed_links;
mod nothing_leaks;
mod operations_page;
mod patient_access;
mod patient_booking;
mod patient_changes;
mod patient_home;
mod patient_labs;
mod patient_story;
mod proofs_apart;
mod receipts;
mod records;
mod recovery;
mod reliability;
mod reminders;
mod reports;
mod risk;
mod routing;
mod shell;
mod shell_admin;
mod shell_audit;
mod shell_backup;
mod shell_check;
mod shell_keys;
mod shell_serve;
mod sign_in_rules;
mod slots;
mod sweep;
mod trusted_devices;
mod visits;
mod voice;
mod ways_in;
mod web_safety;
mod words;
