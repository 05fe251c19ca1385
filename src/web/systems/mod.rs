//! What operators and their tools ask.

pub mod health;
pub mod metrics;
