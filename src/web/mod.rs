//! The only code that knows HTTP. Its folders say who may enter.

pub mod account;
pub mod admin;
mod agent;
mod assets;
pub mod care;
mod csrf;
pub mod dev;
pub mod doctor;
pub mod entry;
mod forms;
mod guard;
mod headers;
mod kept;
mod layout;
mod link_token;
mod log;
mod paths;
pub mod patient;
mod problem;
mod problem_page;
pub mod server;
mod session;
pub mod staff;
pub mod systems;
mod visit;
mod zones;
