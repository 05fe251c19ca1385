//! What operators and their tools ask, and what gateways tell.

pub mod bounces;
pub mod health;
pub mod metrics;
pub mod voice;
pub mod webhooks;
