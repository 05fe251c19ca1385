//! The main job, walked by people in a real Chromium, on a portal of each story's own.
//!
//! Every page that is come to for the first time is examined: axe-core finds nothing at 360 and 1280 pixels, light and
//! dark; nothing is cut off at 320 pixels; the console is silent; no other host is asked for anything. With
//! `SALUS_SHOTS=1` its pictures are left in `shots/`; with `SALUS_SHOTS=readme` those of the README are taken anew too.

#[path = "../support/gateway_double.rs"]
mod gateway_double;
#[path = "../support/plivo_double.rs"]
mod plivo_double;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/twilio_double.rs"]
mod twilio_double;

mod checks;
mod chromium;
mod person;
mod story;

mod account;
mod delivery;
mod doctor;
mod entry;
mod factors;
mod keyboard;
mod lockout;
mod passkeys;
mod patient;
mod phones;
mod scriptless;
mod spanish;
mod tabs;
mod time_out;
mod way_back;
