//! Salus: a telemedicine patient portal with SMS two-factor sign-in.
//!
//! Imports point rightwards only:
//! `web, cli → visits → care → auth → identity → messaging, audit → portal → db, crypto, types`;
//! `backup` stands beside `messaging`; `config`, `clock`, `places`, `words` and `error` sit below all.

pub mod audit;
pub mod auth;
pub mod backup;
pub mod care;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
pub mod identity;
pub mod limits;
pub mod messaging;
pub mod places;
pub mod portal;
pub mod sweep;
pub mod types;
pub mod visits;
pub mod web;
pub mod words;
